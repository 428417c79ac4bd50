//! What can be wrong with sizes and text.

use std::path::PathBuf;

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
    /// Positions are pairs of sine and cosine, and feed-forward branches are whole.
    #[error("a width of {width} is no positive even number")]
    OddWidth { width: usize },
    /// Heads of queries share heads of keys evenly.
    #[error(
        "a width of {width} has {n_head} heads of {d_head}, which cannot share heads of keys by {queries_per_key}: take a \
         multiple of {}, or see --d-head and queries_per_key",
        d_head * queries_per_key
    )]
    Heads { width: usize, n_head: usize, d_head: usize, queries_per_key: usize },
    /// As many heads as were asked for.
    #[error("--n-head {n_head} is no multiple of queries_per_key, {queries_per_key}, the heads that share one of keys")]
    NumberOfHeads { n_head: usize, queries_per_key: usize },
    /// A tokenizer of what is tokens already.
    #[error(
        "--tokenizer {tokenizer}: {} holds tokens already, which another tokenizer made: leave it out, or give the text that \
         they were made of", path.display()
    )]
    TokenizerOfTokens { tokenizer: String, path: PathBuf },
    /// A `.bin` does not say how many tokens there are.
    #[error(
        "{} says nothing of its vocabulary: give --vocab N, the number of different tokens, 50257 of GPT-2's for example \
         (nanoGPT keeps it as vocab_size in meta.pkl)", path.display()
    )]
    NoVocabulary { path: PathBuf },
    /// A text says these itself.
    #[error(
        "{option} is for tokens, --text FILE.bin: a text has its tokenizer's vocabulary, and its last twentieth is for \
         validation; leave it out"
    )]
    OnlyOfTokens { option: &'static str },
    /// nanoGPT writes two files.
    #[error(
        "{} is for training, and there is no {} for validation: give --validation FILE.bin",
        train.display(), validation.display()
    )]
    NoValidation { train: PathBuf, validation: PathBuf },
    /// The text files beside nanoGPT's tokens are its programs.
    #[error("{} lies in this folder, whose text files are hardly meant: give --text {} for tokens", file.display(), file.display())]
    FolderOfTokens { file: PathBuf },
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
