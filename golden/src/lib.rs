//! Reads what microsoft/mup and PyTorch computed (`golden/data`, written by `golden/generate`), and runs
//! this workspace's models on the same weights and batches, on any device. The tests are in `golden/tests`.

mod case;
mod comparison;
mod family;
mod root;
mod tensors;
mod training;

pub use case::{Case, InitBounds, OptimizerRow, Row, Run, Width, cases, deviations};
pub use comparison::{Comparison, compare, compare_runs};
pub use family::{Batch, Family};
pub use root::{ROOT_VARIABLE, root};
pub use tensors::{Tensors, load_parameters, parameters};
pub use training::{Prepared, optimizer_id, prepare, relative_difference, train};
