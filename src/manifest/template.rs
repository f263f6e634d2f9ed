//! Resource templates: literal segments, and placeholders that are one whole segment each.

use super::error::Fault;
use super::path::ArgumentPath;
use crate::base::limits::MAX_RESOURCE_BYTES;
use crate::model::resource::Path;

/// A parsed template.
#[derive(Clone, Debug)]
pub(super) struct Template(Box<[Part]>);

#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Literal segments, joined by slashes.
    Literal(Box<str>),
    Invoker,
    Agent,
    /// The value of an argument: one segment.
    Argument(ArgumentPath),
    /// The value of an argument, cut at its slashes: the last segments.
    Rest(ArgumentPath),
}

impl Template {
    /// Parses a template in which `it` stands for an element of this list.
    pub(super) fn parse(text: &str, list: Option<&str>) -> Result<Self, Fault> {
        if text.len() > MAX_RESOURCE_BYTES {
            return Err(Fault::TemplateTooLong);
        }
        let segments = segments(text);
        let mut parts: Vec<Part> = Vec::with_capacity(segments.len());
        let mut lists: Vec<ArgumentPath> = Vec::new();
        for segment in &segments {
            if matches!(parts.last(), Some(Part::Rest(_))) {
                return Err(Fault::RestNotLast);
            }
            let part = parse_part(segment, list)?;
            lists.extend(part.path().filter(|path| path.has_each()).cloned());
            match (parts.last_mut(), part) {
                (Some(Part::Literal(run)), Part::Literal(more)) => {
                    *run = format!("{run}/{more}").into();
                }
                (_, part) => parts.push(part),
            }
        }
        // Without `for_each`, nothing says that two stars are to go together.
        if list.is_none() && lists.len() > 1 {
            return Err(Fault::ManyLists);
        }
        // Placeholders as plain text of their length, so that an error names the right byte.
        let probe: Vec<String> = segments
            .iter()
            .map(|segment| match segment.starts_with('{') {
                true => "v".repeat(segment.len()),
                false => (*segment).to_owned(),
            })
            .collect();
        Path::default().read(&probe.join("/"))?;
        Ok(Self(parts.into()))
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Looks at every placeholder of an argument, and says which of them lead to what a kind parses.
    pub(super) fn check(
        &mut self,
        mut reaches: impl FnMut(&ArgumentPath, bool) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        for part in &mut self.0 {
            let is_rest = matches!(part, Part::Rest(_));
            if let Part::Argument(path) | Part::Rest(path) = part {
                *path = path.clone().reaching(reaches(path, is_rest)?);
            }
        }
        Ok(())
    }
}

impl Part {
    pub(super) fn path(&self) -> Option<&ArgumentPath> {
        match self {
            Self::Argument(path) | Self::Rest(path) => Some(path),
            Self::Literal(_) | Self::Invoker | Self::Agent => None,
        }
    }
}

/// Cuts at the slashes that stand outside braces.
fn segments(text: &str) -> Vec<&str> {
    let mut within = false;
    text.split(|character| {
        within = match character {
            '{' => true,
            '}' => false,
            _ => within,
        };
        character == '/' && !within
    })
    .collect()
}

fn parse_part(segment: &str, list: Option<&str>) -> Result<Part, Fault> {
    let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner else {
        return match segment {
            _ if segment.contains(['{', '}']) => Err(Fault::Braces),
            _ if segment.contains('*') => Err(Fault::Star),
            _ => Ok(Part::Literal(segment.into())),
        };
    };
    if inner.contains(['{', '}']) {
        return Err(Fault::Braces);
    }
    let (name, is_rest) = match inner.strip_suffix("/**") {
        Some(name) => (name, true),
        None => (inner, false),
    };
    let argument = name.strip_prefix("args.").map(str::to_owned);
    let path = match (name, argument.or_else(|| element_path(name, list))) {
        ("invoker", _) if !is_rest => return Ok(Part::Invoker),
        ("agent", _) if !is_rest => return Ok(Part::Agent),
        (_, Some(path)) => ArgumentPath::parse(&path)?,
        (name, None) if is_element(name) => return Err(Fault::ElementWithoutList),
        (_, None) => return Err(Fault::Placeholder { name: inner.to_owned() }),
    };
    Ok(if is_rest { Part::Rest(path) } else { Part::Argument(path) })
}

/// Whether a path begins at the element that `it` stands for.
pub(super) fn is_element(path: &str) -> bool {
    path == "it" || path.starts_with("it.")
}

/// The path among the arguments to what a path from `it` on leads to.
pub(super) fn element_path(path: &str, list: Option<&str>) -> Option<String> {
    let behind = path.strip_prefix("it").filter(|_| is_element(path))?;
    Some(format!("{}.*{behind}", list?))
}
