//! What is stated of a policy's cost, held against steps that are counted.

use std::sync::Arc;

use super::{CompiledPolicy, Condition, LayerKind, LayerVerdict, Request, Statement, evaluate};
use crate::base::limits::{
    MAX_ENDORSED_BYTES, MAX_MATCHED_TEXT_BYTES, MAX_POLICY_STEPS, MAX_RECIPIENTS,
    MAX_SESSION_DEPTH, MAX_TOKEN_MEMBER_STEPS,
};
use crate::base::name::Name;
use crate::base::steps::{Allowance, steps_of};
use crate::base::time::Timestamp;
use crate::directory::{Directory, JoinPolicy, ResolvedAudience};
use crate::flow::provenance::{Endorsed, Origin, Origins};
use crate::model::action::{Action, Operation, Operations};
use crate::model::arguments::{Arguments, Value};
use crate::model::audience::{Audience, Reader, Readers};
use crate::model::resource::Path;
use crate::policy::{BoundValue, Policy};

mod crowded;
#[path = "../../tests/testkit/draw.rs"]
mod draw;
use crowded::{crowded, paths};
pub(crate) use draw::Draw;

impl Draw {
    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    /// Mostly few, now and then many.
    pub(crate) fn count(&mut self, few: usize, many: usize) -> usize {
        let most = if self.one_in(8) { many } else { few };
        1 + self.below(most)
    }

    pub(crate) fn pattern(&mut self) -> String {
        const SEGMENTS: [&str; 10] =
            ["a", "a", "b", "*", "**", "{invoker}", "a*", "*a*a*b", "*a*a*a*a*a*a*a*", "{agent}"];
        let mut rests = 0;
        let segments = (0..self.count(4, 30)).map(|_| {
            let segment = *self.pick(&SEGMENTS);
            rests += usize::from(segment == "**");
            if segment == "**" && rests > 4 { "a" } else { segment }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    pub(crate) fn readers(&mut self) -> Readers {
        let readers = (0..self.count(3, 200)).map(|_| match self.below(8) {
            0 => Reader::Invoker,
            1 => Reader::Internal,
            2 => Reader::principal(format!("p{}", self.below(400))),
            3 => Reader::channel(format!("c{}", self.below(6))),
            4 => Reader::domain("x".repeat(1 + self.below(255))),
            5 => Reader::principal("dana"),
            _ => Reader::group(format!("g{}", self.below(140))),
        });
        readers.collect()
    }

    fn condition(&mut self) -> Condition {
        let argument = *self.pick(&["t", "u", "n", "l", "o.p.q", "o.0", "missing"]);
        let text = |length: usize| "a".repeat(length);
        let condition = match self.below(21) {
            0 => Condition::present(argument),
            1 => Condition::equals(argument, text(self.count(5, 1024))),
            2 => Condition::equals(argument, 7),
            3 => {
                let length = self.count(5, 1000);
                let count = self.count(4, 200);
                Condition::one_of(argument, (0..count).map(|n| format!("{}{n}", text(length))))
            }
            4 => Condition::one_of(argument, 0..self.count(4, 200) as i64),
            5 => Condition::between(argument, 1, 9.5),
            6 => {
                let piece = text(self.count(3, 100));
                let stars = 1 + self.below(8);
                Condition::matches(argument, format!("{}*b", format!("*{piece}").repeat(stars - 1)))
            }
            7 => Condition::endorsed("rows.*.to", Origins::ANY),
            8 => Condition::endorsed("rows.*", Origin::User).optional(),
            9 => Condition::under(argument, [format!("{}.b", text(60)), "a".to_owned()]),
            10 => Condition::below(argument, [text(self.count(5, 1000)), "/a".to_owned()]),
            11 => Condition::in_network(
                argument,
                (0..self.count(3, 200)).map(|n| format!("10.{n}.0.0/16")),
            ),
            12 => Condition::at_most_elements(argument, 7),
            13 => Condition::regex(argument, "(a|b)*c?"),
            14 => Condition::equals_argument(argument, *self.pick(&["t", "u", "o.p.q"])),
            15 => Condition::equals_bound(argument, "agent"),
            16 => Condition::matches(argument, format!("*{}*B", text(self.count(3, 100))))
                .case_blind(),
            17 => {
                let quantified = match self.below(5) {
                    0 => Condition::equals("rows.*.to.*", "v0-298"),
                    1 => Condition::matches("l.*", format!("*{}*b", text(100))),
                    2 => Condition::regex("l.*", "(a|b)*c?"),
                    3 => Condition::one_of("l.*", ["A", "B"]).case_blind(),
                    _ => Condition::equals_argument("l.*", "u"),
                };
                if self.one_in(2) { quantified.for_all() } else { quantified.for_none() }
            }
            18 => Condition::within_hours("Europe/Berlin", ["mon-sun"], "22:00", "06:00"),
            _ => Condition::endorsed(argument, Origins::ANY),
        };
        if self.one_in(3) { !condition } else { condition }
    }

    fn statement(&mut self, number: usize, grants: bool) -> Statement {
        let statement = match (grants, self.below(6)) {
            (true, 0..=3) => Statement::permit(format!("s{number}")).readers(self.readers()),
            (_, 5) => Statement::forbid(format!("s{number}")),
            (false, _) => Statement::forbid(format!("s{number}")).beyond(self.readers()),
            (true, _) => {
                let asking = Statement::require_approval(format!("s{number}"));
                asking.beyond(self.readers()).readers(self.readers())
            }
        };
        let mut statement = statement.operations(Operations::ALL);
        if self.one_in(4) {
            let (count, length) = (self.count(3, 60), self.count(4, 240));
            let tools = (0..count).map(|n| format!("{}{n}", "t".repeat(length)));
            statement = statement.tools(tools.chain(["tool".to_owned()]));
        }
        for _ in 0..self.count(2, 6) {
            statement = statement.resources([self.pattern()]);
        }
        if self.one_in(3) {
            let exceptions = (0..self.count(3, 40)).map(|n| format!("{}/e{n}", self.pattern()));
            let exceptions: Vec<String> = exceptions.collect();
            statement = statement.except_resources(
                exceptions
                    .iter()
                    .filter_map(|text| {
                        let (head, tail) = text.split_at(text.len().min(200));
                        tail.is_empty().then_some(head)
                    })
                    .chain(["*a*a*a*b/**/*a*b"]),
            );
        }
        for _ in 0..self.below(4) {
            statement = statement.when(self.condition());
        }
        statement
    }

    fn statements(&mut self, grants: bool) -> Vec<Statement> {
        let crowd = self.one_in(4).then(|| self.pattern());
        let statements = (0..self.count(10, 80)).map(|number| {
            let statement = self.statement(number, grants);
            match &crowd {
                Some(pattern) => statement.resources([pattern.clone()]),
                None => statement,
            }
        });
        statements.collect()
    }

    pub(crate) fn resource(&mut self) -> String {
        let long = self.one_in(3);
        let segments = (0..self.count(6, 31)).map(|_| match self.below(8) {
            0 => "b".to_owned(),
            1 => "dana".to_owned(),
            2 => "ab".to_owned(),
            _ => "a".repeat(if long { 30 } else { 1 }),
        });
        segments.collect::<Vec<_>>().join("/")
    }

    pub(crate) fn recipients(&mut self) -> Vec<String> {
        let (count, kind) = (self.count(3, MAX_RECIPIENTS), self.below(4));
        let recipients = (0..count).map(|_| match (kind, self.below(5)) {
            (0, _) => "g139".to_owned(),
            (1, _) | (_, 0) => format!("g{}", self.below(140)),
            (2, _) | (_, 1) => format!("p{}", self.below(400)),
            (_, 2) => format!("nobody@{}", "x".repeat(240)),
            (_, 3) => format!("c{}", self.below(6)),
            _ => "dana".to_owned(),
        });
        recipients.collect()
    }
}

/// Nested groups: each holds some people and the groups before it.
pub(crate) fn directory() -> Directory {
    let people: Vec<String> = (0..400).map(|n| format!("p{n}")).collect();
    let mut builder = Directory::builder().organisation_domain("example.com").principal("dana");
    for name in &people {
        builder = builder.principal(name.as_str());
    }
    for n in 0..140 {
        let own = people[2 * n..2 * n + 3].iter().cloned();
        builder = builder.group(format!("g{n}"), own.chain((n > 0).then(|| format!("g{}", n - 1))));
    }
    for n in 0..6 {
        let joinable = [JoinPolicy::ByInvitation, JoinPolicy::Internal, JoinPolicy::Anyone][n % 3];
        builder = builder.channel(format!("c{n}"), joinable, [format!("g{}", n * 20)]);
    }
    builder.build().unwrap()
}

/// A chain of sessions that hold as many values as they take, those of the last one asked for.
fn flooded(depth: usize) -> Arc<Endorsed> {
    let mut endorsed = Arc::new(Endorsed::default());
    for level in 0..depth {
        for n in 0..300 {
            endorsed.add(Origin::User, &format!("v{level}-{n}"));
        }
        endorsed = Arc::new(Endorsed::below(endorsed));
    }
    endorsed.add(Origin::User, &"a".repeat(MAX_ENDORSED_BYTES));
    endorsed
}

/// Steps of asking one policy, and those that it states.
fn counted(
    policy: &CompiledPolicy,
    directory: &Directory,
    endorsed: &Endorsed,
    action: &Action<'_>,
) -> (u64, u64) {
    let (_, taken) = asked(policy, directory, endorsed, action, &Allowance::unlimited());
    (taken, policy.worst_case_steps(directory))
}

/// What one policy answers within an allowance, and the steps of asking it.
fn asked(
    policy: &CompiledPolicy,
    directory: &Directory,
    endorsed: &Endorsed,
    action: &Action<'_>,
    allowance: &Allowance,
) -> (LayerVerdict, u64) {
    let invoker = Name::new("dana");
    let values = [BoundValue::new("dana"), BoundValue::new("agent")];
    let mut path = Path::default();
    action.read_into(&mut path).unwrap();
    let mut audience = ResolvedAudience::new(directory, &invoker);
    audience.resolve(action.audience()).unwrap();
    let request = Request {
        operation: action.operation(),
        tool: action.tool(),
        path: &path,
        audience: &audience,
        arguments: action.arguments(),
        parts: action.parts(),
        endorsed,
        untrusted: false,
        now: Timestamp::from_unix_seconds(1_790_000_000),
    };
    let (answered, taken) = steps_of(|| evaluate(policy, &request, &values, allowance));
    (answered.answer, taken)
}

#[test]
fn no_policy_takes_more_steps_than_it_states() {
    let mut draw = Draw(0x5DEE_CE66_D1CE_4E5B);
    let (directory, nobody) = (directory(), Directory::empty());
    let sessions = [Arc::default(), flooded(1), flooded(MAX_SESSION_DEPTH - 1)];
    let (long, longer) = ("a".repeat(MAX_MATCHED_TEXT_BYTES), "ab".repeat(MAX_MATCHED_TEXT_BYTES));
    let row: [Value<'_>; 8] = [Value::from("v0-299"); 8];
    let object = [("to", Value::List(&row))];
    let rows = [Value::Object(&object); MAX_RECIPIENTS];
    let names = [Value::from(&long[..1024]); MAX_RECIPIENTS];
    let inner = [("q", Value::from(&long[..1023]))];
    let outer = [("p", Value::Object(&inner))];
    let views: [Box<dyn Arguments>; 3] = [
        Box::new([
            ("t", Value::from(&*long)),
            ("u", Value::from(&long[..1000])),
            ("n", Value::from(7)),
            ("l", Value::List(&names)),
            ("o", Value::Object(&outer)),
            ("rows", Value::List(&rows)),
        ]),
        Box::new([
            ("t", Value::from(&*longer)),
            ("u", Value::from(f64::MIN_POSITIVE)),
            ("rows", Value::List(&names)),
        ]),
        Box::new([("t", Value::Null), ("l", Value::from(1e300))]),
    ];
    let (mut most, mut decisions, mut spent) = (0, 0_u64, 0_u64);
    for _ in 0..300 {
        let grants = !draw.one_in(3);
        let kind = if grants { LayerKind::Granting } else { LayerKind::Restricting };
        let Ok(policy) = CompiledPolicy::new(draw.statements(grants), kind) else { continue };
        for _ in 0..6 {
            let (resource, recipients) = (draw.resource(), draw.recipients());
            let audience = match draw.below(8) {
                0 => Audience::Public,
                1 => Audience::Private,
                2 => Audience::Internal,
                3 => Audience::Group("g139"),
                4 => Audience::Channel("c4"),
                _ => Audience::recipients(&recipients),
            };
            let action = Action::new(Operation::Create, "tool", &resource)
                .visible_to(audience)
                .with(&**draw.pick(&views));
            let action = if draw.one_in(3) { action.below() } else { action };
            let session = draw.pick::<Arc<Endorsed>>(&sessions);
            let ask =
                |allowance: &Allowance| asked(&policy, &directory, session, &action, allowance);
            let (answer, taken) = ask(&Allowance::unlimited());
            let stated = policy.worst_case_steps(&directory);
            assert!(taken <= stated, "{taken} steps of {stated}: {action:?}");
            (most, decisions) = (most.max(taken), decisions + 1);
            // Within an allowance: what is stated before groups are known, and no more than the allowance beyond it.
            let most = 1 << draw.below(20);
            let allowance = Allowance::of(most);
            let (allowed, taken) = ask(&allowance);
            let stated = policy.worst_case_steps(&nobody) + most;
            assert!(taken <= stated, "{taken} steps of {stated}: {action:?}");
            let too_wide = allowance.is_spent();
            assert_eq!(allowed, if too_wide { LayerVerdict::AudienceTooWide } else { answer });
            spent += u64::from(too_wide);
        }
    }
    assert!(decisions > 1000 && most > 100_000, "{decisions} decisions, {most} steps at most");
    assert!(spent > 100 && spent < decisions - 100, "{spent} of {decisions} allowances spent");
}

/// A token's worst: as many readers as it can carry, none but the last of which holds anybody, and the largest groups.
#[test]
fn members_of_large_groups_cost_a_token_no_more_than_is_allowed() {
    let people: Vec<String> = (0..4000).map(|n| format!("p{n}@b.example")).collect();
    let mut builder = Directory::builder();
    for name in &people {
        builder = builder.principal(name.as_str());
    }
    for n in 0..MAX_RECIPIENTS {
        let others = people.iter().enumerate().filter(|(place, _)| place % 128 != n);
        builder = builder.group(format!("g{n}"), others.map(|(_, name)| name.clone()));
        let few = people.iter().skip(n).step_by(128);
        builder = builder.group(format!("few{n}"), few.cloned());
    }
    let directory = builder.build().unwrap();
    let to: Vec<String> = (0..MAX_RECIPIENTS).map(|n| format!("g{n}")).collect();
    type Kind = (&'static str, u64, fn(usize) -> Reader);
    let kinds: [Kind; 4] = [
        ("domains", 2, |n| Reader::domain(format!("a{n}.example"))),
        ("people", 2, |n| Reader::principal(format!("a{n}"))),
        ("groups", 4, |n| Reader::group(format!("few{}", n / 2))),
        ("unknown groups", 16, |n| Reader::group(format!("a{n}"))),
    ];
    for (kind, factor, reader) in kinds {
        let readers = (0..250).map(reader).chain([Reader::domain("b.example")]);
        let readers: Readers = readers.collect();
        let statements = (0..20).map(|n| {
            let statement = Statement::forbid(format!("s{n}")).operations(Operations::ALL);
            statement.beyond(readers.clone())
        });
        let policy = CompiledPolicy::new(statements.collect(), LayerKind::Restricting).unwrap();
        let action = Action::create("t", "x").visible_to(Audience::recipients(&to));
        let allowance = Allowance::of(MAX_TOKEN_MEMBER_STEPS);
        let (answer, taken) = asked(&policy, &directory, &Endorsed::default(), &action, &allowance);
        let stated = policy.worst_case_steps(&Directory::empty()) + MAX_TOKEN_MEMBER_STEPS;
        assert!(taken <= stated && stated < factor * taken, "{kind}: {taken} of {stated}");
        assert_eq!(answer, LayerVerdict::AudienceTooWide, "{kind}");
        assert!(policy.worst_case_steps(&directory) > 100 * stated, "{kind}");
    }
}

/// What is stated is near what the worst inputs take, for each kind of work by itself.
#[test]
fn what_is_stated_is_reached_within_a_small_factor() {
    let directory = directory();
    let all = |when: Option<Condition>| {
        let statement = Statement::permit("s").operations(Operations::ALL).resources(["**"]);
        let statement = statement.readers(Readers::public());
        when.into_iter().fold(statement, Statement::when)
    };
    let long = "a".repeat(MAX_MATCHED_TEXT_BYTES);
    let names = [Value::from(1e300); MAX_RECIPIENTS];
    let (row, texts) = ([Value::from("y"); 32], [Value::from(&long[..512]); 128]);
    let row = [("o", Value::List(&row))];
    let rows = [Value::Object(&row); 32];
    let arguments = [
        ("t", Value::from(&*long)),
        ("u", Value::from(&long[..4096])),
        ("l", Value::List(&names)),
        ("m", Value::List(&rows)),
        ("n", Value::List(&texts)),
    ];
    let (parts, session) = (paths("p"), crowded(MAX_SESSION_DEPTH - 1));
    let path = ["a"; 31].join("/");
    let everybody: Vec<String> = (12..140).map(|n| format!("g{n}")).collect();
    let patterns = |pattern: &str| all(None).resources([pattern]);
    let text = |pattern: &str| all(Some(Condition::matches("t", pattern)));
    for (what, statement, factor) in [
        ("a text that is searched", text("*b*"), 2),
        ("a text with as many stars as there may be", text("*a*a*a*a*a*a*b*"), 2),
        ("an expression", all(Some(Condition::regex("t", "(a|b)*"))), 2),
        ("texts of any case", all(Some(Condition::matches("u", "*b*").case_blind())), 30),
        ("elements", all(Some(Condition::equals("m.*.o.*", "x").for_none())), 30),
        ("texts of elements", all(Some(Condition::regex("n.*", "a*").for_all())), 4),
        ("endorsed paths", all(Some(Condition::endorsed("p", Origins::ANY))), 8),
        ("a pattern that begins again", patterns("**/a/a/a/a/b/**"), 30),
    ] {
        let policy = CompiledPolicy::new(vec![statement], LayerKind::Granting).unwrap();
        let action = Action::create("tool", &path)
            .visible_to(Audience::recipients(&everybody))
            .with(&arguments)
            .reaching(Some(&parts));
        let (taken, stated) = counted(&policy, &directory, &session, &action);
        assert!(taken <= stated && stated <= taken * factor, "{what}: {taken} of {stated}");
    }
}

/// One group costs its members once, however often it is named.
#[test]
fn a_group_that_is_named_often_costs_once() {
    let longest = "p".repeat(230);
    let people: Vec<String> = (0..5000).map(|n| format!("{longest}{n}@b.example")).collect();
    let names = || people.iter().cloned();
    let builder = names().fold(Directory::builder(), |builder, name| builder.principal(name));
    let directory = builder.group("everyone", names()).build().unwrap();
    let readers = Readers::from(Reader::domain("a.example")) | Reader::domain("b.example");
    let statement = Statement::permit("s").operations(Operations::ALL).resources(["**"]);
    let policy =
        CompiledPolicy::new(vec![statement.readers(readers)], LayerKind::Granting).unwrap();
    let steps = |times: usize| {
        let to = vec!["everyone"; times];
        let action = Action::create("t", "x").visible_to(Audience::recipients(to.as_slice()));
        counted(&policy, &directory, &Endorsed::default(), &action)
    };
    let ((once, _), (often, stated)) = (steps(1), steps(MAX_RECIPIENTS));
    assert!(once > 5000 && often < once + once / 4, "{once} and {often}");
    assert!(stated < 40 * often, "{often} of {stated}");
}

/// Keys that two shapes share give each no more than its own patterns.
#[test]
fn statements_and_layers_add_up() {
    let directory = Directory::empty();
    let of = |count: usize, resource: &str| {
        let statement = |n: usize| {
            Statement::permit(format!("s{n:05}"))
                .operations(Operations::ALL)
                .resources([resource])
                .when(Condition::endorsed("l", Origins::ANY))
        };
        Policy::new((0..count).map(statement))
    };
    let one = of(1, "a/**").unwrap().worst_case_steps(&directory);
    let ten = of(10, "a/**").unwrap().worst_case_steps(&directory);
    assert!(ten > 9 * one && ten < 11 * one, "{one} and {ten}");
    let most = (MAX_POLICY_STEPS / one) as usize;
    assert!(of(most - most / 50, "a/**").is_ok());
    let error = of(most + most / 50, "a/**").unwrap_err().to_string();
    assert!(error.starts_with("policy, statements: one decision could take more than"), "{error}");
}

/// Nobody makes looking up slow by values that fall into one place, or locks out what does not.
#[test]
fn values_that_collide_cost_no_more_than_others() {
    let endorsed = Endorsed::default();
    let hash = crate::base::hash::hash_name;
    // In as many slots as so many values have.
    let colliding = (0..).map(|n| format!("v{n:x}")).filter(|text| hash(text) & 0x3FFF < 2);
    let taken: Vec<bool> =
        colliding.take(400).map(|text| endorsed.add(Origin::Result, &text)).collect();
    assert!(taken.contains(&true) && taken.contains(&false), "some find no room");
    assert!(endorsed.add(Origin::User, "lee@example.com"));
    let missing = (0..).map(|n| format!("m{n:x}")).find(|text| hash(text) & 0x3FFF == 0).unwrap();
    let (held, steps) = steps_of(|| endorsed.holds(Origins::ANY, Value::from(&*missing)));
    assert_eq!(held, Some(false));
    assert!(steps <= Endorsed::WORST_CASE_STEPS / 16, "{steps}");
}
