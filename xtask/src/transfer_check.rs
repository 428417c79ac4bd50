//! `cargo xtask transfer-check`: does the optimum stay where it is as the model is made wider?

use std::process::ExitCode;

use clap::ValueEnum;
use gpt_transfer::{Hyperparameters, parse_grid};
use mup_sweep::{GridError, Log2Grid};
use mup_verdict::{
    Answer,
    coordinates::TrialError,
    transfer::{Comparison, Criteria},
};

use crate::{
    choices::display_as_on_the_command_line,
    sweep::{self, Sweep},
    text_runs::{MUP, Run, STANDARD, TextArguments, TextRuns, label},
};

/// Arguments of `cargo xtask transfer-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct TransferCheck {
    #[command(flatten)]
    text: TextArguments,
    /// The hyperparameter whose optimum is followed.
    #[arg(long, default_value_t = Over::LearningRate)]
    over: Over,
    /// Grid of log₂ values, LOW:HIGH or LOW:HIGH:STEP; it extends itself while an optimum lies on its edge
    /// [default: -8:-3 for the learning rate, wide ones for the others].
    #[arg(long, value_parser = parse_grid, allow_hyphen_values = true)]
    grid: Option<Log2Grid>,
    /// log₂ of the learning rate while another hyperparameter varies.
    #[arg(long, allow_hyphen_values = true, default_value_t = -5.0)]
    log2_rate: f64,
    /// Leave the standard parametrization out; without this control the answer is at best undecided.
    #[arg(long)]
    no_control: bool,
}

/// A hyperparameter to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Over {
    /// Base learning rate.
    LearningRate,
    /// Factor on the standard deviation of everything drawn at random.
    InitScale,
    /// Multiplier of the output logits.
    AlphaOutput,
    /// Multiplier of the attention logits.
    AlphaAttention,
    /// Multiplier of the embeddings.
    AlphaEmbedding,
    /// AdamW's λ at base width.
    WeightDecay,
}

display_as_on_the_command_line!(Over);

impl Over {
    /// As figures and tables name it.
    fn words(self) -> String {
        self.to_string().replace('-', " ")
    }

    fn default_grid(self) -> Result<Log2Grid, GridError> {
        let (low, high, step) = match self {
            Self::LearningRate => (-8.0, -3.0, 1.0),
            Self::WeightDecay => (-6.0, 2.0, 2.0),
            Self::InitScale => (-3.0, 2.0, 1.0),
            Self::AlphaOutput | Self::AlphaAttention | Self::AlphaEmbedding => (-4.0, 4.0, 2.0),
        };
        Log2Grid::new(low, high, step)
    }

    /// The run with this hyperparameter changed.
    fn set(self, run: Run, value: f64) -> Run {
        let values = run.values;
        let with = |values| Run { values, ..run };
        match self {
            Self::LearningRate => with(Hyperparameters { learning_rate: value, ..values }),
            Self::InitScale => with(Hyperparameters { init_scale: value, ..values }),
            Self::AlphaOutput => with(Hyperparameters { alpha_output: value, ..values }),
            Self::AlphaAttention => with(Hyperparameters { alpha_attention: value, ..values }),
            Self::AlphaEmbedding => with(Hyperparameters { alpha_embedding: value, ..values }),
            Self::WeightDecay => Run { weight_decay: value, ..run },
        }
    }
}

impl TransferCheck {
    pub(crate) fn run(self) -> Result<ExitCode, TrialError> {
        Ok(ExitCode::from(self.answer()?.exit_code()))
    }

    pub(crate) fn answer(&self) -> Result<Answer, TrialError> {
        let grid = self.grid.map_or_else(|| self.over.default_grid(), Ok)?;
        let text_runs = TextRuns::new(&self.text)?;
        let presets: &[&'static str] = if self.no_control { &[MUP] } else { &[MUP, STANDARD] };
        let over = self.over.words();
        let sweep = |preset: &&'static str| {
            let (preset, text_runs) = (*preset, &text_runs);
            Sweep::new(label(preset), &over, text_runs.widths(), move |width, seed, value| {
                let values = Hyperparameters::at_rate(self.log2_rate.exp2());
                self.over.set(text_runs.run(preset, width, seed, values), value)
            })
        };
        let swept = sweep::run(&text_runs, presets.iter().map(sweep).collect(), &grid)?;
        let mut reports = swept.into_iter().map(|runs| runs.judge(Criteria::default()));
        let subject = reports.next().ok_or("bug: µP is always swept")??;
        let (folder, title) = (format!("transfer-{}", self.over), self.title());
        match reports.next().transpose()? {
            Some(control) => {
                let both = Comparison::new(subject, control)?;
                let files = both.write_to(&self.text.out.join(folder), &title)?;
                text_runs.finish(&title, &both, both.answer(), &files)
            }
            None => {
                let files = subject.write_to(&self.text.out.join(folder), &title)?;
                // Without its control a check that passes proves nothing.
                text_runs.finish(&title, &subject, subject.answer().max(Answer::Undecided), &files)
            }
        }
    }

    fn title(&self) -> String {
        let over = self.over.words();
        format!("GPT on text · {over} · widths {:?} · {} seeds", self.text.widths, self.text.seeds)
    }
}
