//! What grows in a transformer of a given width.

use mup_train::FamilyError;

use super::data::{CONTEXT, N_SEQUENCES};
use crate::choices::{Optimizer, Scaling};

/// Width of a head, where heads grow in number (TP-V D.4 asks for 32 or more in a proxy that is tuned; 16 lets
/// the narrowest model here have two heads).
const D_HEAD: usize = 16;
/// Number of heads, where they grow in width.
const N_HEAD: usize = 2;
/// d_model, where only the feed-forward branch grows.
const D_MODEL: usize = N_HEAD * D_HEAD;
/// d_ffn over width.
const FEED_FORWARD: usize = 4;

impl Scaling {
    /// Widths must be multiples of this.
    fn granularity(self) -> usize {
        match self {
            Self::Heads => D_HEAD,
            Self::DHead => N_HEAD,
            Self::DFfn => 1,
        }
    }

    /// d_model, number of heads, d_head, d_ffn. Equal for all ways to grow at width 32, the default base.
    pub(super) fn sizes(self, width: usize) -> Result<[usize; 4], FamilyError> {
        let granularity = self.granularity();
        if width == 0 || !width.is_multiple_of(granularity) {
            return Err(
                format!("width {width} is not a positive multiple of {granularity}, as whole heads need").into()
            );
        }
        Ok(match self {
            Self::Heads => [width, width / D_HEAD, D_HEAD, FEED_FORWARD * width],
            Self::DHead => [width, N_HEAD, width / N_HEAD, FEED_FORWARD * width],
            Self::DFfn => [D_MODEL, N_HEAD, D_HEAD, FEED_FORWARD * width],
        })
    }

    /// Number and length of the sequences.
    ///
    /// Where heads grow in width, few and short ones: what training adds to a query is a sum of keys, one per
    /// position, and it is aligned with each of them only if they are few beside d_head. With 8 × 32 positions and
    /// heads of 16 to 128 the unaligned rest, Θ(1/√d_head), is all that ten steps show.
    pub(super) fn batch(self) -> [usize; 2] {
        match self {
            Self::DHead => [4, 4],
            Self::Heads | Self::DFfn => [N_SEQUENCES, CONTEXT],
        }
    }

    /// Activations that ten steps make no claim about where heads grow in width.
    ///
    /// The gradient of an attention logit is a product of a value with what the output projection sends back,
    /// Θ(1/√n) until both have learned from each other. Adam sees its sign alone, but SGD its size. And what
    /// u, v and the relative keys learn is summed over many pairs, with random signs for Adam too.
    pub(super) fn unclaimed(self, optimizer: Optimizer) -> &'static [&'static str] {
        match (self, optimizer) {
            (Self::Heads | Self::DFfn, _) => &[],
            (Self::DHead, Optimizer::Adam | Optimizer::Adamw) => {
                &["**.content_position", "**.bias_content", "**.bias_position"]
            }
            (Self::DHead, Optimizer::Sgd) => &[
                "*.*.*.logits",
                "**.relative_key",
                "**.content_content",
                "**.content_position",
                "**.bias_content",
                "**.bias_position",
            ],
        }
    }
}
