//! Everything that ends this program early.

use std::path::PathBuf;

use crate::data::BurnSourceError;

/// Why the program ended before its report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("{option} has to be at least 1")]
    Zero { option: &'static str },
    #[error("a width of {width} is no positive even multiple of the head width {d_head}; see --d-head")]
    Width { width: usize, d_head: usize },
    #[error("the target has to be as wide as the proxy at least, but has width {target} where the proxy has {proxy}")]
    Narrower { proxy: usize, target: usize },
    #[error("{micro_batches} micro batches do not divide a batch of {batch}: see --micro-batches")]
    MicroBatches { micro_batches: usize, batch: usize },
    #[error("this family has no text: it can be planned, and not trained")]
    NoText,
    #[error("interrupted")]
    Interrupted,
    #[error("{trials} trials failed: `status` says why, `retry` runs them again")]
    TrialsFailed { trials: usize },
    #[error(
        "{name} has {bytes} bytes, but a context of {context} needs at least {needed}: add text, or lower --context"
    )]
    ShortText { name: String, bytes: u64, context: usize, needed: u64 },
    #[error("study.toml: {table} is not one of this program's: {reason}")]
    Table { table: &'static str, reason: String },
    #[error("cannot use the trial's file {}: {reason}", path.display())]
    TrialFile { path: PathBuf, reason: String },
    #[error(
        "study.toml was made for {what} {there}, but {what} is {here} now: continue it with the program and data that \
         began it, or begin another study"
    )]
    Changed { what: &'static str, there: String, here: String },
    #[error("--values {text}: {reason}; write chosen, default, or for example learning-rate=0.01,alpha-output=2")]
    Values { text: String, reason: String },
    #[error("cannot read the space {name}: {reason}; there are gpt-3 and rate, or give a TOML file")]
    Space { name: String, reason: String },
    #[error("the study in {} varies more than the learning rate, so it has no curve over it", folder.display())]
    NotOfRates { folder: PathBuf },
    #[error(transparent)]
    BurnSource(#[from] BurnSourceError),
    #[error(transparent)]
    Data(#[from] mup_data::DataError),
    #[error(transparent)]
    Device(#[from] mup_devices::DeviceError),
    #[error(transparent)]
    Grid(#[from] mup_sweep::GridError),
    #[error(transparent)]
    GridOfSpace(#[from] mup_study::SpaceError),
    #[error(transparent)]
    Hyperparameters(#[from] crate::hyperparameters::ValuesError),
    #[error(
        "a record of a run has another form than this program writes ({reason}): move it away, or use the program that \
             wrote it"
    )]
    Context { reason: String },
    #[error(transparent)]
    Study(#[from] mup_study::StudyError),
    #[error(transparent)]
    Launch(#[from] mup_study::launch::LaunchError),
    #[error(transparent)]
    Choice(#[from] mup_transfer::ChoiceError),
    #[error(transparent)]
    Transfer(#[from] mup_transfer::TransferError),
    #[error(transparent)]
    Report(#[from] mup_transfer::report::ReportError),
    #[error(transparent)]
    Shapes(#[from] mup_shapes::ShapeError),
    #[error(transparent)]
    Rules(#[from] mup_rules::RuleError),
    #[error(transparent)]
    Model(#[from] mup_models::ModelError),
    #[error(transparent)]
    Init(#[from] mup_init::InitError),
    #[error(transparent)]
    Optimizer(#[from] mup_optim::OptimError),
    #[error(transparent)]
    Family(#[from] mup_train::FamilyError),
    #[error(transparent)]
    Train(#[from] mup_train::TrainError),
    #[error(transparent)]
    Interrupt(#[from] mup_study::cli::InterruptError),
    #[error("this run diverged, so it has no weights to export; its last checkpoint is in {}", folder.display())]
    NothingToExport { folder: PathBuf },
    #[error("cannot write {}: there is no folder {}; create it, or give --export another", path.display(), folder.display())]
    NoFolder { path: PathBuf, folder: PathBuf },
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}
