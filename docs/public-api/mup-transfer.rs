// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use choice::{
        Candidate, Choice, ChoiceError, Chosen, Counts, FrozenLoss, Importance, Interval,
        Noise, NoiseSource, SAMPLES_FOR_IMPORTANCE, Share, Transferable, Warning,
        across_width, choose,
    };
    pub use cost::{Cost, Spent};
    pub use error::TransferError;
    pub use transfer::{Transfer, Transferred, run_in_words, transfer};
    pub use widths::{WidthStudy, WidthsError, over_widths};
}
pub mod report {
    pub use draw::Figure;
    pub use numbers::{FinalRun, Numbers, RateCurve, TrialSummary, Tuning};
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub sample: usize,
    pub steps: usize,
    pub values: Values,
    pub loss: f64,
    pub standard_error: Option<f64>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub best: Candidate,
    pub values: Vec<Chosen>,
    pub runners_up: Vec<Candidate>,
    pub as_good: Option<usize>,
    pub noise: Option<Noise>,
    pub importance: Option<Importance>,
    pub counts: Vec<Counts>,
    pub warnings: Vec<Warning>,
}
impl Choice {
    pub fn noise_sentence(&self) -> String {}
    pub fn importance_sentence(&self) -> String {}
}
impl fmt::Display for Choice {}
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    NothingRan { planned: usize },
    NothingFinished { diverged: usize, failed: usize, missing: usize, remedy: String },
    NoneSurvived { short: usize, long: usize, remedy: String },
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    pub name: String,
    pub value: Setting,
    pub varied: bool,
    pub interval: Option<Interval>,
    pub transferable: Transferable,
    pub reason: String,
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    pub command: String,
    pub commit: Option<String>,
    pub environment: BTreeMap<String, String>,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub tuning: Spent,
    pub target: Spent,
    pub controls: Spent,
}
impl Cost {
    pub fn ratio(&self) -> Option<f64> {}
    pub fn ratio_in_flops(&self) -> Option<f64> {}
    pub fn ratio_of_compute(&self) -> Option<f64> {}
    pub fn ratio_in_seconds(&self) -> Option<f64> {}
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub steps: usize,
    pub finished: usize,
    pub diverged: usize,
    pub failed: usize,
    pub missing: usize,
}
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Figure<'a> {
    Hyperparameters(&'a Numbers),
    Importance(&'a Importance),
    Rates(&'a Numbers),
    Curves(&'a [FinalRun]),
}
impl Figure<'_> {
    pub fn svg(&self) -> Result<String, String> {}
    pub fn write_png(&self, path: &Path) -> Result<(), ReportError> {}
}
impl Picture for Figure<'_> {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinalRun {
    pub label: String,
    pub parametrization: String,
    pub size: String,
    pub values: Values,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Tuning>,
    pub outcome: Outcome,
    pub curve: TrialCurve,
    pub seconds: f64,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrozenLoss {
    pub sample: usize,
    pub steps: usize,
    pub values: Values,
    pub loss: f64,
    pub from: usize,
    pub judged: f64,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    pub steps: usize,
    pub samples: usize,
    pub diverged: usize,
    pub shares: Vec<Share>,
}
impl Importance {
    pub fn share(&self, name: &str) -> Option<&Share> {}
    pub fn together(&self) -> f64 {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Interval {
    Range([f64; 2]),
    Names(Vec<Setting>),
}
impl std::fmt::Display for Interval {}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    pub standard_deviation: f64,
    pub degrees_of_freedom: usize,
    pub tolerance: f64,
    pub source: NoiseSource,
}
impl fmt::Display for Noise {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoiseSource {
    Seeds { samples: usize },
    Fit { samples: usize, coefficients: usize, steps: usize },
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub study: StudyConfig,
    pub choice: Choice,
    pub trials: Vec<TrialSummary>,
    pub transfer: Option<Transfer>,
    #[serde(default = "width")]
    pub grows: String,
    pub rate_curves: Vec<RateCurve>,
    pub runs: Vec<FinalRun>,
    pub cost: Cost,
    pub proxy_parameters: Option<u64>,
}
impl Numbers {
    pub fn new(study: StudyConfig, records: &Records, choice: Choice) -> Self {}
    pub fn with_runs(mut self, runs: Vec<FinalRun>) -> Self {}
    pub fn tuning_in_targets(&self, run: &FinalRun) -> Option<f64> {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateCurve {
    pub parametrization: String,
    pub width: usize,
    pub values: Values,
    pub points: Vec<Point>,
    pub optimum: Option<Optimum>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub title: String,
    pub numbers: Numbers,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_targets: BTreeMap<String, Vec<String>>,
    pub circumstances: Circumstances,
    pub plans: Vec<(String, String)>,
}
impl Report {
    pub fn figures(&self) -> Vec<(&'static str, Figure<'_>)> {}
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {}
}
impl Report {
    pub fn of_study(
        study: &Study,
        circumstances: Circumstances,
    ) -> Result<Self, ReportError> {}
}
impl Report {
    pub fn verdict(&self) -> String {}
    pub fn cost_sentence(&self) -> String {}
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    Study(#[from] mup_study::StudyError),
    Choice(#[from] crate::ChoiceError),
    Io { path: PathBuf, source: io::Error },
    Figure(#[from] FigureError),
}
pub const SAMPLES_FOR_IMPORTANCE: usize = 16;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub name: String,
    pub mean: f64,
    pub deviation: f64,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    pub runs: u64,
    pub parameter_tokens: f64,
    pub seconds: f64,
    pub counted_flops: f64,
    pub runs_counted: u64,
}
impl Spent {
    pub fn of_trials(records: &[StudyRecord]) -> Self {}
    pub fn and(self, parameters: u64, tokens: u64, seconds: f64) -> Self {}
    pub fn and_run(self, curve: &TrialCurve, seconds: f64) -> Self {}
    pub fn flops(&self) -> Option<f64> {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    pub values: Values,
    pub rows: Vec<Transferred>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferError {
    OtherRules { proxy: String, target: String },
    OtherParameters { only_proxy: Vec<String>, only_target: Vec<String> },
    OtherBase { paths: Vec<String> },
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transferable {
    Yes,
    No,
    NotDeclared,
}
impl fmt::Display for Transferable {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transferred {
    pub name: String,
    pub proxy: Setting,
    pub target: Setting,
    pub transferable: Transferable,
    pub explanation: String,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSummary {
    pub stage: usize,
    pub sample: usize,
    pub seed: u64,
    pub steps: usize,
    pub values: Values,
    pub outcome: Outcome,
    pub validation: Option<f64>,
    pub seconds: f64,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    pub by: String,
    pub spent: Spent,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "warning")]
#[non_exhaustive]
pub enum Warning {
    NearEnd { name: String, value: f64, end: f64, edge: Edge },
    OutermostSample { name: String, value: f64, end: f64, edge: Edge },
    EndOfGrid { name: String, value: f64, edge: Edge, listed: bool },
    NarrowProxy { key: String, width: i64 },
    StandardRules { rules: String },
    NarrowHeads { key: String, d_head: i64 },
    OptimumMoves { short: usize, long: usize, difference: f64, tolerance: f64 },
    StillFalling { steps: usize, speed: f64 },
    NotTransferable { names: Vec<String>, reason: String },
    NotDeclared { names: Vec<String> },
    NoneSurvived {
        short: usize,
        long: usize,
        samples: usize,
        diverged: usize,
        step: Option<usize>,
        name: Option<String>,
        lowest: Option<f64>,
    },
    FewSamples { samples: usize, dimensions: usize, advised: usize },
    FrozenLoss { samples: Vec<FrozenLoss>, chosen: bool, best: usize },
    NoEffect {
        names: Vec<String>,
        ignored: Vec<String>,
        samples: usize,
        one_curve: bool,
        constant: bool,
        alike: [usize; 2],
    },
    SeedIgnored { samples: usize },
    LearnedNothing {
        name: Option<String>,
        samples: usize,
        of: usize,
        losses: [f64; 2],
        highest: Option<f64>,
        diverges: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        few: Option<usize>,
    },
    Failed { trials: usize, first: String },
    MoreSteps { trials: usize, reported: usize, asked: usize },
    Missing { trials: usize },
    Damaged { files: usize, first: String },
    Unreadable { files: usize, first: String },
    FileChanged { changed: ChangedFile },
}
impl Warning {
    pub fn sentence(&self) -> String {}
    pub fn remedy(&self) -> String {}
}
impl fmt::Display for Warning {}
#[derive(Debug)]
#[non_exhaustive]
pub struct WidthStudy {
    pub width: usize,
    pub study: Study,
}
impl WidthStudy {
    pub fn open(folder: PathBuf, width: Option<usize>) -> Result<Self, WidthsError> {}
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WidthsError {
    Study(#[from] StudyError),
    NoWidth { folder: PathBuf },
    NotOne { folder: PathBuf, varied: String },
    Unlike {
        folder: PathBuf,
        here: String,
        other: PathBuf,
        there: String,
        remedy: &'static str,
    },
    NoOctaves { folder: PathBuf, name: String, value: String },
    Empty { folder: PathBuf },
}
pub fn across_width(name: &str) -> (Transferable, &'static str) {}
pub fn choose(config: &StudyConfig, records: &Records) -> Result<Choice, ChoiceError> {}
pub fn over_widths(
    label: &str,
    studies: &[WidthStudy],
) -> Result<(Runs, Vec<String>), WidthsError> {}
pub fn run_in_words(target: &ScalingPlan) -> Vec<String> {}
pub fn transfer(
    values: &Values,
    space: &Space,
    proxy: &ScalingPlan,
    target: &ScalingPlan,
) -> Result<Transfer, TransferError> {}
