//! Lines in, lines out, in order, by one thread or several, in bounded memory.

mod chunks;
mod turns;
mod work;

pub(crate) use chunks::{Chunk, Chunks, Line, MAX_LINE};
pub(crate) use work::{Plan, StreamFault, run};
