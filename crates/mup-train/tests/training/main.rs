//! What `mup-train` promises, from outside the crate.
#![expect(clippy::float_cmp, reason = "equality to the bit is what most of these tests claim")]

mod accumulation;
mod bad_input;
mod gpt_transfer;
mod net;
mod not_finite;
mod schedules;
