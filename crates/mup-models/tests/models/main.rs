//! Tests in single precision, the type in which models are trained.

mod bf16;
#[path = "../common/mod.rs"]
mod common;
mod configs;
mod sampler;
mod shapes;
mod start;
mod training;
