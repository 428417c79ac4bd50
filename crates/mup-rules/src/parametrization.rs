//! A parametrization: a table of rules with its conventions, as data. The presets.

use mup_shapes::Role;
use serde::{Deserialize, Serialize};

use crate::{EpsilonRule, Form, L2Rule, Rule, RuleError, WeightDecay, mup, standard};

/// A table of rules and the conventions that go with it. Plain data: change a copy to ablate a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

impl Parametrization {
    /// Names of the presets, as [`Parametrization::named`] takes them.
    pub const NAMES: [&str; 4] = ["mup", "tensor-programs-v", "mup-package", "standard"];

    /// Our recommended µP: each output tensor in the form its layer supports, `C·λ` kept, ε following the
    /// gradient's size.
    ///
    /// `C·λ` kept ([`WeightDecay::KeepProduct`]), because then the time scale of decay, 1/(C·λ) steps, is the
    /// same at every width, and the choice of form does not matter; ε scaled, because an unscaled ε at last
    /// dominates gradients that shrink like 1/m.
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
        }
    }

    /// The paper to the letter: λ unchanged, ε ∝ 1/fan_in (TP-V Tables 3 and 8, B.3).
    #[must_use]
    pub fn tensor_programs_v() -> Self {
        Self {
            name: "tensor-programs-v".to_owned(),
            weight_decay: WeightDecay::KeepLambda,
            l2: L2Rule::AsWeightDecay,
            epsilon: EpsilonRule::FanIn,
            ..Self::mup()
        }
    }

    /// microsoft/mup 1.0.0 to the letter: `MuReadout` required, `C·λ` kept, ε unscaled.
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
            ..Self::mup()
        }
    }

    /// A preset by name.
    ///
    /// # Errors
    ///
    /// [`RuleError::UnknownParametrization`], listing the names that exist.
    pub fn named(name: &str) -> Result<Self, RuleError> {
        match name {
            "mup" => Ok(Self::mup()),
            "tensor-programs-v" => Ok(Self::tensor_programs_v()),
            "mup-package" => Ok(Self::mup_package()),
            "standard" => Ok(Self::standard()),
            _ => Err(RuleError::UnknownParametrization { name: name.to_owned(), known: Self::NAMES.join(", ") }),
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
}
