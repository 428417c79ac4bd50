//! What can be wrong with sizes and text.

use crate::data::BurnSourceError;

/// Why there is no family of these sizes on this text.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum TextError {
    /// A count of nothing.
    #[error("{option} has to be at least 1")]
    Zero { option: &'static str },
    /// Heads have one width.
    #[error("a width of {width} is no positive even multiple of the head width {d_head}; see --d-head")]
    Width { width: usize, d_head: usize },
    /// Parts are equal.
    #[error("{micro_batches} micro batches do not divide a batch of {batch}: see --micro-batches")]
    MicroBatches { micro_batches: usize, batch: usize },
    /// Planned only.
    #[error("this family has no text: it can be planned, and not trained")]
    NoText,
    /// Not one window for validation.
    #[error(
        "{name} has {bytes} bytes, but a context of {context} needs at least {needed}: add text, or lower --context"
    )]
    ShortText { name: String, bytes: u64, context: usize, needed: u64 },
    /// No text was given, and the default one cannot be had.
    #[error(transparent)]
    BurnSource(#[from] BurnSourceError),
    /// What is wrong with text or tokens.
    #[error(transparent)]
    Data(#[from] mup_data::DataError),
}
