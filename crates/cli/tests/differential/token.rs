//! What the tests of tokens draw, and whom their verifiers trust.

#[path = "../../../../tests/token/draw.rs"]
pub(crate) mod draw;
#[path = "../../../../tests/token/world.rs"]
pub(crate) mod world;

use crate::draw as numbers;
