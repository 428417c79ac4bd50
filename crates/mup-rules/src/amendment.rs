//! What a parametrization adds to its table of width: rules of depth, exceptions, other axes.

use mup_shapes::{InfShape, Role};
use serde::{Deserialize, Serialize};

use crate::{Form, Power, Selector};

/// One factor on one quantity of some tensors, with its reason. A row is the width rule times every amendment that
/// selects the tensor, so tables of several axes are never enumerated.
///
/// ```
/// use mup_rules::{Amendment, Amended, Parametrization, Power, Variable};
/// use mup_shapes::Role;
/// let depth = Amendment::new(Role::Hidden, Amended::Adam, Power::of(Variable::DEPTH, -0.5), "depth-µP, TP-VI Table 1");
/// let table = Parametrization::mup().named_as("depth-mup").with_amendment(depth);
/// assert_eq!(table.amendments.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Amendment {
    /// The tensors.
    pub tensors: Selector,
    /// What is multiplied.
    pub quantity: Amended,
    /// By what.
    pub power: Power,
    /// Why: paper and equation, or code and commit. Factors of one reason are one term of a row.
    pub reason: String,
    /// Of tensors that close a residual branch, those of one form: [`Form::Multiplier`] where a layer applies the branch's
    /// factor, else [`Form::Plain`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Form>,
}

impl Amendment {
    /// A factor on a quantity of some tensors.
    #[must_use]
    pub fn new(tensors: impl Into<Selector>, quantity: Amended, power: Power, reason: impl Into<String>) -> Self {
        Self { tensors: tensors.into(), quantity, power, reason: reason.into(), branch: None }
    }

    /// The same for tensors whose branch has this form.
    #[must_use]
    pub fn in_branches(self, form: Form) -> Self {
        Self { branch: Some(form), ..self }
    }

    /// Whether it speaks of a tensor of this role whose branch has this form.
    pub(crate) fn speaks_of(&self, shape: &InfShape, role: Role, branch: Form) -> bool {
        self.branch.is_none_or(|form| form == branch) && self.tensors.selects(shape, role)
    }
}

/// What an [`Amendment`] multiplies.
///
/// The first four are the columns of the table, from which rates, decay and ε follow; the last two are the results of
/// conventions, for sources that decide them otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Amended {
    /// Forward multiplier A.
    Multiplier,
    /// Initial standard deviation B.
    InitStd,
    /// Rate of Adam-like optimizers, and so of all.
    Adam,
    /// Size of the gradient, which ε and SGD's rate follow.
    Gradient,
    /// Weight decay alone.
    WeightDecay,
    /// ε alone.
    Epsilon,
}
