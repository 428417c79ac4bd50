//! A parametrization: a table of rules with its conventions, as data. The presets.

use mup_shapes::Role;
use serde::{Deserialize, Serialize};

use crate::preset_name::{meant, plain};
use crate::{
    Amendment, DepthRule, EpsilonRule, Form, L2Rule, Power, Rule, RuleError, Variable, WeightDecay, mup, standard,
};

/// A table of rules and the conventions that go with it. Plain data: change a copy to ablate a rule.
///
/// # Example
///
/// µP without its learning-rate rule for hidden weights, the rule that matters most. A check that stays green
/// under this table does not see the rule.
///
/// ```
/// use mup_rules::{Form, Parametrization, Power};
/// use mup_shapes::Role;
///
/// let mup = Parametrization::mup();
/// let hidden = mup.rule(Role::Hidden, Form::Plain).unwrap().clone();
/// let ablated = mup.with_rule(hidden.with_adam(Power::ONE)).named_as("mup, hidden rate kept");
///
/// assert_eq!(ablated.rule(Role::Hidden, Form::Plain).unwrap().adam.to_string(), "1");
/// assert_eq!(Parametrization::mup().rule(Role::Hidden, Form::Plain).unwrap().adam.to_string(), "1/m_in");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Parametrization {
    /// Name, as printed.
    pub name: String,
    /// The table.
    pub rules: Vec<Rule>,
    /// Form of tensors whose layer applies a forward multiplier.
    pub multiplied_form: Form,
    /// Whether an output tensor without a forward multiplier is an error, as in microsoft/mup.
    pub requires_readout: bool,
    /// Exponent of the head-width multiplier in the attention logits' factor: −1/2 (SP) or −1 (µP).
    pub attention_exponent: f64,
    /// Weight-decay convention.
    pub weight_decay: WeightDecay,
    /// Convention for coupled L2 under Adam-like optimizers.
    pub l2: L2Rule,
    /// Convention for Adam's ε.
    pub epsilon: EpsilonRule,
    /// What it does about another number of residual blocks.
    #[serde(default, skip_serializing_if = "DepthRule::is_refused")]
    pub depth: DepthRule,
    /// What comes on top of the table: rules of other axes than width, exceptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<Amendment>,
}

impl Parametrization {
    /// Names of the presets, as [`Parametrization::named`] takes them.
    pub const NAMES: &[&str] = &[
        "mup",
        "complete-p",
        "depth-mup",
        "tensor-programs-v",
        "mup-package",
        "nanogpt-completep",
        "complete-d-p",
        "u-mup",
        "standard",
    ];

    /// Our recommended µP. Where the sources disagree it takes the convention that follows the gradient's
    /// own scaling, and under which the form of a tensor changes nothing but numerics.
    ///
    /// - **Form per tensor**: an output tensor gets the multiplier form if its layer applies one, else the
    ///   plain form. Both are the same function at every step (TP-V Lemma J.1), so a stock `Linear` readout
    ///   needs no change.
    /// - **Decay keeps rate·λ** ([`WeightDecay::KeepProduct`]): the time scale of decay, 1/(C·λ) steps, is the
    ///   same at every width. With λ kept, hidden weights of a wide model hardly decay at all, and the rate
    ///   no longer transfers (Wang & Aitchison, arXiv:2405.13698).
    /// - **ε follows the gradient** ([`EpsilonRule::Gradient`]): gradients shrink like 1/m, so a constant ε
    ///   takes over in a wide enough model and turns Adam into SGD with momentum (TP-V B.3; CompleteP,
    ///   arXiv:2505.01618, scales it likewise).
    /// - **Coupled L2 follows gradient over weight** ([`L2Rule::Gradient`]): Adam normalizes the sum of
    ///   gradient and λ·w, so the two must keep their ratio.
    /// - **Inner tensors** (keys and values of a fixed number of heads) start like hidden ones, σ/√m_in, so that
    ///   what they give is Θ(1); read as outputs they would start as Θ(1/√m). docs/rules.md has the measurement.
    /// - **Attention logits ∝ 1/d_head**, equal to 1/√d_head at base (TP-V Def. 4.1): queries and keys
    ///   correlate during training, and then the sum of d_head products grows like d_head.
    #[must_use]
    pub fn mup() -> Self {
        Self {
            name: "mup".to_owned(),
            rules: mup::rules(),
            multiplied_form: Form::Multiplier,
            requires_readout: false,
            attention_exponent: -1.0,
            weight_decay: WeightDecay::KeepProduct,
            l2: L2Rule::Gradient,
            epsilon: EpsilonRule::Gradient,
            depth: DepthRule::Refused,
            amendments: Vec::new(),
        }
    }

    /// The paper to the letter (TP-V, arXiv:2203.03466v2).
    ///
    /// - Forms: Table 3 (plain) and Table 8 (multiplier); every tensor by its own fans (J.2.1). An inner tensor is
    ///   an output weight there: the paper knows no other map from an infinite to a finite dimension.
    /// - λ constant in width, ε ∝ 1/fan_in (B.3; how [`EpsilonRule::FanIn`] reads it for embeddings and
    ///   vectors is said there). Neither is invariant under the choice of form, so the two tables train
    ///   differently once λ or ε matters. B.3 does not say whether AdamW's λ is multiplied by the tensor's
    ///   rate; in Burn, as in PyTorch, it is, and then the decay of hidden weights shrinks like 1/m.
    /// - Attention logits ∝ 1/d_head (Def. 4.1, B.1).
    #[must_use]
    pub fn tensor_programs_v() -> Self {
        Self {
            name: "tensor-programs-v".to_owned(),
            rules: mup::inner_as_output(),
            weight_decay: WeightDecay::KeepLambda,
            l2: L2Rule::AsWeightDecay,
            epsilon: EpsilonRule::FanIn,
            ..Self::mup()
        }
    }

    /// microsoft/mup 1.0.0 to the letter, proven by `tests/golden_mup_package.rs`.
    ///
    /// - `MuReadout` required (`mup/shape.py::assert_hidden_size_inf`), so outputs have the multiplier form.
    /// - `lr` and `weight_decay` by `mup/optim.py::MuAdam`, `MuAdamW`, `MuSGD`: C·λ kept, for decoupled and
    ///   coupled decay alike; ε untouched.
    /// - Every map from an infinite to a finite dimension is an output, inner ones too.
    /// - Attention logits ∝ 1/d_head (its README; the package leaves this to the model).
    ///
    /// Not followed: where the package takes the wrong axis or counts a vector as a matrix, which is a matter
    /// of roles, decided in `mup-shapes`.
    #[must_use]
    pub fn mup_package() -> Self {
        Self {
            name: "mup-package".to_owned(),
            requires_readout: true,
            l2: L2Rule::AsWeightDecay,
            epsilon: EpsilonRule::Unscaled,
            ..Self::mup()
        }
    }

    /// The standard parametrization, the negative control of every check.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            name: "standard".to_owned(),
            rules: standard::rules(),
            attention_exponent: -0.5,
            weight_decay: WeightDecay::KeepLambda,
            l2: L2Rule::AsWeightDecay,
            epsilon: EpsilonRule::Unscaled,
            depth: DepthRule::Ignored,
            ..Self::mup()
        }
    }

    /// A preset by name, as a command line or code writes it: `complete-p`, `complete_p()`.
    ///
    /// # Errors
    ///
    /// [`RuleError::UnknownParametrization`] with the name that was probably meant, and those that exist.
    pub fn named(name: &str) -> Result<Self, RuleError> {
        match plain(name).as_str() {
            "mup" => Ok(Self::mup()),
            "complete-p" => Ok(Self::complete_p()),
            "depth-mup" => Ok(Self::depth_mup()),
            "nanogpt-completep" => Ok(Self::nanogpt_complete_p(1.0)),
            "complete-d-p" => Ok(Self::complete_d_p(1.0)),
            "u-mup" => Ok(Self::u_mup()),
            "tensor-programs-v" => Ok(Self::tensor_programs_v()),
            "mup-package" => Ok(Self::mup_package()),
            "standard" => Ok(Self::standard()),
            _ => {
                let (name, meant) = (name.to_owned(), meant(name, Self::NAMES));
                Err(RuleError::UnknownParametrization { name, meant, known: Self::NAMES.join(", ") })
            }
        }
    }

    /// The same parametrization with tensors that have a forward multiplier in the given form.
    #[must_use]
    pub fn with_multiplied_form(mut self, form: Form) -> Self {
        self.multiplied_form = form;
        self
    }

    /// The same parametrization with another weight-decay convention.
    #[must_use]
    pub fn with_weight_decay(mut self, convention: WeightDecay) -> Self {
        self.weight_decay = convention;
        self
    }

    /// The same parametrization with another convention for Adam's ε.
    #[must_use]
    pub fn with_epsilon(mut self, convention: EpsilonRule) -> Self {
        self.epsilon = convention;
        self
    }

    /// The same parametrization with another convention for coupled L2.
    #[must_use]
    pub fn with_l2(mut self, convention: L2Rule) -> Self {
        self.l2 = convention;
        self
    }

    /// The same parametrization, refusing an output tensor without a forward multiplier, or not.
    #[must_use]
    pub fn with_readout_required(mut self, required: bool) -> Self {
        self.requires_readout = required;
        self
    }

    /// The same parametrization with attention logits ∝ d_head^exponent.
    #[must_use]
    pub fn with_attention_exponent(mut self, exponent: f64) -> Self {
        self.attention_exponent = exponent;
        self
    }

    /// The same parametrization under another name.
    #[must_use]
    pub fn named_as(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same parametrization with one factor more on top of the table.
    #[must_use]
    pub fn with_amendment(mut self, amendment: Amendment) -> Self {
        self.amendments.push(amendment);
        self
    }

    /// The same parametrization with one rule replaced, or added if the table has none for that role and form.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Self {
        match self.rules.iter_mut().find(|old| (old.role, old.form) == (rule.role, rule.form)) {
            Some(old) => *old = rule,
            None => self.rules.push(rule),
        }
        self
    }

    /// The row for a role in a form, if the table has one.
    #[must_use]
    pub fn rule(&self, role: Role, form: Form) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.role == role && rule.form == form)
    }

    /// The form of a tensor: [`Form::Plain`] unless its layer applies a multiplier and the table has a row
    /// for that role in the multiplied form.
    #[must_use]
    pub fn form(&self, role: Role, multiplied: bool) -> Form {
        let form = self.multiplied_form;
        if multiplied && self.rule(role, form).is_some() { form } else { Form::Plain }
    }

    /// Every power of the table and of what comes on top of it.
    pub(crate) fn powers(&self) -> impl Iterator<Item = &Power> {
        let amended = self.amendments.iter().map(|amendment| &amendment.power);
        self.rules.iter().flat_map(Rule::powers).chain(amended)
    }

    /// Whether any rule follows a variable.
    pub(crate) fn follows(&self, variable: &Variable) -> bool {
        self.powers().any(|power| power.variables().any(|used| used == variable))
    }

    /// A table that was changed or read from a file has one rule per role and form, and finite exponents.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        let parametrization = || self.name.clone();
        for (idx, rule) in self.rules.iter().enumerate() {
            let (role, form) = (rule.role, rule.form);
            if self.rules[..idx].iter().any(|earlier| (earlier.role, earlier.form) == (role, form)) {
                return Err(RuleError::TwoRules { parametrization: parametrization(), role, form });
            }
            if !rule.powers().into_iter().all(Power::is_finite) {
                let rule = format!("{role} in form {form}");
                return Err(RuleError::BadExponent { parametrization: parametrization(), rule });
            }
        }
        if let Some(amendment) = self.amendments.iter().find(|amendment| !amendment.power.is_finite()) {
            return Err(RuleError::BadExponent { parametrization: parametrization(), rule: amendment.reason.clone() });
        }
        self.check_alpha()?;
        if self.attention_exponent.is_finite() {
            Ok(())
        } else {
            Err(RuleError::BadExponent { parametrization: parametrization(), rule: "attention logits".to_owned() })
        }
    }
}
