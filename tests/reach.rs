//! An action about a place and everything below it, beside the places of a tree one by one.

#[expect(dead_code, reason = "this file needs a part of the reference only")]
mod reference;

use std::sync::Arc;

use permitgate::authority::{OwnershipError, OwnershipQuestion};
use permitgate::decision::Ruling;
use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::RuleContext;
use permitgate::model::{Operations, OwnedAction, Reach, Reader, Readers};
use permitgate::policy::{Applicability, Condition, Effect};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use permitgate::{Reason, Session, Verdict};
use proptest::prelude::*;
use proptest::sample::select;
use reference::{Setup, pattern_covers};

/// Names of the tree. No pattern here names the last.
const NAMES: [&str; 3] = ["a", "b", "c"];
const DEPTH: usize = 4;

/// A place and all below it, down to the depth of the tree.
fn tree(place: &str) -> Vec<String> {
    let mut all = vec![place.to_owned()];
    let mut last = all.clone();
    for _ in place.split('/').count()..DEPTH {
        let below = |place: &String| NAMES.map(|name| format!("{place}/{name}"));
        last = last.iter().flat_map(below).collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn pattern() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        4 => select(vec!["a", "b"]),
        2 => Just("*"),
        3 => Just("**"),
        2 => select(vec!["a*", "*b", "{invoker}", "{mine}"]),
    ];
    prop::collection::vec(segment, 1..=3).prop_map(|segments| segments.join("/"))
}

fn place() -> impl Strategy<Value = String> {
    prop::collection::vec(select(NAMES.to_vec()), 1..=2).prop_map(|names| names.join("/"))
}

type Rule = (Effect, String);

fn rules(effects: &'static [Effect]) -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec((select(effects), pattern()), 1..6)
}

const GRANTING: &[Effect] =
    &[Effect::Permit, Effect::Permit, Effect::Permit, Effect::RequireApproval, Effect::Forbid];
const RESTRICTING: &[Effect] = &[Effect::RequireApproval, Effect::Forbid];

fn statements(rules: &[Rule]) -> impl Iterator<Item = Statement> {
    rules.iter().enumerate().map(|(number, (effect, pattern))| {
        let statement = Statement::new(*effect, format!("s{number}"));
        statement.operations(Operations::ALL).resources([pattern])
    })
}

fn gate() -> Gate {
    Gate::builder().clock(ManualClock::default()).sink(MemorySink::last(1)).build().unwrap()
}

/// The same, where statements leave something out and what asks may do so for the rest.
fn excepting(
    root: &[Rule],
    above: &[Vec<Rule>],
    except: &[Option<String>],
    mine: &[&str],
) -> Scope {
    let statements = |rules: &[Rule], grants: bool| -> Vec<Statement> {
        let all = statements(rules).zip(rules).zip(except.iter().cycle());
        let statements = all.map(|((statement, (effect, pattern)), except)| match except {
            Some(other) if other != pattern && other != "**" && !other.starts_with("**/**") => {
                let statement = statement.except_resources([other]);
                let otherwise = grants && *effect == Effect::RequireApproval;
                if otherwise { statement.otherwise() } else { statement }
            }
            _ => statement,
        });
        statements.collect()
    };
    let root = Policy::new(statements(root, true)).unwrap();
    let capability =
        above.iter().fold(Capability::root(root, ambient_authority()), |held, rules| {
            held.attenuate(Restrictions::new(statements(rules, false)).unwrap()).unwrap()
        });
    let scope = Scope::builder(&capability).invoker("b").agent("triage");
    scope.bind_set("mine", mine.iter().copied()).build().unwrap()
}

/// What the layers say, where the name `mine` holds these.
fn scope(root: &[Rule], above: &[Vec<Rule>], mine: &[&str]) -> Scope {
    let root = Capability::root(Policy::new(statements(root)).unwrap(), ambient_authority());
    let capability = above.iter().fold(root, |held, rules| {
        let restrictions = Restrictions::new(statements(rules)).unwrap();
        held.attenuate(restrictions).unwrap()
    });
    let scope = Scope::builder(&capability).invoker("b").agent("triage");
    scope.bind_set("mine", mine.iter().copied()).build().unwrap()
}

fn ruling(gate: &Gate, scope: &Scope, place: &str, reach: Reach) -> (Ruling, Reason) {
    let action = Action::read("t", place);
    let action = if reach == Reach::Below { action.below() } else { action };
    let decision = gate.decide(&action, scope);
    assert_eq!(gate.authorize(&action, scope).is_ok(), decision.is_allow());
    (decision.ruling(), decision.reason())
}

fn cases() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(600), failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn it_is_no_more_allowed_than_the_strictest_place_below(
        root in rules(GRANTING),
        above in prop::collection::vec(rules(RESTRICTING), 0..2),
        place in place(),
        mine in prop::collection::vec(select(NAMES.to_vec()), 0..3),
        except in prop::collection::vec(prop::option::weighted(0.4, pattern()), 6),
    ) {
        let gate = gate();
        let excepting = excepting(&root, &above, &except, &mine);
        let (below, _) = ruling(&gate, &excepting, &place, Reach::Below);
        let each = tree(&place).into_iter().map(|one| ruling(&gate, &excepting, &one, Reach::Place).0);
        prop_assert!(below >= each.max().unwrap(), "with exceptions");
        let scope = scope(&root, &above, &mine);
        let (below, _) = ruling(&gate, &scope, &place, Reach::Below);
        let each: Vec<_> =
            tree(&place).iter().map(|one| ruling(&gate, &scope, one, Reach::Place)).collect();
        let strictest = each.iter().map(|(ruling, _)| *ruling).max().unwrap();
        prop_assert!(below >= strictest, "{below} and {strictest}");
        // A restriction meets it exactly where it is met somewhere in the tree, which has every name that patterns have.
        let all = (Effect::Permit, "**".to_owned());
        let restricted: Vec<Rule> =
            root.iter().filter(|(effect, _)| *effect != Effect::Permit).cloned().chain([all]).collect();
        let scope = self::scope(&restricted, &above, &mine);
        let (below, _) = ruling(&gate, &scope, &place, Reach::Below);
        let each = tree(&place).into_iter().map(|one| ruling(&gate, &scope, &one, Reach::Place).0);
        prop_assert_eq!(below, each.max().unwrap());
    }

    #[test]
    fn one_pattern_of_a_permit_covers_all_of_it(root in rules(&[Effect::Permit]), place in place()) {
        let (gate, scope) = (gate(), scope(&root, &[], &["a"]));
        let setup = Setup { invoker: "b".into(), project: "a".into(), ..Setup::default() };
        let covers = |(_, pattern): &Rule| {
            pattern_covers(&setup, &pattern.replace("{mine}", "{project}"), &place)
        };
        let (below, reason) = ruling(&gate, &scope, &place, Reach::Below);
        prop_assert_eq!(below == Ruling::Allow, root.iter().any(covers), "{}", reason);
    }

    #[test]
    fn neither_order_nor_another_layer_widens_it(
        root in rules(GRANTING),
        above in rules(RESTRICTING),
        place in place(),
        turn in 0_usize..6,
    ) {
        let gate = gate();
        let ask = |root: &[Rule], above: &[Vec<Rule>]| {
            ruling(&gate, &scope(root, above, &["a"]), &place, Reach::Below)
        };
        let before = ask(&root, &[]);
        let mut turned = root.clone();
        let count = turned.len();
        turned.rotate_left(turn % count);
        turned.extend(root.iter().cloned());
        prop_assert_eq!(ask(&turned, &[]), before);
        prop_assert!(ask(&root, std::slice::from_ref(&above)).0 >= before.0);
        let mut added = root.clone();
        added.extend(above);
        // Beside what grants, a required approval may grant what nothing did, once it is given.
        let ungranted = matches!(before.1, Reason::NotPermitted | Reason::NotOwned);
        prop_assert!(ask(&added, &[]).0 >= before.0 || ungranted);
    }

    /// Permits apart from each other are not put together, and what is below is never wider than what is above it.
    #[test]
    fn what_is_allowed_above_is_allowed_below(root in rules(GRANTING), place in place(), name in select(NAMES.to_vec())) {
        let (gate, scope) = (gate(), scope(&root, &[], &["a"]));
        let (above, _) = ruling(&gate, &scope, &place, Reach::Below);
        let (below, _) = ruling(&gate, &scope, &format!("{place}/{name}"), Reach::Below);
        prop_assert!(below <= above);
        prop_assert!(ruling(&gate, &scope, &place, Reach::Place).0 <= above);
    }

    #[test]
    fn a_session_learns_what_every_label_below_says(
        labels in prop::collection::vec((pattern(), prop::collection::vec(0_usize..3, 0..3), any::<bool>()), 0..5),
        place in place(),
        operation in select(Operation::ALL.to_vec()),
        open: bool,
    ) {
        let world = Labelled::new(&labels, open);
        let all = tree(&place);
        let action = |place| Action::new(operation, "t", place);
        let each: Vec<_> = all.iter().map(|one| world.after(&action(one))).collect();
        let (may, untrusted) = world.after(&action(&place).below());
        for (number, may) in may.iter().enumerate() {
            prop_assert!(!may || each.iter().all(|(each, _)| each[number]), "{}", number);
        }
        prop_assert!(untrusted || each.iter().all(|(_, untrusted)| !untrusted));
        // Nothing below is held back for no reason, as far as one pattern knows all of it.
        let known = labels.iter().any(|(pattern, ..)| pattern.as_str() == "**");
        if known {
            let join: Vec<bool> = (0..PEOPLE.len()).map(|n| each.iter().all(|(may, _)| may[n])).collect();
            prop_assert_eq!(may, join);
            prop_assert_eq!(untrusted, each.iter().any(|(_, untrusted)| *untrusted));
        }
        // And of an action that shows what the resource holds.
        for person in PEOPLE {
            let names = [person];
            let shown = |action: Action<'_>| world.decide(&action.visible_to(Audience::recipients(&names)));
            let below = shown(action(&place).below());
            let any_refused = all.iter().any(|one| !shown(action(one)));
            prop_assert!(!(below && any_refused), "{} {}", operation, person);
        }
    }
}

const PEOPLE: [&str; 3] = ["b", "lee", "sam"];

/// A gate with labels, under which everything is permitted to everybody.
struct Labelled {
    gate: Gate,
    capability: Capability,
}

impl Labelled {
    fn new(labels: &[(String, Vec<usize>, bool)], open: bool) -> Self {
        let rules = labels.iter().map(|(pattern, readers, untrusted)| {
            let pattern = pattern.replace("{mine}", "{invoker}");
            let readers: Readers = [0]
                .iter()
                .chain(readers)
                .map(|number| Reader::principal(PEOPLE[*number]))
                .collect();
            let rule = LabelRule::on([pattern]).readers(readers);
            if *untrusted { rule.untrusted() } else { rule }
        });
        let labels = Labels::new(rules).unwrap();
        // What no rule is about is for everybody, or as it is without a word.
        let public = || labels.clone().otherwise(Readers::public(), Integrity::Trusted);
        let labels = if open { public().unwrap() } else { labels };
        let gate = Gate::builder().labels(labels);
        let gate = gate.clock(ManualClock::default()).sink(MemorySink::last(1)).build().unwrap();
        let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
        let policy = Policy::new([all.readers(Readers::public())]).unwrap();
        Self { gate, capability: Capability::root(policy, ambient_authority()) }
    }

    fn scope(&self, session: &Session) -> Scope {
        let scope = Scope::builder(&self.capability).invoker("b").agent("triage");
        scope.session(session).build().unwrap()
    }

    /// Whom a session may write to that has begun an action, and whether outsiders spoke to it.
    fn after(&self, action: &Action<'_>) -> (Vec<bool>, bool) {
        let session = Session::new();
        let scope = self.scope(&session);
        self.gate.run(action, &scope, |_| Ok::<_, Refusal>(())).unwrap();
        let may = PEOPLE.map(|person| {
            let names = [person];
            let write = Action::read("t", "out").visible_to(Audience::recipients(&names));
            self.gate.decide(&write, &scope).is_allow()
        });
        (may.to_vec(), session.is_untrusted())
    }

    fn decide(&self, action: &Action<'_>) -> bool {
        self.gate.decide(action, &self.scope(&Session::new())).is_allow()
    }
}

#[test]
fn a_place_above_what_is_owned_is_not_owned() {
    let orders = Statement::permit("orders").operations(Operations::ALL);
    let orders = orders.resources(["orders/{mine}", "orders/{mine}/**"]);
    let closed =
        Statement::forbid("closed").operations(Operation::Update).resources(["orders/*/{closed}"]);
    let policy = Policy::new([orders, closed]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let of = |mine: &[&str], closed: &[&str]| {
        let scope = Scope::builder(&capability).invoker("dana").agent("support");
        let scope = scope.bind_set("mine", mine.iter().copied());
        scope.bind_set("closed", closed.iter().copied()).build().unwrap()
    };
    let gate = gate();
    let list =
        |scope: &Scope, place| gate.decide(&Action::read("list", place).below(), scope).reason();
    let update =
        |scope: &Scope| gate.decide(&Action::update("set", "orders/17").below(), scope).reason();
    let own = of(&["17", "23"], &[]);
    assert_eq!(list(&own, "orders/17"), Reason::Permitted);
    assert_eq!(list(&own, "orders/24"), Reason::NotOwned);
    assert_eq!(list(&own, "orders"), Reason::NotPermitted, "others have orders, too");
    // What nothing is bound to, nothing below can be.
    assert_eq!(update(&own), Reason::Permitted);
    assert_eq!(update(&of(&["17"], &["9"])), Reason::Forbidden);
    // Where nobody knows what is bound, the answer depends on it.
    let resolving = |name: &str| {
        let fails = |_: &OwnershipQuestion<'_>| -> Result<Vec<String>, OwnershipError> {
            Err(OwnershipError::new("the database is away"))
        };
        let other = if name == "mine" { "closed" } else { "mine" };
        let scope = Scope::builder(&capability).invoker("dana").agent("support");
        scope.bind_set(other, ["17"]).resolve(name, fails).build().unwrap()
    };
    assert_eq!(list(&resolving("mine"), "orders/17"), Reason::OwnershipUnknown);
    assert_eq!(update(&resolving("closed")), Reason::OwnershipUnknown);
    assert_eq!(list(&resolving("closed"), "orders/17"), Reason::Permitted);
}

/// A folder with a permit for all of it, and a forbid within.
fn folder() -> Scope {
    let read = Statement::permit("read").operations(Operation::Read).resources(["fs/r/**"]);
    let secret =
        Statement::forbid("secret").operations(Operation::Read).resources(["fs/r/secret/**"]);
    let capability = Capability::root(Policy::new([read, secret]).unwrap(), ambient_authority());
    Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap()
}

#[test]
fn an_explanation_tells_what_is_met_and_what_is_not_covered() {
    let (gate, scope) = (gate(), folder());
    let told = |place: &str| {
        let explanation = gate.explain(&Action::read("tree", place).below(), &scope);
        let [layer] = explanation.layers.as_slice() else { panic!("one layer") };
        let statements = layer.statements.iter();
        statements.map(|one| (one.applies, one.applicability.clone())).collect::<Vec<_>>()
    };
    let (fits, part) =
        ((true, Applicability::Fits), (false, Applicability::PartOfReach { exception: None }));
    let resource = (false, Applicability::Resource);
    assert_eq!(told("fs/r"), [fits.clone(), fits.clone()]);
    assert_eq!(told("fs/r/notes"), [fits.clone(), resource.clone()]);
    assert_eq!(told("fs"), [part, fits]);
    assert_eq!(told("other"), [resource.clone(), resource]);
}

#[test]
fn an_explanation_names_the_exception() {
    let read = Statement::permit("read").operations(Operation::Read).resources(["fs/**"]);
    let patterns = ["fs/keys/**", "fs/{invoker}/*.pem", "fs/a%2Ab"];
    let read = read.except_resources(patterns);
    let capability = Capability::root(Policy::new([read]).unwrap(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
    let gate = gate();
    let told = |action: &Action<'_>| {
        let explanation = gate.explain(action, &scope);
        explanation.layers[0].statements[0].applicability.to_string()
    };
    let at = |place| told(&Action::read("tree", place));
    assert_eq!(at("fs/keys/id"), "its exception `fs/keys/**` matches the resource");
    assert_eq!(at("fs/dana/id.pem"), "its exception `fs/{invoker}/*.pem` matches the resource");
    assert_eq!(at("fs/a%2Ab"), "its exception `fs/a%2Ab` matches the resource");
    assert_eq!(at("fs/docs"), "everything fits");
    let below = |place| told(&Action::read("tree", place).below());
    let takes = |pattern| {
        format!("its exception `{pattern}` takes away some of what is below the resource")
    };
    assert_eq!(below("fs"), takes("fs/keys/**"));
    assert_eq!(below("fs/dana"), takes("fs/{invoker}/*.pem"));
    assert_eq!(below("fs/keys/old"), "its exception `fs/keys/**` matches the resource");
    assert_eq!(below("fs/docs"), "everything fits");
    assert!(below("other").starts_with("none of its patterns"));
}

#[test]
fn the_nearest_statement_is_the_one_of_which_most_is_met() {
    let conditions = |number: i32| [Condition::equals("a", number), Condition::equals("b", number)];
    let pay = |id: &str, number| {
        let pay = Statement::permit(id).operations(Operation::Create).resources(["bank/**"]);
        conditions(number).into_iter().fold(pay, Statement::when)
    };
    let statements = [
        Statement::permit("a-read").operations(Operation::Read).resources(["bank/**"]),
        Statement::permit("b-else").operations(Operation::Create).resources(["docs/**"]),
        Statement::forbid("c-forbid").operations(Operation::Create).resources(["bank/secret"]),
        pay("d-two", 1),
        pay("e-one", 2),
    ];
    let capability = Capability::root(Policy::new(statements).unwrap(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
    let gate = gate();
    let nearest = |action: &Action<'_>| {
        let explanation = gate.explain(action, &scope);
        explanation.nearest().map(|one| format!("{}: {}", one.id, one.applicability))
    };
    let arguments = [("a", 2.into()), ("b", 3.into())];
    let pays = Action::create("pay", "bank/1").with(&arguments);
    assert_eq!(nearest(&pays).unwrap(), "e-one: when[1] does not hold for `b`: equals 2");
    let writes = nearest(&Action::create("write", "notes")).unwrap();
    assert_eq!(writes, "b-else: none of its patterns matches the resource");
    let deletes = nearest(&Action::delete("wipe", "bank/1")).unwrap();
    assert_eq!(deletes, "a-read: it is about read and not delete");
    assert_eq!(nearest(&Action::read("look", "bank/1")), None);
    assert_eq!(nearest(&Action::create("pay", "bank/secret")), None, "it is forbidden");
}

#[test]
fn a_refusal_says_that_it_is_about_everything_below() {
    let (gate, scope) = (gate(), folder());
    let action = Action::read("tree", "fs/r").below();
    let refusal = gate.authorize(&action, &scope).unwrap_err();
    assert_eq!(
        refusal.describe(&action, &scope).to_string(),
        "agent `triage`, for `dana`, wants to read `fs/r` and everything below it with `tree`, visible to the invoker alone; \
         denied: it is forbidden (statement `secret` of the capability)"
    );
}

#[test]
fn a_record_keeps_how_far_it_reaches() {
    let sink = Arc::new(MemorySink::last(4));
    let gate = Gate::builder().sink(sink.clone()).build().unwrap();
    let (scope, place) = (folder(), Action::read("tree", "fs/r/notes"));
    drop(gate.authorize(&place.below(), &scope));
    drop(gate.authorize(&place, &scope));
    let reaches: Vec<Reach> = sink.records().iter().map(|record| record.reach).collect();
    assert_eq!(reaches, [Reach::Below, Reach::Place]);
}

#[test]
fn a_copy_and_its_text_reach_as_far() {
    let action = Action::delete("remove", "fs/tmp").below();
    let kept = OwnedAction::try_from(&action).unwrap();
    assert_eq!(kept.view().reach(), Reach::Below);
    let written = serde_json::to_string(&kept).unwrap();
    assert_eq!(
        written,
        r#"{"operation":"delete","tool":"remove","resource":"fs/tmp","reach":"below"}"#
    );
    let read = |text: &str| serde_json::from_str::<OwnedAction>(text);
    assert_eq!(read(&written).unwrap(), kept);
    let place = read(&written.replace("below", "place")).unwrap();
    assert_eq!(place.view().reach(), Reach::Place);
    let error = read(&written.replace("below", "all")).unwrap_err().to_string();
    assert!(error.contains("unknown variant `all`, expected `place` or `below`"), "{error}");
    let error = read(&written.replace("\"below\"", "true")).unwrap_err().to_string();
    assert!(error.contains("expected a reach as a word"), "{error}");
}

#[test]
fn rules_see_how_far_it_reaches() {
    let rule = |context: &RuleContext<'_>| match context.action().reach() {
        Reach::Place => Verdict::Pass,
        Reach::Below => Verdict::require_approval("a whole tree"),
    };
    let gate = Gate::builder().rule("trees", rule).build().unwrap();
    let (scope, notes) = (folder(), Action::read("tree", "fs/r/notes"));
    assert_eq!(gate.decide(&notes, &scope).ruling(), Ruling::Allow);
    assert_eq!(gate.decide(&notes.below(), &scope).ruling(), Ruling::Hold);
}
