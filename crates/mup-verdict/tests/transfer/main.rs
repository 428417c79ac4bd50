//! The transfer check on losses whose optimum is known.

mod bad_input;
mod estimates;
mod files;
#[path = "../noise/mod.rs"]
mod noise;
mod verdicts;

use mup_verdict::transfer::{Criteria, Report, Run, Runs};
use noise::Noise;

const WIDTHS: [usize; 4] = [64, 128, 256, 512];

/// What the losses of a parametrization look like.
#[derive(Clone, Copy)]
struct World {
    /// Octaves per doubling of width.
    drift: f64,
    /// Rise of the loss one octave beside the optimum.
    rise: f64,
    /// Standard deviation of each loss.
    noise: f64,
    seeds: u64,
    /// Losses this far above the optimum, in octaves, diverge.
    stable: f64,
}

const QUIET: World = World { drift: 0.0, rise: 0.1, noise: 0.005, seeds: 3, stable: f64::INFINITY };

impl World {
    fn runs(self, label: &str, widths: &[usize]) -> Runs {
        let mut noise = Noise::new(7);
        let mut runs = Vec::new();
        for width in widths {
            let doublings = (*width as f64 / 64.0).log2();
            let optimum = -8.3 + self.drift * doublings;
            for seed in 0..self.seeds {
                for log2_value in (-15..=-2).map(f64::from) {
                    let loss = 2.0 - 0.05 * doublings
                        + self.rise * (log2_value - optimum).powi(2)
                        + self.noise * noise.gaussian();
                    let loss = (log2_value - optimum < self.stable).then_some(loss);
                    runs.push(Run { width: *width, seed, log2_value, loss });
                }
            }
        }
        let [label, hyperparameter, grows] = [label, "learning rate", "width"].map(str::to_owned);
        Runs { label, hyperparameter, grows, runs }
    }

    fn report(self, label: &str) -> Report {
        self.runs(label, &WIDTHS).judge(Criteria::default()).expect("usable runs")
    }
}
