//! Layer normalization.

use burn::tensor::{Tensor, module};

use super::groups;
use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused, rows},
    slices::{layer_norm, real::Real},
};

/// γ (x − mean) / √(variance + ε) + β over the last axis of `[groups, .., width]`.
///
/// γ and β are `[width]`, or `[groups, width]` for groups with parameters of their own.
///
/// # Panics
///
/// Panics if the shapes do not fit.
///
/// # Reference
///
/// Ba, Kiros & Hinton, arXiv:1607.06450.
#[must_use]
pub fn layer_norm<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Tensor<P>,
    beta: Tensor<P>,
    epsilon: f64,
) -> Tensor<D> {
    shapes::layer_norm(&x.dims(), &gamma.dims(), &beta.dims());
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        return fused!(LayerNorm { epsilon }, x, gamma, beta);
    }
    portable(x, gamma, beta, epsilon)
}

pub(crate) fn portable<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Tensor<P>,
    beta: Tensor<P>,
    epsilon: f64,
) -> Tensor<D> {
    let dims = x.dims();
    let width = dims[D - 1];
    let Some(groups) = groups(gamma.dims(), 1) else {
        return module::layer_norm(x, gamma.reshape([width]), Some(beta.reshape([width])), epsilon);
    };
    let x: Tensor<3> = x.reshape([groups, dims[..D - 1].iter().product::<usize>() / groups, width]);
    let (device, dtype) = (x.device(), x.dtype());
    let unit = module::layer_norm(x, Tensor::ones([width], (&device, dtype)), None, epsilon);
    let [gamma, beta] = [gamma, beta].map(|parameter| parameter.reshape([groups, 1, width]));
    (unit * gamma + beta).reshape(dims)
}

/// Of x, γ and β.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct LayerNorm {
    epsilon: f64,
}

#[cfg(feature = "host")]
impl Operation<3> for LayerNorm {
    const READ: [bool; 3] = [true, true, false];

    fn forward<H: Host, R: Real>(&self, [x, gamma, beta]: &[Input<H, R>; 3]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let (groups, rows, width) = rows(x.dims(), gamma.dims(), 1);
        let (mut y, mut statistics) = (x.room(), Output::new(&[groups, rows, 2]));
        let shape = layer_norm::Shape { rows, width };
        layer_norm::forward(shape, x.get(), gamma.get(), beta.get(), self.epsilon, y.get(), statistics.get());
        (y, vec![statistics])
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 3>) -> [Option<Output<H, R>>; 3] {
        let [x, gamma, beta] = &pass.inputs;
        let (_, rows, width) = rows(x.dims(), gamma.dims(), 1);
        let (mut dx, mut dgamma, mut dbeta) = (x.room(), gamma.zeros(), beta.zeros());
        let saved = layer_norm::Saved { x: x.get(), gamma: gamma.get(), statistics: pass.saved[0].get() };
        let shape = layer_norm::Shape { rows, width };
        layer_norm::backward(shape, saved, pass.gradient.get(), dx.get(), dgamma.get(), dbeta.get());
        [dx, dgamma, dbeta].map(Some)
    }
}
