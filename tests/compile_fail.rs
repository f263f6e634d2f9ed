//! What must not compile: each program under `compile_fail` tries one way around the gate, and the
//! compiler's answer beside it shows that it fails for that reason. The programs under
//! `compile_pass` do the same things the allowed way, so that no case fails for want of an import.

#[test]
fn the_ways_around_the_gate_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
    cases.pass("tests/compile_pass/*.rs");
}
