//! K trials as one model against K models, with the initialization, plan and optimizers that a tuning run uses.
#![recursion_limit = "256"]

#[path = "../common/mod.rs"]
mod common;
mod diverged;
mod equality;
mod refused;
mod resume;
mod trials;
