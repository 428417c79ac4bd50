//! Every fused operation against the same one made of Burn's operations.

mod cases;
mod harness;
mod same;
