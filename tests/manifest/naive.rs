//! A second, naive implementation of mapping, over owned values and texts.

use permitgate::{ArgumentData, ToolData};

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

/// Whether every element of a list is taken whose elements paths take by their places.
fn all_reached(parts: &[Part], arguments: &Any) -> bool {
    let paths: Vec<Vec<&str>> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Argument(path) | Part::Rest(path) => Some(path.split('.').collect()),
            _ => None,
        })
        .collect();
    let taken = |list: &[&str], place: usize| {
        paths.iter().filter(|path| path.starts_with(list)).any(|path| match path.get(list.len()) {
            None | Some(&"*") => true,
            Some(step) => step.parse() == Ok(place),
        })
    };
    paths.iter().all(|path| {
        (1..path.len()).filter(|at| path[*at].parse::<usize>().is_ok()).all(|at| {
            match go(arguments, &path[..at]) {
                Some(Any::List(values)) => (0..values.len()).all(|n| taken(&path[..at], n)),
                _ => true,
            }
        })
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
pub(crate) const ARGUMENTS: [&str; 8] = ["a", "b", "o.x", "l", "l.0", "l.1.x", "l.*", "l.*.x"];

/// Anything that the arguments below can hold, so many deep.
fn anything(depth: usize) -> ArgumentData {
    let plain = ArgumentData::any_of([
        ArgumentData::text(),
        ArgumentData::integer(),
        ArgumentData::number(),
        ArgumentData::flag(),
    ]);
    let Some(below) = depth.checked_sub(1) else { return plain.or_null() };
    let object = ArgumentData::object([("x", anything(below).optional())]);
    // What stands in an object may be missing, and the object is there.
    ArgumentData::any_of([plain.or_null(), ArgumentData::list(anything(below)), object])
}

/// A tool that takes all arguments of these names, whatever their shape.
pub(crate) fn describe(tool: ToolData) -> ToolData {
    let names = ["a", "b", "o", "l"].into_iter();
    let tool = names.fold(tool, |tool, name| tool.argument(name, anything(4)));
    tool.argument("c", ArgumentData::text().optional())
}
