//! What can be wrong with sizes and text.

use crate::data::BurnSourceError;

/// Why there is no family of these sizes on this text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("{option} has to be at least 1")]
    Zero { option: &'static str },
    #[error("a width of {width} is no positive even multiple of the head width {d_head}; see --d-head")]
    Width { width: usize, d_head: usize },
    #[error("{micro_batches} micro batches do not divide a batch of {batch}: see --micro-batches")]
    MicroBatches { micro_batches: usize, batch: usize },
    #[error("this family has no text: it can be planned, and not trained")]
    NoText,
    #[error(
        "{name} has {bytes} bytes, but a context of {context} needs at least {needed}: add text, or lower --context"
    )]
    ShortText { name: String, bytes: u64, context: usize, needed: u64 },
    #[error(transparent)]
    BurnSource(#[from] BurnSourceError),
    #[error(transparent)]
    Data(#[from] mup_data::DataError),
}
