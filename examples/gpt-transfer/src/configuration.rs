//! Sizes and training settings: defaults, the quick ones, and what the command line changes.

use mup_transfer::{Log2Grid, Smoothing};
use serde_json::{Value, json};

use crate::cli::Arguments;
use crate::corpus::Corpus;
use crate::error::RunError;

/// Raised whenever the training code changes its numbers, so that a study is not continued across the change.
const TRAINING_VERSION: u32 = 1;
/// The version that the workspace pins.
pub(crate) const BURN_VERSION: &str = "0.22.1";

/// AdamW as in the GPT-3 experiment (TP-V App. F.4 takes GPT-3's): β₂ = 0.95, clipping by the global norm at 1.
pub(crate) const BETA_1: f64 = 0.9;
pub(crate) const BETA_2: f64 = 0.95;
pub(crate) const EPSILON: f64 = 1e-8;
pub(crate) const WEIGHT_DECAY: f64 = 0.01;
pub(crate) const MAX_NORM: f64 = 1.0;

/// Everything that a trial's closure reads.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) proxy_width: usize,
    pub(crate) target_width: usize,
    pub(crate) d_head: usize,
    pub(crate) n_layer: usize,
    pub(crate) context: usize,
    pub(crate) batch: usize,
    pub(crate) steps: usize,
    pub(crate) weight_decay: f64,
    pub(crate) rates: Log2Grid,
    pub(crate) seed: u64,
}

impl Configuration {
    /// Defaults, then `--quick`, then single options.
    pub(crate) fn new(arguments: &Arguments) -> Result<Self, RunError> {
        let sizes = |normal, quick| if arguments.quick { quick } else { normal };
        let (low, high) = if arguments.quick { (-8.0, -4.0) } else { (-9.0, -3.0) };
        let rates = match arguments.rates {
            Some(rates) => rates,
            None => Log2Grid::new(low, high, 1.0)?,
        };
        let configuration = Self {
            proxy_width: arguments.proxy_width.unwrap_or(sizes(64, 32)),
            target_width: arguments.target_width.unwrap_or(sizes(256, 128)),
            d_head: arguments.d_head.unwrap_or(sizes(32, 16)),
            n_layer: arguments.n_layer.unwrap_or(2),
            context: arguments.context.unwrap_or(sizes(64, 32)),
            batch: arguments.batch.unwrap_or(sizes(16, 8)),
            steps: arguments.steps.unwrap_or(sizes(400, 60)),
            weight_decay: WEIGHT_DECAY,
            rates,
            seed: arguments.seed,
        };
        configuration.check(&arguments.sweep_widths)?;
        let (proxy, target) = (configuration.proxy_width, configuration.target_width);
        if target <= proxy { Err(RunError::NotWider { proxy, target }) } else { Ok(configuration) }
    }

    /// Whether models of these sizes exist, at these widths too.
    pub(crate) fn check(&self, widths: &[usize]) -> Result<(), RunError> {
        let counts = [
            ("--d-head", self.d_head),
            ("--n-layer", self.n_layer),
            ("--context", self.context),
            ("--batch", self.batch),
            ("--steps", self.steps),
        ];
        if let Some((option, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(RunError::Zero { option });
        }
        for &width in [self.proxy_width, self.target_width].iter().chain(widths) {
            let d_head = self.d_head;
            if width == 0 || width % d_head != 0 || width % 2 != 0 {
                return Err(RunError::Width { width, d_head });
            }
        }
        Ok(())
    }

    /// Steps over which the final loss is averaged.
    pub(crate) fn smoothing(&self) -> Smoothing {
        Smoothing::tenth_of(self.steps)
    }

    /// What all trials of a study share. The target's width is not among it: the proxy's trials serve any target.
    pub(crate) fn settings(&self, corpus: &Corpus, device: &str) -> Value {
        json!({
            "program": { "name": "gpt-transfer", "training": TRAINING_VERSION, "burn": BURN_VERSION, "device": device },
            "data": { "sha256": corpus.sha256, "bytes": corpus.n_bytes(), "validation_bytes": corpus.validation.len() },
            "model": {
                "base_width": self.proxy_width,
                "d_head": self.d_head,
                "n_layer": self.n_layer,
                "context": self.context,
                "positions": "relative",
                "readout_init": "zero",
                "query_init": "zero",
            },
            "training": {
                "steps": self.steps,
                "batch": self.batch,
                "optimizer": "AdamW",
                "betas": [BETA_1, BETA_2],
                "epsilon": EPSILON,
                "weight_decay": self.weight_decay,
                "max_norm": MAX_NORM,
                "schedule": "linear warm-up over a twentieth, then linear decay to zero",
            },
        })
    }
}
