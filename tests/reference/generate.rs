//! Random setups, and attempts that lie near them, so that a large share of the attempts is
//! allowed.

use std::ops::RangeInclusive;

use permitgate::Operation;
use permitgate::flow::Origin;
use permitgate::model::{OwnedAudience, Reader};
use permitgate::policy::Effect;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{
    AGENT, Arg, Attempt, Draft, Fields, Heard, HoldsFor, Input, Items, Kind, LayerDraft, Literal,
    Setup, Test, escape,
};

const TOOLS: [&str; 3] = ["mail.send", "mail.read", "files.put"];
const PATHS: [&str; 6] = ["n", "t", "f", "o.x", "l.0", "m.k.1"];
const LISTS: [&str; 2] = ["e.*", "r.*.h"];
const FEW: &[&str] = &["a", "b", "ab", "mail"];
const MANY: &[&str] = &["a", "b", "ab", "mail", "c", "d", "list7", "é", "%2F", "report-7.pdf"];
const STRAY: &[&str] = &["a", "b", "aab", "x", "mail", "report-.pdf", "%7B", "é"];

/// How large a setup is.
#[derive(Clone, Debug)]
pub struct Size {
    pub root: RangeInclusive<usize>,
    pub layers: RangeInclusive<usize>,
    segments: RangeInclusive<usize>,
    literals: &'static [&'static str],
    restrictions: u32,
}

impl Size {
    pub fn small() -> Self {
        Self { root: 1..=6, layers: 0..=2, segments: 1..=4, literals: FEW, restrictions: 3 }
    }

    /// Hundreds of statements, with patterns of far more shapes than an index can key exactly.
    pub fn large() -> Self {
        Self { root: 250..=400, layers: 0..=1, segments: 2..=6, literals: MANY, restrictions: 1 }
    }
}

pub fn setup(size: Size) -> impl Strategy<Value = Setup> {
    let root = vec(draft(size.clone(), true, true), size.root.clone());
    let guardrails = option::weighted(0.3, layer(size.clone(), false));
    let above = vec(layer(size.clone(), true), size.layers.clone());
    (root, guardrails, above, names(), heard(), any::<Index>()).prop_map(
        |(statements, guardrails, above, (invoker, project), heard, now)| {
            let root = LayerDraft { grants: true, statements };
            let mut layers: Vec<LayerDraft> = [root].into_iter().chain(above).collect();
            layers.iter_mut().for_each(number);
            let mut guardrails = guardrails;
            guardrails.iter_mut().for_each(number);
            let (invoker, project) = (invoker.to_owned(), project.to_owned());
            let now = now.index(1_000_000) as u64 * 613;
            Setup { guardrails, layers, invoker, project, heard, now }
        },
    )
}

fn heard() -> impl Strategy<Value = Heard> {
    let values = vec((origin(), literal()), 0..6);
    (any::<bool>(), values).prop_map(|(untrusted, values)| Heard { untrusted, values })
}

fn origin() -> impl Strategy<Value = Origin> {
    select(vec![Origin::User, Origin::Directory, Origin::Result, Origin::Program])
}

/// Ids in an order of their own, which is not that of writing.
fn number(layer: &mut LayerDraft) {
    for (place, draft) in layer.statements.iter_mut().enumerate() {
        draft.id = format!("s{:02}-{place}", place * 37 % 91);
    }
}

/// A layer above the root, of either kind; a granting one is broad more often than not.
fn layer(size: Size, bound: bool) -> impl Strategy<Value = LayerDraft> {
    let few = 1..=3;
    let restricting = vec(draft(size.clone(), false, bound), few.clone())
        .prop_map(|statements| LayerDraft { grants: false, statements });
    let granting = (vec(draft(size, true, bound), few), prop::bool::weighted(0.8)).prop_map(
        |(mut statements, broad)| {
            if broad {
                statements.push(Draft {
                    operations: Operation::ALL.to_vec(),
                    resources: vec!["**".to_owned()],
                    readers: Some(vec![Reader::Public]),
                    ..blank(Effect::Permit)
                });
            }
            LayerDraft { grants: true, statements }
        },
    );
    prop_oneof![restricting, granting]
}

pub fn blank(effect: Effect) -> Draft {
    Draft {
        id: String::new(),
        effect,
        operations: vec![],
        tools: vec![],
        resources: vec![],
        except: vec![],
        readers: None,
        beyond: None,
        when: vec![],
        input: Input::Any,
        otherwise: false,
    }
}

fn draft(size: Size, grants: bool, bound: bool) -> impl Strategy<Value = Draft> {
    let permits = if grants { 24 } else { 0 };
    let effect = prop_oneof![
        permits => Just(Effect::Permit),
        2 * size.restrictions => Just(Effect::RequireApproval),
        size.restrictions => Just(Effect::Forbid),
    ];
    let parts = (
        vec(select(Operation::ALL.to_vec()), 1..5),
        prop_oneof![3 => Just(vec![]), 1 => vec(select(TOOLS.to_vec()), 1..3)],
        (
            vec(pattern(size.clone(), bound), 1..3),
            prop_oneof![3 => Just(vec![]), 1 => vec(pattern(size, bound), 1..3)],
        ),
        option::weighted(0.7, readers()),
        option::weighted(0.5, readers()),
        prop_oneof![3 => Just(vec![]), 2 => vec(test(), 1..3)],
        (prop::bool::weighted(0.2), prop::bool::weighted(0.4)),
    );
    (effect, parts).prop_map(
        move |(effect, (operations, tools, resources, readers, beyond, when, flags))| {
            let ((resources, mut except), (limited, otherwise)) = (resources, flags);
            // One that leaves out all that is named does not load.
            except.retain(|text| {
                text.split('/').any(|step| step != "**") && !resources.contains(text)
            });
            let input = match effect {
                _ if !limited => Input::Any,
                Effect::Permit => Input::OnlyTrusted,
                _ => Input::AfterUntrusted,
            };
            let grants = grants && input != Input::AfterUntrusted;
            let tools = tools.into_iter().map(str::to_owned).collect();
            let readers = readers.filter(|_| grants && effect != Effect::Forbid);
            let otherwise = otherwise && grants && effect == Effect::RequireApproval;
            let beyond = beyond.filter(|_| effect != Effect::Permit && !otherwise);
            let draft = Draft {
                operations,
                tools,
                resources,
                except,
                readers,
                beyond,
                when,
                input,
                otherwise,
                ..blank(effect)
            };
            // What only restricts may leave the resources out.
            let everywhere =
                effect == Effect::Forbid && draft.beyond.is_some() && !draft.when.is_empty();
            if everywhere { Draft { resources: vec![], ..draft } } else { draft }
        },
    )
}

/// Many patterns, each of them the resource of a permit of its own.
pub fn patterns() -> impl Strategy<Value = Setup> {
    let pattern = || prop_oneof![pattern(Size::small(), true), pattern(Size::large(), true)];
    (vec(pattern(), 1..48), names()).prop_map(|(patterns, (invoker, project))| {
        super::comparison::permits(&patterns, invoker, project)
    })
}

/// The invoker, and the project that the scope binds.
fn names() -> impl Strategy<Value = (&'static str, &'static str)> {
    (
        select(vec![
            "dana@example.com",
            "lee@example.com",
            "dana@example.com",
            "d/a*n{a}",
            "who@else.example",
        ]),
        select(vec!["apollo", "apollo", "a/b", "*", "**", "{invoker}", "..", "%2F"]),
    )
}

fn pattern(size: Size, bound: bool) -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        8 => select(size.literals),
        3 => Just("*"),
        2 => Just("**"),
        2 => select(vec!["{invoker}", "{agent}", if bound { "{project}" } else { "{invoker}" }]),
        2 => select(vec!["a*", "*b", "a*b", "*a*", "report-*.pdf"]),
    ];
    let rests = |segments: &Vec<&str>| segments.iter().filter(|s| **s == "**").count() <= 4;
    vec(segment, size.segments)
        .prop_filter("too many `**`", rests)
        .prop_map(|segments| segments.join("/"))
}

fn readers() -> impl Strategy<Value = Vec<Reader>> {
    prop_oneof![
        2 => Just(vec![Reader::Public]),
        1 => Just(vec![Reader::Internal]),
        3 => vec(reader(), 1..4),
    ]
}

fn reader() -> impl Strategy<Value = Reader> {
    let people = select(vec!["dana@example.com", "lee@example.com", "new@elsewhere.example"]);
    prop_oneof![
        Just(Reader::Invoker),
        Just(Reader::Internal),
        Just(Reader::Public),
        people.prop_map(Reader::principal),
        select(vec!["platform", "mixed", "empty", "lobby"]).prop_map(Reader::group),
        select(vec!["den", "general", "lobby", "platform"]).prop_map(Reader::channel),
        select(vec!["example.com", "elsewhere.example"]).prop_map(Reader::domain),
    ]
}

fn reach() -> impl Strategy<Value = OwnedAudience> {
    let names = select(vec![
        "dana@example.com",
        "lee@example.com",
        "sam@partner.example",
        "new@elsewhere.example",
        "platform",
        "empty",
        "general",
    ]);
    prop_oneof![
        Just(OwnedAudience::Private),
        Just(OwnedAudience::Internal),
        Just(OwnedAudience::Public),
        vec(names.prop_map(str::to_owned), 1..4).prop_map(OwnedAudience::Recipients),
        select(vec!["platform", "mixed", "empty", "den"])
            .prop_map(|n| OwnedAudience::Group(n.to_owned())),
        select(vec!["den", "general", "lobby"]).prop_map(|n| OwnedAudience::Channel(n.to_owned())),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        number_literal(),
        select(vec!["", "a", "ab", "b*", "aab", "AB", "é"])
            .prop_map(|text| Literal::Text(text.to_owned())),
    ]
}

/// Small numbers, and some about 2^53, where a float cannot tell neighbours apart.
fn number_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        (-2_i64..5).prop_map(Literal::Whole),
        (-6_i64..12).prop_map(Literal::Quarters),
        select(vec![
            Literal::Whole((1 << 53) + 1),
            Literal::Whole(1 << 53),
            Literal::Quarters(1 << 55)
        ]),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let kind = prop_oneof![
        any::<bool>().prop_map(Kind::Present),
        literal().prop_map(Kind::Equals),
        vec(literal(), 1..4).prop_map(Kind::OneOf),
        number_literal().prop_map(Kind::AtLeast),
        number_literal().prop_map(Kind::AtMost),
        (-2_i64..3, 0_i64..3).prop_map(|(least, width)| {
            Kind::Between(Literal::Whole(least), Literal::Quarters((least + width) * 4 + 1))
        }),
        select(vec!["a*", "*b", "a*b", "ab", "*"]).prop_map(|text| Kind::Matches(text.to_owned())),
        vec(origin(), 1..3).prop_map(Kind::Endorsed),
        further(),
    ];
    let flags = (prop::bool::weighted(0.3), prop::bool::weighted(0.2), prop::bool::weighted(0.3));
    let each = option::weighted(
        0.3,
        (select(LISTS.to_vec()), select(vec![HoldsFor::All, HoldsFor::Some, HoldsFor::None])),
    );
    (select(PATHS.to_vec()), each, flags, kind).prop_map(
        |(argument, each, (not, optional, case_blind), kind)| {
            let is_of_time = matches!(kind, Kind::Clock(..));
            let optional = optional && !matches!(kind, Kind::Present(_)) && !is_of_time;
            let each = each
                .filter(|_| !matches!(kind, Kind::Present(_) | Kind::Endorsed(_)) && !is_of_time);
            let is_text = |literal: &Literal| matches!(literal, Literal::Text(_));
            let has_case = match &kind {
                Kind::Equals(literal) => is_text(literal),
                Kind::OneOf(literals) => literals.iter().all(is_text),
                Kind::Matches(_) => true,
                _ => false,
            };
            let (argument, holds_for) =
                each.map_or((argument, None), |(path, holds_for)| (path, Some(holds_for)));
            Test { argument, not, optional, kind, holds_for, case_blind: case_blind && has_case }
        },
    )
}

const HOSTS: [&str; 8] = ["a", "a.b", "c.a.b", "ca.b", "10.1.2.3", "11.0.0.1", "::1", "A.b"];
const FILES: [&str; 8] = ["a", "a/b", "ab/c", "/a/b", "a/../b", ".", "a//b", "a/b/"];

fn further() -> impl Strategy<Value = Kind> {
    let some = |from: &[&'static str]| {
        vec(select(from.to_vec()), 1..3)
            .prop_map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<String>>())
    };
    let named = |from: &[&'static str]| select(from.to_vec()).prop_map(str::to_owned);
    prop_oneof![
        some(&HOSTS[..7]).prop_map(Kind::Under),
        some(&["a", "a/b", "/a", ".", "/"]).prop_map(Kind::Below),
        some(&["10.0.0.0/8", "10.1.2.0/24", "11.0.0.1", "0.0.0.0/0"]).prop_map(Kind::InNetwork),
        (0_u64..3).prop_map(Kind::AtMostElements),
        named(&["a*b", "aa*b*", "ab", ""]).prop_map(Kind::Regex),
        named(&["n", "t", "o.x"]).prop_map(Kind::EqualsArgument),
        named(&["invoker", "agent"]).prop_map(Kind::EqualsBound),
        window(),
    ]
}

fn window() -> impl Strategy<Value = Kind> {
    let zones = select(vec!["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]);
    let days =
        any::<[bool; 7]>().prop_map(|days| if days.contains(&true) { days } else { [true; 7] });
    let hours = (0_u16..1440, 0_u16..=1440).prop_filter("no hours", |(from, until)| from != until);
    (zones, days, option::of(hours)).prop_map(|(zone, days, hours)| Kind::Clock(zone, days, hours))
}

/// How to make an attempt from a setup: which statement it lies near, and where it strays.
#[derive(Clone, Debug)]
pub struct Plan {
    picks: [Index; 5],
    words: Vec<&'static str>,
    stray: u8,
    /// How many segments of the resource are left where the attempt is about all below it.
    below: Option<Index>,
    audience: Option<OwnedAudience>,
    fits: bool,
    arguments: Vec<Option<Arg>>,
    /// What stands in place of the parents of arguments, where it is not what their paths lead through.
    parents: Vec<Option<Arg>>,
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let spoiled = prop_oneof![
        Just(Arg::Null),
        Just(Arg::NotFinite(f64::NAN)),
        Just(Arg::NotFinite(f64::INFINITY)),
        Just(Arg::List(Items(vec![]))),
        Just(Arg::Object(Fields::default())),
    ];
    let text = |text: &str| Arg::Literal(Literal::Text(text.to_owned()));
    let argument = prop_oneof![
        6 => literal().prop_map(Arg::Literal),
        1 => select([&HOSTS[..], &FILES, &["É", "ß", "aS", AGENT]].concat()).prop_map(text),
        1 => spoiled.clone()
    ];
    let list = vec(argument.clone(), 0..4).prop_map(|items| Arg::List(Items(items)));
    let list = prop_oneof![6 => list, 1 => argument.clone()];
    let a = || Arg::Literal(Literal::Text("a".to_owned()));
    let named = |name: &str, value| Arg::Object(Fields(vec![(name.to_owned(), value)]));
    let parent = prop_oneof![
        literal().prop_map(Arg::Literal),
        spoiled,
        Just(named("0", a())),
        Just(named("k", a())),
        Just(named("k", named("1", a()))),
        Just(named("other", a())),
        Just(Arg::List(Items(vec![a()]))),
        Just(named("k", Arg::List(Items(vec![a()])))),
        Just(named("k", Arg::List(Items(vec![Arg::Null, Arg::Null])))),
    ];
    (
        any::<[Index; 5]>(),
        vec(select(STRAY), 8),
        (0_u8..40, option::weighted(0.06, any::<Index>())),
        option::weighted(0.3, reach()),
        prop::bool::weighted(0.85),
        vec(option::weighted(0.7, argument), PATHS.len()),
        vec(option::weighted(0.15, parent), PATHS.len()),
        vec(option::weighted(0.8, list), LISTS.len()),
    )
        .prop_map(
            |(picks, words, (stray, below), audience, fits, mut arguments, parents, lists)| {
                arguments.extend(lists);
                Plan { picks, words, stray, below, audience, fits, arguments, parents }
            },
        )
}

impl Plan {
    pub fn attempt(&self, setup: &Setup) -> Attempt {
        let statements = &setup.layers[0].statements;
        let [which, operation, tool, pattern, _] = &self.picks;
        let near = &statements[which.index(statements.len())];
        let mut attempt = Attempt {
            operation: near.operations[operation.index(near.operations.len())],
            tool: match near.tools.as_slice() {
                [] => TOOLS[tool.index(TOOLS.len())].to_owned(),
                tools => tools[tool.index(tools.len())].clone(),
            },
            resource: match near.resources.as_slice() {
                [] => "a/b".to_owned(),
                patterns => self.resource(setup, &patterns[pattern.index(patterns.len())]),
            },
            below: self.below.is_some(),
            audience: self.audience.clone().unwrap_or_else(|| fitting(near)),
            arguments: self.arguments(near, &setup.heard),
        };
        match self.stray {
            0 => attempt.operation = Operation::ALL[operation.index(7)],
            1 => attempt.tool = TOOLS[tool.index(3)].to_owned(),
            2 => attempt.resource = self.words[..1 + pattern.index(5)].join("/"),
            3 => attempt.resource.push_str("/a"),
            4 => attempt.tool = "mail.sen".to_owned(),
            _ => {}
        }
        if let Some(left) = self.below {
            // Mostly a place above what patterns are about.
            let path: Vec<&str> = attempt.resource.split('/').collect();
            attempt.resource = path[..1 + left.index(path.len())].join("/");
        }
        attempt
    }

    /// A path that the pattern matches.
    fn resource(&self, setup: &Setup, pattern: &str) -> String {
        let mut path: Vec<String> = Vec::new();
        for (place, step) in pattern.split('/').enumerate() {
            let word = self.words[place % self.words.len()];
            match step {
                "**" => {
                    path.extend(self.words.iter().take(word.len() % 3).map(|w| (*w).to_owned()))
                }
                "*" => path.push(word.to_owned()),
                "{invoker}" => path.push(escape(&setup.invoker)),
                "{agent}" => path.push(AGENT.to_owned()),
                "{project}" => path.push(escape(&setup.project)),
                text => path.push(text.replace('*', if word.len() > 1 { word } else { "" })),
            }
        }
        if path.is_empty() { "x".to_owned() } else { path.join("/") }
    }

    /// Random arguments, in which the conditions of the statement are met if the plan says so.
    fn arguments(&self, near: &Draft, heard: &Heard) -> Fields {
        let mut values: Vec<Option<Arg>> = self.arguments.clone();
        for test in near.when.iter().filter(|_| self.fits) {
            let mut paths = PATHS.iter().chain(&LISTS);
            let place = paths.position(|path| *path == test.argument).unwrap();
            values[place] = satisfying(test, heard);
        }
        let mut fields = Vec::new();
        let lists = LISTS.into_iter().zip(values.split_off(PATHS.len()));
        for (path, list) in lists.filter_map(|(path, list)| Some((path, list?))) {
            let (name, below) = path.split_once(".*").unwrap();
            let below = below.trim_start_matches('.');
            let list = match list {
                Arg::List(Items(items)) => {
                    Arg::List(Items(items.into_iter().map(|item| wrapped(below, item)).collect()))
                }
                other => other,
            };
            fields.push((name.to_owned(), list));
        }
        for ((path, value), parent) in PATHS.into_iter().zip(values).zip(&self.parents) {
            let (name, below) = path.split_once('.').unwrap_or((path, ""));
            match (parent, value) {
                (Some(parent), _) if !below.is_empty() => {
                    fields.push((name.to_owned(), parent.clone()));
                }
                (_, Some(value)) => fields.push((name.to_owned(), wrapped(below, value))),
                (_, None) => {}
            }
        }
        Fields(fields)
    }
}

/// What holds a value at the end of a path.
fn wrapped(path: &str, value: Arg) -> Arg {
    if path.is_empty() {
        return value;
    }
    let (step, below) = path.split_once('.').unwrap_or((path, ""));
    let value = wrapped(below, value);
    match step.parse::<usize>() {
        Ok(place) => {
            let before = std::iter::repeat_n(Arg::Null, place);
            Arg::List(Items(before.chain([value]).collect()))
        }
        Err(_) => Arg::Object(Fields(vec![(step.to_owned(), value)])),
    }
}

/// A value under which the test holds, mostly.
fn satisfying(test: &Test, heard: &Heard) -> Option<Arg> {
    let text = |text: &str| Some(Literal::Text(text.to_owned()));
    let literal = match (&test.kind, test.not) {
        (Kind::Present(present), not) => (*present != not).then_some(Literal::Whole(0)),
        (Kind::Equals(literal), false) => Some(literal.clone()),
        (Kind::OneOf(literals), false) => literals.first().cloned(),
        (Kind::AtLeast(least) | Kind::Between(least, _), false) => Some(least.clone()),
        (Kind::AtMost(most), false) => Some(most.clone()),
        (Kind::Matches(pattern), false) => text(&pattern.replace('*', "a")),
        (Kind::AtLeast(_), true) => Some(Literal::Whole(-50)),
        (Kind::AtMost(_) | Kind::Between(..), true) => Some(Literal::Whole(1 << 60)),
        (Kind::Matches(_), true) => text("zzz"),
        (Kind::Equals(literal), true) => other_than(literal),
        (Kind::OneOf(literals), true) => literals.first().and_then(other_than),
        (Kind::Endorsed(origins), false) => {
            let mut said = heard.values.iter().filter(|(origin, _)| origins.contains(origin));
            return said
                .next()
                .map(|(_, literal)| Arg::List(Items(vec![Arg::Literal(literal.clone())])));
        }
        (Kind::Endorsed(_), true) => text("never said"),
        (Kind::Under(texts) | Kind::Below(texts), false) => text(&texts[0]),
        (Kind::InNetwork(_), false) => text("10.1.2.3"),
        (Kind::Under(_), true) => text("zzz"),
        (Kind::Below(_), true) => text("zzz/z"),
        (Kind::InNetwork(_), true) => text("9.9.9.9"),
        (Kind::AtMostElements(_), false) => return Some(Arg::List(Items(vec![]))),
        (Kind::AtMostElements(_), true) => return Some(Arg::List(Items(vec![Arg::Null; 3]))),
        (Kind::Regex(expression), false) => text(&expression.replace('*', "")),
        (Kind::Regex(_), true) => text("zzz"),
        (Kind::EqualsArgument(_), _) => text("a"),
        (Kind::EqualsBound(_), _) => text(AGENT),
        (Kind::Clock(..), _) => None,
    };
    let value = literal.map(Arg::Literal);
    match test.holds_for {
        None => value,
        Some(_) => Some(Arg::List(Items(value.into_iter().collect()))),
    }
}

fn other_than(literal: &Literal) -> Option<Literal> {
    Some(match literal {
        Literal::Bool(value) => Literal::Bool(!value),
        Literal::Whole(_) | Literal::Quarters(_) => Literal::Whole(77),
        Literal::Text(_) => Literal::Text("zzz".to_owned()),
    })
}

/// An audience that the statement grants.
fn fitting(near: &Draft) -> OwnedAudience {
    match near.readers.as_ref().and_then(|readers| readers.first()) {
        None | Some(Reader::Invoker) => OwnedAudience::Private,
        Some(Reader::Internal) => OwnedAudience::Internal,
        Some(Reader::Public) => OwnedAudience::Public,
        Some(Reader::Principal(name)) => OwnedAudience::Recipients(vec![name.clone()]),
        Some(Reader::Group(name)) => OwnedAudience::Group(name.clone()),
        Some(Reader::Channel(name)) => OwnedAudience::Channel(name.clone()),
        Some(Reader::Domain(domain)) => OwnedAudience::Recipients(vec![format!("new@{domain}")]),
    }
}
