//! A first manifest for a list of tools: conservative, with its guesses beside it, and not to be used
//! before a person has read it.

mod argument;
mod guess;
mod kinds;
mod schema;
mod shown;
mod words;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use permitgate::Manifest;
use permitgate::manifest::{EffectSpec, ToolSpec};
use permitgate::mcp::{ListedTool, ToolHint, ToolList};
use permitgate::text::visible;

use argument::{Argument, arguments};
use guess::{Place, Seen, audience_of, operation_of, place_of, reaches_below};
use shown::{Quoted, brief, is_plain, write_comment};
use words::{Doubt, names_recipient, reads, recipient_in, shared_first_word, words_of};

pub use argument::Described;
pub use shown::{hidden_in, hides, likeness};

/// Proposes a manifest for a list of tools, as TOML with a comment on each guess.
///
/// The arguments of a tool are listed as its schema describes them; what has no clear type is left out, so that calls
/// which give it are refused, with a comment. A tool is drafted as a read only if its server says
/// `readOnlyHint: true` *and* name, description and arguments leave no doubt; all else is a write that cannot be undone.
/// No hint makes a write private: who sees it are those whom its required arguments name, or else anybody. What a person
/// cannot see in names and descriptions is made visible, and names that can be taken for each other are marked.
///
/// The draft does not load as it is: its key `draft = true` is refused until somebody has reviewed it and
/// taken the key away.
///
/// ```
/// use permitgate::mcp::ToolList;
/// use permitgate_task::draft;
///
/// let list = ToolList::parse(r#"[{"name": "delete_mail", "annotations": {"readOnlyHint": true}}]"#)?;
/// let text = draft(&list);
/// assert!(text.contains("draft = true") && text.contains(r#"operation = "delete""#));
/// # Ok::<(), permitgate::mcp::ToolListError>(())
/// ```
pub fn draft(list: &ToolList) -> String {
    let mut out = HEAD.to_owned();
    let namespace = shared_first_word(&list.names().collect::<Vec<_>>());
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in list.names() {
        alike.entry(likeness(name)).or_default().push(name);
    }
    for tool in list.tools() {
        let near = alike.get(&likeness(tool.name())).map_or(&[][..], Vec::as_slice);
        // Writing into a String cannot fail.
        let _ = write_tool(&mut out, tool, namespace.as_deref(), near);
    }
    out
}

const HEAD: &str = "\
# Drafted from a list of tools. Every operation, resource and audience below is a guess, and defaults are what
# the server says. For each tool: say what it does to which resource, who sees the result, which arguments change
# nothing (`no_effect = true`), and which fields of its result outsiders can write. Then delete the line that
# follows; until then this file is refused. Last, approve the tools: `permitgate manifest approve`.
draft = true
";

/// Words of argument names that say who or which.
const CONTROLS: &str = "\
    account address assignee attendees bcc branch bucket calendar cc channel database \
    destination domain email emails file filename folder group host iban id ids key members name \
    namespace number owner page parent participants path paths phone project recipient \
    recipients repo repository source target team thread to uri url urls user username users \
    workspace";

fn write_tool(
    out: &mut String,
    tool: &ListedTool,
    namespace: Option<&str>,
    near: &[&str],
) -> fmt::Result {
    let name = tool.name();
    let named = ToolSpec::new(name).effect(EffectSpec::read("x"));
    if Manifest::new([named]).is_err() {
        return out.write_str(
            "\n# Left out: a tool whose name is empty, too long or holds control characters.\n",
        );
    }
    out.push('\n');
    write_marks(out, name, near)?;
    for title in tool.titles() {
        write_comment(out, "title:", &title);
    }
    if !tool.description().is_empty() {
        write_comment(out, "description:", tool.description());
    }
    let hidden = hidden_in(tool.object());
    if let Some(place) = &hidden {
        writeln!(out, "# LOOK: something at `{}` is not seen as it stands", visible(place))?;
    }
    let (arguments, notes) = arguments(tool.input_schema());
    writeln!(out, "[[tool]]\nname = {}", Quoted(name))?;
    for note in notes {
        writeln!(out, "# {note}")?;
    }
    arguments.iter().try_for_each(|argument| argument.write(out))?;

    let titles: Vec<String> = tool.titles().collect();
    let said: Vec<&str> = titles.iter().map(String::as_str).chain([tool.description()]).collect();
    let only_reads = match hidden {
        Some(_) => Err(Doubt::Hidden),
        None => match recipient_in(tool.input_schema()) {
            Some(named) => Err(Doubt::Argument(named)),
            None => reads(name, &said, &arguments, namespace),
        },
    };
    let doubt = match tool.read_only() {
        ToolHint::Yes => only_reads.as_ref().err().map(Some),
        _ => Some(None),
    };
    if doubt.is_some() {
        write_controls(out, name, &arguments)?;
    }
    write_effects(out, tool, &arguments, namespace, doubt)?;
    if doubt == Some(None) && tool.read_only() == ToolHint::Missing && only_reads.is_ok() {
        out.push_str("# perhaps: operation = \"read\"; only its server does not say so\n");
    }
    out.push_str(
        "# [tool.result] is missing: all that it returns counts as written by outsiders.\n",
    );
    Ok(())
}

/// What of a name a reader does not see, and which others it can be taken for.
fn write_marks(out: &mut String, name: &str, near: &[&str]) -> fmt::Result {
    if !visible(name).is_plain() || name.trim() != name {
        writeln!(out, "# LOOK: this name is not what it looks like: \"{}\"", visible(name))?;
    }
    let others =
        near.iter().filter(|other| **other != name).map(|other| format!("\"{}\"", visible(other)));
    let others = others.collect::<Vec<_>>().join(", ");
    if !others.is_empty() {
        writeln!(
            out,
            "# LOOK: this name can be taken for another one that is listed as well: {others}"
        )?;
    }
    Ok(())
}

fn write_controls(out: &mut String, name: &str, arguments: &[Argument]) -> fmt::Result {
    let controls = arguments.iter().filter(|argument| {
        argument.is_described() && is_control(&argument.name) && !argument.name.contains('.')
    });
    let controls: Vec<String> =
        controls.map(|argument| Quoted(&argument.name).to_string()).collect();
    writeln!(
        out,
        "controls = [{}] # guess, by their names: add what else says who or which",
        controls.join(", ")
    )?;
    let words = words_of(name).iter().map(|word| Quoted(word).to_string()).collect::<Vec<_>>();
    writeln!(out, "# asked_by = [{}] # words of a request that ask for it", words.join(", "))
}

fn write_effects(
    out: &mut String,
    tool: &ListedTool,
    arguments: &[Argument],
    namespace: Option<&str>,
    doubt: Option<Option<&Doubt>>,
) -> fmt::Result {
    let Place { resources, why: place } = place_of(tool, arguments, namespace);
    let Seen { audience, why: seen, perhaps } = audience_of(tool, arguments, doubt.is_none());
    for resource in resources {
        out.push_str("\n[[tool.effect]]\n");
        match doubt {
            None => out.push_str(
                "operation = \"read\" # guess: its server says so, and no word speaks against it\n",
            ),
            Some(doubt) => writeln!(
                out,
                "operation = \"{}\" # guess: {}",
                operation_of(tool.name()),
                Why(tool.read_only(), doubt)
            )?,
        }
        writeln!(out, "resource = {} # guess: {place}", Quoted(&resource))?;
        if resource.ends_with("/**}") && reaches_below(tool, arguments) {
            out.push_str("reach = \"below\" # guess: it goes through what lies below\n");
        }
        writeln!(out, "audience = {audience} # guess: {seen}")?;
        if let Some(perhaps) = &perhaps {
            writeln!(out, "# perhaps: audience = {perhaps}")?;
        }
        if doubt.is_some() {
            out.push_str("reversible = false # guess: what its server says does not count\n");
        }
    }
    let named = |argument: &&Argument| {
        argument.is_shown()
            && is_plain(&argument.name)
            && is_control(&argument.name)
            && !argument.required
    };
    for argument in arguments.iter().filter(named) {
        writeln!(
            out,
            "# look: `{}` may be left out, and may say which one is meant",
            argument.name
        )?;
    }
    for argument in arguments.iter().filter(|argument| is_switch(argument)) {
        let choices: Vec<String> = argument.choices.iter().map(|choice| brief(choice)).collect();
        writeln!(
            out,
            "# perhaps an effect for each value of `{}` ({}), with `when = [{{ argument = \"{0}\", equals = … }}]`",
            argument.name,
            brief(&choices.join(", ")),
        )?;
    }
    Ok(())
}

/// Whether an argument seems to choose what the tool does.
fn is_switch(argument: &Argument) -> bool {
    let words = words_of(&argument.name);
    let chooses = |word: &String| {
        matches!(word.as_str(), "method" | "operation" | "action" | "mode" | "command" | "verb")
    };
    !argument.choices.is_empty() && is_plain(&argument.name) && words.last().is_some_and(chooses)
}

fn is_control(argument: &str) -> bool {
    let listed = |word: &String| CONTROLS.split_ascii_whitespace().any(|control| control == word);
    words_of(argument).iter().any(listed) || names_recipient(argument)
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
            (ToolHint::Yes, Some(Doubt::Hidden)) => {
                f.write_str("its server says that it only reads, but hides something")
            }
            (ToolHint::Yes, Some(Doubt::WordInName(word))) => {
                let word = visible(word);
                write!(f, "its server says that it only reads, but its name says `{word}`")
            }
            (ToolHint::Yes, Some(Doubt::WordInDescription(word))) => {
                let word = visible(word);
                write!(f, "its server says that it only reads, but its description says `{word}`")
            }
            (ToolHint::Yes, Some(Doubt::Argument(argument))) => {
                let argument = visible(argument);
                write!(f, "its server says that it only reads, but it takes `{argument}`")
            }
        }
    }
}
