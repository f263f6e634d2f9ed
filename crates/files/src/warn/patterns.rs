//! Patterns of resources that no call matches, since the kinds of the arguments never write what they name.
//!
//! A kind has one form for whatever it accepts. A pattern that names another form matches nothing: a prohibition would not forbid, and
//! an exception would leave nothing out.

use std::collections::HashMap;

use permitgate::manifest::{ToolDescription, canonical};
use permitgate::model::ValueKind;
use permitgate::policy::Condition;
use permitgate::text::visible;

use super::overlap::{Segment, is_common, matches, meet, overlaps, segments};
use super::tools::{ToolEffect, effects_of, reaches};
use super::{Subjects, effect};
use crate::fault::{Code, Fault};
use crate::ground::BoundPlaces;
use crate::limits::MAX_COMPARISONS;
use crate::load::directory::Names;
use crate::source::Span;
use crate::tree::Node;

/// Looks at every pattern of statements, guardrails and labels.
pub(super) fn patterns(
    subjects: &Subjects<'_, '_>,
    effects: &[ToolEffect<'_>],
    found: &mut Vec<Fault>,
) {
    let document = subjects.document;
    let mut forms = Forms::new(subjects);
    for node in document.statements.iter().chain(&document.guardrails) {
        let reached: Vec<&ToolEffect<'_>> =
            effects.iter().filter(|effect| reaches(node, effect)).collect();
        let grants = effect(node) == "permit";
        forms.check(node, "resources", &reached, !grants, found);
        forms.check(node, "except_resources", &reached, grants, found);
    }
    let all: Vec<&ToolEffect<'_>> = effects.iter().collect();
    for node in &document.label_rules {
        forms.check(node, "resources", &all, true, found);
    }
}

/// Names that patterns bind, each with the tools and the paths of the arguments whose values stand where the name does.
pub(crate) fn bound_places(subjects: &Subjects<'_, '_>) -> BoundPlaces {
    let Subjects { document, manifest, .. } = subjects;
    let mut found = BoundPlaces::new();
    let effects: Vec<ToolEffect<'_>> =
        document.tools.iter().copied().flat_map(effects_of).collect();
    let mut left = MAX_COMPARISONS;
    for node in document.statements.iter().chain(&document.guardrails) {
        let lists = ["resources", "except_resources"].into_iter().filter_map(|key| node.get(key));
        for (pattern, _) in lists.flat_map(Node::one_or_many).filter(|(text, _)| text.contains('{'))
        {
            for effect in &effects {
                left = left.saturating_sub(1);
                if left == 0 || !reaches(node, effect) || !overlaps(pattern, effect.resource) {
                    continue;
                }
                let Some(slots) = slots(effect).filter(|_| manifest.knows(effect.tool)) else {
                    continue;
                };
                let parsed = segments(pattern);
                let places: Vec<Segment<'_>> = slots.iter().map(Slot::segment).collect();
                for (at, text) in pattern.split('/').enumerate() {
                    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                    let Some(name) = name else { continue };
                    let here = (0..slots.len())
                        .filter(|at_slot| is_aligned(&parsed, &places, at, *at_slot));
                    for path in here.filter_map(|place| slots.get(place)?.path()) {
                        let place = (effect.tool.to_owned(), path.to_owned());
                        let known = found.entry(name.to_owned()).or_default();
                        if !known.contains(&place) {
                            known.push(place);
                        }
                    }
                }
            }
        }
    }
    found
}

/// How a segment of a pattern stands to what a placeholder writes.
#[derive(Clone, Debug)]
enum Fit {
    /// Something that it names may be written.
    May,
    /// What it names is written so.
    Otherwise(String),
    /// Nothing is written so, and why.
    Never(String),
}

/// What a segment of a template stands for.
enum Slot<'e> {
    Literal(Segment<'e>),
    /// The value at a path.
    Value(String),
    /// Names of a path, one or more.
    Names(String),
    /// More of them.
    Rest(String),
}

/// What kinds write, as far as it was asked for.
struct Forms<'s, 'd, 't> {
    subjects: &'s Subjects<'d, 't>,
    known: HashMap<(String, String, String), Fit>,
    left: usize,
}

impl<'s, 'd, 't> Forms<'s, 'd, 't> {
    fn new(subjects: &'s Subjects<'d, 't>) -> Self {
        Self { subjects, known: HashMap::new(), left: MAX_COMPARISONS }
    }

    /// Looks at the patterns of one key. Where it `opens` what should be closed, every effect has to write what they name.
    fn check(
        &mut self,
        node: &Node,
        key: &str,
        effects: &[&ToolEffect<'_>],
        opens: bool,
        found: &mut Vec<Fault>,
    ) {
        let patterns: Vec<_> = node.get(key).into_iter().flat_map(Node::one_or_many).collect();
        for (pattern, span) in &patterns {
            let (mut fits, mut odd) = (false, Vec::new());
            for effect in effects {
                self.left = self.left.saturating_sub(1);
                if self.left == 0 {
                    return;
                }
                if !overlaps(pattern, effect.resource) {
                    continue;
                }
                match self.compared(pattern, effect) {
                    None => fits = true,
                    Some(other) => odd.push((*effect, other)),
                }
            }
            let is_covered = |form: &str, effect: &ToolEffect<'_>| {
                let mut others = patterns.iter().map(|(other, _)| *other);
                others.any(|other| {
                    other == form
                        || other != *pattern
                            && overlaps(other, effect.resource)
                            && meet(other, form)
                })
            };
            let told = odd.iter().find(|(effect, other)| match &other.written {
                Some(form) => !fits || opens && !is_covered(form, effect),
                None => false,
            });
            let Some((effect, other)) = told.or_else(|| odd.first().filter(|_| !fits)) else {
                continue;
            };
            found.push(other.fault(effect, *span));
        }
    }

    /// What no call of the effect writes of a pattern; nothing where one may write something that matches.
    fn compared(&mut self, pattern: &str, effect: &ToolEffect<'_>) -> Option<Other> {
        let tool = self.subjects.manifest.tool(effect.tool)?;
        let slots = slots(effect)?;
        let texts: Vec<&str> = pattern.split('/').collect();
        let parsed = segments(pattern);
        let places: Vec<Segment<'_>> = slots.iter().map(Slot::segment).collect();
        let mut fits: HashMap<(usize, usize), Fit> = HashMap::new();
        for (at, text) in texts.iter().enumerate() {
            if matches!(parsed.get(at), Some(Segment::Rest))
                || *text == "*"
                || text.starts_with('{')
            {
                continue;
            }
            for (place, slot) in slots.iter().enumerate() {
                if let Some(path) = slot.path() {
                    fits.insert((at, place), self.fit(tool, path, text));
                }
            }
        }
        let may = |at: usize, place: usize| matches!(fits.get(&(at, place)), None | Some(Fit::May));
        if is_common(&parsed, &places, &may) {
            return None;
        }
        let mut forms: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let (mut odd, mut never) = (None, None);
        for (at, text) in texts.iter().enumerate() {
            let here = (0..slots.len()).filter(|place| is_aligned(&parsed, &places, at, *place));
            let here: Vec<(usize, &Fit)> =
                here.filter_map(|place| Some((place, fits.get(&(at, place))?))).collect();
            if here.is_empty() || here.iter().any(|(_, fit)| matches!(fit, Fit::May)) {
                continue;
            }
            for (place, fit) in here {
                let path = slots.get(place).and_then(Slot::path).unwrap_or_default().to_owned();
                match fit {
                    Fit::Otherwise(form) => {
                        if let Some(text) = forms.get_mut(at) {
                            *text = escaped(form);
                        }
                        odd = odd.or(Some((path, (*text).to_owned())));
                        break;
                    }
                    Fit::Never(says) => {
                        never = never.or(Some((path, (*text).to_owned(), says.clone())));
                    }
                    Fit::May => {}
                }
            }
        }
        let other = match (odd, never) {
            (Some((path, text)), None) => {
                Other { path, text, written: Some(forms.join("/")), says: String::new() }
            }
            (_, Some((path, text, says))) => Other { path, text, written: None, says },
            // Each segment is written at some place, and not all of them together.
            (None, None) => return None,
        };
        Some(other)
    }

    /// How the kind at a path writes what a segment names.
    fn fit(&mut self, tool: ToolDescription<'_>, path: &str, segment: &str) -> Fit {
        let key = (tool.name().to_owned(), path.to_owned(), segment.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        // A list stands for each of its elements.
        let each = format!("{path}.*");
        let path = match tool.canonical(&each, "x").is_some() {
            true => each.as_str(),
            false => path,
        };
        let fit = match segment.contains('*') {
            true => self.fit_of_stars(tool, path, segment),
            false => self.fit_of_text(tool, path, segment),
        };
        self.known.insert(key, fit.clone());
        fit
    }

    fn fit_of_text(&mut self, tool: ToolDescription<'_>, path: &str, segment: &str) -> Fit {
        let Some(text) = unescaped(segment).filter(|text| text != ".") else { return Fit::May };
        if tool.can_hold(&Condition::equals(path, 0)).is_some() {
            return fit_of_number(tool, path, &text);
        }
        match tool.canonical(path, &text) {
            None => Fit::May,
            Some(Ok(form)) if form != text => Fit::Otherwise(form),
            // In other letters, where only the alias itself is known for it.
            Some(Ok(_)) => match self.meant(tool, path, &text) {
                Some(name) => Fit::Otherwise(name.to_owned()),
                None => Fit::May,
            },
            Some(Err(says)) => Fit::Never(says),
        }
    }

    fn fit_of_stars(&mut self, tool: ToolDescription<'_>, path: &str, segment: &str) -> Fit {
        let holds =
            |segment: &str| tool.can_hold(&Condition::matches(path, segment.replace("%2F", "/")));
        if holds(segment) == Some(false) {
            let lower = segment.to_lowercase();
            let bare = |text: &str| text.trim_start_matches(['#', '@']).to_owned();
            let forms = [lower.clone(), bare(segment), bare(&lower)];
            let form = forms.into_iter().find(|form| holds(form) == Some(true));
            let says = "no value that it accepts is written so; write it as calls are compared";
            return form.map_or(Fit::Never(says.to_owned()), Fit::Otherwise);
        }
        match self.meant(tool, path, segment) {
            Some(name) => Fit::Otherwise(name.to_owned()),
            None => Fit::May,
        }
    }

    fn meant(&mut self, tool: ToolDescription<'_>, path: &str, text: &str) -> Option<&'t str> {
        let names = self.subjects.names;
        self.left = self.left.saturating_sub(names.aliases.len() + names.all.len());
        if self.left == 0 {
            return None;
        }
        let mut aliases = spellings_like(names, text, false).into_iter();
        aliases.find(|(alias, name)| stands_for(tool, path, alias, name)).map(|(_, name)| name)
    }
}

/// Spellings, with the names that are written for them, that a text matches, perhaps with stars, while it matches none of the names:
/// aliases without regard to case, where it names nothing that the directory has, and names in other letters.
pub(super) fn spellings_like<'t>(
    names: &Names<'t>,
    text: &str,
    case_blind: bool,
) -> Vec<(&'t str, &'t str)> {
    let lower = text.to_lowercase();
    let is_known = |name: &str| match case_blind {
        true => matches(&lower, &name.to_lowercase()),
        false => matches(text, name),
    };
    let names_nothing = !names.all.keys().any(|name| is_known(name));
    let aliases = names.aliases.iter().map(|(alias, (name, _))| (*alias, *name));
    let aliases = aliases.filter(|_| names_nothing);
    let others = names.all.keys().map(|name| (*name, *name)).filter(|(name, _)| !is_known(name));
    let mut found: Vec<_> = aliases.chain(others).collect();
    found.retain(|(spelling, _)| matches(&lower, &spelling.to_lowercase()));
    found.sort_unstable();
    found
}

/// Whether the kind at a path writes a name for a spelling: of a name itself, in any letters.
pub(super) fn stands_for(
    tool: ToolDescription<'_>,
    path: &str,
    spelling: &str,
    name: &str,
) -> bool {
    let lower;
    let spelling = match spelling == name {
        true => {
            lower = name.to_lowercase();
            if lower == name {
                return false;
            }
            &lower
        }
        false => spelling,
    };
    matches!(tool.canonical(path, spelling), Some(Ok(form)) if form == name)
}

/// A number stands in a resource as a whole one.
fn fit_of_number(tool: ToolDescription<'_>, path: &str, text: &str) -> Fit {
    let form = canonical(ValueKind::AMOUNT, text);
    let number = form.as_deref().and_then(|form| form.parse::<i64>().ok());
    match number {
        Some(number) if tool.can_hold(&Condition::equals(path, number as f64)) == Some(false) => {
            Fit::Never("no call has this number there".to_owned())
        }
        Some(number) if number.to_string() == text => Fit::May,
        Some(number) => Fit::Otherwise(number.to_string()),
        None if form.is_some() && text.len() > 15 => Fit::May,
        None => Fit::Never("only whole numbers stand in a resource".to_owned()),
    }
}

/// What is written of a pattern in its place.
struct Other {
    path: String,
    text: String,
    /// The whole pattern as calls would match it.
    written: Option<String>,
    says: String,
}

impl Other {
    fn fault(&self, effect: &ToolEffect<'_>, span: Span) -> Fault {
        let path = self.path.strip_suffix(".name").filter(|_| effect.resource.contains("/**}"));
        let message = format!(
            "the kind of `{}` in the tool `{}` never writes `{}`, so no such call matches this",
            visible(path.unwrap_or(&self.path)),
            visible(effect.tool),
            visible(&self.text)
        );
        let hint = match &self.written {
            Some(form) => format!("write `{}`", visible(form)),
            None => self.says.clone(),
        };
        Fault::new(Code::NotCanonical, span, message).hint(hint)
    }
}

impl<'e> Slot<'e> {
    fn segment(&self) -> Segment<'e> {
        match self {
            Self::Literal(segment) => *segment,
            Self::Value(_) | Self::Names(_) => Segment::Any,
            Self::Rest(_) => Segment::Rest,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Value(path) | Self::Names(path) | Self::Rest(path) => Some(path),
        }
    }
}

/// The segments of an effect's template, with the paths of their placeholders; nothing where none is an argument's.
fn slots<'e>(effect: &ToolEffect<'e>) -> Option<Vec<Slot<'e>>> {
    let mut found = Vec::new();
    let mut names: Option<String> = None;
    for text in effect.resource.split('/') {
        let whole = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let begun = text.strip_prefix('{').filter(|_| whole.is_none());
        found.push(match (whole, begun, names.take()) {
            (_, _, Some(path)) => Slot::Rest(path),
            (Some(name), ..) => match effect.path(name) {
                Some(path) => Slot::Value(path),
                None => Slot::Literal(Segment::Any),
            },
            (None, Some(name), None) => match effect.path(name) {
                Some(path) => {
                    let path = format!("{path}.name");
                    names = Some(path.clone());
                    Slot::Names(path)
                }
                None => return None,
            },
            (None, None, None) => Slot::Literal(Segment::of_template(text)),
        });
    }
    found.iter().any(|slot| slot.path().is_some()).then_some(found)
}

/// Whether a segment of a pattern can stand for one of a template, by what is before and behind them.
fn is_aligned(pattern: &[Segment<'_>], template: &[Segment<'_>], at: usize, place: usize) -> bool {
    let any = |_, _| true;
    let (Some(before), Some(behind)) = (pattern.get(..at), pattern.get(at + 1..)) else {
        return false;
    };
    let (Some(first), Some(last)) = (template.get(..place), template.get(place + 1..)) else {
        return false;
    };
    // More names may stand before and behind one of them.
    let within = template.get(place) == Some(&Segment::Rest);
    let (first, last) = match within {
        true => (template.get(..=place).unwrap_or(first), template.get(place..).unwrap_or(last)),
        false => (first, last),
    };
    is_common(before, first, &any) && is_common(behind, last, &any)
}

/// The text of a literal segment; nothing where its escapes are no text.
fn unescaped(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

/// A text as it stands in a pattern.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let inner = at > 0 && at + 1 < text.len();
        let stands = letter.is_alphanumeric()
            || matches!(letter, '-' | '_' | '.' | '@' | '\'' | '&' | '=' | '#' | '*')
            || inner && matches!(letter, ' ' | ':');
        if stands {
            out.push(letter);
        } else {
            let mut bytes = [0; 4];
            let bytes = letter.encode_utf8(&mut bytes).bytes();
            bytes.for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}
