// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use adafactor::MupAdafactorConfig;
    pub use adagrad::MupAdagradConfig;
    pub use adam::{MupAdamConfig, MupAdamWConfig};
    pub use adan::MupAdanConfig;
    pub use error::{OptimError, PartitionProblem, RecordProblem};
    pub use global_clip::clip_by_global_norm;
    pub use lamb::MupLambConfig;
    pub use lion::MupLionConfig;
    pub use master_weights::{MasterWeights, MasterWeightsState, cast_parameters};
    pub use muon::{Blocks, MupMuonConfig, NewtonSchulz};
    pub use planned::{MupOptimizer, Planned};
    pub use resume::resume;
    pub use rmsprop::MupRmsPropConfig;
    pub use sgd::MupSgdConfig;
    pub use stack::{MupStack, StackOptimizer, clip_each_by_global_norm};
    pub use step::Stackable;
}
macro_rules! init {
    ($($config:ident),*) => {
        $(impl $config { #[doc =
        " The optimizer for `module`, where it trains everything: [`MupOptimizer`] with this config alone."]
        #[doc = ""] #[doc = " # Errors"] #[doc = ""] #[doc =
        " As [`MupOptimizer::build`]."] pub fn init < M : Module > (& self, plan : &
        ScalingPlan, module : & M) -> Result < ModuleOptimizer, OptimError > {
        MupOptimizer::new(plan, module).with(self.clone()).build() } })*
    };
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Adafactor {}
impl Step for Adafactor {
    type Names = FactorNames;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Adagrad {}
impl Step for Adagrad {
    type Names = SumNames;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Adan {}
impl Step for Adan {
    type Names = AdanNames;
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Blocks {
    Count(usize),
    Size(usize),
}
impl std::fmt::Display for Blocks {}
#[derive(Clone, Debug)]
#[private_fields]
pub struct FusedAdam {}
impl Step for FusedAdam {
    type Names = MomentNames;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct FusedSgd {}
impl Step for FusedSgd {
    type Names = VelocityNames;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Lamb {}
impl Step for Lamb {
    type Names = LambNames;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Lion {}
impl Step for Lion {
    type Names = MomentumNames;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct MasterWeights<O> {}
impl<O: Optimizer> Optimizer for MasterWeights<O> {
    type State<const D: usize> = MasterWeightsState<O, D>;
}
impl<O> MasterWeights<O> {
    pub fn new(inner: O) -> Self {}
    pub fn inner(&self) -> &O {}
}
#[private_fields]
pub struct MasterWeightsState<O: Optimizer, const D: usize> {}
impl<O: Optimizer, const D: usize> Clone for MasterWeightsState<O, D> {}
impl<O: Optimizer, const D: usize> MasterWeightsState<O, D> {
    pub fn master(&self) -> Option<&Tensor<D>> {}
}
impl<O: Optimizer, const D: usize> RecordState for MasterWeightsState<O, D> {}
impl<O: Optimizer, const D: usize> std::fmt::Debug for MasterWeightsState<O, D> {}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Memory<N, const D: usize> {}
impl<N: Names, const D: usize> RecordState for Memory<N, D> {}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Muon {}
impl Step for Muon {
    type Names = BufferNames;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupAdafactorConfig {
    #[config(default = true)]
    pub scale_parameter: bool,
    #[config(default = 0.8)]
    pub decay_rate: f64,
    #[config(default = 1.0)]
    pub clip_threshold: f64,
    #[config(default = 1e-30)]
    pub epsilon_1: f64,
    #[config(default = 1e-3)]
    pub epsilon_2: f64,
    #[config(default = 0.0)]
    pub weight_decay: f64,
    pub peak_learning_rate: Option<f64>,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupAdafactorConfig {}
impl Stackable for MupAdafactorConfig {
    type Step = Adafactor;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupAdagradConfig {
    #[config(default = 1e-10)]
    pub epsilon: f64,
    #[config(default = 0.0)]
    pub l2: f64,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupAdagradConfig {}
impl Stackable for MupAdagradConfig {
    type Step = Adagrad;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupAdamConfig {
    #[config(default = 0.9)]
    pub beta_1: f64,
    #[config(default = 0.999)]
    pub beta_2: f64,
    #[config(default = 1e-8)]
    pub epsilon: f64,
    #[config(default = 0.0)]
    pub l2: f64,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupAdamConfig {}
impl Stackable for MupAdamConfig {
    type Step = FusedAdam;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupAdamWConfig {
    #[config(default = 0.9)]
    pub beta_1: f64,
    #[config(default = 0.999)]
    pub beta_2: f64,
    #[config(default = 1e-8)]
    pub epsilon: f64,
    #[config(default = 0.01)]
    pub weight_decay: f64,
    pub peak_learning_rate: Option<f64>,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupAdamWConfig {}
impl Stackable for MupAdamWConfig {
    type Step = FusedAdam;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupAdanConfig {
    #[config(default = 0.98)]
    pub beta_1: f64,
    #[config(default = 0.92)]
    pub beta_2: f64,
    #[config(default = 0.99)]
    pub beta_3: f64,
    #[config(default = 1e-8)]
    pub epsilon: f64,
    #[config(default = 0.0)]
    pub weight_decay: f64,
    pub peak_learning_rate: Option<f64>,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupAdanConfig {}
impl Stackable for MupAdanConfig {
    type Step = Adan;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupLambConfig {
    #[config(default = 0.9)]
    pub beta_1: f64,
    #[config(default = 0.999)]
    pub beta_2: f64,
    #[config(default = 1e-6)]
    pub epsilon: f64,
    #[config(default = 0.0)]
    pub weight_decay: f64,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupLambConfig {}
impl Stackable for MupLambConfig {
    type Step = Lamb;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupLionConfig {
    #[config(default = 0.9)]
    pub beta_1: f64,
    #[config(default = 0.99)]
    pub beta_2: f64,
    #[config(default = 0.0)]
    pub weight_decay: f64,
    pub peak_learning_rate: Option<f64>,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupLionConfig {}
impl Stackable for MupLionConfig {
    type Step = Lion;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupMuonConfig {
    #[config(default = 0.95)]
    pub momentum: f64,
    #[config(default = true)]
    pub nesterov: bool,
    #[config(default = 0.1)]
    pub weight_decay: f64,
    #[config(default = "ShapeFactor::SqrtAspectAboveOne")]
    pub shape_factor: ShapeFactor,
    #[config(default = "NewtonSchulz::Single")]
    pub newton_schulz: NewtonSchulz,
    #[config(default = 5)]
    pub iterations: usize,
    #[config(default = "Vec::new()")]
    pub blocks: Vec<(PathPattern, Blocks)>,
    #[config(default = 1e-7)]
    pub epsilon: f64,
    pub peak_learning_rate: Option<f64>,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl MupMuonConfig {
    pub fn in_blocks(
        mut self,
        parameters: impl Into<PathPattern>,
        blocks: Blocks,
    ) -> Self {}
}
impl Planned for MupMuonConfig {}
impl Stackable for MupMuonConfig {
    type Step = Muon;
}
#[private_fields]
pub struct MupOptimizer<'a, M> {}
impl<'a, M: Module> MupOptimizer<'a, M> {
    pub fn new(plan: &'a ScalingPlan, module: &'a M) -> Self {}
    pub fn with(mut self, config: impl Planned + 'a) -> Self {}
    pub fn with_master_weights(mut self) -> Self {}
    pub fn build(self) -> Result<ModuleOptimizer, OptimError> {}
}
impl<M> std::fmt::Debug for MupOptimizer<'_, M> {}
#[derive(Config, Debug, PartialEq)]
pub struct MupRmsPropConfig {
    #[config(default = 0.99)]
    pub alpha: f64,
    #[config(default = 0.0)]
    pub momentum: f64,
    #[config(default = false)]
    pub centered: bool,
    #[config(default = 1e-8)]
    pub epsilon: f64,
    #[config(default = 0.0)]
    pub l2: f64,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupRmsPropConfig {}
impl Stackable for MupRmsPropConfig {
    type Step = RmsProp;
}
#[derive(Config, Debug, PartialEq)]
pub struct MupSgdConfig {
    #[config(default = 0.0)]
    pub momentum: f64,
    #[config(default = false)]
    pub nesterov: bool,
    #[config(default = 0.0)]
    pub weight_decay: f64,
    pub peak_learning_rate: Option<f64>,
    #[config(default = 1.0)]
    pub relative_rate: f64,
}
impl Planned for MupSgdConfig {}
impl Stackable for MupSgdConfig {
    type Step = FusedSgd;
}
#[private_fields]
pub struct MupStack<'a, M> {}
impl<'a, M: Module> MupStack<'a, M> {
    pub fn new(plan: &'a ScalingPlan, module: &'a M) -> Self {}
    pub fn with<C: Stackable>(mut self, configs: &'a [C]) -> Self {}
    pub fn with_master_weights(mut self) -> Self {}
    pub fn build(self) -> Result<StackOptimizer, OptimError> {}
}
impl<M> std::fmt::Debug for MupStack<'_, M> {}
pub trait Names: Clone + Send + Sync + 'static {
    const TIME: Option<&'static str>;
    const ALWAYS: &'static [&'static str];
    const SOMETIMES: &'static [&'static str];
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NewtonSchulz {
    Single,
    BF16,
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimError {
    Partition(Vec<PartitionProblem>),
    NotGiven { optimizer: String, path: String, given: String },
    NotUsed { optimizer: String, planned: String },
    GivenTwice { optimizer: String },
    OtherOptimizer {
        optimizer: String,
        planned: Box<OptimizerId>,
        given: Box<OptimizerId>,
    },
    Blocks { path: String, outputs: usize, of: &'static str, blocks: Blocks },
    BlocksOfNothing { pattern: String },
    Hyperparameter {
        optimizer: &'static str,
        name: &'static str,
        value: f64,
        range: &'static str,
    },
    NoEffect { optimizer: &'static str, name: &'static str, reason: &'static str },
    PeakRequired { optimizer: &'static str },
    IndependentL2 { optimizer: &'static str },
    NoTrials,
    TrialCount { what: String, found: usize, trials: usize },
    OptimizerOfSome { trial: usize, given: String, first: String },
    InTrial { trial: usize, #[source] error: Box<OptimError> },
    DType { device: String, dtype: String },
    Record(Vec<RecordProblem>),
    Beta { optimizer: String, law: String },
    NoGradients,
    ForeignGradients { n_foreign: usize, n_gradients: usize },
}
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartitionProblem {
    Missing { path: String },
    Extra { path: String },
    Shape { path: String, planned: Vec<usize>, found: Vec<usize> },
}
pub trait Planned {
    fn id(&self) -> OptimizerId;
    fn relative_rate(&self) -> f64 {}
    fn follows_beta(&self) -> bool {}
    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError>;
    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer;
}
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    Unreadable { problem: String },
    NoParameter { path: String },
    Trials { saved: usize, trials: usize },
    Twice { path: String },
    Shape { path: String, state: String, saved: Vec<usize>, parameter: Vec<usize> },
    OtherType { path: String, state: String, saved: String, weight: String },
    OtherWeights { path: String },
    Type { path: String, state: String, saved: String, loaded: String },
    NotKept { path: String, state: String },
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct RmsProp {}
impl Step for RmsProp {
    type Names = RmsPropNames;
}
#[private_fields]
pub struct StackOptimizer {}
impl StackOptimizer {
    pub fn step<M: Module>(
        &mut self,
        rates: &[f64],
        module: M,
        gradients: GradientsParams,
    ) -> Result<M, OptimError> {}
    pub fn to_record(&self) -> OptimizerRecord {}
    pub fn resume<M: Module>(
        self,
        record: OptimizerRecord,
        module: &M,
    ) -> Result<Self, OptimError> {}
}
impl std::fmt::Debug for StackOptimizer {}
pub trait Stackable: Planned {
    #[doc(hidden)]
    type Step: Step;
    #[doc(hidden)]
    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> Self::Step;
}
pub trait Step: Clone + Send + Sync + 'static {
    type Names: Names;
    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<Self::Names, D>>,
    ) -> (Tensor<D>, Memory<Self::Names, D>);
    fn step_each<const D: usize>(
        trials: &[Self],
        rates: &[f64],
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<Self::Names, D>>,
    ) -> (Tensor<D>, Memory<Self::Names, D>) {}
}
pub fn cast_parameters<M: Module>(
    module: M,
    dtype: FloatDType,
) -> Result<M, OptimError> {}
/// A norm that is not finite is not hidden by a finite threshold: if it is NaN, every gradient becomes NaN; if it is infinite, finite
pub fn clip_by_global_norm<M: Module>(
    module: &M,
    mut gradients: GradientsParams,
    max_norm: f64,
) -> Result<(GradientsParams, Tensor<1>), OptimError> {}
pub fn clip_each_by_global_norm<M: Module>(
    module: &M,
    mut gradients: GradientsParams,
    max_norms: &[f64],
) -> Result<(GradientsParams, Tensor<1>), OptimError> {}
pub fn resume<M: Module>(
    optimizer: ModuleOptimizer,
    record: OptimizerRecord,
    module: &M,
) -> Result<ModuleOptimizer, OptimError> {}
