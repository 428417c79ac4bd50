//! The exponents of an abc-parametrization, and the symmetry under which its forms are one and the same.

use crate::{Form, Power, Rule, Update, Variable};

/// Exponents of a tensor when all widths equal n: multiplier n^−a, initial std n^−b, learning rate n^−c.
///
/// ```
/// # use mup_rules::{Form, Parametrization, Update};
/// # use mup_shapes::Role;
/// let mup = Parametrization::mup();
/// let hidden = mup.rule(Role::Hidden, Form::Plain).unwrap().abc(Update::ENTRYWISE);
/// assert_eq!((hidden.a, hidden.b, hidden.c), (0.0, 0.5, 1.0));
/// ```
///
/// # Reference
///
/// Yang & Hu, *Feature Learning in Infinite-Width Neural Networks*, arXiv:2011.14522, section 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbcExponents {
    /// Of the forward multiplier.
    pub a: f64,
    /// Of the initial standard deviation.
    pub b: f64,
    /// Of the learning rate.
    pub c: f64,
}

impl AbcExponents {
    /// The same function at every step: `(a + θ, b − θ, c − θ)` for Adam, `c − 2θ` for SGD, `c` for an update that is
    /// scaled to the weight.
    ///
    /// # Reference
    ///
    /// Tensor Programs V, arXiv:2203.03466v2, Lemma J.1, with the multiplier n^−θ; other updates by [`Update`].
    #[must_use]
    pub fn shifted(self, theta: f64, update: Update) -> Self {
        let rate = theta * (1.0 + update.weight - update.gradient);
        Self { a: self.a + theta, b: self.b - theta, c: self.c - rate }
    }
}

impl Rule {
    /// The exponents of this rule when all widths are equal.
    #[must_use]
    pub fn abc(&self, update: Update) -> AbcExponents {
        // 0.0 − x rather than −x: exponents that vanish print as 0, not −0.
        let exponent = |power: &Power| 0.0 - (power.exponent(&Variable::FAN_IN) + power.exponent(&Variable::FAN_OUT));
        let rate = self.rate(update);
        AbcExponents { a: exponent(&self.multiplier), b: exponent(&self.init_std), c: exponent(&rate) }
    }

    /// The same parametrization with its forward multiplier changed by `theta`.
    ///
    /// The function computed at every step stays the same: A·θ, B/θ, C/θ (Adam) or C/θ² (SGD); the
    /// gradient's entries grow by θ, and ε with them. Weight decay follows from the rate (λ·θ for Adam,
    /// λ·θ² for SGD, as [`KeepProduct`](crate::WeightDecay::KeepProduct) has it) and coupled L2 from gradient
    /// and weight (λ·θ²).
    ///
    /// # Reference
    ///
    /// Tensor Programs V, arXiv:2203.03466v2, Lemma J.1 (abc-symmetry); ε, decay and L2 are an extension,
    /// proven by `tests/forms_train_alike.rs`.
    #[must_use]
    pub fn shifted(&self, form: Form, theta: &Power) -> Self {
        Self {
            form,
            role: self.role,
            multiplier: &self.multiplier * theta,
            init_std: &self.init_std / theta,
            adam: &self.adam / theta,
            gradient: &self.gradient * theta,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parametrization;

    fn abc(form: Form, update: Update) -> Vec<(mup_shapes::Role, [f64; 3])> {
        let rules = Parametrization::mup().rules.into_iter().filter(|rule| rule.form == form);
        let exponents = rules.map(|rule| (rule.role, rule.abc(update)));
        exponents.map(|(role, abc)| (role, [abc.a, abc.b, abc.c])).collect()
    }

    /// Yang & Hu 2021, Table 1, column µP: a = −½ (first layer), 0, ½ (last); b = ½; c = 0. The vectors
    /// follow their input weights, whose fan-in is 1. Inner weights are not in that table.
    #[test]
    fn table_nine_under_sgd_is_the_mup_of_tensor_programs_four() {
        use mup_shapes::Role::{Hidden, Input, Output, Vector};
        let exponents = abc(Form::TableNine, Update::PROPORTIONAL);
        let exponents: Vec<_> = exponents.into_iter().filter(|(role, _)| *role != mup_shapes::Role::Inner).collect();
        let expected = [(Output, [0.5, 0.5, 0.0]), (Input, [-0.5, 0.5, 0.0]), (Vector, [-0.5, 0.5, 0.0])];
        assert_eq!(exponents, expected);
        assert!(abc(Form::Plain, Update::PROPORTIONAL).contains(&(Hidden, [0.0, 0.5, 0.0])));
    }

    #[test]
    fn every_form_is_a_shift_of_the_plain_one() {
        let mup = Parametrization::mup();
        for rule in &mup.rules {
            let plain = mup.rule(rule.role, Form::Plain).expect("every role has a plain form");
            for update in [Update::ENTRYWISE, Update::PROPORTIONAL, Update::PARAMETER_SCALED, Update::SPECTRAL] {
                let theta = rule.abc(update).a - plain.abc(update).a;
                assert_eq!(plain.abc(update).shifted(theta, update), rule.abc(update), "{rule:?}");
            }
        }
    }
}
