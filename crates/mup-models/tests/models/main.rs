//! Tests in single precision, the type in which models are trained.

#[path = "../common/mod.rs"]
mod common;
mod bf16;
mod configs;
mod sampler;
mod shapes;
mod training;
