//! Random blocks and actions from a number: few words, so that statements and actions meet.

use std::sync::LazyLock;
use std::time::Duration;

use permitgate::authority::{Attenuation, Budget, Grant, Share};
use permitgate::directory::JoinPolicy;
use permitgate::model::{Operations, Reader, Readers, Value};
use permitgate::policy::{Condition, Effect, Scalar};
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{IssuerKey, Token, TokenBlock};
use permitgate::{Arguments, Directory};

use super::numbers;
use super::world::*;

const WORDS: [&str; 4] = ["mail", "a", "b", "report-7"];
const STEPS: [&str; 8] = ["**", "*", "{invoker}", "{agent}", "mail", "a", "b", "report-*"];
const TOOLS: [&str; 3] = ["mail.send", "mail.read", "files.put"];
const RIGHTS: [&str; 2] = ["x", "y"];
const AGENTS: [&str; 2] = ["triage", "tidy"];

pub(crate) const LEE: &str = "lee@example.com";
pub(crate) const SAM: &str = "sam@partner.example";

/// Draws parts of tokens.
#[derive(Clone)]
pub(crate) struct Draw(numbers::Draw);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Public,
    Shared,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(numbers::Draw(seed))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.number()
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.below(end as usize) as u64
    }

    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    fn maybe<T>(&mut self, one_in: u64, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(one_in) { Some(draw(self)) } else { None }
    }

    fn operations(&mut self) -> Operations {
        let more = self.below(4);
        let first = Operations::from(self.pick(&Operation::ALL));
        (0..more).fold(first, |all, _| all | self.pick(&Operation::ALL))
    }

    fn readers(&mut self) -> Readers {
        let all = [
            Reader::Invoker,
            Reader::Internal,
            Reader::Public,
            Reader::principal(LEE),
            Reader::group("platform"),
            Reader::channel("general"),
            Reader::domain("partner.example"),
        ];
        (0..=self.below(2)).map(|_| self.pick(&all)).collect()
    }

    fn scalar(&mut self) -> Scalar {
        match self.below(6) {
            0 => (self.below(4) as f64 / 2.0).into(),
            1 => self.one_in(2).into(),
            2 => self.pick(&["", "a", "é"]).into(),
            3 => (-(self.below(300) as i64)).into(),
            4 => (u64::MAX - self.below(2)).into(),
            _ => self.below(4).into(),
        }
    }

    fn condition(&mut self) -> Condition {
        let argument = self.pick(&["n", "t", "o.x", "l.0"]);
        let number = self.below(3) as i64;
        let test = match self.below(13) {
            0 => Condition::present(argument),
            1 => Condition::absent(argument),
            2 => Condition::equals(argument, self.scalar()),
            3 => Condition::one_of(argument, [self.scalar(), self.scalar()]),
            4 => Condition::at_least(argument, number),
            5 => Condition::between(argument, number, number + 1),
            6 => Condition::matches(argument, self.pick(&["a*", "*", "ab"])),
            7 => Condition::at_most(argument, number as f64 + 0.5),
            8 => Condition::under(argument, ["a", "b.a"]),
            9 => Condition::below(argument, ["a"]),
            10 => Condition::equals("l.*", self.scalar()).for_none(),
            11 => Condition::equals_argument(argument, "n"),
            _ => Condition::equals(argument, "A").case_blind(),
        };
        if self.one_in(4) { !test } else { test }
    }

    fn statement(&mut self, place: usize, grants: bool) -> Statement {
        let effect = match self.below(if grants { 8 } else { 3 }) {
            0 => Effect::RequireApproval,
            1 | 2 => Effect::Forbid,
            _ => Effect::Permit,
        };
        let mut statement =
            Statement::new(effect, format!("s{place}")).operations(self.operations());
        if self.one_in(4) {
            statement = statement.tools([self.pick(&TOOLS)]);
        }
        let may_grant = grants && effect != Effect::Forbid;
        let mut own = String::new();
        if may_grant || self.one_in(2) {
            let steps: Vec<_> = (0..=self.below(3)).map(|_| self.pick(&STEPS)).collect();
            let wide = self.one_in(3);
            own = if wide { "**".to_owned() } else { steps.join("/") };
            statement = statement.resources([own.clone()]);
        }
        if self.one_in(4) {
            // An exception that is the pattern itself is refused.
            let exceptions = ["a/*/never", "{invoker}/**"];
            let exception = self.pick(&exceptions);
            let other = exceptions.iter().find(|other| **other != own).unwrap();
            statement =
                statement.except_resources([if exception == own { other } else { exception }]);
        }
        if may_grant && self.one_in(2) {
            statement = statement.readers(self.readers());
        } else if effect != Effect::Permit && self.one_in(3) {
            statement = statement.beyond(self.readers());
        }
        let tests = if self.one_in(3) { self.below(3) } else { 0 };
        (0..tests).fold(statement, |statement, _| statement.when(self.condition()))
    }

    pub(crate) fn statements(&mut self, grants: bool) -> Vec<Statement> {
        let count = 1 + self.below(4) as usize;
        let mut statements: Vec<_> =
            (0..count).map(|place| self.statement(place, grants)).collect();
        // Where nothing is allowed, nothing can be narrowed.
        if grants && self.one_in(2) {
            let wide = Statement::permit("wide").operations(Operations::ALL).resources(["**"]);
            statements.push(
                wide.readers(Readers::invoker() | self.readers().iter().next().unwrap().clone()),
            );
        }
        statements
    }

    fn budget(&mut self) -> Budget {
        let budget = match self.below(8) {
            0..3 => Budget::actions("calls", self.number()),
            3 | 4 => Budget::sum("spend", "o.x", self.below(1000)).decimals(self.below(4) as u8),
            5 => Budget::recipients("people", self.below(9)),
            6 => Budget::irreversible("for-good", self.below(9)).ask_from(0),
            _ => {
                let loops = Budget::repeats("loop", self.below(3));
                let loops = if self.one_in(2) { loops.halts_agent() } else { loops };
                let loops = loops.per(Duration::from_millis(1 + self.below(1 << 40)));
                return loops.shared_by(Share::Agent).on(self.operations());
            }
        };
        let share = [Share::Lineage, Share::Invoker, Share::Session];
        let budget = if self.one_in(3) { budget.shared_by(self.pick(&share)) } else { budget };
        let budget = budget.on(self.operations());
        if self.one_in(2) {
            budget.per(Duration::from_millis(1 + self.below(1 << 40)))
        } else {
            budget
        }
    }

    fn terms(&mut self) -> Draft {
        Draft {
            not_before: self.maybe(5, |draw| at(draw.below(150))),
            expires: self.maybe(5, |draw| at(50 + draw.below(250))),
            holder: self.maybe(5, |draw| draw.pick(&AGENTS)),
            delegable: self.maybe(5, |draw| draw.below(6) as u8),
            budget: self.maybe(8, Self::budget),
            ..Draft::default()
        }
    }

    /// What a root says.
    pub(crate) fn root(&mut self) -> Draft {
        let mut draft = Draft { layer: Some((true, self.statements(true))), ..self.terms() };
        for name in RIGHTS {
            if self.one_in(3) {
                draft.hand_on.push((name, self.statements(true)));
            }
        }
        draft
    }

    /// What an attenuation says; now and then something that is not there to be handed on.
    pub(crate) fn further(&mut self) -> Draft {
        let grants = self.one_in(3);
        Draft {
            layer: self.maybe(2, |draw| (grants, draw.statements(grants))),
            keeping: RIGHTS.into_iter().filter(|_| self.one_in(4)).collect(),
            using: self.maybe(8, |draw| draw.pick(&RIGHTS)),
            ..self.terms()
        }
    }

    /// A small token under `key(1)` or `secret(1)`: open, sealed or bound, of one to three blocks.
    pub(crate) fn token(&mut self, kind: Kind) -> Vec<u8> {
        let small = |draw: &mut Self| Draft { hand_on: Vec::new(), ..draw.root() };
        let (public, shared) = (key(1), secret(1));
        let how = self.below(3);
        let bound = |block: TokenBlock, last: bool| {
            if how == 2 && last { block.bound_to(key(40).public_key()) } else { block }
        };
        let more = self.below(3);
        let issuer: IssuerKey<'_> =
            if kind == Kind::Public { (&public).into() } else { (&shared).into() };
        let root = Draft { delegable: None, ..small(self) }.block().delegable(9);
        let mut token = Token::mint(issuer, bound(root, more == 0)).unwrap();
        for place in 1..=more {
            let block =
                Draft { keeping: Vec::new(), using: None, delegable: None, ..self.further() }
                    .block()
                    .delegable(9);
            token = token.attenuate(bound(block, place == more)).unwrap();
        }
        bytes(&if how == 1 { token.seal().unwrap() } else { token })
    }

    /// Changes some bytes of a token in one to four places: turned bits, parts that go, come twice, or come from another
    /// token of the same issuers, and an end that is cut.
    pub(crate) fn damage(&mut self, token: &[u8], other: &[u8]) -> Vec<u8> {
        let mut damaged = token.to_vec();
        for _ in 0..=self.below(4) {
            let place = self.place(&damaged);
            let end = (place + self.below(40) as usize).min(damaged.len());
            match self.below(8) {
                0 => drop(damaged.drain(place..end)),
                1 => {
                    let bytes: Vec<_> = (place..end).map(|_| self.number() as u8).collect();
                    drop(damaged.splice(place..end, bytes));
                }
                2 | 3 => {
                    // The same place of another token, or any.
                    let from = if self.one_in(2) { place } else { self.place(other) };
                    let from = from.min(other.len());
                    let to = (from + self.below(200) as usize).min(other.len());
                    drop(damaged.splice(place..end, other[from..to].iter().copied()));
                }
                4 => {
                    let again = damaged[place..end].to_vec();
                    drop(damaged.splice(end..end, again));
                }
                5 if self.one_in(4) => damaged.truncate(place),
                _ if place < damaged.len() => damaged[place] ^= 1 << self.below(8),
                _ => {}
            }
        }
        damaged
    }

    fn place(&mut self, of: &[u8]) -> usize {
        self.below(of.len() as u64 + 1) as usize
    }

    pub(crate) fn attempt(&mut self) -> Attempt {
        let path: Vec<_> = (0..=self.below(3))
            .map(|_| self.pick(&[DANA, "triage", "mail", WORDS[1], WORDS[2], WORDS[3]]))
            .collect();
        let arguments = [
            self.maybe(2, |draw| ("n", Value::from(draw.below(4) as i64))),
            self.maybe(3, |draw| ("t", Value::from(draw.pick(&["a", "ab", "select 1"])))),
        ];
        Attempt {
            operation: self.pick(&Operation::ALL),
            tool: self.pick(&TOOLS),
            resource: path.join("/"),
            audience: self.pick(&[
                Audience::Private,
                Audience::Private,
                Audience::Group("platform"),
                Audience::Channel("general"),
                Audience::Internal,
                Audience::Public,
                Audience::Group("partners"),
            ]),
            arguments: Fields(arguments.into_iter().flatten().collect()),
        }
    }
}

/// What a block says, as data from which both a block and its like in the process are made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) layer: Option<(bool, Vec<Statement>)>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) holder: Option<&'static str>,
    pub(crate) delegable: Option<u8>,
    pub(crate) budget: Option<Budget>,
    pub(crate) hand_on: Vec<(&'static str, Vec<Statement>)>,
    pub(crate) keeping: Vec<&'static str>,
    pub(crate) using: Option<&'static str>,
}

macro_rules! terms {
    ($draft:expr, $to:expr) => {{
        let mut to = $to;
        if let Some(moment) = $draft.not_before {
            to = to.valid_from(moment);
        }
        if let Some(moment) = $draft.expires {
            to = to.expires_at(moment);
        }
        if let Some(agent) = $draft.holder {
            to = to.held_by(agent);
        }
        if let Some(times) = $draft.delegable {
            to = to.delegable(times);
        }
        if let Some(budget) = &$draft.budget {
            to = to.budget(budget.clone());
        }
        to
    }};
}

impl Draft {
    pub(crate) fn block(&self) -> TokenBlock {
        let block = match &self.layer {
            Some((true, statements)) => TokenBlock::grant(statements.clone()),
            Some((false, statements)) => TokenBlock::restrict(statements.clone()),
            None => TokenBlock::new(),
        };
        let block = terms!(self, block).keeping(self.keeping.clone());
        let block = self.using.iter().fold(block, |block, name| block.using(*name));
        self.hand_on.iter().fold(block, |block, (name, right)| block.hand_on(*name, right.clone()))
    }

    /// The same as a root in the process; none where the statements are no policy.
    pub(crate) fn grant(&self) -> Option<Grant> {
        let (_, statements) = self.layer.as_ref()?;
        let grant = terms!(self, Grant::new(Policy::new(statements.clone()).ok()?));
        self.hand_on.iter().try_fold(grant, |grant, (name, right)| {
            Some(grant.hand_on(*name, Policy::new(right.clone()).ok()?))
        })
    }

    /// The same as an attenuation in the process.
    pub(crate) fn attenuation(&self) -> Option<Attenuation> {
        let attenuation = terms!(self, Attenuation::new()).keeping(self.keeping.clone());
        let attenuation = self.using.iter().fold(attenuation, |held, name| held.using(*name));
        Some(match &self.layer {
            None => attenuation,
            Some((true, statements)) => attenuation.at_most(Policy::new(statements.clone()).ok()?),
            Some((false, statements)) => {
                attenuation.restrict(Restrictions::new(statements.clone()).ok()?)
            }
        })
    }
}

/// An action with what it borrows from.
#[derive(Debug)]
pub(crate) struct Attempt {
    operation: Operation,
    tool: &'static str,
    resource: String,
    audience: Audience<'static>,
    arguments: Fields,
}

#[derive(Debug)]
struct Fields(Vec<(&'static str, Value<'static>)>);

impl Arguments for Fields {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.iter().find(|(of, _)| *of == name).map(|(_, value)| *value)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        self.0.iter().for_each(|(name, value)| visitor(name, *value));
    }
}

impl Attempt {
    pub(crate) fn action(&self) -> Action<'_> {
        Action::new(self.operation, self.tool, &self.resource)
            .visible_to(self.audience)
            .with(&self.arguments)
    }
}

/// A small organisation that knows every name above.
pub(crate) fn directory() -> Arc<Directory> {
    static DIRECTORY: LazyLock<Arc<Directory>> = LazyLock::new(|| {
        let builder = Directory::builder()
            .organisation_domain("example.com")
            .principal(DANA)
            .principal(LEE)
            .principal(SAM)
            .group("platform", [DANA, LEE])
            .group("partners", [DANA, SAM])
            .channel("general", JoinPolicy::Internal, ["platform"]);
        Arc::new(builder.build().unwrap())
    });
    DIRECTORY.clone()
}
