//! What this workspace claims of its own models, measured again by a command: our families under the tools.
//!
//! Owns the families (MLPs, convolutions, GPTs, burn-nn's transformer), how they are set up, and what is asked of them:
//! coordinate checks with their ablations, matrix and error rates, plans, the agreement of devices, and the experiments of
//! docs/experiment.md. May use every crate and the golden numbers; knows neither what is fast (`mup-benches`) nor how the
//! workspace is kept (`xtask`), and writes no document but those that its commands are asked for.

mod ablations;
mod choices;
mod coord_check;
mod devices;
mod error_rates;
mod experiment;
mod matrix;
mod measure;
mod plan;
mod rows;
mod setup;
mod subjects;

pub use coord_check::CoordCheck;
pub use devices::Devices;
pub use error_rates::ErrorRates;
pub use experiment::Experiment;
pub use plan::Plan;

/// The table of docs/ablation.md that says which removal is seen where: data, so that it can be compared unmeasured.
#[must_use]
pub fn claims_of_ablations() -> String {
    ablations::claims()
}
