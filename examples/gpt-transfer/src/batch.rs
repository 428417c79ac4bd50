//! Batches: a pure function of (seed, step), computed on the host, the same for every trial.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Windows of a text, with the bytes that follow as targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    tokens: Vec<i32>,
    targets: Vec<i32>,
    shape: [usize; 2],
}

impl Batch {
    /// Windows at random places, drawn from a stream of this step's own.
    pub(crate) fn random(text: &[u8], shape: [usize; 2], seed: u64, step: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(step as u64);
        let last = (text.len() - shape[1] - 1) as u64;
        Self::at((0..shape[0]).map(|_| rng.random_range(0..=last) as usize), text, shape)
    }

    /// Windows at even distances over the whole text; the `part`-th batch of `parts`.
    pub(crate) fn even(text: &[u8], shape: [usize; 2], part: usize, parts: usize) -> Self {
        let last = text.len() - shape[1] - 1;
        let n_windows = parts * shape[0];
        let start = |row| (part * shape[0] + row) * last / n_windows.max(2).saturating_sub(1);
        Self::at((0..shape[0]).map(|row| start(row).min(last)), text, shape)
    }

    fn at(starts: impl Iterator<Item = usize>, text: &[u8], shape: [usize; 2]) -> Self {
        let (mut tokens, mut targets) = (Vec::new(), Vec::new());
        for start in starts {
            let window = &text[start..start + shape[1] + 1];
            tokens.extend(window[..shape[1]].iter().map(|byte| i32::from(*byte)));
            targets.extend(window[1..].iter().map(|byte| i32::from(*byte)));
        }
        Self { tokens, targets, shape }
    }

    /// Tokens and targets, both `[batch, context]`.
    pub(crate) fn tensors(self, device: &Device) -> (Tensor<2, Int>, Tensor<2, Int>) {
        let tensor = |values: Vec<i32>| Tensor::from_data(TensorData::new(values, self.shape), device);
        (tensor(self.tokens), tensor(self.targets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_depends_on_seed_and_step_alone() {
        let text: Vec<u8> = (0..200).collect();
        let batch = |seed, step| Batch::random(&text, [4, 16], seed, step);
        assert_eq!(batch(1, 7), batch(1, 7));
        assert_ne!(batch(1, 7), batch(1, 8));
        assert_ne!(batch(1, 7), batch(2, 7));
    }

    #[test]
    fn targets_follow_tokens() {
        let text: Vec<u8> = (0..200).collect();
        let batch = Batch::random(&text, [4, 16], 0, 0);
        assert!(batch.tokens.iter().zip(&batch.targets).all(|(token, target)| token + 1 == *target));
    }

    #[test]
    fn every_window_is_within_the_shortest_text() {
        let text = [7; 17];
        assert_eq!(Batch::random(&text, [3, 16], 0, 0).tokens, vec![7; 48]);
        assert_eq!(Batch::even(&text, [3, 16], 1, 2).tokens, vec![7; 48]);
    }

    #[test]
    fn even_windows_reach_both_ends() {
        let text: Vec<u8> = (0..=255).collect();
        let first = Batch::even(&text, [2, 4], 0, 2);
        let last = Batch::even(&text, [2, 4], 1, 2);
        assert_eq!(first.tokens[0], 0);
        assert_eq!(last.targets.last(), Some(&255));
    }
}
