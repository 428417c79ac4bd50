//! How a parameter holds several matrices.

use serde::{Deserialize, Serialize};

/// The blocks of a parameter that [`MupMuonConfig::in_blocks`](crate::MupMuonConfig::in_blocks) names, by what is the same
/// at every width: where more blocks make a model wider, the step of each is smaller than the plan's by the root of their
/// growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Blocks {
    /// As many at every width: 3 for a projection to queries, keys and values; the heads, where they grow wider.
    Count(usize),
    /// Of as many outputs at every width: the size of a head, where their number grows.
    Size(usize),
}

impl Blocks {
    /// How many are in `outputs`; none if that is no whole number.
    pub(super) fn count(self, outputs: usize) -> Option<usize> {
        let (Self::Count(n) | Self::Size(n)) = self;
        let count = if self == Self::Count(n) { n } else { outputs / n.max(1) };
        outputs.is_multiple_of(n).then_some(count)
    }
}

impl std::fmt::Display for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(n) => write!(f, "{n} blocks"),
            Self::Size(n) => write!(f, "blocks of {n}"),
        }
    }
}
