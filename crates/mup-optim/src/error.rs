//! What can be wrong with asking for an optimizer, and what to do about it.

use mup_rules::OptimizerId;

use crate::Blocks;

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimError {
    /// Plan and module do not name the same parameters with the same shapes.
    #[error("the plan does not fit the module: {}; make the plan from the module that is trained", list(.0))]
    Partition(Vec<PartitionProblem>),
    /// The plan uses an optimizer of which nothing is known.
    #[error("the plan trains `{path}` by {optimizer}, of which no config is given; add it by `with`{}", or_with(given))]
    NotGiven {
        /// Name of the optimizer.
        optimizer: String,
        /// Path of the first parameter that it trains.
        path: String,
        /// Names of those that are given.
        given: String,
    },
    /// A config of an optimizer that trains nothing.
    #[error("{optimizer} trains nothing in this plan, which uses {planned}; leave it out, or make the plan with it")]
    NotUsed {
        /// Name of the optimizer.
        optimizer: String,
        /// Names of those that the plan uses.
        planned: String,
    },
    /// Two configs of one optimizer.
    #[error("{optimizer} is given twice; a plan has one optimizer of a name")]
    GivenTwice {
        /// Name of the optimizer.
        optimizer: String,
    },
    /// An optimizer that scales differently from the plan's of the same name.
    #[error(
        "the plan was made for another {optimizer}: {planned:?}, where this one is {given:?}; make the plan with it"
    )]
    OtherOptimizer {
        /// Name of both.
        optimizer: String,
        /// The plan's.
        planned: Box<OptimizerId>,
        /// The one given.
        given: Box<OptimizerId>,
    },
    /// A matrix that cannot be divided into blocks.
    #[error("Muon: `{path}` has {outputs} outputs{of}, which {blocks} do not divide")]
    Blocks {
        /// Path of the parameter.
        path: String,
        /// Its outputs, here or in the base model.
        outputs: usize,
        /// Of which model: nothing, or that at base width.
        of: &'static str,
        /// The blocks.
        blocks: Blocks,
    },
    /// Blocks of parameters that Muon does not train.
    #[error("Muon: blocks of `{pattern}`, which matches no parameter that it trains")]
    BlocksOfNothing {
        /// The pattern.
        pattern: String,
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
    /// A convention that has no meaning for coupled L2 where the gradient is normalized.
    #[error(
        "{optimizer}: l2 is added to the gradient, which {optimizer} normalizes, so it cannot be independent of the peak \
         learning rate; use an optimizer with decoupled decay, or a parametrization with L2Rule::Gradient"
    )]
    IndependentL2 {
        /// Name of the optimizer.
        optimizer: &'static str,
    },
    /// A stack of no trial.
    #[error("there are no trials: give one config for each")]
    NoTrials,
    /// Another number of values than of trials.
    #[error("there are {found} {what} for {trials} trials: give one for each")]
    TrialCount {
        /// What was given.
        what: String,
        /// How many were given.
        found: usize,
        /// How many trials there are.
        trials: usize,
    },
    /// Trials of one stack that need different plans.
    #[error(
        "trial {trial} is trained by {given}, and trial 0 by {first}: trials of a stack have one plan; make two stacks"
    )]
    OptimizerOfSome {
        /// The trial, counted from 0.
        trial: usize,
        /// Name of its optimizer.
        given: String,
        /// Name of the first trial's.
        first: String,
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
    /// A record that an optimizer cannot continue from.
    #[error("the optimizer cannot continue from its record: {}", kinds(.0))]
    Record(Vec<RecordProblem>),
    /// A run that scales β, and an optimizer for which that is no rule.
    #[error(
        "{optimizer}: the plan's run law `{law}` scales the decay of moving averages (β), and for what {optimizer} \
         remembers there is no such rule; choose a law that keeps β (power-lines, or RunLaw::with_beta(Power::ONE)), another optimizer, or no \
         momentum; a Planned of your own says that it applies ScalingPlan::beta by Planned::follows_beta"
    )]
    Beta {
        /// Name of the optimizer.
        optimizer: String,
        /// Name of the law.
        law: String,
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

impl OptimError {
    pub(crate) fn other(planned: &OptimizerId, given: &OptimizerId) -> Self {
        let (planned, given) = (Box::new(planned.clone()), Box::new(given.clone()));
        Self::OtherOptimizer { optimizer: given.name.to_string(), planned, given }
    }
}

/// One parameter on which plan and module disagree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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

/// One thing in a record that would be lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// It cannot be read or written.
    #[error("{problem}")]
    Unreadable {
        /// What Burn says.
        problem: String,
    },
    /// A state without a parameter.
    #[error(
        "it holds the state of `{path}`, but the module has no such parameter; is it the record of another model, or was the \
         parameter renamed?"
    )]
    NoParameter {
        /// Path of the parameter.
        path: String,
    },
    /// A stack of another number of trials.
    #[error("it is of {saved} trials, and there are {trials}; make the stack that wrote it")]
    Trials {
        /// How many it is of.
        saved: usize,
        /// How many there are.
        trials: usize,
    },
    /// Two states of one parameter.
    #[error(
        "it holds several states of `{path}`, as records do that were written after a resume without Burn's record of the \
         model; use one from before"
    )]
    Twice {
        /// Path of the parameter.
        path: String,
    },
    /// A state of another shape than its parameter.
    #[error("`{state}` of `{path}` is {saved:?}, and the parameter {parameter:?}; is it the record of another width?")]
    Shape {
        /// Path of the parameter.
        path: String,
        /// Name of the tensor.
        state: String,
        /// Its sizes.
        saved: Vec<usize>,
        /// The parameter's sizes.
        parameter: Vec<usize>,
    },
    /// A state of another type than its parameter.
    #[error(
        "`{state}` of `{path}` is {saved}, and the parameter {weight}; load the weights as they were saved, or cast the module \
         before it is trained"
    )]
    OtherType {
        /// Path of the parameter.
        path: String,
        /// Name of the tensor.
        state: String,
        /// Its type.
        saved: String,
        /// The parameter's type.
        weight: String,
    },
    /// A master of other weights, which the next step would put in their place.
    #[error(
        "the master of `{path}` is not the parameter before it was rounded: weights and record are of different steps or runs, \
         or the weights were not loaded yet, or in another type; load both from one checkpoint, the weights first"
    )]
    OtherWeights {
        /// Path of the parameter.
        path: String,
    },
    /// A tensor that would lose bits.
    #[error(
        "this optimizer keeps `{state}` of `{path}` as {loaded}, and it was saved as {saved}: optimizers of Burn cast what \
         they restore; those of mup-optim do not"
    )]
    Type {
        /// Path of the parameter.
        path: String,
        /// Name of the tensor.
        state: String,
        /// The saved type.
        saved: String,
        /// The type after loading.
        loaded: String,
    },
    /// A tensor or number that the optimizer has no use for.
    #[error("this optimizer keeps no `{state}` of `{path}`; make the optimizer that wrote the record")]
    NotKept {
        /// Path of the parameter.
        path: String,
        /// Name of the tensor or number.
        state: String,
    },
}

fn or_with(given: &str) -> String {
    if given.is_empty() { String::new() } else { format!(", or make the plan with {given}") }
}

impl RecordProblem {
    fn path(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } | Self::Trials { .. } => None,
            Self::NoParameter { path }
            | Self::Twice { path }
            | Self::Shape { path, .. }
            | Self::OtherType { path, .. }
            | Self::OtherWeights { path }
            | Self::Type { path, .. }
            | Self::NotKept { path, .. } => Some(path),
        }
    }
}

/// One cause makes as many problems as there are states: each kind is told once, with where else it is.
fn kinds(problems: &[RecordProblem]) -> String {
    let mut told = Vec::new();
    let mut sentences = Vec::new();
    // Records are in the order of ids, which differ from run to run.
    let mut problems: Vec<&RecordProblem> = problems.iter().collect();
    problems.sort_by_key(|problem| problem.path());
    for first in problems.iter().copied() {
        let kind = std::mem::discriminant(first);
        if told.contains(&kind) {
            continue;
        }
        told.push(kind);
        let of_kind = problems.iter().filter(|problem| std::mem::discriminant(**problem) == kind);
        let mut others: Vec<String> = Vec::new();
        for path in of_kind.filter_map(|problem| problem.path()).filter(|path| Some(*path) != first.path()) {
            let path = format!("`{path}`");
            if !others.contains(&path) {
                others.push(path);
            }
        }
        sentences.push(match others.len() {
            0 => first.to_string(),
            1..=3 => format!("{first} (likewise {})", others.join(", ")),
            n => format!("{first} (likewise {} and {} more)", others[..3].join(", "), n - 3),
        });
    }
    sentences.join("; ")
}

fn list<T: ToString>(problems: &[T]) -> String {
    let lines: Vec<String> = problems.iter().map(T::to_string).collect();
    lines.join("; ")
}
