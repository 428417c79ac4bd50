//! Rows that follow from the same things share their numbers, so that a deep model costs little more than one layer.

use std::collections::HashMap;

use mup_shapes::{Axes, Dim, Kind, Role};

use crate::compose::{Composition, Numbers};
use crate::{Change, Form, RuleError};

/// The numbers composed so far.
#[derive(Default)]
pub(crate) struct Composed<'a>(HashMap<Origin<'a>, Numbers>);

/// All that a row's numbers follow from, in one plan. Its optimizer follows from the wishes.
#[derive(PartialEq, Eq, Hash)]
struct Origin<'a> {
    kind: Kind,
    role: Role,
    form: Form,
    axes: &'a Axes,
    dims: &'a [Dim],
    ratios: Vec<u64>,
    amendments: Vec<usize>,
    wishes: Vec<*const Change>,
}

impl<'a> Composed<'a> {
    pub(crate) fn numbers(&mut self, composition: &Composition<'a>) -> Result<Numbers, RuleError> {
        let Composition { shape, rule, ratios, wishes, .. } = composition;
        let origin = Origin {
            kind: shape.kind,
            role: rule.role,
            form: rule.form,
            axes: &shape.axes,
            dims: &shape.dims,
            ratios: ratios.iter().map(|(_, ratio)| ratio.to_bits()).collect(),
            amendments: composition.amendments().map(|(idx, _)| idx).collect(),
            wishes: wishes.iter().map(|wish| std::ptr::from_ref(*wish)).collect(),
        };
        if let Some(numbers) = self.0.get(&origin) {
            return Ok(numbers.clone());
        }
        let numbers = composition.numbers()?;
        self.0.insert(origin, numbers.clone());
        Ok(numbers)
    }
}
