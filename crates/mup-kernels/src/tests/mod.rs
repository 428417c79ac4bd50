//! Every fused operation against the same one made of Burn's operations, and against what must hold of any.

mod adam;
mod cases;
mod determinism;
mod empty;
mod fallback;
mod gradients;
mod harness;
mod large;
mod layout;
mod nonfinite;
mod random;
mod refusals;
mod same;
mod sgd;
mod subnormal;
