//! Whether a weight from an infinite to a finite dimension is the readout, or lies inside the model.

use serde::{Deserialize, Serialize};

use crate::{Axis, InfShape, Kind, Role};

/// Where the output of a weight that maps an infinite to a finite dimension goes.
///
/// No shape tells a readout from keys and values of a fixed number of heads, and no name does. It is a readout if
/// its layer applies a forward multiplier, if it is the only such weight of a model without another readout, or if
/// it alone gives as many values as an `Embedding` has rows. Anything else is undecided, and the plan says so,
/// until it is declared: [`ParamSpec::inner`](crate::ParamSpec::inner), [`ParamSpec::readout`](crate::ParamSpec::readout).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Feeds {
    /// Not said.
    #[default]
    Unsaid,
    /// The model's output.
    Readout,
    /// Further layers.
    Inner,
}

impl Feeds {
    pub(crate) fn is_unsaid(&self) -> bool {
        *self == Self::Unsaid
    }
}

/// Settles what the other parameters of the model settle.
pub(crate) fn resolve(shapes: &mut [InfShape]) {
    let readout = |shape: &InfShape| {
        shape.role() == Role::Output
            && (shape.multiplied || shape.kind == Kind::Multiplier || shape.feeds == Feeds::Readout)
    };
    if shapes.iter().any(readout) {
        return;
    }
    let open: Vec<usize> = (0..shapes.len()).filter(|at| shapes[*at].is_undecided()).collect();
    let only = |open: &[usize]| if let [only] = open { Some(*only) } else { None };
    let vocabularies: Vec<usize> = shapes
        .iter()
        .filter(|shape| shape.layer == "Embedding" && shape.role() == Role::Input)
        .map(InfShape::fan_in)
        .collect();
    let unembeds = |at: &usize| vocabularies.contains(&shapes[*at].fan_out());
    let found = only(&open).or_else(|| only(&open.iter().copied().filter(unembeds).collect::<Vec<_>>()));
    if let Some(at) = found {
        shapes[at].feeds = Feeds::Readout;
    }
}

impl InfShape {
    /// Whether nothing says if this is a readout or lies inside the model; it counts as inside.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.feeds.is_unsaid() && self.may_be_inner()
    }

    /// A weight from an infinite to a finite dimension that has one, and whose layer applies no multiplier.
    pub(crate) fn may_be_inner(&self) -> bool {
        let produces = self.axes.as_slice().contains(&Axis::Out);
        produces
            && !self.multiplied
            && self.kind == Kind::Weight
            && Role::classify(&self.axes, &self.dims) == Role::Output
    }
}
