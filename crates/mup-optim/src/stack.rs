//! K trials trained as one module, whose parameters have a leading trial dimension: hyperparameters and rates are those
//! of each trial.

mod clip;
mod door;
mod optimizer;
mod rates;

pub use clip::clip_each_by_global_norm;
pub use door::MupStack;
pub use optimizer::StackOptimizer;
pub(crate) use rates::Rates;
