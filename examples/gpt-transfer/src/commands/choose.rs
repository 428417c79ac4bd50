//! The choice.

use mup_study::Study;
use mup_transfer::{Choice, choose as choose_from};

use crate::error::RunError;
use crate::hyperparameters::Hyperparameters;

/// What the study's records say.
pub(super) fn choose(study: &Study) -> Result<Choice, RunError> {
    Ok(choose_from(study.config(), &study.records()?)?)
}

/// The chosen values.
pub(super) fn values(choice: &Choice) -> Result<Hyperparameters, RunError> {
    Ok(Hyperparameters::try_from(&choice.best.values)?)
}
