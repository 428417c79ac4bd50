//! What `mup-train` promises, from outside the crate.
#![expect(clippy::float_cmp, reason = "equality to the bit is what most of these tests claim")]

mod accumulation;
mod bad_input;
mod checkpoints;
mod damage;
mod gpt_transfer;
mod killed;
mod metrics;
#[path = "../../../mup-data/tests/moments/mod.rs"]
mod moments;
mod net;
mod not_finite;
mod refused;
mod running;
mod schedules;
