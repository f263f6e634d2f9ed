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
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_RESOURCE_BYTES {
            return Err(Fault::TemplateTooLong);
        }
        let segments = segments(text);
        let mut parts: Vec<Part> = Vec::with_capacity(segments.len());
        let mut lists = 0;
        for segment in &segments {
            if matches!(parts.last(), Some(Part::Rest(_))) {
                return Err(Fault::RestNotLast);
            }
            let part = parse_part(segment)?;
            lists += usize::from(part.path().is_some_and(ArgumentPath::has_each));
            match (parts.last_mut(), part) {
                (Some(Part::Literal(run)), Part::Literal(more)) => {
                    *run = format!("{run}/{more}").into();
                }
                (_, part) => parts.push(part),
            }
        }
        if lists > 1 {
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

fn parse_part(segment: &str) -> Result<Part, Fault> {
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
    match (inner, inner.strip_prefix("args.")) {
        ("invoker", _) => Ok(Part::Invoker),
        ("agent", _) => Ok(Part::Agent),
        (_, Some(path)) => match path.strip_suffix("/**") {
            Some(path) => Ok(Part::Rest(ArgumentPath::parse(path)?)),
            None => Ok(Part::Argument(ArgumentPath::parse(path)?)),
        },
        (name, None) => Err(Fault::Placeholder { name: name.to_owned() }),
    }
}
