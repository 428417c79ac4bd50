//! The random numbers of one parameter: a function of the run's seed and the parameter's path alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// Changes whenever the same seed would give other weights.
const DOMAIN: &[u8] = b"mup-init stream 1\0";

/// The random numbers of one parameter.
///
/// A ChaCha8 key stream under the key SHA-256(domain, seed, path), drawn on the host. So weights do not
/// depend on the device, on the rest of the model, on the order of traversal or first use, or on threads.
/// Burn's own generators are global to a device, and a lazy parameter draws from them at first use.
///
/// Normal values come from the inverse distribution function of one 52-bit uniform number each, in code of
/// this crate and pure-Rust `libm`, and not from `rand_distr`: the i-th value can be computed without those
/// before it, the same on every platform, and an upgrade of a sampling crate cannot change weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u8; 32],
}

impl Stream {
    /// The stream of the parameter at `path` in a run with `seed`.
    #[must_use]
    pub fn new(seed: u64, path: &str) -> Self {
        let hash = Sha256::new().chain_update(DOMAIN).chain_update(seed.to_le_bytes()).chain_update(path);
        Self { key: hash.finalize().into() }
    }

    /// Fills `values` with `map` of the uniform numbers in (0, 1) from number `first` on.
    pub(crate) fn fill(&self, first: usize, values: &mut [f32], map: impl Fn(f64) -> f64) {
        let mut random = ChaCha8Rng::from_seed(self.key);
        random.set_word_pos(2 * first as u128);
        for value in values {
            *value = map(open_unit(random.next_u64())) as f32;
        }
    }
}

/// The midpoint of one of 2⁵² equal cells of (0, 1): never 0 or 1, and symmetric about ½.
fn open_unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * f64::EPSILON
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Draw;

    /// An upgrade of a dependency must not change anybody's weights. The bits are those of another
    /// implementation: ChaCha8 in Python, and the quantile from `erfinv` of mpmath with 40 digits.
    #[test]
    fn the_first_values_of_a_stream_never_change() {
        let stream = Stream::new(42, "blocks.0.attention.query.weight");
        let bits = |draw: Draw| draw.values(&stream, 4).iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(Draw::Normal { std: 1.0 }), [3176574752, 1062221357, 3214322244, 3207323878]);
        assert_eq!(bits(Draw::Uniform { bound: 1.0 }), [3173725944, 1058373377, 3208824305, 3204382305]);
        assert_eq!(
            bits(Draw::TruncatedNormal { std: 1.0, a: -1.0, b: 1.0 }),
            [3172107992, 1057341900, 3207893593, 3202432212]
        );
    }

    #[test]
    fn uniform_numbers_are_inside_the_open_interval_and_symmetric() {
        let (low, high) = (open_unit(0), open_unit(u64::MAX));
        assert!(low > 0.0 && high < 1.0);
        assert!((low + high - 1.0).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn seed_and_path_cannot_be_confused() {
        let first = Stream::new(u64::from_le_bytes(*b"weightab"), "c");
        assert_ne!(first, Stream::new(u64::from_le_bytes(*b"weighta\0"), "bc"));
        assert_ne!(Stream::new(0, "weight"), Stream::new(1, "weight"));
    }
}
