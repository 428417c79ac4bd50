//! What changes with the run: batch and horizon, for every tensor alike.

use serde::{Deserialize, Serialize};

use crate::{DecayTerm, OptimizerId, Power, Ratios, RuleError, Variable};

/// By how much of a training the steps may miss a whole number: one that is cut off within a step has hardly any left.
const UNEVEN: f64 = 0.1;

/// Batch and horizon of a training, in tokens (or samples).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Run {
    /// Tokens in a batch.
    pub batch: f64,
    /// Tokens in the whole training.
    pub tokens: f64,
}

impl Run {
    /// Tokens in a batch, and in the whole training; [`PlanBuilder::build`](crate::PlanBuilder::build) refuses what cannot
    /// be, such as the two exchanged.
    #[must_use]
    pub const fn new(batch: f64, tokens: f64) -> Self {
        Self { batch, tokens }
    }

    /// The ratios `m_B` and `m_D` of another run over this one.
    #[must_use]
    pub fn to(self, target: Self) -> Ratios {
        let ratios = Ratios::default().with(Variable::BATCH, target.batch / self.batch);
        ratios.with(Variable::TOKENS, target.tokens / self.tokens)
    }

    /// What is wrong with its numbers, and what instead.
    pub(crate) fn problem(self) -> Option<&'static str> {
        let Self { batch, tokens } = self;
        let steps = tokens / batch;
        if [batch, tokens].into_iter().any(|count| !(count.is_finite() && count > 0.0)) {
            Some("both are positive numbers")
        } else if batch > tokens {
            Some(
                "a batch is larger than the whole training; the batch comes first, Run::new(batch, tokens): were the two exchanged?",
            )
        } else if (steps - steps.round()).abs() > UNEVEN * steps {
            Some("tokens are those of all batches together, and here they are no whole number of batches, not nearly")
        } else {
            None
        }
    }
}

/// How rate, decay and ε follow batch and horizon, in `m_B` and `m_D`, stated for AdamW. Other optimizers follow:
/// ε's power is how gradients of the run scale, so SGD, whose update is the gradient, has `rate/ε` (the linear rule of
/// batches), and a coefficient beside the gradient, L2, has `rate·λ·ε/rate` (1 under Complete(d)P: L2 is part of the
/// loss).
///
/// Decay is given by its product with the rate, since a run law changes that product *on purpose*, where the
/// conventions of [`WeightDecay`](crate::WeightDecay) keep it: fed with the run's rate they would cancel the law.
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
}

impl RunLaw {
    /// A law by its three factors.
    #[must_use]
    pub fn new(name: impl Into<String>, rate: Power, rate_decay: Power, epsilon: Power) -> Self {
        Self { name: name.into(), rate, rate_decay, epsilon }
    }

    /// Rate and λ by √(m_B/m_D), ε by √(m_D/m_B).
    ///
    /// The batch part is exact in the limit of noise-dominated gradients (Malladi et al., arXiv:2205.10287), the
    /// horizon part empirical.
    ///
    /// # Reference
    ///
    /// Complete(d)P, arXiv:2512.22382, Table 1.
    #[must_use]
    pub fn complete_d() -> Self {
        let steps = |exponent| Power::of(Variable::TOKENS, exponent) * Power::of(Variable::BATCH, -exponent);
        Self::new("complete-d", steps(-0.5), steps(-1.0), steps(0.5))
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

/// A law with the runs that it connects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RunScaling {
    /// Where the hyperparameters were tuned.
    pub base: Run,
    /// What is trained.
    pub target: Run,
    /// The law.
    pub law: RunLaw,
}

impl RunScaling {
    /// Both runs can be, and the law is one of finite numbers.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        let RunLaw { name, rate, rate_decay, epsilon } = &self.law;
        if ![rate, rate_decay, epsilon].into_iter().all(Power::is_finite) {
            return Err(RuleError::BadExponent { parametrization: name.clone(), rule: "run law".to_owned() });
        }
        let runs = [("base", self.base), ("target", self.target)];
        let bad = runs.into_iter().find_map(|(whose, run)| Some((whose, run, run.problem()?)));
        bad.map_or(Ok(()), |(whose, Run { batch, tokens }, problem)| {
            Err(RuleError::BadRun { whose, batch, tokens, problem })
        })
    }
}

impl std::fmt::Display for RunScaling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ratios = self.base.to(self.target);
        let ratio = |variable| ratios.get(&variable).unwrap_or(f64::NAN);
        let printed = |power: &Power| {
            let value = power.value(&ratios).unwrap_or(f64::NAN);
            format!("{} = {power}", crate::factor::four_digits(value))
        };
        let RunLaw { name, rate, rate_decay, epsilon } = &self.law;
        write!(
            f,
            "run: batch × {}, tokens × {} · {name}: rate × {}, rate·λ × {}, ε × {}",
            crate::factor::four_digits(ratio(Variable::BATCH)),
            crate::factor::four_digits(ratio(Variable::TOKENS)),
            printed(rate),
            printed(rate_decay),
            printed(epsilon)
        )
    }
}
