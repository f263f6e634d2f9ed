//! Writes `testdata/tokens/vectors.json`, the test vectors of the token format.
//!
//! Run it from the folder of the crate:
//!
//! ```text
//! cargo run --example token_vectors --features token
//! ```

mod vectors;

fn main() -> std::io::Result<()> {
    std::fs::write("testdata/tokens/vectors.json", vectors::file())
}
