//! Setups and attempts for the reference evaluator, drawn from the fuzzer's bytes: a few words, so that
//! patterns and paths meet, and every kind of effect, reader, audience and test.

use arbitrary::{Result, Unstructured};
use permitgate::Operation;
use permitgate::flow::Origin;
use permitgate::model::OwnedAudience;
use permitgate::model::Reader;
use permitgate::policy::Effect;

use crate::reference::{
    AGENT, Arg, Attempt, Draft, Fields, Heard, Input, Items, Kind, LayerDraft, Literal, Setup,
    Test, escape,
};

type Bytes<'u, 'b> = &'u mut Unstructured<'b>;

const WORDS: [&str; 7] = ["a", "b", "ab", "mail", "%2F", "report-7.pdf", "é"];
const STEPS: [&str; 11] =
    ["**", "*", "{invoker}", "{project}", "{agent}", "a", "b", "mail", "a*", "*b*", "report-*.pdf"];
const TOOLS: [&str; 3] = ["mail.send", "mail.read", "files.put"];
const ARGUMENTS: [&str; 5] = ["n", "t", "f", "o.x", "l.0"];
const TEXTS: [&str; 5] = ["", "a", "ab", "b*", "aab"];
const NAMES: [&str; 10] = [
    "dana@example.com",
    "lee@example.com",
    "sam@partner.example",
    "new@elsewhere.example",
    "platform",
    "mixed",
    "empty",
    "den",
    "general",
    "lobby",
];

fn name(bytes: Bytes<'_, '_>) -> Result<String> {
    Ok((*bytes.choose(&NAMES)?).to_owned())
}

/// Up to `most`, drawn one by one.
fn list<'b, T>(
    bytes: Bytes<'_, 'b>,
    most: usize,
    mut draw: impl FnMut(Bytes<'_, 'b>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = bytes.int_in_range(0..=most)?;
    (0..count).map(|_| draw(bytes)).collect()
}

pub(crate) fn setup(bytes: Bytes<'_, '_>) -> Result<Setup> {
    let invoker =
        (*bytes.choose(&["dana@example.com", "d/a*n{a}", "who@else.example"])?).to_owned();
    let project =
        (*bytes.choose(&["apollo", "a", "a/b", "**", "{invoker}", "..", "%2F"])?).to_owned();
    let guards = bytes.ratio(1_u8, 3_u8)?.then_some(bytes.arbitrary()?);
    let guardrails = guards.map(|grants| layer(bytes, grants, false, 3)).transpose()?;
    let mut layers = vec![layer(bytes, true, true, 6)?];
    for _ in 0..bytes.int_in_range(0..=2)? {
        let grants = bytes.arbitrary()?;
        layers.push(layer(bytes, grants, true, 3)?);
    }
    let heard = Heard { untrusted: bytes.arbitrary()?, values: list(bytes, 3, said)? };
    let now = u64::from(bytes.arbitrary::<u32>()?);
    Ok(Setup { guardrails, layers, invoker, project, heard, now })
}

fn origin(bytes: Bytes<'_, '_>) -> Result<Origin> {
    bytes.choose(&[Origin::User, Origin::Directory, Origin::Result, Origin::Program]).copied()
}

fn said(bytes: Bytes<'_, '_>) -> Result<(Origin, Literal)> {
    Ok((origin(bytes)?, literal(bytes)?))
}

fn layer(bytes: Bytes<'_, '_>, grants: bool, bound: bool, most: usize) -> Result<LayerDraft> {
    let mut statements = list(bytes, most, |bytes| draft(bytes, grants, bound))?;
    let reversed: bool = bytes.arbitrary()?;
    let count = statements.len();
    for (place, statement) in statements.iter_mut().enumerate() {
        let number = if reversed { count - place } else { place };
        statement.id = format!("s{number}");
    }
    Ok(LayerDraft { grants, statements })
}

fn draft(bytes: Bytes<'_, '_>, grants: bool, bound: bool) -> Result<Draft> {
    let effects = [Effect::Forbid, Effect::RequireApproval, Effect::Permit];
    let effect = *bytes.choose(if grants { &effects } else { &effects[..2] })?;
    let input = match (bytes.ratio(1_u8, 5_u8)?, effect) {
        (false, _) => Input::Any,
        (true, Effect::Permit) => Input::OnlyTrusted,
        (true, _) => Input::AfterUntrusted,
    };
    let may_grant = grants && effect != Effect::Forbid && input != Input::AfterUntrusted;
    let mut operations = list(bytes, 3, |bytes| bytes.choose(&Operation::ALL).copied())?;
    operations.push(Operation::Read);
    let mut resources = list(bytes, 2, |bytes| pattern(bytes, bound))?;
    if may_grant && resources.is_empty() {
        resources.push("**".to_owned());
    }
    let some_readers = |bytes: Bytes<'_, '_>, may: bool| -> Result<_> {
        if !may || !bytes.arbitrary::<bool>()? {
            return Ok(None);
        }
        let mut readers = list(bytes, 2, reader)?;
        readers.push(reader(bytes)?);
        Ok(Some(readers))
    };
    let mut except = list(bytes, 1, |bytes| pattern(bytes, bound))?;
    except.retain(|text| text.split('/').any(|step| step != "**") && !resources.contains(text));
    let otherwise =
        may_grant && effect == Effect::RequireApproval && bytes.ratio(1_u8, 3_u8)?;
    Ok(Draft {
        id: String::new(),
        effect,
        operations,
        tools: list(bytes, 1, |bytes| Ok((*bytes.choose(&TOOLS)?).to_owned()))?,
        resources,
        except,
        readers: some_readers(bytes, may_grant)?,
        beyond: some_readers(bytes, effect != Effect::Permit && !otherwise)?,
        when: list(bytes, 2, test)?,
        input,
        otherwise,
    })
}

fn pattern(bytes: Bytes<'_, '_>, bound: bool) -> Result<String> {
    let mut steps = list(bytes, 4, |bytes| bytes.choose(&STEPS).copied())?;
    if !bound {
        steps.retain(|step| *step != "{project}");
    }
    let mut rests = 0;
    // More than four `**` are refused.
    steps.retain(|step| {
        rests += usize::from(*step == "**");
        *step != "**" || rests <= 4
    });
    Ok(if steps.is_empty() { "**".to_owned() } else { steps.join("/") })
}

fn reader(bytes: Bytes<'_, '_>) -> Result<Reader> {
    Ok(match bytes.int_in_range(0..=6)? {
        0 => Reader::Invoker,
        1 => Reader::Internal,
        2 => Reader::Public,
        3 => Reader::principal(name(bytes)?),
        4 => Reader::group(name(bytes)?),
        5 => Reader::channel(name(bytes)?),
        _ => Reader::domain(*bytes.choose(&["example.com", "elsewhere.example"])?),
    })
}

fn number(bytes: Bytes<'_, '_>) -> Result<Literal> {
    Ok(match bytes.int_in_range(0..=3)? {
        0 => Literal::Whole(bytes.int_in_range(-2..=4)?),
        1 => Literal::Quarters(bytes.int_in_range(-6..=11)?),
        2 => Literal::Whole((1 << 53) + bytes.int_in_range(0..=1)?),
        _ => Literal::Quarters(1 << 55),
    })
}

fn literal(bytes: Bytes<'_, '_>) -> Result<Literal> {
    Ok(match bytes.int_in_range(0..=2)? {
        0 => Literal::Bool(bytes.arbitrary()?),
        1 => number(bytes)?,
        _ => Literal::Text((*bytes.choose(&TEXTS)?).to_owned()),
    })
}

fn test(bytes: Bytes<'_, '_>) -> Result<Test> {
    let kind = match bytes.int_in_range(0..=7)? {
        0 => Kind::Present(bytes.arbitrary()?),
        1 => Kind::Equals(literal(bytes)?),
        2 => {
            let mut values = list(bytes, 2, literal)?;
            values.push(literal(bytes)?);
            Kind::OneOf(values)
        }
        3 => Kind::AtLeast(number(bytes)?),
        4 => Kind::AtMost(number(bytes)?),
        5 => {
            let least = bytes.int_in_range(-2..=2)?;
            let width: i64 = bytes.int_in_range(0..=2)?;
            Kind::Between(Literal::Whole(least), Literal::Quarters((least + width) * 4 + 1))
        }
        6 => {
            let mut origins = list(bytes, 1, origin)?;
            origins.push(origin(bytes)?);
            Kind::Endorsed(origins)
        }
        _ => Kind::Matches((*bytes.choose(&["a*", "*b", "a*b", "ab", "*"])?).to_owned()),
    };
    let optional = bytes.ratio(1_u8, 5_u8)? && !matches!(kind, Kind::Present(_));
    let is_text = |literal: &Literal| matches!(literal, Literal::Text(_));
    let has_case = match &kind {
        Kind::Equals(literal) => is_text(literal),
        Kind::OneOf(literals) => literals.iter().all(is_text),
        Kind::Matches(_) => true,
        _ => false,
    };
    let case_blind = has_case && bytes.ratio(1_u8, 4_u8)?;
    let (argument, not) = (*bytes.choose(&ARGUMENTS)?, bytes.arbitrary()?);
    Ok(Test { argument, not, optional, kind, holds_for: None, case_blind })
}

/// An attempt, near one of the patterns or anywhere.
pub(crate) fn attempt(bytes: Bytes<'_, '_>, setup: &Setup) -> Result<Attempt> {
    let layers = setup.layers.iter().chain(&setup.guardrails);
    let patterns: Vec<&String> =
        layers.flat_map(|layer| &layer.statements).flat_map(|draft| &draft.resources).collect();
    let near = if patterns.is_empty() { "a/**" } else { bytes.choose(&patterns)?.as_str() };
    let mut path = Vec::new();
    for step in near.split('/') {
        let word = *bytes.choose(&WORDS)?;
        match step {
            "**" => path.extend((0..word.len() % 3).map(|_| word.to_owned())),
            "*" => path.push(word.to_owned()),
            "{invoker}" => path.push(escape(&setup.invoker)),
            "{agent}" => path.push(AGENT.to_owned()),
            "{project}" => path.push(escape(&setup.project)),
            _ if bytes.ratio(1_u8, 8_u8)? => path.push(word.to_owned()),
            text => path.push(text.replace('*', "-")),
        }
    }
    let mut fields = Vec::new();
    for argument in ARGUMENTS {
        let Some(value) = argument_value(bytes)? else { continue };
        let (field, value) = match argument.split_once('.') {
            None => (argument, value),
            Some((field, "0")) => (field, Arg::List(Items(vec![value]))),
            Some((field, inner)) => (field, Arg::Object(Fields(vec![(inner.to_owned(), value)]))),
        };
        fields.push((field.to_owned(), value));
    }
    let read_mostly = bytes.ratio(1_u8, 3_u8)?;
    Ok(Attempt {
        operation: if read_mostly { *bytes.choose(&Operation::ALL)? } else { Operation::Read },
        tool: (*bytes.choose(&TOOLS)?).to_owned(),
        resource: if path.is_empty() { "x".to_owned() } else { path.join("/") },
        below: bytes.ratio(1_u8, 4_u8)?,
        audience: reach(bytes)?,
        arguments: Fields(fields),
    })
}

fn argument_value(bytes: Bytes<'_, '_>) -> Result<Option<Arg>> {
    Ok(match bytes.int_in_range(0..=7)? {
        0 | 1 => None,
        2 => Some(Arg::Null),
        3 => Some(Arg::NotFinite(*bytes.choose(&[f64::NAN, f64::INFINITY])?)),
        _ => Some(Arg::Literal(literal(bytes)?)),
    })
}

fn reach(bytes: Bytes<'_, '_>) -> Result<OwnedAudience> {
    Ok(match bytes.int_in_range(0..=5)? {
        0 => OwnedAudience::Private,
        1 => {
            let mut names = list(bytes, 2, name)?;
            names.push(name(bytes)?);
            OwnedAudience::Recipients(names)
        }
        2 => OwnedAudience::Group(name(bytes)?),
        3 => OwnedAudience::Channel(name(bytes)?),
        4 => OwnedAudience::Internal,
        _ => OwnedAudience::Public,
    })
}
