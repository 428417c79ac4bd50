//! What a user asks for: a distribution at base width, with the meaning of `torch.nn.init`.

use serde::{Deserialize, Serialize};

use crate::Draw;

/// How a parameter starts at base width; the plan says how its size changes from there.
///
/// Every random distribution has mean 0. Fans are those of the base model, receptive field included.
///
/// # Reference
///
/// `torch/nn/init.py`, PyTorch 2.15.0 (`normal_`, `trunc_normal_`, `uniform_`, `xavier_*`, `kaiming_*`).
/// Fans are the axes that the layer contracts and produces, so they differ from PyTorch's, which reads them
/// by position, in two layers: for `Embedding` PyTorch calls the vocabulary fan-out, and for transposed
/// convolutions it calls the input channels fan-out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Gaussian of the given standard deviation.
    Normal {
        /// Standard deviation.
        std: f64,
    },
    /// Gaussian of the given standard deviation, restricted to `[a, b]`. The bounds are absolute, not in
    /// units of `std`, and the restricted values spread less than `std`.
    TruncatedNormal {
        /// Standard deviation before the restriction.
        std: f64,
        /// Lower bound.
        a: f64,
        /// Upper bound.
        b: f64,
    },
    /// Uniform on `[−bound, bound]`.
    Uniform {
        /// Largest absolute value.
        bound: f64,
    },
    /// Gaussian of variance `gain² · 2/(fan_in + fan_out)`.
    XavierNormal {
        /// Factor on the standard deviation.
        gain: f64,
    },
    /// Uniform of variance `gain² · 2/(fan_in + fan_out)`.
    XavierUniform {
        /// Factor on the standard deviation.
        gain: f64,
    },
    /// Gaussian of variance `gain²/fan`.
    KaimingNormal {
        /// Factor on the standard deviation, see [`Nonlinearity::gain`].
        gain: f64,
        /// Which fan.
        mode: FanMode,
    },
    /// Uniform of variance `gain²/fan`.
    KaimingUniform {
        /// Factor on the standard deviation, see [`Nonlinearity::gain`].
        gain: f64,
        /// Which fan.
        mode: FanMode,
    },
    /// Every entry the same.
    Constant {
        /// The entry.
        value: f64,
    },
    /// Every entry 0.
    Zeros,
    /// Every entry 1.
    Ones,
}

/// Which fan Kaiming initialization preserves the variance over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanMode {
    /// Keep the variance of activations.
    FanIn,
    /// Keep the variance of backpropagated gradients.
    FanOut,
}

/// What follows a layer; decides the usual gain of its initialization.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonlinearity {
    /// None.
    Linear,
    /// Logistic function.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// Rectifier.
    Relu,
    /// Rectifier with a slope below zero.
    LeakyRelu {
        /// Slope below zero.
        slope: f64,
    },
    /// Scaled exponential linear unit.
    Selu,
}

impl Nonlinearity {
    /// The recommended gain, equal to `torch.nn.init.calculate_gain`.
    ///
    /// ```
    /// # use mup_init::Nonlinearity;
    /// assert_eq!(Nonlinearity::Relu.gain(), 2f64.sqrt());
    /// ```
    #[must_use]
    pub fn gain(self) -> f64 {
        match self {
            Self::Linear | Self::Sigmoid => 1.0,
            Self::Tanh => 5.0 / 3.0,
            Self::Relu => 2f64.sqrt(),
            Self::LeakyRelu { slope } => (2.0 / (1.0 + slope * slope)).sqrt(),
            Self::Selu => 0.75,
        }
    }
}

impl Distribution {
    /// Kaiming normal over the fan-in: variance `gain²/fan_in`. Gain 1 is LeCun's initialization.
    #[must_use]
    pub fn kaiming_normal(nonlinearity: Nonlinearity) -> Self {
        Self::KaimingNormal { gain: nonlinearity.gain(), mode: FanMode::FanIn }
    }

    /// Kaiming uniform over the fan-in: variance `gain²/fan_in`.
    ///
    /// PyTorch's and Burn's default for `Linear` is `LeakyRelu { slope: 5f64.sqrt() }`.
    #[must_use]
    pub fn kaiming_uniform(nonlinearity: Nonlinearity) -> Self {
        Self::KaimingUniform { gain: nonlinearity.gain(), mode: FanMode::FanIn }
    }

    /// Whether entries differ from each other.
    #[must_use]
    pub fn is_random(self) -> bool {
        !matches!(self, Self::Constant { .. } | Self::Zeros | Self::Ones)
    }

    /// Whether the standard deviation is a function of the fans.
    #[must_use]
    pub fn needs_fans(self) -> bool {
        use Distribution::{KaimingNormal, KaimingUniform, XavierNormal, XavierUniform};
        matches!(self, XavierNormal { .. } | XavierUniform { .. } | KaimingNormal { .. } | KaimingUniform { .. })
    }

    /// Whether the mean is zero, as a hidden weight needs.
    #[must_use]
    pub fn has_zero_mean(self) -> bool {
        match self {
            Self::TruncatedNormal { a, b, .. } => a + b == 0.0,
            Self::Constant { value } => value == 0.0,
            Self::Ones => false,
            _ => true,
        }
    }

    /// What is wrong with the numbers, if anything.
    pub(crate) fn invalid(self) -> Option<&'static str> {
        let size = match self {
            Self::Normal { std } | Self::TruncatedNormal { std, .. } => std,
            Self::Uniform { bound } => bound,
            Self::XavierNormal { gain }
            | Self::XavierUniform { gain }
            | Self::KaimingNormal { gain, .. }
            | Self::KaimingUniform { gain, .. } => gain,
            Self::Constant { value } => value.abs(),
            Self::Zeros | Self::Ones => 1.0,
        };
        if !size.is_finite() || size < 0.0 {
            return Some("a standard deviation, bound or gain must be a finite number that is not negative");
        }
        let Self::TruncatedNormal { std, a, b } = self else { return None };
        if !(a.is_finite() && b.is_finite() && a < b && std > 0.0) {
            return Some("a truncated normal needs std > 0 and finite bounds a < b");
        }
        // The same condition makes PyTorch warn that its samples may be wrong.
        (a > 2.0 * std || b < -2.0 * std)
            .then_some("zero lies more than 2 std outside [a, b]; the bounds are absolute values, not multiples of std")
    }

    /// What is drawn at base width.
    pub(crate) fn at_base(self, fan_in: usize, fan_out: usize) -> Draw {
        let xavier = |gain: f64| gain * (2.0 / (fan_in + fan_out) as f64).sqrt();
        let kaiming = |gain: f64, mode| {
            let fan = if mode == FanMode::FanIn { fan_in } else { fan_out };
            gain / (fan as f64).sqrt()
        };
        match self {
            Self::Normal { std } => Draw::Normal { std },
            Self::TruncatedNormal { std, a, b } => Draw::TruncatedNormal { std, a, b },
            Self::Uniform { bound } => Draw::Uniform { bound },
            Self::XavierNormal { gain } => Draw::Normal { std: xavier(gain) },
            Self::XavierUniform { gain } => Draw::uniform_of_std(xavier(gain)),
            Self::KaimingNormal { gain, mode } => Draw::Normal { std: kaiming(gain, mode) },
            Self::KaimingUniform { gain, mode } => Draw::uniform_of_std(kaiming(gain, mode)),
            Self::Constant { value } => Draw::Constant { value },
            Self::Zeros => Draw::Constant { value: 0.0 },
            Self::Ones => Draw::Constant { value: 1.0 },
        }
    }
}
