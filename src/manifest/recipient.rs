//! Who sees what an effect makes, worked out for one call.

use std::fmt::Write as _;

use super::branch::{Branches, Taken, Taking};
use super::call::{Plan, PlannedAudience, Text};
use super::compile::CompiledAudience;
use super::host::host_of;
use super::level::AudienceLevel;
use super::mapping::{Mapping, part_of};
use super::path::ArgumentPath;
use crate::base::limits::MAX_RECIPIENTS;
use crate::base::name::check_name;
use crate::decision::call_fault::{CallFault, Kind};
use crate::model::arguments::Value;
use crate::model::audience::NameExtent;
use crate::model::parts::Part;

impl<'c> Mapping<'_, 'c> {
    pub(super) fn audience(
        &mut self,
        audience: &'c CompiledAudience,
        element: Option<usize>,
    ) -> Result<PlannedAudience, CallFault> {
        match audience {
            CompiledAudience::Level(level) => Ok(PlannedAudience::Level(*level)),
            CompiledAudience::Channel(path) => {
                self.name(path, element).map(PlannedAudience::Channel)
            }
            CompiledAudience::Group(path) => self.name(path, element).map(PlannedAudience::Group),
            CompiledAudience::Host(path) => {
                let host = self.host(path, element)?;
                let from = self.plan.names.len();
                self.plan.names.push(host);
                Ok(PlannedAudience::Recipients(from as u32, 1))
            }
            CompiledAudience::Flag(path, values) => {
                let fail = |kind| CallFault::of(path.text(), kind);
                let value = path.head(self.given).ok_or_else(|| fail(Kind::AudienceMissing))?;
                let level = level_of(value, values).ok_or_else(|| fail(Kind::UnlistedValue))?;
                Ok(PlannedAudience::Level(level))
            }
            CompiledAudience::Recipients(paths) => {
                let from = self.plan.names.len();
                self.recipients(paths)?;
                match self.plan.names.len() - from {
                    0 => Ok(PlannedAudience::Level(AudienceLevel::Private)),
                    count => Ok(PlannedAudience::Recipients(from as u32, count as u32)),
                }
            }
        }
    }

    /// What is given at a path, of its list the one at `element`.
    fn given(&self, path: &ArgumentPath, element: Option<usize>) -> Option<Value<'c>> {
        match (path.has_each(), element, path.head(self.given)?) {
            (false, _, value) => Some(value),
            (true, Some(place), Value::List(list)) => path.within(list.at(place)?),
            _ => None,
        }
    }

    /// The name of a group or channel.
    fn name(
        &mut self,
        path: &ArgumentPath,
        element: Option<usize>,
    ) -> Result<NameExtent, CallFault> {
        let reached = self.reached;
        if let Some(name) = part_of(path, reached, element).and_then(Part::as_text) {
            return Ok(self.plan.names.write(name));
        }
        match self.given(path, element) {
            Some(Value::Text(name)) if check_name(name).is_ok() => Ok(self.plan.names.write(name)),
            Some(_) => Err(CallFault::of(path.text(), Kind::NotAnAudience)),
            None => Err(CallFault::of(path.text(), Kind::AudienceMissing)),
        }
    }

    /// The host of a URL, or one that stands alone.
    fn host(
        &mut self,
        path: &ArgumentPath,
        element: Option<usize>,
    ) -> Result<NameExtent, CallFault> {
        let reached = self.reached;
        let part = part_of(path, reached, element).filter(|part| part.has_value());
        let host = part.map(|part| part.get("host").unwrap_or(part));
        if let Some(host) = host.and_then(Part::as_text) {
            return Ok(self.plan.names.write(host));
        }
        let host = match self.given(path, element) {
            Some(Value::Text(url)) => host_of(url),
            Some(_) => None,
            None => return Err(CallFault::of(path.text(), Kind::AudienceMissing)),
        };
        let host = host.ok_or_else(|| CallFault::of(path.text(), Kind::NotAUrl))?;
        Ok(self.plan.names.write(host))
    }

    /// Adds everyone whom the arguments name.
    fn recipients(&mut self, paths: &Branches) -> Result<(), CallFault> {
        let Plan { names, .. } = &mut *self.plan;
        let from = names.len();
        let mut take = |taken: Taken<'c, '_>| {
            let recipient = match taken {
                Taken::Given(Value::Text(name)) if !is_one_name(name) => {
                    return Err(Kind::RecipientName);
                }
                Taken::Given(Value::Text(name)) => names.write(name),
                Taken::Given(_) => return Err(Kind::NotARecipient),
                Taken::Reached(part) => match part.as_text() {
                    Some(name) if check_name(name).is_ok() => names.write(name),
                    _ => return Err(Kind::NotARecipient),
                },
            };
            if names.len() - from >= MAX_RECIPIENTS {
                return Err(Kind::TooManyRecipients);
            }
            names.push(recipient);
            Ok(())
        };
        let (other_shape, none) = (Kind::RecipientShape, Some(Kind::NoRecipient));
        let taking = Taking { take: &mut take, other_shape, none };
        paths.take(self.given, self.reached, taking)
    }
}

/// Whether a name stands for one recipient: an address must not hold what mail programs cut lists of
/// addresses at.
fn is_one_name(name: &str) -> bool {
    let cut = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"');
    // Nearly all names are plain. Folded, so that the bytes are looked at several at a time.
    let odd = |byte| matches!(byte, b' ' | b',' | b';' | b'<' | b'>' | b'"' | 0x80..);
    let plain = !name.bytes().fold(false, |any, byte| any | odd(byte));
    check_name(name).is_ok() && (plain || !(name.contains('@') && name.contains(cut)))
}

/// The level listed for a value: a text, a truth value or a whole number, as it would be written.
fn level_of(value: Value<'_>, values: &[(Box<str>, AudienceLevel)]) -> Option<AudienceLevel> {
    let mut written = Text::default();
    let text = match value {
        Value::Text(text) => text.as_bytes(),
        Value::Bool(true) => b"true",
        Value::Bool(false) => b"false",
        Value::Integer(number) => {
            let _ = write!(written, "{number}");
            &written.0
        }
        _ => return None,
    };
    let found = values.binary_search_by(|(value, _)| value.as_bytes().cmp(text)).ok()?;
    values.get(found).map(|(_, level)| *level)
}
