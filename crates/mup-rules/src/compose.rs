//! A row composed: width rule × amendments, conventions, the law of the run, the user's wishes. In this order.

use mup_shapes::{InfShape, Kind, Place};

use crate::depth::said;
use crate::doubt::doubts;
use crate::factor::four_digits;
use crate::rule_for::logit_scale;
use crate::{
    Amended, Amendment, Change, DecayTerm, EpsilonRule, EpsilonTerm, Factor, Form, OptimizerId, Parametrization,
    PlanRow, Power, Ratios, Rule, RuleError, RunLaw, ShapeFactor, Term, WeightDecay,
};

/// A tensor with all that its row follows from.
pub(crate) struct Composition<'a> {
    pub(crate) shape: &'a InfShape,
    /// The width rule.
    pub(crate) rule: Rule,
    /// The form of its residual branch.
    pub(crate) branch: Form,
    pub(crate) table: &'a Parametrization,
    pub(crate) optimizer: &'a OptimizerId,
    pub(crate) law: Option<&'a RunLaw>,
    /// Of every variable, the fans' included.
    pub(crate) ratios: Ratios,
    /// The wishes that speak of the tensor, one of a kind.
    pub(crate) wishes: Vec<&'a Change>,
}

/// The numbers of a row.
#[derive(Clone)]
pub(crate) struct Numbers {
    multiplier: Factor,
    init_std: Factor,
    rate: Factor,
    decay: Factor,
    epsilon: Factor,
}

impl Composition<'_> {
    pub(crate) fn numbers(&self) -> Result<Numbers, RuleError> {
        let layers = self.layers();
        let [mut init_std, mut rate, mut decay] = [self.init_std(&layers)?, self.rate(&layers)?, self.decay(&layers)?];
        self.wish(&mut init_std, &mut rate, &mut decay);
        let scale = (self.shape.kind == Kind::LogitScale).then(|| logit_scale(self.shape, self.table));
        let multiplier = scale.map_or_else(|| self.multiplier(&layers), Ok)?;
        Ok(Numbers { multiplier, init_std, rate, decay, epsilon: self.epsilon(&layers)? })
    }

    /// The row with these numbers; `variables` are the ratios to keep in it.
    pub(crate) fn row(&self, numbers: Numbers, variables: Ratios) -> PlanRow {
        let shape = self.shape;
        let Numbers { multiplier, init_std, rate, decay, epsilon } = numbers;
        let trained = shape.kind.is_trained();
        PlanRow {
            path: shape.path.clone(),
            layer: shape.layer.clone(),
            kind: shape.kind,
            role: self.rule.role,
            form: self.rule.form,
            axes: shape.axes.clone(),
            dims: shape.dims.clone(),
            base_fan_in: shape.base_fan_in(),
            base_fan_out: shape.base_fan_out(),
            place: shape.place,
            stream: said(shape, self.table.depth).map(|stack| stack.stream.clone()),
            variables,
            optimizer: if trained { self.optimizer.name.to_string() } else { String::new() },
            frozen: trained && self.wishes.iter().any(|wish| matches!(wish, Change::Frozen)),
            multiplier,
            init_std,
            learning_rate: rate,
            weight_decay: decay,
            epsilon,
            doubts: doubts(shape, self.table),
        }
    }

    /// The width rule, then one layer for each reason of the amendments that speak of the tensor.
    fn layers(&self) -> Vec<Layer> {
        let Rule { role, form, .. } = self.rule;
        let mut layers = vec![Layer::new(self.rule.clone(), format!("{role}, {form} form"))];
        for (_, amendment) in self.amendments() {
            if layers.len() == 1 || layers.last().is_some_and(|last| last.reason != amendment.reason) {
                layers.push(Layer::new(Rule::constant(role, form), amendment.reason.clone()));
            }
            let Some(Layer { rule, decay, epsilon, .. }) = layers.last_mut() else { continue };
            let quantity = match amendment.quantity {
                Amended::Multiplier => &mut rule.multiplier,
                Amended::InitStd => &mut rule.init_std,
                Amended::Adam => &mut rule.adam,
                Amended::Gradient => &mut rule.gradient,
                Amended::WeightDecay => decay,
                Amended::Epsilon => epsilon,
            };
            *quantity = &*quantity * &amendment.power;
        }
        layers
    }

    /// The amendments that speak of the tensor, with their places in the table.
    pub(crate) fn amendments(&self) -> impl Iterator<Item = (usize, &Amendment)> {
        let (factor, role) = (self.closing_weight(), self.rule.role);
        let speaks =
            move |amendment: &Amendment| amendment.speaks_of(factor.as_ref().unwrap_or(self.shape), role, self.branch);
        self.table.amendments.iter().enumerate().filter(move |(_, amendment)| speaks(amendment))
    }

    /// For a branch's factor the weight that it multiplies, which is what its rule speaks of.
    fn closing_weight(&self) -> Option<InfShape> {
        let mut weight = (self.shape.kind == Kind::BranchFactor).then(|| self.shape.clone())?;
        (weight.kind, weight.place) = (Kind::Weight, Some(Place::Closing));
        Some(weight)
    }

    fn multiplier(&self, layers: &[Layer]) -> Result<Factor, RuleError> {
        self.product(layers, |layer| layer.rule.multiplier.clone()).factor(self)
    }

    fn init_std(&self, layers: &[Layer]) -> Result<Factor, RuleError> {
        self.product(layers, |layer| layer.rule.init_std.clone()).factor(self)
    }

    fn rate(&self, layers: &[Layer]) -> Result<Factor, RuleError> {
        let mut rate = Product::default();
        for (idx, layer) in layers.iter().enumerate() {
            rate = rate.times(self.rate_of(idx, layer), &layer.reason);
        }
        let own = self.shape_factor();
        let reason = || format!("{} multiplies by f = {} itself", self.optimizer, self.optimizer.shape_factor);
        rate = rate.number(1.0 / own, "f₀/f", reason);
        self.in_the_run(rate, |law| law.rate_of(self.optimizer)).factor(self)
    }

    /// What a layer does to the rate; the factor of width comes once, with the first.
    fn rate_of(&self, idx: usize, layer: &Layer) -> Power {
        let update = self.optimizer.update;
        if idx == 0 { update.rate(&layer.rule) } else { update.of(&layer.rule) }
    }

    fn decay(&self, layers: &[Layer]) -> Result<Factor, RuleError> {
        if self.optimizer.decay == DecayTerm::None {
            return Ok(self.absent());
        }
        let mut decay = Product::default();
        for (idx, layer) in layers.iter().enumerate() {
            let (power, convention) = self.table.decay(&layer.rule, &self.rate_of(idx, layer), self.optimizer);
            decay = decay.times(power, &convention).times(layer.decay.clone(), &layer.reason);
        }
        if self.table.decay_follows_rate(self.optimizer) && self.table.weight_decay != WeightDecay::KeepLambda {
            decay = decay.number(self.shape_factor(), "f/f₀", || self.table.weight_decay.to_string());
        }
        // From the law, never from the rate: the convention would cancel what the law changes on purpose.
        self.in_the_run(decay, |law| law.decay_of(self.optimizer)).factor(self)
    }

    fn epsilon(&self, layers: &[Layer]) -> Result<Factor, RuleError> {
        let mut epsilon = Product::default();
        for (idx, layer) in layers.iter().enumerate() {
            let (power, reason) = match self.optimizer.epsilon {
                EpsilonTerm::Weight => (layer.rule.init_std.clone(), "ε is the floor of the weight's size".to_owned()),
                // Read word for word, 1/width is a factor of the tensor, not of each rule.
                EpsilonTerm::Gradient if idx > 0 && self.table.epsilon == EpsilonRule::FanIn => {
                    (Power::ONE, String::new())
                }
                EpsilonTerm::Gradient => (self.table.epsilon.factor(&layer.rule), self.table.epsilon.to_string()),
                EpsilonTerm::None => return Ok(self.absent()),
            };
            epsilon = epsilon.times(power, &reason).times(layer.epsilon.clone(), &layer.reason);
        }
        match self.optimizer.epsilon {
            EpsilonTerm::Gradient => self.in_the_run(epsilon, |law| law.epsilon.clone()).factor(self),
            EpsilonTerm::Weight | EpsilonTerm::None => epsilon.factor(self),
        }
    }

    fn wish(&self, init_std: &mut Factor, rate: &mut Factor, decay: &mut Factor) {
        let yours = |times: &f64| format!("yours {}", four_digits(*times));
        for wish in &self.wishes {
            match wish {
                // What starts at a constant is not drawn; its factor is that of depth alone.
                Change::InitStd(times) if self.shape.kind == Kind::Weight => {
                    init_std.wished(*times, yours(times), "your init std");
                }
                Change::Rate(times) => {
                    rate.wished(*times, yours(times), "your rate");
                    let follows = self.table.decay_follows_rate(self.optimizer);
                    if follows && self.table.weight_decay == WeightDecay::Independent {
                        decay.wished(
                            1.0 / times,
                            format!("1/your rate {}", four_digits(*times)),
                            "independent of your rate too",
                        );
                    }
                }
                Change::Decay(times) if self.optimizer.decay != DecayTerm::None => {
                    decay.wished(*times, yours(times), "your decay");
                }
                Change::InitStd(_) | Change::Decay(_) | Change::Optimizer(_) | Change::Frozen => {}
            }
        }
        if self.wishes.iter().any(|wish| matches!(wish, Change::Decay(0.0))) && decay.value == 0.0 {
            // Of what it would have been nothing is left to say.
            *decay = Factor::new(0.0, vec![Term::new("yours: no decay", "your decay")]);
        }
    }

    /// What the optimizer does not have.
    fn absent(&self) -> Factor {
        Factor::absent(format!("{} has none", self.optimizer))
    }

    /// f of the target over f of the base, the factor that the optimizer applies by itself.
    fn shape_factor(&self) -> f64 {
        let (shape, own) = (self.shape, self.optimizer.shape_factor);
        if own == ShapeFactor::One || !shape.kind.is_trained() {
            return 1.0;
        }
        let of = |fan_in: usize, fan_out: usize| own.value(fan_in as f64, fan_out as f64);
        of(shape.fan_in(), shape.fan_out()) / of(shape.base_fan_in(), shape.base_fan_out())
    }

    fn product(&self, layers: &[Layer], of: impl Fn(&Layer) -> Power) -> Product {
        layers.iter().fold(Product::default(), |product, layer| product.times(of(layer), &layer.reason))
    }

    fn in_the_run(&self, product: Product, of: impl Fn(&RunLaw) -> Power) -> Product {
        match self.law {
            Some(law) if self.shape.kind.is_trained() => product.times(of(law), &law.name),
            _ => product,
        }
    }
}

/// One table's word on a tensor: the columns, and factors on what conventions make of them.
struct Layer {
    rule: Rule,
    decay: Power,
    epsilon: Power,
    reason: String,
}

impl Layer {
    fn new(rule: Rule, reason: String) -> Self {
        Self { rule, decay: Power::ONE, epsilon: Power::ONE, reason }
    }
}

/// A product that remembers its terms. Powers are multiplied before they are evaluated, so that what cancels cancels
/// exactly.
struct Product {
    power: Power,
    number: f64,
    terms: Vec<Term>,
}

impl Default for Product {
    fn default() -> Self {
        Self { power: Power::ONE, number: 1.0, terms: Vec::new() }
    }
}

impl Product {
    fn times(mut self, power: Power, reason: &str) -> Self {
        if power != Power::ONE {
            self.terms.push(Term::new(power.to_string(), reason));
            self.power = self.power * power;
        }
        self
    }

    fn number(mut self, number: f64, formula: &str, reason: impl FnOnce() -> String) -> Self {
        if (number - 1.0).abs() > 0.0 {
            self.number *= number;
            self.terms.push(Term::new(formula, reason()));
        }
        self
    }

    fn factor(self, of: &Composition) -> Result<Factor, RuleError> {
        let missing = || {
            let variable = self.power.variables().find(|variable| of.ratios.get(variable).is_none());
            let variable = variable.map_or_else(String::new, ToString::to_string);
            RuleError::NoRatio { path: of.shape.path.clone(), variable }
        };
        let value = self.power.value(&of.ratios).ok_or_else(missing)?;
        Ok(Factor::new(self.number * value, self.terms))
    }
}
