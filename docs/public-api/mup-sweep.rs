// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use jobs::in_parallel;
    pub use log2_grid::{GridError, Log2Grid};
    pub use optimum::{Edge, Fit, Optimum, Point};
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    Low,
    High,
    Both,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    pub log2_rate: f64,
    pub loss: f64,
    pub curvature: f64,
}
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub struct GridError {
    pub low: f64,
    pub high: f64,
    pub step: f64,
    pub reason: &'static str,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[private_fields]
pub struct Log2Grid {}
impl FromStr for Log2Grid {
    type Err = String;
}
impl Log2Grid {
    pub fn new(low: f64, high: f64, step: f64) -> Result<Self, GridError> {}
    pub fn exponents(&self) -> Vec<f64> {}
    pub fn step(&self) -> f64 {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimum {
    pub log2_rate: f64,
    pub loss: f64,
    pub edge: Option<Edge>,
    pub fit: Option<Fit>,
}
impl Optimum {
    pub fn of(points: &[Point]) -> Option<Self> {}
    pub fn bracketed(&self) -> bool {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub log2_rate: f64,
    pub loss: Option<f64>,
}
pub fn in_parallel<T: Sync, R: Send, E: Send>(
    jobs: usize,
    items: &[T],
    run: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {}
