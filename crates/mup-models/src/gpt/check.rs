//! Which configs describe a model.

use super::GptConfig;
use crate::ModelError;
use crate::error::Check;

impl GptConfig {
    /// Whether this describes a model, which [`GptConfig::init`] asks too: for a config that came from elsewhere and is to be
    /// counted or planned with before anything is built.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes none.
    pub fn check(&self) -> Result<(), ModelError> {
        let check = Check("GptConfig");
        check.positive(&[
            ("vocab", self.vocab),
            ("context", self.context),
            ("n_layer", self.n_layer),
            ("d_model", self.d_model),
            ("n_head", self.n_head),
            ("d_head", self.d_head),
            ("d_ffn", self.d_ffn),
        ])?;
        check.heads(&self.attention())?;
        if let Some(experts) = &self.experts {
            check.experts(experts, self.sandwich)?;
        }
        check.norm(&self.norm, self.sandwich.then_some("sandwich"))?;
        check.dropout("dropout", self.dropout)?;
        check.above_zero("soft_cap", self.soft_cap.unwrap_or(1.0))?;
        check.finite(&[
            ("alpha_attention", self.alpha_attention),
            ("alpha_output", self.alpha_output),
            ("alpha_embedding", self.alpha_embedding),
            ("alpha_relative", self.alpha_relative),
        ])?;
        check.not_negative("z_loss", self.z_loss)
    }
}
