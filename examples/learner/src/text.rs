//! Text as windows of bytes, in batches.
//!
//! Windows are shuffled once, by a seed, and keep their order in every epoch: Burn's checkpoints do not hold the state
//! of a data loader's own shuffling, so that a resumed run would see other batches than one that was never stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Bytes that the model reads at once.
pub const CONTEXT: usize = 64;

/// Windows in a batch.
pub const BATCH: usize = 8;

const DOCUMENTS: &str = concat!(
    include_str!("../../../README.md"),
    include_str!("../../../ARCHITECTURE.md"),
    include_str!("../../../docs/rules.md"),
    include_str!("../../../docs/glossary.md"),
    include_str!("../../../docs/verdicts.md"),
);

/// A context and the byte after it.
pub type Window = Vec<u8>;

/// Windows for training and for validation, in whole batches.
#[derive(Clone, Debug)]
pub struct Text {
    /// Shuffled.
    pub train: Vec<Window>,
    /// The last tenth of the text.
    pub validation: Vec<Window>,
}

/// A text that cannot be trained on.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no batch for training and another for validation.
    #[error("{name} has {bytes} bytes, but two batches of {BATCH} windows need {needed}: give a longer text")]
    TooShort {
        /// The text.
        name: String,
        /// Its length.
        bytes: usize,
        /// The least length.
        needed: usize,
    },
}

impl Text {
    /// A file, or what this repository's documents say.
    ///
    /// # Errors
    ///
    /// [`TextError`].
    pub fn load(path: Option<&Path>, seed: u64) -> Result<Self, TextError> {
        let Some(path) = path else { return Self::new("the built-in text", DOCUMENTS.as_bytes(), seed) };
        let bytes = std::fs::read(path).map_err(|source| TextError::Unreadable { path: path.to_owned(), source })?;
        Self::new(&path.display().to_string(), &bytes, seed)
    }

    /// Splits a text into windows, each beginning with the last byte of the one before.
    ///
    /// # Errors
    ///
    /// [`TextError::TooShort`].
    pub fn new(name: &str, bytes: &[u8], seed: u64) -> Result<Self, TextError> {
        let needed = 2 * BATCH * CONTEXT + 1;
        if bytes.len() < needed {
            return Err(TextError::TooShort { name: name.to_owned(), bytes: bytes.len(), needed });
        }
        let n_windows = (bytes.len() - 1) / CONTEXT;
        let mut train: Vec<Window> = (0..n_windows).map(|i| bytes[i * CONTEXT..=(i + 1) * CONTEXT].to_vec()).collect();
        let n_validation = (n_windows / 10 / BATCH).max(1) * BATCH;
        let validation = train.split_off(n_windows - n_validation);
        train.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        train.truncate(train.len() / BATCH * BATCH);
        Ok(Self { train, validation })
    }
}

/// Windows on a device, as tokens and the bytes that follow, both `[batch, context]`.
#[derive(Clone, Debug)]
pub struct TextBatch {
    /// What the model reads.
    pub tokens: Tensor<2, Int>,
    /// What it predicts.
    pub targets: Tensor<2, Int>,
}

impl TextBatch {
    /// Windows moved to a device.
    #[must_use]
    pub fn new(windows: &[Window], device: &Device) -> Self {
        let part = |start: usize| {
            let bytes = windows.iter().flat_map(|window| &window[start..start + CONTEXT]);
            let values: Vec<i32> = bytes.map(|byte| i32::from(*byte)).collect();
            Tensor::from_data(TensorData::new(values, [windows.len(), CONTEXT]), device)
        };
        Self { tokens: part(0), targets: part(1) }
    }
}

#[derive(Clone, Debug)]
struct WindowBatcher;

impl Batcher<Window, TextBatch> for WindowBatcher {
    fn batch(&self, windows: Vec<Window>, device: &Device) -> TextBatch {
        TextBatch::new(&windows, device)
    }
}

/// Batches of windows, in their order.
#[must_use]
pub fn loader(windows: Vec<Window>, batch: usize, device: &Device) -> Arc<dyn DataLoader<TextBatch>> {
    let builder = DataLoaderBuilder::new(WindowBatcher).batch_size(batch).set_device(device.clone());
    builder.build(InMemDataset::new(windows))
}
