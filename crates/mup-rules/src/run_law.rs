//! How rate, decay, ε and β follow the run: laws as data, and the presets.

use serde::{Deserialize, Serialize};

use crate::preset_name::{meant, plain};
use crate::{Column, DecayTerm, OptimizerId, Power, RuleError, Variable};

/// How rate, decay, ε and β follow batch and horizon, in `m_B`, `m_D` and `m_N`, stated for AdamW. Other optimizers follow:
/// ε's power is how gradients of the run scale, so SGD, whose update is the gradient, has `rate/ε` (the linear rule of
/// batches), and a coefficient beside the gradient, L2, has `rate·λ·ε/rate` (1 under Complete(d)P: L2 is part of the
/// loss).
///
/// Decay is given by its product with the rate, since a run law changes that product *on purpose*, where the
/// conventions of [`WeightDecay`](crate::WeightDecay) keep it: fed with the run's rate they would cancel the law.
///
/// A law of your own is four powers:
///
/// ```
/// use mup_rules::{Power, RunLaw, Variable};
/// let power = |batch, tokens| Power::of(Variable::BATCH, batch) * Power::of(Variable::TOKENS, tokens);
/// let ours = RunLaw::new("ours", power(0.5, -0.3), power(1.0, -1.0), power(-0.5, 0.5)).with_beta(power(1.0, 0.0));
/// assert_eq!(ours.beta.to_string(), "m_B");
/// assert_eq!("complete_d()".parse(), Ok(RunLaw::complete_d()));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RunLaw {
    /// Name, as printed.
    pub name: String,
    /// Factor on the rate.
    pub rate: Power,
    /// Factor on rate·λ.
    pub rate_decay: Power,
    /// Factor on ε.
    pub epsilon: Power,
    /// Exponent of β₁, β₂ and their kin: β ← β^power keeps the half-life of an average as a part of the data (`m_B`) or of
    /// the run (`m_B/m_D`). In (0, 1) whatever the batch, where 1 − (1 − β)·m is not.
    #[serde(default, skip_serializing_if = "Power::is_one")]
    pub beta: Power,
    /// Which of its powers are derived, and by whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub derived: String,
    /// Which were seen in experiments alone, and whose.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub empirical: String,
}

/// The limit in which the powers of m_B are exact.
const NOISE: &str = "powers of m_B, for gradients that are mostly noise (Malladi et al., arXiv:2205.10287)";

/// How the optimal rate falls with the horizon (Bjorck et al., arXiv:2409.19913).
const BJORCK: f64 = 0.32;

/// How the optimal part of the run that AdamW averages its weights over falls with tokens per parameter (Power Lines,
/// arXiv:2505.13738, fit of eq. 4).
const POWER_LINES: f64 = 0.527;

impl RunLaw {
    /// Names of the presets, as [`RunLaw::named`] takes them.
    pub const NAMES: &[&str] = &["none", "complete-d", "bjorck", "power-lines"];

    /// A law by its three factors; β is kept.
    #[must_use]
    pub fn new(name: impl Into<String>, rate: Power, rate_decay: Power, epsilon: Power) -> Self {
        let (derived, empirical) = (String::new(), String::new());
        Self { name: name.into(), rate, rate_decay, epsilon, beta: Power::ONE, derived, empirical }
    }

    /// The same law with an exponent of β.
    #[must_use]
    pub fn with_beta(mut self, exponent: Power) -> Self {
        self.beta = exponent;
        self
    }

    /// The same law with what it rests on: which powers are derived, and which were seen in experiments alone.
    #[must_use]
    pub fn with_grounds(mut self, derived: impl Into<String>, empirical: impl Into<String>) -> Self {
        (self.derived, self.empirical) = (derived.into(), empirical.into());
        self
    }

    /// Nothing follows the run; a plan whose run changes warns of it.
    #[must_use]
    pub fn none() -> Self {
        Self::new("none", Power::ONE, Power::ONE, Power::ONE)
    }

    /// Rate and λ by √(m_B/m_D), ε by √(m_D/m_B), β to the power m_B/m_D: all depends on the number of steps alone.
    ///
    /// The batch part is exact in the limit of noise-dominated gradients (Malladi et al., arXiv:2205.10287), the
    /// horizon part empirical. The source has 1 − β ∝ m_B/m_D, which the half-life form equals to first order in 1 − β.
    ///
    /// # Reference
    ///
    /// Complete(d)P, arXiv:2512.22382, Table 1.
    #[must_use]
    pub fn complete_d() -> Self {
        let steps = |exponent: f64| power(-exponent, exponent);
        let law = Self::new("complete-d", steps(-0.5), steps(-1.0), steps(0.5)).with_beta(steps(-1.0));
        law.with_grounds(NOISE, "powers of m_D (Complete(d)P, arXiv:2512.22382, Table 1)")
    }

    /// The derived part of [`complete_d`](Self::complete_d) in the batch, with the horizon's part as seen: the rate falls
    /// like m_D^−0.32, rate·λ like 1/m_D; ε is kept over the horizon, and β by tokens.
    ///
    /// # Reference
    ///
    /// Bjorck et al., arXiv:2409.19913 (the rate's exponent; under µP too); Wang & Aitchison, arXiv:2405.13698 (rate·λ).
    #[must_use]
    pub fn bjorck() -> Self {
        let law = Self::new("bjorck", power(0.5, -BJORCK), power(1.0, -1.0), power(-0.5, 0.0));
        let empirical = "powers of m_D: the rate's (Bjorck et al., arXiv:2409.19913), rate·λ's (Wang & Aitchison, arXiv:2405.13698)";
        law.with_beta(power(1.0, 0.0)).with_grounds(NOISE, empirical)
    }

    /// Decay alone: rate·λ = B/(D·τ) with the optimal τ ∝ (D/N)^−0.527. The rate is µP's, ε and β are kept.
    ///
    /// # Reference
    ///
    /// Power Lines, arXiv:2505.13738, eqs. 2 to 4: the optimal λ is linear in the batch at one rate.
    #[must_use]
    pub fn power_lines() -> Self {
        let per_parameter = Power::of(Variable::TOKENS, POWER_LINES) * Power::of(Variable::PARAMETERS, -POWER_LINES);
        let law = Self::new("power-lines", Power::ONE, power(1.0, -1.0) * per_parameter, Power::ONE);
        law.with_grounds("", "all powers (Power Lines, arXiv:2505.13738, eqs. 2 to 4)")
    }

    /// A preset by name, as a command line or code writes it.
    ///
    /// # Errors
    ///
    /// [`RuleError::UnknownRunLaw`] with the name that was probably meant, and those that exist.
    pub fn named(name: &str) -> Result<Self, RuleError> {
        match plain(name).as_str() {
            "none" => Ok(Self::none()),
            "complete-d" => Ok(Self::complete_d()),
            "bjorck" => Ok(Self::bjorck()),
            "power-lines" => Ok(Self::power_lines()),
            _ => {
                let (name, meant) = (name.to_owned(), meant(name, Self::NAMES));
                Err(RuleError::UnknownRunLaw { name, meant, known: Self::NAMES.join(", ") })
            }
        }
    }

    /// Whether nothing follows the run.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.powers().into_iter().all(Power::is_one)
    }

    fn powers(&self) -> [&Power; 4] {
        [&self.rate, &self.rate_decay, &self.epsilon, &self.beta]
    }

    /// Whether any of its powers follows a variable.
    #[must_use]
    pub fn follows(&self, variable: &Variable) -> bool {
        self.powers().into_iter().any(|power| power.exponent(variable) != 0.0)
    }

    /// Of finite numbers, in what a run has.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        if !self.powers().into_iter().all(Power::is_finite) {
            return Err(RuleError::BadExponent { parametrization: self.name.clone(), rule: "run law".to_owned() });
        }
        let known = [Variable::BATCH, Variable::TOKENS, Variable::PARAMETERS];
        let foreign = self.powers().into_iter().flat_map(Power::variables).find(|variable| !known.contains(variable));
        foreign.map_or(Ok(()), |variable| {
            Err(RuleError::ForeignVariable { law: self.name.clone(), variable: variable.to_string() })
        })
    }

    /// What it rests on, a line each.
    pub fn grounds(&self) -> impl Iterator<Item = String> {
        let lines = [("derived", &self.derived), ("empirical", &self.empirical)];
        lines.into_iter().filter(|(_, what)| !what.is_empty()).map(|(kind, what)| format!("{kind}: {what}"))
    }

    /// Factor on a number of a plan for AdamW.
    pub(crate) fn on(&self, column: Column) -> Option<Power> {
        match column {
            Column::LearningRate => Some(self.rate.clone()),
            Column::WeightDecay => Some(&self.rate_decay / &self.rate),
            Column::Epsilon => Some(self.epsilon.clone()),
            Column::Multiplier | Column::InitStd => None,
        }
    }

    /// Factor on the rate of an optimizer.
    pub(crate) fn rate_of(&self, optimizer: &OptimizerId) -> Power {
        &self.rate * &self.epsilon.pow(optimizer.update.gradient)
    }

    /// Factor on the λ of an optimizer.
    pub(crate) fn decay_of(&self, optimizer: &OptimizerId) -> Power {
        match optimizer.decay {
            DecayTerm::Step | DecayTerm::Update => &self.rate_decay / &self.rate_of(optimizer),
            DecayTerm::None => Power::ONE,
            DecayTerm::Gradient => &(&self.rate_decay * &self.epsilon) / &self.rate,
        }
    }
}

impl std::str::FromStr for RunLaw {
    type Err = RuleError;

    fn from_str(name: &str) -> Result<Self, RuleError> {
        Self::named(name)
    }
}

/// `m_B^batch · m_D^tokens`.
fn power(batch: f64, tokens: f64) -> Power {
    Power::of(Variable::BATCH, batch) * Power::of(Variable::TOKENS, tokens)
}
