//! The learning rate over a run's own horizon, as a factor on its peak.

use serde::{Deserialize, Serialize};

use crate::TrainError;

/// A factor on the learning rate for every step: a linear warm-up, then a [`Decay`].
///
/// The default is linear decay to zero over the run's own horizon, what the GPT-3 experiment chose on its proxy and
/// transferred (Tensor Programs V, arXiv:2203.03466v2, App. F.4).
///
/// ```
/// use mup_train::Schedule;
/// let factors: Vec<f64> = (0..4).map(|step| Schedule::linear().with_warm_up(2).factor(step, 4)).collect();
/// assert_eq!(factors, [0.5, 1.0, 1.0, 0.5]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What follows the warm-up.
    pub decay: Decay,
    /// Steps of warm-up, at the last of which the factor is 1. Unset: a twentieth of the run, but at least 1, which
    /// starts at the peak.
    pub warm_up: Option<usize>,
}

/// How the rate falls after the warm-up of w steps in a run of n, with step s counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decay {
    /// 1.
    Constant,
    /// (n − s) / (n − w).
    #[default]
    Linear,
    /// f + (1 − f)·(1 + cos(π (s − w)/(n − w)))/2, with the floor f in [0, 1] (Loshchilov & Hutter,
    /// arXiv:1608.03983).
    Cosine {
        /// Factor at the end.
        floor: f64,
    },
    /// √(w / (s + 1)), with w at least 1; knows no horizon (Vaswani et al., arXiv:1706.03762, section 5.3).
    InverseSquareRoot,
    /// 1, then linear to zero over the last ⌈t·n⌉ steps, with t in (0, 1] (WSD: Hu et al., arXiv:2404.06395).
    Stable {
        /// Part of the run over which the rate falls.
        tail: f64,
    },
}

impl Schedule {
    /// Always 1, without warm-up.
    #[must_use]
    pub fn constant() -> Self {
        Self { decay: Decay::Constant, warm_up: Some(0) }
    }

    /// Warm-up and linear decay to zero; the default.
    #[must_use]
    pub fn linear() -> Self {
        Self::default()
    }

    /// Warm-up and half a cosine down to `floor`.
    #[must_use]
    pub fn cosine(floor: f64) -> Self {
        Self { decay: Decay::Cosine { floor }, warm_up: None }
    }

    /// Warm-up, then constant but for a linear `tail`, a part of the run.
    #[must_use]
    pub fn stable(tail: f64) -> Self {
        Self { decay: Decay::Stable { tail }, warm_up: None }
    }

    /// With this many steps of warm-up.
    #[must_use]
    pub fn with_warm_up(mut self, steps: usize) -> Self {
        self.warm_up = Some(steps);
        self
    }

    /// The factor at a step, counted from 0, of a run of `steps`. Outside the run it has no meaning.
    #[must_use]
    pub fn factor(&self, step: usize, steps: usize) -> f64 {
        let warm_up = self.warm_up_steps(steps);
        if step < warm_up {
            return (step + 1) as f64 / warm_up as f64;
        }
        let left = steps.saturating_sub(step) as f64;
        let decaying = steps.saturating_sub(warm_up).max(1) as f64;
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => left / decaying,
            // libm, because the platform's cosine may differ in the last bit.
            Decay::Cosine { floor } => {
                let passed = (step - warm_up) as f64 / decaying;
                floor + (1.0 - floor) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * passed))
            }
            Decay::InverseSquareRoot => (warm_up.max(1) as f64 / (step + 1) as f64).sqrt(),
            Decay::Stable { tail } => (left / tail_steps(tail, steps) as f64).min(1.0),
        }
    }

    /// Whether the schedule fits a run of `steps`.
    ///
    /// # Errors
    ///
    /// [`TrainError::Setting`] for a warm-up (with the tail of [`Decay::Stable`]) longer than the run, or a floor or tail
    /// outside its range.
    pub fn check(&self, steps: usize) -> Result<(), TrainError> {
        let warm_up = self.warm_up_steps(steps);
        let refuse = |name, value: f64, range: String| Err(TrainError::Setting { name, value, range });
        if warm_up > steps {
            return refuse("schedule.warm_up", warm_up as f64, format!("at most the run's {steps} steps"));
        }
        match self.decay {
            Decay::Cosine { floor } if !(0.0..=1.0).contains(&floor) => {
                refuse("schedule.floor", floor, "in [0, 1]".to_owned())
            }
            Decay::Stable { tail } if tail.is_nan() || tail <= 0.0 || tail > 1.0 => {
                refuse("schedule.tail", tail, "in (0, 1]".to_owned())
            }
            Decay::Stable { tail } if warm_up + tail_steps(tail, steps) > steps => {
                let range = format!("short enough that {warm_up} steps of warm-up and the tail fit into {steps} steps");
                refuse("schedule.tail", tail, range)
            }
            _ => Ok(()),
        }
    }

    fn warm_up_steps(&self, steps: usize) -> usize {
        self.warm_up.unwrap_or((steps / 20).max(1))
    }
}

fn tail_steps(tail: f64, steps: usize) -> usize {
    ((tail * steps as f64).ceil() as usize).max(1)
}
