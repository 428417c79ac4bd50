// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use curve::{Evaluation, TrialCurve};
    pub use error::{Difference, SpaceError, StudyError};
    pub use outcome::{Failure, Outcome, Smoothing};
    pub use records::{Record, RecordSource, Stored, TrialEnd};
    pub use search::Search;
    pub use space::{Dimension, Space};
    pub use stopped_loss::StoppedLoss;
    pub use store::{Damage, Store};
    pub use study::limits;
    pub use study::{
        ChangedFile, Mistake, Others, Program, Records, Retried, Stage, Study,
        StudyConfig, StudyRecord, StudyTrial, Trial,
    };
    pub use values::{Setting, Values, rounded};
}
pub mod cli {
    pub use exit::{BAD_ARGUMENTS, EXIT_CODES, FAILED_TRIALS, exit_code};
    pub use interrupt::{Interrupt, InterruptError};
    pub use negative::with_negative_numbers;
    pub use progress::Bars;
    pub use say::say;
    pub use shell::{shell_word, this_command, this_program};
    pub use slurm::SlurmArguments;
    pub use status::{Status, missing};
    pub use tune::{Launcher, TuneArguments, retry, run_trial, tune};
    pub use whole::{whole, whole_up_to};
}
pub mod launch {
    pub use error::LaunchError;
    pub use local::{Tuned, run_locally};
    #[cfg(unix)]
    pub use program::ProgramRunner;
    #[cfg(unix)]
    pub use slurm::{SlurmError, SlurmOptions, run_on_slurm};
    pub use watch::{Silent, Watch};
}
pub const BAD_ARGUMENTS: u8 = 2;
#[derive(Debug)]
#[private_fields]
pub struct Bars {}
impl Bars {
    pub fn new() -> Self {}
    pub fn say(&self, line: &str) {}
}
impl Default for Bars {}
impl Drop for Bars {}
impl Watch for Bars {}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    pub file: String,
    pub trials: usize,
    pub of: usize,
    pub here: bool,
}
impl std::fmt::Display for ChangedFile {}
pub type Damage = (PathBuf, String);
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    pub setting: String,
    pub there: String,
    pub asked: String,
}
impl std::fmt::Display for Difference {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dimension {
    LogUniform([f64; 2]),
    Uniform([f64; 2]),
    Integer([i64; 2]),
    Categorical(Vec<Setting>),
    Grid(Vec<f64>),
    Fixed(Setting),
}
impl Dimension {
    pub fn varies(&self) -> bool {}
    pub fn at(&self, place: f64) -> Setting {}
    pub fn place(&self, setting: &Setting) -> Option<f64> {}
    pub fn settings(&self) -> Option<Vec<Setting>> {}
    pub fn ends(&self) -> Option<[f64; 2]> {}
}
pub const EXIT_CODES: &str = "\
Exit codes:
  0    every stage is finished
  1    an error, which is said
  2    bad arguments
  4    trials failed: `status` says why, `retry` runs them again
  130  interrupted; the same command continues";
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub step: usize,
    pub loss: f64,
}
pub const FAILED_TRIALS: u8 = 4;
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    Exit { code: i32, said: String },
    Signal { signal: i32, said: String },
    OutOfMemory { said: String },
    TimedOut { seconds: u64 },
    Short { reported: usize, asked: usize },
    Malformed { reason: String },
}
impl std::fmt::Display for Failure {}
#[derive(Clone, Debug, Default)]
pub struct Interrupt(_);
impl Interrupt {
    pub fn listen() -> Result<Self, InterruptError> {}
    pub fn requested(&self) -> bool {}
    pub fn exit_code() -> std::process::ExitCode {}
}
#[derive(Debug, thiserror::Error)]
pub struct InterruptError(#[from] _);
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    Study(#[from] StudyError),
    #[cfg(unix)]
    Slurm(#[from] super::SlurmError),
    OtherLauncher { option: &'static str, launcher: &'static str, remedy: &'static str },
    CannotStart { program: OsString, source: io::Error },
    FailAtOnce {
        trials: usize,
        earlier: bool,
        failure: crate::Failure,
        log: Option<PathBuf>,
    },
    NoRecord { name: String },
    NoProgram,
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    Interrupted,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Launcher {
    #[default]
    Local,
    Slurm,
}
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    pub line: usize,
    pub reason: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Others {
    pub trials: usize,
    pub differences: Vec<Difference>,
}
impl std::fmt::Display for Others {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    Finished { loss: f64 },
    NotFinite { step: usize },
    LearnedNothing {
        first: f64,
        last: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        few: Option<usize>,
    },
    AboveStart { first: f64, last: f64 },
    Failed(Failure),
}
impl Outcome {
    pub const FEWEST_STEPS: usize = start::FEWEST;
    pub fn judge(curve: &TrialCurve, smoothing: Smoothing) -> Self {}
    pub fn of(losses: &[f64], smoothing: Smoothing) -> Self {}
    pub fn loss(&self) -> Option<f64> {}
    pub fn hardly_above(&self) -> bool {}
    pub fn failed(&self) -> bool {}
}
impl std::fmt::Display for Outcome {}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Program {
    pub command: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    #[serde(default = "one")]
    pub threads: usize,
}
#[derive(Debug)]
#[private_fields]
pub struct ProgramRunner<'a> {}
impl<'a> ProgramRunner<'a> {
    pub fn new(study: &'a Study) -> Result<Self, LaunchError> {}
    pub fn run(
        &self,
        trial: &StudyTrial,
        on_step: &dyn Fn(usize, f64),
        say: &dyn Fn(&str),
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<TrialEnd, LaunchError> {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    pub trial: T,
    pub outcome: Outcome,
    #[serde(with = "crate::shared")]
    pub curve: Arc<TrialCurve>,
    pub seconds: f64,
}
impl<T> Record<T> {
    pub fn stopped_loss(&self) -> Option<StoppedLoss> {}
}
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordSource {
    Read,
    Trained,
    Repaired { kept_as: PathBuf, reason: String },
}
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub records: Vec<StudyRecord>,
    pub missing: usize,
    pub damaged: Vec<(PathBuf, String)>,
    pub unreadable: Vec<(PathBuf, String)>,
    pub others: Vec<Others>,
    pub changed: Vec<ChangedFile>,
}
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Retried {
    pub trials: Vec<StudyTrial>,
    pub depending: usize,
}
impl std::fmt::Display for Retried {}
pub const SECONDS: u64 = 1_000_000_000;
pub const SEED: u64 = i64::MAX as u64;
pub const STEPS: u64 = 1_000_000_000_000;
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Search {
    #[default]
    Random,
    Sobol,
    Grid,
    Tpe,
}
impl FromStr for Search {
    type Err = String;
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Setting {
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}
impl Setting {
    pub fn number(&self) -> Option<f64> {}
}
impl fmt::Display for Setting {}
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;
impl Watch for Silent {}
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SlurmArguments {
    pub partition: Option<String>,
    pub gpus: Option<u32>,
    pub time_limit: Option<u64>,
    pub throttle: Option<u32>,
    pub settle: Option<u64>,
    pub sbatch_option: Vec<String>,
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlurmError {
    Absent { command: &'static str },
    Refused { command: String, said: String },
    Answer { command: &'static str, said: String, expected: &'static str },
    UnclearSubmission { said: String },
    Option { option: String, remedy: &'static str },
    NoTimeLimit,
    TimeLimit { minutes: u64, timeout: u64 },
    Backslash { path: PathBuf },
    NoProgress {
        missing: String,
        rounds: usize,
        states: String,
        log: PathBuf,
        said: String,
    },
}
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlurmOptions {
    pub partition: Option<String>,
    pub gpus: Option<u32>,
    pub time_limit: Option<u64>,
    pub throttle: Option<u32>,
    pub settle: Duration,
    pub sbatch: Vec<String>,
}
impl SlurmOptions {
    pub fn check(&self) -> Result<(), SlurmError> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smoothing {
    pub last: usize,
}
impl Smoothing {
    pub fn tenth_of(steps: usize) -> Self {}
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Written>", into = "BTreeMap<String, Written>")]
pub struct Space(pub BTreeMap<String, Dimension>, _);
impl Space {
    pub fn gpt3() -> Self {}
    pub fn rates(low: i32, high: i32) -> Self {}
    pub fn named(name: &str) -> Result<Self, SpaceError> {}
}
impl Space {
    pub fn with(mut self, name: &str, dimension: Dimension) -> Self {}
    pub fn with_declared(
        mut self,
        name: &str,
        dimension: Dimension,
        transfers: bool,
    ) -> Self {}
    pub fn declared(&self, name: &str) -> Option<bool> {}
    pub fn from_toml(text: &str) -> Result<Self, Mistake> {}
    pub fn check(&self) -> Result<(), SpaceError> {}
    pub fn varied(&self) -> impl Iterator<Item = (&str, &Dimension)> {}
    pub fn at(&self, mut coordinate: impl FnMut(&str) -> f64) -> Values {}
    pub fn n_combinations(&self) -> Result<usize, SpaceError> {}
    pub fn combination(&self, index: usize) -> Result<Values, SpaceError> {}
}
impl TryFrom<BTreeMap<String, Written>> for Space {
    type Error = String;
}
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SpaceError {
    Empty,
    Dimension { name: String, reason: &'static str },
    Name { name: String, reason: String },
    NoGrid { name: String },
    LargeGrid { limit: usize },
    TooManyTrials { trials: usize, points: usize },
    TooManyDimensions { dimensions: usize, limit: usize },
    UnknownPreset { name: String },
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stage {
    pub steps: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<usize>,
}
impl Stage {
    pub fn of(steps: usize, trials: usize) -> Self {}
    pub fn of_best(steps: usize, best: usize) -> Self {}
    pub fn samples(&self) -> usize {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    #[serde(serialize_with = "path_as_text")]
    pub folder: PathBuf,
    pub trials: usize,
    pub finished: usize,
    pub diverged: usize,
    pub failed: usize,
    pub failures: Vec<(String, String)>,
    pub remarks: BTreeMap<String, usize>,
    #[serde(serialize_with = "logs_as_text")]
    pub logs: Option<PathBuf>,
    pub without_log: bool,
    pub oddities: Vec<String>,
    pub missing: usize,
    pub waiting: usize,
    pub too_few: usize,
    pub empty_stage: Option<usize>,
    #[serde(serialize_with = "damaged_as_text")]
    pub damaged: Vec<(PathBuf, String)>,
    #[serde(serialize_with = "damaged_as_text")]
    pub unreadable: Vec<(PathBuf, String)>,
    pub changed: Vec<ChangedFile>,
    pub others: Vec<Others>,
}
impl Status {
    pub fn exit_code(&self, tuned: Tuned) -> ExitCode {}
}
impl Status {
    pub fn of(study: &Study) -> Result<Self, StudyError> {}
}
impl fmt::Display for Status {}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoppedLoss {
    pub loss: f64,
    pub from: usize,
}
#[derive(Debug)]
#[private_fields]
pub struct Store {}
impl Store {
    pub fn open(folder: &Path, settings: &Value) -> Result<Self, StudyError> {}
    pub fn records(&self) -> Result<(Vec<Arc<Stored>>, Vec<Damage>), StudyError> {}
    pub fn run<E: From<StudyError>>(
        &self,
        trial: &Trial,
        run: impl FnOnce() -> Result<TrialEnd, E>,
    ) -> Result<(Arc<Stored>, RecordSource), E> {}
}
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[private_fields]
pub struct Stored {
    pub trial: Trial,
    pub curve: Arc<TrialCurve>,
    pub failure: Option<Failure>,
    pub seconds: f64,
}
impl Stored {
    pub fn outcome(&self, smoothing: Smoothing) -> Outcome {}
    pub fn judged(&self, smoothing: Smoothing) -> Record<Trial> {}
}
#[derive(Debug)]
#[private_fields]
pub struct Study {}
impl Study {
    pub fn create(folder: &Path, config: StudyConfig) -> Result<Self, StudyError> {}
    pub fn open(folder: &Path) -> Result<Self, StudyError> {}
    pub fn folder(&self) -> &Path {}
    pub fn logs(&self) -> PathBuf {}
    pub fn config(&self) -> &StudyConfig {}
    pub fn oddities(&self) -> &[String] {}
    pub fn find(&self, trial: &StudyTrial) -> Result<Option<StudyRecord>, StudyError> {}
    pub fn run<E: From<StudyError>>(
        &self,
        trial: &StudyTrial,
        run: impl FnOnce() -> Result<TrialEnd, E>,
    ) -> Result<(StudyRecord, RecordSource), E> {}
    pub fn records(&self) -> Result<Records, StudyError> {}
    pub fn set_damaged_aside(&self) -> Result<Vec<Damage>, StudyError> {}
}
impl Study {
    pub fn create_or_extend(
        folder: &Path,
        config: StudyConfig,
    ) -> Result<(Self, Vec<Difference>), StudyError> {}
    pub fn remade_with(
        self,
        made_with: toml::Table,
    ) -> Result<(Self, Vec<Difference>), StudyError> {}
}
impl Study {
    pub fn missing(&self) -> Result<Vec<(usize, StudyTrial)>, StudyError> {}
    pub fn trial(&self, index: usize) -> Result<StudyTrial, StudyError> {}
}
impl Study {
    pub fn retry(&self) -> Result<Retried, StudyError> {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StudyConfig {
    pub version: u32,
    #[serde(default)]
    pub seed: u64,
    #[serde(default)]
    pub search: Search,
    #[serde(default = "default_round")]
    pub round: usize,
    #[serde(default = "default_seeds")]
    pub seeds: Vec<u64>,
    #[serde(default = "default_last_share")]
    pub last_share: f64,
    pub stages: Vec<Stage>,
    pub space: Space,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    #[serde(default)]
    pub proxy: toml::Table,
    #[serde(default)]
    pub target: toml::Table,
    #[serde(default)]
    pub made_with: toml::Table,
}
impl StudyConfig {
    pub fn from_toml(text: &str) -> Result<Self, Mistake> {}
}
impl StudyConfig {
    pub fn new(space: Space, stages: Vec<Stage>) -> Self {}
    pub fn to_toml(&self) -> String {}
    pub fn n_trials(&self) -> usize {}
    pub fn distinct_seeds(&self) -> Vec<u64> {}
    pub fn smoothing(&self, n_losses: usize) -> Smoothing {}
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    Gone { folder: PathBuf, moved: bool },
    Edited { path: PathBuf, differences: Vec<Difference> },
    UnreadableRecord { path: PathBuf, reason: String },
    NotAFolder { path: PathBuf, remedy: String },
    OtherConfiguration { folder: PathBuf, differences: Vec<Difference> },
    ByHand { path: PathBuf, differences: Vec<Difference> },
    Absent { path: PathBuf },
    Config { reason: String },
    Mistake { path: PathBuf, mistake: Mistake },
    Space(#[from] SpaceError),
    NoSuchTrial { index: usize, trials: usize },
    Waiting { index: usize },
    NotAStudy { folder: PathBuf, found: PathBuf },
    Unreadable { path: PathBuf, reason: String },
    OldArchive { path: PathBuf },
    Unstorable { id: String },
    Newer { path: PathBuf, version: u32, known: u32 },
}
impl StudyRecord {
    pub fn remarks(&self) -> Vec<String> {}
}
pub type StudyRecord = Record<StudyTrial>;
#[derive(Clone, Debug, PartialEq)]
#[private_fields]
pub struct StudyTrial {
    pub stage: usize,
    pub sample: usize,
}
impl Deref for StudyTrial {
    type Target = Trial;
}
impl StudyTrial {
    pub fn new(stage: usize, sample: usize, trial: Trial) -> Self {}
    pub fn trial(&self) -> &Trial {}
    pub fn name(&self) -> &str {}
    pub fn place(&self) -> String {}
}
pub const THREADS: u64 = 65_536;
pub const TRIALS: u64 = 100_000;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub values: Values,
    pub seed: u64,
    pub steps: usize,
    #[serde(with = "crate::shared")]
    pub context: Arc<Value>,
}
impl Trial {
    pub fn id(&self) -> String {}
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialCurve {
    pub losses: Vec<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_finite: Option<usize>,
    pub validation: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<Evaluation>,
    pub tokens: u64,
    pub parameters: u64,
    pub sample: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}
impl TrialCurve {
    pub fn step(&self, index: usize) -> usize {}
    pub fn n_steps(&self) -> usize {}
    pub fn covers(&self, asked: usize) -> bool {}
    pub fn steps_beyond(&self, asked: usize) -> Option<usize> {}
}
impl TrialCurve {
    pub fn storable(mut self) -> Self {}
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialEnd {
    pub curve: TrialCurve,
    pub failure: Option<Failure>,
    pub seconds: Option<f64>,
}
impl From<TrialCurve> for TrialEnd {}
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TuneArguments {
    pub launcher: Launcher,
    pub jobs: Option<u16>,
    pub keep_going: bool,
    pub slurm: SlurmArguments,
}
impl TuneArguments {
    pub fn check(&self) -> Result<(), LaunchError> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tuned {
    Finished,
    Stopped,
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(pub BTreeMap<String, Setting>);
impl Values {
    pub fn get(&self, name: &str) -> Option<&Setting> {}
    pub fn number(&self, name: &str) -> Option<f64> {}
    pub fn with(mut self, name: &str, value: Setting) -> Self {}
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {}
}
impl fmt::Display for Values {}
pub trait Watch: Sync {
    fn wave(&self, _trials: usize, _ended: usize) {}
    fn begin(&self, _trial: &StudyTrial) {}
    fn step(&self, _trial: &StudyTrial, _step: usize, _loss: f64) {}
    fn say(&self, _line: &str) {}
    fn end(&self, _record: &StudyRecord, _source: &RecordSource) {}
}
pub fn exit_code(error: &LaunchError) -> ExitCode {}
pub fn missing(study: &Study) -> Result<String, StudyError> {}
pub fn retry(study: &Study) -> Result<Retried, LaunchError> {}
pub fn rounded(value: f64) -> String {}
pub fn run_locally<E: From<StudyError> + Send>(
    study: &Study,
    jobs: usize,
    stop: &(dyn Fn() -> bool + Sync),
    watch: &dyn Watch,
    run: &(impl Fn(&StudyTrial, &dyn Fn(usize, f64)) -> Result<TrialEnd, E> + Sync),
) -> Result<Tuned, E> {}
pub fn run_on_slurm(
    study: &Study,
    options: &SlurmOptions,
    stop: &(dyn Fn() -> bool + Sync),
    watch: &dyn Watch,
) -> Result<Tuned, LaunchError> {}
pub fn run_trial(
    study: &Study,
    index: usize,
    interrupt: &Interrupt,
) -> Result<(StudyRecord, RecordSource), LaunchError> {}
pub fn say(line: impl Display) {}
pub fn shell_word(word: &OsStr) -> String {}
pub fn this_command() -> String {}
pub fn this_program() -> String {}
pub fn tune(
    study: &Study,
    arguments: &TuneArguments,
    interrupt: &Interrupt,
) -> Result<Tuned, LaunchError> {}
pub fn whole<N: TryFrom<u64>, const LEAST: u64>(text: &str) -> Result<N, String> {}
pub fn whole_up_to<N: TryFrom<u64>, const LEAST: u64, const MOST: u64>(
    text: &str,
) -> Result<N, String> {}
pub fn with_negative_numbers(command: Command) -> Command {}
