//! What belongs to whom: sets of values that a scope binds to a name, and who answers for them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permitgate::authority::{Ownership, OwnershipError, OwnershipFault, OwnershipQuestion};
use permitgate::decision::{Ruling, Source};
use permitgate::gate::RunError;
use permitgate::kinds::ScopeErrorKind;
use permitgate::limits::MAX_BOUND_VALUES;
use permitgate::model::ResourceBuf;
use permitgate::policy::{Applicability, Effect};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::{Directory, Reason, Session};
use proptest::prelude::*;

fn gate() -> Gate {
    Gate::builder().sink(MemorySink::last(4)).build().unwrap()
}

fn capability(statements: impl IntoIterator<Item = Statement>) -> Capability {
    Capability::root(Policy::new(statements).unwrap(), ambient_authority())
}

fn orders() -> Capability {
    capability([Statement::permit("orders")
        .operations(Operation::Read | Operation::Update)
        .resources(["orders/{mine}", "orders/{mine}/**"])])
}

fn owning(capability: &Capability, values: &[&str]) -> Scope {
    let scope = Scope::builder(capability).invoker("dana").agent("support");
    scope.bind_set("mine", values.iter().copied()).build().unwrap()
}

fn reason(scope: &Scope, resource: &str) -> Reason {
    gate().decide(&Action::read("orders.read", resource), scope).reason()
}

/// A thousand customers with one to six orders; every seventh order belongs to the next customer as well.
struct Shop {
    orders: Vec<BTreeSet<String>>,
}

impl Shop {
    fn new() -> Self {
        let (mut orders, mut next) = (vec![BTreeSet::new(); 1000], 0_usize);
        for customer in 0..1000 {
            for _ in 0..1 + customer * 7 % 6 {
                let order = match next % 5 {
                    0 => format!("{next}"),
                    1 => format!("A/{next}"),
                    2 => format!("ö {next}"),
                    3 => format!("{next}*"),
                    _ => format!("{next}..{{mine}}"),
                };
                orders[customer].insert(order.clone());
                if next.is_multiple_of(7) {
                    orders[(customer + 1) % 1000].insert(order);
                }
                next += 1;
            }
        }
        Self { orders }
    }

    fn all(&self) -> BTreeSet<&String> {
        self.orders.iter().flatten().collect()
    }
}

#[test]
fn nobody_reaches_the_orders_of_another_and_everybody_reaches_their_own() {
    let (shop, capability, gate) = (Shop::new(), orders(), gate());
    let all = shop.all();
    let written: Vec<(ResourceBuf, &String)> = all
        .iter()
        .map(|order| (ResourceBuf::new("orders").unwrap().push(order).unwrap(), *order))
        .collect();
    let (mut own, mut others, mut shared) = (0, 0, 0);
    for (number, orders) in shop.orders.iter().enumerate() {
        let scope = Scope::builder(&capability).invoker(format!("c{number}")).agent("support");
        let scope = scope.bind_set("mine", orders.iter().map(String::as_str)).build().unwrap();
        // A tenth of the pairs, another tenth for each customer, and all of the customer's own.
        for (place, (path, order)) in written.iter().enumerate() {
            let is_own = orders.contains(*order);
            if !is_own && place % 10 != number % 10 {
                continue;
            }
            let decision = gate.decide(&Action::read("orders.read", path.as_str()), &scope);
            assert_eq!(decision.is_allow(), is_own, "{order:?} for customer {number}");
            if is_own {
                own += 1;
                shared += usize::from(shop.orders[(number + 1) % 1000].contains(*order));
            } else {
                assert_eq!(decision.reason(), Reason::NotOwned);
                others += 1;
            }
        }
    }
    assert!(own > 3_000 && others > 300_000 && shared > 300, "{own} {others} {shared}");
}

/// What the ways around ownership let through or refused: ids that begin alike, patterns and paths in ids, other spellings.
#[test]
fn an_id_is_compared_as_it_is_and_whole() {
    let traps = [
        ("17", "orders/17", true),
        ("17", "orders/170", false),
        ("17", "orders/1", false),
        ("17", "orders/017", false),
        ("17", "orders/1%37", false),
        ("17", "orders/18", false),
        ("17", "orders/17/items/3", true),
        ("17", "orders/18/17", false),
        ("17", "orders", false),
        ("1*", "orders/17", false),
        ("1*", "orders/1%2A", true),
        ("*", "orders/17", false),
        ("**", "orders/17/items", false),
        ("{invoker}", "orders/dana", false),
        ("{mine}", "orders/17", false),
        ("17/18", "orders/17/18", false),
        ("17/18", "orders/17%2F18", true),
        ("..", "orders/17", false),
        ("abc", "orders/ABC", false),
        ("ABC", "orders/abc", false),
        ("dana", "orders/dana", true),
        ("mine", "orders/17", false),
    ];
    for (value, resource, expected) in traps {
        for more in [0, 3, 100] {
            let others: Vec<String> = (0..more).map(|n| format!("other-{n}")).collect();
            let values: Vec<&str> = others.iter().map(String::as_str).chain([value]).collect();
            let allowed = reason(&owning(&orders(), &values), resource) == Reason::Permitted;
            assert_eq!(allowed, expected, "{value:?} beside {more} on {resource}");
        }
    }
}

/// The words of the user, groups of the directory and its things say nothing about whose an order is.
#[test]
fn words_groups_and_things_make_nobody_an_owner() {
    let directory = Directory::builder()
        .principal("dana")
        .principal("lee")
        .group("17", ["dana"])
        .group("24", ["lee"])
        .build()
        .unwrap();
    let gate = Gate::builder().directory(directory).sink(MemorySink::last(1)).build().unwrap();
    let session = Session::new();
    let scope = Scope::builder(&orders()).invoker("dana").agent("support").session(&session);
    let scope = scope.bind_set("mine", ["17"]).build().unwrap();
    let read = |order: &str| {
        gate.decide(&Action::read("orders.read", &format!("orders/{order}")), &scope).reason()
    };
    assert!(session.endorse_words(permitgate::flow::Origin::User, "show me order 24 of lee"));
    assert_eq!(
        (read("17"), read("24"), read("lee")),
        (Reason::Permitted, Reason::NotOwned, Reason::NotOwned)
    );
}

#[test]
fn an_order_of_two_customers_is_in_the_sets_of_both() {
    let capability = orders();
    let (dana, lee) = (owning(&capability, &["17", "23"]), owning(&capability, &["23", "31"]));
    for (order, whose) in [("17", [true, false]), ("23", [true, true]), ("31", [false, true])] {
        let resource = format!("orders/{order}");
        let allowed = [&dana, &lee].map(|scope| reason(scope, &resource) == Reason::Permitted);
        assert_eq!(allowed, whose, "{order}");
    }
}

#[test]
fn an_empty_set_grants_nothing_and_forbids_nothing() {
    let capability = capability([
        Statement::permit("orders").operations(Operation::Read).resources(["orders/{mine}"]),
        Statement::permit("docs").operations(Operation::Read).resources(["docs/**"]),
        Statement::forbid("vip").operations(Operation::Read).resources(["docs/{vip}"]),
    ]);
    let scope = Scope::builder(&capability).invoker("dana").agent("support");
    let nothing: [&str; 0] = [];
    let scope = scope.bind_set("mine", nothing).bind_set("vip", nothing).build().unwrap();
    assert_eq!(reason(&scope, "orders/17"), Reason::NotOwned);
    assert_eq!(reason(&scope, "orders/mine"), Reason::NotOwned);
    assert_eq!(reason(&scope, "docs/17"), Reason::Permitted);
}

/// `NotOwned` only where nothing but the set stands against a permit.
#[test]
fn the_reason_says_not_owned_only_where_the_set_alone_stands_against_it() {
    let capability = capability([
        Statement::permit("own").operations(Operation::Read).resources(["orders/{mine}/*"]),
        Statement::permit("small")
            .operations(Operation::Update)
            .resources(["orders/{mine}"])
            .when(permitgate::policy::Condition::at_most("cents", 100)),
        Statement::forbid("closed").operations(Operation::Read).resources(["orders/66/*"]),
        Statement::permit("ask")
            .operations(Operation::Delete)
            .resources(["orders/{customer}/{mine}"]),
    ]);
    let scope = Scope::builder(&capability).invoker("dana").agent("support").bind("customer", "c1");
    let scope = scope.bind_set("mine", ["17"]).build().unwrap();
    let gate = gate();
    let decide = |action: Action<'_>| {
        let decision = gate.decide(&action, &scope);
        (decision.reason(), decision.grounds().bound_name().map(str::to_owned))
    };
    let mine = || Some("mine".to_owned());
    assert_eq!(decide(Action::read("t", "orders/24/items")), (Reason::NotOwned, mine()));
    assert_eq!(
        decide(Action::read("t", "orders/24")),
        (Reason::NotPermitted, None),
        "the path is another"
    );
    assert_eq!(decide(Action::create("t", "orders/24/items")), (Reason::NotPermitted, None));
    assert_eq!(decide(Action::read("t", "orders/66/items")), (Reason::Forbidden, None));
    assert_eq!(decide(Action::read("t", "mail/24/items")), (Reason::NotPermitted, None));
    let public = Action::read("t", "orders/24/items").visible_to(Audience::Public);
    assert_eq!(
        decide(public),
        (Reason::NotPermitted, None),
        "it would not be permitted to them either"
    );
    for (cents, reason) in [(100, Reason::NotOwned), (101, Reason::NotPermitted)] {
        let arguments = [("cents", permitgate::model::Value::from(cents))];
        assert_eq!(decide(Action::update("t", "orders/24").with(&arguments)).0, reason, "{cents}");
    }
    assert_eq!(
        decide(Action::update("t", "orders/24")).0,
        Reason::NotPermitted,
        "cents are missing"
    );
    assert_eq!(decide(Action::delete("t", "orders/c1/24")), (Reason::NotOwned, mine()));
    assert_eq!(
        decide(Action::delete("t", "orders/c2/17")).0,
        Reason::NotPermitted,
        "one value, another"
    );
}

#[test]
fn the_explanation_names_the_name_and_no_value_of_the_set() {
    let scope = owning(&orders(), &["17-secret", "23-secret"]);
    let action = Action::read("orders.read", "orders/24");
    let decision = gate().decide(&action, &scope);
    let source = decision.grounds().source();
    assert!(matches!(source, Some(Source::Owner(Some("orders"), "mine"))), "{source:?}");
    let words = decision.grounds().explain().to_string();
    assert_eq!(
        words,
        "it belongs to somebody else, or to nobody: `{mine}` does not hold it (statement `orders` of the capability)"
    );
    let explained = gate().explain(&action, &scope);
    let statement = &explained.layers[0].statements[0];
    assert_eq!(statement.applicability, Applicability::NotOwned { name: "mine".into() });
    assert!(!statement.applies);
    let text = explained.to_string();
    assert!(text.contains("`{mine}` does not hold what the resource names"), "{text}");
    assert!(!text.contains("secret") && !words.contains("secret"), "{text}");
}

#[test]
fn every_layer_compares_with_the_set_and_names_the_first_that_lacks_it() {
    let narrower = Policy::new([Statement::permit("open")
        .operations(Operation::Read)
        .resources(["orders/{open}"])]);
    let capability = orders().attenuate(narrower.unwrap()).unwrap();
    let scope = Scope::builder(&capability).invoker("dana").agent("support");
    let scope =
        scope.bind_set("mine", ["17", "23"]).bind_set("open", ["23", "31"]).build().unwrap();
    let named = |resource: &str| {
        let decision = gate().decide(&Action::read("t", resource), &scope);
        decision.grounds().bound_name().map(str::to_owned)
    };
    assert_eq!(reason(&scope, "orders/23"), Reason::Permitted);
    assert_eq!(named("orders/31").as_deref(), Some("mine"));
    assert_eq!(named("orders/17").as_deref(), Some("open"));
}

#[test]
fn what_cannot_be_bound_is_refused() {
    let capability = orders();
    let builder = || Scope::builder(&capability).invoker("dana").agent("support");
    let numbers = |count: usize| (0..count).map(|n| n.to_string());
    assert!(builder().bind_set("mine", numbers(MAX_BOUND_VALUES)).build().is_ok());
    let error = builder().bind_set("mine", numbers(MAX_BOUND_VALUES + 1)).build().unwrap_err();
    assert_eq!((error.kind(), error.name()), (ScopeErrorKind::TooManyValues, Some("mine")));
    assert_eq!(error.to_string(), "scope: more than 256 values are bound to `mine`");
    for bad in ["", "a\u{0}b"] {
        let error = builder().bind_set("mine", ["17", bad]).build().unwrap_err();
        assert_eq!((error.kind(), error.name()), (ScopeErrorKind::MalformedName, Some("mine")));
    }
    let error =
        builder().bind_set("invoker", ["lee"]).bind_set("mine", ["17"]).build().unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::AlwaysBound);
    assert_eq!(builder().build().unwrap_err().kind(), ScopeErrorKind::UnboundName);
}

/// Patterns over names and literals, near a few resources.
fn pattern() -> impl Strategy<Value = String> {
    let segment =
        prop::sample::select(vec!["a", "b", "*", "**", "{mine}", "{other}", "{one}", "a*"]);
    prop::collection::vec(segment, 1..5).prop_map(|segments| segments.join("/"))
}

fn set() -> impl Strategy<Value = BTreeSet<String>> {
    let value = prop::sample::select(vec!["a", "b", "c", "ab", "a/b", "*", "ä"]);
    prop::collection::btree_set(value.prop_map(str::to_owned), 0..6)
}

/// Matches by trying everything.
fn matches(pattern: &[&str], path: &[String], held: &dyn Fn(&str, &str) -> bool) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            matches(rest, path, held)
                || path.split_first().is_some_and(|(_, left)| matches(pattern, left, held))
        }
        (Some((step, rest)), Some((name, left))) => {
            let fits = match *step {
                "*" => true,
                "a*" => name.starts_with('a'),
                name_of if name_of.starts_with('{') => held(name_of.trim_matches(['{', '}']), name),
                literal => literal == name,
            };
            fits && matches(rest, left, held)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Sets in any place of any patterns, against a plain reference; and the laws of sets.
    #[test]
    fn a_set_stands_for_any_of_its_values(
        permits in prop::collection::vec(pattern(), 1..5),
        forbids in prop::collection::vec(pattern(), 0..2),
        mine in set(),
        other in set(),
        more in set(),
        path in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "ab", "a/b", "*", "ä", "one"]), 1..5),
    ) {
        let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
        let resource = path[1..].iter().fold(
            ResourceBuf::new(&first(&path[0])).unwrap(),
            |resource, name| resource.push(name).unwrap(),
        );
        let permit = Statement::permit("p").operations(Operation::Read).resources(permits.clone());
        let forbid = |f: &String| Statement::forbid(f.clone()).operations(Operation::Read).resources([f.clone()]);
        let mut statements = vec![permit];
        let distinct: BTreeSet<&String> = forbids.iter().collect();
        statements.extend(distinct.into_iter().map(forbid));
        let capability = capability(statements);
        let scope = |mine: &BTreeSet<String>| {
            let scope = Scope::builder(&capability).invoker("dana").agent("support").bind("one", "one");
            let scope = scope.bind_set("other", other.iter().cloned());
            scope.bind_set("mine", mine.iter().cloned()).build().unwrap()
        };
        let gate = gate();
        let action = Action::read("t", resource.as_str());
        let holds = |mine: &BTreeSet<String>, name: &str, value: &str| match name {
            "mine" => mine.contains(value),
            "other" => other.contains(value),
            _ => value == "one",
        };
        let fits = |patterns: &[String], held: &dyn Fn(&str, &str) -> bool| {
            patterns.iter().any(|p| matches(&p.split('/').collect::<Vec<_>>(), &path, held))
        };
        let decided = gate.decide(&action, &scope(&mine));
        let held = |name: &str, value: &str| holds(&mine, name, value);
        let (permitted, forbidden) = (fits(&permits, &held), fits(&forbids, &held));
        let owned = |name: &str, value: &str| name != "one" || value == "one";
        let expected = match (permitted, forbidden, fits(&permits, &owned)) {
            (_, true, _) => Reason::Forbidden,
            (true, false, _) => Reason::Permitted,
            (false, false, true) => Reason::NotOwned,
            (false, false, false) => Reason::NotPermitted,
        };
        prop_assert_eq!(decided.reason(), expected, "{:?} {:?} on {}", permits, forbids, resource.as_str());
        // A larger set never denies what a smaller one allowed, unless it is a prohibition that it is used for.
        let larger: BTreeSet<String> = mine.union(&more).cloned().collect();
        if decided.is_allow() && !forbids.iter().any(|f| f.contains("{mine}")) {
            prop_assert!(gate.decide(&action, &scope(&larger)).is_allow());
        }
        // An empty set grants nothing: without the name every answer is at least as strict.
        let without: Vec<String> = permits.iter().filter(|p| !p.contains("{mine}")).cloned().collect();
        if gate.decide(&action, &scope(&BTreeSet::new())).is_allow() {
            prop_assert!(fits(&without, &|name, value| holds(&BTreeSet::new(), name, value)));
        }
        // Asked for at the decision, it is the same answer.
        let values: Vec<String> = mine.iter().cloned().collect();
        let resolved = Scope::builder(&capability).invoker("dana").agent("support").bind("one", "one")
            .bind_set("other", other.iter().cloned())
            .resolve("mine", move |_: &OwnershipQuestion<'_>| Ok(values.clone()))
            .build().unwrap();
        prop_assert_eq!(gate.decide(&action, &resolved).reason(), expected);
        // Unknown, it is that answer where it is so whatever the set holds, or the reason says so.
        let unknown = Scope::builder(&capability).invoker("dana").agent("support").bind("one", "one")
            .bind_set("other", other.iter().cloned())
            .resolve("mine", |_: &OwnershipQuestion<'_>| Err(OwnershipError::new("down")))
            .build().unwrap();
        let answer = gate.decide(&action, &unknown);
        if answer.reason() != Reason::OwnershipUnknown {
            prop_assert_eq!(answer.ruling(), decided.ruling());
        }
        prop_assert!(!answer.is_allow() || decided.is_allow() && gate.decide(&action, &scope(&larger)).is_allow());
    }
}

fn first(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2F").replace('*', "%2A")
}

/// A database of orders that changes, and counts how often it is asked.
#[derive(Default)]
struct Database {
    orders: Mutex<Vec<String>>,
    asked: AtomicUsize,
}

impl Database {
    fn holding(orders: &[&str]) -> Arc<Self> {
        let database = Arc::new(Self::default());
        database.set(orders);
        database
    }

    fn set(&self, orders: &[&str]) {
        *self.orders.lock().unwrap() = orders.iter().map(ToString::to_string).collect();
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

struct Shared(Arc<Database>);

impl Ownership for Shared {
    fn owned(&self, question: &OwnershipQuestion<'_>) -> Result<Vec<String>, OwnershipError> {
        assert_eq!(
            (question.name(), question.invoker(), question.agent()),
            ("mine", "dana", "support")
        );
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.orders.lock().unwrap().clone())
    }
}

fn resolving(capability: &Capability, ownership: impl Ownership + 'static) -> Scope {
    let scope = Scope::builder(capability).invoker("dana").agent("support");
    scope.resolve("mine", ownership).build().unwrap()
}

#[test]
fn the_database_is_asked_once_for_a_decision_and_again_when_the_effect_begins() {
    let database = Database::holding(&["17"]);
    let capability = orders().attenuate(orders_again()).unwrap();
    let scope = resolving(&capability, Shared(database.clone()));
    let gate = gate();
    assert_eq!(database.asked(), 0, "not when the scope is built");
    let read = gate.tool("orders.read", Operation::Read);
    let action = read.on("orders/17");
    let permit = gate.authorize(&action, &scope).unwrap();
    assert_eq!(database.asked(), 1, "two layers use the name");
    permit.begin(&read).unwrap().done();
    assert_eq!(database.asked(), 1);
    let _ = gate.decide(&action, &scope);
    assert_eq!(database.asked(), 1);
    gate.halt(permitgate::gate::Halt::Everything);
    assert!(gate.authorize(&action, &scope).is_err());
    assert_eq!(database.asked(), 0, "what is refused already asks nobody");
}

fn orders_again() -> Policy {
    Policy::new([Statement::permit("again")
        .operations(Operation::Read | Operation::Update)
        .resources(["orders/{mine}", "orders/{mine}/**"])])
    .unwrap()
}

/// The order is sold between the permit and the effect.
#[test]
fn what_changed_hands_meanwhile_does_not_begin() {
    let database = Database::holding(&["17"]);
    let capability = orders();
    let scope = resolving(&capability, Shared(database.clone()));
    let gate = gate();
    let read = gate.tool("orders.read", Operation::Read);
    let permit = gate.authorize(&read.on("orders/17"), &scope).unwrap();
    database.set(&[]);
    let Err(refusal) = permit.begin(&read) else { panic!("it is another's") };
    assert_eq!(refusal.grounds().reason(), Reason::NotOwned);
    assert_eq!(reason(&scope, "orders/17"), Reason::NotOwned);
    database.set(&["17", "23"]);
    assert_eq!(reason(&scope, "orders/23"), Reason::Permitted);
    let permit = gate.authorize(&read.on("orders/17"), &scope).unwrap().detach().unwrap();
    database.set(&["23"]);
    let Err(refusal) = permit.begin(&read) else { panic!("it is another's") };
    assert_eq!(refusal.grounds().reason(), Reason::NotOwned, "detached as well");
    let ran = gate.run(&read.on("orders/23"), &scope, |_| {
        database.set(&[]);
        Ok::<_, ()>(())
    });
    assert_eq!(ran, Ok(()), "what has begun goes on");
    let ran = gate.run(&read.on("orders/23"), &scope, |_| Ok::<_, ()>(()));
    assert!(matches!(ran, Err(RunError::Refused(_))));
}

fn failing(fault: OwnershipFault) -> Box<dyn Ownership> {
    match fault {
        OwnershipFault::Failed => Box::new(|_: &OwnershipQuestion<'_>| {
            Err(OwnershipError::new("host=db password=hunter2"))
        }),
        OwnershipFault::Panicked => {
            Box::new(|_: &OwnershipQuestion<'_>| -> Result<_, OwnershipError> {
                panic!("password=hunter2")
            })
        }
        OwnershipFault::Late => Box::new(|question: &OwnershipQuestion<'_>| {
            std::thread::sleep(question.within() + Duration::from_millis(5));
            Ok(vec!["17".to_owned()])
        }),
        OwnershipFault::TooMany => Box::new(|_: &OwnershipQuestion<'_>| {
            Ok((0..=MAX_BOUND_VALUES).map(|n| n.to_string()).collect())
        }),
        _ => Box::new(|_: &OwnershipQuestion<'_>| Ok(vec!["17".to_owned(), String::new()])),
    }
}

struct Failing(Box<dyn Ownership>);

impl Ownership for Failing {
    fn owned(&self, question: &OwnershipQuestion<'_>) -> Result<Vec<String>, OwnershipError> {
        self.0.owned(question)
    }
}

#[test]
fn what_cannot_be_learned_denies_and_says_so() {
    let capability = capability([
        Statement::permit("orders").operations(Operation::Read).resources(["orders/{mine}"]),
        Statement::permit("docs").operations(Operation::Read).resources(["docs/**"]),
        Statement::forbid("others-drafts").operations(Operation::Read).resources(["docs/{mine}"]),
        Statement::permit("notes").operations(Operation::Read).resources(["notes/*"]),
        Statement::require_approval("ask").operations(Operation::Read).resources(["notes/{mine}"]),
    ]);
    let all = [
        (OwnershipFault::Failed, "it failed"),
        (OwnershipFault::Panicked, "it panicked"),
        (OwnershipFault::Late, "it answered too late"),
        (OwnershipFault::TooMany, "it gave too many values"),
        (OwnershipFault::Malformed, "it gave a malformed value"),
    ];
    for (fault, clause) in all {
        let scope = Scope::builder(&capability).invoker("dana").agent("support");
        let scope = scope.resolve("mine", Failing(failing(fault)));
        let scope = scope.resolve_within(Duration::from_millis(20)).build().unwrap();
        let gate = gate();
        let answer = gate.authorize(&Action::read("t", "orders/17"), &scope);
        let Err(Refusal::Denied(denial)) = answer else { panic!("{fault:?}: {answer:?}") };
        assert_eq!(denial.grounds().reason(), Reason::OwnershipUnknown);
        assert_eq!(denial.grounds().bound_name(), Some("mine"));
        assert_eq!(denial.grounds().ownership_error().map(OwnershipError::fault), Some(fault));
        let said = denial.explain().to_string();
        assert!(said.contains(clause) && said.contains("`{mine}`"), "{said}");
        assert!(!said.contains("hunter2"), "a model is told no error of a database: {said}");
        // A prohibition and a requirement of approval on an unknown set count.
        for narrowed in ["docs/17", "notes/17"] {
            assert_eq!(reason(&scope, narrowed), Reason::OwnershipUnknown, "{narrowed}");
        }
        // What it does not depend on is decided as ever.
        assert_eq!(reason(&scope, "docs/17/page"), Reason::Permitted);
        assert_eq!(reason(&scope, "mail/17"), Reason::NotPermitted);
        let explained = gate.explain(&Action::read("t", "docs/17"), &scope).to_string();
        let line = "* forbid `others-drafts`: which values `{mine}` holds could not be learned";
        assert!(explained.contains(line), "{explained}");
    }
}

/// What is left out of a statement by a set is left out of permits where the set is not known, and not of prohibitions.
#[test]
fn an_exception_that_cannot_be_told_narrows() {
    let read = |id: &str, effect| Statement::new(effect, id).operations(Operation::Read);
    let capability = capability([
        read("docs", Effect::Permit).resources(["docs/**"]).except_resources(["docs/{mine}/*"]),
        read("notes", Effect::Permit).resources(["notes/**"]),
        read("others", Effect::Forbid)
            .resources(["notes/**"])
            .except_resources(["notes/{mine}", "notes/all"]),
        read("asked", Effect::Permit).resources(["mail/*"]),
        read("ask", Effect::RequireApproval)
            .resources(["mail/**"])
            .except_resources(["mail/{mine}"]),
        // Neither nothing nor everything in the set forbids it, and a set of one of both does.
        read("odd", Effect::Permit).resources(["odd/**"]),
        read("torn", Effect::Forbid).resources(["odd/{mine}/*"]).except_resources(["odd/*/{mine}"]),
    ]);
    let own = owning(&capability, &["17"]);
    for (resource, expected) in [
        ("docs/17/a", Reason::NotPermitted),
        ("docs/18/a", Reason::Permitted),
        ("notes/17", Reason::Permitted),
        ("notes/18", Reason::Forbidden),
        ("notes/all", Reason::Permitted),
        ("mail/17", Reason::Permitted),
        ("mail/18", Reason::ApprovalRequired),
        ("odd/17/18", Reason::Forbidden),
        ("odd/17/17", Reason::Permitted),
    ] {
        assert_eq!(reason(&own, resource), expected, "{resource}");
    }
    let scope = Scope::builder(&capability).invoker("dana").agent("support");
    let unknown = scope
        .resolve("mine", |_: &OwnershipQuestion<'_>| Err(OwnershipError::new("down")))
        .build()
        .unwrap();
    for (resource, ruling) in [
        ("docs/17/a", Ruling::Deny),
        ("docs/18/a", Ruling::Deny),
        // No exception is about it, whatever the set holds.
        ("docs/17", Ruling::Allow),
        ("notes/17", Ruling::Deny),
        ("notes/all", Ruling::Allow),
        ("mail/17", Ruling::Hold),
        ("odd/17/18", Ruling::Deny),
    ] {
        let decision = gate().decide(&Action::read("t", resource), &unknown);
        assert_eq!(decision.ruling(), ruling, "{resource}: {decision}");
    }
    let explained = gate().explain(&Action::read("t", "docs/18/a"), &unknown).to_string();
    let line = "permit `docs`: which values `{mine}` holds could not be learned";
    assert!(explained.contains(line), "{explained}");
}

/// What nothing else grants is asked only as far as it is known that nothing does.
#[test]
fn what_asks_otherwise_is_no_way_around_an_unknown_set() {
    let read = |statement: Statement| statement.operations(Operation::Read);
    let capability = capability([
        read(Statement::permit("own")).resources(["orders/{mine}"]),
        read(Statement::require_approval("else")).resources(["orders/*", "docs/*"]).otherwise(),
    ]);
    let own = owning(&capability, &["17"]);
    assert_eq!(reason(&own, "orders/17"), Reason::Permitted);
    assert_eq!(reason(&own, "orders/18"), Reason::ApprovalRequired);
    let scope = Scope::builder(&capability).invoker("dana").agent("support");
    let unknown = scope
        .resolve("mine", |_: &OwnershipQuestion<'_>| Err(OwnershipError::new("down")))
        .build()
        .unwrap();
    assert_eq!(reason(&unknown, "orders/18"), Reason::OwnershipUnknown);
    assert_eq!(reason(&unknown, "docs/18"), Reason::ApprovalRequired);
}

#[test]
fn a_failure_when_the_effect_begins_stops_it() {
    let broken = Arc::new(AtomicUsize::new(0));
    let seen = broken.clone();
    let ownership = move |_: &OwnershipQuestion<'_>| match seen.load(Ordering::Relaxed) {
        0 => Ok(vec!["17".to_owned()]),
        _ => Err(OwnershipError::new("down")),
    };
    let (capability, gate) = (orders(), gate());
    let scope = resolving(&capability, ownership);
    let read = gate.tool("orders.read", Operation::Read);
    let permit = gate.authorize(&read.on("orders/17"), &scope).unwrap();
    broken.store(1, Ordering::Relaxed);
    let Err(refusal) = permit.begin(&read) else { panic!("nobody knows whose it is") };
    assert_eq!(refusal.grounds().reason(), Reason::OwnershipUnknown);
}

/// Statements that nothing decides by but the last: as many shapes as there are names and more.
#[test]
fn many_shapes_with_sets_are_looked_up_as_few_are() {
    let patterns = (0..60).map(|n| {
        let (front, behind) = (n % 8, n / 8);
        format!("{}{{mine}}{}", "s/".repeat(front), "/t".repeat(behind))
    });
    let statements = patterns.clone().enumerate().map(|(n, pattern)| {
        Statement::permit(format!("p{n}")).operations(Operation::Read).resources([pattern])
    });
    let scope = owning(&capability(statements), &["17", "23"]);
    for pattern in patterns {
        for (value, expected) in
            [("17", Reason::Permitted), ("23", Reason::Permitted), ("24", Reason::NotOwned)]
        {
            let resource = pattern.replace("{mine}", value);
            assert_eq!(reason(&scope, &resource), expected, "{resource}");
        }
    }
}

#[test]
fn what_was_answered_stands_in_the_record() {
    use permitgate::record::{DecisionRecord, Outcome, RecordError, RecordNumber, RecordSink};
    use permitgate::time::Timestamp;

    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    impl RecordSink for Kept {
        fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
            let sets: Vec<String> =
                record.bound_sets().map(|(name, values)| format!("{name} {values:?}")).collect();
            self.0.lock().unwrap().push(sets.join("; "));
            Ok(RecordNumber { stream: 0, sequence: 1 })
        }

        fn outcome(&self, _: RecordNumber, _: Outcome, _: Timestamp) -> Result<(), RecordError> {
            Ok(())
        }
    }

    let kept = Arc::new(Kept::default());
    let gate = Gate::builder().sink(kept.clone()).build().unwrap();
    let capability = capability([Statement::permit("orders")
        .operations(Operation::Read)
        .resources(["orders/{mine}", "open/{open}"])]);
    let database = Database::holding(&["23", "17", "17"]);
    let scope =
        Scope::builder(&capability).invoker("dana").agent("support").bind_set("open", ["5", "4"]);
    let scope = scope.resolve("mine", Shared(database.clone())).build().unwrap();
    let action = Action::read("t", "orders/17");
    drop(gate.authorize(&action, &scope));
    database.set(&[]);
    drop(gate.authorize(&action, &scope));
    let kept = kept.0.lock().unwrap();
    assert_eq!(
        *kept,
        [r#"open Ok(["4", "5"]); mine Ok(["17", "23"])"#, r#"open Ok(["4", "5"]); mine Ok([])"#]
    );
    assert_eq!(reason(&scope, "orders/17"), Reason::NotOwned);
    assert_eq!(gate.decide(&action, &scope).ruling(), Ruling::Deny);
}

/// A condition compares an argument with the set as a pattern does, and cannot be evaluated where it could not be learned, whichever
/// way round it asks: what is granted does not apply then, and what is forbidden does.
#[test]
fn a_condition_compares_with_the_set_and_narrows_where_it_is_unknown() {
    use permitgate::policy::Condition;
    let own = || Condition::equals_bound("order", "mine");
    let capability = capability([
        Statement::permit("own").operations(Operation::Read).resources(["a/*"]).when(own()),
        Statement::permit("not-own").operations(Operation::Read).resources(["b/*"]).when(!own()),
        Statement::permit("all").operations(Operation::Read).resources(["c/*", "d/*", "e/*"]),
        Statement::forbid("no-own").operations(Operation::Read).resources(["c/*"]).when(own()),
        Statement::forbid("own-only").operations(Operation::Read).resources(["d/*"]).when(!own()),
        Statement::forbid("both")
            .operations(Operation::Read)
            .resources(["e/*"])
            .when(own())
            .when(!Condition::equals_bound("other", "mine")),
    ]);
    let known = owning(&capability, &["17", "2/3"]);
    let down = |_: &OwnershipQuestion<'_>| Err(OwnershipError::new("down"));
    let unknown = resolving(&capability, down);
    let gate = gate();
    let allows = |scope: &Scope, resource: &str, order: &str| {
        let arguments = [("order", order.into()), ("other", permitgate::model::Value::from("24"))];
        gate.decide(&Action::read("t", resource).with(&arguments), scope).is_allow()
    };
    for (order, is_own) in [("17", true), ("2/3", true), ("24", false), ("2%2F3", false)] {
        for (resource, expected) in
            [("a/x", is_own), ("b/x", !is_own), ("c/x", !is_own), ("d/x", is_own), ("e/x", !is_own)]
        {
            assert_eq!(allows(&known, resource, order), expected, "{order} {resource}");
            assert!(!allows(&unknown, resource, order), "{order} {resource}, unknown");
        }
    }
}
