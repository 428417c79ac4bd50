//! Depth: what a parametrization does about the number of blocks, and the rules of it.

use mup_shapes::{InfShape, InfShapes, Kind, PathPattern, Place, Role, Stack};
use serde::{Deserialize, Serialize};

use crate::{Amended, Amendment, Form, Parametrization, Power, Rule, RuleError, Variable};

/// What a parametrization does about a target with another number of residual blocks than the base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DepthRule {
    /// Such a target is an error: rules of width say nothing of it.
    #[default]
    Refused,
    /// It is planned as if it had the base's number, with a warning: the negative control.
    Ignored,
    /// Amendments in [`Variable::DEPTH`] by [`Place`] scale it; every tensor of a block needs a place.
    Scaled,
}

impl DepthRule {
    pub(crate) fn is_refused(&self) -> bool {
        *self == Self::Refused
    }
}

impl std::fmt::Display for DepthRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Refused => "refused",
            Self::Ignored => "ignored",
            Self::Scaled => "scaled",
        })
    }
}

/// Why the rules of depth are there, as printed.
const REASONS: [&str; 3] = ["inside a branch", "closes a branch, multiplier form", "closes a branch, plain form"];

impl Parametrization {
    /// The same parametrization with rules of depth: branches are multiplied by `m_L^−α`, α between ½ and 1.
    /// Replaces all that was amended in m_L before.
    ///
    /// | place, form of the branch | A | init std | rate, Adam | gradient, and so ε |
    /// |---|---|---|---|---|
    /// | outside | 1 | 1 | 1 | 1 |
    /// | inside | 1 | 1 | m_L^(α−1) | m_L^−α |
    /// | closing, multiplier | m_L^−α | 1 | m_L^(α−1) | m_L^−α |
    /// | closing, plain | 1 | m_L^−α | 1/m_L | 1 |
    ///
    /// The plain form is the multiplier form shifted by m_L^α ([`Rule::shifted`](crate::Rule::shifted)): the same function at
    /// every step, of a module that knows nothing of it. In both, a constant that a norm starts with is multiplied as a
    /// standard deviation is. Everything else (other optimizers, λ, ε) follows from these columns.
    ///
    /// # Reference
    ///
    /// Tensor Programs VI, arXiv:2310.02244, Table 1 (α = ½) and Claims 7.1 to 7.3 (α + γ = 1 with rates ∝ m_L^−γ);
    /// CompleteP, arXiv:2505.01618, Table 1. The plain form and what follows it: derived, held by `tests/depth.rs`.
    #[must_use]
    pub fn with_depth(mut self, alpha: f64) -> Self {
        self.amendments.retain(|amendment| amendment.power.variables().all(|variable| *variable != Variable::DEPTH));
        let [inside, multiplied, plain] = REASONS;
        let rules = [
            (Place::Inside, None, Amended::Adam, alpha - 1.0, inside),
            (Place::Inside, None, Amended::Gradient, -alpha, inside),
            (Place::Closing, Some(Form::Multiplier), Amended::Multiplier, -alpha, multiplied),
            (Place::Closing, Some(Form::Multiplier), Amended::Adam, alpha - 1.0, multiplied),
            (Place::Closing, Some(Form::Multiplier), Amended::Gradient, -alpha, multiplied),
            (Place::Closing, Some(Form::Plain), Amended::InitStd, -alpha, plain),
            (Place::Closing, Some(Form::Plain), Amended::Adam, -1.0, plain),
        ];
        for (place, branch, quantity, exponent, reason) in rules {
            let power = Power::of(Variable::DEPTH, exponent);
            if power != Power::ONE {
                self.amendments.push(Amendment { branch, ..Amendment::new(place, quantity, power, reason) });
            }
        }
        self.with_depth_rule(DepthRule::Scaled)
    }

    /// What depth multiplies the columns of a place by.
    pub(crate) fn rule_of_depth(&self, place: Place, branch: Form) -> Rule {
        let speaks = |amendment: &&Amendment| {
            amendment.tensors == place.into() && amendment.branch.is_none_or(|form| form == branch)
        };
        let mut rule = Rule::constant(Role::Hidden, branch);
        for amendment in self.amendments.iter().filter(speaks) {
            let column = match amendment.quantity {
                Amended::Multiplier => &mut rule.multiplier,
                Amended::InitStd => &mut rule.init_std,
                Amended::Adam => &mut rule.adam,
                Amended::Gradient => &mut rule.gradient,
                Amended::WeightDecay | Amended::Epsilon => continue,
            };
            *column = &*column * &amendment.power;
        }
        rule
    }

    /// α of its rules of depth: branches are multiplied by `m_L^−α`; none where depth is not scaled.
    ///
    /// What [`with_depth`](Self::with_depth) was given, as its rules say inside of branches, so that it depends on no start
    /// that is judged by it: neither an amendment of another reason nor a wish changes it. A table with other rules of depth
    /// than those has α = 1, the rate inside that does not follow depth.
    #[must_use]
    pub fn alpha(&self) -> Option<f64> {
        (self.depth == DepthRule::Scaled).then(|| self.alpha_inside())
    }

    /// From the rate inside, m_L^(α−1), which is not written down at α = 1; then from the gradient, m_L^−α.
    fn alpha_inside(&self) -> f64 {
        let exponent = |quantity| {
            let inside = |amendment: &&Amendment| amendment.reason == REASONS[0] && amendment.quantity == quantity;
            self.amendments.iter().find(inside).map(|amendment| amendment.power.exponent(&Variable::DEPTH))
        };
        match (exponent(Amended::Adam), exponent(Amended::Gradient)) {
            (Some(rate), _) => 1.0 + rate,
            (None, Some(gradient)) => -gradient,
            (None, None) => 1.0,
        }
    }

    /// α of the rules of depth lies between ½ and 1.
    pub(crate) fn check_alpha(&self) -> Result<(), RuleError> {
        let alpha = self.alpha_inside();
        if (0.5..=1.0).contains(&alpha) {
            return Ok(());
        }
        Err(RuleError::BadAlpha { parametrization: self.name.clone(), alpha })
    }

    /// The same parametrization, refusing, ignoring or scaling another number of blocks.
    #[must_use]
    pub fn with_depth_rule(mut self, rule: DepthRule) -> Self {
        self.depth = rule;
        self
    }
}

/// The stream of a tensor, if the plan speaks of it.
pub(crate) fn said(shape: &InfShape, rule: DepthRule) -> Option<&Stack> {
    shape.stack.as_ref().filter(|stack| is_said(stack, rule))
}

fn is_said(stack: &Stack, rule: DepthRule) -> bool {
    rule == DepthRule::Scaled || stack.base != stack.target
}

/// What a plan knows of depth: the streams of a model, and which branches a layer multiplies.
pub(crate) struct Depth<'a> {
    streams: Vec<&'a Stack>,
    /// Paths of the modules that multiply the branches below them.
    factors: Vec<&'a str>,
}

impl<'a> Depth<'a> {
    pub(crate) fn of(shapes: &'a InfShapes) -> Self {
        let mut streams: Vec<&Stack> = Vec::new();
        for stack in shapes.iter().filter_map(|shape| shape.stack.as_ref()) {
            if !streams.contains(&stack) {
                streams.push(stack);
            }
        }
        let factors = shapes.iter().filter(|shape| shape.kind == Kind::BranchFactor);
        let owner = |shape: &'a InfShape| shape.path.rsplit_once('.').map_or("", |(owner, _)| owner);
        Self { streams, factors: factors.map(owner).collect() }
    }

    /// m_L of a tensor under rules of depth: of its own stream, or, outside of branches, of all if they grow alike; 1 where
    /// depth is ignored.
    pub(crate) fn mult(&self, shape: &InfShape, rule: DepthRule) -> Option<f64> {
        match (&shape.stack, &self.streams[..]) {
            (None, []) => (rule == DepthRule::Scaled).then_some(1.0),
            _ if rule == DepthRule::Ignored => Some(1.0),
            (Some(stack), _) => Some(stack.depth_mult()),
            (None, [first, others @ ..]) if shape.place == Some(Place::Outside) => {
                others.iter().all(|other| first.grows_as(other)).then(|| first.depth_mult())
            }
            (None, _) => None,
        }
    }

    /// Where a stream grows and depth is scaled, something takes the branches' factor.
    pub(crate) fn check_scaled(shapes: &InfShapes, table: &Parametrization) -> Result<(), RuleError> {
        let takes = |shape: &&InfShape| match shape.kind {
            Kind::BranchFactor => true,
            Kind::Bias => false,
            _ => shape.place == Some(Place::Closing),
        };
        let scaled: Vec<&Stack> = shapes.iter().filter(takes).filter_map(|shape| shape.stack.as_ref()).collect();
        let open = |(_, stack): &(&InfShape, &Stack)| stack.base != stack.target && !scaled.contains(stack);
        let in_stack = shapes.iter().filter_map(|shape| Some((shape, shape.stack.as_ref()?)));
        match in_stack.filter(|_| table.depth == DepthRule::Scaled).find(open) {
            None => Ok(()),
            Some((shape, stack)) => {
                let (stream, base, target) = (stack.stream.clone(), stack.base, stack.target);
                Err(RuleError::NothingCloses { blocks: blocks(&shape.path), stream, base, target })
            }
        }
    }

    /// What a plan says of the streams.
    pub(crate) fn streams(&self, rule: DepthRule) -> Vec<Stack> {
        self.streams.iter().filter(|stack| is_said(stack, rule)).map(|stack| (*stack).clone()).collect()
    }

    /// The form of a tensor's branch.
    pub(crate) fn branch(&self, shape: &InfShape) -> Form {
        let below = |owner: &&str| match shape.path.strip_prefix(*owner) {
            Some(rest) => owner.is_empty() || rest.starts_with('.'),
            None => false,
        };
        let multiplied = shape.kind == Kind::BranchFactor || self.factors.iter().any(below);
        if multiplied { Form::Multiplier } else { Form::Plain }
    }

    /// Another number of blocks is covered by the parametrization, and then every tensor of a block has a place.
    pub(crate) fn check(&self, shape: &InfShape, table: &Parametrization) -> Result<(), RuleError> {
        let Some(stack) = shape.stack.as_ref().filter(|_| shape.kind.is_trained()) else { return Ok(()) };
        let stream = || stack.stream.clone();
        match table.depth {
            DepthRule::Refused if stack.base != stack.target => {
                let (base, target, parametrization) = (stack.base, stack.target, table.name.clone());
                let (path, blocks) = (shape.path.clone(), blocks(&shape.path));
                Err(RuleError::DepthNotCovered { path, blocks, stream: stream(), base, target, parametrization })
            }
            DepthRule::Scaled if shape.place.is_none() => {
                let tensors = vec![PathPattern::in_any_block(&shape.path).to_string()];
                let burn = matches!(&*shape.within, "TransformerEncoderLayer" | "TransformerDecoderLayer");
                Err(RuleError::NoPlace { tensors, stream: stream(), burn })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a segment of a path is an element of a list.
pub(crate) fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// The pattern of the blocks among which a path lies: `blocks.**`.
fn blocks(path: &str) -> String {
    let list: Vec<&str> = path.split('.').take_while(|segment| !is_number(segment)).collect();
    match &list[..] {
        [] => "*.**".to_owned(),
        _ if list.len() == path.split('.').count() => path.to_owned(),
        _ => format!("{}.**", list.join(".")),
    }
}
