//! What can be wrong with recorded runs that are to be judged. A run that diverged is no error but a value.

use std::path::PathBuf;

use mup_figure::FigureError;

/// Runs that cannot be judged, or a report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerdictError {
    /// Fewer than two different widths.
    #[error(
        "`{label}` was run at widths {widths:?}; a trend in width needs two different ones, and three to be judged"
    )]
    TooFewWidths {
        /// The parametrization.
        label: String,
        /// The widths that were run.
        widths: Vec<usize>,
    },
    /// A width of zero.
    #[error("`{label}` has a run of width 0")]
    ZeroWidth {
        /// The parametrization.
        label: String,
    },
    /// The same run twice.
    #[error("`{label}`, width {width}, seed {seed} was run twice{}", at.map_or(String::new(), |x| format!(" at 2^{x}")))]
    Duplicate {
        /// The parametrization.
        label: String,
        /// Width.
        width: usize,
        /// Seed.
        seed: u64,
        /// log₂ of the hyperparameter, where it varies.
        at: Option<f64>,
    },
    /// A loss or a value that is no number.
    #[error(
        "`{label}`, width {width}, seed {seed}: loss {loss} at log₂ value {at} cannot be used; both are finite, and \
         a run that diverged has no loss"
    )]
    UnusableLoss {
        /// The parametrization.
        label: String,
        /// Width.
        width: usize,
        /// Seed.
        seed: u64,
        /// log₂ of the hyperparameter.
        at: f64,
        /// The loss.
        loss: f64,
    },
    /// Nothing was learned from a width.
    #[error("`{label}`, width {width}, seed {seed}: all {n_runs} runs diverged, down to 2^{lowest}; lower the grid")]
    AllDiverged {
        /// The parametrization.
        label: String,
        /// Width.
        width: usize,
        /// Seed.
        seed: u64,
        /// How many were run.
        n_runs: usize,
        /// The lowest log₂ value.
        lowest: f64,
    },
    /// Two parametrizations or records that do not belong together.
    #[error("cannot compare: {what} is {left} for `{left_label}` and {right} for `{right_label}`")]
    Incomparable {
        /// What differs.
        what: &'static str,
        /// Label of the one.
        left_label: String,
        /// Its value.
        left: String,
        /// Label of the other.
        right_label: String,
        /// Its value.
        right: String,
    },
    /// Curves without a step that can be judged.
    #[error("`{label}`: the shortest curve has {steps} steps, but judging begins at step {burn_in}")]
    TooShort {
        /// The parametrization.
        label: String,
        /// Length of the shortest curve.
        steps: usize,
        /// The first step that is judged.
        burn_in: usize,
    },
    /// A criterion that cannot be used.
    #[error("{name} must lie in {range}, but is {value}")]
    Criterion {
        /// The field.
        name: &'static str,
        /// The values allowed.
        range: &'static str,
        /// The value given.
        value: f64,
    },
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A figure could not be made.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

impl VerdictError {
    pub(crate) fn check_criterion(name: &'static str, value: f64, max: f64, range: &'static str) -> Result<(), Self> {
        let usable = value.is_finite() && value > 0.0 && value < max;
        if usable { Ok(()) } else { Err(Self::Criterion { name, range, value }) }
    }
}
