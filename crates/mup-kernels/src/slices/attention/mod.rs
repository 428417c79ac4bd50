//! Causal attention with relative positions, one head at a time and in blocks of queries.
//!
//! For query i and key j ≤ i the logit is Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c]. A block of queries needs
//! the keys up to its last one and the same number of distances, so about half of both products is never computed, and the
//! shift from distances to keys is an offset in a row that is in the cache: no mask, no shifted copy.
//!
//! # Reference
//!
//! Dai et al., "Transformer-XL", arXiv:1901.02860, section 3.3 and Appendix B.

mod backward;
mod forward;
mod head;

pub(crate) use backward::{Gradients, backward};
pub(crate) use forward::forward;

/// Queries that are handled at a time.
const BLOCK: usize = 32;

/// Queries, keys and values are the columns of `qkv`, `[groups, batch, time, 3, heads, width]`. Relative keys are `[groups,
/// time + 1, heads, width]`, from distance `time`, which no query uses, to 0. The biases are `[groups, heads, width]` and the
/// scale is `[groups, width]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) heads: usize,
    pub(crate) width: usize,
}

impl Shape {
    /// Columns of all heads.
    fn columns(self) -> usize {
        self.heads * self.width
    }

    /// Number of attention weights of one head of one sequence: block rows, without the keys that no query of a block sees.
    pub(crate) fn weights(self) -> usize {
        self.blocks().map(|(first, end)| (end - first) * end).sum()
    }

    /// First query and end of each block.
    fn blocks(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.time).step_by(BLOCK).map(move |first| (first, (first + BLOCK).min(self.time)))
    }

    /// Number of the head's group, its sequence in all groups, and its number in the model.
    fn place(self, task: usize) -> [usize; 3] {
        [task / (self.batch * self.heads), task / self.heads, task % self.heads]
    }
}

/// The tensors that an attention reads; without relative positions the last three are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a, R> {
    pub(crate) qkv: &'a [R],
    pub(crate) scale: &'a [R],
    pub(crate) relative: &'a [R],
    pub(crate) content_bias: &'a [R],
    pub(crate) position_bias: &'a [R],
}
