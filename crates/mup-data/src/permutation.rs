//! Permutations of 0..n that need no memory, whatever n is.

use crate::draw::Draw;

/// Each one sends an index to its partner or leaves it where it is. The proof of the reference asks for a few times
/// log₂ n of them.
const ROUNDS: usize = 128;

/// A permutation of `0..n`, a pure function of (seed, number).
///
/// # Reference
///
/// The swap-or-not shuffle: Hoang, Morris, Rogaway, *An Enciphering Scheme Based on a Card Shuffle*, arXiv:1208.1176.
#[derive(Debug)]
pub(crate) struct Permutation {
    n: u64,
    /// Per round: which pairs may swap, and the key of the coin that decides.
    rounds: Vec<(u64, u64)>,
}

impl Permutation {
    /// `n` is at least 1.
    pub(crate) fn new(n: u64, seed: u64, number: u64) -> Self {
        let mut draw = Draw::new(seed, number);
        let rounds = (0..ROUNDS).map(|_| (draw.below(n), draw.word())).collect();
        Self { n, rounds }
    }

    /// Where `index` goes.
    pub(crate) fn of(&self, index: u64) -> u64 {
        self.rounds.iter().fold(index, |x, (sum, key)| {
            let partner = if *sum >= x { sum - x } else { sum + (self.n - x) };
            // Both of a pair see the same coin, so the round is its own inverse.
            if mix(key ^ x.max(partner)) >> 63 == 1 { partner } else { x }
        })
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the result depends on every bit given.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_hit_once_for_any_n() {
        for n in (1..=70).chain([1000, 4096, 4097]) {
            let permutation = Permutation::new(n, 3, n);
            let mut hit: Vec<u64> = (0..n).map(|i| permutation.of(i)).collect();
            hit.sort_unstable();
            assert!(hit.into_iter().eq(0..n), "{n}");
        }
    }

    #[test]
    fn every_order_of_four_is_equally_frequent() {
        let mut counts = std::collections::BTreeMap::new();
        let draws = 24_000;
        for number in 0..draws {
            let permutation = Permutation::new(4, 11, number);
            *counts.entry([0, 1, 2, 3].map(|i| permutation.of(i))).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let expected = draws as f64 / 24.0;
        let chi_squared: f64 = counts.values().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum();
        // χ² with 23 degrees of freedom has mean 23 and exceeds 50 once in a thousand; the seed is fixed.
        assert!(chi_squared < 50.0, "{chi_squared}");
    }

    #[test]
    fn neighbors_do_not_stay_neighbors() {
        let n = 1 << 40;
        let permutation = Permutation::new(n, 0, 0);
        let places: Vec<f64> = (0..4096).map(|i| permutation.of(i) as f64 / n as f64).collect();
        let mean = places.iter().sum::<f64>() / 4096.0;
        let steps: f64 = places.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / 4095.0;
        // Uniform places: mean 1/2 ± 0.0045, mean distance 1/3 ± 0.004 (one standard error each); four of them.
        assert!((mean - 0.5).abs() < 0.018 && (steps - 1.0 / 3.0).abs() < 0.016, "{mean} {steps}");
    }
}
