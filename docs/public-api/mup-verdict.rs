// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use answer::Answer;
    pub use error::VerdictError;
    pub use interval::Interval;
    pub use slope::Slope;
}
pub mod coordinates {
    pub use activations::{Activations, Observed};
    pub use check::CoordCheck;
    pub use depth::depth_trial_of;
    pub use error::{CheckError, TrialError};
    pub use of_family::trial_of;
    pub use record::{DamagedTrial, Record, Records};
    pub use report::{Finding, Report};
    pub use source::{Quantity, Source};
    pub use statistic::Statistic;
    pub use summary::Summary;
    pub use untrained::Untrained;
    pub use verdict::{Criteria, Verdict};
}
pub mod reverse {
    pub use diagnosis::{Criteria, Diagnosis, Fate};
    pub use edge::Edge;
    pub use validation::{Agreement, Shape, Validation};
}
pub mod transfer {
    pub use comparison::Comparison;
    pub use estimate::Estimate;
    pub use landscape::Landscape;
    pub use quadratic::Quadratic;
    pub use report::Report;
    pub use runs::{Run, Runs};
    pub use verdict::{Criteria, Reason, Verdict};
}
pub mod wider {
    pub use comparison::Comparison;
    pub use curves::{Criteria, Curve, Curves};
    pub use idle::Idle;
    pub use pair::{Gap, Pair};
    pub use report::Report;
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Activations {}
impl<'a> IntoIterator for &'a Activations {
    type Item = &'a Observed;
    type IntoIter = std::slice::Iter<'a, Observed>;
}
impl Activations {
    pub fn insert(&mut self, module: &str, values: &[f32]) {}
    pub fn insert_vectors(
        &mut self,
        source: Source,
        module: &str,
        values: &[f32],
        d: usize,
    ) {}
    pub fn observe_input<const D: usize>(&mut self, module: &str, input: &Tensor<D>) {}
    pub fn iter(&self) -> std::slice::Iter<'_, Observed> {}
    pub fn get(&self, source: Source, module: &str) -> Option<&Observed> {}
    pub fn is_empty(&self) -> bool {}
}
impl Activations {
    pub fn observe_parameters<M: Module>(&mut self, module: &M) {}
    pub fn observe_gradients<M: Module>(
        &mut self,
        module: &M,
        gradients: &GradientsParams,
    ) {}
}
impl Default for Activations {}
impl Probe for Activations {}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Agreement {
    pub simulated: Option<Slope>,
    pub real: Option<Slope>,
    pub answer: Answer,
}
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Holds,
    Undecided,
    Fails,
}
impl Answer {
    pub fn exit_code(self) -> u8 {}
}
impl fmt::Display for Answer {}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    TooFewWidths { widths: Vec<usize> },
    UnusableWidth { width: usize, widths: Vec<usize> },
    NoSeeds,
    NoSteps,
    Criterion { name: &'static str, range: &'static str, value: f64 },
    Build { width: usize, seed: u64, source: TrialError },
    Step { width: usize, seed: u64, step: usize, source: TrialError },
    Panicked { width: usize, seed: u64, message: String },
    NothingObserved { width: usize, seed: u64 },
    SourceNotObserved { wanted: Source, width: usize, seed: u64 },
    UnknownModule { pattern: String, names: String },
    EmptyActivation { module: String, width: usize },
    ChangedBetweenSteps {
        module: String,
        width: usize,
        seed: u64,
        step: usize,
        first: usize,
        now: usize,
    },
    MissingAtWidth { module: String, found: usize, expected: usize },
    GrowingLogits { module: String, widths: [usize; 2], lengths: [usize; 2] },
    StatisticNotRecorded { statistic: Statistic, recorded: String },
    UnknownName { what: &'static str, name: String, known: String },
    OtherCheck { path: PathBuf, field: String, there: String, here: String },
    Read { path: PathBuf, source: std::io::Error },
    Draw { source: TrialError },
    Write { path: PathBuf, source: TrialError },
}
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub subject: Report,
    pub control: Report,
}
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub subject: Report,
    pub control: Report,
}
impl Comparison {
    pub fn new(subject: Report, control: Report) -> Result<Self, VerdictError> {}
    pub fn answer(&self) -> Answer {}
    pub fn exit_code(&self) -> u8 {}
    pub fn sentence(&self) -> String {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, VerdictError> {}
}
impl Comparison {
    pub fn new(subject: Report, control: Report) -> Self {}
    pub fn answer(&self) -> Answer {}
    pub fn exit_code(&self) -> u8 {}
    pub fn sentence(&self) -> String {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, VerdictError> {}
}
impl fmt::Display for Comparison {}
impl fmt::Display for Comparison {}
#[derive(Clone, Debug)]
#[private_fields]
pub struct CoordCheck {}
impl CoordCheck {
    pub fn new(
        widths: impl Into<Vec<usize>>,
        seeds: u64,
        steps: usize,
    ) -> Result<Self, CheckError> {}
    pub fn with_modules<P: Into<PathPattern>>(
        mut self,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {}
    pub fn with_statistics(
        mut self,
        statistics: impl IntoIterator<Item = Statistic>,
    ) -> Self {}
    pub fn with_sources(mut self, sources: impl IntoIterator<Item = Source>) -> Self {}
    pub fn with_folder(
        mut self,
        folder: impl Into<PathBuf>,
        key: impl Into<String>,
    ) -> Self {}
    pub fn on_pass(
        mut self,
        callback: impl Fn(usize, u64, usize) + Send + Sync + 'static,
    ) -> Self {}
    pub fn widths(&self) -> &[usize] {}
    pub fn n_passes(&self) -> usize {}
}
impl CoordCheck {
    pub fn run<T>(
        &self,
        mut build: impl FnMut(usize, u64) -> Result<T, TrialError>,
    ) -> Result<Records, CheckError>
    where
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {}
    pub fn run_parallel<T, F>(
        &self,
        jobs: NonZeroUsize,
        build: F,
    ) -> Result<Records, CheckError>
    where
        F: Fn(usize, u64) -> Result<T, TrialError> + Sync,
        T: FnMut(&mut Activations) -> Result<(), TrialError>,
    {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criteria {
    pub rise: f64,
    pub tolerance: f64,
    pub confidence: f64,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criteria {
    pub tolerance: f64,
    pub confidence: f64,
    pub negligible: f64,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criteria {
    pub window: usize,
    pub burn_in: f64,
    pub checkpoints: usize,
    pub in_a_row: usize,
    pub confidence: f64,
    pub negligible: f64,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criteria {
    pub statistic: Statistic,
    pub tolerance: f64,
    pub confidence: f64,
    pub transients: Vec<PathPattern>,
    pub unclaimed: Vec<PathPattern>,
}
impl Criteria {
    pub fn first(&self, n_steps: usize) -> usize {}
}
impl Criteria {
    pub fn of<F: Family>(family: &F) -> Self {}
}
impl Criteria {
    pub fn validate(&self) -> Result<(), CheckError> {}
}
impl Default for Criteria {}
impl Default for Criteria {}
impl Default for Criteria {}
impl Default for Criteria {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub width: usize,
    pub seed: u64,
    pub losses: Vec<f64>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    pub label: String,
    pub curves: Vec<Curve>,
}
impl Curves {
    pub fn judge(self, criteria: Criteria) -> Result<Report, VerdictError> {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagedTrial {
    pub path: PathBuf,
    pub problem: String,
}
#[derive(Clone, Debug, PartialEq, Serialize)]
#[private_fields]
pub struct Diagnosis {}
impl Diagnosis {
    pub fn new(
        runs: Runs,
        untrained_loss: f64,
        criteria: Criteria,
    ) -> Result<Self, VerdictError> {}
    pub fn report(&self) -> &Report {}
    pub fn criteria(&self) -> &Criteria {}
    pub fn fates(&self) -> &[Fate] {}
    pub fn optimum_shift(&self) -> Option<Slope> {}
    pub fn edge_shift(&self) -> Option<Slope> {}
    pub fn forecast(&self) -> Vec<String> {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, VerdictError> {}
}
impl fmt::Display for Diagnosis {}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Edge {
    pub log2_value: f64,
    pub uncertainty: f64,
}
impl Edge {
    pub fn of(points: &[Point], untrained_loss: f64, rise: f64) -> Option<Self> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub log2_value: f64,
    pub loss: f64,
    pub uncertainty: f64,
    pub edge: Option<Edge>,
    pub fit: Option<Quadratic>,
}
impl Estimate {
    pub fn of(points: &[Point]) -> Option<Self> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fate {
    pub width: usize,
    pub optimum: Interval,
    pub edge: Option<Interval>,
    pub learned: bool,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub module: String,
    pub source: Source,
    pub quantity: Quantity,
    pub statistic: Statistic,
    pub step: usize,
    #[serde(with = "crate::number::list")]
    pub means: Vec<f64>,
    pub slope: Option<Slope>,
    pub verdict: Verdict,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gap {
    pub step: usize,
    pub difference: f64,
    pub noise: f64,
    pub worse: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Idle {
    SameCurves { narrow: usize, wide: usize },
    NothingLearned { width: usize },
}
impl fmt::Display for Idle {}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}
impl From<crate::Slope> for Interval {}
impl Interval {
    pub fn of_mean(values: &[f64], confidence: f64) -> Option<Self> {}
    pub fn overlaps(&self, other: &Self) -> bool {}
    pub fn contains_zero(&self) -> bool {}
}
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Landscape {
    pub width: usize,
    pub estimates: Vec<(u64, Estimate)>,
    pub optimum: Interval,
    pub loss: Interval,
    pub regret: Option<Interval>,
    pub flat: bool,
    pub dependent: bool,
    pub curve: Vec<Point>,
}
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    pub source: Source,
    pub module: String,
    pub values: Vec<f32>,
    pub d: usize,
}
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub narrow: usize,
    pub wide: usize,
    pub gaps: Vec<Gap>,
    pub overall: Interval,
    pub crossings: usize,
    pub better: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quadratic {
    pub log2_value: f64,
    pub loss: f64,
    pub curvature: f64,
    pub low: f64,
    pub high: f64,
}
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    Value,
    Change,
}
impl fmt::Display for Quantity {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    TooFewWidths { found: usize },
    TooFewSeeds { found: usize },
    Unbracketed { width: usize, seed: u64 },
    WideInterval,
    FlatAndNoisy,
    NoEffect { width: usize },
}
impl fmt::Display for Reason {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub width: usize,
    pub seed: u64,
    pub step: usize,
    pub module: String,
    pub source: Source,
    pub quantity: Quantity,
    pub statistic: Statistic,
    #[serde(default)]
    pub d: Option<usize>,
    #[serde(with = "crate::number")]
    pub value: f64,
}
#[derive(Clone, Debug, Default, PartialEq)]
#[private_fields]
pub struct Records {}
impl<'a> IntoIterator for &'a Records {
    type Item = &'a Record;
    type IntoIter = std::slice::Iter<'a, Record>;
}
impl Records {
    pub fn new(records: Vec<Record>) -> Self {}
    pub fn iter(&self) -> std::slice::Iter<'_, Record> {}
    pub fn damaged(&self) -> &[DamagedTrial] {}
    pub fn with_seeds(&self, seeds: &[u64]) -> Self {}
    pub fn judge(self, criteria: Criteria) -> Result<Report, CheckError> {}
    pub fn write_csv(&self, path: &Path) -> Result<(), CheckError> {}
    pub fn write_json(&self, path: &Path) -> Result<(), CheckError> {}
}
#[derive(Clone, Debug, PartialEq, Serialize)]
#[private_fields]
pub struct Report {}
#[derive(Clone, Debug, PartialEq, Serialize)]
#[private_fields]
pub struct Report {}
#[derive(Clone, Debug, PartialEq)]
#[private_fields]
pub struct Report {}
impl Panel for Report {
    type Frame = (f64, f64);
}
impl Panel for Report {
    type Frame = Frame;
}
impl Report {
    pub fn curves(&self) -> &Curves {}
    pub fn criteria(&self) -> &Criteria {}
    pub fn pairs(&self) -> &[Pair] {}
    pub fn idle(&self) -> Option<Idle> {}
    pub fn crossings(&self) -> usize {}
    pub fn answer(&self) -> Answer {}
    pub fn exit_code(&self) -> u8 {}
    pub fn sentence(&self) -> String {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, VerdictError> {}
}
impl Report {
    pub fn findings(&self) -> &[Finding] {}
    pub fn summaries(&self) -> &[Summary] {}
    pub fn deciding(&self) -> impl Iterator<Item = &Summary> {}
    pub fn verdict(&self) -> Verdict {}
    pub fn untrained(&self) -> Option<Untrained> {}
    pub fn unchanged(&self) -> Vec<Source> {}
    pub fn answer(&self) -> Answer {}
    pub fn exit_code(&self) -> u8 {}
    pub fn criteria(&self) -> &Criteria {}
    pub fn widths(&self) -> &[usize] {}
    pub fn n_seeds(&self) -> usize {}
    pub fn records(&self) -> &Records {}
}
impl Report {
    pub fn runs(&self) -> &Runs {}
    pub fn criteria(&self) -> &Criteria {}
    pub fn landscapes(&self) -> &[Landscape] {}
    pub fn transferred(&self) -> f64 {}
    pub fn drift(&self) -> Option<Slope> {}
    pub fn seed_noise(&self) -> f64 {}
    pub fn worst_regret(&self) -> Option<(usize, f64)> {}
    pub fn verdict(&self) -> Verdict {}
    pub fn answer(&self) -> Answer {}
    pub fn exit_code(&self) -> u8 {}
    pub fn sentence(&self) -> String {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, VerdictError> {}
}
impl Report {
    pub fn to_json(&self, title: &str) -> String {}
    pub fn to_html(&self, title: &str) -> Result<String, CheckError> {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, CheckError> {}
}
impl fmt::Display for Report {}
impl fmt::Display for Report {}
impl fmt::Display for Report {}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub width: usize,
    pub seed: u64,
    pub log2_value: f64,
    #[serde(deserialize_with = "Option::deserialize")]
    pub loss: Option<f64>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    pub label: String,
    pub hyperparameter: String,
    #[serde(default = "width")]
    pub grows: String,
    pub runs: Vec<Run>,
}
impl Runs {
    pub fn wanted(
        &self,
        width: usize,
        seed: u64,
        grid: &Log2Grid,
        max_extensions: usize,
    ) -> Option<f64> {}
    pub fn judge(self, criteria: Criteria) -> Result<Report, VerdictError> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shape {
    pub width: usize,
    pub offset: f64,
    pub correlation: Option<f64>,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slope {
    #[serde(with = "crate::number")]
    pub value: f64,
    #[serde(with = "crate::number")]
    pub low: f64,
    #[serde(with = "crate::number")]
    pub high: f64,
}
impl Slope {
    pub fn fit(points: &[(usize, f64)], confidence: f64) -> Option<Self> {}
}
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Activation,
    Logits,
    Input,
    Parameter,
    Gradient,
    Stream,
    Branches,
}
impl FromStr for Source {
    type Err = CheckError;
}
impl Source {
    pub const ALL: &[Self] = &[
        Self::Activation,
        Self::Logits,
        Self::Input,
        Self::Parameter,
        Self::Gradient,
        Self::Stream,
        Self::Branches,
    ];
    pub const ALONG_DEPTH: [Self; 2] = [Self::Stream, Self::Branches];
    pub const DEFAULT: &[Self] = &[Self::Activation, Self::Logits, Self::Input];
    pub fn decides(self) -> bool {}
}
impl fmt::Display for Source {}
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    MeanAbs,
    Rms,
    Mean,
    Std,
    Max,
    CovMeanAbs,
    CovRms,
    CovOffDiagonalMeanAbs,
    CovOffDiagonalRms,
}
impl FromStr for Statistic {
    type Err = CheckError;
}
impl Statistic {
    pub const ALL: &[Self] = &[
        Self::MeanAbs,
        Self::Rms,
        Self::Mean,
        Self::Std,
        Self::Max,
        Self::CovMeanAbs,
        Self::CovRms,
        Self::CovOffDiagonalMeanAbs,
        Self::CovOffDiagonalRms,
    ];
    pub const DEFAULT: &[Self] = &[Self::MeanAbs, Self::Rms, Self::Std, Self::Max];
    pub fn of(self, values: &[f32], d: usize) -> f64 {}
}
impl fmt::Display for Statistic {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub module: String,
    pub source: Source,
    pub quantity: Quantity,
    pub slope: Option<Slope>,
    pub verdict: Verdict,
    pub findings: Vec<Finding>,
}
impl Summary {
    pub fn n_failing(&self) -> usize {}
}
pub type TrialError = Box<dyn std::error::Error + Send + Sync>;
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Untrained {
    NoChange,
    Nothing,
}
impl fmt::Display for Untrained {}
#[derive(Clone, Debug, PartialEq, Serialize)]
#[private_fields]
pub struct Validation {}
impl Validation {
    pub fn new(simulated: Diagnosis, real: Diagnosis) -> Result<Self, VerdictError> {}
    pub fn simulated(&self) -> &Diagnosis {}
    pub fn real(&self) -> &Diagnosis {}
    pub fn optimum(&self) -> &Agreement {}
    pub fn edge(&self) -> &Agreement {}
    pub fn shapes(&self) -> &[Shape] {}
    pub fn answer(&self) -> Answer {}
    pub fn exit_code(&self) -> u8 {}
    pub fn sentence(&self) -> String {}
    pub fn write_to(
        &self,
        folder: &Path,
        title: &str,
    ) -> Result<Vec<PathBuf>, VerdictError> {}
}
impl fmt::Display for Validation {}
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Zero,
    NoClaim,
    Flat,
    Transient,
    Undecided,
    Vanishes,
    Grows,
    NotFinite,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    Transfers,
    Drifts { octaves: f64 },
    Costs { width: usize, regret: f64 },
    Undecided { reason: Reason },
}
impl Verdict {
    pub fn is_failure(self) -> bool {}
}
impl fmt::Display for Verdict {}
impl fmt::Display for Verdict {}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerdictError {
    TooFewWidths { label: String, widths: Vec<usize> },
    ZeroWidth { label: String },
    Duplicate { label: String, width: usize, seed: u64, at: Option<f64> },
    UnusableLoss { label: String, width: usize, seed: u64, at: f64, loss: f64 },
    AllDiverged { label: String, width: usize, seed: u64, n_runs: usize, lowest: f64 },
    Incomparable {
        what: &'static str,
        left_label: String,
        left: String,
        right_label: String,
        right: String,
    },
    TooShort { label: String, steps: usize, burn_in: usize },
    Criterion { name: &'static str, range: &'static str, value: f64 },
    Write { path: PathBuf, source: std::io::Error },
    Figure(#[from] FigureError),
}
pub fn depth_trial_of<F: Family>(
    family: &F,
    run: &FamilyRun,
    device: &Device,
) -> Result<
    impl FnMut(&mut Activations) -> Result<(), TrialError> + use<F>,
    TrialError,
> {}
pub fn trial_of<F: Family>(
    family: &F,
    run: &FamilyRun,
    device: &Device,
) -> Result<
    impl FnMut(&mut Activations) -> Result<(), TrialError> + use<F>,
    TrialError,
> {}
