//! What an optimizer does with a gradient, as far as the rules must know: from it every rate is derived.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Power, Rule, RuleError};

/// How the size of an update follows from gradient, weight and width, so that its rate follows from the table:
/// `C = C_Adam · B^weight · g^gradient · √(m_in·m_out)^width`, with `C_Adam`, `B`, `g` of the [`Rule`].
///
/// # Reference
///
/// An update of entries `C·u` must have the size of Adam's, whose entries are `C_Adam`: `u ∝ g` for SGD, `u ∝ B`
/// where the update is scaled to the weight, `u ∝ 1/√(m_in·m_out)` where it is orthogonal or has Frobenius norm 1.
/// Adam-like and SGD-like: TP-V, arXiv:2203.03466v2, Tables 3 and 8, B.3. Spectral: arXiv:2310.17813, Condition 1.
/// Parameter-scaled: derived; LAMB trains both readout forms alike at the same rate (`tests/families.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Update {
    /// Exponent of the initial standard deviation B.
    pub weight: f64,
    /// Exponent of the gradient's entries g.
    pub gradient: f64,
    /// Exponent of √(m_in·m_out).
    pub width: f64,
}

impl Update {
    /// Entries of a size that depends on nothing: Adam, AdamW, RMSProp, Adagrad, Lion, Adan.
    pub const ENTRYWISE: Self = Self::new(0.0, 0.0, 0.0);
    /// Proportional to the gradient: SGD with or without momentum.
    pub const PROPORTIONAL: Self = Self::new(0.0, -1.0, 0.0);
    /// Proportional to the weight's own norm: LAMB, LARS, Adafactor with parameter scaling.
    pub const PARAMETER_SCALED: Self = Self::new(-1.0, 0.0, 0.0);
    /// A matrix of spectral or Frobenius norm 1: Muon, Scion, normalized SGD.
    pub const SPECTRAL: Self = Self::new(0.0, 0.0, 1.0);

    /// An update by the exponents of B, g and √(m_in·m_out).
    #[must_use]
    pub const fn new(weight: f64, gradient: f64, width: f64) -> Self {
        Self { weight, gradient, width }
    }

    /// The rate that gives this update the size that Adam's has at `rule.adam`.
    #[must_use]
    pub fn rate(self, rule: &Rule) -> Power {
        self.of(rule) * Power::new(0.5, 0.5).pow(self.width)
    }

    /// [`rate`](Self::rate) without the factor of width, which a tensor has once, however many rules it is composed of.
    pub(crate) fn of(self, rule: &Rule) -> Power {
        rule.adam.clone() * rule.init_std.pow(self.weight) * rule.gradient.pow(self.gradient)
    }

    /// [`Rule::adam`] under which this update has the given rate.
    pub(crate) fn adam(self, rate: &Power, rule: &Rule) -> Power {
        let unit = Rule { adam: Power::ONE, ..rule.clone() };
        rate / &self.rate(&unit)
    }
}

/// Where an optimizer adds λ·w.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DecayTerm {
    /// To the step, with the rate: `w·(1 − C·η·λ)`. AdamW, Lion, Muon, Adan.
    Step,
    /// To the gradient: coupled L2. Adam, RMSProp, Adagrad; under SGD this is weight decay.
    Gradient,
    /// To an update of entries of size 1 that is scaled to the weight afterwards, as LAMB does: λ ∝ 1/B (derived).
    Update,
    /// Nowhere: it has no decay.
    None,
}

/// What an optimizer's ε is compared with, and so must follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EpsilonTerm {
    /// The gradient's entries, `√v + ε`, by the parametrization's convention: Adam and its kin, LAMB.
    Gradient,
    /// The weight's entries: the floor of Adafactor's parameter scale.
    Weight,
    /// There is none, or it guards a division by zero alone: SGD, Lion, Muon.
    None,
}

/// The factor f of a matrix's sizes by which an optimizer multiplies its own update. The plan divides by its growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShapeFactor {
    /// f = 1.
    One,
    /// f = √max(1, out/in): Keller Jordan's Muon, `torch.optim.Muon` ("original").
    SqrtAspectAboveOne,
    /// f = 0.2·√max(out, in): Moonlight, `torch.optim.Muon` ("match_rms_adamw").
    MatchRmsAdam,
    /// f = √(out/in): Scion, Modula, Dion.
    SqrtAspect,
}

impl ShapeFactor {
    /// f of a matrix that maps `fan_in` numbers to `fan_out`.
    #[must_use]
    pub fn value(self, fan_in: f64, fan_out: f64) -> f64 {
        match self {
            Self::One => 1.0,
            Self::SqrtAspectAboveOne => f64::max(1.0, fan_out / fan_in).sqrt(),
            Self::MatchRmsAdam => 0.2 * f64::max(fan_in, fan_out).sqrt(),
            Self::SqrtAspect => (fan_out / fan_in).sqrt(),
        }
    }
}

impl std::fmt::Display for ShapeFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::One => "1",
            Self::SqrtAspectAboveOne => "√max(1, out/in)",
            Self::MatchRmsAdam => "0.2·√max(out, in)",
            Self::SqrtAspect => "√(out/in)",
        })
    }
}

/// An optimizer as a plan knows it: which tensors it can train, and what its rate, decay and ε must follow.
///
/// The known ones are constants; another is [`OptimizerId::new`] and what differs.
///
/// ```
/// use mup_rules::{OptimizerId, Update};
/// let scion = OptimizerId::new("scion", Update::SPECTRAL).with_shape_factor(mup_rules::ShapeFactor::SqrtAspect);
/// assert_eq!(scion.to_string(), "scion");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OptimizerId {
    /// Name, as printed.
    pub name: Cow<'static, str>,
    /// How its update scales.
    pub update: Update,
    /// The factor that it applies itself.
    pub shape_factor: ShapeFactor,
    /// Where it adds λ·w.
    pub decay: DecayTerm,
    /// What its ε is compared with.
    pub epsilon: EpsilonTerm,
    /// Whether it trains nothing but hidden matrices.
    pub hidden_matrices_only: bool,
}

impl OptimizerId {
    /// Adam with decoupled weight decay.
    pub const ADAMW: Self = Self::new("adamw", Update::ENTRYWISE);
    /// Adam with coupled L2.
    pub const ADAM: Self = Self::new("adam", Update::ENTRYWISE).with_decay(DecayTerm::Gradient);
    /// RMSProp with coupled L2.
    pub const RMSPROP: Self = Self::new("rmsprop", Update::ENTRYWISE).with_decay(DecayTerm::Gradient);
    /// Adagrad with coupled L2.
    pub const ADAGRAD: Self = Self::new("adagrad", Update::ENTRYWISE).with_decay(DecayTerm::Gradient);
    /// Adan (arXiv:2208.06677).
    pub const ADAN: Self = Self::new("adan", Update::ENTRYWISE);
    /// Lion (arXiv:2302.06675).
    pub const LION: Self = Self::new("lion", Update::ENTRYWISE).with_epsilon(EpsilonTerm::None);
    /// SGD with or without momentum.
    pub const SGD: Self =
        Self::new("sgd", Update::PROPORTIONAL).with_decay(DecayTerm::Gradient).with_epsilon(EpsilonTerm::None);
    /// LAMB (arXiv:1904.00962).
    pub const LAMB: Self = Self::new("lamb", Update::PARAMETER_SCALED).with_decay(DecayTerm::Update);
    /// Adafactor (arXiv:1804.04235) without parameter scaling.
    pub const ADAFACTOR: Self = Self::new("adafactor", Update::ENTRYWISE).with_epsilon(EpsilonTerm::None);
    /// Adafactor with parameter scaling.
    pub const ADAFACTOR_SCALED: Self =
        Self::new("adafactor, parameter-scaled", Update::PARAMETER_SCALED).with_epsilon(EpsilonTerm::Weight);
    /// Muon as `torch.optim.Muon` has it by default.
    pub const MUON: Self = Self::new("muon", Update::SPECTRAL)
        .with_shape_factor(ShapeFactor::SqrtAspectAboveOne)
        .with_epsilon(EpsilonTerm::None)
        .on_hidden_matrices_only();
    /// Muon with updates of the size of AdamW's (`match_rms_adamw`; Moonlight, arXiv:2502.16982).
    pub const MUON_MATCH_RMS: Self = Self::new("muon, match rms", Update::SPECTRAL)
        .with_shape_factor(ShapeFactor::MatchRmsAdam)
        .with_epsilon(EpsilonTerm::None)
        .on_hidden_matrices_only();

    /// An optimizer with decoupled decay, an ε beside `√v`, and no factor of its own.
    #[must_use]
    pub const fn new(name: &'static str, update: Update) -> Self {
        Self {
            name: Cow::Borrowed(name),
            update,
            shape_factor: ShapeFactor::One,
            decay: DecayTerm::Step,
            epsilon: EpsilonTerm::Gradient,
            hidden_matrices_only: false,
        }
    }

    /// The same with another factor of its own.
    #[must_use]
    pub const fn with_shape_factor(mut self, factor: ShapeFactor) -> Self {
        self.shape_factor = factor;
        self
    }

    /// The same, adding λ·w elsewhere.
    #[must_use]
    pub const fn with_decay(mut self, decay: DecayTerm) -> Self {
        self.decay = decay;
        self
    }

    /// The same with another ε.
    #[must_use]
    pub const fn with_epsilon(mut self, epsilon: EpsilonTerm) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// The same, refusing whatever is no hidden matrix.
    #[must_use]
    pub const fn on_hidden_matrices_only(mut self) -> Self {
        self.hidden_matrices_only = true;
        self
    }
}

impl OptimizerId {
    /// A plan tells optimizers apart by name, and stores finite numbers only.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        let Update { weight, gradient, width } = self.update;
        let problem = if self.name.is_empty() {
            "it needs a name, by which the plan tells optimizers apart"
        } else if ![weight, gradient, width].into_iter().all(f64::is_finite) {
            "an exponent of its update is not a finite number; correct Update::new(weight, gradient, width)"
        } else {
            return Ok(());
        };
        Err(RuleError::BadOptimizer { name: self.name.to_string(), problem })
    }
}

impl std::fmt::Display for OptimizerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.name)
    }
}
