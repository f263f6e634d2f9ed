//! The contract of decisions, said a second time as plainly as possible.
//!
//! Everything here is naive on purpose: statements are asked one after another, patterns are
//! matched by recursion over segments, audiences are sets of people. It was written from the
//! documentation of the crate and shares no code with it, so where both agree, neither an index nor
//! a shortcut was wrong.

pub mod comparison;
pub mod elements;
pub mod generate;
pub mod people;
pub mod window;

use permitgate::decision::Ruling;
use permitgate::flow::{Integrity, Origin, Origins};
use permitgate::model::{List, OwnedAudience, Reader, Readers, Value};
use permitgate::policy::{Condition, Effect, Scalar};
use permitgate::{Action, Arguments, Operation, Reason, Session, Statement};

use people::People;

/// A statement as data that both sides can read.
#[derive(Clone, Debug)]
pub struct Draft {
    pub id: String,
    pub effect: Effect,
    pub operations: Vec<Operation>,
    pub tools: Vec<String>,
    pub resources: Vec<String>,
    pub except: Vec<String>,
    pub readers: Option<Vec<Reader>>,
    pub beyond: Option<Vec<Reader>>,
    pub when: Vec<Test>,
    pub input: Input,
    /// Whether it is for what nothing else grants.
    pub otherwise: bool,
}

/// For which sessions a statement applies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    Any,
    OnlyTrusted,
    AfterUntrusted,
}

/// What the session brings along: whether it has read a stranger's words, and where values came from.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub untrusted: bool,
    pub values: Vec<(Origin, Literal)>,
}

/// A condition: which argument, which test, and whether the answer is turned round.
#[derive(Clone, Debug)]
pub struct Test {
    pub argument: &'static str,
    pub not: bool,
    pub optional: bool,
    pub kind: Kind,
    /// Of how many elements it must hold, whose places the path calls `*`.
    pub holds_for: Option<HoldsFor>,
    pub case_blind: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HoldsFor {
    All,
    Some,
    None,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Present(bool),
    Equals(Literal),
    OneOf(Vec<Literal>),
    AtLeast(Literal),
    AtMost(Literal),
    Between(Literal, Literal),
    Matches(String),
    Endorsed(Vec<Origin>),
    Under(Vec<String>),
    Below(Vec<String>),
    InNetwork(Vec<String>),
    AtMostElements(u64),
    /// Of letters and stars behind letters.
    Regex(String),
    EqualsArgument(String),
    EqualsBound(String),
    /// Of no argument: a zone, days from Monday on, and the minutes of a day if there are any.
    Clock(&'static str, [bool; 7], Option<(u16, u16)>),
}

/// Fractions are counted in quarters, so that they compare with whole numbers exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Bool(bool),
    Whole(i64),
    Quarters(i64),
    Text(String),
}

/// Arguments of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<(String, Arg)>);

#[derive(Clone, Debug)]
pub enum Arg {
    Null,
    Literal(Literal),
    NotFinite(f64),
    List(Items),
    Object(Fields),
}

#[derive(Clone, Debug)]
pub struct Items(pub Vec<Arg>);

#[derive(Clone, Debug)]
pub struct LayerDraft {
    pub grants: bool,
    pub statements: Vec<Draft>,
}

/// Everything but the attempt: guardrails, the layers of a capability from its root on, and names.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub guardrails: Option<LayerDraft>,
    pub layers: Vec<LayerDraft>,
    pub invoker: String,
    pub project: String,
    pub heard: Heard,
    /// When it is decided, in seconds.
    pub now: u64,
}

pub const AGENT: &str = "triage";

#[derive(Clone, Debug)]
pub struct Attempt {
    pub operation: Operation,
    pub tool: String,
    pub resource: String,
    /// Whether it is about everything below the resource as well.
    pub below: bool,
    pub audience: OwnedAudience,
    pub arguments: Fields,
}

/// What the reference expects: the reason, and the statements that may be named for it in order of
/// their ids.
#[derive(Clone, Debug)]
pub struct Expected {
    pub ruling: Ruling,
    pub reason: Reason,
    pub statements: Vec<String>,
}

/// Guardrails first, then each layer from the root on; the strictest answer wins, the first among
/// equals.
pub fn decide(people: &People, setup: &Setup, attempt: &Attempt) -> Expected {
    let guardrails = setup.guardrails.iter().map(|layer| (layer, true));
    let answers: Vec<Expected> = guardrails
        .chain(setup.layers.iter().map(|layer| (layer, false)))
        .map(|(layer, guards)| ask(people, setup, attempt, layer, guards))
        .collect();
    let strictest = answers.iter().map(|answer| answer.ruling).max().unwrap();
    answers.into_iter().find(|answer| answer.ruling == strictest).unwrap()
}

fn ask(
    people: &People,
    setup: &Setup,
    attempt: &Attempt,
    layer: &LayerDraft,
    guards: bool,
) -> Expected {
    let (mut forbids, mut approvals, mut granted, mut too_wide) = (vec![], vec![], vec![], vec![]);
    let mut otherwise = vec![];
    for draft in layer.statements.iter().filter(|draft| mentions(setup, draft, attempt)) {
        let within = |readers: &[Reader]| people.within(&setup.invoker, &attempt.audience, readers);
        let id = draft.id.clone();
        let holds = all_hold(&draft.when, setup, &attempt.arguments);
        match draft.input {
            Input::OnlyTrusted if setup.heard.untrusted => continue,
            Input::AfterUntrusted if !setup.heard.untrusted => continue,
            _ => {}
        }
        if draft.beyond.as_deref().is_some_and(within) {
            continue;
        }
        match draft.effect {
            Effect::Forbid if holds != Some(false) => forbids.push(id.clone()),
            Effect::RequireApproval if holds != Some(false) && !draft.otherwise => {
                approvals.push(id.clone());
            }
            _ => {}
        }
        // What depends on a stranger's words never grants.
        let grants = draft.effect != Effect::Forbid && draft.input != Input::AfterUntrusted;
        // What grants all below a place must cover it, while a restriction may touch any of it.
        let grants = grants && covers(setup, draft, attempt);
        if layer.grants && grants && holds == Some(true) {
            let readers = draft.readers.clone().unwrap_or_else(|| vec![Reader::Invoker]);
            match within(&readers) {
                true if draft.otherwise => otherwise.push(id),
                true => granted.push(id),
                false => too_wide.push(id),
            }
        }
    }
    let pick = |guardrail, other| if guards { guardrail } else { other };
    let (ruling, reason, mut statements) = if !forbids.is_empty() {
        (Ruling::Deny, pick(Reason::GuardrailForbids, Reason::Forbidden), forbids)
    } else if layer.grants && granted.is_empty() && !otherwise.is_empty() {
        let reason = pick(Reason::GuardrailApproval, Reason::ApprovalRequired);
        (Ruling::Hold, reason, [approvals, otherwise].concat())
    } else if layer.grants
        && granted.is_empty()
        && !too_wide.is_empty()
        // No audience is smaller than the invoker alone: what readers without him hold is others'.
        && !people.within(&setup.invoker, &attempt.audience, &[Reader::Invoker])
    {
        (Ruling::Deny, pick(Reason::GuardrailAudienceTooWide, Reason::AudienceTooWide), too_wide)
    } else if layer.grants && granted.is_empty() {
        (Ruling::Deny, pick(Reason::GuardrailNotPermitted, Reason::NotPermitted), vec![])
    } else if !approvals.is_empty() {
        (Ruling::Hold, pick(Reason::GuardrailApproval, Reason::ApprovalRequired), approvals)
    } else {
        (Ruling::Allow, Reason::Permitted, granted)
    };
    statements.sort();
    Expected { ruling, reason, statements }
}

/// Whether operation, tool and resource are the statement's, or those of anything below the resource where the attempt is about
/// that as well.
pub fn mentions(setup: &Setup, draft: &Draft, attempt: &Attempt) -> bool {
    let matches = |pattern: &String| match attempt.below {
        true => pattern_meets(setup, pattern, &attempt.resource),
        false => pattern_matches(setup, pattern, &attempt.resource),
    };
    let leaves_out = |pattern: &String| match attempt.below {
        true => pattern_covers(setup, pattern, &attempt.resource),
        false => pattern_matches(setup, pattern, &attempt.resource),
    };
    draft.operations.contains(&attempt.operation)
        && (draft.tools.is_empty() || draft.tools.contains(&attempt.tool))
        && (draft.resources.is_empty() || draft.resources.iter().any(matches))
        && !draft.except.iter().any(leaves_out)
}

/// Whether one pattern of the statement is about all that the attempt is about, and no exception leaves out any of it.
fn covers(setup: &Setup, draft: &Draft, attempt: &Attempt) -> bool {
    let covers = |pattern: &String| pattern_covers(setup, pattern, &attempt.resource);
    let meets = |pattern: &String| pattern_meets(setup, pattern, &attempt.resource);
    let whole = draft.resources.is_empty() || draft.resources.iter().any(covers);
    !attempt.below || whole && !draft.except.iter().any(meets)
}

/// Whether a pattern matches a resource and all below it. No step but a star matches a name that nothing else has, so if it
/// matches such names to any depth, it matches every name.
pub fn pattern_covers(setup: &Setup, pattern: &str, resource: &str) -> bool {
    let depth = pattern.split('/').count() + 1;
    let deeper = |depth| format!("{resource}{}", "/\u{E000}".repeat(depth));
    (0..=depth).all(|depth| pattern_matches(setup, pattern, &deeper(depth)))
}

/// Whether a pattern matches a resource or anything below it: what is left of it behind the resource can be given a name.
pub fn pattern_meets(setup: &Setup, pattern: &str, resource: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = resource.split('/').collect();
    segments_meet(setup, &pattern, &path)
}

fn segments_meet(setup: &Setup, pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        (_, []) => true,
        (["**", rest @ ..], [_, tail @ ..]) => {
            segments_meet(setup, rest, path) || segments_meet(setup, pattern, tail)
        }
        ([step, rest @ ..], [segment, tail @ ..]) => {
            segment_matches(setup, step, segment) && segments_meet(setup, rest, tail)
        }
        ([], _) => false,
    }
}

pub fn pattern_matches(setup: &Setup, pattern: &str, resource: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = resource.split('/').collect();
    segments_match(setup, &pattern, &path)
}

fn segments_match(setup: &Setup, pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], []) => segments_match(setup, rest, path),
        (["**", rest @ ..], [_, tail @ ..]) => {
            segments_match(setup, rest, path) || segments_match(setup, pattern, tail)
        }
        ([step, rest @ ..], [segment, tail @ ..]) => {
            segment_matches(setup, step, segment) && segments_match(setup, rest, tail)
        }
        _ => false,
    }
}

fn segment_matches(setup: &Setup, step: &str, segment: &str) -> bool {
    match step {
        "{invoker}" => segment == escape(&setup.invoker),
        "{agent}" => segment == escape(AGENT),
        "{project}" => segment == escape(&setup.project),
        _ => name_matches(&name(step, true), &name(segment, false)),
    }
}

/// What a step or segment is about, without its escapes; a star of a step is none of its characters.
fn name(text: &str, is_step: bool) -> Vec<Option<u8>> {
    let Some(first) = text.chars().next() else { return Vec::new() };
    let (this, width) = match first {
        '%' => (vec![Some(u8::from_str_radix(&text[1..3], 16).unwrap())], 3),
        '*' if is_step => (vec![None], 1),
        _ => (text[..first.len_utf8()].bytes().map(Some).collect(), first.len_utf8()),
    };
    [this, name(&text[width..], is_step)].concat()
}

fn name_matches(step: &[Option<u8>], name: &[Option<u8>]) -> bool {
    match (step, name) {
        ([], []) => true,
        ([None, rest @ ..], _) => {
            name_matches(rest, name) || !name.is_empty() && name_matches(step, &name[1..])
        }
        ([one, rest @ ..], [other, tail @ ..]) => one == other && name_matches(rest, tail),
        _ => false,
    }
}

/// Literal text in which `*` stands for any run, also none.
fn text_matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            text_matches(rest, text) || !text.is_empty() && text_matches(pattern, &text[1..])
        }
        ([one, rest @ ..], [other, tail @ ..]) => one == other && text_matches(rest, tail),
        _ => false,
    }
}

/// The documented escape of one segment.
pub fn escape(text: &str) -> String {
    if text == "." || text == ".." {
        return text.replace('.', "%2E");
    }
    let escaped = |c: char| {
        if "%/\\*{}".contains(c) || c.is_control() {
            c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

/// False where one fails, otherwise unknown where one cannot be evaluated.
fn all_hold(tests: &[Test], setup: &Setup, arguments: &Fields) -> Option<bool> {
    let answers: Vec<Option<bool>> =
        tests.iter().map(|test| test.holds(setup, arguments)).collect();
    if answers.contains(&Some(false)) {
        Some(false)
    } else if answers.contains(&None) {
        None
    } else {
        Some(true)
    }
}

impl Test {
    fn holds(&self, setup: &Setup, arguments: &Fields) -> Option<bool> {
        if let Kind::Clock(zone, days, hours) = &self.kind {
            return Some(window::holds(zone, *days, *hours, setup.now) != self.not);
        }
        if let Some(holds_for) = self.holds_for {
            return self.holds_for_elements(holds_for, setup, arguments);
        }
        let value = match arguments.find(self.argument) {
            Found::Hidden => return None,
            Found::Nothing if self.optional => return Some(!self.not),
            Found::At(Arg::Null) if self.optional => return Some(!self.not),
            Found::Nothing => None,
            Found::At(value) => Some(value),
        };
        let answer = match (&self.kind, value) {
            (Kind::Present(wanted), value) => Some(value.is_some() == *wanted),
            (_, None) => None,
            (Kind::Endorsed(origins), Some(Arg::List(Items(items)))) => {
                let each: Vec<Option<bool>> =
                    items.iter().map(|item| setup.heard.said(origins, item)).collect();
                (!each.contains(&None)).then(|| !each.contains(&Some(false)))
            }
            (Kind::Endorsed(origins), Some(value)) => setup.heard.said(origins, value),
            (_, Some(value)) => self.holds_of(value, setup, arguments),
        };
        answer.map(|answer| answer != self.not)
    }

    /// Whether it holds of one value that is there.
    fn holds_of(&self, value: &Arg, setup: &Setup, arguments: &Fields) -> Option<bool> {
        let folded;
        let (kind, value) = match self.case_blind {
            true => {
                folded = (self.kind.small(), value.small()?);
                (&folded.0, &folded.1)
            }
            false => (&self.kind, value),
        };
        match (kind, Some(value)) {
            (Kind::Equals(literal), Some(value)) => literal.same(value),
            (Kind::OneOf(literals), Some(value)) => {
                let known: Vec<bool> = literals.iter().filter_map(|l| l.same(value)).collect();
                (!known.is_empty()).then(|| known.contains(&true))
            }
            (Kind::AtLeast(least), Some(value)) => Some(value.quarters()? >= least.quarters()?),
            (Kind::AtMost(most), Some(value)) => Some(value.quarters()? <= most.quarters()?),
            (Kind::Between(least, most), Some(value)) => {
                Some((least.quarters()?..=most.quarters()?).contains(&value.quarters()?))
            }
            (Kind::Matches(pattern), Some(Arg::Literal(Literal::Text(text)))) => {
                Some(text_matches(pattern.as_bytes(), text.as_bytes()))
            }
            (Kind::Matches(_), Some(_)) => None,
            (kind, Some(value)) => kind.holds_of(value, setup, arguments),
            (_, None) => None,
        }
    }
}

impl Heard {
    /// Whether a text or number came from one of these; a number is its value, also as a text. An empty text came
    /// from nowhere.
    fn said(&self, origins: &[Origin], value: &Arg) -> Option<bool> {
        let wanted = value.written()?;
        let known = self.values.iter().filter(|(origin, _)| origins.contains(origin));
        let mut known = known.filter_map(|(_, literal)| Arg::Literal(literal.clone()).written());
        Some(known.any(|text| text == wanted && !text.is_empty()))
    }

    pub fn session(&self) -> Session {
        let session = if self.untrusted {
            Session::labelled(Readers::public(), Integrity::Untrusted)
        } else {
            Session::new()
        };
        for (origin, literal) in &self.values {
            session.endorse_value(*origin, Arg::Literal(literal.clone()).value());
        }
        session
    }
}

impl Literal {
    fn quarters(&self) -> Option<i128> {
        match self {
            Self::Whole(number) => Some(i128::from(*number) * 4),
            Self::Quarters(number) => Some(i128::from(*number)),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// Whether they are equal; `None` where the types differ.
    fn same(&self, value: &Arg) -> Option<bool> {
        let Arg::Literal(other) = value else {
            return None;
        };
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => Some(one == other),
            (Self::Text(one), Self::Text(other)) => Some(one == other),
            (one, other) => Some(one.quarters()? == other.quarters()?),
        }
    }
}

impl Arg {
    /// A text as it is, a number in its decimal form.
    fn written(&self) -> Option<String> {
        match self {
            Self::Literal(Literal::Text(text)) => Some(text.clone()),
            Self::Literal(literal) => literal.quarters().map(|quarters| {
                let (whole, part) = (quarters / 4, (quarters % 4).unsigned_abs() * 25);
                let sign = if quarters < 0 && whole == 0 { "-" } else { "" };
                match part {
                    0 => format!("{whole}"),
                    part => format!("{sign}{whole}.{part:02}").trim_end_matches('0').to_owned(),
                }
            }),
            _ => None,
        }
    }

    fn quarters(&self) -> Option<i128> {
        match self {
            Self::Literal(literal) => literal.quarters(),
            _ => None,
        }
    }

    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Literal(Literal::Bool(value)) => Value::Bool(*value),
            Self::Literal(Literal::Whole(value)) => Value::Integer((*value).into()),
            Self::Literal(Literal::Quarters(value)) => Value::Float(*value as f64 / 4.0),
            Self::Literal(Literal::Text(text)) => Value::Text(text),
            Self::NotFinite(value) => Value::Float(*value),
            Self::List(items) => Value::List(items),
            Self::Object(fields) => Value::Object(fields),
        }
    }
}

/// Where a path leads.
enum Found<'a> {
    At(&'a Arg),
    /// There is nothing.
    Nothing,
    /// Something stands on the way that has no such parts, and nobody knows what it holds.
    Hidden,
}

/// A step that is a whole number as people write it.
fn number_of(step: &str) -> Option<usize> {
    let number = step.parse::<usize>().ok()?;
    (number.to_string() == step).then_some(number)
}

impl Fields {
    /// What stands at the end of a path, one step after the other.
    fn find(&self, path: &str) -> Found<'_> {
        let (first, mut rest) = path.split_once('.').unwrap_or((path, ""));
        let Some(mut here) = self.field(first) else { return Found::Nothing };
        while !rest.is_empty() {
            let (step, further) = rest.split_once('.').unwrap_or((rest, ""));
            let below = match here {
                Arg::Null => return Found::Nothing,
                Arg::Literal(_) | Arg::NotFinite(_) => return Found::Hidden,
                Arg::Object(fields) => match fields.field(step) {
                    Some(field) => field,
                    None if number_of(step).is_some() => return Found::Hidden,
                    None => return Found::Nothing,
                },
                Arg::List(Items(items)) => match number_of(step) {
                    None => return Found::Hidden,
                    Some(place) if place >= items.len() => return Found::Nothing,
                    Some(place) => &items[place],
                },
            };
            (here, rest) = (below, further);
        }
        Found::At(here)
    }

    fn field(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

impl Arguments for Fields {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.field(name).map(Arg::value)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        for (name, value) in &self.0 {
            visitor(name, value.value());
        }
    }
}

impl List for Items {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(Arg::value)
    }
}

impl Attempt {
    pub fn action(&self) -> Action<'_> {
        let action = Action::new(self.operation, &self.tool, &self.resource)
            .visible_to(self.audience.view())
            .with(&self.arguments);
        if self.below { action.below() } else { action }
    }
}

impl Draft {
    /// The statement as the crate takes it.
    pub fn statement(&self) -> Statement {
        let mut statement = Statement::new(self.effect, &self.id)
            .operations(self.operations.iter().copied().collect::<permitgate::model::Operations>());
        // None named is not the same as an empty list, which is refused.
        if !self.tools.is_empty() {
            statement = statement.tools(&self.tools);
        }
        if !self.resources.is_empty() {
            statement = statement.resources(&self.resources);
        }
        if !self.except.is_empty() {
            statement = statement.except_resources(&self.except);
        }
        if self.otherwise {
            statement = statement.otherwise();
        }
        if let Some(readers) = &self.readers {
            statement = statement.readers(readers.iter().cloned().collect::<Readers>());
        }
        if let Some(beyond) = &self.beyond {
            statement = statement.beyond(beyond.iter().cloned().collect::<Readers>());
        }
        let statement = match self.input {
            Input::Any => statement,
            Input::OnlyTrusted => statement.only_while_trusted(),
            Input::AfterUntrusted => statement.after_untrusted(),
        };
        self.when.iter().fold(statement, |statement, test| statement.when(test.condition()))
    }
}

impl Test {
    fn condition(&self) -> Condition {
        let on = self.argument;
        let condition = match &self.kind {
            Kind::Present(true) => Condition::present(on),
            Kind::Present(false) => Condition::absent(on),
            Kind::Equals(literal) => Condition::equals(on, literal.scalar()),
            Kind::OneOf(literals) => Condition::one_of(on, literals.iter().map(Literal::scalar)),
            Kind::AtLeast(least) => Condition::at_least(on, least.scalar()),
            Kind::AtMost(most) => Condition::at_most(on, most.scalar()),
            Kind::Between(least, most) => Condition::between(on, least.scalar(), most.scalar()),
            Kind::Matches(pattern) => Condition::matches(on, pattern),
            Kind::Endorsed(origins) => {
                let (first, rest) = origins.split_first().unwrap();
                let origins = rest.iter().fold(Origins::from(*first), |set, origin| set | *origin);
                Condition::endorsed(on, origins)
            }
            Kind::Under(hosts) => Condition::under(on, hosts),
            Kind::Below(folders) => Condition::below(on, folders),
            Kind::InNetwork(ranges) => Condition::in_network(on, ranges),
            Kind::AtMostElements(most) => Condition::at_most_elements(on, *most),
            Kind::Regex(expression) => Condition::regex(on, expression),
            Kind::EqualsArgument(other) => Condition::equals_argument(on, other),
            Kind::EqualsBound(name) => Condition::equals_bound(on, name),
            Kind::Clock(zone, days, hours) => window::condition(zone, *days, *hours),
        };
        let condition = match self.holds_for {
            Some(HoldsFor::All) => condition.for_all(),
            Some(HoldsFor::Some) => condition.for_some(),
            Some(HoldsFor::None) => condition.for_none(),
            None => condition,
        };
        let condition = if self.case_blind { condition.case_blind() } else { condition };
        let condition = if self.optional { condition.optional() } else { condition };
        if self.not { !condition } else { condition }
    }
}

impl Literal {
    fn scalar(&self) -> Scalar {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Whole(value) => (*value).into(),
            Self::Quarters(value) => (*value as f64 / 4.0).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}
