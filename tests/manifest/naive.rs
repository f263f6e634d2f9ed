//! A second, naive implementation of mapping, over owned values and texts.

use permitgate::manifest::{ArgumentSpec, ToolSpec};

use crate::world::Any;

/// A template as the naive mapping reads it.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(&'static str),
    Invoker,
    Agent,
    Argument(&'static str),
    Rest(&'static str),
}

impl Part {
    pub(crate) fn write(&self) -> String {
        match self {
            Self::Literal(text) => (*text).to_owned(),
            Self::Invoker => "{invoker}".to_owned(),
            Self::Agent => "{agent}".to_owned(),
            Self::Argument(path) => format!("{{args.{path}}}"),
            Self::Rest(path) => format!("{{args.{path}/**}}"),
        }
    }
}

/// What a path leads to: nothing, one value, or one for each element of a list.
enum Found {
    Nothing,
    One(Any),
    Each(Vec<Option<Any>>),
}

fn go(value: &Any, steps: &[&str]) -> Option<Any> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    match value {
        Any::Object(fields) => go(&fields.iter().find(|(name, _)| name == step)?.1, rest),
        Any::List(values) => go(values.get(step.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

fn find(arguments: &Any, path: &str) -> Result<Found, ()> {
    let steps: Vec<&str> = path.split('.').collect();
    let Some(star) = steps.iter().position(|step| *step == "*") else {
        return Ok(match go(arguments, &steps) {
            None => Found::Nothing,
            Some(Any::List(values)) => Found::Each(values.into_iter().map(Some).collect()),
            Some(value) => Found::One(value),
        });
    };
    match go(arguments, &steps[..star]) {
        Some(Any::List(values)) => {
            Ok(Found::Each(values.iter().map(|value| go(value, &steps[star + 1..])).collect()))
        }
        _ => Err(()),
    }
}

/// Every part of a value, with the steps to it.
fn parts_of<'a>(value: &'a Any, at: &[String], found: &mut Vec<(Vec<String>, &'a Any)>) {
    found.push((at.to_vec(), value));
    let mut below = |step: String, value| parts_of(value, &[at, &[step]].concat(), found);
    match value {
        Any::List(values) => (0..).zip(values).for_each(|(n, v): (u32, _)| below(n.to_string(), v)),
        Any::Object(fields) => fields.iter().for_each(|(name, v)| below(name.clone(), v)),
        _ => {}
    }
}

fn is_place(step: &str) -> bool {
    step.parse::<usize>().is_ok()
}

/// Where one path takes an element of a list by its place, every element is taken, and the same parts of each.
fn all_reached(parts: &[Part], arguments: &Any) -> bool {
    let mut paths: Vec<Vec<&str>> = Vec::new();
    for part in parts {
        if let Part::Argument(path) | Part::Rest(path) = part {
            let path: Vec<&str> = path.split('.').collect();
            // A list stands for its elements.
            paths.extend([[&*path, &["*"]].concat(), path]);
        }
    }
    // Whether a path leads there, and whether one does for another element.
    let here = |path: &[&str], at: &[String]| {
        path.iter().zip(at).all(|(step, at)| step == at || *step == "*" && is_place(at))
    };
    let alike = |path: &[&str], at: &[String]| {
        let each = |step: &str| if is_place(step) { "*".to_owned() } else { step.to_owned() };
        path.iter().zip(at).all(|(step, at)| each(step) == each(at))
    };
    let by_place = |list: &[String]| {
        paths
            .iter()
            .any(|path| path.get(list.len()).is_some_and(|s| is_place(s)) && alike(path, list))
    };
    let mut found = Vec::new();
    parts_of(arguments, &[], &mut found);
    found.iter().all(|(at, value)| {
        let element_of = |n: &usize| is_place(&at[*n]) && by_place(&at[..*n]);
        let is_element = at.len().checked_sub(1).is_some_and(|last| element_of(&last));
        let leads = paths.iter().any(|path| path.len() >= at.len() && here(path, at));
        let within = (0..at.len()).any(|n| element_of(&n));
        let is_scalar = !matches!(value, Any::List(_) | Any::Object(_));
        let mut ends = paths.iter().filter(|path| path.len() == at.len());
        (leads || !is_element)
            && (!(within && is_scalar && ends.clone().any(|path| alike(path, at)))
                || ends.any(|path| here(path, at)))
    })
}

/// The texts of the segments that a value stands for.
fn segments(value: &Any, rest: bool) -> Result<Vec<String>, ()> {
    match value {
        Any::Text(text) if rest => {
            let text = text.strip_prefix('/').unwrap_or(text);
            let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
            let bad =
                |part: &String| ["", ".", ".."].contains(&part.as_str()) || part.contains('\\');
            if parts.iter().any(bad) { Err(()) } else { Ok(parts) }
        }
        _ if rest => Err(()),
        Any::Text(text) if !text.is_empty() => Ok(vec![text.clone()]),
        Any::Bool(value) => Ok(vec![value.to_string()]),
        Any::Integer(value) => Ok(vec![value.to_string()]),
        // Surely a whole number.
        Any::Float(value) if value.trunc() == *value && value.abs() < 2_f64.powi(53) => {
            Ok(vec![(*value as i64).to_string()])
        }
        _ => Err(()),
    }
}

/// Every resource as the texts of its segments, or nothing where the call has no meaning.
pub(crate) fn naive(
    parts: &[Part],
    arguments: &Any,
    invoker: &str,
    agent: &str,
) -> Result<Vec<Vec<String>>, ()> {
    if !all_reached(parts, arguments) {
        return Err(());
    }
    let mut resources: Vec<Vec<String>> = vec![Vec::new()];
    let mut lists = 0;
    for part in parts {
        let (path, rest) = match part {
            Part::Argument(path) => (path, false),
            Part::Rest(path) => (path, true),
            Part::Literal(text) => {
                // A literal stands escaped in a template.
                resources.iter_mut().for_each(|resource| resource.push(unescape(text)));
                continue;
            }
            Part::Invoker | Part::Agent => {
                let name = if matches!(part, Part::Invoker) { invoker } else { agent };
                resources.iter_mut().for_each(|resource| resource.push(name.to_owned()));
                continue;
            }
        };
        match find(arguments, path)? {
            Found::Nothing => return Err(()),
            Found::One(value) => {
                let texts = segments(&value, rest)?;
                resources.iter_mut().for_each(|resource| resource.extend(texts.clone()));
            }
            Found::Each(values) => {
                lists += 1;
                if lists > 1 || values.is_empty() {
                    return Err(());
                }
                let before = resources.remove(0);
                for value in values {
                    let mut resource = before.clone();
                    resource.extend(segments(&value.ok_or(())?, rest)?);
                    resources.push(resource);
                }
            }
        }
    }
    Ok(resources)
}

pub(crate) fn unescape(segment: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), segment.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Paths that meet: values, fields, places and elements of lists.
pub(crate) const ARGUMENTS: [&str; 10] =
    ["a", "b", "o.x", "l", "l.0", "l.0.x", "l.1.x", "l.1.0", "l.*", "l.*.x"];

/// Anything that the arguments below can hold, so many deep.
fn anything(depth: usize) -> ArgumentSpec {
    let plain = ArgumentSpec::any_of([
        ArgumentSpec::text(),
        ArgumentSpec::integer(),
        ArgumentSpec::number(),
        ArgumentSpec::flag(),
    ]);
    let Some(below) = depth.checked_sub(1) else { return plain.or_null() };
    let object = ArgumentSpec::object([("x", anything(below).optional())]);
    // What stands in an object may be missing, and the object is there.
    ArgumentSpec::any_of([plain.or_null(), ArgumentSpec::list(anything(below)), object])
}

/// A tool that takes all arguments of these names, whatever their shape.
pub(crate) fn describe(tool: ToolSpec) -> ToolSpec {
    let names = ["a", "b", "o", "l"].into_iter();
    let tool = names.fold(tool, |tool, name| tool.argument(name, anything(4)));
    tool.argument("c", ArgumentSpec::text().optional())
}
