//! Decisions as lines of JSON, written into a buffer that is used again.

use ahash::AHashMap;
use std::io::Write;

use permitgate::decision::{Excess, ExcessKind, Grounds, Layer, Ruling, Source};
use permitgate::manifest::Call;
use permitgate::text::visible;
use permitgate::{Action, Audience, Decision, Gate, Reason, Scope};
use permitgate_files::json::Json;
use serde::Serialize;

use crate::call::LineError;

/// The answer to one line.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) decision: Decision,
    /// How many actions the call means.
    pub(crate) actions: usize,
    /// Why the manifest gives the call no meaning.
    pub(crate) fault: Option<String>,
    /// Who of the audience was too much.
    pub(crate) who: Option<TooMuch>,
}

/// Who of an audience was too much, with the whole name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TooMuch {
    kind: &'static str,
    name: Option<String>,
    /// Which of the recipients, from 1.
    recipient: Option<usize>,
    /// The group or channel whose member it is.
    member_of: Option<String>,
}

impl TooMuch {
    /// Of a decision about one action, which this audience sees.
    pub(crate) fn of(grounds: &Grounds, audience: Audience<'_>) -> Option<Self> {
        grounds.who().map(|who| Self::told(who, who.name_in(audience)))
    }

    /// Of a decision about a call, which is that of the first action that is decided so.
    pub(crate) fn of_call(
        gate: &Gate,
        call: &Call<'_>,
        scope: &Scope,
        decision: &Decision,
    ) -> Option<Self> {
        let who = decision.grounds().who()?;
        let is_member = who.kind() == ExcessKind::Member;
        let may_be = |name: &str| {
            let start = who.name().unwrap_or_default();
            is_member || name == start || who.is_cut() && name.starts_with(start)
        };
        let named = |action: &Action<'_>| who.name_in(action.audience()).map(str::to_owned);
        let names: Vec<Option<String>> = call.actions().map(|action| named(&action)).collect();
        let mut possible = names.iter().flatten().filter(|name| may_be(name));
        let first = possible.next();
        if possible.all(|other| Some(other) == first) {
            return Some(Self::told(who, first.map(String::as_str)));
        }
        // Of several actions that can be meant, the decision is the same as that of the one that is.
        let explained = gate.explain_call(call, scope);
        let decides = explained.iter().position(|action| action.decision == *decision);
        let name = decides.and_then(|place| names.get(place)?.as_deref());
        Some(Self::told(who, name))
    }

    /// `named` is what the audience names at the place that is meant.
    fn told(who: &Excess, named: Option<&str>) -> Self {
        let is_member = who.kind() == ExcessKind::Member;
        let whole = named.filter(|_| !is_member && who.is_cut());
        Self {
            kind: who.kind().as_str(),
            name: whole.or(who.name()).map(str::to_owned),
            recipient: who.place().map(|place| place + 1),
            member_of: named.filter(|_| is_member).map(str::to_owned),
        }
    }
}

/// With one statement, what stands between id and actions is the same for all decisions of a kind.
type Kind = (Ruling, Reason, Option<Layer>);

/// Writes answers.
#[derive(Default)]
pub(crate) struct Writer {
    /// What is rendered of each kind, by the id of the statement.
    kinds: AHashMap<Kind, AHashMap<Box<str>, Box<[u8]>>>,
    kept: usize,
    scratch: Vec<u8>,
}

impl Writer {
    /// Answers that are kept rendered; more than any policy of ordinary size has.
    const KEPT: usize = 4096;

    /// One line with a decision.
    pub(crate) fn answer(
        &mut self,
        out: &mut Vec<u8>,
        line: u64,
        id: Option<&Json<'_>>,
        answer: &Answer,
    ) {
        begin(out, line, id);
        self.decision(out, &answer.decision);
        out.extend_from_slice(b",\"actions\":");
        out.extend_from_slice(itoa::Buffer::new().format(answer.actions).as_bytes());
        if let Some(fault) = &answer.fault {
            out.extend_from_slice(b",\"fault\":");
            text(out, fault);
        }
        if let Some(who) = &answer.who {
            out.extend_from_slice(b",\"who\":");
            json(out, who);
        }
        out.extend_from_slice(b"}\n");
    }

    fn decision(&mut self, out: &mut Vec<u8>, decision: &Decision) {
        let grounds = decision.grounds();
        if !matches!(grounds.source(), None | Some(Source::Statement(_))) {
            // A rule composes what it says, and who was too much or what was wrong is the call's.
            return render(out, decision);
        }
        let kind = (decision.ruling(), grounds.reason(), grounds.layer());
        // No statement has the empty id.
        let statement = grounds.statement().unwrap_or_default();
        if let Some(rendered) = self.kinds.get(&kind).and_then(|ids| ids.get(statement)) {
            return out.extend_from_slice(rendered);
        }
        self.scratch.clear();
        render(&mut self.scratch, decision);
        out.extend_from_slice(&self.scratch);
        if self.kept >= Self::KEPT {
            self.kinds.clear();
            self.kept = 0;
        }
        self.kept += 1;
        let ids = self.kinds.entry(kind).or_default();
        ids.insert(statement.into(), self.scratch.as_slice().into());
    }
}

/// One line that says what is wrong with a line.
#[cold]
pub(crate) fn error(out: &mut Vec<u8>, line: u64, id: Option<&Json<'_>>, error: &LineError) {
    begin(out, line, id);
    out.extend_from_slice(b",\"error\":");
    text(out, &error.what);
    if let Some(column) = error.column {
        let _ = write!(out, ",\"column\":{column}");
    }
    out.extend_from_slice(b"}\n");
}

#[inline]
fn begin(out: &mut Vec<u8>, line: u64, id: Option<&Json<'_>>) {
    out.extend_from_slice(b"{\"line\":");
    out.extend_from_slice(itoa::Buffer::new().format(line).as_bytes());
    match id {
        None => {}
        Some(Json::Integer(number)) => {
            out.extend_from_slice(b",\"id\":");
            out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
        }
        Some(id) => {
            out.extend_from_slice(b",\"id\":");
            json(out, id);
        }
    }
}

/// A text as JSON.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    json(out, text);
}

/// A value as JSON, with what a reader would not see as escapes.
fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let from = out.len();
    // Writing to memory what was read from JSON, or is made of texts, does not fail.
    let _ = serde_json::to_writer(&mut *out, value);
    if out.get(from..).is_some_and(|written| !written.is_ascii()) {
        let written = String::from_utf8_lossy(&out.split_off(from)).into_owned();
        let _ = write!(out, "{}", visible(&written).as_json());
    }
}

fn render(out: &mut Vec<u8>, decision: &Decision) {
    let grounds = decision.grounds();
    let (ruling, reason) = (decision.ruling(), grounds.reason());
    let _ = write!(out, ",\"decision\":\"{ruling}\",\"reason\":\"{reason}\",\"statement\":");
    optional(out, grounds.statement());
    out.extend_from_slice(b",\"layer\":");
    optional(out, grounds.layer().map(layer_code).as_deref());
    out.extend_from_slice(b",\"explain\":");
    text(out, &grounds.explain().to_string());
}

fn optional(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// A layer as a short code.
pub(crate) fn layer_code(layer: Layer) -> String {
    match layer {
        Layer::Guardrails => "guardrails".to_owned(),
        Layer::Issuer => "issuer".to_owned(),
        Layer::Capability(depth) => format!("capability:{depth}"),
    }
}
