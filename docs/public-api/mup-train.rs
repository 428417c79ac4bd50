// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use checkpoint::{Difference, RunFolder};
    pub use curve::{Curve, Ended, Evaluation, Trained};
    pub use error::TrainError;
    pub use event::{Event, StepReport};
    pub use export::{Layouts, write_safetensors, write_tensors};
    pub use family::{
        Batches, Family, FamilyError, FamilyRun, Growth, INIT_SCALE, LEARNING_RATE, Size,
        SizeError, Started,
    };
    pub use gradients::MeanGradients;
    pub use schedule::{Decay, Schedule};
    pub use task::{MicroBatch, Task};
    pub use trainer::Trainer;
    pub use training::Training;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Batches<'a, F> {}
impl<'a, F: Family> Batches<'a, F> {
    pub fn new(family: &'a F, seed: u64, device: &Device) -> Self {}
}
impl<F: Family> Task<F::Model> for Batches<'_, F> {}
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub losses: Vec<f64>,
    pub evaluations: Vec<Evaluation>,
    pub tokens: u64,
    pub ended: Ended,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decay {
    Constant,
    #[default]
    Linear,
    Cosine { floor: f64 },
    InverseSquareRoot,
    Stable { tail: f64 },
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub name: String,
    pub checkpoint: Option<String>,
    pub now: Option<String>,
}
impl fmt::Display for Difference {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Finished,
    NotFinite { step: usize },
    Interrupted,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub step: usize,
    #[serde(deserialize_with = "nan_for_null")]
    pub loss: f64,
}
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    Step(StepReport),
    Evaluated(Evaluation),
    NotFinite { step: usize, loss: Option<f64> },
    Saved { path: PathBuf },
    Resumed { path: PathBuf },
    Warning(String),
}
///         let hidden = net.first.forward(x.clone());
///         probe.observe("hidden", &hidden);
///         let output = net.last.forward(relu(hidden));
pub trait Family: Clone + Send + Sync + 'static {
    type Model: Module;
    type Batch: 'static;
    fn size(&self) -> Size;
    fn model(&self, size: &Size, device: &Device) -> Result<Self::Model, FamilyError>;
    fn batch(
        &self,
        seed: u64,
        part: MicroBatch,
        device: &Device,
    ) -> Result<Self::Batch, FamilyError>;
    fn loss(
        &self,
        model: &Self::Model,
        batch: &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError>;
    fn name(&self) -> String {}
    fn start(&self, _base: &Size) -> InitSpec {}
    fn reader(&self) -> ShapeReader {}
    fn delta(&self, base: &Size, grows: &[String]) -> Result<Size, SizeError> {}
    fn plan(
        &self,
        shapes: &InfShapes,
        parametrization: Parametrization,
    ) -> Result<ScalingPlan, FamilyError> {}
    fn optimizer(
        &self,
        plan: &ScalingPlan,
        model: &Self::Model,
        peak: f64,
    ) -> Result<ModuleOptimizer, FamilyError> {}
    fn training(&self) -> Training {}
    /// `learning-rate`, `init-scale`, and factors on the rates of a role's tensors, `rate-input`, `rate-hidden`, `rate-output`
    fn hyperparameters(&mut self) -> Vec<(&'static str, &mut f64)> {}
    fn evaluate(
        &self,
        _model: &Self::Model,
        _device: &Device,
    ) -> Result<Option<f64>, FamilyError> {}
    fn tokens_per_step(&self) -> u64 {}
    fn flops_per_token(&self, _size: &Size) -> Option<f64> {}
    fn sample(
        &self,
        _model: &Self::Model,
        _seed: u64,
    ) -> Result<Option<String>, FamilyError> {}
    fn export(
        &self,
        model: &Self::Model,
        path: &Path,
        fold: bool,
    ) -> Result<String, FamilyError> {}
    fn check_export(
        &self,
        _model: &Self::Model,
        path: &Path,
        fold: bool,
    ) -> Result<(), FamilyError> {}
    fn fingerprint(&self) -> String {}
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError> {}
    fn untested(&self, _base: &Size, _target: &Size) -> Vec<String> {}
    fn transients(&self) -> Vec<&'static str> {}
    fn unclaimed(&self) -> Vec<&'static str> {}
}
pub type FamilyError = Box<dyn std::error::Error + Send + Sync>;
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FamilyRun {
    pub growth: Growth,
    pub size: Size,
    /// Every hyperparameter by name; of the factors on a role's rate (`rate-input`, `rate-hidden`, `rate-output`,
    pub values: BTreeMap<String, f64>,
    pub seed: u64,
    pub training: Training,
}
impl FamilyRun {
    pub fn new<F: Family>(family: &F, growth: Growth, size: Size) -> Self {}
    pub fn with(mut self, hyperparameter: &str, value: f64) -> Self {}
    pub fn with_seed(self, seed: u64) -> Self {}
    pub fn with_steps(mut self, steps: usize) -> Self {}
    pub fn with_batches(mut self, batches: usize) -> Self {}
    pub fn with_size(self, size: Size) -> Self {}
    pub fn with_growth(self, growth: Growth) -> Self {}
    pub fn value(&self, hyperparameter: &str) -> Result<f64, FamilyError> {}
    pub fn check_values(&self) -> Result<(), FamilyError> {}
    pub fn family<F: Family>(&self, family: &F) -> Result<F, FamilyError> {}
    pub fn learning_rate(&self) -> f64 {}
    pub fn in_tokens<F: Family>(&self, family: &F) -> Result<Run, FamilyError> {}
    pub fn plan<F: Family>(
        &self,
        family: &F,
        device: &Device,
    ) -> Result<ScalingPlan, FamilyError> {}
    pub fn check<F: Family>(
        &self,
        family: &F,
        device: &Device,
    ) -> Result<ScalingPlan, FamilyError> {}
    pub fn warnings(&self, plan: &ScalingPlan) -> Vec<String> {}
    pub fn start<F: Family>(
        &self,
        family: &F,
        device: &Device,
    ) -> Result<Started<F>, FamilyError> {}
    pub fn train<F: Family>(
        &self,
        family: &F,
        device: &Device,
        observe: impl FnMut(&Event),
        interrupted: impl Fn() -> bool,
    ) -> Result<Trained<F::Model>, FamilyError> {}
    pub fn train_in<F: Family>(
        &self,
        folder: Option<RunFolder>,
        family: &F,
        device: &Device,
        mut observe: impl FnMut(&Event),
        interrupted: impl Fn() -> bool,
    ) -> Result<Trained<F::Model>, FamilyError> {}
}
#[derive(Clone, PartialEq)]
pub struct Growth {
    pub base: Size,
    pub grows: Vec<String>,
    pub parametrization: Parametrization,
    pub run: Option<Run>,
    pub law: RunLaw,
}
impl Growth {
    pub fn new<N: Into<String>>(
        base: Size,
        grows: impl IntoIterator<Item = N>,
        parametrization: Parametrization,
    ) -> Self {}
    pub fn from_run(self, run: Run, law: RunLaw) -> Self {}
    pub fn at(&self, number: usize) -> Result<Size, SizeError> {}
    pub fn from(&self, number: usize) -> Result<Self, SizeError> {}
    pub fn plan<F: Family>(
        &self,
        family: &F,
        size: &Size,
        device: &Device,
    ) -> Result<ScalingPlan, FamilyError> {}
}
impl fmt::Debug for Growth {}
pub const INIT_SCALE: &str = "init-scale";
pub const LEARNING_RATE: &str = "learning-rate";
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layouts {
    PyTorch,
    Burn,
}
impl fmt::Display for Layouts {}
#[private_fields]
pub struct MeanGradients<M> {}
impl<M: Module> Default for MeanGradients<M> {}
impl<M: Module> MeanGradients<M> {
    pub fn add(&mut self, module: &M, gradients: GradientsParams) {}
    pub fn mean(mut self, module: &M) -> GradientsParams {}
}
impl<M> std::fmt::Debug for MeanGradients<M> {}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicroBatch {
    pub step: usize,
    pub index: usize,
    pub of: usize,
}
impl MicroBatch {
    pub fn part_of(&self, examples: usize) -> Result<Range<usize>, TrainError> {}
    pub fn uniform(&self, seed: u64, i: usize) -> f32 {}
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct RunFolder {}
impl RunFolder {
    pub fn new(path: impl Into<PathBuf>, plan: &ScalingPlan) -> Self {}
    pub fn with_identity(
        mut self,
        name: &str,
        value: &impl Serialize,
    ) -> Result<Self, TrainError> {}
    pub fn with_every_steps(mut self, steps: usize) -> Self {}
    pub fn with_every(mut self, duration: Duration) -> Self {}
    pub fn with_keep_last(mut self, n: usize) -> Self {}
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub decay: Decay,
    pub warm_up: Option<usize>,
}
impl Schedule {
    pub fn constant() -> Self {}
    pub fn linear() -> Self {}
    pub fn cosine(floor: f64) -> Self {}
    pub fn stable(tail: f64) -> Self {}
    pub fn with_warm_up(mut self, steps: usize) -> Self {}
    pub fn factor(&self, step: usize, steps: usize) -> f64 {}
    pub fn check(&self, steps: usize) -> Result<(), TrainError> {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Size(_);
impl Index<&str> for Size {
    type Output = usize;
}
impl Size {
    pub fn new<N: Into<String>>(numbers: impl IntoIterator<Item = (N, usize)>) -> Self {}
    pub fn get(&self, name: &str) -> Result<usize, SizeError> {}
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {}
    pub fn names(&self) -> impl Iterator<Item = &str> {}
    pub fn first(&self) -> Result<&str, SizeError> {}
    pub fn with(mut self, name: &str, number: usize) -> Result<Self, SizeError> {}
    pub fn changed(&self, text: &str) -> Result<Self, SizeError> {}
    pub fn grown<N: AsRef<str>>(
        &self,
        names: &[N],
        number: usize,
    ) -> Result<Self, SizeError> {}
    pub fn times<N: AsRef<str>>(
        &self,
        names: &[N],
        factor: usize,
    ) -> Result<Self, SizeError> {}
}
impl fmt::Display for Size {}
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    Unknown { name: String, known: Vec<String> },
    Unreadable { text: String },
    NotWhole { first: String, from: usize, to: usize, name: String, value: usize },
    TooLarge { name: String, value: usize, factor: usize },
    Twice { text: String, name: String },
    Beyond { name: String, number: usize },
    Nothing,
}
#[non_exhaustive]
pub struct Started<F: Family> {
    pub family: F,
    pub plan: ScalingPlan,
    pub model: F::Model,
    pub optimizer: ModuleOptimizer,
}
impl<F: Family> fmt::Debug for Started<F> {}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepReport {
    pub step: usize,
    #[serde(skip)]
    pub steps: usize,
    pub loss: f64,
    pub rate: f64,
    pub gradient_norm: f64,
    pub tokens: u64,
    pub tokens_per_second: f64,
}
pub trait Task<M> {
    fn loss(&self, model: &M, batch: MicroBatch) -> Result<Tensor<1>, FamilyError>;
    fn evaluate(&self, _model: &M) -> Result<Option<f64>, FamilyError> {}
    fn tokens_per_step(&self) -> u64;
    fn fingerprint(&self) -> String;
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    Setting { name: &'static str, value: f64, range: String },
    Optim(#[from] OptimError),
    Task { step: usize, source: FamilyError },
    Io { action: &'static str, path: PathBuf, source: io::Error },
    Busy { path: PathBuf },
    AnotherRun { path: PathBuf, differences: Vec<Difference> },
    NewerVersion { path: PathBuf, found: u64, known: u64 },
    AllDamaged { checkpoints: Vec<(PathBuf, String)> },
    Unusable { path: PathBuf, problem: String },
    Identity { name: String, problem: String },
}
#[derive(Debug)]
pub struct Trained<M> {
    pub model: M,
    pub curve: Curve,
    pub seconds: f64,
}
#[private_fields]
pub struct Trainer<'a> {}
impl<'a> Trainer<'a> {
    pub fn new(training: Training) -> Self {}
    pub fn in_folder(mut self, folder: RunFolder) -> Self {}
    pub fn observe(mut self, observer: impl FnMut(&Event) + 'a) -> Self {}
    pub fn without_masters(mut self, plan: &'a ScalingPlan) -> Self {}
    pub fn interrupt(mut self, interrupted: impl Fn() -> bool + 'a) -> Self {}
    pub fn train<M: Module, T: Task<M>>(
        self,
        task: &T,
        model: M,
        optimizer: ModuleOptimizer,
    ) -> Result<Trained<M>, TrainError> {}
}
impl fmt::Debug for Trainer<'_> {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub steps: usize,
    pub learning_rate: f64,
    #[serde(default)]
    pub schedule: Schedule,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub batches: usize,
    #[serde(default = "one")]
    pub micro_batches: usize,
    #[serde(default)]
    pub max_norm: Option<f64>,
    #[serde(default)]
    pub evaluate_every: Option<usize>,
    #[serde(default)]
    pub seed: u64,
}
impl Training {
    pub fn new(steps: usize, learning_rate: f64) -> Self {}
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {}
    pub fn with_batches(mut self, n: usize) -> Self {}
    pub fn with_micro_batches(mut self, n: usize) -> Self {}
    pub fn with_max_norm(mut self, max_norm: f64) -> Self {}
    pub fn with_evaluate_every(mut self, steps: usize) -> Self {}
    pub fn with_seed(mut self, seed: u64) -> Self {}
    pub fn rate(&self, step: usize) -> f64 {}
    pub fn check(&self) -> Result<(), TrainError> {}
}
pub fn write_safetensors<M: Module>(
    model: &M,
    path: &Path,
    without: &[PathPattern],
) -> Result<Layouts, TrainError> {}
pub fn write_tensors(
    tensors: &[(String, TensorData)],
    metadata: HashMap<String, String>,
    path: &Path,
) -> Result<(), TrainError> {}
