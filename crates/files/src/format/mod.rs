//! The canonical form of a file: the same meaning and comments, one way of writing.

mod comments;
mod json;
pub(crate) mod order;
mod toml;

use crate::fault::{Code, Fault, LoadError};
use crate::limits::MAX_FILE_BYTES;
use crate::source::{Source, Span};
use crate::tree::{self, Content, Node};

/// Writes a file in its canonical form; `name` is what errors call it, and its ending tells the format.
///
/// Keys stand in the order of the manual, tables in the order of the file with one empty line between
/// them, lists that do not fit into [`LINE_WIDTH`](crate::limits::LINE_WIDTH) columns have one line for
/// each entry. Comments stay with what they stand above or beside. Formatting twice changes nothing more,
/// and the meaning never changes. Whether the file is a valid policy is not looked at.
///
/// # Errors
/// [`LoadError`] where the text is not TOML or not JSON, or JSON but no object.
///
/// ```
/// let text = r#"
/// [[statement]]
/// effect='permit'
/// id = "docs" # all of them
/// resources = [ "docs/**" ]
/// operations="read"
/// "#;
/// assert_eq!(
///     permitgate_files::format("policy.toml", text)?,
///     r#"[[statement]]
/// id = "docs" # all of them
/// effect = "permit"
/// operations = "read"
/// resources = ["docs/**"]
/// "#
/// );
/// # Ok::<(), permitgate_files::LoadError>(())
/// ```
pub fn format(name: &str, text: &str) -> Result<String, LoadError> {
    let source = Source::new(name, text.to_owned());
    let written = if source.text.len() > MAX_FILE_BYTES {
        let message = format!("`{name}` has more than {MAX_FILE_BYTES} bytes");
        Err(Fault::new(Code::TooLarge, Span::default(), message))
    } else {
        match source.path().extension().and_then(|ending| ending.to_str()) {
            Some("json") => tree::json::parse(0, &source.text).and_then(json),
            Some("toml") => toml(&source.text),
            _ => {
                let message = "the format of a file is told by its name";
                let fault = Fault::new(Code::UnknownFormat, Span::default(), message);
                Err(fault.hint("let the name end in `.toml` or `.json`"))
            }
        }
    };
    written.map_err(|fault| LoadError::new(vec![fault], &[source]))
}

fn json(tree: Node) -> Result<String, Fault> {
    match tree.value {
        Content::Table(_) => Ok(json::write(&tree)),
        _ => {
            let message = format!("a file is one table, not {}", tree.kind());
            Err(Fault::new(Code::WrongType, tree.span, message))
        }
    }
}

/// What comes out is read again and compared: a formatter must not be able to change a policy.
fn toml(text: &str) -> Result<String, Fault> {
    let before = tree::toml::parse(0, text)?;
    let document = text.parse::<toml_edit::DocumentMut>();
    let written = document.map(|document| toml::write(&document)).unwrap_or_default();
    let kept = tree::toml::parse(0, &written)
        .is_ok_and(|after| before.means(&after) && comments::all(text) == comments::all(&written));
    if kept {
        return Ok(written);
    }
    let message = "this file is written in a way that cannot be put into the canonical form";
    Err(Fault::new(Code::Syntax, Span::default(), message)
        .hint("write its tables and lists plainly"))
}
