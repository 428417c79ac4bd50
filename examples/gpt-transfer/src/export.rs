//! Trained weights as a file for other programs.

use std::path::Path;

use burn::module::Module;
use mup_models::{Gpt, GptConfig};
use mup_train::{Layouts, write_safetensors};

use crate::error::RunError;

/// Writes the weights; `fold`: with every multiplier folded into them, so that a plain model has the same logits.
pub(crate) fn write(model: &Gpt, path: &Path, fold: bool) -> Result<Layouts, RunError> {
    Ok(if fold {
        write_safetensors(&model.valid().folded()?, path, &GptConfig::multipliers())?
    } else {
        write_safetensors(&model.valid(), path, &[])?
    })
}
