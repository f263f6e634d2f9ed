//! Text from outside: it becomes one canonical segment, which is that of no other text; and what is
//! canonical is the only form of what it stands for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use permitgate::model::{Resource, ResourceBuf};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;

fuzz_target!(|texts: (String, String)| {
    let (one, other) = texts;
    let (pushed, beside) = (push(&one), push(&other));
    if let (Some(pushed), Some(beside)) = (&pushed, &beside) {
        assert_eq!(pushed == beside, one == other, "{one:?} and {other:?}");
        bound(&one, pushed, beside);
    }
    if let Ok(resource) = Resource::parse(&one) {
        let texts: Vec<String> = resource.segments().map(unescape).collect();
        let (first, rest) = resource.segments().zip(&texts).next().expect("a path has a segment");
        assert_eq!(escaped_alone(rest), first);
        let mut rebuilt = ResourceBuf::new(first).expect("its first segment is canonical");
        for text in &texts[1..] {
            rebuilt = rebuilt.push(text).expect("it fitted before");
        }
        assert_eq!(rebuilt.as_str(), resource.as_str(), "a second form of the same path");
    }
});

fn push(text: &str) -> Option<ResourceBuf> {
    let base = ResourceBuf::new("base").expect("a canonical base");
    let Ok(pushed) = base.push(text) else {
        let may_fail =
            text.is_empty() || 3 * text.len() + 5 > permitgate::limits::MAX_RESOURCE_BYTES;
        assert!(may_fail, "{text:?} has no segment");
        return None;
    };
    let resource = Resource::parse(pushed.as_str()).expect("what was pushed is canonical");
    let segments: Vec<&str> = resource.segments().collect();
    let [_, segment] = segments[..] else { panic!("{text:?} is not one segment: {segments:?}") };
    assert_eq!(unescape(segment), text, "it does not read back");
    Some(pushed)
}

fn escaped_alone(text: &str) -> String {
    let pushed = ResourceBuf::new("x").expect("canonical").push(text).map(|path| path.to_string());
    // Two bytes of base may be what makes it too long.
    pushed.map_or_else(|_| text.to_owned(), |path| path["x/".len()..].to_owned())
}

fn unescape(segment: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), segment.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().expect("two digits"), rest.next().expect("two digits")];
            let digits = std::str::from_utf8(&digits).expect("digits are ASCII");
            bytes.push(u8::from_str_radix(digits, 16).expect("digits are hexadecimal"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("escapes make whole characters")
}

/// A name bound to one text matches the segment of that text and of no other.
fn bound(text: &str, own: &ResourceBuf, other: &ResourceBuf) {
    let permit = Statement::permit("p").operations(Operation::Read).resources(["base/{name}"]);
    let policy = Policy::new([permit]).expect("a plain policy");
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").bind("name", text);
    let Ok(scope) = scope.build() else { return };
    let gate = Gate::builder().clock(ManualClock::default()).sink(MemorySink::last(1));
    let gate = gate.build().expect("a plain gate");
    let allows =
        |path: &ResourceBuf| gate.decide(&Action::read("t", path.as_str()), &scope).is_allow();
    assert!(allows(own), "{text:?} does not match itself");
    assert_eq!(allows(other), own == other, "{text:?} matches {other}");
}
