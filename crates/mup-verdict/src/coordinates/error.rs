//! What can be wrong with a check. A model that diverges is not an error but a verdict.

use std::path::PathBuf;

use super::{Source, Statistic};

/// The error of a user's closure.
pub type TrialError = Box<dyn std::error::Error + Send + Sync>;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Fewer than two different widths: no slope.
    #[error("a slope in width needs two different widths or more (three or more give an interval), but got {widths:?}")]
    TooFewWidths {
        /// The widths asked for.
        widths: Vec<usize>,
    },
    /// A width twice, or a width of zero.
    #[error("widths must be positive and all different, but {width} in {widths:?} is not; for repetitions, use seeds")]
    UnusableWidth {
        /// The width that is zero or repeated.
        width: usize,
        /// The widths asked for.
        widths: Vec<usize>,
    },
    /// No seeds.
    #[error("a check needs at least one seed")]
    NoSeeds,
    /// No steps: only the initialization would be seen, which hides every wrong learning rate.
    #[error("a check needs at least one optimizer step, because initialization alone hides wrong learning rates")]
    NoSteps,
    /// The tolerance or the confidence level cannot be used.
    #[error("{name} must lie in {range}, but is {value}")]
    Criterion {
        /// The field of `Criteria`.
        name: &'static str,
        /// The values allowed.
        range: &'static str,
        /// The value given.
        value: f64,
    },
    /// The user's closure failed to build a trial.
    #[error("building the model of width {width}, seed {seed} failed: {source}")]
    Build {
        /// Width of the model.
        width: usize,
        /// Seed of the trial.
        seed: u64,
        /// What the closure returned.
        source: TrialError,
    },
    /// The user's trial failed in a step.
    #[error("step {step} of the model of width {width}, seed {seed} failed: {source}")]
    Step {
        /// Width of the model.
        width: usize,
        /// Seed of the trial.
        seed: u64,
        /// Step, counted from 0.
        step: usize,
        /// What the closure returned.
        source: TrialError,
    },
    /// A closure of the user panicked.
    #[error("the model of width {width}, seed {seed} panicked: {message}")]
    Panicked {
        /// Width of the model.
        width: usize,
        /// Seed of the trial.
        seed: u64,
        /// What the panic said.
        message: String,
    },
    /// The model reported nothing.
    #[error(
        "the model of width {width}, seed {seed} reported no activation; pass the probe to its forward pass and call \
         `probe.observe(\"name\", &x)` there"
    )]
    NothingObserved {
        /// Width of the model.
        width: usize,
        /// Seed of the trial.
        seed: u64,
    },
    /// Parameters or gradients are to be recorded, but the trial does not offer them.
    #[error(
        "{wanted}s are to be recorded, but the model of width {width}, seed {seed} reported none; call \
         `seen.observe_{wanted}s` in the trial"
    )]
    SourceNotObserved {
        /// What was asked for.
        wanted: Source,
        /// Width of the model.
        width: usize,
        /// Seed of the trial.
        seed: u64,
    },
    /// A filter that matches nothing.
    #[error("`{pattern}` matches no activation; the model reports: {names}")]
    UnknownModule {
        /// The pattern asked for.
        pattern: String,
        /// The names that were reported.
        names: String,
    },
    /// An activation without coordinates.
    #[error("`{module}` has no values at width {width}; is the batch empty?")]
    EmptyActivation {
        /// Name of the activation.
        module: String,
        /// Width of the model.
        width: usize,
    },
    /// The activations of two passes cannot be compared.
    #[error(
        "`{module}` at width {width}, seed {seed} had {first} values in the first pass and {now} in step {step}; the \
         check needs the same batch and the same modules in every pass"
    )]
    ChangedBetweenSteps {
        /// Name of the activation.
        module: String,
        /// Width of the model.
        width: usize,
        /// Seed of the trial.
        seed: u64,
        /// Step, counted from 0.
        step: usize,
        /// Number of values in the first pass; 0 when absent.
        first: usize,
        /// Number of values now; 0 when absent.
        now: usize,
    },
    /// The models of two widths report different activations.
    #[error(
        "`{module}` was reported at only {found} of {expected} widths and seeds; all must have the same depth and options"
    )]
    MissingAtWidth {
        /// Name of the activation.
        module: String,
        /// Number of trials that reported it.
        found: usize,
        /// Number of trials.
        expected: usize,
    },
    /// Logits whose number grows with width.
    #[error(
        "`{module}` is reported as logits, which may be small before training, but its vectors grow: {} at width {}, {} at \
         width {}; logits are a fixed number of sums over what grows. Report it with `probe.observe`; if it may be small before training \
         all the same (attention logits of growing heads), name it in `Criteria::transients`",
        lengths[0], widths[0], lengths[1], widths[1]
    )]
    GrowingLogits {
        /// Name of the activation.
        module: String,
        /// Two widths.
        widths: [usize; 2],
        /// The lengths there.
        lengths: [usize; 2],
    },
    /// The criteria decide by a statistic that was not measured.
    #[error(
        "the criteria decide by {statistic}, but only these were recorded: {recorded}; add it with `with_statistics`"
    )]
    StatisticNotRecorded {
        /// The statistic of the criteria.
        statistic: Statistic,
        /// The statistics of the records.
        recorded: String,
    },
    /// No statistic or source has this name.
    #[error("there is no {what} `{name}`; there are: {known}")]
    UnknownName {
        /// Statistic or source.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The folder holds trials of another check.
    #[error(
        "{} is of another check: its {field} is {there}, and here it is {here}; use another folder", path.display()
    )]
    OtherCheck {
        /// The file of the other check.
        path: PathBuf,
        /// What differs.
        field: String,
        /// Its value in the file.
        there: String,
        /// Its value in this check.
        here: String,
    },
    /// A file of a finished trial cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The figure cannot be drawn.
    #[error("cannot draw the figure: {source}")]
    Draw {
        /// What went wrong.
        source: TrialError,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: TrialError,
    },
}
