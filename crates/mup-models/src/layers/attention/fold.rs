//! Attention whose multipliers are in its weights.

use burn::tensor::Tensor;

use super::super::{closing, multiply};
use super::CausalAttention;
use crate::ModelError;

impl CausalAttention {
    /// The same function as plain attention, with logits Σ_c q_c k_c / √d_head: the columns of the key's and the relative
    /// key's weights are multiplied by α_attention · s_c · √d_head, those of the relative key by `alpha_relative` too. Neither
    /// projection has a bias. Where keys are normalized, the gain takes that factor. What closes the branch is multiplied by
    /// the branch's factor.
    ///
    /// # Errors
    ///
    /// [`ModelError::CannotFoldRotary`] where rotary positions turn two coordinates of different s into each other.
    pub(crate) fn folded(mut self, alpha_relative: f64) -> Result<Self, ModelError> {
        self.check_pairs()?;
        let root = (self.d_head as f64).sqrt();
        let scale = self.logit_scale.val().mul_scalar(self.alpha_attention[0] * root);
        let columns: Tensor<2> = scale.clone().repeat_dim(0, self.heads.keys).unsqueeze();
        (self.output, self.output_norm) = closing::folded(self.output, self.output_norm, self.branch_factor.take());
        self.logit_scale = self.logit_scale.map(|scale| scale.full_like(root.recip()));
        self.alpha_attention = vec![1.0];
        self.key_norm = match self.key_norm {
            Some(norm) => Some(norm.scaled(&scale)),
            None => {
                self.key.weight = self.key.weight.map(|weight| weight * columns.clone());
                None
            }
        };
        self.relative_key = self.relative_key.map(|mut relative| {
            relative.weight = relative.weight.map(|weight| multiply(weight * columns, &[alpha_relative]));
            relative
        });
        Ok(self)
    }

    fn check_pairs(&self) -> Result<(), ModelError> {
        let Some(rotary) = &self.rotary else { return Ok(()) };
        let scale: Vec<f64> = self.logit_scale.val().into_data().iter::<f64>().collect();
        let (first, second) = scale.split_at(rotary.frequencies.len());
        match first.iter().zip(second).position(|(first, second)| first.to_bits() != second.to_bits()) {
            Some(at) => Err(ModelError::CannotFoldRotary { coordinates: [at, at + first.len()] }),
            None => Ok(()),
        }
    }
}
