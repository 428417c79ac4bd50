//! Everything that ends this program early.

use crate::corpus::CorpusError;
use crate::device::DeviceError;

/// Why the program ended before its report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("{option} has to be at least 1")]
    Zero { option: &'static str },
    #[error("a width of {width} is no positive even multiple of the head width {d_head}; see --d-head")]
    Width { width: usize, d_head: usize },
    #[error("the target has to be wider than the proxy, but has width {target} where the proxy has {proxy}")]
    NotWider { proxy: usize, target: usize },
    #[error("interrupted")]
    Interrupted,
    #[error(
        "all {n_trials} trials diverged, down to a learning rate of 2^{lowest}: lower the grid with --rates, or look \
         for a fault in the text"
    )]
    AllDiverged { n_trials: usize, lowest: f64 },
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Space(#[from] mup_transfer::SpaceError),
    #[error(transparent)]
    Study(#[from] mup_transfer::StudyError),
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
    #[error("cannot listen to Ctrl-C: {0}")]
    Interrupt(#[from] ctrlc::Error),
}
