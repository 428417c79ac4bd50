#![doc = include_str!("../README.md")]
//!
//! The rooms, in the order of the workflow, on the records of a [`mup_study::Study`]: [`choose`](fn@choose) (the best,
//! with intervals, importance and warnings), [`transfer`](fn@transfer) (the proxy's values to the target's), [`Cost`]
//! (what it took), [`report`] (figures, page, numbers). Several studies, one for each width, are [`over_widths`] what
//! `mup-verdict` judges.
//!
//! It knows nothing of how a trial trains, nor Burn.

mod choice;
mod cost;
mod error;
pub mod report;
mod transfer;
mod widths;

pub use choice::{
    Candidate, Choice, ChoiceError, Chosen, Counts, FrozenLoss, Importance, Interval, Noise, NoiseSource,
    SAMPLES_FOR_IMPORTANCE, Share, Transferable, Warning, across_width, choose,
};
pub use cost::{Cost, Spent};
pub use error::TransferError;
pub use transfer::{Transfer, Transferred, run_in_words, transfer};
pub use widths::{WidthStudy, WidthsError, over_widths};
