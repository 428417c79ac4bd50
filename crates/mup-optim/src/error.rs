//! What can be wrong with asking for an optimizer, and what to do about it.

use mup_rules::OptimizerKind;

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OptimError {
    /// Plan and module do not name the same parameters with the same shapes.
    #[error("the plan does not fit the module: {}; make the plan from the module that is trained", list(.0))]
    Partition(Vec<PartitionProblem>),
    /// The plan's learning rates are for another kind of optimizer.
    #[error(
        "{optimizer} is {wanted}, but the plan was made for {planned} optimizers; make it with OptimizerKind::{wanted:?}"
    )]
    OptimizerKind {
        /// Name of the optimizer.
        optimizer: &'static str,
        /// The kind it needs.
        wanted: OptimizerKind,
        /// The kind the plan was made for.
        planned: OptimizerKind,
    },
    /// A hyperparameter outside its range.
    #[error("{optimizer}: {name} is {value}, but must be {range}")]
    Hyperparameter {
        /// Name of the optimizer.
        optimizer: &'static str,
        /// Name of the hyperparameter.
        name: &'static str,
        /// Value given.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// A setting that would do nothing.
    #[error("{optimizer}: {name} has no effect {reason}")]
    NoEffect {
        /// Name of the optimizer.
        optimizer: &'static str,
        /// Name of the setting.
        name: &'static str,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// Weight decay independent of the peak rate, without the peak rate.
    #[error(
        "{optimizer}: the plan's weight decay is independent of the peak learning rate, so the optimizer must know it; \
         call with_peak_learning_rate(Some(peak)) with the schedule's largest value"
    )]
    PeakRequired {
        /// Name of the optimizer.
        optimizer: &'static str,
    },
    /// A convention that has no meaning for coupled L2 under Adam.
    #[error(
        "Adam: l2 is added to the gradient, which Adam normalizes, so it cannot be independent of the peak learning rate; \
         use MupAdamWConfig, or a parametrization with L2Rule::Gradient"
    )]
    IndependentL2,
    /// A stack of no trial.
    #[error("there are no trials: give one config for each")]
    NoTrials,
    /// Another number of values than of trials.
    #[error("there are {found} {what} for {trials} trials: give one for each")]
    TrialCount {
        /// What was given.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// How many trials there are.
        trials: usize,
    },
    /// What is wrong with one of several trials.
    #[error("trial {trial}: {error}")]
    InTrial {
        /// The trial, counted from 0.
        trial: usize,
        /// What is wrong.
        #[source]
        error: Box<OptimError>,
    },
    /// Trials of one stack that need different updates.
    #[error(
        "SGD: nesterov is not the same in trial {trial} as in trial 0, and they are updated together; make one stack of those \
         with it and one of those without"
    )]
    NesterovOfSome {
        /// The trial, counted from 0.
        trial: usize,
    },
    /// A type in which a device cannot compute.
    #[error(
        "{device} cannot compute in {dtype}: train in F32 there, or on a device that can (flex, libtorch and CUDA can)"
    )]
    DType {
        /// The device.
        device: String,
        /// The type.
        dtype: String,
    },
    /// There is nothing to clip.
    #[error(
        "no parameter of the module has a gradient; was the loss computed from this module, on an autodiff device?"
    )]
    NoGradients,
    /// Gradients that would escape the clipping.
    #[error(
        "{n_foreign} of {n_gradients} gradients belong to no parameter of the module, and would be neither measured nor \
         clipped; pass the whole module that the gradients were collected for"
    )]
    ForeignGradients {
        /// How many belong to no parameter.
        n_foreign: usize,
        /// How many there are.
        n_gradients: usize,
    },
}

/// One parameter on which plan and module disagree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartitionProblem {
    /// In the plan, not in the module.
    #[error("`{path}` is in the plan, but the module has no such parameter")]
    Missing {
        /// Path of the parameter.
        path: String,
    },
    /// In the module, not in the plan.
    #[error("`{path}` is a parameter of the module, but the plan has no row for it")]
    Extra {
        /// Path of the parameter.
        path: String,
    },
    /// In both, with different sizes.
    #[error("`{path}` is {planned:?} in the plan, but {found:?} in the module")]
    Shape {
        /// Path of the parameter.
        path: String,
        /// Sizes in the plan.
        planned: Vec<usize>,
        /// Sizes in the module.
        found: Vec<usize>,
    },
}

fn list(problems: &[PartitionProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(PartitionProblem::to_string).collect();
    lines.join("; ")
}
