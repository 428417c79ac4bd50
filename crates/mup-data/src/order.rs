//! Which windows a step reads: a pure function of (seed, step), so that resuming needs no state.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use crate::permutation::Permutation;
use crate::{Batch, DataError, Tokens};

/// The order in which training reads windows.
///
/// # Example
///
/// ```
/// use mup_data::{Order, Tokens};
///
/// let tokens = Tokens::from_bytes("digits", (0..=100).collect())?;
/// // Two windows of four tokens: the same ones whoever asks, and whatever was asked for before.
/// let batch = Order::Shuffled.batch(&tokens, [2, 4], 7, 1000)?;
/// assert_eq!(batch, Order::Shuffled.batch(&tokens, [2, 4], 7, 1000)?);
/// // Two machines with one row each read what one machine with both rows does.
/// let shards = [0..1, 1..2].map(|rows| Order::Shuffled.rows(&tokens, [2, 4], 7, 1000, rows));
/// let [first, second] = shards;
/// assert_eq!(batch.tokens, [first?.tokens, second?.tokens].concat());
/// # Ok::<(), mup_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Windows at random places, drawn with replacement; nanoGPT's way.
    Random,
    /// Windows side by side, each once per epoch, in an order of the epoch's own. Up to `context` tokens at the end of
    /// the data belong to no window. A batch may hold the end of one epoch and the beginning of the next.
    Shuffled,
}

impl Order {
    /// The batch of `shape` = `[batch, context]` that step `step` of seed `seed` reads.
    ///
    /// # Errors
    ///
    /// [`DataError::TooShort`] if no window fits, [`DataError::EmptyBatch`], and those of [`Tokens::window`].
    pub fn batch(self, tokens: &Tokens, shape: [usize; 2], seed: u64, step: u64) -> Result<Batch, DataError> {
        self.rows(tokens, shape, seed, step, 0..shape[0])
    }

    /// Some rows of that batch, for gradient accumulation or one of several devices.
    ///
    /// # Errors
    ///
    /// As [`batch`](Self::batch), and [`DataError::Rows`] for rows outside it.
    pub fn rows(
        self,
        tokens: &Tokens,
        shape: [usize; 2],
        seed: u64,
        step: u64,
        rows: Range<usize>,
    ) -> Result<Batch, DataError> {
        let [batch, context] = shape;
        check_shape(tokens, shape)?;
        if rows.is_empty() || rows.end > batch {
            return Err(DataError::Rows { start: rows.start, end: rows.end, batch });
        }
        let starts = match self {
            Self::Random => random_starts(tokens.len() - context as u64, seed, step, rows),
            Self::Shuffled => {
                let first = u128::from(step) * batch as u128;
                let places = first + rows.start as u128..first + rows.end as u128;
                shuffled(windows_per_epoch(tokens, context)?, seed, places).map(|i| i * context as u64).collect()
            }
        };
        Batch::at(tokens, &starts, context)
    }
}

/// How many windows [`Order::Shuffled`] reads before it begins anew.
///
/// # Errors
///
/// [`DataError::TooShort`] if not one fits.
pub fn windows_per_epoch(tokens: &Tokens, context: usize) -> Result<u64, DataError> {
    check_shape(tokens, [1, context])?;
    Ok((tokens.len() - 1) / context as u64)
}

/// For evaluation: windows at even distances over all tokens, the `part`-th batch of `parts`.
///
/// # Errors
///
/// As [`Order::batch`].
pub fn even_batch(tokens: &Tokens, shape: [usize; 2], part: usize, parts: usize) -> Result<Batch, DataError> {
    let [batch, context] = shape;
    check_shape(tokens, shape)?;
    let last = tokens.len() - context as u64 - 1;
    let n_windows = parts.saturating_mul(batch);
    let start = |row| {
        let window = part as u128 * batch as u128 + row as u128;
        let start = window * u128::from(last) / n_windows.max(2).saturating_sub(1) as u128;
        start.min(u128::from(last)) as u64
    };
    Batch::at(tokens, &(0..batch).map(start).collect::<Vec<_>>(), context)
}

fn check_shape(tokens: &Tokens, [batch, context]: [usize; 2]) -> Result<(), DataError> {
    if batch == 0 || context == 0 {
        return Err(DataError::EmptyBatch { batch, context });
    }
    let needed = context as u64 + 1;
    if tokens.len() < needed {
        return Err(DataError::TooShort { name: tokens.name(), tokens: tokens.len(), context, needed });
    }
    Ok(())
}

/// From a stream of this step's own; rows before the first are drawn and dropped, since a draw may take several words.
fn random_starts(places: u64, seed: u64, step: u64, rows: Range<usize>) -> Vec<u64> {
    let mut draw = Draw::new(seed, step);
    (0..rows.end).map(|_| draw.below(places)).skip(rows.start).collect()
}

/// What stands at the given places of all epochs in a row, each a permutation of `0..n`.
fn shuffled(n: u64, seed: u64, places: Range<u128>) -> impl Iterator<Item = u64> {
    let mut current: Option<(u64, Permutation)> = None;
    places.map(move |place| {
        // Beyond 2⁶⁴ epochs the orders repeat.
        let (epoch, index) = ((place / u128::from(n)) as u64, (place % u128::from(n)) as u64);
        if current.as_ref().is_none_or(|(of, _)| *of != epoch) {
            current = Some((epoch, Permutation::new(n, seed, epoch)));
        }
        current.as_ref().map_or(index, |(_, permutation)| permutation.of(index))
    })
}
