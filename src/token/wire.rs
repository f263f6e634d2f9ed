//! Statements as CBOR (RFC 8949), in the one form that the specification gives each.
//!
//! Every structure is a map with small whole numbers as keys, in ascending order, in which what is not stated is
//! absent. Reading is lenient in small things (long forms of numbers, what is absent written out), since the
//! caller writes again what was read and refuses what differs: that one comparison holds every rule of the form.

use std::convert::Infallible;
use std::time::Duration;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder, decode, encode};

use super::key::PublicKey;
use crate::authority::requirement::Approver;
use crate::base::span::Span;
use crate::flow::provenance::Origins;
use crate::model::action::Operations;
use crate::model::audience::{Reader, Readers};
use crate::policy::{Condition, Effect, Quantifier, Scalar, ScalarKind, Statement, Texts};

pub(super) type Out = Encoder<Vec<u8>>;
pub(super) type Written = Result<(), encode::Error<Infallible>>;
pub(super) type Read<T> = Result<T, decode::Error>;

/// The bytes of what is written. Writing to memory does not fail; were it to, there would be nothing, which cannot be
/// read again.
pub(super) fn bytes_of(room: usize, write: impl FnOnce(&mut Out) -> Written) -> Vec<u8> {
    let mut out = Encoder::new(Vec::with_capacity(room));
    write(&mut out).map_or_else(|_| Vec::new(), |()| out.into_writer())
}

/// A body with its signature, as it is sent.
pub(super) fn signed_pair(body: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    bytes_of(body.len() + 80, |out| out.array(2)?.bytes(body)?.bytes(signature).map(drop))
}

/// Takes a body and its signature apart.
pub(super) fn read_signed_pair<'b>(input: &mut Decoder<'b>) -> Read<(&'b [u8], [u8; 64])> {
    match input.array()? {
        Some(2) => Ok((input.bytes()?, read_fixed(input)?)),
        _ => Err(fault(input, "what is no pair of body and signature")),
    }
}

/// A map that is being written.
pub(super) struct Fields {
    count: u64,
    entries: Out,
}

impl Fields {
    pub(super) fn new() -> Self {
        // Room for what most maps hold, so that it need not grow.
        Self { count: 0, entries: Encoder::new(Vec::with_capacity(128)) }
    }

    /// One more entry, whose value is written next. Keys must ascend.
    pub(super) fn entry(&mut self, key: u8) -> Result<&mut Out, encode::Error<Infallible>> {
        self.count += 1;
        self.entries.u8(key)
    }

    /// One more entry, where there is a value.
    pub(super) fn optional<T>(
        &mut self,
        key: u8,
        value: Option<T>,
        write: impl FnOnce(&mut Out, T) -> Written,
    ) -> Written {
        value.map_or(Ok(()), |value| write(self.entry(key)?, value))
    }

    /// One more entry, where the list is not empty.
    pub(super) fn items<T>(
        &mut self,
        key: u8,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        write: impl FnMut(&mut Out, T) -> Written,
    ) -> Written {
        let items = items.into_iter();
        if items.len() == 0 { Ok(()) } else { list(self.entry(key)?, items, write) }
    }

    /// One more entry, where it is so.
    pub(super) fn flag(&mut self, key: u8, set: bool) -> Written {
        if set { self.entry(key)?.bool(true).map(drop) } else { Ok(()) }
    }

    /// One more entry that is written already.
    pub(super) fn raw(&mut self, entry: &[u8]) {
        self.count += 1;
        self.entries.writer_mut().extend_from_slice(entry);
    }

    /// The entries without the head of the map.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.entries.into_writer()
    }

    pub(super) fn finish(self, out: &mut Out) -> Written {
        out.map(self.count)?;
        out.writer_mut().extend_from_slice(self.entries.writer());
        Ok(())
    }
}

pub(super) fn list<T>(
    out: &mut Out,
    items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    mut write: impl FnMut(&mut Out, T) -> Written,
) -> Written {
    let items = items.into_iter();
    out.array(items.len() as u64)?;
    items.into_iter().try_for_each(|item| write(out, item))
}

pub(super) fn text(out: &mut Out, text: impl AsRef<str>) -> Written {
    out.str(text.as_ref()).map(drop)
}

/// Reads a map; `each` reads the value of one key, and answers `false` to a key that it does not know.
pub(super) fn read_fields<'b>(
    input: &mut Decoder<'b>,
    mut each: impl FnMut(u64, &mut Decoder<'b>) -> Read<bool>,
) -> Read<()> {
    let count = input.map()?.ok_or_else(|| fault(input, "a map of no stated length"))?;
    let mut last = None;
    for _ in 0..count {
        let key = input.u64()?;
        if last.is_some_and(|last| last >= key) {
            return Err(fault(input, "a map whose keys do not ascend"));
        }
        last = Some(key);
        if !each(key, input)? {
            return Err(fault(input, "a map with a key that is not known"));
        }
    }
    Ok(())
}

/// Whether a body has a field, told without reading what is in it. One that cannot be read so far is found malformed later.
pub(super) fn has_field(body: &[u8], field: u64) -> bool {
    value_of(body, field).is_some()
}

/// How many items the list in a field of a body says that it has, told without reading them; none where there is no list.
pub(super) fn list_len(body: &[u8], field: u64) -> u64 {
    value_of(body, field).and_then(|mut value| value.array().ok().flatten()).unwrap_or(0)
}

/// Where the value of a field begins.
fn value_of(body: &[u8], field: u64) -> Option<Decoder<'_>> {
    let mut input = Decoder::new(body);
    let count = input.map().ok().flatten().unwrap_or(0);
    for _ in 0..count {
        let key = input.u64().ok()?;
        let value = input.clone();
        input.skip().ok()?;
        if key == field {
            return Some(value);
        }
    }
    None
}

/// Reads a list. It grows as items are read, so a false length claims no memory.
pub(super) fn read_list<'b, T>(
    input: &mut Decoder<'b>,
    mut item: impl FnMut(&mut Decoder<'b>) -> Read<T>,
) -> Read<Vec<T>> {
    let count = input.array()?.ok_or_else(|| fault(input, "a list of no stated length"))?;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(item(input)?);
    }
    Ok(items)
}

pub(super) fn read_text(input: &mut Decoder<'_>) -> Read<String> {
    input.str().map(str::to_owned)
}

pub(super) fn read_fixed<const N: usize>(input: &mut Decoder<'_>) -> Read<[u8; N]> {
    let bytes = input.bytes()?;
    bytes.try_into().map_err(|_| fault(input, "bytes of a wrong length"))
}

pub(super) fn read_key(input: &mut Decoder<'_>) -> Read<PublicKey> {
    let bytes = read_fixed(input)?;
    PublicKey::from_bytes(&bytes).map_err(|_| fault(input, "bytes that are no key"))
}

pub(super) fn fault(input: &Decoder<'_>, what: &'static str) -> decode::Error {
    decode::Error::message(what).at(input.position())
}

pub(super) fn statements(out: &mut Out, statements: &[Statement]) -> Written {
    list(out, statements, statement)
}

pub(super) fn read_statements(input: &mut Decoder<'_>) -> Read<Vec<Statement>> {
    read_list(input, read_statement)
}

fn statement(out: &mut Out, statement: &Statement) -> Written {
    // Taken apart by name, so that a new field cannot be forgotten here.
    let Statement {
        id,
        effect,
        operations,
        tools,
        resources,
        except_resources,
        readers: within,
        beyond,
        when,
        only_while_trusted,
        after_untrusted,
        otherwise,
        by,
        approvals,
        decide_within,
        use_within,
    } = statement;
    let mut fields = Fields::new();
    text(fields.entry(0)?, id)?;
    fields.entry(1)?.u8(*effect as u8)?;
    fields.entry(2)?.u8(operations.bits())?;
    fields.items(3, tools.as_deref().unwrap_or_default(), text)?;
    fields.items(4, resources.as_deref().unwrap_or_default(), text)?;
    fields.optional(5, within.as_ref(), readers)?;
    fields.optional(6, beyond.as_ref(), readers)?;
    fields.items(7, when, condition)?;
    fields.flag(8, *only_while_trusted)?;
    fields.flag(9, *after_untrusted)?;
    fields.items(10, except_resources.as_deref().unwrap_or_default(), text)?;
    fields.flag(11, *otherwise)?;
    fields.items(12, by.as_deref().unwrap_or_default(), approver)?;
    fields.optional(13, approvals.as_ref(), |out, count| out.u8(*count).map(drop))?;
    fields.optional(14, decide_within.as_ref(), span)?;
    fields.optional(15, use_within.as_ref(), span)?;
    fields.finish(out)
}

fn read_statement(input: &mut Decoder<'_>) -> Read<Statement> {
    let mut statement = Statement::forbid("");
    let mut stated = 0_u8;
    read_fields(input, |key, input| {
        stated |= u8::try_from(key).map_or(0, |key| 1_u8.checked_shl(key.into()).unwrap_or(0));
        match key {
            0 => statement.id = read_text(input)?,
            1 => statement.effect = read_effect(input)?,
            2 => statement.operations = read_operations(input)?,
            3 => statement.tools = Some(read_list(input, read_text)?),
            4 => statement.resources = Some(read_list(input, read_text)?),
            5 => statement.readers = Some(read_readers(input)?),
            6 => statement.beyond = Some(read_readers(input)?),
            7 => statement.when = read_list(input, read_condition)?,
            8 => statement.only_while_trusted = input.bool()?,
            9 => statement.after_untrusted = input.bool()?,
            10 => statement.except_resources = Some(read_list(input, read_text)?),
            11 => statement.otherwise = input.bool()?,
            12 => statement.by = Some(read_list(input, read_approver)?),
            13 => statement.approvals = Some(input.u8()?),
            14 => statement.decide_within = Some(read_span(input)?),
            15 => statement.use_within = Some(read_span(input)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if stated & 0b111 == 0b111 {
        Ok(statement)
    } else {
        Err(fault(input, "a statement without id, effect or operations"))
    }
}

fn read_effect(input: &mut Decoder<'_>) -> Read<Effect> {
    match input.u8()? {
        0 => Ok(Effect::Permit),
        1 => Ok(Effect::RequireApproval),
        2 => Ok(Effect::Forbid),
        _ => Err(fault(input, "an effect that is not known")),
    }
}

pub(super) fn read_operations(input: &mut Decoder<'_>) -> Read<Operations> {
    let bits = input.u8()?;
    Operations::from_bits(bits).ok_or_else(|| fault(input, "an operation that is not known"))
}

fn readers(out: &mut Out, readers: &Readers) -> Written {
    list(out, readers.iter(), |out, reader| text(out, reader.to_string()))
}

fn read_readers(input: &mut Decoder<'_>) -> Read<Readers> {
    let readers = read_list(input, |input| {
        input.str()?.parse::<Reader>().map_err(|_| fault(input, "a reader that is not one"))
    })?;
    Ok(readers.into_iter().collect())
}

fn approver(out: &mut Out, approver: &Approver) -> Written {
    text(out, approver.to_string())
}

fn read_approver(input: &mut Decoder<'_>) -> Read<Approver> {
    input.str()?.parse().map_err(|_| fault(input, "an approver that is not one"))
}

fn span(out: &mut Out, Span(span): &Span) -> Written {
    out.u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)).map(drop)
}

fn read_span(input: &mut Decoder<'_>) -> Read<Span> {
    input.u64().map(|millis| Span(Duration::from_millis(millis)))
}

fn condition(out: &mut Out, condition: &Condition) -> Written {
    let Condition {
        argument,
        not,
        optional,
        present,
        equals,
        one_of,
        at_least,
        at_most,
        matches,
        endorsed,
        holds_for,
        under,
        below,
        in_network,
        at_most_elements,
        case_blind,
        regex,
        equals_argument,
        equals_bound,
        clock,
        days,
        from,
        until,
    } = condition;
    let mut fields = Fields::new();
    if clock.is_none() || !argument.is_empty() {
        text(fields.entry(0)?, argument)?;
    }
    fields.flag(1, *not)?;
    fields.flag(2, *optional)?;
    fields.optional(3, *present, |out, present| out.bool(present).map(drop))?;
    fields.optional(4, equals.as_ref(), scalar)?;
    fields.optional(5, one_of.as_ref(), |out, values| list(out, values, scalar))?;
    fields.optional(6, at_least.as_ref(), scalar)?;
    fields.optional(7, at_most.as_ref(), scalar)?;
    fields.optional(8, matches.as_ref(), text)?;
    // 9 was a test of SQL verbs, and is not used again.
    fields.optional(10, *endorsed, |out, origins| out.u8(origins.bits()).map(drop))?;
    fields.optional(11, *holds_for, |out, quantifier| out.u8(quantifier as u8).map(drop))?;
    for (key, texts) in [(12, under), (13, below), (14, in_network)] {
        fields.optional(key, texts.as_ref(), |out, texts| list(out, &texts.0, text))?;
    }
    fields.optional(15, *at_most_elements, |out, most| out.u64(most).map(drop))?;
    fields.flag(16, *case_blind)?;
    fields.optional(17, regex.as_ref(), text)?;
    fields.optional(18, equals_argument.as_ref(), text)?;
    fields.optional(19, equals_bound.as_ref(), text)?;
    fields.optional(20, clock.as_ref(), text)?;
    fields.optional(21, days.as_ref(), |out, days| list(out, &days.0, text))?;
    fields.optional(22, from.as_ref(), text)?;
    fields.optional(23, until.as_ref(), text)?;
    fields.finish(out)
}

fn read_condition(input: &mut Decoder<'_>) -> Read<Condition> {
    let mut read = Condition::on("");
    let (mut named, mut tested, mut argued) = (false, false, false);
    read_fields(input, |key, input| {
        (named, argued) = (named || key == 0, argued || key == 0);
        tested |= key > 2 && key != 11 && key != 16;
        // A test of the time names its zone in the place of an argument.
        named |= key == 20;
        match key {
            0 => read.argument = read_text(input)?,
            1 => read.not = input.bool()?,
            2 => read.optional = input.bool()?,
            3 => read.present = Some(input.bool()?),
            4 => read.equals = Some(read_scalar(input)?),
            5 => read.one_of = Some(read_list(input, read_scalar)?),
            6 => read.at_least = Some(read_scalar(input)?),
            7 => read.at_most = Some(read_scalar(input)?),
            8 => read.matches = Some(read_text(input)?.into()),
            9 => return Err(fault(input, "a test of SQL verbs, which is no longer carried")),
            10 => {
                let bits = input.u8()?;
                // No origin at all cannot be said in any other form of a condition either.
                let origins = Origins::from_bits(bits).filter(|_| bits != 0);
                read.endorsed =
                    Some(origins.ok_or_else(|| fault(input, "an origin that is not known"))?);
            }
            11 => read.holds_for = Some(read_quantifier(input)?),
            12 => read.under = Some(read_texts(input)?),
            13 => read.below = Some(read_texts(input)?),
            14 => read.in_network = Some(read_texts(input)?),
            15 => read.at_most_elements = Some(input.u64()?),
            16 => read.case_blind = input.bool()?,
            17 => read.regex = Some(read_text(input)?.into()),
            18 => read.equals_argument = Some(read_text(input)?.into()),
            19 => read.equals_bound = Some(read_text(input)?.into()),
            20 => read.clock = Some(read_text(input)?.into()),
            21 => read.days = Some(read_texts(input)?),
            22 => read.from = Some(read_text(input)?.into()),
            23 => read.until = Some(read_text(input)?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if read.clock.is_some() && argued {
        return Err(fault(input, "a test of the time with an argument"));
    }
    // What says nothing takes much more room in memory than as bytes.
    if named && tested {
        Ok(read)
    } else {
        Err(fault(input, "a condition without argument or test"))
    }
}

fn read_quantifier(input: &mut Decoder<'_>) -> Read<Quantifier> {
    match input.u8()? {
        0 => Ok(Quantifier::All),
        1 => Ok(Quantifier::Some),
        2 => Ok(Quantifier::None),
        _ => Err(fault(input, "a quantifier that is not known")),
    }
}

fn read_texts(input: &mut Decoder<'_>) -> Read<Texts> {
    read_list(input, read_text).map(|texts| Texts(texts.into()))
}

/// A fraction always takes eight bytes, and a whole number is never written as a fraction was.
fn scalar(out: &mut Out, scalar: &Scalar) -> Written {
    match &scalar.0 {
        ScalarKind::Bool(value) => out.bool(*value),
        ScalarKind::Integer(value) => out.i64(*value),
        ScalarKind::Unsigned(value) => out.u64(*value),
        ScalarKind::Float(value) => out.f64(*value),
        ScalarKind::Text(text) => out.str(text),
    }
    .map(drop)
}

fn read_scalar(input: &mut Decoder<'_>) -> Read<Scalar> {
    Ok(match input.datatype()? {
        Type::Bool => input.bool()?.into(),
        Type::F64 => input.f64()?.into(),
        Type::String => input.str()?.into(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => input.u64()?.into(),
        _ => input.i64()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_is_refused_by_its_name() {
        // {0: "q", 9: ["select"]}, also where another test stands beside it.
        let old = b"\xA2\x00\x61q\x09\x81\x66select";
        let beside = b"\xA3\x00\x61q\x03\xF5\x09\x81\x66select";
        for bytes in [&old[..], &beside[..]] {
            let error = read_condition(&mut Decoder::new(bytes)).unwrap_err().to_string();
            assert!(error.contains("SQL verbs, which is no longer carried"), "{error}");
        }
    }
}
