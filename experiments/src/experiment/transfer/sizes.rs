//! How large each scale is; docs/experiment.md says why.

use super::super::Scale;
use super::super::runs::Shape;

/// Sizes of the experiment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Of the proxy and the target; its base is the proxy's width.
    pub(super) shape: Shape,
    /// Between proxy and target, for whether wider is better.
    pub(super) widths: &'static [usize],
    /// The two horizons of the search; the target's is the longer one.
    pub(super) steps: usize,
    pub(super) long_steps: usize,
    /// Samples of a search, and how many go on.
    pub(super) trials: usize,
    pub(super) best: usize,
    /// How often everything is done.
    pub(super) repetitions: u64,
    /// Log2 learning rates of the proxy where the rate alone is tuned, and of the pilot, which short runs like higher.
    pub(super) rates: (i32, i32),
    pub(super) pilot_rates: (i32, i32),
}

impl Sizes {
    pub(super) fn of(scale: Scale) -> Self {
        match scale {
            Scale::Cpu => Self::full(
                Shape { base_width: 128, target_width: 1536, d_head: 32, n_layer: 1, context: 64, batch: 4 },
                &[256, 512],
            ),
            Scale::Gpu => Self::full(
                Shape { base_width: 256, target_width: 3072, d_head: 64, n_layer: 2, context: 128, batch: 16 },
                &[512, 1024],
            ),
            Scale::Tiny => Self {
                shape: Shape { base_width: 8, target_width: 24, d_head: 8, n_layer: 1, context: 8, batch: 2 },
                widths: &[16],
                steps: 4,
                long_steps: 12,
                trials: 4,
                best: 2,
                repetitions: 2,
                rates: (-7, -6),
                pilot_rates: (-8, -6),
            },
        }
    }

    fn full(shape: Shape, widths: &'static [usize]) -> Self {
        let (steps, long_steps, trials, best, repetitions) = (80, 800, 60, 5, 5);
        let (rates, pilot_rates) = ((-11, -5), (-10, -3));
        Self { shape, widths, steps, long_steps, trials, best, repetitions, rates, pilot_rates }
    }

    /// Of one part of so many of the target's horizon.
    pub(super) fn steps_of(&self, part: usize) -> usize {
        (self.long_steps / part).max(1)
    }
}
