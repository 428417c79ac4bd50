//! What changes between base and target that no rule is known for.

use std::fmt;

use super::GptConfig;
use crate::{ExpertsConfig, Positions};

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
    /// Width of a head whose queries and keys are turned by their positions.
    RotaryHeads {
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
    /// Widths of what every token goes through beside its experts, 0 where there is no such thing, and of the model, whose
    /// ratio differs.
    SharedExperts {
        /// Of it and of the model in the base.
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
        let mut changes = Vec::new();
        let queries = |config: &Self| config.n_head.checked_div(config.kv_heads()).unwrap_or(0);
        if queries(self) != queries(base) {
            changes.push(UntestedChange::QueriesForEachKey { base: queries(base), target: queries(self) });
        }
        // µP's factor on the logits follows the width of a head (TP-V Def. 4.1), of queries and keys that nothing turns. Here
        // each pair of coordinates has a frequency, so a wider head has others, and its logits are another function of the
        // distance. Models of this kind grow heads in number, and only that was tested.
        let rotary = [self, base].iter().any(|config| matches!(config.positions, Positions::Rotary(_)));
        if rotary && self.d_head != base.d_head {
            changes.push(UntestedChange::RotaryHeads { base: base.d_head, target: self.d_head });
        }
        if let Some((of_base, of_target)) = base.experts.as_ref().zip(self.experts.as_ref()) {
            changes.extend(self.changes_of_experts(base, [of_base, of_target]));
        }
        changes
    }

    fn changes_of_experts(&self, config: &Self, [of_base, of_target]: [&ExpertsConfig; 2]) -> Vec<UntestedChange> {
        let counts = |of: fn(&ExpertsConfig) -> usize| {
            Some([of(of_base), of(of_target)]).filter(|[base, target]| base != target)
        };
        let widths = |of: fn(&ExpertsConfig, usize) -> usize| {
            let base = [of(of_base, config.d_ffn), config.d_model];
            let target = [of(of_target, self.d_ffn), self.d_model];
            (base[0] * target[1] != target[0] * base[1]).then_some((base, target))
        };
        let shared = |experts: &ExpertsConfig, _: usize| experts.d_shared.unwrap_or(0);
        [
            counts(|experts| experts.n_expert).map(|[base, target]| UntestedChange::Experts { base, target }),
            counts(|experts| experts.n_chosen).map(|[base, target]| UntestedChange::ChosenExperts { base, target }),
            widths(ExpertsConfig::width).map(|(base, target)| UntestedChange::Granularity { base, target }),
            widths(shared).map(|(base, target)| UntestedChange::SharedExperts { base, target }),
        ]
        .into_iter()
        .flatten()
        .collect()
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
            Self::RotaryHeads { base, target } => write!(
                f,
                "heads with rotary positions are {base} wide in the base, {target} in the target: another width turns by other \
                 frequencies, and no transfer over that is established; keep the width, and let heads grow in number"
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
            Self::SharedExperts { base, target } => write!(
                f,
                "what every token goes through beside its experts is {} wide in a model of {} in the base, {} in one of {} in the \
                 target: the share of the two changes, and no rule for it is established; keep the ratio",
                base[0], base[1], target[0], target[1]
            ),
        }
    }
}
