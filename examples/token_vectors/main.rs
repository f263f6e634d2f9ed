//! Writes `testdata/tokens/vectors.json`, the test vectors of the token format, and `vectors.md`, which tells what each is.
//!
//! Run it from the folder of the crate:
//!
//! ```text
//! cargo run --example token_vectors --features token
//! ```

mod vectors;

fn main() -> std::io::Result<()> {
    for (name, text) in vectors::files() {
        std::fs::write(format!("testdata/tokens/{name}"), text)?;
    }
    Ok(())
}
