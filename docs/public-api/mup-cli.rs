// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use crate::any_family::{AnyFamily, BoxedTrial};
    pub use crate::coord_check::CoordCheckCommand;
    pub use crate::devices::DevicesCommand;
    pub use crate::ended::{Interrupted, ended};
    pub use crate::grow::GrowArguments;
    pub use crate::identity::{BURN_VERSION, Identity, unchanged};
    pub use crate::plan::PlanCommand;
    pub use crate::remembered::RunArguments;
    pub use crate::reverse_transfer::ReverseTransferCommand;
    pub use crate::study::{
        CheckpointArguments, DEFAULT_STUDY, FamilyOf, StudyArguments, StudyCommand,
        TrainCommand, TuneCommand, everything,
    };
    pub use crate::target_run::TargetRunArguments;
    pub use crate::transfer_check::TransferCheckCommand;
    pub use crate::wider_check::WiderCheckCommand;
}
pub trait AnyFamily: Send + Sync {
    fn name(&self) -> String;
    fn size(&self) -> Size;
    fn identity(&self, growth: &Growth) -> Result<Identity, FamilyError>;
    fn delta(&self, growth: &Growth) -> Result<Size, FamilyError>;
    fn check_micro_batches(&self, of: usize, device: &Device) -> Result<(), FamilyError>;
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError>;
    fn run(&self, growth: Growth, size: Size) -> FamilyRun;
    fn in_tokens(&self, run: &FamilyRun) -> Result<Run, FamilyError>;
    fn check_run(
        &self,
        run: &FamilyRun,
        device: &Device,
    ) -> Result<ScalingPlan, FamilyError>;
    fn plan(&self, run: &FamilyRun, device: &Device) -> Result<ScalingPlan, FamilyError>;
    fn untested(&self, run: &FamilyRun) -> Vec<String>;
    fn criteria(&self) -> Criteria;
    fn flops_per_token(&self, size: &Size) -> Option<f64>;
    fn trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError>;
    fn depth_trial(
        &self,
        run: &FamilyRun,
        device: &Device,
    ) -> Result<BoxedTrial, FamilyError>;
    fn train(
        &self,
        run: &FamilyRun,
        folder: Option<RunFolder>,
        device: &Device,
        observe: &mut dyn FnMut(&Event),
        interrupted: &dyn Fn() -> bool,
        sample: bool,
    ) -> Result<TrialEnd, FamilyError>;
    fn check_export(
        &self,
        run: &FamilyRun,
        device: &Device,
        path: &Path,
        fold: bool,
    ) -> Result<(), FamilyError>;
    fn export(
        &self,
        run: &FamilyRun,
        folder: RunFolder,
        device: &Device,
        path: &Path,
        fold: bool,
    ) -> Result<Option<String>, FamilyError>;
    fn boxed(&self) -> Box<dyn AnyFamily>;
}
pub const BURN_VERSION: &str = "0.22.1";
pub type BoxedTrial = Box<dyn FnMut(&mut Activations) -> Result<(), FamilyError>>;
#[derive(Clone, Debug, Args)]
pub struct CheckpointArguments {
    pub checkpoint_every: Option<usize>,
    pub checkpoint_minutes: Duration,
    pub keep_last: usize,
}
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    Plan(PlanCommand),
    CoordCheck(CoordCheckCommand),
    TransferCheck(TransferCheckCommand),
    WiderCheck(WiderCheckCommand),
    ReverseTransfer(ReverseTransferCommand),
    Tune(TuneCommand),
    Study(StudyCommand),
    Devices(DevicesCommand),
}
impl Command {
    pub fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {}
}
#[derive(Clone, Debug, clap::Args)]
pub struct CoordCheckCommand {
    pub grow: GrowArguments,
    pub parametrization: Option<Parametrization>,
    pub ignore_depth: bool,
    pub seeds: u64,
    pub steps: Option<usize>,
    pub lr: Option<f64>,
    pub device: DeviceName,
    pub jobs: Option<NonZeroUsize>,
    pub modules: Vec<String>,
    pub statistics: Vec<Statistic>,
    pub observe: Vec<Source>,
    pub tolerance: f64,
    pub out: Option<PathBuf>,
    pub json: bool,
}
impl CoordCheckCommand {
    pub fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {}
    pub fn report(
        &self,
        family: &dyn AnyFamily,
    ) -> Result<(String, Report), FamilyError> {}
}
pub const DEFAULT_STUDY: &str = "runs/study";
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DevicesCommand {
    pub json: bool,
}
impl DevicesCommand {
    pub fn run(self) -> Result<ExitCode, FamilyError> {}
}
impl<F: Family> AnyFamily for F {}
pub type FamilyOf<'a> = &'a dyn Fn(&Study) -> Result<Box<dyn AnyFamily>, FamilyError>;
#[derive(Clone, Debug, Default, clap::Args)]
pub struct GrowArguments {
    pub grow: Vec<String>,
    pub widths: Vec<usize>,
    pub to: Option<usize>,
    pub size: Option<String>,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    pub family: String,
    pub fingerprint: String,
    pub start: String,
    pub burn: String,
    pub mup: String,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Interrupted;
#[derive(Clone, Debug, clap::Args)]
pub struct PlanCommand {
    pub base: Option<String>,
    pub target: Vec<String>,
    pub grow: Vec<String>,
    pub parametrization: Parametrization,
    pub steps: Option<usize>,
    pub target_run: TargetRunArguments,
    pub full: bool,
    pub diff: Option<PathBuf>,
    pub json: bool,
}
impl PlanCommand {
    pub fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {}
}
#[derive(Clone, Debug, clap::Args)]
pub struct ReverseTransferCommand {
    pub runs: RunArguments,
    pub narrow: Option<usize>,
    pub simulate: Vec<usize>,
    pub grid: Option<Log2Grid>,
    pub loss_without_input: Option<f64>,
    pub no_validation: bool,
}
impl ReverseTransferCommand {
    pub fn answer(&self, family: &dyn AnyFamily) -> Result<Answer, FamilyError> {}
}
#[derive(Clone, Debug, clap::Args)]
pub struct RunArguments {
    pub grow: GrowArguments,
    pub seeds: u64,
    pub steps: Option<usize>,
    pub jobs: Option<NonZeroUsize>,
    pub device: DeviceName,
    pub out: PathBuf,
    pub json: bool,
}
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct StudyArguments {
    pub study: Option<PathBuf>,
    pub device: Option<DeviceName>,
    pub seeds: Vec<u64>,
    pub rates: Option<Log2Grid>,
    /// embeddings, hidden matrices, readout and vectors: rate-input, rate-hidden, rate-output, rate-vector
    pub space: Option<String>,
    pub search: Option<Search>,
    pub search_seed: Option<u64>,
    pub trials: Option<usize>,
    pub steps: Option<usize>,
    pub best: Option<usize>,
    pub long_steps: Option<usize>,
    pub timeout: Option<u64>,
    pub parametrization: Option<String>,
    pub proxy: Option<String>,
    pub base: Option<String>,
    pub target: Option<String>,
    pub target_run: TargetRunArguments,
    pub micro_batches: Option<usize>,
    pub evaluate_every: Option<usize>,
}
impl StudyArguments {
    pub fn folder(&self) -> PathBuf {}
    pub fn continues(&self) -> bool {}
    pub fn create(&self, config: StudyConfig) -> Result<Study, FamilyError> {}
    pub fn config(
        &self,
        family: &dyn AnyFamily,
        settings: toml::Table,
    ) -> Result<StudyConfig, FamilyError> {}
}
#[derive(Clone, Debug, Subcommand)]
pub enum StudyCommand {
    Choose { study: PathBuf, json: bool },
    Train(TrainCommand),
    Report {
        study: PathBuf,
        compare: Vec<PathBuf>,
        target_run: TargetRunArguments,
        json: bool,
    },
    Status { study: PathBuf, json: bool },
    Retry { study: PathBuf },
    Trial { study: PathBuf, index: Option<usize>, file: Option<PathBuf> },
}
impl StudyCommand {
    pub fn run(&self, family: FamilyOf<'_>) -> Result<ExitCode, FamilyError> {}
}
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub struct TargetRunArguments {
    pub target_steps: Option<usize>,
    pub target_batch: Option<usize>,
    pub run_law: Option<RunLaw>,
}
impl TargetRunArguments {
    pub fn law(&self) -> RunLaw {}
}
#[derive(Clone, Debug, Args)]
pub struct TrainCommand {
    pub study: PathBuf,
    /// family has learning-rate, init-scale, and factors on the rates of embeddings, hidden matrices, readout and vectors:
    /// rate-input, rate-hidden, rate-output, rate-vector
    pub values: String,
    pub parametrization: Option<String>,
    pub seed: u64,
    pub target_run: TargetRunArguments,
    pub checkpoints: CheckpointArguments,
    pub export: Option<PathBuf>,
    pub fold: bool,
    pub json: bool,
}
#[derive(Clone, Debug, clap::Args)]
pub struct TransferCheckCommand {
    pub runs: RunArguments,
    pub parametrization: Option<Parametrization>,
    /// rate-hidden, rate-output, rate-vector), or one of the family's own.
    pub over: String,
    pub grid: Option<Log2Grid>,
    pub log2_rate: Option<f64>,
    pub run_law: Option<RunLaw>,
    pub no_control: bool,
}
impl TransferCheckCommand {
    pub fn answer(&self, family: &dyn AnyFamily) -> Result<Answer, FamilyError> {}
    pub fn base_and_grid(
        &self,
        own: FamilyRun,
    ) -> Result<(FamilyRun, Log2Grid), FamilyError> {}
}
#[derive(Clone, Debug, Args)]
pub struct TuneCommand {
    pub study: StudyArguments,
    pub tune: TuneArguments,
    pub json: bool,
}
impl TuneCommand {
    pub fn run_on(
        &self,
        study: &Study,
        family: &dyn AnyFamily,
    ) -> Result<ExitCode, FamilyError> {}
}
#[derive(Clone, Debug, clap::Args)]
pub struct WiderCheckCommand {
    pub runs: RunArguments,
    pub log2_rate: Option<f64>,
}
impl WiderCheckCommand {
    pub fn answer(&self, family: &dyn AnyFamily) -> Result<Answer, FamilyError> {}
}
pub fn ended(result: Result<ExitCode, FamilyError>) -> ExitCode {}
pub fn everything(
    study: &Study,
    family: &dyn AnyFamily,
    tune: &TuneArguments,
    checkpoints: &CheckpointArguments,
    json: bool,
) -> Result<ExitCode, FamilyError> {}
pub fn main<F: Family>(family: F) -> ExitCode {}
pub fn unchanged(what: &str, there: &str, here: &str) -> Result<(), FamilyError> {}
