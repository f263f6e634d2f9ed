//! Where values come from, by kind: what was vouched for as one thing passes for no other, and what a user says counts as what it
//! is called.

use permitgate::flow::{Origin, Origins};
use permitgate::manifest::{
    ArgumentSpec, AudienceSpec, DecimalSpec, EffectSpec, MailboxSpec, NameSpec, PathSpec,
    ResultSpec, TimeSpec, ToolSpec, TrustSpec, UrlSpec,
};
use permitgate::model::{NoArguments, Operations, Readers, Value, ValueKind};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::{Manifest, Session};
use serde_json::{Value as Json, json};

/// One tool for each kind of argument, each allowed only where its argument is endorsed.
fn manifest() -> Manifest {
    let one = |name: &str, argument: ArgumentSpec| {
        ToolSpec::new(name).argument("it_is", argument).effect(EffectSpec::update("x"))
    };
    let mail = || {
        let sender = TrustSpec::of(ValueKind::PERSON).counts_for(["answer"]);
        ResultSpec::new()
            .gives("*.id", ValueKind::id("mail"))
            .gives("*.sender", sender)
            .outsider(["*.body"])
    };
    Manifest::new([
        one("order", ArgumentSpec::id("order")),
        one("standing", ArgumentSpec::id("standing-order")),
        one("file", ArgumentSpec::id("file")),
        one("mail", ArgumentSpec::id("mail")),
        one("password", ArgumentSpec::id("password").secret()),
        one("person", ArgumentSpec::person(NameSpec::new())),
        one("answer", ArgumentSpec::mailbox(MailboxSpec::new())),
        one("invite", ArgumentSpec::mailbox(MailboxSpec::new().fold_local_part())),
        one("channel", ArgumentSpec::channel(NameSpec::new())),
        one("url", ArgumentSpec::url(UrlSpec::new())),
        one("path", ArgumentSpec::path(PathSpec::new())),
        one("home", ArgumentSpec::path(PathSpec::new().root("/home/dana").cwd("/home/dana/work"))),
        one("amount", ArgumentSpec::decimal(DecimalSpec::new(2))),
        one("text", ArgumentSpec::text()),
        one("number", ArgumentSpec::integer()),
        ToolSpec::new("unread").effect(EffectSpec::read("mail")).result(mail()),
        ToolSpec::new("contacts").effect(EffectSpec::read("contacts")).result(
            ResultSpec::new().gives("*.email", ValueKind::PERSON).gives("*.home", ValueKind::URL),
        ),
        ToolSpec::new("old")
            .effect(EffectSpec::read("old"))
            .result(ResultSpec::new().trusted(["*"])),
        ToolSpec::new("send")
            .argument("to", ArgumentSpec::list(ArgumentSpec::mailbox(MailboxSpec::new())))
            .argument("files", ArgumentSpec::list(ArgumentSpec::id("file")))
            .effect(EffectSpec::create("sent").audience(AudienceSpec::recipients(["to"]))),
    ])
    .unwrap()
}

struct World {
    manifest: Manifest,
    gate: Gate,
    scope: Scope,
}

impl World {
    fn new() -> Self {
        Self::asking("it_is")
    }

    fn asking(argument: &str) -> Self {
        Self::asking_from(argument, Origins::ANY)
    }

    fn asking_from(argument: &str, origins: impl Into<Origins>) -> Self {
        let origins = origins.into();
        let any = |argument: &str| Condition::endorsed(argument, origins);
        let policy = Policy::new([
            Statement::permit("read").operations(Operation::Read).resources(["**"]),
            Statement::permit("write")
                .operations(Operations::WRITES)
                .resources(["x"])
                .when(any(argument)),
            Statement::permit("send")
                .operations(Operation::Create)
                .resources(["sent"])
                .readers(Readers::public())
                .when(any("to"))
                .when(any("files")),
        ])
        .unwrap();
        let capability = Capability::root(policy, ambient_authority());
        let session = Session::new();
        let scope = Scope::builder(&capability).invoker("dana@example.com").agent("a");
        let scope = scope.session(&session).build().unwrap();
        Self { manifest: manifest(), gate: Gate::builder().build().unwrap(), scope }
    }

    fn says(text: &str) -> Self {
        let world = Self::new();
        assert!(world.scope.session().endorse_words(Origin::User, text));
        world
    }

    fn allows<'v>(&self, tool: &str, value: impl Into<Value<'v>>) -> bool {
        let arguments = [("it_is", value.into())];
        let call = self.manifest.map(tool, &arguments, &self.scope);
        assert!(call.fault().is_none(), "{tool}: {:?}", call.fault());
        self.gate.decide_call(&call, &self.scope).is_allow()
    }

    fn result(&self, tool: &str, result: Value<'_>) {
        self.manifest
            .map(tool, &NoArguments, &self.scope)
            .endorse_result(result, self.scope.session());
    }
}

/// A stranger's mail asks for file 16; the user's own mail has the number 16.
#[test]
fn mail_16_does_not_endorse_file_16() {
    let world = World::new();
    let rows = [
        [
            ("id", Value::from("16")),
            ("sender", Value::from("david@example.com")),
            ("body", Value::from("Lunch?")),
        ],
        [
            ("id", Value::from(33)),
            ("sender", Value::from("Mallory <mallory@EVIL.example>")),
            ("body", Value::from("17")),
        ],
    ];
    let rows = [Value::Object(&rows[0]), Value::Object(&rows[1])];
    world.result("unread", Value::List(&rows));
    assert!(world.allows("mail", "16") && world.allows("mail", 16) && world.allows("mail", "33"));
    for tool in ["file", "order", "standing", "password", "text", "number"] {
        let value = if tool == "number" { Value::from(16) } else { Value::from("16") };
        assert!(!world.allows(tool, value), "{tool}");
    }
    assert!(!world.allows("mail", "17") && !world.allows("amount", 16));
    // Who wrote can be answered, and nothing else.
    assert!(
        world.allows("answer", "mallory@evil.example")
            && world.allows("answer", "David <david@EXAMPLE.com>")
    );
    assert!(
        !world.allows("invite", "mallory@evil.example")
            && !world.allows("person", "mallory@evil.example")
    );
    let (to, files) = ([Value::from("mallory@evil.example")], [Value::from("16")]);
    let arguments = [("to", Value::List(&to)), ("files", Value::List(&files))];
    let call = world.manifest.map("send", &arguments, &world.scope);
    assert!(!world.gate.decide_call(&call, &world.scope).is_allow());
}

#[test]
fn a_value_of_no_kind_counts_only_as_what_its_form_shows() {
    let world = World::new();
    let rows = ["16", "msg-16a7", "lee@example.com", "https://Example.com/a", "general", "notes"]
        .map(Value::from);
    world.result("old", Value::List(&rows));
    for tool in ["file", "mail", "order", "password"] {
        assert!(!world.allows(tool, "16") && !world.allows(tool, "msg-16a7"), "{tool}");
    }
    assert!(
        world.allows("text", "16") && world.allows("number", 16),
        "plain arguments take plain values"
    );
    assert!(
        world.allows("answer", "Lee <lee@EXAMPLE.com>")
            && world.allows("url", "https://example.com/a")
    );
    assert!(!world.allows("channel", "general") && !world.allows("url", "https://general/"));
    assert!(!world.allows("path", "notes") && !world.allows("amount", 16));
}

#[test]
fn words_are_ids_only_of_the_sort_that_stands_before_them() {
    let world = World::says(
        "Pay order 7, set the 12 reminders, and use standing orders 31, 32 and 33. File #9; 40 mails",
    );
    assert!(world.allows("order", 7) && world.allows("file", "9"));
    for id in [31, 32, 33] {
        assert!(world.allows("standing", id), "{id}");
    }
    for (tool, id) in [
        ("order", 12),
        ("standing", 7),
        ("standing", 12),
        ("mail", 7),
        ("file", 7),
        ("mail", 40),
        ("file", 40),
        ("order", 9),
    ] {
        assert!(!world.allows(tool, id), "{tool} {id}");
    }
    assert!(!World::says("set the 7 reminders for 6 pm").allows("order", 7));
    assert!(!World::says("I have paid my order. 16 people came").allows("order", 16));
    assert!(World::says("The order number 12 please").allows("order", "12"));
    assert!(World::says("Delete file 'q'").allows("file", "q"));
    assert!(World::says("refund ORD-7781a").allows("order", "ORD-7781a"), "an id by its looks");
}

/// Numbers that a text is numbered with, and those that count, are no ids of the word before them.
#[test]
fn numbers_of_lists_and_quantities_are_no_ids() {
    for text in [
        "1. cancel the order\n2. buy eggs",
        "1. cancel the order / 2. buy eggs",
        "1. cancel the order 2. buy eggs",
        "1) cancel the order 2) buy eggs",
        "1: cancel the order\r\n2: buy eggs",
        "(1) cancel the order (2) buy eggs",
        "1 - cancel the order 2 - buy eggs",
        "**1.** cancel the order **2.** buy eggs",
        "Cancel the order\n2 eggs, please",
        "Cancel the order\u{2028}2) buy eggs",
        "Cancel the order\u{85}2 eggs",
        "# Order\n2 eggs",
        "Take off the order 2 %",
        "Take off the order 2 EUR",
        "orders 7 and 2 %",
        "every order <2",
        "every order >2 EUR",
        "an order {2}",
        "the order 2 345 EUR",
        "Order \"\n2\n\"?",
    ] {
        assert!(!World::says(text).allows("order", 2), "{text}");
    }
    for text in [
        "Cancel order 2.",
        "1. cancel order 2\n2. buy eggs",
        "Cancel order 1, refund order 2",
        "orders 1, 2 and 3",
        "orders 7 and 2",
        "Is order (#2) late?",
        "order no. 2 – was 5 EUR",
    ] {
        assert!(World::says(text).allows("order", 2), "{text}");
    }
}

/// What a word is called stands on the same line, before it and beside it.
#[test]
fn a_kind_stands_right_before_its_value() {
    for text in ["Ask in the channel\nrandom", "the channel, random", "the \"channel\" random"] {
        assert!(!World::says(text).allows("channel", "random"), "{text}");
    }
    for text in ["Ask in channel random", "Ask in the (channel random)", "channel: random"] {
        assert!(World::says(text).allows("channel", "random"), "{text}");
    }
    for text in ["I asked my friend.) Mallory said", "“Ask my friend.” Mallory said", "Hm… Mallory"]
    {
        assert!(!World::says(text).allows("person", "Mallory"), "{text}");
    }
}

/// The values of a thing are what calls know it by, in arguments of no kind, as ids, and as what their signs show.
#[test]
fn values_of_things_are_what_their_form_leaves_no_doubt_of() {
    let directory = permitgate::Directory::builder()
        .thing(
            "rent",
            ["7", "owner@example.com", "a/b.txt", "c.txt", "evil.example", "https://evil.example/"],
        )
        .build()
        .unwrap();
    let one = World::new();
    assert!(one.scope.session().endorse_named(&directory, "Raise the rent"));
    let together = World::new();
    let mut given = permitgate::flow::Endorsements::new();
    given.named(&directory, "Raise the rent");
    assert!(together.scope.session().endorse_all(&given));
    for world in [one, together] {
        assert!(world.allows("order", 7) && world.allows("text", "7") && world.allows("number", 7));
        assert!(!world.allows("order", 8) && !world.allows("amount", 7));
        for (tool, value) in
            [("person", "owner@example.com"), ("path", "a/b.txt"), ("url", "https://evil.example/")]
        {
            assert!(world.allows(tool, value), "{tool} {value}");
        }
        for (tool, value) in [
            ("person", "7"),
            ("person", "evil.example"),
            ("path", "c.txt"),
            ("path", "7"),
            ("url", "https://evil.example/x"),
            ("channel", "evil.example"),
        ] {
            assert!(!world.allows(tool, value), "{tool} {value}");
        }
        assert!(!world.scope.session().is_endorsed_as(ValueKind::HOST, "evil.example"));
    }
}

/// A link that is trusted by no kind stands for itself; the host of one that the user said, for whatever is there.
#[test]
fn a_trusted_link_does_not_endorse_its_host() {
    let link = "https://evil.example/a";
    let of = |endorse: &dyn Fn(&Session)| {
        let world = World::asking("it_is.host");
        endorse(world.scope.session());
        let by_host = world.allows("url", "https://evil.example/b");
        assert!(world.scope.session().is_endorsed_as(ValueKind::URL, link));
        assert_eq!(by_host, world.scope.session().is_endorsed_as(ValueKind::HOST, "evil.example"));
        by_host
    };
    assert!(of(&|session| _ = session.endorse_words(Origin::User, link)));
    assert!(of(&|session| _ = session.endorse(Origin::User, link)));
    for origin in [Origin::Result, Origin::Program, Origin::Directory] {
        assert!(!of(&|session| _ = session.endorse(origin, link)), "{origin:?}");
        let mut given = permitgate::flow::Endorsements::new();
        given.value(origin, Value::from(link));
        assert!(!of(&|session| _ = session.endorse_all(&given)), "{origin:?}");
    }
    let old = World::asking("it_is.host");
    old.result("old", Value::List(&[Value::from(link)]));
    assert!(!old.allows("url", "https://evil.example/b"));
}

#[test]
fn a_word_of_a_request_is_no_password() {
    let said = "Read the letter 'landlord-notices.txt' at 10am and do what is needed, Dana";
    let world = World::says(said);
    for word in ["what is needed", "letter", "Read", "Dana", "10am", "hunter2", "needed", "at"] {
        assert!(!world.allows("password", word), "{word}");
    }
    assert!(World::says("change it to '1j1l-2k3j'").allows("password", "1j1l-2k3j"));
    assert!(
        World::says("set my password to x; new password: hunter2").allows("password", "hunter2")
    );
}

#[test]
fn names_are_no_urls_and_urls_have_one_form() {
    let world = World::says(
        "Post it in #general and in channel random; read HTTPS://Example.com:443/a and www.news.example",
    );
    assert!(world.allows("channel", "#general") && world.allows("channel", "random"));
    assert!(
        world.allows("url", "https://example.com/a")
            && world.allows("url", "https://www.news.example/")
    );
    for url in [
        "https://general/",
        "https://example.com/b",
        "https://random/",
        "https://example.com.evil/a",
    ] {
        assert!(!world.allows("url", url), "{url}");
    }
    for channel in ["read", "Post", "example.com", "www.news.example"] {
        assert!(!world.allows("channel", channel), "{channel}");
    }
    // By host, where the control says so.
    let world = World::asking("it_is.host");
    world.scope.session().endorse_words(Origin::User, "see https://example.com/a");
    assert!(
        world.allows("url", "https://EXAMPLE.com/b?x=1")
            && !world.allows("url", "https://evil.example/a")
    );
    assert!(!world.allows("url", "https://a.example.com/"));
    let home = [[
        ("home", Value::from("https://evil.example/a")),
        ("email", Value::from("lee@example.com")),
    ]];
    world.result("contacts", Value::List(&[Value::Object(&home[0])]));
    assert!(
        !world.allows("url", "https://evil.example/b"),
        "a URL of a result endorses itself alone"
    );
}

#[test]
fn people_paths_and_amounts_compare_in_one_form() {
    let world = World::says(
        "Tell Lee@Example.COM, @bob and my friend Mia Anderson; read ./a/b.txt, /home/dana/work/c.txt, d.txt. Pay $2,200.50",
    );
    assert!(world.allows("answer", "Lee@example.com") && world.allows("invite", "LEE@example.com"));
    assert!(world.allows("person", "bob") && world.allows("person", "Mia Anderson"));
    assert!(!world.allows("person", "friend") && !world.allows("person", "Tell"));
    assert!(world.allows("path", "a/./b.txt") && !world.allows("path", "friend"));
    assert!(world.allows("home", "c.txt") && world.allows("home", "/home/dana/work/c.txt"));
    assert!(
        world.allows("home", "/home/dana/work/d.txt") && !world.allows("home", "/home/dana/d.txt")
    );
    assert!(world.allows("amount", 2200.5) && !world.allows("amount", 2200));
    assert!(!world.allows("order", "2200"));
}

#[test]
fn the_invoker_is_known_as_a_person() {
    let world = World::new();
    assert!(
        world.allows("invite", "Dana@EXAMPLE.com") && world.allows("answer", "dana@example.com")
    );
    assert!(
        !world.allows("text", "dana@example.com") && !world.allows("invite", "lee@example.com")
    );
}

#[test]
fn what_is_trusted_reads_as_it_was_written() {
    let texts = [
        r#"{"trusted":["a","b.*"]}"#,
        r#"{"trusted":{"*.id":"mail","*.sender":{"kind":"person","counts_for":["send"]},"u":{"id":"url"}}}"#,
    ];
    for text in texts {
        let spec: ResultSpec = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&spec).unwrap(), text);
    }
    for text in [
        r#"{"trusted":{"a":{"kind":"person","id":"x"}}}"#,
        r#"{"trusted":{"a":{"counts_for":["send"]}}}"#,
        r#"{"trusted":{"a":{"kind":"person","for":["send"]}}}"#,
        r#"{"trusted":{"a":1}}"#,
        r#"{"trusted":"a"}"#,
    ] {
        assert!(serde_json::from_str::<ResultSpec>(text).is_err(), "{text}");
    }
    let manifest = |trust: TrustSpec| {
        Manifest::new([ToolSpec::new("t")
            .effect(EffectSpec::read("x"))
            .result(ResultSpec::new().gives("a", trust))])
    };
    let person = || TrustSpec::of(ValueKind::PERSON);
    assert!(manifest(person().counts_for(["t"])).is_ok());
    assert!(manifest(person().counts_for([""; 0])).is_err());
    let error = manifest(person().counts_for(["nobody"])).unwrap_err().to_string();
    assert!(error.contains("`nobody`, which is no tool of this manifest"), "{error}");
}

/// A shop whose cart gives back what was put in.
fn shop() -> Manifest {
    let id = |name: &str, sort: &str, resource: &str| {
        ToolSpec::new(name)
            .argument("it_is", ArgumentSpec::id(sort))
            .effect(EffectSpec::update(resource))
    };
    let cart = ResultSpec::new()
        .gives("lines.*.line", ValueKind::id("line"))
        .gives("lines.*.product", TrustSpec::of(ValueKind::id("product")).given_back())
        .gives("lines.*.seller", ValueKind::PERSON)
        .gives("order", ValueKind::id("order"))
        .gives("shop", ValueKind::id("shop"));
    Manifest::new([
        id("put_in", "product", "cart"),
        id("buy_again", "product", "x"),
        id("order_line", "line", "x"),
        id("order_all", "order", "x"),
        ToolSpec::new("write_to")
            .argument("it_is", ArgumentSpec::mailbox(MailboxSpec::new()))
            .effect(EffectSpec::update("x")),
        ToolSpec::new("search").effect(EffectSpec::read("shop")).result(
            ResultSpec::new().gives("*.product", ValueKind::id("product")).outsider(["*.review"]),
        ),
        ToolSpec::new("cart").effect(EffectSpec::read("cart")).result(cart),
    ])
    .unwrap()
}

/// What a stranger had put into the cart is no value to act on when the cart is read; what the user chose stays one.
#[test]
fn a_cart_gives_back_and_endorses_nothing_that_was_not_endorsed_when_it_was_put_in() {
    let cart = |lines: &[(&str, &Json)]| {
        let line = |(line, product): &(&str, &Json)| json!({"line": line, "product": product, "seller": "seller@shop.example"});
        json!({"lines": lines.iter().map(line).collect::<Vec<_>>(), "order": 9})
    };
    let world = || {
        let world = World { manifest: shop(), ..World::says("put product P-1 into my cart") };
        assert!(world.allows("buy_again", "P-1") && !world.allows("buy_again", "666"));
        world
    };
    // The stranger's product, by itself and beside the user's.
    let (own, strange) = (&json!("P-1"), &json!(666));
    let both = world();
    both.result("cart", Value::from(&cart(&[("L1", own), ("L2", strange)])));
    assert!(both.allows("buy_again", "P-1") && both.allows("order_line", "L1"));
    assert!(!both.allows("buy_again", "666") && !both.allows("order_line", "L2"));
    assert!(!both.allows("order_all", "9"), "the order holds the stranger's product");
    // All of it is the user's.
    let all = world();
    all.result("cart", Value::from(&cart(&[("L1", own)])));
    assert!(all.allows("order_line", "L1") && all.allows("order_all", "9"));
    assert!(all.allows("write_to", "seller@shop.example"));
    // Where nothing is given back, nothing was known: what was put in may stand where nobody looks for it.
    let empty = world();
    empty.result("cart", Value::from(&cart(&[])));
    assert!(!empty.allows("order_all", 9) && !empty.allows("order_line", "L1"));
    // Nor of one place, whatever stands at the others.
    let at_one_place = ResultSpec::new()
        .gives("order", ValueKind::id("order"))
        .gives("lines.0.product", TrustSpec::of(ValueKind::id("product")).given_back());
    let error = Manifest::new([ToolSpec::new("cart")
        .effect(EffectSpec::read("cart"))
        .result(at_one_place)]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("would go unseen; write `*`"), "{error}");
    // What is given back in another shape, or not at all, was not known.
    for product in [json!(null), json!(true), json!(["P-1"]), json!({"id": "P-1"}), json!("")] {
        let (world, product) = (world(), &product);
        world.result("cart", Value::from(&cart(&[("L1", product)])));
        assert!(!world.allows("order_line", "L1") && !world.allows("order_all", "9"));
        assert!(!world.allows("write_to", "seller@shop.example"));
    }
    // A record without the field, and the right id of another sort.
    let bare = world();
    bare.result("cart", Value::from(&json!({"lines": [{"line": "L1"}], "order": 9})));
    assert!(!bare.allows("order_line", "L1") && !bare.allows("order_all", 9));
    let other = world();
    other.scope.session().endorse_as(Origin::User, ValueKind::id("order"), "666");
    other.result("cart", Value::from(&cart(&[("L2", strange)])));
    assert!(!other.allows("order_line", "L2"));
    // The shop's own search vouches for what it found, and then the cart may give it back.
    let found = world();
    found.result("search", Value::from(&json!([{"product": 666}])));
    found.result("cart", Value::from(&cart(&[("L2", strange)])));
    assert!(found.allows("order_line", "L2"));
    // Without a session nothing of it is known.
    assert!(shop().endorsed_by("cart", Value::from(&cart(&[("L1", own)]))).is_empty());
}

/// An explanation says as what a value is known, and as what it would have to be.
#[test]
fn an_explanation_names_the_kind_that_is_missing() {
    let world = World::new();
    let mail = json!([{"id": "16", "sender": "mallory@evil.example", "body": ""}]);
    world.result("unread", Value::from(&mail));
    for (tool, value, expected) in [
        ("file", "16", "`16` is known as id of a mail, not as id of a file"),
        ("file", "17", "`17` is known as nothing, and must be as id of a file"),
        (
            "invite",
            "mallory@evil.example",
            "`mallory@evil.example` is known as person for `answer` alone, not as person",
        ),
    ] {
        let arguments = [("it_is", Value::from(value))];
        let call = world.manifest.map(tool, &arguments, &world.scope);
        let told = world.gate.explain_call(&call, &world.scope);
        let told: String = told.iter().map(ToString::to_string).collect();
        assert!(told.contains(expected), "{tool} {value}: {told}");
    }
}

/// A value that is what it should be, and came from elsewhere, is not told to be something else.
#[test]
fn an_explanation_names_the_origin_that_is_missing() {
    let world = World::asking_from("it_is", Origin::Directory | Origin::Result);
    world.scope.session().endorse_words(Origin::User, "cancel order 7");
    for (tool, value, expected) in [
        (
            "order",
            "7",
            "`7` is known as id of an order from `user`, not from `directory` or `result`",
        ),
        ("file", "7", "not as id of a file"),
    ] {
        let arguments = [("it_is", Value::from(value))];
        let call = world.manifest.map(tool, &arguments, &world.scope);
        let told = world.gate.explain_call(&call, &world.scope);
        let told: String = told.iter().map(ToString::to_string).collect();
        assert!(told.contains(expected), "{tool} {value}: {told}");
    }
}

/// One tool for each way in which paths are written, and addresses and times are read.
fn spellings() -> Manifest {
    let one = |name: &str, argument: ArgumentSpec| {
        ToolSpec::new(name).argument("it_is", argument).effect(EffectSpec::update("x"))
    };
    let path = |name: &str, spec: PathSpec| one(name, ArgumentSpec::path(spec));
    Manifest::new([
        path("path", PathSpec::new()),
        path("home", PathSpec::new().root("/home/dana").cwd("/home/dana/work")),
        path("root", PathSpec::new().root("/").cwd("/srv")),
        path("fold", PathSpec::new().fold_case()),
        path("mac", PathSpec::new().root("/Users/Dana").cwd("/Users/Dana").fold_case()),
        path("windows", PathSpec::new().windows()),
        path("drive", PathSpec::new().windows().root("C:\\Users").cwd("C:\\Users\\Dana")),
        path("share", PathSpec::new().windows().root("\\\\srv\\data")),
        one("mail", ArgumentSpec::mailbox(MailboxSpec::new())),
        one("untagged", ArgumentSpec::mailbox(MailboxSpec::new().strip_plus())),
        one("both", ArgumentSpec::mailbox(MailboxSpec::new().strip_plus().fold_local_part())),
        one("instant", ArgumentSpec::time(TimeSpec::instant())),
        one("local", ArgumentSpec::time(TimeSpec::local())),
        one("date", ArgumentSpec::time(TimeSpec::date())),
    ])
    .unwrap()
}

fn says(text: &str) -> World {
    World { manifest: spellings(), ..World::says(text) }
}

#[test]
fn a_path_is_known_in_every_spelling_that_its_tool_takes() {
    for (text, tool, path) in [
        ("Clear docs/", "path", "docs/"),
        ("Clear docs/.", "path", "docs"),
        ("Clear 'my docs/'", "path", "my docs"),
        ("Clear a//b/", "path", "a/b"),
        ("Show .env and .ssh/config", "path", ".env"),
        ("Clear /home/dana/work/", "home", "/home/dana/work"),
        ("Clear /home/dana/", "home", "/home/dana"),
        ("Clear tmp/", "home", "tmp"),
        ("Clear /var/log/", "root", "/var/log"),
        ("Read Docs/ReadMe.md", "fold", "docs/README.md"),
        ("Clear Docs/", "fold", "DOCS"),
        ("Clear docs/", "fold", "DOCS"),
        ("Read a.TXT.", "fold", "A.txt"),
        ("Read ÉTÉ/Plan.md", "fold", "été/plan.md"),
        ("Read /users/dana/A.txt", "mac", "/Users/Dana/a.txt"),
        ("Clear /Users/Dana", "mac", "/users/dana"),
        ("Read Docs\\ReadMe.md", "windows", "docs\\readme.md"),
        ("Read docs/ReadMe.md", "windows", "Docs\\README.md"),
        ("Read C:\\Users\\Dana\\A.txt", "drive", "c:/users/dana/a.txt"),
        ("Read C:\\Users\\Dana\\A.txt", "drive", "a.txt"),
        ("Clear 'C:\\Users\\Dana\\My Files\\'", "drive", "C:\\Users\\Dana\\my files"),
        ("Clear C:\\Users", "drive", "c:\\users"),
        ("Read \\\\SRV\\Data\\a.txt", "share", "\\\\srv\\data\\A.txt"),
        ("Read //srv/data/a.txt", "share", "\\\\srv\\data\\A.txt"),
    ] {
        assert!(says(text).allows(tool, path), "{text}: {tool} {path}");
    }
    for (text, tool, path) in [
        ("Clear ./", "path", "."),
        ("Clear ./.", "path", "./"),
        ("Clear '.'", "path", "."),
        ("Clear ./", "home", "/home/dana"),
        ("Clear ./", "home", "/home/dana/work"),
        ("Clear ./ and /", "root", "/"),
        ("Clear .\\", "windows", "."),
        ("Read ../etc/passwd", "root", "/etc/passwd"),
        ("Read ./etc/passwd", "root", "/etc/passwd"),
        ("Read (../etc/passwd)", "root", "/etc/passwd"),
        ("Read .env2", "path", "env2"),
        ("Read Docs/ReadMe.md", "path", "docs/readme.md"),
        ("Read Docs\\ReadMe.md", "path", "docs/readme.md"),
        ("Read docs/a.txt", "fold", "docs/b.txt"),
        ("Read a.txt", "mac", "b/a.txt"),
        ("Read D:\\Users\\a.txt", "drive", "C:\\Users\\a.txt"),
        ("Read srv/data/a.txt", "share", "\\\\srv\\data\\a.txt"),
        ("Read \\\\srv\\data\\a.txt", "windows", "srv\\data\\a.txt"),
        ("Clear /home/dana/work", "home", "/home/dana"),
    ] {
        assert!(!says(text).allows(tool, path), "{text}: {tool} {path}");
    }
}

#[test]
fn an_address_is_known_without_its_tag_where_the_tool_strips_it() {
    for text in ["Tell Lee+News@Example.com", "Tell 'Lee <Lee+News@Example.com>'"] {
        let world = says(text);
        assert!(world.allows("mail", "Lee+News@example.com"), "{text}");
        assert!(world.allows("untagged", "Lee+Other@example.com"), "{text}");
        assert!(world.allows("both", "lee@example.com"), "{text}");
        assert!(
            !world.allows("mail", "Lee@example.com") && !world.allows("mail", "lee@example.com")
        );
        assert!(!world.allows("untagged", "Mia@example.com"));
    }
    let plain = says("Tell lee@example.com");
    assert!(
        plain.allows("untagged", "lee+x@example.com") && plain.allows("both", "LEE+x@example.com")
    );
    assert!(!plain.allows("mail", "lee+x@example.com"));
    // From wherever it came, and for one tool where it counts for that alone.
    let world = World { manifest: spellings(), ..World::new() };
    assert!(world.allows("untagged", "dana+x@example.com"), "the invoker");
    assert!(!world.allows("mail", "dana+x@example.com"));
    let given = |endorse: &dyn Fn(&Session)| {
        let world = World { manifest: spellings(), ..World::new() };
        endorse(world.scope.session());
        assert!(!world.allows("mail", "mia@example.com"));
        world.allows("untagged", "mia@example.com")
    };
    assert!(given(&|session| _ = session.endorse(Origin::Program, "mia+a@example.com")));
    assert!(given(&|session| {
        _ = session.endorse_as(Origin::Result, ValueKind::PERSON, "mia+a@example.com");
    }));
    assert!(!given(&|session| _ = session.endorse(Origin::Program, "mia.+a@example.com")));
}

/// A name before an address may begin with any letter.
#[test]
fn an_address_behind_a_name_in_any_letters_is_a_person() {
    let text = "Éva <eva@example.com>";
    for said in
        [text.to_owned(), format!("Tell {text}."), format!("Tell '{text}'"), format!("“{text}”")]
    {
        assert!(says(&said).allows("mail", "eva@example.com"), "{said}");
    }
    let world = World { manifest: spellings(), ..World::new() };
    let session = world.scope.session();
    assert!(session.endorse(Origin::Program, text));
    assert!(session.is_endorsed_as(ValueKind::PERSON, text));
    assert!(world.allows("mail", "eva@example.com") && !world.allows("mail", "ada@example.com"));
}

#[test]
fn a_time_is_known_in_the_one_form_of_its_argument() {
    for (text, tool, time) in [
        ("Move it to 2026-11-28T10:30:00+01:00", "instant", "2026-11-28T09:30:00Z"),
        ("Move it to 2026-11-28T09:30:00Z.", "instant", "2026-11-28 10:30:00+01:00"),
        ("Move it to 2026-11-28 09:30:00Z, please", "instant", "2026-11-28T09:30:00Z"),
        ("Move it to 2026-11-28 09:30, please", "local", "2026-11-28T09:30:00"),
        ("Move it to '2026-11-28 09:30'", "local", "2026-11-28T09:30"),
        ("Move it to 2026-11-28T09:30", "local", "2026-11-28 09:30:00"),
        ("Move it to 2026-11-28", "date", "2026-11-28"),
    ] {
        assert!(says(text).allows(tool, time), "{text}: {tool} {time}");
    }
    for (text, tool, time) in [
        ("Move it to 2026-11-28T09:30:00+01:00", "instant", "2026-11-28T09:30:00Z"),
        ("Move it to 2026-11-28 09:30", "local", "2026-11-28T09:31"),
        ("Move it to 2026-11-28 by 09:30", "local", "2026-11-28T09:30"),
        ("Move it to 2026-11-28", "local", "2026-11-28T00:00"),
        ("Move it to 2026-11-28 09:30", "instant", "2026-11-28T09:30:00Z"),
    ] {
        assert!(!says(text).allows(tool, time), "{text}: {tool} {time}");
    }
    let world = World { manifest: spellings(), ..World::new() };
    world.scope.session().endorse(Origin::Program, "2026-11-28T10:30:00+01:00");
    assert!(world.allows("instant", "2026-11-28T09:30:00Z"));
}

/// What the user calls by an alias is the name, as it is in an argument.
#[test]
fn an_alias_in_the_users_words_stands_for_its_name() {
    let directory = permitgate::Directory::builder()
        .principal("lee@example.com")
        .principal("mia@example.com")
        .channel("general", permitgate::directory::JoinPolicy::Anyone, ["lee@example.com"])
        .alias("C0123", "general")
        .alias("team", "general")
        .alias("U0042", "lee@example.com")
        .build()
        .unwrap();
    let said = |text: &str| {
        let named = [
            ToolSpec::new("channel").argument("it_is", ArgumentSpec::channel(NameSpec::new())),
            ToolSpec::new("person").argument("it_is", ArgumentSpec::person(NameSpec::new())),
            ToolSpec::new("answer").argument("it_is", ArgumentSpec::mailbox(MailboxSpec::new())),
        ];
        let tools = named.map(|tool| tool.effect(EffectSpec::update("x")));
        let manifest = Manifest::in_directory(tools, &directory).unwrap();
        let world = World { manifest, ..World::asking_from("it_is", Origin::User) };
        assert!(world.scope.session().endorse_words(Origin::User, text));
        assert!(world.scope.session().endorse_named(&directory, text));
        let together =
            World { manifest: world.manifest.clone(), ..World::asking_from("it_is", Origin::User) };
        let mut given = permitgate::flow::Endorsements::new();
        given.words(Origin::User, text);
        given.named(&directory, text);
        assert!(together.scope.session().endorse_all(&given));
        move |tool: &str, value: &str| {
            let allows = world.allows(tool, value);
            assert_eq!(together.allows(tool, value), allows, "{tool} {value}");
            allows
        }
    };
    for text in [
        "post in C0123",
        "post in #C0123.",
        "post in channel C0123",
        "post in 'C0123'",
        "in channel team",
    ] {
        let allows = said(text);
        assert!(allows("channel", "C0123") && allows("channel", "#general"), "{text}");
        assert!(!allows("person", "U0042") && !allows("channel", "random"), "{text}");
    }
    for text in ["tell U0042", "tell @U0042", "tell <@U0042>"] {
        let allows = said(text);
        assert!(allows("person", "@U0042") && allows("person", "lee@example.com"), "{text}");
        assert!(allows("answer", "Lee <lee@example.com>") && !allows("answer", "mia@example.com"));
        assert!(!allows("channel", "general"), "{text}");
    }
    for text in ["tell the team", "post in c0123", "C01234", "post in general"] {
        let allows = said(text);
        assert!(!allows("channel", "general") && !allows("person", "lee@example.com"), "{text}");
    }
}
