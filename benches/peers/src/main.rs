//! What a decision costs in other engines: every engine, one workload, one run.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --quick
//! ```
//!
//! For 10, 100 and 1,000 statements, each engine gets the same 64 requests, half of them allowed.
//! Its answers are compared with a reference first; then it is timed, from a borrowed Rust struct
//! to a decision, with its policies prepared before. The table goes to standard output, the same
//! rows as JSON to `target/bench/peers.json` of the repository. `--quick` shows within seconds that
//! everything still works: 10 statements, few samples, and `peers-quick.json`, so that numbers
//! worth keeping are never replaced by rough ones.
//!
//! - `workload`: statements, requests, and the reference that knows the answers
//! - `engines`: one file for each engine, with how its statements are written
//! - `measure`: checks, times and counts
//! - `allocations`: the counting allocator
//! - `report`: the table and the file
#![deny(unsafe_code)]

#[path = "../../../tests/testkit/allocations.rs"]
mod allocations;
#[path = "../../../tests/testkit/draw.rs"]
mod draw;
mod engines;
mod measure;
mod report;
mod workload;

use anyhow::{Context, Result, bail};

use crate::measure::Effort;
use crate::workload::Workload;

fn main() -> Result<()> {
    let mut quick = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => quick = true,
            other => bail!("unknown argument `{other}`; there is only `--quick`"),
        }
    }
    let (sizes, effort, file_name): (&[usize], _, _) = if quick {
        (&[10], Effort::QUICK, "peers-quick.json")
    } else {
        (&[10, 100, 1_000], Effort::FULL, "peers.json")
    };

    let mut rows = Vec::new();
    for &size in sizes {
        let workload = Workload::new(size)?;
        for engine in engines::ENGINES {
            let name = engine.crate_name;
            eprintln!("measuring {name}, {size} statements");
            let row = (engine.measure)(&workload, &effort)
                .with_context(|| format!("measuring {name}, {size} statements"))?;
            rows.push(row);
        }
    }
    print!("{}", report::table(&rows)?);
    let path = report::write_json(&rows, file_name)?;
    eprintln!("written to {}", path.display());
    Ok(())
}
