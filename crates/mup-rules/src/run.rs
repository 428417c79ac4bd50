//! What changes with the run: batch and horizon, for every tensor alike.

use serde::{Deserialize, Serialize};

use crate::factor::four_digits;
use crate::{DecayTerm, EpsilonTerm, OptimizerId, Power, Ratios, RuleError, RunLaw, Variable};

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
    /// Numbers that its model trains, for a law that follows m_N; unsaid they are the plan's base's, or target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<f64>,
}

/// `65536 in a batch, 2000000000 in all`.
impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in a batch, {} in all", self.batch, self.tokens)
    }
}

impl Run {
    /// Tokens in a batch, and in the whole training; [`PlanBuilder::build`](crate::PlanBuilder::build) refuses what cannot
    /// be, such as the two exchanged.
    #[must_use]
    pub const fn new(batch: f64, tokens: f64) -> Self {
        Self { batch, tokens, parameters: None }
    }

    /// With the numbers that its model trains, where that is not the base's: of a proxy that is larger than the base.
    #[must_use]
    pub const fn with_parameters(self, parameters: f64) -> Self {
        Self { parameters: Some(parameters), ..self }
    }

    /// Batches in the whole training.
    #[must_use]
    pub fn steps(&self) -> f64 {
        self.tokens / self.batch
    }

    /// Whether another run has this batch and these tokens.
    #[must_use]
    pub fn is_as_long_as(&self, other: &Self) -> bool {
        [self.batch, self.tokens].map(f64::to_bits) == [other.batch, other.tokens].map(f64::to_bits)
    }

    /// The ratios `m_B` and `m_D` of another run over this one.
    #[must_use]
    pub fn to(self, target: Self) -> Ratios {
        let ratios = Ratios::default().with(Variable::BATCH, target.batch / self.batch);
        ratios.with(Variable::TOKENS, target.tokens / self.tokens)
    }

    /// What is wrong with its numbers, and what instead.
    pub(crate) fn problem(self) -> Option<&'static str> {
        let Self { batch, tokens, .. } = self;
        let steps = self.steps();
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
    /// `m_N` of the target's model over the base run's, where the law follows it; the plan counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<f64>,
}

impl RunScaling {
    pub(crate) fn new(base: Run, target: Run, law: RunLaw) -> Self {
        Self { base, target, law, parameters: None }
    }

    /// `m_B`, `m_D` and, where the law follows it, `m_N`.
    #[must_use]
    pub fn ratios(&self) -> Ratios {
        let ratios = self.base.to(self.target);
        match self.parameters {
            Some(parameters) => ratios.with(Variable::PARAMETERS, parameters),
            None => ratios,
        }
    }

    /// Whether batch or tokens are others than the base's.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.base.is_as_long_as(&self.target)
    }

    /// A power of the law's in these runs.
    fn value(&self, power: &Power) -> f64 {
        power.value(&self.ratios()).unwrap_or(f64::NAN)
    }

    /// The exponent of β: an average forgets over the same part of the data, or of the run, as at the base.
    #[must_use]
    pub fn beta_exponent(&self) -> f64 {
        self.value(&self.law.beta)
    }

    /// Whether the runs count batches of the base's and not tokens, which a base of one in a batch does.
    #[must_use]
    pub fn counts_batches(&self) -> bool {
        self.base.batch.to_bits() == 1.0_f64.to_bits()
    }

    /// Steps of the base and of the target, as far as tokens and batch say.
    fn steps(&self) -> [f64; 2] {
        [self.base, self.target].map(|run| run.steps().round())
    }

    /// The ratios in words: `batch × 8, tokens × 30`.
    #[must_use]
    pub fn growth(&self) -> String {
        let (ratios, mut said) = (self.ratios(), vec![("batch", Variable::BATCH), ("tokens", Variable::TOKENS)]);
        said.extend(self.parameters.map(|_| ("parameters", Variable::PARAMETERS)));
        let ratio = |variable: &Variable| four_digits(ratios.get(variable).unwrap_or(f64::NAN));
        said.iter().map(|(name, variable)| format!("{name} × {}", ratio(variable))).collect::<Vec<_>>().join(", ")
    }

    /// What the law does to each setting of an optimizer in the run, as printed: `rate × 0.5 = √m_B/√m_D`.
    #[must_use]
    pub fn applied(&self, optimizer: &OptimizerId) -> Vec<String> {
        let (law, rate, decay) = (&self.law, self.law.rate_of(optimizer), self.law.decay_of(optimizer));
        let printed = |power: &Power| match power.is_one() {
            true => "1".to_owned(),
            false => format!("{} = {power}", four_digits(self.value(power))),
        };
        let decay = match optimizer.decay {
            DecayTerm::Step | DecayTerm::Update => Some(("rate·λ", &rate * &decay)),
            DecayTerm::Gradient => Some(("λ", decay)),
            DecayTerm::None => None,
        };
        let epsilon = (optimizer.epsilon == EpsilonTerm::Gradient).then(|| ("ε", law.epsilon.clone()));
        let factors = [Some(("rate", rate)), decay, epsilon].into_iter().flatten();
        let factors = factors.map(|(name, power)| format!("{name} × {}", printed(&power)));
        let kept = law.beta.is_one();
        let beta = if kept { "β kept".to_owned() } else { format!("β to the power {}", printed(&law.beta)) };
        factors.chain([beta]).collect()
    }

    /// The same of every optimizer of a plan, a line each, with its name where there are several.
    #[must_use]
    pub fn applied_to(&self, optimizers: &[OptimizerId]) -> Vec<String> {
        let line = |optimizer: &OptimizerId| match optimizers.len() {
            1 => self.applied(optimizer).join(" · "),
            _ => format!("{optimizer}: {}", self.applied(optimizer).join(" · ")),
        };
        optimizers.iter().map(line).collect()
    }

    /// The ratios, what the law makes of them for some optimizers, and what that rests on.
    pub(crate) fn lines(&self, optimizers: &[OptimizerId]) -> Vec<String> {
        let [from, to] = self.steps();
        let head = format!("run: {}, {from} steps → {to} · {}", self.growth(), self.law.name);
        if self.law.is_none() {
            return vec![head + ": nothing follows"];
        }
        let below = self.applied_to(optimizers).into_iter().chain(self.canceled()).chain(self.law.grounds());
        std::iter::once(head).chain(below.map(|line| format!("  {line}"))).collect()
    }

    /// That a run which changes keeps every setting, where batch and tokens cancel in the law.
    #[must_use]
    pub fn canceled(&self) -> Option<String> {
        let law = &self.law;
        let powers = [&law.rate, &law.rate_decay, &law.epsilon, &law.beta];
        let kept = powers.into_iter().all(|power| (self.value(power) - 1.0).abs() < 1e-12);
        (self.changes() && !law.is_none() && kept)
            .then(|| "batch and tokens cancel: in as many steps as the base's this law keeps every setting".to_owned())
    }

    /// Both runs can be, and the law is one of finite numbers.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        self.law.check()?;
        let runs = [("base", self.base), ("target", self.target)];
        let bad = runs.into_iter().find_map(|(whose, run)| Some((whose, run, run.problem()?)));
        bad.map_or(Ok(()), |(whose, Run { batch, tokens, .. }, problem)| {
            Err(RuleError::BadRun { whose, batch, tokens, problem })
        })
    }

    /// That the run changes and nothing follows it, or only a part, with the remedy.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let (Run { batch, tokens, .. }, law) = (self.base, &self.law.name);
        let unfollowed = [
            ("batch", batch, self.target.batch, Variable::BATCH),
            ("tokens", tokens, self.target.tokens, Variable::TOKENS),
        ];
        let unfollowed = unfollowed
            .into_iter()
            .filter(|(_, base, target, variable)| base.to_bits() != target.to_bits() && !self.law.follows(variable));
        let unfollowed: Vec<&str> = unfollowed.map(|(name, ..)| name).collect();
        let what = match unfollowed[..] {
            [] => return None,
            _ if self.law.is_none() => "scales nothing by it: rate, decay, ε and β stay".to_owned(),
            _ => format!("does not follow the {}: for it rate, decay, ε and β stay", unfollowed.join(" and the ")),
        };
        Some(format!(
            "the run changes from {} to {} ({}), and the law `{law}` {what} the base's while their optima move; the law \
             complete-d follows batch and tokens: --run-law complete-d, RunLaw::complete_d()",
            self.base,
            self.target,
            if self.counts_batches() { "batches of the base's" } else { "tokens" }
        ))
    }
}

/// The ratios, what the law makes of them for AdamW, and what that rests on.
impl std::fmt::Display for RunScaling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines(&[OptimizerId::ADAMW]).join("\n"))
    }
}
