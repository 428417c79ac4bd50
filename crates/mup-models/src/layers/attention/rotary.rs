//! Rotary positions: how fast each pair of coordinates turns, and what stretches that for longer contexts.

use std::f64::consts::TAU;

use burn::config::Config;
use mup_kernels::Rotary;

/// Rotary positions: coordinates i and i + `d_head`/2 of queries and keys turn by position · θ^(−2i/`d_head`).
///
/// # Reference
///
/// Su et al., "RoFormer", arXiv:2104.09864; coordinates are paired as in Hugging Face's `rotate_half`.
#[derive(Config, Debug, Copy, PartialEq)]
pub struct RotaryPositions {
    /// θ, in positions. Default: 10 000.
    #[config(default = 10_000.0)]
    pub theta: f64,
    /// What is changed for contexts longer than those trained on. Default: nothing.
    #[config(default = "RotaryScaling::None")]
    pub scaling: RotaryScaling,
}

/// How frequencies are changed for contexts `factor` times as long; lengths are in tokens.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum RotaryScaling {
    /// Not at all.
    None,
    /// All divided by the factor (position interpolation, arXiv:2306.15595).
    Linear {
        /// How many times as long.
        factor: f64,
    },
    /// θ times factor^(`d_head`/(`d_head` − 2)), so that the slowest is divided by the factor and the fastest stays (NTK-aware
    /// interpolation; YaRN, arXiv:2309.00071, section 3.1).
    Ntk {
        /// How many times as long.
        factor: f64,
    },
    /// Divided by the factor where less than `beta_slow` turns fit the original context, kept where more than `beta_fast`
    /// do, between them by a ramp over coordinates; what has turned is multiplied by 0.1 ln(factor) + 1 (YaRN,
    /// arXiv:2309.00071, section 3.4).
    Yarn {
        /// How many times as long.
        factor: f64,
        /// Context of the training before.
        original_context: usize,
        /// Turns; 32 in the paper.
        beta_fast: f64,
        /// Turns; 1 in the paper.
        beta_slow: f64,
    },
    /// Divided by the factor where a turn is longer than `original_context / low`, kept where it is shorter than
    /// `original_context / high`, smooth between (Llama 3.1; `_compute_llama3_parameters` of Hugging Face's transformers).
    Llama3 {
        /// How many times as long.
        factor: f64,
        /// Turns of the original context; 1 in Llama 3.1.
        low: f64,
        /// Turns of the original context; 4 in Llama 3.1.
        high: f64,
        /// Context of the training before.
        original_context: usize,
    },
}

impl RotaryPositions {
    /// Its numbers by name, all of which must be above zero, in heads of this width.
    pub(crate) fn numbers(&self, d_head: usize) -> Vec<(&'static str, f64)> {
        let scaling = match self.scaling {
            RotaryScaling::None => vec![],
            RotaryScaling::Linear { factor } => vec![("scaling.factor", factor)],
            // One pair turns at one speed, which NTK keeps: the factor would do nothing.
            RotaryScaling::Ntk { factor } => vec![("scaling.factor", factor), ("d_head less 2", d_head as f64 - 2.0)],
            RotaryScaling::Yarn { factor, original_context, beta_fast, beta_slow } => vec![
                ("scaling.factor", factor),
                ("scaling.original_context", original_context as f64),
                ("scaling.beta_fast", beta_fast),
                ("scaling.beta_slow", beta_slow),
                ("scaling.beta_fast less beta_slow", beta_fast - beta_slow),
            ],
            RotaryScaling::Llama3 { factor, low, high, original_context } => vec![
                ("scaling.factor", factor),
                ("scaling.original_context", original_context as f64),
                ("scaling.low", low),
                ("scaling.high less low", high - low),
            ],
        };
        [("theta", self.theta)].into_iter().chain(scaling).collect()
    }

    /// θ, times what NTK multiplies it by in heads of this width: the base of plain rotary positions that turn at these speeds,
    /// where nothing else changes them.
    #[must_use]
    pub fn base(&self, d_head: usize) -> f64 {
        match self.scaling {
            RotaryScaling::Ntk { factor } => {
                let d = d_head as f64;
                self.theta * factor.powf(d / (d - 2.0))
            }
            _ => self.theta,
        }
    }

    /// For heads of this width, as the kernels take them.
    pub(super) fn of_width(&self, d_head: usize) -> Rotary {
        let plain = |theta| Rotary::new(theta, d_head);
        let changed = |change: &dyn Fn(f64) -> f64| Rotary {
            frequencies: plain(self.theta).frequencies.into_iter().map(change).collect(),
            factor: 1.0,
        };
        match self.scaling {
            RotaryScaling::None | RotaryScaling::Ntk { .. } => plain(self.base(d_head)),
            RotaryScaling::Linear { factor } => changed(&|frequency| frequency / factor),
            RotaryScaling::Yarn { factor, original_context, beta_fast, beta_slow } => {
                let turns = [beta_fast, beta_slow];
                yarn(plain(self.theta), factor, coordinates(self.theta, d_head, original_context, turns))
            }
            RotaryScaling::Llama3 { factor, low, high, original_context } => {
                changed(&|frequency| llama3(frequency, factor, [low, high], original_context as f64))
            }
        }
    }
}

/// The coordinates at which so many turns fit the original context, rounded outwards.
fn coordinates(theta: f64, d_head: usize, original_context: usize, turns: [f64; 2]) -> [f64; 2] {
    let width = d_head as f64;
    let [fast, slow] = turns.map(|turns| width * (original_context as f64 / (turns * TAU)).ln() / (2.0 * theta.ln()));
    [fast.floor().max(0.0), slow.ceil().min(width - 1.0)]
}

fn yarn(plain: Rotary, factor: f64, [first, last]: [f64; 2]) -> Rotary {
    // Both are whole. Where the last is before the first, the ramp falls, as transformers has it.
    let length = if (last - first).abs() < 1.0 { 0.001 } else { last - first };
    let stretched = |(i, frequency): (usize, f64)| {
        let ramp = ((i as f64 - first) / length).clamp(0.0, 1.0);
        frequency / factor * ramp + frequency * (1.0 - ramp)
    };
    let frequencies = plain.frequencies.into_iter().enumerate().map(stretched).collect();
    Rotary { frequencies, factor: if factor > 1.0 { 0.1 * factor.ln() + 1.0 } else { 1.0 } }
}

fn llama3(frequency: f64, factor: f64, [low, high]: [f64; 2], original_context: f64) -> f64 {
    let turns = original_context * frequency / TAU;
    let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
    frequency / factor * (1.0 - kept) + frequency * kept
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{RotaryPositions, RotaryScaling};

    fn scaling(parameters: &Value) -> RotaryScaling {
        let number = |name: &str| parameters[name].as_f64().unwrap();
        let original_context = parameters["original_max_position_embeddings"].as_u64().unwrap_or(0) as usize;
        let factor = number("factor");
        match parameters["rope_type"].as_str().unwrap() {
            "linear" => RotaryScaling::Linear { factor },
            // Theirs at twice the context is this at 2 · factor − (factor − 1).
            "dynamic" => RotaryScaling::Ntk { factor: factor + 1.0 },
            "yarn" => {
                let (beta_fast, beta_slow) = (number("beta_fast"), number("beta_slow"));
                RotaryScaling::Yarn { factor, original_context, beta_fast, beta_slow }
            }
            "llama3" => {
                let (low, high) = (number("low_freq_factor"), number("high_freq_factor"));
                RotaryScaling::Llama3 { factor, low, high, original_context }
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn every_scaling_has_the_frequencies_of_transformers() {
        let text = std::fs::read("../../golden/data/hugging_face/rotary.json").unwrap();
        let golden: Value = serde_json::from_slice(&text).unwrap();
        for case in golden["cases"].as_array().unwrap() {
            let (parameters, d_head) = (&case["parameters"], case["head_dim"].as_u64().unwrap() as usize);
            let theta = parameters["rope_theta"].as_f64().unwrap();
            let ours = RotaryPositions::new().with_theta(theta).with_scaling(scaling(parameters)).of_width(d_head);
            let theirs: Vec<f64> =
                case["frequencies"].as_array().unwrap().iter().map(|f| f.as_f64().unwrap()).collect();
            assert_eq!(ours.frequencies.len(), theirs.len());
            // Theirs are f32: powers, quotients and ramps of a few operations of 6e-8 each.
            let near = |ours: f64, theirs: f64| (ours - theirs).abs() < 1e-6 * theirs;
            assert!(
                ours.frequencies.iter().zip(&theirs).all(|(ours, theirs)| near(*ours, *theirs)),
                "{case}: {ours:?}"
            );
            assert!(near(ours.factor, case["factor"].as_f64().unwrap()), "{case}: {}", ours.factor);
        }
    }

    #[test]
    fn a_ramp_of_yarn_that_ends_before_it_begins_is_transformers() {
        let frequencies = |original_context| {
            let scaling = RotaryScaling::Yarn { factor: 4.0, original_context, beta_fast: 32.0, beta_slow: 1.0 };
            RotaryPositions::new().with_theta(10.0).with_scaling(scaling).of_width(8).frequencies
        };
        let plain = RotaryPositions::new().with_theta(10.0).of_width(8).frequencies;
        // `ROPE_INIT_FUNCTIONS["yarn"]` of 5.24: of the coordinates from 0 to -3 none is stretched, of those from 14 to 7 all are.
        assert_eq!(frequencies(1), plain);
        assert_eq!(frequencies(1_000_000), plain.iter().map(|frequency| frequency / 4.0).collect::<Vec<_>>());
    }
}
