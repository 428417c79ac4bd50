//! How large a model is, and how much work.

use super::GptConfig;
use crate::{Balance, ExpertsConfig, NormKind, Positions};

impl GptConfig {
    /// Number of trained parameters (untrained multipliers are not counted).
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        let positions = if self.positions == Positions::Absolute { self.context * self.d_model } else { 0 };
        let readout = if self.tied { 0 } else { self.d_model * self.vocab };
        let block = self.matrices_of_block() + self.vectors_of_block();
        self.vocab * self.d_model + positions + self.n_layer * block + self.vectors_of_norm() + readout
    }

    /// Operations of the forward pass on one token of a sequence of `time`, two for each product that is summed: 2 N of the N
    /// numbers in matrices, the readout's among them and of experts those that the token goes to, and in each block 4 · `n_head` · `d_head` for each key that a query may
    /// see (a product with the key, one with the value; half more with relative positions).
    ///
    /// Keys after the query are counted too, whose products are computed and then masked; what is computed once for a batch
    /// (relative keys) and what is not a matrix product is not. Training takes three times as much.
    ///
    /// # Reference
    ///
    /// Chowdhery et al., "PaLM", arXiv:2204.02311, Appendix B: 6 N + 12 L H Q T with the backward pass.
    #[must_use]
    pub fn forward_flops_per_token(&self, time: usize) -> f64 {
        let relative = self.positions == Positions::Relative;
        let of_batch = if relative { self.d_model * self.kv_width() } else { 0 };
        let idle =
            self.matrices_of_branch(|experts| experts.n_expert) - self.matrices_of_branch(|experts| experts.n_chosen);
        let matrices = self.n_layer * (self.matrices_of_block() - of_batch - idle) + self.d_model * self.vocab;
        let products = if relative { 3 } else { 2 };
        let keys = self.window.map_or(time, |window| window.min(time));
        let logits = self.n_layer * products * self.n_head * self.d_head * keys;
        2.0 * (matrices + logits) as f64
    }

    fn kv_width(&self) -> usize {
        self.kv_heads() * self.d_head
    }

    fn matrices_of_block(&self) -> usize {
        let relative = usize::from(self.positions == Positions::Relative);
        let attention = 2 * self.n_head * self.d_head + (2 + relative) * self.kv_width();
        self.d_model * attention + self.matrices_of_branch(|experts| experts.n_expert)
    }

    /// Of the feed-forward branch, of all experts or of those that a token goes to.
    fn matrices_of_branch(&self, experts_of: impl Fn(&ExpertsConfig) -> usize) -> usize {
        let of_width = |width| (self.hidden.maps() + 1) * self.d_model * width;
        match &self.experts {
            Some(experts) => {
                let shared = experts.d_shared.map_or(0, of_width);
                self.d_model * experts.n_expert + experts_of(experts) * of_width(experts.width(self.d_ffn)) + shared
            }
            None => of_width(self.d_ffn),
        }
    }

    fn vectors_of_block(&self) -> usize {
        let (queries, d, bias) = (self.n_head * self.d_head, self.d_model, usize::from(self.bias));
        let norms = (2 - usize::from(self.parallel) + 2 * usize::from(self.sandwich)) * self.vectors_of_norm();
        let of_heads = if self.qk_norm { 2 * self.d_head } else { 0 };
        let relative = if self.positions == Positions::Relative { 2 * queries } else { 0 };
        let attention = bias * (queries + self.kv_width() + d);
        let of_width = |width| bias * (self.hidden.maps() * width + d);
        let branch = match &self.experts {
            Some(experts) => {
                let balance = if experts.balance == Balance::Bias { experts.n_expert } else { 0 };
                balance + experts.d_shared.map_or(0, of_width)
            }
            None => of_width(self.d_ffn),
        };
        norms + of_heads + relative + attention + branch
    }

    fn vectors_of_norm(&self) -> usize {
        let vectors = match self.norm.kind {
            NormKind::Layer => 2,
            NormKind::Rms => 1,
        };
        usize::from(self.norm.gain) * vectors * self.d_model
    }
}
