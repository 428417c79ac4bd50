// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use conv_net::{ConvNet, ConvNetConfig};
    pub use error::ModelError;
    pub use gpt::{Block, Generator, Gpt, GptConfig, Positions, Sampler};
    pub use layers::{
        AttentionFrame, CausalAttention, CausalAttentionConfig, FeedForward,
        FeedForwardConfig, LayerNorm, Readout, ReadoutConfig, TiedReadout,
        TiedReadoutConfig,
    };
    pub use loss::cross_entropy;
    pub use mlp::{Activation, Mlp, MlpConfig};
    pub use shapes::shape_reader;
    pub use stack::GptStack;
}
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Activation {
    Relu,
    Tanh,
    Gelu,
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct AttentionFrame {}
impl AttentionFrame {
    pub fn new(queries: usize, keys: usize, device: &Device, dtype: DType) -> Self {}
    pub fn with_relative(mut self, d_model: usize, alpha_relative: f64) -> Self {}
}
#[derive(Module, Debug)]
#[private_fields]
pub struct Block {
    pub attention_norm: LayerNorm,
    pub attention: CausalAttention,
    pub feed_forward_norm: LayerNorm,
    pub feed_forward: FeedForward,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct CausalAttention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
    pub logit_scale: Param<Tensor<1>>,
    pub relative_key: Option<Linear>,
    pub content_bias: Option<Param<Tensor<1>>>,
    pub position_bias: Option<Param<Tensor<1>>>,
    pub branch_factor: Option<Param<Tensor<1>>>,
}
impl CausalAttention {
    pub fn forward(&self, x: Tensor<3>, frame: &AttentionFrame) -> Tensor<3> {}
    pub fn forward_residual<P: Probe>(
        &self,
        x: Tensor<3>,
        frame: &AttentionFrame,
        residual: Tensor<3>,
        probe: &mut P,
    ) -> Tensor<3> {}
    pub fn forward_probed<P: Probe>(
        &self,
        x: Tensor<3>,
        frame: &AttentionFrame,
        probe: &mut P,
    ) -> Tensor<3> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct CausalAttentionConfig {
    pub d_model: usize,
    pub n_head: usize,
    pub d_head: usize,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = true)]
    pub relative: bool,
    #[config(default = 0.0)]
    pub dropout: f64,
    #[config(default = 1.0)]
    pub alpha_attention: f64,
    #[config(default = false)]
    pub branch_factor: bool,
}
impl CausalAttentionConfig {
    pub fn init(&self, device: &Device) -> Result<CausalAttention, ModelError> {}
}
#[derive(Module, Debug)]
pub struct ConvNet {
    pub conv1: Conv2d,
    pub conv2: Conv2d,
    pub readout: Readout,
}
impl ConvNet {
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {}
    pub fn forward_probed(
        &self,
        images: Tensor<4>,
        probe: &mut impl Probe,
    ) -> Tensor<2> {}
    pub fn loss(&self, images: Tensor<4>, targets: Tensor<1, Int>) -> Tensor<1> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct ConvNetConfig {
    pub channels_in: usize,
    pub channels: [usize; 2],
    pub d_output: usize,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = 1.0)]
    pub alpha_output: f64,
}
impl ConvNetConfig {
    pub fn init(&self, device: &Device) -> Result<ConvNet, ModelError> {}
}
#[derive(Module, Debug)]
pub struct FeedForward {
    pub up: Linear,
    pub down: Linear,
    pub branch_factor: Option<Param<Tensor<1>>>,
}
impl FeedForward {
    pub fn forward(&self, x: Tensor<3>, probe: &mut impl Probe) -> Tensor<3> {}
    pub fn forward_residual<P: Probe>(
        &self,
        x: Tensor<3>,
        residual: Tensor<3>,
        probe: &mut P,
    ) -> Tensor<3> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct FeedForwardConfig {
    pub d_model: usize,
    pub d_ffn: usize,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = false)]
    pub branch_factor: bool,
}
impl FeedForwardConfig {
    pub fn init(&self, device: &Device) -> FeedForward {}
}
#[derive(Debug)]
#[private_fields]
pub struct Generator {}
impl Generator {
    pub fn new(model: &Gpt) -> Self {}
    pub fn feed(&mut self, tokens: Tensor<2, Int>) -> Result<Tensor<3>, ModelError> {}
    pub fn len(&self) -> usize {}
    pub fn is_empty(&self) -> bool {}
    pub fn clear(&mut self) {}
}
#[derive(Module, Debug)]
#[private_fields]
pub struct Gpt {
    pub token_embedding: Embedding,
    pub position_embedding: Option<Embedding>,
    pub blocks: Vec<Block>,
    pub final_norm: LayerNorm,
    pub readout: Option<Readout>,
    pub tied_readout: Option<TiedReadout>,
}
impl Gpt {
    pub fn config(&self) -> GptConfig {}
}
impl Gpt {
    pub fn folded(&self) -> Result<Self, ModelError> {}
}
impl Gpt {
    pub fn forward(&self, tokens: Tensor<2, Int>) -> Tensor<3> {}
    pub fn forward_probed<P: Probe>(
        &self,
        tokens: Tensor<2, Int>,
        probe: &mut P,
    ) -> Tensor<3> {}
    pub fn loss(&self, tokens: Tensor<2, Int>, targets: Tensor<2, Int>) -> Tensor<1> {}
    pub fn vocab(&self) -> usize {}
    pub fn context(&self) -> usize {}
}
impl Gpt {
    pub fn generate(
        &self,
        prompt: &[usize],
        count: usize,
        sampler: &mut Sampler,
    ) -> Result<Vec<usize>, ModelError> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct GptConfig {
    pub vocab: usize,
    pub context: usize,
    pub n_layer: usize,
    pub d_model: usize,
    pub n_head: usize,
    pub d_head: usize,
    pub d_ffn: usize,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = "Positions::Relative")]
    pub positions: Positions,
    #[config(default = false)]
    pub tied: bool,
    #[config(default = 0.0)]
    pub dropout: f64,
    #[config(default = 1.0)]
    pub alpha_attention: f64,
    #[config(default = 1.0)]
    pub alpha_output: f64,
    #[config(default = 1.0)]
    pub alpha_embedding: f64,
    #[config(default = 1.0)]
    pub alpha_relative: f64,
    #[config(default = false)]
    pub branch_factors: bool,
}
impl GptConfig {
    pub fn init(&self, device: &Device) -> Result<Gpt, ModelError> {}
    pub fn parameter_count(&self) -> usize {}
    pub fn queries() -> PathPattern {}
    pub fn readout() -> PathPattern {}
    pub fn residual_projections() -> [PathPattern; 2] {}
    pub fn relative_biases() -> [PathPattern; 2] {}
}
impl GptConfig {
    pub fn multipliers() -> [PathPattern; 3] {}
}
#[derive(Module, Debug)]
#[private_fields]
pub struct GptStack {}
impl GptStack {
    pub fn new(trials: &[Gpt]) -> Result<Self, ModelError> {}
    pub fn trials(&self) -> usize {}
    pub fn forward(&self, tokens: Tensor<3, Int>) -> Tensor<4> {}
    pub fn loss(&self, tokens: Tensor<3, Int>, targets: Tensor<3, Int>) -> Tensor<1> {}
}
impl GptStack {
    pub fn unstack(&self) -> Vec<Gpt> {}
}
#[derive(Module, Debug)]
pub struct LayerNorm {
    pub gamma: Param<Tensor<1>>,
    pub beta: Param<Tensor<1>>,
}
impl LayerNorm {
    pub fn new(d_model: usize, device: &Device) -> Self {}
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {}
}
/// A probe sees the preactivations `input` and `hidden.{i}`, and `logits`.
#[derive(Module, Debug)]
#[private_fields]
pub struct Mlp {
    pub input: Linear,
    pub hidden: Vec<Linear>,
    pub readout: Readout,
}
impl Mlp {
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {}
    pub fn forward_probed(&self, x: Tensor<2>, probe: &mut impl Probe) -> Tensor<2> {}
    pub fn loss(&self, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct MlpConfig {
    pub d_input: usize,
    /// Width of each hidden layer, free to differ, for example `[d_model, d_ff, d_model]`.
    pub widths: Vec<usize>,
    pub d_output: usize,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    #[config(default = 1.0)]
    pub alpha_output: f64,
}
impl MlpConfig {
    pub fn init(&self, device: &Device) -> Result<Mlp, ModelError> {}
}
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    Zero { field: String },
    NoWidths { field: String },
    OddWidth { field: String, d_model: usize },
    Dropout { field: String, value: f64 },
    NotFinite { field: String, value: f64 },
    CannotFold,
    NoTrials,
    Shapes { trial: usize, field: String, first: String, other: String },
    StackedDropout { dropout: f64 },
    Temperature { value: f64 },
    TopK,
    NoFiniteLogit,
    EmptyPrompt,
    Token { token: usize, vocab: usize },
    ContextFull { cached: usize, fed: usize, context: usize },
}
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Positions {
    Relative,
    Absolute,
    None,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct Readout {
    pub weight: Param<Tensor<2>>,
    pub bias: Option<Param<Tensor<1>>>,
    pub multiplier: Param<Tensor<1>>,
}
impl Readout {
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct ReadoutConfig {
    pub d_input: usize,
    pub d_output: usize,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = 1.0)]
    pub alpha_output: f64,
}
impl ReadoutConfig {
    pub fn init(&self, device: &Device) -> Readout {}
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Sampler {}
impl Sampler {
    pub fn new(seed: u64) -> Self {}
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self, ModelError> {}
    pub fn with_top_k(mut self, top_k: usize) -> Result<Self, ModelError> {}
    pub fn sample(&mut self, logits: &[f64]) -> Result<usize, ModelError> {}
}
#[derive(Module, Debug)]
#[private_fields]
pub struct TiedReadout {
    pub multiplier: Param<Tensor<1>>,
}
impl TiedReadout {
    pub fn forward<const D: usize>(
        &self,
        x: Tensor<D>,
        embedding: Tensor<2>,
    ) -> Tensor<D> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct TiedReadoutConfig {
    pub d_model: usize,
    #[config(default = 1.0)]
    pub alpha_output: f64,
}
impl TiedReadoutConfig {
    pub fn init(&self, device: &Device) -> TiedReadout {}
}
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {}
pub fn shape_reader() -> ShapeReader {}
