//! A first manifest for a list of tools: conservative, with its guesses beside it, and not to be used
//! before a person has read it.

use std::fmt::{self, Write as _};

use portcullis::{
    ArgumentData, EffectData, ListedTool, Manifest, ResourceBuf, ToolData, ToolHint, ToolList,
};

use words::{Doubt, reads, shared_first_word, words_of};

mod words;

/// Proposes a manifest for a list of tools, as TOML with a comment on each guess.
///
/// A tool is drafted as a read only if its server says `readOnlyHint: true`, its name begins with a reading verb, and
/// neither name, description nor arguments hold a writing word. All else is a write that cannot be undone; and
/// where the server does not say `openWorldHint: false`, anybody may see the result.
///
/// The draft does not load as it is: its key `draft = true` is refused until somebody has reviewed it and
/// taken the key away.
///
/// ```
/// use portcullis::ToolList;
/// use portcullis_task::draft;
///
/// let list = ToolList::parse(r#"[{"name": "delete_mail", "annotations": {"readOnlyHint": true}}]"#)?;
/// let text = draft(&list);
/// assert!(text.contains("draft = true") && text.contains(r#"operation = "delete""#));
/// # Ok::<(), portcullis::ToolListError>(())
/// ```
pub fn draft(list: &ToolList) -> String {
    let mut out = HEAD.to_owned();
    let namespace = shared_first_word(&list.names().collect::<Vec<_>>());
    for tool in list.tools() {
        // Writing into a String cannot fail.
        let _ = write_tool(&mut out, tool, namespace.as_deref());
    }
    out
}

const HEAD: &str = "\
# Drafted from a list of tools. Every operation, resource and audience below is a guess.
# For each tool: say what it does to which resource, who sees the result, and which fields of its
# result outsiders can write. Then delete the line that follows; until then this file is refused.
draft = true
";

/// Words of argument names that say who or which.
const CONTROLS: &str = "\
    account address assignee attendees bcc branch bucket calendar cc channel database \
    destination domain email emails file filename folder group host iban id ids key members name \
    namespace number owner page parent participants path paths phone project recipient \
    recipients repo repository source target team thread to uri url urls user username users \
    workspace";

fn write_tool(out: &mut String, tool: &ListedTool, namespace: Option<&str>) -> fmt::Result {
    let name = tool.name();
    let arguments: Vec<String> = tool.arguments().map(str::to_owned).collect();
    let named = ToolData::new(name).effect(EffectData::read("x"));
    if Manifest::new([named]).is_err() {
        return out.write_str(
            "\n# Left out: a tool whose name is empty, too long or holds control characters.\n",
        );
    }
    let is_read = match tool.read_only() {
        ToolHint::Yes => reads(name, tool.description(), &arguments, namespace).map_err(Some),
        _ => Err(None),
    };
    write!(out, "\n[[tool]]\nname = {}\n", Quoted(name))?;
    // As a control it is a path, in which a dot separates.
    let can_be_described = |name: &&String| {
        let argument = ToolData::new("t").argument(name.as_str(), ArgumentData::text());
        !name.contains('.') && Manifest::new([argument.effect(EffectData::read("x"))]).is_ok()
    };
    let controls: Vec<&String> =
        arguments.iter().filter(|name| is_control(name)).filter(can_be_described).collect();
    if is_read.is_err() {
        write_controls(out, name, &controls)?;
    }
    out.push_str("\n[[tool.effect]]\n");
    match &is_read {
        Ok(()) => {
            out.push_str(
                "operation = \"read\" # guess: its server says so, and no word speaks against it\n",
            );
        }
        Err(doubt) => writeln!(
            out,
            "operation = \"{}\" # guess: {}",
            operation_of(name),
            Why(tool.read_only(), doubt.as_ref())
        )?,
    }
    let resource = ResourceBuf::new("tools").and_then(|tools| tools.push(name));
    let resource = resource.map_or_else(|_| "tools".to_owned(), |named| named.as_str().to_owned());
    writeln!(
        out,
        "resource = {} # guess: name what it acts on, by its arguments",
        Quoted(&resource)
    )?;
    for argument in controls.iter().filter(|name| is_plain(name)) {
        let form = if is_path(argument) { "/**" } else { "" };
        writeln!(out, "# perhaps: resource = \"tools/{{args.{argument}{form}}}\"")?;
    }
    match tool.open_world() {
        ToolHint::No => out.push_str(
            "audience = \"private\" # guess: its server says that it reaches nobody else\n",
        ),
        _ => out.push_str(
            "audience = \"public\" # guess: its server does not say that it reaches nobody else\n",
        ),
    }
    if is_read.is_err() {
        out.push_str("reversible = false # guess: what its server says does not count\n");
    }
    out.push_str(
        "# [tool.result] is missing: all that it returns counts as written by outsiders.\n",
    );
    Ok(())
}

/// The arguments that seem to say who or which, and the words that may ask for the tool.
fn write_controls(out: &mut String, name: &str, controls: &[&String]) -> fmt::Result {
    for argument in controls {
        writeln!(out, "args.{} = \"text\" # guess", Quoted(argument))?;
    }
    let list = controls.iter().map(|name| Quoted(name).to_string()).collect::<Vec<_>>().join(", ");
    writeln!(out, "controls = [{list}] # guess, by their names: add what else says who or which")?;
    let words = words_of(name).iter().map(|word| Quoted(word).to_string()).collect::<Vec<_>>();
    writeln!(out, "# asked_by = [{}] # words of a request that ask for it", words.join(", "))
}

fn is_control(argument: &str) -> bool {
    words_of(argument)
        .iter()
        .any(|word| CONTROLS.split_ascii_whitespace().any(|control| control == word))
}

fn is_path(argument: &str) -> bool {
    words_of(argument).iter().any(|word| matches!(word.as_str(), "path" | "paths"))
}

/// Whether the name can stand in a placeholder and in a comment as it is.
fn is_plain(argument: &str) -> bool {
    argument.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// What the first telling word of a name does; what cannot be told is to run something.
fn operation_of(name: &str) -> &'static str {
    let operation = |word: &String| match word.as_str() {
        "create" | "add" | "append" | "insert" | "new" | "post" | "publish" | "send" | "reply"
        | "write" | "upload" | "make" | "book" | "draft" | "forward" | "submit" => Some("create"),
        "update" | "edit" | "modify" | "set" | "patch" | "rename" | "move" | "replace" | "mark"
        | "assign" | "merge" | "close" | "archive" | "save" => Some("update"),
        "delete" | "remove" | "drop" | "destroy" | "purge" | "clear" | "erase" | "wipe"
        | "trash" | "cancel" => Some("delete"),
        "share" | "grant" | "invite" | "transfer" => Some("share"),
        "configure" | "enable" | "disable" | "install" | "uninstall" | "deploy" | "revoke" => {
            Some("administer")
        }
        _ => None,
    };
    words_of(name).iter().find_map(operation).unwrap_or("execute")
}

/// Why a tool is not drafted as a read.
struct Why<'d>(ToolHint, Option<&'d Doubt>);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (ToolHint::Missing, _) => f.write_str("its server does not say that it only reads"),
            (ToolHint::No, _) => f.write_str("its server says that it writes"),
            (ToolHint::Odd, _) => {
                f.write_str("its server says neither that it reads nor that it writes")
            }
            (ToolHint::Yes, None | Some(Doubt::Name)) => {
                f.write_str("its server says that it only reads, but its name does not")
            }
            (ToolHint::Yes, Some(Doubt::WordInName(word))) => {
                write!(f, "its server says that it only reads, but its name says `{word}`")
            }
            (ToolHint::Yes, Some(Doubt::WordInDescription(word))) => {
                write!(f, "its server says that it only reads, but its description says `{word}`")
            }
            (ToolHint::Yes, Some(Doubt::Argument(argument))) => {
                let argument = argument.escape_debug();
                write!(f, "its server says that it only reads, but it takes `{argument}`")
            }
        }
    }
}

/// A text of the server as a string of TOML, in which it can end neither the string nor the line.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                _ if character.is_control() => write!(f, "\\u{:04X}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        f.write_str("\"")
    }
}
