//! The norm of a model: one of two, chosen by data.

use burn::config::Config;
use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

use super::{LayerNorm, Parameters, RmsNorm};

/// Which norm.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// Less the mean, over the standard deviation (arXiv:1607.06450).
    Layer,
    /// Over the root of the mean square (arXiv:1910.07467).
    Rms,
}

/// What every norm of a model is.
#[derive(Config, Debug, Copy, PartialEq)]
pub struct NormConfig {
    /// Default: layer norm.
    #[config(default = "NormKind::Layer")]
    pub kind: NormKind,
    /// Whether it has a gain, and a layer norm a shift. Default: true.
    #[config(default = true)]
    pub gain: bool,
    /// Added to the mean square. Default: 10⁻⁵.
    #[config(default = 1e-5)]
    pub epsilon: f64,
}

/// A [`LayerNorm`] or an [`RmsNorm`], with the parameters of the one that it is under the path of the norm.
///
/// `V` is the rank of its vectors: 1, or 2 in a stack of trials.
#[derive(Clone, Debug)]
pub enum Norm<const V: usize = 1> {
    /// Less the mean, over the standard deviation.
    Layer(LayerNorm<V>),
    /// Over the root of the mean square.
    Rms(RmsNorm<V>),
}

impl<const V: usize> Norm<V> {
    pub(crate) fn made(parameters: &Parameters, width: usize, config: &NormConfig) -> Self {
        match config.kind {
            NormKind::Layer => Self::Layer(LayerNorm::made(parameters, width, config)),
            NormKind::Rms => Self::Rms(RmsNorm::made(parameters, width, config)),
        }
    }

    /// `[.., width]` to the same shape.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not the norm's.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.forward_times(x, None)
    }

    /// Times a factor `[1]`.
    pub(crate) fn forward_times<const D: usize>(&self, x: Tensor<D>, factor: Option<&Param<Tensor<V>>>) -> Tensor<D> {
        match self {
            Self::Layer(norm) => norm.forward_times(x, factor),
            Self::Rms(norm) => norm.forward_times(x, factor),
        }
    }

    /// The same norm, whose result is multiplied by a factor `[width]` or `[1]`.
    pub(crate) fn scaled(self, factor: &Tensor<V>) -> Self {
        match self {
            Self::Layer(norm) => Self::Layer(norm.scaled(factor)),
            Self::Rms(norm) => Self::Rms(norm.scaled(factor)),
        }
    }
}

/// What Burn derives for the one of the two, so that no name stands between the norm's path and its parameters.
macro_rules! either {
    ($norm:expr, $inner:ident => $value:expr) => {
        match $norm {
            Norm::Layer($inner) => $value,
            Norm::Rms($inner) => $value,
        }
    };
    ($norm:expr, $inner:ident in $value:expr) => {
        match $norm {
            Norm::Layer($inner) => Norm::Layer($value),
            Norm::Rms($inner) => Norm::Rms($value),
        }
    };
}

impl<const V: usize> Module for Norm<V> {
    fn collect_devices(&self, devices: Devices) -> Devices {
        either!(self, norm => norm.collect_devices(devices))
    }

    fn fork(self, device: &Device) -> Self {
        either!(self, norm in norm.fork(device))
    }

    fn to_device(self, device: &Device) -> Self {
        either!(self, norm in norm.to_device(device))
    }

    fn valid(&self) -> Self {
        either!(self, norm in norm.valid())
    }

    fn train(self) -> Self {
        either!(self, norm in norm.train())
    }

    fn materialize(self) -> Self {
        either!(self, norm in norm.materialize())
    }

    fn visit<Visitor: ModuleVisitor>(&self, visitor: &mut Visitor) {
        either!(self, norm => norm.visit(visitor));
    }

    fn map<Mapper: ModuleMapper>(self, mapper: &mut Mapper) -> Self {
        either!(self, norm in norm.map(mapper))
    }
}

impl<const V: usize> ModuleDisplayDefault for Norm<V> {
    fn content(&self, content: Content) -> Option<Content> {
        either!(self, norm => norm.content(content))
    }

    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}

impl<const V: usize> ModuleDisplay for Norm<V> {}

impl<const V: usize> std::fmt::Display for Norm<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        either!(self, norm => norm.fmt(f))
    }
}
