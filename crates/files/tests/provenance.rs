//! Where values come from, as an operator writes it: each test of the file is a step that a stranger tried, or the everyday one
//! beside it.

use std::path::Path;

use permitgate_files::Bundle;

#[test]
fn values_count_as_what_they_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/provenance.toml");
    // A bundle with a test that fails does not load.
    Bundle::load(path).unwrap_or_else(|error| panic!("{error}"));
}

/// The same tests fail where the manifest does not say what a cart gives back.
#[test]
fn a_cart_that_is_not_said_to_give_back_endorses_what_was_put_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/provenance.toml");
    let text = std::fs::read_to_string(path).unwrap().replace(", given_back = true", "");
    let error = Bundle::parse("provenance.toml", &text).unwrap_err().to_string();
    assert!(error.contains("what was put in is not chosen by reading it back"), "{error}");
}
