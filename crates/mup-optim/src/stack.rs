//! K trials trained as one module, whose parameters have a leading trial dimension: hyperparameters and rates are those
//! of each trial.

mod adamw;
mod clip;
mod optimizer;
mod per_trial;
mod sgd;

pub use clip::clip_each_by_global_norm;
pub use optimizer::StackOptimizer;
