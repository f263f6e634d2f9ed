//! Everything that has a second opinion, asked many times: patterns, decisions and audiences beside the slow reference,
//! damaged tokens beside the ones that were issued, damaged lines beside another reader of JSON, damaged policy files,
//! and revocations that race with decisions.
//!
//! ```text
//! cargo test --release -p permitgate-cli --test differential
//! PERMITGATE_SHARE=1000 cargo test --release -p permitgate-cli --test differential
//! ```
//!
//! It prints how many cases there were, how many came out differently, and how long they took, and fails where one did.
//! `PERMITGATE_SHARE` is the share of the full run in thousandths, 100 without it; `PERMITGATE_SEED` starts other
//! cases, and is printed, as what differs comes again with the same seed and share. Generators, reference and comparisons are those
//! of the other tests.

mod authority;
mod damage;
mod table;

#[path = "../../../../tests/testkit/draw.rs"]
mod draw;
#[path = "../../../files/tests/mutated/damage.rs"]
mod files;
#[path = "../../../../tests/audience/questions.rs"]
mod questions;
#[path = "../../../../tests/revocation/race.rs"]
mod race;
#[path = "../../../../tests/reference/mod.rs"]
mod reference;
#[expect(dead_code, reason = "a part of what the tests of tokens draw is needed here")]
mod token;

use std::process::ExitCode;

use table::Table;

/// Cases of the full run.
const PATTERNS: u64 = 800_000;
const SUBTREES: u64 = 400_000;
const DECISIONS: u64 = 400_000;
const LARGE_DECISIONS: u64 = 100_000;
const AUDIENCES: u64 = 400_000;
const RACES: u64 = 80_000;
const TOKENS: u64 = 600_000;
const LINES: u64 = 900_000;
const FILES: u64 = 100_000;

fn main() -> ExitCode {
    let mut table = Table::told();
    table.run("patterns beside one by one", PATTERNS, authority::patterns);
    table.run("trees beside one by one", SUBTREES, authority::subtrees);
    table.run("decisions beside the reference", DECISIONS, authority::decisions);
    table.run("decisions of large policies", LARGE_DECISIONS, authority::large_decisions);
    table.run("audiences beside sets of people", AUDIENCES, authority::audiences);
    table.run("revocations while deciding", RACES, authority::races);
    table.run("damaged tokens", TOKENS, damage::tokens);
    table.run("damaged lines of decide", LINES, damage::lines);
    table.run("damaged policy files", FILES, damage::policy_files);
    table.finish()
}
