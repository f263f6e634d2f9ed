//! Warnings about the manifest and the statements, side by side.

use std::collections::{HashMap, HashSet};

use permitgate::text::visible;

use super::conditions::conditions;
use super::overlap::overlaps;
use super::patterns::patterns;
use super::{Subjects, effect, operations, texts};
use crate::fault::{Code, Fault};
use crate::limits::{MAX_COMPARISONS, MAX_FAULTS};
use crate::load::document::Document;
use crate::suggest::nearest;
use crate::tree::Node;
use crate::tree::read::listed;

/// One effect of one tool, as it is written.
pub(super) struct ToolEffect<'n> {
    pub(super) tool: &'n str,
    operation: &'n str,
    pub(super) resource: &'n str,
    audience: Option<&'n Node>,
    for_each: Option<&'n str>,
}

impl ToolEffect<'_> {
    /// The path of the argument that a placeholder of the resource stands for.
    pub(super) fn path(&self, placeholder: &str) -> Option<String> {
        path_of(placeholder, self.for_each)
    }

    /// Whether what it sends goes to a host, which is no person and in no domain of addresses.
    fn is_to_host(&self) -> bool {
        self.audience.is_some_and(|audience| audience.get("host").is_some())
    }

    /// Whether nobody but the invoker sees it.
    fn is_private(&self) -> bool {
        self.audience.is_none_or(|audience| audience.text() == Some("private"))
    }
}

/// The path of the argument that a placeholder stands for, in an effect that takes each element of a list.
pub(super) fn path_of(placeholder: &str, each: Option<&str>) -> Option<String> {
    match placeholder.strip_prefix("it") {
        Some(behind) if behind.is_empty() || behind.starts_with('.') => {
            Some(format!("{}.*{behind}", each?))
        }
        _ => placeholder.strip_prefix("args.").map(str::to_owned),
    }
}

pub(super) fn tools(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let document = subjects.document;
    if document.tools.is_empty() {
        return;
    }
    things(subjects, found);
    let Some(effects) = of_statements(subjects, Author::Person, found) else { return };
    labels(document, &effects, found);
    if !document.statements.is_empty() {
        unpermitted(document, found);
        controls(document, found);
    }
}

/// Who wrote statements, as far as warnings care.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// An owner of a policy, who means each of them.
    Person,
    /// Of what narrows a policy for one task, often a program. It restricts whatever a tool might do.
    Task,
}

/// What of the manifest statements can reach, and what they ask about. Gives the effects that were compared, where there are
/// tools and not too many.
pub(super) fn of_statements<'s>(
    subjects: &Subjects<'s, '_>,
    author: Author,
    found: &mut Vec<Fault>,
) -> Option<Vec<ToolEffect<'s>>> {
    let document = subjects.document;
    if document.tools.is_empty() {
        return None;
    }
    let effects: Vec<ToolEffect<'_>> =
        document.tools.iter().flat_map(|node| effects_of(node)).collect();
    let rules = document.statements.len() + document.guardrails.len() + document.label_rules.len();
    if rules.saturating_mul(effects.len()) > MAX_COMPARISONS {
        found.push(not_compared(document));
        conditions(subjects, None, found);
        return None;
    }
    statements(document, author, &effects, found);
    conditions(subjects, Some(&effects), found);
    patterns(subjects, &effects, found);
    Some(effects)
}

/// Where there is more to compare than a warning is worth.
pub(super) fn not_compared(document: &Document<'_>) -> Fault {
    let first = document.tools.first().map(|node| node.span).unwrap_or_default();
    let message = "so many tools are not compared with so many statements";
    let fault = Fault::new(Code::NotCompared, first, message);
    fault.hint("warnings about what reaches what are left out")
}

pub(super) fn name(node: &Node) -> &str {
    node.get("name").and_then(Node::text).unwrap_or_default()
}

pub(super) fn effects_of<'n>(node: &'n Node) -> impl Iterator<Item = ToolEffect<'n>> {
    let effects = node.get("effect").map(Node::items).unwrap_or_default();
    effects.iter().filter_map(|effect| {
        Some(ToolEffect {
            tool: name(node),
            operation: effect.get("operation")?.text()?,
            resource: effect.get("resource")?.text()?,
            audience: effect.get("audience"),
            for_each: effect.get("for_each").and_then(Node::text),
        })
    })
}

/// Things that every request for a tool names, since one word says both.
fn things(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    // The words, and the first tool that each asks for; a word of any ending ends in `*`.
    let mut asking: HashMap<&str, &str> = HashMap::new();
    for tool in &subjects.document.tools {
        for word in texts(tool, "asked_by") {
            asking.entry(word).or_insert(name(tool));
        }
    }
    for (thing, span) in &subjects.names.things {
        // A name of several words says more than the word that asks.
        if thing.contains(' ') {
            continue;
        }
        let mut ends = thing.char_indices().map(|(at, letter)| at + letter.len_utf8());
        let by_start = |end| asking.get(format!("{}*", thing.get(..end)?).as_str());
        if let Some(tool) = asking.get(thing.as_str()).or_else(|| ends.find_map(by_start)) {
            let message = format!(
                "the name `{}` is also a word that asks for the tool `{}`",
                visible(thing),
                visible(tool)
            );
            let fault = Fault::new(Code::AskingName, *span, message);
            found.push(
                fault.hint("every request with this word names the thing; say more in its name"),
            );
        }
    }
}

/// Whether a statement can apply to an effect, as far as tool, operation and resource say.
pub(super) fn reaches(statement: &Node, effect: &ToolEffect<'_>) -> bool {
    let (tools, resources) = (texts(statement, "tools"), texts(statement, "resources"));
    (tools.is_empty() || tools.contains(&effect.tool))
        && operations(statement).contains(&effect.operation)
        && (resources.is_empty()
            || resources.iter().any(|pattern| overlaps(pattern, effect.resource)))
}

/// Statements that no tool can reach, and tools that they name and that are not there.
fn statements(
    document: &Document<'_>,
    author: Author,
    effects: &[ToolEffect<'_>],
    found: &mut Vec<Fault>,
) {
    let known: HashSet<&str> = document.tools.iter().map(|node| name(node)).collect();
    for statement in document.statements.iter().chain(&document.guardrails) {
        let named = statement.get("tools").map(Node::items).unwrap_or_default();
        let mut all_known = true;
        for tool in named {
            let Some(text) = tool.text().filter(|text| !known.contains(text)) else { continue };
            all_known = false;
            let message = format!("the manifest has no tool `{}`", visible(text));
            let fault = Fault::new(Code::UnknownTool, tool.span, message);
            let suggest = found.len() < MAX_FAULTS;
            let names = document.tools.iter().map(|node| name(node)).filter(|_| suggest);
            let names: Vec<&str> = names.collect();
            // Some hosts call a tool of a server `mcp__SERVER__TOOL`.
            let own = text.rsplit("__").next().filter(|own| names.contains(own));
            found.push(match own.or_else(|| nearest(text, names.iter().copied())) {
                Some(near) => fault.hint(format!("did you mean `{}`?", visible(near))),
                None => fault.hint("a call of a tool that the manifest does not have is denied"),
            });
        }
        let meant = author == Author::Person || effect(statement) == "permit";
        if meant && all_known && !effects.iter().any(|effect| reaches(statement, effect)) {
            let id = statement.get("id").and_then(Node::text).unwrap_or_default();
            let message = format!("no tool of the manifest can reach statement `{}`", visible(id));
            let fault = Fault::new(Code::UnreachableStatement, statement.span, message);
            found.push(fault.hint(why_not(statement, effects)));
        }
        host_readers(statement, effects, found);
    }
}

/// Readers that can hold for nobody, since all that the statement can reach goes to hosts.
fn host_readers(statement: &Node, effects: &[ToolEffect<'_>], found: &mut Vec<Fault>) {
    let mut sent = effects.iter().filter(|effect| !effect.is_private());
    let mut reached = sent.by_ref().filter(|effect| reaches(statement, effect)).peekable();
    if reached.peek().is_none() || !reached.all(ToolEffect::is_to_host) {
        return;
    }
    for value in ["readers", "beyond"].into_iter().filter_map(|key| statement.get(key)) {
        for (word, span) in value.one_or_many() {
            let Some((kind, name)) = word.split_once(':') else { continue };
            let hint = match kind {
                "domain" => {
                    let name = visible(name);
                    format!("a host is `principal:{name}`, each named whole; several are a group")
                }
                "principal" if !is_host(name) => {
                    "a host is named as in `principal:docs.example.com`".to_owned()
                }
                _ => continue,
            };
            let word = visible(word);
            let message =
                format!("`{word}` never holds for a host, which is all that this reaches");
            found.push(Fault::new(Code::HostReader, span, message).hint(hint));
        }
    }
}

/// Whether a name can be one of a host, as a manifest takes it from a URL.
fn is_host(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.split('.').all(|label| !label.is_empty() && label.bytes().all(is_letter))
}

/// The first part of a statement that no effect meets.
fn why_not(statement: &Node, effects: &[ToolEffect<'_>]) -> String {
    let (tools, operations) = (texts(statement, "tools"), operations(statement));
    let of_tools: Vec<&ToolEffect<'_>> =
        effects.iter().filter(|effect| tools.is_empty() || tools.contains(&effect.tool)).collect();
    let subject = if tools.is_empty() { "no tool" } else { "none of the tools that it names" };
    let words = operations.join("`, `");
    if !of_tools.iter().any(|effect| operations.contains(&effect.operation)) {
        return format!("{subject} has an effect with the operation `{words}`");
    }
    format!("{subject} has an effect with the operation `{words}` on one of its resources")
}

fn labels(document: &Document<'_>, effects: &[ToolEffect<'_>], found: &mut Vec<Fault>) {
    for rule in &document.label_rules {
        let patterns = texts(rule, "resources");
        let matched = |effect: &ToolEffect<'_>| {
            patterns.iter().any(|pattern| overlaps(pattern, effect.resource))
        };
        if !effects.iter().any(matched) {
            let span = rule.place("resources");
            let message = "no tool of the manifest has a resource that this label can match";
            found.push(Fault::new(Code::UnusedLabel, span, message));
        }
    }
}

/// Tools of which every call is denied.
fn unpermitted(document: &Document<'_>, found: &mut Vec<Fault>) {
    let grants: Vec<&&Node> =
        document.statements.iter().filter(|node| effect(node) != "forbid").collect();
    if grants.is_empty() {
        return;
    }
    for tool in &document.tools {
        let granted = |effect: ToolEffect<'_>| grants.iter().any(|grant| reaches(grant, &effect));
        if !effects_of(tool).any(granted) {
            let message = format!("no statement permits the tool `{}`", visible(name(tool)));
            found.push(Fault::new(Code::UnpermittedTool, tool.place("name"), message));
        }
    }
}

/// Arguments that say who or which, and whose origin no statement asks about.
fn controls(document: &Document<'_>, found: &mut Vec<Fault>) {
    for tool in &document.tools {
        let of_tool =
            |statement: &&&Node| effects_of(tool).any(|effect| reaches(statement, &effect));
        let statements = document.statements.iter().chain(&document.guardrails).filter(of_tool);
        let conditions =
            statements.flat_map(|node| node.get("when").map(Node::items).unwrap_or_default());
        let asked: HashSet<&str> = conditions
            .filter(|condition| condition.get("endorsed").is_some())
            .filter_map(|condition| condition.get("argument")?.text())
            // Of a list, every element is asked about, with or without saying so.
            .map(|argument| argument.strip_suffix(".*").unwrap_or(argument))
            .collect();
        let controls = tool.get("controls").map(Node::items).unwrap_or_default();
        let unasked = controls.iter().filter_map(|control| Some((control.text()?, control.span)));
        let unasked: Vec<_> = unasked.filter(|(text, _)| !asked.contains(text)).collect();
        // One for each tool, or a manifest of many tools says nothing else.
        let Some((_, span)) = unasked.first() else { continue };
        let names: Vec<&str> = unasked.iter().map(|(name, _)| *name).collect();
        let verb = if names.len() == 1 { "comes" } else { "come" };
        let message = format!(
            "no statement asks where {} of the tool `{}` {verb} from",
            listed(&names),
            visible(name(tool))
        );
        let asked =
            |name: &&str| format!("{{ argument = \"{}\", endorsed = \"any\" }}", visible(name));
        let asked: Vec<String> = names.iter().map(asked).collect();
        let hint = format!("as in `when = [{}]`", asked.join(", "));
        found.push(Fault::new(Code::UnendorsedControl, *span, message).hint(hint));
    }
}
