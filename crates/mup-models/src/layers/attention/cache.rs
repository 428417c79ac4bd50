//! What earlier positions of a growing sequence leave for later ones.

use burn::tensor::Tensor;

/// Keys (scaled) and values `[trials, batch, heads, time, d_head]` of the positions seen so far, or of those that a window still
/// shows, and the relative keys (scaled) of all distances.
#[derive(Clone, Debug)]
pub(crate) struct LayerCache {
    seen: Option<[Tensor<5>; 2]>,
    relative_keys: Option<Tensor<5>>,
}

impl LayerCache {
    pub(crate) fn new(relative_keys: Option<Tensor<5>>) -> Self {
        Self { seen: None, relative_keys }
    }

    /// Keys and values of all positions that the new ones see, and of these.
    pub(super) fn with(&mut self, new: [Tensor<5>; 2], window: Option<usize>) -> [Tensor<5>; 2] {
        let shown = self.seen.take().and_then(|past| shown(past, window));
        let all = match shown {
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

/// Of earlier positions those that a window shows to the next one.
fn shown(past: [Tensor<5>; 2], window: Option<usize>) -> Option<[Tensor<5>; 2]> {
    let length = past[0].dims()[3];
    match window.map(|window| window - 1) {
        Some(0) => None,
        Some(shown) if shown < length => Some(past.map(|past| past.narrow(3, length - shown, shown))),
        _ => Some(past),
    }
}
