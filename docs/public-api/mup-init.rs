// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use distribution::{Distribution, FanMode, Nonlinearity};
    pub use draw::Draw;
    pub use error::{InitError, PlanMismatch, SpecProblem};
    pub use initialize::initialize;
    pub use seed::Stream;
    pub use spec::InitSpec;
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    Normal { std: f64 },
    TruncatedNormal { std: f64, a: f64, b: f64 },
    Uniform { bound: f64 },
    XavierNormal { gain: f64 },
    XavierUniform { gain: f64 },
    KaimingNormal { gain: f64, mode: FanMode },
    KaimingUniform { gain: f64, mode: FanMode },
    Constant { value: f64 },
    Zeros,
    Ones,
}
impl Distribution {
    pub fn kaiming_normal(nonlinearity: Nonlinearity) -> Self {}
    pub fn kaiming_uniform(nonlinearity: Nonlinearity) -> Self {}
    pub fn is_random(self) -> bool {}
    pub fn needs_fans(self) -> bool {}
    /// Whether the mean is zero, as a hidden weight needs.
    pub fn has_zero_mean(self) -> bool {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    Normal { std: f64 },
    TruncatedNormal { std: f64, a: f64, b: f64 },
    Uniform { bound: f64 },
    Constant { value: f64 },
}
impl Draw {
    pub fn times(self, factor: f64) -> Self {}
    pub fn largest(self) -> f64 {}
    pub fn values(self, stream: &Stream, n: usize) -> Vec<f32> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanMode {
    FanIn,
    FanOut,
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    Mismatch(Vec<PlanMismatch>),
    Spec(Vec<SpecProblem>),
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[private_fields]
pub struct InitSpec {}
impl Default for InitSpec {}
impl InitSpec {
    pub fn new() -> Self {}
    pub fn gaussian(std: f64) -> Self {}
    /// Input, embedding, hidden, inner and output weights.
    pub fn weights(self, distribution: Distribution) -> Self {}
    pub fn input(mut self, distribution: Distribution) -> Self {}
    pub fn embedding(mut self, distribution: Distribution) -> Self {}
    pub fn hidden(mut self, distribution: Distribution) -> Self {}
    /// heads; as [`hidden`](Self::hidden) unless said otherwise.
    pub fn inner(mut self, distribution: Distribution) -> Self {}
    pub fn output(mut self, distribution: Distribution) -> Self {}
    pub fn vector(mut self, distribution: Distribution) -> Self {}
    pub fn biases(mut self, distribution: Distribution) -> Self {}
    pub fn gains(mut self, distribution: Distribution) -> Self {}
    pub fn slopes(mut self, distribution: Distribution) -> Self {}
    pub fn scale_all(mut self, factor: f64) -> Self {}
    pub fn with(
        mut self,
        pattern: impl Into<PathPattern>,
        distribution: Distribution,
    ) -> Self {}
    pub fn zero(self, pattern: impl Into<PathPattern>) -> Self {}
    pub fn scale(mut self, pattern: impl Into<PathPattern>, factor: f64) -> Self {}
    pub fn zero_readout(mut self) -> Self {}
    pub fn zero_query<P: Into<PathPattern>>(
        self,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {}
    pub fn draws(&self, plan: &ScalingPlan) -> Result<Vec<Draw>, InitError> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonlinearity {
    Linear,
    Sigmoid,
    Tanh,
    Relu,
    LeakyRelu { slope: f64 },
    Selu,
}
impl Nonlinearity {
    pub fn gain(self) -> f64 {}
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanMismatch {
    Missing { path: String },
    Extra { path: String, dims: Vec<usize> },
    Shape { path: String, plan: Vec<usize>, module: Vec<usize> },
    TiedByClone { path: String, first: String },
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecProblem {
    MatchesNothing { knob: &'static str, pattern: String, paths: String },
    NoReadout,
    UndecidedReadout { path: String },
    Value { path: String, distribution: String, problem: &'static str },
    Factor { knob: String, factor: f64 },
    NoFanIn { path: String, axes: String, distribution: String },
    /// The mean of a hidden weight adds up over its fan-in.
    NonZeroMean { path: String, distribution: String },
    OwnDepth { pattern: String, factor: f64, base: usize, target: usize },
    TooLarge { path: String, largest: f64 },
}
#[derive(Clone, Debug, PartialEq, Eq)]
#[private_fields]
pub struct Stream {}
impl Stream {
    pub fn new(seed: u64, path: &str) -> Self {}
}
pub fn initialize<M: Module>(
    module: M,
    plan: &ScalingPlan,
    spec: &InitSpec,
    seed: u64,
) -> Result<M, InitError> {}
