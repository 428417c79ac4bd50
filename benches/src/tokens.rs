//! The tokens that both sides train on: a pure function of batch and position, so that nothing has to be sent.

/// `count` tokens of batch `batch`: splitmix64 of (batch, position) modulo the vocabulary, as in
/// `benches/peers/training.py`. Random tokens never become learned, so no step differs from another.
///
/// # Reference
///
/// Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", `OOPSLA`.
pub(crate) fn tokens(batch: u64, count: usize, vocab: usize) -> Vec<i64> {
    (1..=count as u64).map(|position| (mix((batch << 32).wrapping_add(position)) % vocab as u64) as i64).collect()
}

fn mix(state: u64) -> u64 {
    let z = state.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::{mix, tokens};

    #[test]
    fn the_first_number_of_the_sequence_from_zero_is_the_published_one() {
        assert_eq!(mix(1), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn batches_differ_and_are_within_the_vocabulary() {
        assert_ne!(tokens(0, 64, 256), tokens(1, 64, 256));
        assert!(tokens(7, 4096, 256).iter().all(|token| (0..256).contains(token)));
    }
}
