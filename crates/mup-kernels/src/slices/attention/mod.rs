//! Causal attention of grouped heads with relative or rotary positions, one head at a time, in blocks of queries and tiles of
//! keys.
//!
//! For query i and key j ≤ i the logit is Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c]. A block of queries needs
//! the keys up to its last one and the same number of distances, so about half of both products is never computed, and the
//! shift from distances to keys is an offset in a row that is in the cache: no mask, no shifted copy. Nothing of the size of
//! the context squared is kept: the backward pass finds the weights again from the logits and log Σ exp of each row.
//!
//! # Reference
//!
//! Dai et al., "Transformer-XL", arXiv:1901.02860, section 3.3 and Appendix B; Dao, "FlashAttention-2", arXiv:2307.08691.

mod backward;
mod distances;
mod forward;
mod head;

pub(crate) use backward::{Gradients, Saved, backward};
pub(crate) use forward::forward;

/// Queries that are handled at a time.
const BLOCK: usize = 32;

/// Keys that a block of queries meets at a time: a tile of logits stays in the second-level cache. More than a block, so that
/// every query of one sees a key of the first tile.
const TILE: usize = 512;

/// Queries, keys and values are the columns of `qkv`, `[groups, batch, time, queries + 2 keys, width]`. Relative keys are
/// `[groups, time + 1, keys, width]`, from distance `time`, which no query uses, to 0. The biases are `[groups, queries,
/// width]` and the scale is `[groups, width]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) batch: usize,
    pub(crate) time: usize,
    /// Heads of queries.
    pub(crate) queries: usize,
    /// Heads of keys and values.
    pub(crate) keys: usize,
    pub(crate) width: usize,
    /// Keys that a query sees; as many as there are if that is more.
    pub(crate) window: usize,
}

/// Queries of a block, and the keys of one of its tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tile {
    /// First query of the block.
    first: usize,
    /// First query after it, which is the first key that none of the block sees.
    end: usize,
    from: usize,
    to: usize,
}

impl Shape {
    /// Columns of the queries of all heads.
    fn columns(self) -> usize {
        self.queries * self.width
    }

    /// Columns of queries, keys and values.
    fn all_columns(self) -> usize {
        (self.queries + 2 * self.keys) * self.width
    }

    /// First query and end of each block.
    fn blocks(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        (0..self.time).step_by(BLOCK).map(move |first| (first, (first + BLOCK).min(self.time)))
    }

    /// The keys that a block of queries sees, tile by tile.
    fn tiles(self, (first, end): (usize, usize)) -> impl Iterator<Item = Tile> {
        let begin = (first + 1).saturating_sub(self.window);
        (begin..end).step_by(TILE).map(move |from| Tile { first, end, from, to: (from + TILE).min(end) })
    }

    /// Number of the head's group, its sequence in all groups, and its number in the model.
    fn place(self, task: usize) -> [usize; 3] {
        [task / (self.batch * self.queries), task / self.queries, task % self.queries]
    }
}

impl Tile {
    fn rows(self) -> usize {
        self.end - self.first
    }

    fn keys(self) -> usize {
        self.to - self.from
    }

    /// The keys of the tile, counted from its first, that a row of the block sees.
    #[inline(always)]
    fn seen(self, row: usize, window: usize) -> core::ops::Range<usize> {
        let after = self.first + row + 1;
        let to = after.min(self.to).saturating_sub(self.from);
        after.saturating_sub(window).saturating_sub(self.from).min(to)..to
    }

    /// Columns by distance that the tile needs, where column c of a block is distance `end − 1 − c`.
    fn distances(self) -> core::ops::Range<usize> {
        self.from..(self.to + self.rows() - 1).min(self.end)
    }

    /// Where the first key of the tile is among those columns, for a row.
    #[inline(always)]
    fn shift(self, row: usize) -> usize {
        self.rows() - 1 - row
    }
}

/// The tensors that an attention reads; those that belong to other positions are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a, R> {
    pub(crate) qkv: &'a [R],
    pub(crate) scale: &'a [R],
    pub(crate) relative: &'a [R],
    pub(crate) content_bias: &'a [R],
    pub(crate) position_bias: &'a [R],
    /// Cosines and sines, `[time, 2, n]`.
    pub(crate) angles: &'a [R],
}

#[cfg(test)]
mod tests {
    use super::{Shape, TILE, Tile};

    fn shape(time: usize, window: usize) -> Shape {
        Shape { batch: 1, time, queries: 1, keys: 1, width: 1, window }
    }

    #[test]
    fn every_query_sees_each_key_of_its_window_once_and_one_of_the_first_tile() {
        for (time, window) in [(1, 1), (70, 70), (70, 3), (2 * TILE + 5, 9000), (2 * TILE + 5, TILE + 1), (2 * TILE, 1)]
        {
            let shape = shape(time, window);
            for block in shape.blocks() {
                let tiles: Vec<Tile> = shape.tiles(block).collect();
                for row in 0..block.1 - block.0 {
                    let query = block.0 + row;
                    let keys: Vec<usize> =
                        tiles.iter().flat_map(|tile| tile.seen(row, window).map(|key| tile.from + key)).collect();
                    assert_eq!(keys, ((query + 1).saturating_sub(window)..=query).collect::<Vec<_>>());
                    assert!(!tiles[0].seen(row, window).is_empty());
                }
            }
        }
    }

    #[test]
    fn the_column_of_a_key_is_that_of_its_distance() {
        let shape = shape(2 * TILE + 40, TILE + 100);
        for tile in shape.blocks().flat_map(|block| shape.tiles(block)) {
            for row in 0..tile.rows() {
                for key in tile.seen(row, shape.window) {
                    let column = tile.distances().start + tile.shift(row) + key;
                    assert!(tile.distances().contains(&column));
                    assert_eq!(tile.end - 1 - column, tile.first + row - tile.from - key);
                }
            }
        }
    }
}
