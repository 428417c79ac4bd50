//! Attention whose multipliers are in its weights.

use burn::tensor::Tensor;

use super::super::multiply;
use super::CausalAttention;

impl CausalAttention {
    /// The same function as plain attention, with logits Σ_c q_c k_c / √d_head: the columns of the key's and the relative
    /// key's weights are multiplied by α_attention · s_c · √d_head, those of the relative key by `alpha_relative` too.
    /// Neither projection has a bias. The output's weight and bias are multiplied by the branch's factor.
    pub(crate) fn folded(self, alpha_relative: f64) -> Self {
        let root = (self.d_head as f64).sqrt();
        let scale = self.logit_scale.val().mul_scalar(self.alpha_attention[0] * root);
        let columns: Tensor<2> = scale.repeat_dim(0, self.n_head).unsqueeze();
        let mut folded = self;
        folded.output = folded.output.closing_folded(folded.branch_factor.take());
        folded.logit_scale = folded.logit_scale.map(|scale| scale.full_like(root.recip()));
        folded.alpha_attention = vec![1.0];
        folded.key.weight = folded.key.weight.map(|weight| weight * columns.clone());
        folded.relative_key = folded.relative_key.map(|mut relative| {
            relative.weight = relative.weight.map(|weight| multiply(weight * columns, &[alpha_relative]));
            relative
        });
        folded
    }
}
