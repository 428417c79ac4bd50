#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Family`] (what only the author of a model can say) and [`FamilyRun`] (one of its models, trained),
//! [`Trainer`] (a run), [`Training`] and [`Schedule`] (its settings), [`Task`] (its loss), [`RunFolder`]
//! (checkpoints and metrics), [`Event`] and [`Curve`] (what it tells and leaves), [`MeanGradients`],
//! [`write_safetensors`] with its [`Layouts`] and [`write_tensors`], [`TrainError`].
//!
//! It knows no concrete model, no study, and not where batches come from.

mod checkpoint;
mod curve;
mod error;
mod event;
mod export;
mod family;
mod finite;
mod gradients;
mod journal;
mod metrics;
mod read;
mod rounding;
mod run;
mod running;
mod schedule;
mod seed;
mod task;
mod trainer;
mod training;

pub use checkpoint::{Difference, RunFolder};
pub use curve::{Curve, Ended, Evaluation, Trained};
pub use error::TrainError;
pub use event::{Event, StepReport};
pub use export::{Layouts, write_safetensors, write_tensors};
pub use family::{
    Batches, Family, FamilyError, FamilyRun, Growth, INIT_SCALE, LEARNING_RATE, Size, SizeError, Started,
};
pub use gradients::MeanGradients;
pub use schedule::{Decay, Schedule};
pub use task::{MicroBatch, Task};
pub use trainer::Trainer;
pub use training::Training;
