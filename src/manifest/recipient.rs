//! Who sees what an effect makes, worked out for one call.

use std::fmt::Write as _;

use super::branch::{Branches, Element, Intake, PathValue};
use super::call::{Plan, PlannedAudience, PlannedName, Text};
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
        element: Option<(usize, Element<'c, '_>)>,
    ) -> Result<PlannedAudience<'c>, CallFault> {
        let (of_element, element) = (element.map(|(_, found)| found), element.map(|(at, _)| at));
        match audience {
            CompiledAudience::Level(level) => Ok(PlannedAudience::Level(*level)),
            CompiledAudience::Channel(path) => {
                self.name(path, element).map(PlannedAudience::Channel)
            }
            CompiledAudience::Group(path) => self.name(path, element).map(PlannedAudience::Group),
            CompiledAudience::Host(path) => {
                let host = self.host(path, element)?;
                let mut collected = RecipientList::new(self.plan);
                match host {
                    PlannedName::Given(host) => collected.given(host),
                    PlannedName::Written(host) => collected.written_before(host),
                }
                Ok(collected.audience())
            }
            CompiledAudience::Flag(path, values) => {
                let fail = |kind| CallFault::of(path.text(), kind);
                let value = path.head(self.given).ok_or_else(|| fail(Kind::AudienceMissing))?;
                let level = level_of(value, values).ok_or_else(|| fail(Kind::UnlistedValue))?;
                Ok(PlannedAudience::Level(level))
            }
            CompiledAudience::Recipients(paths) => self.recipients(paths, of_element),
        }
    }

    /// What is given at a path, of its list the one at `element`.
    fn given(&self, path: &ArgumentPath, element: Option<usize>) -> Option<Value<'c>> {
        match (path.has_each(), element, path.head(self.given)?) {
            (false, _, value) => Some(value),
            (true, Some(place), Value::List(list)) => path.within(list.at(place)?),
            // One value where a list may stand is its own element.
            (true, Some(_), value) => path.within(value),
            _ => None,
        }
    }

    /// The name of a group or channel.
    fn name(
        &mut self,
        path: &ArgumentPath,
        element: Option<usize>,
    ) -> Result<PlannedName<'c>, CallFault> {
        let reached = self.reached;
        if let Some(name) = part_of(path, reached, element).and_then(Part::as_text) {
            return Ok(PlannedName::Written(self.plan.names.write(name)));
        }
        match self.given(path, element) {
            Some(Value::Text(name)) if check_name(name).is_ok() => Ok(PlannedName::Given(name)),
            Some(_) => Err(CallFault::of(path.text(), Kind::NotAnAudience)),
            None => Err(CallFault::of(path.text(), Kind::AudienceMissing)),
        }
    }

    /// The host of a URL, or one that stands alone.
    fn host(
        &mut self,
        path: &ArgumentPath,
        element: Option<usize>,
    ) -> Result<PlannedName<'c>, CallFault> {
        let reached = self.reached;
        let part = part_of(path, reached, element).filter(|part| part.has_value());
        let host = part.map(|part| part.get("host").unwrap_or(part));
        if let Some(host) = host.and_then(Part::as_text) {
            return Ok(PlannedName::Written(self.plan.names.write(host)));
        }
        let host = match self.given(path, element) {
            Some(Value::Text(url)) => host_of(url),
            Some(_) => None,
            None => return Err(CallFault::of(path.text(), Kind::AudienceMissing)),
        };
        host.map(PlannedName::Given).ok_or_else(|| CallFault::of(path.text(), Kind::NotAUrl))
    }

    /// Everyone whom the arguments name; nobody is the invoker alone.
    fn recipients(
        &mut self,
        paths: &Branches,
        element: Option<Element<'c, '_>>,
    ) -> Result<PlannedAudience<'c>, CallFault> {
        let mut collected = RecipientList::new(self.plan);
        let mut take = |taken: PathValue<'c, '_>| {
            if collected.len() >= MAX_RECIPIENTS {
                return Err(Kind::TooManyRecipients);
            }
            match taken {
                PathValue::Given(Value::Text(name)) if is_one_name(name) => collected.given(name),
                PathValue::Given(Value::Text(_)) => return Err(Kind::RecipientName),
                PathValue::Given(_) => return Err(Kind::NotARecipient),
                PathValue::Reached(part) => match part.as_text() {
                    Some(name) if check_name(name).is_ok() => collected.written(name),
                    _ => return Err(Kind::NotARecipient),
                },
            }
            Ok(())
        };
        let (other_shape, none) = (Kind::RecipientShape, Some(Kind::NoRecipient));
        let intake = Intake { take: &mut take, other_shape, none };
        paths.take(self.given, self.reached, intake)?;
        if let Some(element) = element {
            let intake = Intake { take: &mut take, other_shape, none };
            paths.take_of(element, intake)?;
        }
        Ok(collected.audience())
    }
}

/// The recipients of one effect: as they were given, or, from the first on that stands in another form, all of them written.
struct RecipientList<'m, 'c> {
    plan: &'m mut Plan<'c>,
    /// Where they begin among those given.
    from: usize,
    /// Where they begin among those written, once they are.
    written: Option<usize>,
}

impl<'m, 'c> RecipientList<'m, 'c> {
    fn new(plan: &'m mut Plan<'c>) -> Self {
        let from = plan.recipients.len();
        Self { plan, from, written: None }
    }

    fn len(&self) -> usize {
        match self.written {
            None => self.plan.recipients.len() - self.from,
            Some(from) => self.plan.names.len() - from,
        }
    }

    #[inline]
    fn given(&mut self, name: &'c str) {
        match self.written {
            None => self.plan.recipients.push(name),
            Some(_) => self.written(name),
        }
    }

    fn written(&mut self, name: &str) {
        let name = self.plan.names.write(name);
        self.written_before(name);
    }

    fn written_before(&mut self, name: NameExtent) {
        let Plan { recipients, names, .. } = &mut *self.plan;
        if self.written.is_none() {
            self.written = Some(names.len());
            for given in recipients.drain(self.from..) {
                let given = names.write(given);
                names.push(given);
            }
        }
        names.push(name);
    }

    fn audience(self) -> PlannedAudience<'c> {
        match (self.written, self.len()) {
            (_, 0) => PlannedAudience::Level(AudienceLevel::Private),
            (None, count) => PlannedAudience::Recipients(self.from as u32, count as u32),
            (Some(from), count) => PlannedAudience::Written(from as u32, count as u32),
        }
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
