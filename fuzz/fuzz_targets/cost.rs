//! No decision takes more steps than its policies and labels state, whatever the policy, the action, the arguments, the
//! groups and the session are. Steps are counted by the crate itself, which is built with a counter under a fuzzer only.
#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use permitgate::directory::JoinPolicy;
use permitgate::flow::{LabelRule, Labels, Origin, Origins};
use permitgate::model::{Operations, Reader, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::steps_of;
use permitgate::time::ManualClock;
use permitgate::{Directory, Session};
use std::sync::{Arc, LazyLock};

type Bytes<'u, 'b> = &'u mut Unstructured<'b>;

const SEGMENTS: [&str; 9] =
    ["a", "b", "*", "**", "{invoker}", "{agent}", "a*", "*a*a*b", "*a*a*a*a*a*a*a*"];
const ARGUMENTS: [&str; 7] = ["text", "short", "list", "rows.*.to", "deep.a.b", "list.0", "none"];

/// Steps that looking up the recipients of an action may take before any policy is asked.
const RESOLVING: u64 = 20_000;

static DIRECTORY: LazyLock<Arc<Directory>> = LazyLock::new(|| {
    let people: Vec<String> = (0..300).map(|n| format!("p{n}")).collect();
    let mut builder = Directory::builder().principal("dana");
    for name in &people {
        builder = builder.principal(name.as_str());
    }
    for n in 0..100 {
        let own = people[3 * n..3 * n + 3].iter().cloned();
        builder = builder.group(format!("g{n}"), own.chain((n > 0).then(|| format!("g{}", n - 1))));
    }
    builder = builder.channel("open", JoinPolicy::Anyone, ["g50"]).channel(
        "inside",
        JoinPolicy::Internal,
        ["g99"],
    );
    Arc::new(builder.build().expect("valid by making"))
});

static SESSION: LazyLock<Session> = LazyLock::new(|| {
    let session = Session::new();
    for n in 0..2000 {
        session.endorse(Origin::User, &format!("v{n}"));
    }
    session.subtask().expect("not deep")
});

fuzz_target!(|data: &[u8]| {
    let _ = decide(&mut Unstructured::new(data));
});

fn decide(bytes: Bytes<'_, '_>) -> Result<()> {
    let granting = statements(bytes, true)?;
    let Ok(root) = Policy::new(granting) else { return Ok(()) };
    let mut capability = Capability::root(root.clone(), ambient_authority());
    let mut stated = RESOLVING + root.worst_case_steps(&DIRECTORY);
    for _ in 0..bytes.int_in_range(0..=3)? {
        let Ok(layer) = Restrictions::new(statements(bytes, false)?) else { return Ok(()) };
        stated += layer.worst_case_steps(&DIRECTORY);
        capability = capability.attenuate(layer).expect("few layers");
    }
    let mut gate = Gate::builder()
        .directory(DIRECTORY.clone())
        .clock(ManualClock::default())
        .sink(MemorySink::last(1));
    if bytes.arbitrary()? {
        let Ok(labels) = Labels::new([LabelRule::on([pattern(bytes)?]).readers(readers(bytes)?)])
        else {
            return Ok(());
        };
        stated += labels.worst_case_steps(&DIRECTORY);
        gate = gate.labels(labels);
    }
    let gate = gate.build().expect("valid by making");
    let session = if bytes.arbitrary()? { SESSION.clone() } else { Session::new() };
    let scope = Scope::builder(&capability).invoker("dana").agent("agent").session(&session);
    let scope = scope.build().expect("everything is bound");
    for _ in 0..4 {
        let length = bytes.int_in_range(0..=70_000)?;
        let text = bytes.choose(&["a", "ab", "-"])?.repeat(length);
        let values = vec![Value::from(text.get(..1020).unwrap_or("v7")); 128];
        let list: &[Value<'_>; 128] = values.as_slice().try_into().expect("as many");
        let few = [list[0]; 8];
        let row = [("to", Value::List(&few))];
        let rows = [Value::Object(&row); 128];
        let (deeper, short) = ([("b", Value::from(&text))], bytes.arbitrary::<f64>()?);
        let deep = [("a", Value::Object(&deeper))];
        let arguments = [
            ("text", Value::from(&text)),
            ("short", Value::from(short)),
            ("list", Value::List(list)),
            ("rows", Value::List(&rows)),
            ("deep", Value::Object(&deep)),
        ];
        let resource = bytes.arbitrary_iter::<u8>()?.take(31).flatten();
        let resource: Vec<&str> = resource
            .map(|byte| ["a", "b", "dana", "aaaaaaaaaaaaaaaaaaaaaaaa"][byte as usize % 4])
            .collect();
        let resource = if resource.is_empty() { "a".to_owned() } else { resource.join("/") };
        let to: Vec<String> =
            (0..bytes.int_in_range(1..=128)?).map(|_| name(bytes)).collect::<Result<_>>()?;
        let audience = match bytes.int_in_range(0..=4)? {
            0 => Audience::Private,
            1 => Audience::Public,
            2 => Audience::Group("g99"),
            3 => Audience::Channel("inside"),
            _ => Audience::recipients(&to),
        };
        let action = Action::create("tool", &resource).visible_to(audience).with(&arguments);
        let action = if bytes.arbitrary()? { action.below() } else { action };
        let (_, taken) = steps_of(|| gate.decide(&action, &scope));
        assert!(taken <= stated, "{taken} steps of {stated}: {action:?}");
    }
    Ok(())
}

fn pattern(bytes: Bytes<'_, '_>) -> Result<String> {
    let count = bytes.int_in_range(1..=12)?;
    let segments = (0..count).map(|_| bytes.choose(&SEGMENTS).copied());
    Ok(segments.collect::<Result<Vec<_>>>()?.join("/"))
}

fn name(bytes: Bytes<'_, '_>) -> Result<String> {
    Ok(match bytes.int_in_range(0..=4)? {
        0 => "dana".to_owned(),
        1 => format!("g{}", bytes.int_in_range(0..=99)?),
        2 => format!("p{}", bytes.int_in_range(0..=299)?),
        3 => "open".to_owned(),
        _ => format!("nobody@{}", "x".repeat(bytes.int_in_range(1..=200)?)),
    })
}

fn readers(bytes: Bytes<'_, '_>) -> Result<Readers> {
    let count = bytes.int_in_range(1..=40)?;
    let readers = (0..count).map(|_| {
        Ok(match bytes.int_in_range(0..=6)? {
            0 => Reader::Invoker,
            1 => Reader::Internal,
            2 => Reader::principal(name(bytes)?),
            3 => Reader::channel(name(bytes)?),
            4 => Reader::domain("x".repeat(bytes.int_in_range(1..=200)?)),
            _ => Reader::group(name(bytes)?),
        })
    });
    readers.collect()
}

fn condition(bytes: Bytes<'_, '_>) -> Result<Condition> {
    let argument = *bytes.choose(&ARGUMENTS)?;
    let length = bytes.int_in_range(1..=120)?;
    let text = "a".repeat(length);
    Ok(match bytes.int_in_range(0..=13)? {
        0 => Condition::absent(argument),
        1 => Condition::equals(argument, text),
        2 => Condition::one_of(argument, (0..length).map(|n| format!("{text}{n}"))),
        3 => Condition::one_of(argument, 0..length as i64),
        4 => Condition::matches(argument, format!("*{text}*b*{text}*")),
        5 => Condition::between(argument, 1, 7.5),
        6 => Condition::under(argument, [text.clone(), format!("{text}.b")]),
        7 => Condition::below(format!("{argument}.*"), [text]).for_all(),
        8 => Condition::equals(format!("{argument}.*"), text).for_none(),
        9 => Condition::matches(argument, format!("*{text}*B*")).case_blind(),
        10 => Condition::regex(argument, format!("({text}|b)*")),
        11 => Condition::equals_argument(argument, *bytes.choose(&ARGUMENTS)?),
        12 => Condition::equals_bound(argument, "invoker"),
        _ => Condition::endorsed(argument, Origins::ANY).optional(),
    })
}

fn statements(bytes: Bytes<'_, '_>, grants: bool) -> Result<Vec<Statement>> {
    let count = bytes.int_in_range(1..=20)?;
    let statement = |number: usize| {
        let statement = if grants && bytes.ratio(3_u8, 4_u8)? {
            Statement::permit(format!("s{number}")).readers(readers(bytes)?)
        } else {
            Statement::forbid(format!("s{number}")).beyond(readers(bytes)?)
        };
        let mut statement = statement.operations(Operations::ALL).resources([pattern(bytes)?]);
        if bytes.ratio(1_u8, 4_u8)? {
            let count = bytes.int_in_range(1..=40)?;
            statement =
                statement.tools((0..count).map(|n| format!("tool{n}")).chain(["tool".to_owned()]));
        }
        for _ in 0..bytes.int_in_range(0..=3)? {
            statement = statement.when(condition(bytes)?);
        }
        Ok(statement)
    };
    (0..count).map(statement).collect()
}
