//! What changes between base and target that no rule is known for.

use std::fmt;

use super::GptConfig;

/// A change of a GPT between base and target over which a transfer of hyperparameters is not established.
///
/// Widths, depth, batch and length have rules; these have none that is agreed on, so nothing scales anything by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UntestedChange {
    /// Heads of queries for each head of keys.
    QueriesForEachKey {
        /// In the base.
        base: usize,
        /// In the target.
        target: usize,
    },
    /// Number of experts.
    Experts {
        /// In the base.
        base: usize,
        /// In the target.
        target: usize,
    },
    /// Experts that a token goes to.
    ChosenExperts {
        /// In the base.
        base: usize,
        /// In the target.
        target: usize,
    },
    /// Widths of an expert and of the model, whose ratio differs.
    Granularity {
        /// Of the expert and of the model in the base.
        base: [usize; 2],
        /// In the target.
        target: [usize; 2],
    },
}

impl GptConfig {
    /// What differs from a base and has no rule that is agreed on, to be kept as in the base or tested by a transfer check.
    ///
    /// ```
    /// use mup_models::{GptConfig, Sizes};
    /// let sizes = |n_head, n_kv_head| Sizes { vocab: 256, context: 64, n_layer: 2, d_model: 64, n_head, n_kv_head, d_head: 16, d_ffn: 192 };
    /// let changes = GptConfig::llama(sizes(8, 2)).untested_changes(&GptConfig::llama(sizes(4, 2)));
    /// assert!(changes[0].to_string().contains("2 heads of queries share a head of keys in the base, 4 in the target"));
    /// ```
    #[must_use]
    pub fn untested_changes(&self, base: &Self) -> Vec<UntestedChange> {
        let numbers = |config: &Self| {
            let experts = config.experts.as_ref();
            let width = experts.map(|experts| [experts.width(config.d_ffn), config.d_model]);
            (config.n_head / config.kv_heads(), experts.map(|experts| [experts.n_expert, experts.n_chosen]), width)
        };
        let ((queries_of_base, experts_of_base, width_of_base), (queries, experts, width)) =
            (numbers(base), numbers(self));
        let mut changes = Vec::new();
        if queries != queries_of_base {
            changes.push(UntestedChange::QueriesForEachKey { base: queries_of_base, target: queries });
        }
        if let Some(([base_count, base_chosen], [count, chosen])) = experts_of_base.zip(experts) {
            if count != base_count {
                changes.push(UntestedChange::Experts { base: base_count, target: count });
            }
            if chosen != base_chosen {
                changes.push(UntestedChange::ChosenExperts { base: base_chosen, target: chosen });
            }
        }
        if let Some((base, target)) = width_of_base.zip(width)
            && base[0] * target[1] != target[0] * base[1]
        {
            changes.push(UntestedChange::Granularity { base, target });
        }
        changes
    }
}

impl fmt::Display for UntestedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueriesForEachKey { base, target } => write!(
                f,
                "{base} heads of queries share a head of keys in the base, {target} in the target: no rule for this ratio is \
                 established; keep it"
            ),
            Self::Experts { base, target } => write!(
                f,
                "{base} experts in the base, {target} in the target: transfer is known only for a fixed number of chosen \
                 experts of fixed granularity (arXiv:2508.09752)"
            ),
            Self::ChosenExperts { base, target } => write!(
                f,
                "a token goes to {base} experts in the base, to {target} in the target: the sum of their outputs changes its \
                 size, and no rule for it is established; keep it"
            ),
            Self::Granularity { base, target } => write!(
                f,
                "experts are {} wide in a model of {} in the base, {} in one of {} in the target: hyperparameters do not \
                 transfer over granularity (arXiv:2508.09752); keep the ratio",
                base[0], base[1], target[0], target[1]
            ),
        }
    }
}
