//! Tests in single precision, the type in which models are trained.

#[path = "../common/mod.rs"]
mod common;
mod shapes;
