//! The lock file: tools as they were approved, beside the policy file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use permitgate::manifest::ToolSpec;
use permitgate::mcp::ListedTool;

use crate::fault::{Code, Fault, LoadError};
use crate::source::{Source, Span};
use crate::tree::read::unknown_key;
use crate::tree::{Content, Node, toml};

/// The name of the lock file; it stands in the folder of the root file.
pub const LOCK_FILE: &str = "permitgate.lock";

/// The form that is written. A greater one is refused.
const FORMAT: i64 = 1;

const HEAD: &str = "\
# Tools as they were approved. `permitgate manifest approve` writes this file; delete a line to pin no more.
format = 1

[tools]
";

/// Tools as they were approved: by them a bundle pins its manifest.
///
/// It is kept in a file of its own, [`LOCK_FILE`], since it says what was seen and not what is wished. The file holds
/// one line for each tool, in order of their names, with the digest and the whole tool object, so that what a server
/// changes later can be shown word by word.
///
/// ```
/// use permitgate::mcp::ToolList;
/// use permitgate_files::Lock;
///
/// let list = ToolList::parse(r#"[{"name": "read_file", "description": "Reads a file."}]"#)?;
/// let mut lock = Lock::default();
/// list.tools().iter().for_each(|tool| lock.approve(tool));
/// let again = Lock::parse("permitgate.lock", lock.to_text())?;
/// assert_eq!(again.find("read_file").map(|tool| tool.digest()), list.digest("read_file"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lock {
    tools: BTreeMap<String, ListedTool>,
}

impl Lock {
    /// Where the lock of a policy file is.
    pub fn beside(policy: impl AsRef<Path>) -> PathBuf {
        policy.as_ref().with_file_name(LOCK_FILE)
    }

    /// Reads the text of a lock file; `name` is what findings call it.
    ///
    /// # Errors
    /// [`LoadError`] when the text is not of the form, or when a digest is not that of its tool.
    pub fn parse(name: &str, text: impl Into<String>) -> Result<Self, LoadError> {
        let source = Source::new(name, text.into());
        match read(0, &source.text) {
            Ok((lock, _)) => Ok(lock),
            Err(faults) => Err(LoadError::new(faults, &[source])),
        }
    }

    /// How many tools are approved.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether no tool is approved.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The tools in order of their names.
    pub fn tools(&self) -> impl ExactSizeIterator<Item = &ListedTool> {
        self.tools.values()
    }

    /// The tool of exactly this name, as it was approved.
    pub fn find(&self, tool: &str) -> Option<&ListedTool> {
        self.tools.get(tool)
    }

    /// Approves a tool as it is listed, in the place of what was approved before under its name.
    pub fn approve(&mut self, tool: &ListedTool) {
        self.tools.insert(tool.name().to_owned(), tool.clone());
    }

    /// The text of the file: one for each lock.
    pub fn to_text(&self) -> String {
        let mut out = HEAD.to_owned();
        for (name, tool) in &self.tools {
            let (name, object) =
                (string(name, Quotes::Escaping), string(&tool.canonical(), Quotes::Plain));
            // Writing into a String cannot fail.
            let _ =
                writeln!(out, "{name} = {{ digest = \"{}\", approved = {object} }}", tool.digest());
        }
        out
    }

    /// The tool with its pin, where it has one.
    pub(crate) fn pin(&self, tool: ToolSpec) -> ToolSpec {
        match self.find(tool.name()) {
            Some(approved) => tool.digest(approved.digest()),
            None => tool,
        }
    }
}

/// The lock, and where each tool stands.
pub(crate) type Placed = (Lock, Vec<(String, Span)>);

/// Reads the text of one file of a bundle.
pub(crate) fn read(file: u32, text: &str) -> Result<Placed, Vec<Fault>> {
    let tree = toml::parse(file, text).map_err(|fault| vec![fault])?;
    check_format(&tree).map_err(|fault| vec![fault])?;
    let (mut lock, mut places, mut faults) = (Lock::default(), Vec::new(), Vec::new());
    for (key, node) in tree.entries() {
        match key.name.as_str() {
            "format" => {}
            "tools" if matches!(node.value, Content::Table(_)) => {
                for (key, node) in node.entries() {
                    match tool(&key.name, key.span, node) {
                        Ok(tool) => lock.approve(&tool),
                        Err(fault) => faults.push(fault.hint(AGAIN)),
                    }
                    places.push((key.name.clone(), key.span));
                }
            }
            "tools" => {
                let message = format!("`tools` is a table, not {}", node.kind());
                faults.push(Fault::new(Code::WrongType, key.span, message));
            }
            name => faults.push(unknown_key(key.span, "a lock file", name, &["format", "tools"])),
        }
    }
    if faults.is_empty() { Ok((lock, places)) } else { Err(faults) }
}

const AGAIN: &str =
    "delete the line, and approve the tool again with `permitgate manifest approve`";

fn check_format(tree: &Node) -> Result<(), Fault> {
    let Some((key, node)) = tree.entry("format") else {
        let message = "a lock file needs the key `format`";
        return Err(Fault::new(Code::MissingKey, tree.span, message).hint("write `format = 1`"));
    };
    match node.value {
        Content::Integer(FORMAT) => Ok(()),
        Content::Integer(newer) if newer > FORMAT => {
            let message =
                format!("a lock file of format {newer}, and this program reads up to {FORMAT}");
            Err(Fault::new(Code::BadValue, key.span, message).hint("use a newer version"))
        }
        _ => {
            let message = format!("`format` is {FORMAT}");
            Err(Fault::new(Code::BadValue, key.span, message))
        }
    }
}

fn tool(name: &str, span: Span, node: &Node) -> Result<ListedTool, Fault> {
    let bad = |code, message: String| Err(Fault::new(code, span, message));
    let known = ["digest", "approved"];
    if let Some((key, _)) = node.entries().iter().find(|(key, _)| !known.contains(&&*key.name)) {
        return Err(unknown_key(key.span, "an approved tool", &key.name, &known));
    }
    let text = |key: &str| node.get(key).and_then(Node::text);
    let (Some(digest), Some(approved)) = (text("digest"), text("approved")) else {
        return bad(
            Code::MissingKey,
            "an approved tool has `digest` and `approved`, both texts".to_owned(),
        );
    };
    if digest.starts_with("sha256:") {
        let message = "this digest is of an older form, which did not cover the whole tool";
        return bad(Code::BadValue, message.to_owned());
    }
    let tool = match ListedTool::parse(approved) {
        Ok(tool) => tool,
        Err(error) => return bad(Code::BadValue, error.to_string()),
    };
    if tool.name() != name {
        return bad(Code::BadValue, "the approved tool has another name".to_owned());
    }
    if tool.digest().to_string() != digest {
        return bad(Code::BadValue, "the digest is not that of the approved tool".to_owned());
    }
    Ok(tool)
}

#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    /// Single ones where nothing needs an escape, so that JSON can be read.
    Plain,
    Escaping,
}

/// A string of TOML. What is not ASCII is escaped, so that nothing in the file looks like something else.
fn string(text: &str, quotes: Quotes) -> String {
    let is_plain = text.chars().all(|c| matches!(c, ' '..='~') && c != '\'');
    if quotes == Quotes::Plain && is_plain {
        return format!("'{text}'");
    }
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            _ if u32::from(character) < 0x1_0000 => {
                out.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            _ => out.push_str(&format!("\\U{:08X}", u32::from(character))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use permitgate::mcp::ToolList;

    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let list = r#"[{"name": "z", "description": "it's é \u202e \ud83d\ude00 \u0007"},
                       {"name": "a b\"c", "inputSchema": {"x": [1, 2.5]}}, {"name": "read"}]"#;
        let list = ToolList::parse(list).unwrap();
        let mut lock = Lock::default();
        list.tools().iter().for_each(|tool| lock.approve(tool));
        let text = lock.to_text();
        assert!(text.is_ascii() && text.starts_with(HEAD), "{text}");
        let lines: Vec<&str> = text.lines().skip(4).collect();
        assert!(lines[0].starts_with(r#""a b\"c" = { digest = "tool-v2:sha256:"#), "{text}");
        assert!(lines[1].ends_with(r#", approved = '{"name":"read"}' }"#), "{text}");
        let again = Lock::parse("x.lock", text.as_str()).unwrap();
        assert_eq!((again.len(), again.to_text()), (3, text));
        for tool in list.tools() {
            assert_eq!(again.find(tool.name()).unwrap().object(), tool.object());
        }
    }

    #[test]
    fn a_lock_that_is_not_understood_is_refused() {
        let list = ToolList::parse(r#"[{"name": "read"}]"#).unwrap();
        let mut lock = Lock::default();
        lock.approve(&list.tools()[0]);
        let text = lock.to_text();
        let digest = list.digest("read").unwrap().to_string();
        for (text, says) in [
            (text.replace("format = 1", "format = 2"), "format 2, and this program reads up to 1"),
            (text.replace("format = 1", "format = \"1\""), "`format` is 1"),
            (text.replace("format = 1\n", ""), "needs the key `format`"),
            (text.replace("format = 1", "format = 1\nmore = 2"), "has no key `more`"),
            (
                text.replace("{\"name\":\"read\"}", "{\"name\":\"read\",\"x\":1}"),
                "not that of the approved tool",
            ),
            (text.replace("\"read\" = ", "\"write\" = "), "has another name"),
            (text.replace(&digest, &digest["tool-v2:".len()..]), "of an older form"),
            (text.replace("approved = ", "as = "), "has no key `as`"),
            (text.replace("[tools]", "[[tools]]"), "`tools` is a table, not a list"),
            (text.replace("'{\"name", "'[{\"name"), "list of tools"),
            (format!("{text}\"read\" = {{}}\n"), "read"),
            (text.replace("digest = ", "digest = 7 # "), "not TOML"),
        ] {
            let error = Lock::parse("x.lock", text.clone()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}\n{error}");
        }
    }
}
