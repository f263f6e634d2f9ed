//! Policy files in JSON, from bytes: whatever they hold, loading ends with a bundle or with findings that
//! have a place in the text, and the canonical form of what can be read is stable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use permitgate_files::{Bundle, format};

fuzz_target!(|text: &str| {
    check("policy.json", text);
});

fn check(name: &str, text: &str) {
    if let Err(error) = Bundle::parse(name, text) {
        let lines = text.split('\n').count();
        assert!(!error.findings().is_empty());
        for finding in error.findings() {
            let position = finding.position();
            assert!((1..=lines).contains(&position.line), "{error}");
            assert!(position.column >= 1 && !finding.message().is_empty(), "{error}");
            assert!(finding.to_string().chars().all(|c| c == '\n' || !c.is_control()), "{error}");
        }
    }
    let Ok(once) = format(name, text) else {
        return;
    };
    assert_eq!(format(name, &once).expect("what was written can be read"), once);
    let (before, after) = (Bundle::parse(name, text), Bundle::parse(name, once.as_str()));
    assert_eq!(before.is_ok(), after.is_ok(), "the meaning changed");
}
