//! What earlier positions of a growing sequence leave for later ones.

use burn::tensor::Tensor;

/// Keys (scaled) and values `[trials, batch, n_head, time, d_head]` of the positions seen so far, and the relative keys
/// (scaled) of all distances.
#[derive(Clone, Debug)]
pub(crate) struct LayerCache {
    seen: Option<[Tensor<5>; 2]>,
    relative_keys: Option<Tensor<5>>,
}

impl LayerCache {
    pub(crate) fn new(relative_keys: Option<Tensor<5>>) -> Self {
        Self { seen: None, relative_keys }
    }

    /// Keys and values of all positions, once new ones are added.
    pub(super) fn with(&mut self, new: [Tensor<5>; 2]) -> [Tensor<5>; 2] {
        let all = match self.seen.take() {
            Some([keys, values]) => {
                let [new_keys, new_values] = new;
                [Tensor::cat(vec![keys, new_keys], 3), Tensor::cat(vec![values, new_values], 3)]
            }
            None => new,
        };
        self.seen = Some(all.clone());
        all
    }

    /// The relative keys of the shortest `count` distances.
    pub(super) fn relative_keys(&self, count: usize) -> Option<Tensor<5>> {
        self.relative_keys.clone().map(|all| {
            let longest = all.dims()[3];
            all.narrow(3, longest - count, count)
        })
    }
}
