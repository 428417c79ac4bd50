//! A distribution per role, and overrides by path: what the user decides about initialization.

use mup_rules::{DepthRule, Doubt, PlanRow, ScalingPlan};
use mup_shapes::{Axis, Kind, PathPattern, Place, Role, Stack};
use serde::{Deserialize, Serialize};

use crate::{Distribution, Draw, InitError, Nonlinearity, SpecProblem};

/// How the parameters of a model start, at base width.
///
/// Overrides apply in the order given: a later distribution wins over an earlier one, factors multiply.
/// They speak of trained parameters only; forward multipliers and logit scales are the plan's.
///
/// ```
/// use mup_init::InitSpec;
/// let n_layer = 12.0_f64;
/// let spec = InitSpec::gaussian(0.02)
///     .scale("blocks.*.attention.output.weight", 1.0 / (2.0 * n_layer).sqrt())
///     .scale("blocks.*.feed_forward.down.weight", 1.0 / (2.0 * n_layer).sqrt())
///     .zero_readout()
///     .zero_query(["**.query.weight"]);
/// # let _ = spec;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InitSpec {
    input: Distribution,
    /// If it is not said, what the plan's readout asks for.
    embedding: Option<Distribution>,
    hidden: Distribution,
    /// If it is not said, as hidden.
    inner: Option<Distribution>,
    output: Distribution,
    vector: Distribution,
    biases: Distribution,
    gains: Distribution,
    slopes: Distribution,
    scale_all: f64,
    overrides: Vec<Override>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Override {
    With { pattern: PathPattern, distribution: Distribution },
    Scale { pattern: PathPattern, factor: f64 },
    ZeroReadout,
}

impl Override {
    fn matches(&self, row: &PlanRow) -> bool {
        row.kind.is_trained()
            && match self {
                Self::With { pattern, .. } | Self::Scale { pattern, .. } => pattern.matches(&row.path),
                Self::ZeroReadout => row.kind == Kind::Weight && row.role == Role::Output,
            }
    }

    fn unused(&self, plan: &ScalingPlan) -> SpecProblem {
        let (knob, pattern) = match self {
            Self::With { pattern, distribution: Distribution::Zeros } => ("zero", pattern),
            Self::With { pattern, .. } => ("with", pattern),
            Self::Scale { pattern, .. } => ("scale", pattern),
            Self::ZeroReadout => {
                let open = plan.rows().iter().find(|row| row.doubts.contains(&Doubt::ReadoutOrInner));
                let undecided = |row: &PlanRow| SpecProblem::UndecidedReadout { path: row.path.clone() };
                return open.map_or(SpecProblem::NoReadout, undecided);
            }
        };
        let trained = plan.rows().iter().filter(|row| row.kind.is_trained());
        let paths: Vec<&str> = trained.map(|row| row.path.as_str()).collect();
        SpecProblem::MatchesNothing { knob, pattern: pattern.to_string(), paths: paths.join(", ") }
    }
}

impl Default for InitSpec {
    /// Variance 1/fan_in at base width for weights, 1 for embeddings (0.02² in a model with a tied readout), 0.02² for
    /// vectors; biases 0, gains 1, slopes 0.25.
    fn default() -> Self {
        let lecun = Distribution::kaiming_normal(Nonlinearity::Linear);
        Self {
            input: lecun,
            embedding: None,
            hidden: lecun,
            inner: None,
            output: lecun,
            vector: Distribution::Normal { std: 0.02 },
            biases: Distribution::Zeros,
            gains: Distribution::Ones,
            slopes: Distribution::Constant { value: 0.25 },
            scale_all: 1.0,
            overrides: Vec::new(),
        }
    }
}

impl InitSpec {
    /// [`InitSpec::default`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every weight, embedding and vector from a Gaussian of one standard deviation at base width, as GPT-2
    /// (`std = 0.02`).
    #[must_use]
    pub fn gaussian(std: f64) -> Self {
        Self::default().weights(Distribution::Normal { std }).vector(Distribution::Normal { std })
    }

    /// Input, embedding, hidden, inner and output weights.
    #[must_use]
    pub fn weights(self, distribution: Distribution) -> Self {
        self.input(distribution).embedding(distribution).hidden(distribution).inner(distribution).output(distribution)
    }

    /// Weights from a finite to an infinite dimension, and those between finite dimensions.
    #[must_use]
    pub fn input(mut self, distribution: Distribution) -> Self {
        self.input = distribution;
        self
    }

    /// Weights of layers called `Embedding`, which pick a row and sum over nothing.
    ///
    /// Unless said otherwise of variance 1, or 0.02² as in GPT-2 when the plan has a readout tied to one: the logits
    /// of a tied readout are sums over the width of the base model, and start at √d_model times this.
    #[must_use]
    pub fn embedding(mut self, distribution: Distribution) -> Self {
        self.embedding = Some(distribution);
        self
    }

    /// Weights between infinite dimensions.
    #[must_use]
    pub fn hidden(mut self, distribution: Distribution) -> Self {
        self.hidden = distribution;
        self
    }

    /// Weights from an infinite to a finite dimension inside the model, such as keys and values of a fixed number of
    /// heads; as [`hidden`](Self::hidden) unless said otherwise.
    #[must_use]
    pub fn inner(mut self, distribution: Distribution) -> Self {
        self.inner = Some(distribution);
        self
    }

    /// Weights from an infinite to a finite dimension that is the model's output.
    #[must_use]
    pub fn output(mut self, distribution: Distribution) -> Self {
        self.output = distribution;
        self
    }

    /// Weights without a fan-in, such as the biases u, v of relative attention.
    #[must_use]
    pub fn vector(mut self, distribution: Distribution) -> Self {
        self.vector = distribution;
        self
    }

    /// Biases; 0 unless said otherwise.
    #[must_use]
    pub fn biases(mut self, distribution: Distribution) -> Self {
        self.biases = distribution;
        self
    }

    /// Gains of normalization layers; 1 unless said otherwise.
    #[must_use]
    pub fn gains(mut self, distribution: Distribution) -> Self {
        self.gains = distribution;
        self
    }

    /// Slopes of learnable activations; 0.25 unless said otherwise, as in PyTorch and Burn.
    #[must_use]
    pub fn slopes(mut self, distribution: Distribution) -> Self {
        self.slopes = distribution;
        self
    }

    /// One factor on everything drawn at random, constants such as gains left alone: "initialization scale
    /// (all parameters)" of the GPT-3 experiment (TP-V App. F.4). Times an earlier one.
    #[must_use]
    pub fn scale_all(mut self, factor: f64) -> Self {
        self.scale_all *= factor;
        self
    }

    /// The parameters at the paths that match get this distribution, still times the plan's factor.
    #[must_use]
    pub fn with(mut self, pattern: impl Into<PathPattern>, distribution: Distribution) -> Self {
        self.overrides.push(Override::With { pattern: pattern.into(), distribution });
        self
    }

    /// The parameters at the paths that match start at zero.
    #[must_use]
    pub fn zero(self, pattern: impl Into<PathPattern>) -> Self {
        self.with(pattern, Distribution::Zeros)
    }

    /// The parameters at the paths that match are multiplied by `factor`.
    #[must_use]
    pub fn scale(mut self, pattern: impl Into<PathPattern>, factor: f64) -> Self {
        self.overrides.push(Override::Scale { pattern: pattern.into(), factor });
        self
    }

    /// Every readout starts at zero, which removes the finite-width Gaussian process (TP-V D.2). Inner weights, such
    /// as keys and values of a fixed number of heads, are drawn, and so are those of which the plan cannot tell.
    #[must_use]
    pub fn zero_readout(mut self) -> Self {
        self.overrides.push(Override::ZeroReadout);
        self
    }

    /// Query projections start at zero, so that attention starts uniform at every width (TP-V D.2).
    #[must_use]
    pub fn zero_query<P: Into<PathPattern>>(self, patterns: impl IntoIterator<Item = P>) -> Self {
        patterns.into_iter().fold(self, |spec, pattern| spec.zero(pattern))
    }

    /// What is drawn for each row of the plan, in its order.
    ///
    /// # Errors
    ///
    /// [`InitError::Spec`] with every problem: an override that matches nothing, numbers that make no sense,
    /// a distribution that a parameter cannot have.
    pub fn draws(&self, plan: &ScalingPlan) -> Result<Vec<Draw>, InitError> {
        let mut problems = self.factor_problems();
        for knob in &self.overrides {
            if !plan.rows().iter().any(|row| knob.matches(row)) {
                problems.push(knob.unused(plan));
            }
        }
        problems.extend(self.overrides.iter().filter_map(|knob| own_depth(knob, plan)));
        let mut draws = Vec::with_capacity(plan.rows().len());
        let embedding = self.embedding.unwrap_or(if has_tied_readout(plan) { TIED } else { UNTIED });
        for row in plan.rows() {
            match self.draw(row, embedding) {
                Ok(draw) => draws.push(draw),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(draws) } else { Err(InitError::Spec(problems)) }
    }

    fn factor_problems(&self) -> Vec<SpecProblem> {
        let scales = self.overrides.iter().filter_map(|knob| match knob {
            Override::Scale { pattern, factor } => Some((format!("scale `{pattern}`"), *factor)),
            _ => None,
        });
        let all = std::iter::once(("scale_all".to_owned(), self.scale_all)).chain(scales);
        let wrong = all.filter(|(_, factor)| !factor.is_finite() || *factor < 0.0);
        wrong.map(|(knob, factor)| SpecProblem::Factor { knob, factor }).collect()
    }

    fn draw(&self, row: &PlanRow, embedding: Distribution) -> Result<Draw, SpecProblem> {
        let draw = if row.kind.is_trained() {
            let (distribution, factor) = self.chosen(row, embedding);
            check(row, distribution)?;
            distribution.at_base(row.base_fan_in, row.base_fan_out).times(row.init_std.value * factor)
        } else {
            Draw::Constant { value: row.multiplier.value }
        };
        let largest = draw.largest();
        if largest.is_nan() || largest > f64::from(f32::MAX) {
            return Err(SpecProblem::TooLarge { path: row.path.clone(), largest });
        }
        Ok(draw)
    }

    fn chosen(&self, row: &PlanRow, embedding: Distribution) -> (Distribution, f64) {
        let (mut distribution, mut factor) = (self.by_role(row, embedding), 1.0);
        for knob in self.overrides.iter().filter(|knob| knob.matches(row)) {
            match knob {
                Override::With { distribution: other, .. } => distribution = *other,
                Override::Scale { factor: other, .. } => factor *= other,
                Override::ZeroReadout => distribution = Distribution::Zeros,
            }
        }
        (distribution, if distribution.is_random() { factor * self.scale_all } else { factor })
    }

    fn by_role(&self, row: &PlanRow, embedding: Distribution) -> Distribution {
        match (row.kind, row.role) {
            (Kind::Bias, _) => self.biases,
            (Kind::Gain, _) => self.gains,
            (Kind::Slope, _) => self.slopes,
            (_, Role::Hidden) => self.hidden,
            (_, Role::Inner) => self.inner.unwrap_or(self.hidden),
            (_, Role::Output) => self.output,
            _ if !has_fan_in(row) => self.vector,
            _ if row.layer == "Embedding" => embedding,
            _ => self.input,
        }
    }
}

/// Embeddings unless said otherwise.
const UNTIED: Distribution = Distribution::Normal { std: 1.0 };
const TIED: Distribution = Distribution::Normal { std: 0.02 };

/// A readout's multiplier without a weight beside it multiplies an embedding.
fn has_tied_readout(plan: &ScalingPlan) -> bool {
    let owner = |row: &PlanRow| row.path.rsplit_once('.').map(|(owner, _)| owner.to_owned());
    let multipliers = plan.rows().iter().filter(|row| row.kind == Kind::Multiplier && row.role == Role::Output);
    let mut owners = multipliers.map(owner);
    owners.any(|owner_of| !plan.rows().iter().any(|row| row.kind == Kind::Weight && owner(row) == owner_of))
}

/// GPT-2's 1/√(2·n_layer), computed from a target whose depth the plan scales from the base's. Two residual additions a layer.
fn own_depth(knob: &Override, plan: &ScalingPlan) -> Option<SpecProblem> {
    let Override::Scale { pattern, factor } = knob else { return None };
    let scaled = plan.parametrization().depth == DepthRule::Scaled;
    let closing = plan.rows().iter().any(|row| row.place == Some(Place::Closing) && knob.matches(row));
    let own =
        |stream: &&Stack| stream.base != stream.target && (factor * (stream.target as f64).sqrt() - 1.0).abs() < 1e-6;
    let Stack { base, target, .. } = plan.streams().iter().filter(|_| scaled && closing).find(own)?;
    Some(SpecProblem::OwnDepth { pattern: pattern.to_string(), factor: *factor, base: *base, target: *target })
}

fn has_fan_in(row: &PlanRow) -> bool {
    row.axes.as_slice().contains(&Axis::In)
}

fn check(row: &PlanRow, distribution: Distribution) -> Result<(), SpecProblem> {
    let path = row.path.clone();
    let name = format!("{distribution:?}");
    if let Some(problem) = distribution.invalid() {
        return Err(SpecProblem::Value { path, distribution: name, problem });
    }
    if distribution.needs_fans() && !has_fan_in(row) {
        return Err(SpecProblem::NoFanIn { path, axes: row.axes.to_string(), distribution: name });
    }
    if matches!(row.role, Role::Hidden | Role::Inner) && !distribution.has_zero_mean() {
        return Err(SpecProblem::NonZeroMean { path, distribution: name });
    }
    Ok(())
}
