//! Shapes of parameters, before and after comparison with the base.

use serde::{Deserialize, Serialize};

use crate::{Axes, Axis, Dim, Feeds, Kind, ParamSpec, Place, Role, Stack};

/// One parameter as read from a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// Where its output goes, if that is declared.
    #[serde(default, skip_serializing_if = "Feeds::is_unsaid")]
    pub feeds: Feeds,
    /// Whether the order of its axes rests on the layer's name alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
    /// Type of the module that the layer is a field of, such as `MultiHeadAttention`; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
    /// Where it stands relative to the residual stream, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Name of that stream, if another than that of its list of blocks is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

impl ParamShape {
    /// A parameter as declared: `layer` is the type that owns it.
    pub fn new(
        path: impl Into<String>,
        layer: impl Into<String>,
        dims: impl Into<Vec<usize>>,
        spec: ParamSpec,
    ) -> Self {
        let ParamSpec { axes, kind, multiplied, feeds } = spec;
        Self {
            path: path.into(),
            layer: layer.into(),
            dims: dims.into(),
            axes,
            kind,
            multiplied,
            feeds,
            by_name: false,
            within: String::new(),
            place: None,
            stream: None,
        }
    }
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
#[non_exhaustive]
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
    /// Where its output goes, if that is declared or follows from the other parameters.
    #[serde(default, skip_serializing_if = "Feeds::is_unsaid")]
    pub feeds: Feeds,
    /// Whether the order of its axes rests on the layer's name alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
    /// Type of the module that the layer is a field of, such as `MultiHeadAttention`; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
    /// Where it stands relative to the residual stream; none in a repeated block where nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The residual stream of its repeated block, with its length in base and target; none outside of blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<Stack>,
}

impl InfShape {
    /// A parameter whose dimensions are classified already: `layer` is the type that owns it.
    pub fn new(path: impl Into<String>, layer: impl Into<String>, dims: impl Into<Vec<Dim>>, spec: ParamSpec) -> Self {
        let ParamSpec { axes, kind, multiplied, feeds } = spec;
        Self {
            path: path.into(),
            layer: layer.into(),
            dims: dims.into(),
            axes,
            kind,
            multiplied,
            feeds,
            by_name: false,
            within: String::new(),
            place: None,
            stack: None,
        }
    }

    /// Where the infinite axes lie, and where the output goes.
    #[must_use]
    pub fn role(&self) -> Role {
        match Role::classify(&self.axes, &self.dims) {
            Role::Output if self.feeds == Feeds::Inner || self.is_undecided() => Role::Inner,
            role => role,
        }
    }

    /// Whether the axes in the other order (in for out) would be prescribed otherwise.
    #[must_use]
    pub fn order_matters(&self) -> bool {
        let exchanged = |axis: &Axis| match axis {
            Axis::In => Axis::Out,
            Axis::Out => Axis::In,
            other => *other,
        };
        let axes = Axes::new(self.axes.as_slice().iter().map(exchanged).collect::<Vec<_>>());
        let other = Self { axes, ..self.clone() };
        let key = |shape: &Self| (Role::classify(&shape.axes, &shape.dims), shape.base_fan_in(), shape.fan_in());
        self.axes.as_slice().contains(&Axis::In) && key(self) != key(&other)
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

    /// Number of infinite axes, those of experts left out: they are no width.
    #[must_use]
    pub fn n_infinite(&self) -> usize {
        let axes = self.axes.as_slice().iter().zip(&self.dims);
        axes.filter(|(axis, dim)| **axis != Axis::Expert && dim.is_infinite()).count()
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
    /// Classified parameters in traversal order; [`BaseShapes::apply`](crate::BaseShapes::apply) classifies a module's.
    #[must_use]
    pub fn new(params: Vec<InfShape>) -> Self {
        Self(params)
    }

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
