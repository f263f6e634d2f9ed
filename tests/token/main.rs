//! Tokens under attack: what is forged, widened, replayed or stale is refused, each with its own reason, and secrets
//! leave no trace.
//!
//! `PERMITGATE_TOKENS` sets how many sample tokens are damaged in every place, `PERMITGATE_SEQUENCES` how many
//! random actions are decided under tokens and under their parents.

#![cfg(feature = "token")]

mod attestation;

mod bounds;
mod cbor;
mod curve;
mod damage;
mod digest;
mod draw;
mod feed;
mod forged_blocks;
mod forgery;
mod hostile;
mod memory;
#[path = "../testkit/draw.rs"]
mod numbers;
mod proof;
mod roundtrip;
mod secrets;
mod signer;
mod verifier;
mod widening;
mod world;

use world::*;
