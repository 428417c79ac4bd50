//! The training of this example, for checks that train the same GPT on text in many widths.

use std::path::Path;

use mup_data::Order;
use mup_devices::DeviceName;
use mup_study::cli::Interrupt;
use mup_study::{Smoothing, Trial, TrialCurve};
use mup_train::Event;
use serde_json::{Value, json};

use crate::configuration::{Configuration, WEIGHT_DECAY};
use crate::data::Data;
use crate::error::RunError;
use crate::hyperparameters::Hyperparameters;
use crate::run_context::RunContext;
use crate::training::{Run, Trainer};
use crate::{data, family};

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
#[derive(Clone, Debug)]
pub struct TextTraining {
    trainer: Trainer,
    name: String,
    device: DeviceName,
    steps: usize,
    interrupt: Interrupt,
}

impl TextTraining {
    /// With the text at a path, or the source of Burn. Stops between two steps at Ctrl-C.
    ///
    /// # Errors
    ///
    /// A text that cannot be read, a device that is not there, sizes that describe no model.
    pub fn new(sizes: Sizes, text: Option<&Path>, device: DeviceName) -> Result<Self, TrainingError> {
        let Sizes { base_width, d_head, n_layer, context, batch, steps } = sizes;
        if steps == 0 {
            return Err(RunError::Zero { option: "--steps" }.into());
        }
        let (weight_decay, order, vocab) = (WEIGHT_DECAY, Order::Random, 256);
        let configuration = Configuration { base_width, d_head, n_layer, context, batch, weight_decay, order, vocab };
        configuration.check(&[])?;
        let text = data::text(text)?;
        let name = text.name().to_owned();
        let trainer =
            Trainer { configuration, data: Data::in_memory(text, context)?, device: mup_devices::open(device)? };
        Ok(Self { trainer, name, device, steps, interrupt: Interrupt::listen()? })
    }

    /// The text, in a few words.
    #[must_use]
    pub fn text(&self) -> String {
        let data = &self.trainer.data;
        format!("{}, {} bytes, SHA-256 {}", self.name, data.n_bytes(), data.sha256())
    }

    /// Loss of a model that knows how often each byte occurs and nothing of what precedes it, in nats.
    ///
    /// # Errors
    ///
    /// A token that cannot be read.
    pub fn byte_entropy(&self) -> Result<f64, TrainingError> {
        Ok(self.trainer.data.entropy()?)
    }

    /// The base width.
    #[must_use]
    pub fn base_width(&self) -> usize {
        self.trainer.configuration.base_width
    }

    /// The weight decay at base width.
    #[must_use]
    pub fn weight_decay(&self) -> f64 {
        self.trainer.configuration.weight_decay
    }

    /// The same training with another base width: the width that a narrower µP model then simulates.
    #[must_use]
    pub fn with_base_width(&self, base_width: usize) -> Self {
        self.with(Configuration { base_width, ..self.trainer.configuration.clone() })
    }

    /// The same training with another weight decay at base width.
    #[must_use]
    pub fn with_weight_decay(&self, weight_decay: f64) -> Self {
        self.with(Configuration { weight_decay, ..self.trainer.configuration.clone() })
    }

    fn with(&self, configuration: Configuration) -> Self {
        Self { trainer: Trainer { configuration, ..self.trainer.clone() }, ..self.clone() }
    }

    /// What all runs of a folder share.
    #[must_use]
    pub fn settings(&self) -> Value {
        let mut settings = self.trainer.configuration.settings(&self.trainer.data, self.device);
        settings["steps"] = json!(self.steps);
        settings
    }

    /// Steps over which the final loss is averaged.
    #[must_use]
    pub fn smoothing(&self) -> Smoothing {
        Smoothing::tenth_of(self.steps)
    }

    /// Number of trained parameters at a width.
    #[must_use]
    pub fn parameter_count(&self, width: usize) -> usize {
        family::parameter_count(&self.trainer.configuration, width) as usize
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
        self.trainer.configuration.check(&[width])?;
        let plan = self.trainer.plan(parametrization, width)?.fingerprint();
        let (parametrization, settings) = (parametrization.to_owned(), self.settings());
        Ok(RunContext { parametrization, width, plan, settings }.trial(hyperparameters, seed, self.steps))
    }

    /// Trains from scratch; `on_step` sees each loss.
    ///
    /// # Errors
    ///
    /// Ctrl-C. A run that diverges is no error.
    pub fn train(&self, trial: &Trial, on_step: impl Fn(f64)) -> Result<TrialCurve, TrainingError> {
        let RunContext { parametrization, width, .. } = RunContext::of(trial)?;
        let run = Run {
            parametrization,
            width,
            values: Hyperparameters::try_from(&trial.values).map_err(RunError::from)?,
            seed: trial.seed,
            steps: self.steps,
            micro_batches: 1,
            evaluate_every: None,
        };
        let observe = |event: &Event| {
            if let Event::Step(report) = event {
                on_step(report.loss);
            }
        };
        let trained = self.trainer.train(&run, None, observe, || self.interrupt.requested())?;
        Ok(self.trainer.curve(&run, &trained))
    }
}

#[cfg(test)]
mod tests {
    use super::{Sizes, TextTraining};
    use crate::hyperparameters::Hyperparameters;

    #[test]
    fn a_run_of_a_check_ends_without_writing_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.txt");
        std::fs::write(&text, "the quick brown fox jumps over the lazy dog\n".repeat(100)).unwrap();
        let sizes = Sizes { base_width: 8, d_head: 4, n_layer: 1, context: 8, batch: 2, steps: 3 };
        let training = TextTraining::new(sizes, Some(&text), "flex".parse().unwrap()).unwrap();
        let trial = training.trial("mup", 16, 0, Hyperparameters::at_rate(0.01)).unwrap();
        let curve = training.train(&trial, |_| {}).unwrap();
        assert!(curve.validation.is_some() && curve.losses.len() == 3);
        assert_eq!(curve.sample, None);
    }
}
