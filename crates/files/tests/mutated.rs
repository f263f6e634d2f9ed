//! Good files, damaged at random: loading ends with a bundle or with findings that have a place in the text,
//! and the canonical form is stable and means the same.

#[path = "mutated/damage.rs"]
mod damage;

use proptest::prelude::*;

use damage::{check, damaged};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_refused_with_a_place((name, text) in damaged()) {
        check(name, &text);
    }
}
