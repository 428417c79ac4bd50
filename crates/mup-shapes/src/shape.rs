//! Shapes of parameters, before and after comparison with the base.

use serde::{Deserialize, Serialize};

use crate::{Axes, Axis, Dim, Kind, Role};

/// One parameter as read from a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamShape {
    /// Path of the parameter, joined by dots.
    pub path: String,
    /// Type of the layer that owns it, e.g. `Linear`.
    pub layer: String,
    /// Sizes in storage order.
    pub dims: Vec<usize>,
    /// Axes in storage order.
    pub axes: Axes,
    /// What it is for.
    pub kind: Kind,
    /// Whether the owning layer applies a forward multiplier to it.
    pub multiplied: bool,
}

/// All parameters of a module, in traversal order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleShapes(pub(crate) Vec<ParamShape>);

impl ModuleShapes {
    /// Shapes in traversal order.
    #[must_use]
    pub fn new(params: Vec<ParamShape>) -> Self {
        Self(params)
    }

    /// The parameters, in traversal order.
    pub fn iter(&self) -> std::slice::Iter<'_, ParamShape> {
        self.0.iter()
    }

    /// The parameter at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&ParamShape> {
        self.0.iter().find(|param| param.path == path)
    }
}

impl<'a> IntoIterator for &'a ModuleShapes {
    type Item = &'a ParamShape;
    type IntoIter = std::slice::Iter<'a, ParamShape>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One parameter of the target, every dimension classified against the base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfShape {
    /// Path of the parameter, joined by dots.
    pub path: String,
    /// Type of the layer that owns it.
    pub layer: String,
    /// Dimensions in storage order.
    pub dims: Vec<Dim>,
    /// Axes in storage order.
    pub axes: Axes,
    /// What it is for.
    pub kind: Kind,
    /// Whether the owning layer applies a forward multiplier to it.
    pub multiplied: bool,
}

impl InfShape {
    /// Where the infinite axes lie.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::classify(&self.axes, &self.dims)
    }

    /// Width multiplier of the fan-in axes (`m_in`), 1 when none grows.
    #[must_use]
    pub fn fan_in_mult(&self) -> f64 {
        self.axis(Axis::In).map(Dim::width_mult).product()
    }

    /// Width multiplier of the fan-out axes (`m_out`), 1 when none grows.
    #[must_use]
    pub fn fan_out_mult(&self) -> f64 {
        self.axis(Axis::Out).map(Dim::width_mult).product()
    }

    /// Fan-in of the target: contracted sizes times the receptive field; 1 for a vector.
    #[must_use]
    pub fn fan_in(&self) -> usize {
        self.fan(Axis::In, Dim::size)
    }

    /// Fan-out of the target: produced sizes times the receptive field.
    #[must_use]
    pub fn fan_out(&self) -> usize {
        self.fan(Axis::Out, Dim::size)
    }

    /// Fan-in of the base model.
    #[must_use]
    pub fn base_fan_in(&self) -> usize {
        self.fan(Axis::In, Dim::base_size)
    }

    /// Fan-out of the base model.
    #[must_use]
    pub fn base_fan_out(&self) -> usize {
        self.fan(Axis::Out, Dim::base_size)
    }

    /// Number of infinite axes.
    #[must_use]
    pub fn n_infinite(&self) -> usize {
        self.dims.iter().filter(|dim| dim.is_infinite()).count()
    }

    /// Number of entries in the target.
    #[must_use]
    pub fn n_elements(&self) -> usize {
        saturating_product(self.dims.iter().map(|dim| dim.size()))
    }

    fn axis(&self, wanted: Axis) -> impl Iterator<Item = Dim> {
        let pairs = self.axes.as_slice().iter().zip(&self.dims);
        pairs.filter(move |(axis, _)| **axis == wanted).map(|(_, dim)| *dim)
    }

    fn fan(&self, wanted: Axis, size: fn(Dim) -> usize) -> usize {
        saturating_product(self.axis(wanted).chain(self.axis(Axis::Kernel)).map(size))
    }
}

/// Sizes may come from a file, and no file may overflow.
fn saturating_product(sizes: impl Iterator<Item = usize>) -> usize {
    sizes.fold(1, usize::saturating_mul)
}

/// All parameters of the target, in traversal order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfShapes(pub(crate) Vec<InfShape>);

impl InfShapes {
    /// The parameters, in traversal order.
    pub fn iter(&self) -> std::slice::Iter<'_, InfShape> {
        self.0.iter()
    }

    /// The parameter at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&InfShape> {
        self.0.iter().find(|param| param.path == path)
    }
}

impl<'a> IntoIterator for &'a InfShapes {
    type Item = &'a InfShape;
    type IntoIter = std::slice::Iter<'a, InfShape>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
