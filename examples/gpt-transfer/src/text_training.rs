//! The training loop of this example, for checks that train the same GPT on text in many widths.

use std::path::Path;
use std::sync::Arc;

use mup_rules::Parametrization;
use mup_transfer::{Curve, Hyperparameters, Log2Grid, Smoothing, Trial};
use serde_json::Value;

use crate::configuration::{Configuration, WEIGHT_DECAY};
use crate::corpus::Corpus;
use crate::error::RunError;
use crate::interrupt::Interrupt;
use crate::training::Trainer;
use crate::{device, family};

/// Why a training run could not be described or done.
pub type TrainingError = Box<dyn std::error::Error + Send + Sync>;

/// Whether a run ended because of Ctrl-C.
#[must_use]
pub fn is_interruption(error: &TrainingError) -> bool {
    matches!(error.downcast_ref(), Some(RunError::Interrupted))
}

/// What all runs share, but for their width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Width at which µP is the standard parametrization.
    pub base_width: usize,
    /// Width of a head; heads grow in number.
    pub d_head: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Length of a training sequence, in bytes of text.
    pub context: usize,
    /// Sequences in a batch.
    pub batch: usize,
    /// Steps of a run.
    pub steps: usize,
}

/// Trains a relative-attention GPT on text; a run is a pure function of its [`Trial`].
#[derive(Debug)]
pub struct TextTraining {
    trainer: Trainer,
    device: String,
}

impl TextTraining {
    /// With the text at a path, or the source of Burn. Stops between two steps at Ctrl-C.
    ///
    /// # Errors
    ///
    /// A text that cannot be read, a device that is not there, sizes that describe no model.
    pub fn new(sizes: Sizes, text: Option<&Path>, device: &str) -> Result<Self, TrainingError> {
        let configuration = Configuration {
            proxy_width: sizes.base_width,
            target_width: sizes.base_width,
            d_head: sizes.d_head,
            n_layer: sizes.n_layer,
            context: sizes.context,
            batch: sizes.batch,
            steps: sizes.steps,
            weight_decay: WEIGHT_DECAY,
            rates: Log2Grid::new(0.0, 0.0, 1.0)?,
            seed: 0,
        };
        configuration.check(&[])?;
        let corpus = Arc::new(Corpus::load(text, sizes.context)?);
        let trainer = Trainer { configuration, corpus, device: device::open(device)?, interrupt: Interrupt::listen()? };
        Ok(Self { trainer, device: device.to_owned() })
    }

    /// The text, in a few words.
    #[must_use]
    pub fn text(&self) -> String {
        let corpus = &self.trainer.corpus;
        format!("{}, {} bytes, SHA-256 {}", corpus.name, corpus.n_bytes(), corpus.sha256)
    }

    /// Loss of a model that knows how often each byte occurs and nothing of what precedes it, in nats.
    #[must_use]
    pub fn byte_entropy(&self) -> f64 {
        self.trainer.corpus.byte_entropy()
    }

    /// The base width.
    #[must_use]
    pub fn base_width(&self) -> usize {
        self.trainer.configuration.proxy_width
    }

    /// The weight decay at base width.
    #[must_use]
    pub fn weight_decay(&self) -> f64 {
        self.trainer.configuration.weight_decay
    }

    /// The same training with another base width: the width that a narrower µP model then simulates.
    #[must_use]
    pub fn with_base_width(&self, base_width: usize) -> Self {
        self.with(Configuration { proxy_width: base_width, ..self.trainer.configuration.clone() })
    }

    /// The same training with another weight decay at base width.
    #[must_use]
    pub fn with_weight_decay(&self, weight_decay: f64) -> Self {
        self.with(Configuration { weight_decay, ..self.trainer.configuration.clone() })
    }

    fn with(&self, configuration: Configuration) -> Self {
        Self { trainer: Trainer { configuration, ..self.trainer.clone() }, device: self.device.clone() }
    }

    /// What all trials of a study share.
    #[must_use]
    pub fn settings(&self) -> Value {
        self.trainer.configuration.settings(&self.trainer.corpus, &self.device)
    }

    /// Steps over which the final loss is averaged.
    #[must_use]
    pub fn smoothing(&self) -> Smoothing {
        self.trainer.configuration.smoothing()
    }

    /// Number of trained parameters at a width.
    #[must_use]
    pub fn parameter_count(&self, width: usize) -> usize {
        family::config(&self.trainer.configuration, width, &Hyperparameters::at_rate(1.0)).parameter_count()
    }

    /// Describes a run of a preset's name at a width.
    ///
    /// # Errors
    ///
    /// A width that no head divides, an unknown parametrization.
    pub fn trial(
        &self,
        parametrization: &str,
        width: usize,
        seed: u64,
        hyperparameters: Hyperparameters,
    ) -> Result<Trial, TrainingError> {
        let configuration = &self.trainer.configuration;
        configuration.check(&[width])?;
        let table = Parametrization::named(parametrization)?;
        let plan = family::plan(configuration, width, table, &self.trainer.device)?.fingerprint();
        let (parametrization, settings) = (parametrization.to_owned(), self.settings());
        Ok(Trial { parametrization, width, plan, hyperparameters, seed, settings })
    }

    /// Trains from scratch; `on_step` sees each loss.
    ///
    /// # Errors
    ///
    /// Ctrl-C. A run that diverges is no error.
    pub fn train(&self, trial: &Trial, on_step: impl Fn(f64)) -> Result<Curve, TrainingError> {
        Ok(self.trainer.train(trial, on_step)?)
    }
}
