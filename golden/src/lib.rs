//! Reads what microsoft/mup and PyTorch computed (`golden/data`, written by `golden/generate`), and runs
//! this workspace's models on the same weights and batches, on any device. The tests are in `golden/tests`.
//!
//! It also owns what every comparison is told beside its numbers: which checkout ([`root`]), built from what
//! ([`Provenance`]), and in what [`Precision`] a device multiplies. It knows no family, no study and no verdict.

mod case;
mod comparison;
mod family;
mod precision;
mod provenance;
mod root;
mod tensors;
mod training;

pub use case::{Case, InitBounds, OptimizerRow, Row, Run, Width, cases, deviations};
pub use comparison::{Comparison, compare, compare_runs};
pub use family::{Batch, Family};
pub use precision::{Precision, Wanted};
pub use provenance::{BUILT_VARIABLE, Provenance, printed};
pub use root::{ROOT_VARIABLE, root};
pub use tensors::{Tensors, load_parameters, parameters};
pub use training::{Prepared, optimizer_id, prepare, relative_difference, train};
