//! Conditions on arguments that no tool describes: a denial that asks for one may never apply.

use std::collections::HashMap;

use permitgate::manifest::{ArgumentDescription, ToolDescription};
use permitgate::policy::{Condition, Scalar};
use permitgate::text::visible;

use super::patterns::{spellings_like, stands_for};
use super::tools::{ToolEffect, name, not_compared, reaches};
use super::{Subjects, effect, texts};
use crate::fault::{Code, Fault};
use crate::limits::{MAX_COMPARISONS, MAX_FAULTS};
use crate::suggest::nearest;
use crate::tree::read::listed;
use crate::tree::{Content, Node};

/// Without `effects`, which were too many to compare, a statement reaches whatever tools it names.
pub(super) fn conditions(
    subjects: &Subjects<'_, '_>,
    effects: Option<&[ToolEffect<'_>]>,
    found: &mut Vec<Fault>,
) {
    let document = subjects.document;
    let tools = Tools::new(subjects);
    let (mut left, mut told) = (MAX_COMPARISONS, 0);
    for statement in document.statements.iter().chain(&document.guardrails) {
        let conditions = statement.get("when").map(Node::items).unwrap_or_default();
        if conditions.is_empty() {
            continue;
        }
        let reach = tools.reach(statement, effects);
        for condition in conditions {
            let Some(node) = condition.get("argument") else { continue };
            let Some(argument) = node.text() else { continue };
            left = left.saturating_sub(1);
            let steps: Vec<&str> = argument.split('.').collect();
            let is_described = reach.tools.iter().any(|tool| {
                left = left.saturating_sub(1);
                left == 0 || describes(*tool, &steps)
            });
            if left == 0 {
                found.push(not_compared(document));
                return;
            }
            if is_described {
                let tools = reach.tools.iter().filter(|tool| describes(**tool, &steps)).copied();
                let tools: Vec<_> = tools.collect();
                constants(condition, argument, &tools, found);
                numbers(condition, argument, &tools, found);
                impossible(condition, argument, &tools, &mut left, found);
                named_by_alias(subjects, condition, argument, &tools, &mut left, found);
                unlike(condition, argument, &tools, found);
                continue;
            }
            let restricts = effect(statement) != "permit";
            let code = match restricts && reach.is_certain {
                true => Code::UnknownArgument,
                false => Code::DoubtfulArgument,
            };
            let message = format!(
                "`{}` asks about the argument `{}`, which no tool that it can reach describes",
                visible(statement.get("id").and_then(Node::text).unwrap_or_default()),
                visible(argument)
            );
            let fault = Fault::new(code, node.span, message);
            told += 1;
            found.push(match told <= MAX_FAULTS {
                true => {
                    let every =
                        ["endorsed", "holds_for"].iter().any(|key| condition.get(key).is_some());
                    fault.hint(hint(argument, every, &reach.tools))
                }
                false => fault,
            });
        }
    }
}

/// Numbers that a condition compares with a kind that writes texts, such as an id: a text never is equal to a number.
fn numbers(
    condition: &Node,
    argument: &str,
    tools: &[ToolDescription<'_>],
    found: &mut Vec<Fault>,
) {
    let equals = condition.get("equals").into_iter();
    let one_of = condition.get("one_of").map(Node::items).unwrap_or_default();
    let bounds = ["at_least", "at_most"].into_iter().filter_map(|key| condition.get(key));
    for node in equals.chain(one_of).chain(bounds) {
        let text = match node.value {
            Content::Integer(number) => number.to_string(),
            Content::Unsigned(number) => number.to_string(),
            Content::Float(number) => number.to_string(),
            _ => continue,
        };
        let is_text = |tool: &ToolDescription<'_>| matches!(tool.canonical(argument, &text), Some(Ok(form)) if form == text);
        let Some(tool) = tools.first().filter(|_| tools.iter().all(is_text)) else { continue };
        let message = format!(
            "the kind of `{}` in the tool `{}` writes texts, and none is equal to a number or above one",
            visible(argument),
            visible(tool.name())
        );
        let fault = Fault::new(Code::NotCanonical, node.span, message);
        found.push(fault.hint(format!("write `\"{text}\"` behind `equals` or within `one_of`")));
    }
}

/// Tests of letters and numbers that no value fulfils which a tool that describes the argument writes.
fn impossible(
    condition: &Node,
    argument: &str,
    tools: &[ToolDescription<'_>],
    left: &mut usize,
    found: &mut Vec<Fault>,
) {
    /// What it costs to compare with a kind, in comparisons.
    const TABLES: usize = 100;
    let case_blind = condition.get("case_blind").is_some_and(is_true);
    let in_case = |test: Condition| if case_blind { test.case_blind() } else { test };
    let mut told = |node: &Node,
                    test: &Condition,
                    other: &dyn Fn(&ToolDescription<'_>) -> Option<String>| {
        *left = left.saturating_sub(tools.len() * TABLES);
        if *left == 0 || is_told(node, found) {
            return;
        }
        let fails: Vec<_> =
            tools.iter().filter(|tool| tool.can_hold(test) == Some(false)).collect();
        // Where one tool writes it otherwise, what is asked of the others is not asked of that one.
        let form = fails.iter().find_map(|tool| Some((*tool, other(tool)?)));
        let (tool, hint) = match (form, fails.first()) {
            (Some((tool, form)), _) => (tool, format!("write `{}`", visible(&form))),
            (None, Some(tool)) if fails.len() == tools.len() => {
                let hint = match number(node) {
                    Some(_) => "it has no such number; write one that a call can have there",
                    None => {
                        "it has one form for whatever it accepts, and only that is compared; write the test for that form"
                    }
                };
                (*tool, hint.to_owned())
            }
            _ => return,
        };
        let message = format!(
            "the kind of `{}` in the tool `{}` never writes anything like this, so it would never hold",
            visible(argument),
            visible(tool.name())
        );
        found.push(Fault::new(Code::NotCanonical, node.span, message).hint(hint));
    };
    if let Some((node, text)) = condition.get("regex").and_then(|node| Some((node, node.text()?))) {
        told(node, &Condition::regex(argument, text), &|_| None);
    }
    if let Some((node, text)) = condition.get("matches").and_then(|node| Some((node, node.text()?)))
    {
        let of = |text: &str| in_case(Condition::matches(argument, text));
        told(node, &of(text), &|tool| written(*tool, argument, text, &of));
    }
    let equals = condition.get("equals").into_iter();
    let one_of = condition.get("one_of").map(Node::items).unwrap_or_default();
    for node in equals.chain(one_of) {
        if let Some(text) = node.text().filter(|_| case_blind) {
            told(node, &Condition::equals(argument, text).case_blind(), &|_| None);
        } else if let Some(number) = number(node) {
            told(node, &Condition::equals(argument, number), &|_| None);
        }
    }
    if let Some((node, number)) = condition.get("at_least").and_then(|n| Some((n, number(n)?))) {
        told(node, &Condition::at_least(argument, number), &|_| None);
    }
    if let Some((node, number)) = condition.get("at_most").and_then(|n| Some((n, number(n)?))) {
        told(node, &Condition::at_most(argument, number), &|_| None);
    }
}

/// Texts and patterns that match aliases of the directory and no name: calls that give one mean the name.
fn named_by_alias(
    subjects: &Subjects<'_, '_>,
    condition: &Node,
    argument: &str,
    tools: &[ToolDescription<'_>],
    left: &mut usize,
    found: &mut Vec<Fault>,
) {
    let case_blind = condition.get("case_blind").is_some_and(is_true);
    let values = ["equals", "matches"].into_iter().filter_map(|key| condition.get(key));
    let one_of = condition.get("one_of").map(Node::items).unwrap_or_default();
    for node in values.chain(one_of) {
        let Some(text) = node.text().filter(|_| !is_told(node, found)) else { continue };
        let names = subjects.names;
        *left = left.saturating_sub(names.aliases.len() + names.all.len());
        if *left == 0 {
            return;
        }
        let candidates = spellings_like(names, text, case_blind);
        let mut meant = tools.iter().filter_map(|tool| {
            let is_one = |(alias, name): &&(&str, &str)| stands_for(*tool, argument, alias, name);
            candidates.iter().find(is_one).map(|(_, name)| (tool.name(), *name))
        });
        let Some((tool, name)) = meant.next() else { continue };
        let message = format!(
            "the kind of `{}` in the tool `{}` takes this spelling for a name of the directory, and only the name is compared",
            visible(argument),
            visible(tool)
        );
        let fault = Fault::new(Code::NotCanonical, node.span, message);
        found.push(fault.hint(format!("write `{}`", visible(name))));
    }
}

/// Whether something is said of the form of a value already.
fn is_told(node: &Node, found: &[Fault]) -> bool {
    found.iter().any(|fault| fault.span == node.span && fault.code == Code::NotCanonical)
}

/// The pattern in the form of the kind of a tool, where that can be told.
fn written(
    tool: ToolDescription<'_>,
    argument: &str,
    pattern: &str,
    of: &dyn Fn(&str) -> Condition,
) -> Option<String> {
    /// Stands for a star where a kind reads the whole, and in no name that anybody writes.
    const STAR: &str = "zq0qz";
    let read = tool.canonical(argument, &pattern.replace('*', STAR)).and_then(Result::ok);
    let read = read.map(|form| form.replace(STAR, "*"));
    let plain = pattern.trim_start_matches(['#', '@']).to_owned();
    let mut forms = read.into_iter().chain([pattern.to_lowercase(), plain]);
    forms.find(|form| tool.can_hold(&of(form)) == Some(true))
}

fn number(node: &Node) -> Option<Scalar> {
    match node.value {
        Content::Integer(number) => Some(Scalar::from(number)),
        Content::Unsigned(number) => Some(Scalar::from(number)),
        Content::Float(number) => Some(Scalar::from(number)),
        _ => None,
    }
}

fn is_true(node: &Node) -> bool {
    matches!(node.value, Content::Bool(true))
}

/// Two arguments that are compared, though nothing that the one can be is what the other can be.
fn unlike(condition: &Node, argument: &str, tools: &[ToolDescription<'_>], found: &mut Vec<Fault>) {
    let Some(node) = condition.get("equals_argument") else { return };
    let Some(other) = node.text() else { return };
    let unlike = |tool: &ToolDescription<'_>| tool.are_unlike(argument, other) == Some(true);
    let Some(tool) = tools.iter().copied().find(unlike) else { return };
    let message = format!(
        "`{}` and `{}` are of kinds that have nothing in common in the tool `{}`",
        visible(argument),
        visible(other),
        visible(tool.name())
    );
    let fault = Fault::new(Code::UnlikeArguments, node.span, message);
    found.push(fault.hint("compare arguments of one kind, or describe both as `text`"));
}

/// Texts that a condition compares with and that the kind of a tool would not write so: in another form they never are equal.
fn constants(
    condition: &Node,
    argument: &str,
    tools: &[ToolDescription<'_>],
    found: &mut Vec<Fault>,
) {
    let case_blind = condition.get("case_blind").is_some_and(is_true);
    let is_same = |one: &str, other: &str| match case_blind {
        true => one.to_lowercase() == other.to_lowercase(),
        false => one == other,
    };
    let equals = condition.get("equals").into_iter();
    let one_of = condition.get("one_of").map(Node::items).unwrap_or_default();
    let below = condition.get("below");
    let folders = below.map(Node::items).unwrap_or_default();
    let folder = below.filter(|node| node.text().is_some());
    let set: Vec<&str> = one_of.iter().filter_map(Node::text).collect();
    // Without a star it is a text like any other.
    let matches = condition.get("matches");
    let matches = matches.filter(|node| node.text().is_some_and(|text| !text.contains(['*', '%'])));
    for node in equals.chain(one_of).chain(folder).chain(folders).chain(matches) {
        let Some(text) = node.text() else { continue };
        let forms = tools.iter().filter_map(|tool| Some((tool, tool.canonical(argument, text)?)));
        let forms: Vec<_> = forms.collect();
        let is_odd =
            |form: &str| !is_same(form, text) && !set.iter().any(|other| is_same(other, form));
        let other = forms.iter().find_map(|(tool, form)| {
            Some((tool.name(), form.as_ref().ok().filter(|form| is_odd(form))?))
        });
        let refused =
            || forms.iter().find_map(|(tool, form)| Some((tool.name(), form.as_ref().err()?)));
        let (says, hint) = match other {
            Some((tool, form)) => (tool, format!("write `{}`", visible(form))),
            None if !case_blind
                && forms.len() == tools.len()
                && forms.iter().all(|(_, form)| form.is_err()) =>
            {
                let Some((tool, fault)) = refused() else { continue };
                (tool, fault.clone())
            }
            None => continue,
        };
        let message = format!(
            "the kind of `{}` in the tool `{}` never writes this, so it would never be equal",
            visible(argument),
            visible(says)
        );
        found.push(Fault::new(Code::NotCanonical, node.span, message).hint(hint));
    }
}

/// The tools of the manifest, in the order in which they are written.
struct Tools<'m> {
    all: Vec<ToolDescription<'m>>,
    by_name: HashMap<&'m str, ToolDescription<'m>>,
}

/// What a statement can apply to.
struct Reach<'m> {
    tools: Vec<ToolDescription<'m>>,
    /// Whether it is about these tools and no others, such as those of a program that asks without the manifest.
    is_certain: bool,
}

impl<'m> Tools<'m> {
    fn new(subjects: &Subjects<'m, '_>) -> Self {
        let written = subjects.document.tools.iter();
        let all: Vec<ToolDescription<'m>> =
            written.filter_map(|node| subjects.manifest.tool(name(node))).collect();
        let by_name = all.iter().map(|tool| (tool.name(), *tool)).collect();
        Self { all, by_name }
    }

    fn reach(&self, statement: &Node, effects: Option<&[ToolEffect<'_>]>) -> Reach<'m> {
        let named = texts(statement, "tools");
        let known: Vec<ToolDescription<'m>> =
            named.iter().filter_map(|name| self.by_name.get(name).copied()).collect();
        let all_known = known.len() == named.len();
        let by_name = if named.is_empty() { self.all.clone() } else { known };
        let Some(effects) = effects else { return Reach { tools: by_name, is_certain: all_known } };
        let mut reached: Vec<&str> = effects
            .iter()
            .filter(|effect| reaches(statement, effect))
            .map(|effect| effect.tool)
            .collect();
        reached.dedup();
        if reached.is_empty() {
            return Reach { tools: by_name, is_certain: false };
        }
        let tools = reached.iter().filter_map(|name| self.by_name.get(name).copied()).collect();
        Reach { tools, is_certain: all_known }
    }
}

/// Whether a call of the tool can have a value at the end of the path.
fn describes(tool: ToolDescription<'_>, steps: &[&str]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return false };
    match tool.argument(first) {
        Some(argument) => leads(argument, rest),
        None => tool.takes_other_arguments(),
    }
}

/// The steps as a condition takes them: a field of an object, a place in a list, `*` for every place.
fn leads(argument: ArgumentDescription<'_>, steps: &[&str]) -> bool {
    if !steps.is_empty() && argument.finds(steps) {
        return true;
    }
    let Some((step, rest)) = steps.split_first() else { return true };
    let in_list = *step == "*" || is_place(step);
    if in_list && argument.items().is_some_and(|items| leads(items, rest)) {
        return true;
    }
    let mut fields = argument.fields();
    *step != "*"
        && match fields.find(|(name, _)| name == step) {
            Some((_, field)) => leads(field, rest),
            None => argument.takes_other_fields(),
        }
}

/// Whether a step is a place in a list: a whole number in its one form.
fn is_place(step: &str) -> bool {
    let is_one_form = step == "0" || !step.starts_with('0');
    is_one_form && step.bytes().all(|byte| byte.is_ascii_digit()) && step.parse::<usize>().is_ok()
}

/// What may be meant.
fn hint(argument: &str, every: bool, tools: &[ToolDescription<'_>]) -> String {
    /// Paths that are compared, and paths that are listed.
    const MOST: usize = 4096;
    const LISTED: usize = 5;
    let mut known = Vec::new();
    for tool in tools {
        for (name, argument) in tool.arguments() {
            paths(argument, name.to_owned(), every, MOST, &mut known);
        }
    }
    if tools.is_empty() {
        return "it names no tool of the manifest; set that right first".to_owned();
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if let Some(near) = meant(&plain(argument, every), &known, tools) {
        return format!("did you mean `{}`?", visible(&near));
    }
    let mut some = known;
    some.sort_by_key(|path| path.contains('.'));
    some.dedup();
    some.truncate(LISTED);
    if some.is_empty() {
        return "these tools take no arguments; delete the condition, or describe the argument in `args`"
            .to_owned();
    }
    format!("name one that they describe, such as {}, or describe it in `args`", listed(&some))
}

/// Every path that leads somewhere, no more than `most`.
fn paths(
    argument: ArgumentDescription<'_>,
    path: String,
    every: bool,
    most: usize,
    found: &mut Vec<String>,
) {
    if found.len() >= most {
        return;
    }
    if let Some(items) = argument.items() {
        // A condition takes `*` only where it asks several values.
        let step = if every && !path.contains(".*") { "*" } else { "0" };
        paths(items, format!("{path}.{step}"), every, most, found);
    }
    for (name, field) in argument.fields() {
        paths(field, format!("{path}.{name}"), every, most, found);
    }
    found.push(path);
}

/// The path in the form of conditions, where it is written as `$.p`, `p[*]` or `/p`.
fn plain(argument: &str, every: bool) -> String {
    let steps = argument.split(['.', '[', ']', '/', '\'', '"']).filter(|step| !step.is_empty());
    let step = |step| if step == "*" && !every { "0" } else { step };
    let steps: Vec<&str> = steps.skip_while(|step| *step == "$").map(step).collect();
    steps.join(".")
}

fn meant(plain: &str, known: &[&str], tools: &[ToolDescription<'_>]) -> Option<String> {
    let steps: Vec<&str> = plain.split('.').collect();
    let is_known = |steps: &[&str]| tools.iter().any(|tool| describes(*tool, steps));
    if is_known(&steps) {
        return Some(plain.to_owned());
    }
    // Its own end, as of `args.path`, or the end of another.
    let mut ends = (1..steps.len()).filter_map(|from| steps.get(from..));
    if let Some(end) = ends.find(|end| is_known(end)) {
        return Some(end.join("."));
    }
    let below = format!(".{plain}");
    let near = known.iter().copied().find(|path| path.ends_with(&below));
    if let Some(near) = near.or_else(|| nearest(plain, known.iter().copied())) {
        return Some(near.to_owned());
    }
    let mut starts = (1..steps.len()).rev().filter_map(|to| steps.get(..to));
    starts.find(|start| is_known(start)).map(|start| start.join("."))
}
