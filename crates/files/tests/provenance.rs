//! Where values come from, as an operator writes it: each test of the file is a step that a stranger tried, or the everyday one
//! beside it.

use std::path::Path;

use permitgate::Session;
use permitgate::model::ValueKind;
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

/// Names count as what they are in every session that knows the directory, however it came to know it.
#[test]
fn names_of_the_directory_are_no_ids() {
    let text = "[directory]\nprincipals = [\"lee@example.com\"]\n\
                channels = { general-2026 = { joinable = \"internal\", members = [\"lee@example.com\"] } }\n";
    let bundle = Bundle::parse("names.toml", text).unwrap();
    let endorsed = Session::new();
    assert!(bundle.endorse_directory(&endorsed));
    for session in [endorsed, bundle.ground().session()] {
        assert!(session.is_endorsed("general-2026") && session.is_endorsed("lee@example.com"));
        assert!(session.is_endorsed_as(ValueKind::CHANNEL, "general-2026"));
        assert!(session.is_endorsed_as(ValueKind::PERSON, "lee@example.com"));
        assert!(!session.is_endorsed_as(ValueKind::id("file"), "general-2026"));
        assert!(!session.is_endorsed_as(ValueKind::id("order"), "lee@example.com"));
        assert!(!session.is_endorsed_as(ValueKind::PERSON, "general-2026"));
    }
}

/// What is somebody's own by an alias is so by the name, and the name must be of the kind.
#[test]
fn an_alias_of_what_is_own_stands_for_its_name() {
    let text = |name: &str| {
        format!(
            "[directory]\nprincipals = [\"dana@example.com\", \"{name}\"]\n\
             own = [{{ kind = \"person\", values = [\"U0042\"], of = \"dana@example.com\" }}]\n\
             aliases = {{ U0042 = \"{name}\" }}\n"
        )
    };
    let bundle = Bundle::parse("own.toml", text("lee@example.com")).unwrap();
    let own = bundle.ground().session_of("dana@example.com");
    assert!(own.is_endorsed_as(ValueKind::PERSON, "lee@example.com"));
    assert!(!own.is_endorsed_as(ValueKind::PERSON, "U0042"));
    // No argument is a person whose address is so long.
    let long = format!("{}@example.com", "x".repeat(100));
    let error = Bundle::parse("own.toml", text(&long)).unwrap_err().to_string();
    assert!(error.contains("`U0042` is no person"), "{error}");
}

/// A value that finds no room in any session is told when the file is read, not met when a call is denied.
#[test]
fn own_values_without_room_are_a_fault_and_names_a_warning() {
    let names = |count: usize| {
        let domain = format!("{0}.{0}.example.com", "d".repeat(60));
        let names = (0..count).map(|at| format!("\"{at:0>60}@{domain}\""));
        names.collect::<Vec<_>>().join(",\n")
    };
    let own = |count| {
        format!("[directory]\nown = [{{ kind = \"person\", values = [{}] }}]\n", names(count))
    };
    assert!(Bundle::parse("own.toml", own(1_000)).is_ok());
    let error = Bundle::parse("own.toml", own(4_000)).unwrap_err().to_string();
    assert!(error.contains("no session has room for these values"), "{error}");
    let known = |count| format!("[directory]\nprincipals = [{}]\n", names(count));
    let warned = |count| Bundle::parse("names.toml", known(count)).unwrap().warnings().len();
    assert_eq!((warned(1_000), warned(3_000)), (0, 1));
}
