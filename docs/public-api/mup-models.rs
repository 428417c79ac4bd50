// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use conv_net::{ConvNet, ConvNetConfig};
    pub use error::ModelError;
    pub use gpt::{
        Block, Generator, Gpt, GptConfig, GptStack, Sampler, Sizes, UntestedChange,
    };
    pub use layers::{
        AttentionFrame, Balance, CausalAttention, CausalAttentionConfig, Embedding,
        Experts, ExpertsConfig, FeedForward, FeedForwardConfig, Hidden, LayerNorm,
        Linear, Norm, NormConfig, NormKind, Positions, Readout, ReadoutConfig, RmsNorm,
        RotaryPositions, RotaryScaling, Router, TiedReadout, TiedReadoutConfig,
    };
    pub use loss::cross_entropy;
    pub use mlp::{Activation, Mlp, MlpConfig};
    pub use shapes::shape_reader;
}
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Activation {
    Relu,
    Tanh,
    Gelu,
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct AttentionFrame<const M: usize = 2> {}
impl<const M: usize> AttentionFrame<M> {
    pub fn new(queries: usize, keys: usize, device: &Device, dtype: DType) -> Self {}
}
impl AttentionFrame {
    pub fn with_relative(self, d_model: usize, alpha_relative: f64) -> Self {}
}
#[derive(Config, Debug, Copy, PartialEq)]
pub enum Balance {
    None,
    Loss { coefficient: f64 },
    Bias,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct Block<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    pub attention_norm: Norm<V>,
    pub attention: CausalAttention<V, M, X>,
    pub feed_forward_norm: Option<Norm<V>>,
    pub feed_forward: Option<FeedForward<V, M>>,
    pub experts: Option<Experts<V, M, X>>,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct CausalAttention<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    pub query: Linear<V, M>,
    pub key: Linear<V, M>,
    pub value: Linear<V, M>,
    pub output: Linear<V, M>,
    pub output_norm: Option<Norm<V>>,
    pub query_norm: Option<RmsNorm<V>>,
    pub key_norm: Option<RmsNorm<V>>,
    pub logit_scale: Param<Tensor<V>>,
    pub relative_key: Option<Linear<V, M>>,
    pub content_bias: Option<Param<Tensor<V>>>,
    pub position_bias: Option<Param<Tensor<V>>>,
    pub branch_factor: Option<Param<Tensor<V>>>,
}
impl<const V: usize, const M: usize, const X: usize> CausalAttention<V, M, X> {
    pub fn forward(&self, x: Tensor<X>, frame: &AttentionFrame<M>) -> Tensor<X> {}
    pub fn forward_residual<P: Probe>(
        &self,
        x: Tensor<X>,
        frame: &AttentionFrame<M>,
        residual: Tensor<X>,
        probe: &mut P,
    ) -> Tensor<X> {}
    pub fn forward_probed<P: Probe>(
        &self,
        x: Tensor<X>,
        frame: &AttentionFrame<M>,
        probe: &mut P,
    ) -> Tensor<X> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct CausalAttentionConfig {
    pub d_model: usize,
    pub n_head: usize,
    pub d_head: usize,
    pub n_kv_head: Option<usize>,
    pub window: Option<usize>,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = "Positions::Relative")]
    pub positions: Positions,
    #[config(default = false)]
    pub qk_norm: bool,
    #[config(default = "NormConfig::new()")]
    pub norm: NormConfig,
    #[config(default = false)]
    pub output_norm: bool,
    #[config(default = 0.0)]
    pub dropout: f64,
    #[config(default = 1.0)]
    pub alpha_attention: f64,
    #[config(default = false)]
    pub branch_factor: bool,
}
impl CausalAttentionConfig {
    pub fn init(&self, device: &Device) -> Result<CausalAttention, ModelError> {}
    pub fn kv_heads(&self) -> usize {}
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
pub struct Embedding<const M: usize = 2> {
    pub weight: Param<Tensor<M>>,
}
impl<const M: usize> Embedding<M> {
    pub fn forward<const T: usize, const O: usize>(
        &self,
        tokens: Tensor<T, Int>,
    ) -> Tensor<O> {}
}
#[derive(Module, Debug)]
#[private_fields]
pub struct Experts<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    pub router: Router<V, M>,
    pub up: Param<Tensor<X>>,
    pub gate: Option<Param<Tensor<X>>>,
    pub down: Param<Tensor<X>>,
    pub shared: Option<FeedForward<V, M>>,
    pub branch_factor: Option<Param<Tensor<V>>>,
}
impl<const V: usize, const M: usize, const X: usize> Experts<V, M, X> {
    pub fn forward(
        &self,
        x: Tensor<X>,
        probe: &mut impl Probe,
    ) -> (Tensor<X>, Option<Tensor<1>>) {}
}
#[derive(Config, Debug, PartialEq)]
pub struct ExpertsConfig {
    pub n_expert: usize,
    pub n_chosen: usize,
    pub d_expert: Option<usize>,
    pub d_shared: Option<usize>,
    #[config(default = true)]
    pub normalized: bool,
    #[config(default = "Balance::Loss { coefficient: 0.01 }")]
    pub balance: Balance,
}
impl ExpertsConfig {
    pub fn init(
        &self,
        branch: &FeedForwardConfig,
        device: &Device,
    ) -> Result<Experts, ModelError> {}
    pub fn width(&self, d_ffn: usize) -> usize {}
}
#[derive(Module, Debug)]
#[private_fields]
pub struct FeedForward<const V: usize = 1, const M: usize = 2> {
    pub up: Linear<V, M>,
    pub gate: Option<Linear<V, M>>,
    pub down: Linear<V, M>,
    pub output_norm: Option<Norm<V>>,
    pub branch_factor: Option<Param<Tensor<V>>>,
}
impl<const V: usize, const M: usize> FeedForward<V, M> {
    pub fn forward<const D: usize>(
        &self,
        x: Tensor<D>,
        probe: &mut impl Probe,
    ) -> Tensor<D> {}
    pub fn forward_residual<const D: usize, P: Probe>(
        &self,
        x: Tensor<D>,
        residual: Tensor<D>,
        probe: &mut P,
    ) -> Tensor<D> {}
}
#[derive(Config, Debug, PartialEq)]
pub struct FeedForwardConfig {
    pub d_model: usize,
    pub d_ffn: usize,
    #[config(default = "Hidden::Gelu")]
    pub hidden: Hidden,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = "NormConfig::new()")]
    pub norm: NormConfig,
    #[config(default = false)]
    pub output_norm: bool,
    #[config(default = false)]
    pub branch_factor: bool,
}
impl FeedForwardConfig {
    pub fn init(&self, device: &Device) -> Result<FeedForward, ModelError> {}
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
pub struct Gpt<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    pub token_embedding: Embedding<M>,
    pub position_embedding: Option<Embedding<M>>,
    pub blocks: Vec<Block<V, M, X>>,
    pub final_norm: Norm<V>,
    pub readout: Option<Readout<V, M>>,
    pub tied_readout: Option<TiedReadout<V>>,
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
    pub fn loss_probed<P: Probe>(
        &self,
        tokens: Tensor<2, Int>,
        targets: Tensor<2, Int>,
        probe: &mut P,
    ) -> Tensor<1> {}
    pub fn cross_entropy(
        &self,
        tokens: Tensor<2, Int>,
        targets: Tensor<2, Int>,
    ) -> Tensor<1> {}
    pub fn config(&self) -> GptConfig {}
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
    pub n_kv_head: Option<usize>,
    pub window: Option<usize>,
    #[config(default = true)]
    pub bias: bool,
    #[config(default = "Positions::Relative")]
    pub positions: Positions,
    #[config(default = "NormConfig::new()")]
    pub norm: NormConfig,
    #[config(default = false)]
    pub sandwich: bool,
    #[config(default = false)]
    pub qk_norm: bool,
    #[config(default = "Hidden::Gelu")]
    pub hidden: Hidden,
    pub experts: Option<ExpertsConfig>,
    #[config(default = false)]
    pub parallel: bool,
    #[config(default = false)]
    pub tied: bool,
    pub soft_cap: Option<f64>,
    #[config(default = 0.0)]
    pub z_loss: f64,
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
    pub fn check(&self) -> Result<(), ModelError> {}
}
impl GptConfig {
    pub fn gpt_3(sizes: Sizes) -> Self {}
    pub fn llama(sizes: Sizes) -> Self {}
    pub fn qwen3(sizes: Sizes) -> Self {}
    pub fn mixtral(sizes: Sizes, n_expert: usize, n_chosen: usize) -> Self {}
}
impl GptConfig {
    pub fn init(&self, device: &Device) -> Result<Gpt, ModelError> {}
    pub fn kv_heads(&self) -> usize {}
}
impl GptConfig {
    pub fn multipliers() -> [PathPattern; 3] {}
}
impl GptConfig {
    pub fn parameter_count(&self) -> usize {}
    pub fn forward_flops_per_token(&self, time: usize) -> f64 {}
}
impl GptConfig {
    pub fn queries() -> PathPattern {}
    pub fn readout() -> PathPattern {}
    pub fn residual_projections(&self) -> Vec<PathPattern> {}
    pub fn relative_biases() -> [PathPattern; 2] {}
}
impl GptConfig {
    pub fn untested_changes(&self, base: &Self) -> Vec<UntestedChange> {}
}
impl GptStack {
    pub fn new(trials: &[Gpt]) -> Result<Self, ModelError> {}
    pub fn unstack(&self) -> Vec<Gpt> {}
    pub fn trials(&self) -> usize {}
    pub fn forward(&self, tokens: Tensor<3, Int>) -> Tensor<4> {}
    pub fn loss(&self, tokens: Tensor<3, Int>, targets: Tensor<3, Int>) -> Tensor<1> {}
}
pub type GptStack = Gpt<2, 3, 4>;
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Hidden {
    Gelu,
    SwiGlu,
    GeGlu,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct LayerNorm<const V: usize = 1> {
    pub gamma: Option<Param<Tensor<V>>>,
    pub beta: Option<Param<Tensor<V>>>,
}
impl<const V: usize> LayerNorm<V> {
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {}
}
impl LayerNorm {
    pub fn new(d_model: usize, device: &Device) -> Self {}
}
#[derive(Module, Debug)]
pub struct Linear<const V: usize = 1, const M: usize = 2> {
    pub weight: Param<Tensor<M>>,
    pub bias: Option<Param<Tensor<V>>>,
}
impl<const V: usize, const M: usize> Linear<V, M> {
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
    Heads { field: String, n_head: usize, n_kv_head: usize },
    OddHead { field: String, d_head: usize },
    NotAboveZero { field: String, value: f64 },
    NormWithoutGain { field: String },
    Chosen { field: String, n_chosen: usize, n_expert: usize },
    OneWeight { field: String },
    Negative { field: String, value: f64 },
    ExpertsInSandwich { field: String },
    Dropout { field: String, value: f64 },
    NotFinite { field: String, value: f64 },
    CannotFold,
    CannotFoldWithoutGain,
    CannotFoldRotary { coordinates: [usize; 2] },
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
#[derive(Clone, Debug)]
pub enum Norm<const V: usize = 1> {
    Layer(LayerNorm<V>),
    Rms(RmsNorm<V>),
}
impl<const V: usize> Module for Norm<V> {}
impl<const V: usize> ModuleDisplay for Norm<V> {}
impl<const V: usize> ModuleDisplayDefault for Norm<V> {}
impl<const V: usize> Norm<V> {
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {}
}
impl<const V: usize> std::fmt::Display for Norm<V> {}
#[derive(Config, Debug, Copy, PartialEq)]
pub struct NormConfig {
    #[config(default = "NormKind::Layer")]
    pub kind: NormKind,
    #[config(default = true)]
    pub gain: bool,
    #[config(default = 1e-5)]
    pub epsilon: f64,
}
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum NormKind {
    Layer,
    Rms,
}
#[derive(Config, Debug, Copy, PartialEq)]
pub enum Positions {
    Relative,
    Absolute,
    Rotary(RotaryPositions),
    None,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct Readout<const V: usize = 1, const M: usize = 2> {
    pub weight: Param<Tensor<M>>,
    pub bias: Option<Param<Tensor<V>>>,
    pub multiplier: Param<Tensor<V>>,
}
impl<const V: usize, const M: usize> Readout<V, M> {
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
#[derive(Module, Debug)]
#[private_fields]
pub struct RmsNorm<const V: usize = 1> {
    pub gamma: Option<Param<Tensor<V>>>,
}
impl<const V: usize> RmsNorm<V> {
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {}
}
#[derive(Config, Debug, Copy, PartialEq)]
pub struct RotaryPositions {
    #[config(default = 10_000.0)]
    pub theta: f64,
    #[config(default = "RotaryScaling::None")]
    pub scaling: RotaryScaling,
}
impl RotaryPositions {
    pub fn base(&self, d_head: usize) -> f64 {}
}
#[derive(Config, Debug, Copy, PartialEq)]
pub enum RotaryScaling {
    None,
    Linear { factor: f64 },
    Ntk { factor: f64 },
    Yarn { factor: f64, original_context: usize, beta_fast: f64, beta_slow: f64 },
    Llama3 { factor: f64, low: f64, high: f64, original_context: usize },
}
#[derive(Module, Debug)]
pub struct Router<const V: usize = 1, const M: usize = 2> {
    pub weight: Param<Tensor<M>>,
    pub bias: Option<Param<Tensor<V>>>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub vocab: usize,
    pub context: usize,
    pub n_layer: usize,
    pub d_model: usize,
    pub n_head: usize,
    pub n_kv_head: usize,
    pub d_head: usize,
    pub d_ffn: usize,
}
#[derive(Module, Debug)]
#[private_fields]
pub struct TiedReadout<const V: usize = 1> {
    pub multiplier: Param<Tensor<V>>,
}
impl<const V: usize> TiedReadout<V> {
    pub fn forward<const D: usize, const M: usize>(
        &self,
        x: Tensor<D>,
        embedding: Tensor<M>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UntestedChange {
    QueriesForEachKey { base: usize, target: usize },
    RotaryHeads { base: usize, target: usize },
    Experts { base: usize, target: usize },
    ChosenExperts { base: usize, target: usize },
    Granularity { base: [usize; 2], target: [usize; 2] },
    SharedExperts { base: [usize; 2], target: [usize; 2] },
}
impl fmt::Display for UntestedChange {}
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {}
pub fn shape_reader() -> ShapeReader {}
