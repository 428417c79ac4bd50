//! Root-mean-square normalization.

use burn::tensor::{DType, FloatDType, Tensor};

use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused, rows},
    slices::{
        real::Real,
        rms_norm::{self, Saved, Shape},
    },
};

/// γ x / √(mean(x²) + ε) over the last axis of `[groups, .., width]`, without γ if there is none.
///
/// γ is `[width]`, or `[groups, width]` for groups with gains of their own. On heads `[.., heads, width]` it is QK-norm; see
/// [`qk_norm`](crate::qk_norm).
///
/// # Panics
///
/// Panics if the shapes do not fit.
///
/// # Reference
///
/// Zhang & Sennrich, arXiv:1910.07467.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// let x = Tensor::<2>::from_floats([[3.0, 4.0]], &Device::flex());
/// let y = mup_kernels::rms_norm(x, None::<Tensor<1>>, 0.0);
/// assert!((y.square().mean().into_scalar::<f32>() - 1.0).abs() < 1e-6);
/// ```
#[must_use]
pub fn rms_norm<const D: usize, const P: usize>(x: Tensor<D>, gamma: Option<Tensor<P>>, epsilon: f64) -> Tensor<D> {
    let dims = gamma.as_ref().map(Tensor::dims);
    shapes::rms_norm(&x.dims(), dims.as_ref().map(<[usize; P]>::as_slice));
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        return fused!(RmsNorm { epsilon }, x, gamma);
    }
    portable(x, gamma, epsilon)
}

pub(crate) fn portable<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Option<Tensor<P>>,
    epsilon: f64,
) -> Tensor<D> {
    let dtype = x.dtype();
    if matches!(dtype, DType::F16 | DType::BF16) {
        // The square of 256 is no f16 any more.
        let gamma = gamma.map(|gamma| gamma.cast(FloatDType::F32));
        return portable(x.cast(FloatDType::F32), gamma, epsilon).cast(dtype);
    }
    let scale = x.clone().square().mean_dim(D - 1).add_scalar(epsilon).sqrt().recip();
    let unit = x * scale;
    let Some(gamma) = gamma else { return unit };
    let dims = unit.dims();
    let groups = if P > 1 { gamma.dims()[0] } else { 1 };
    let rows = dims[..D - 1].iter().product::<usize>() / groups.max(1);
    let unit: Tensor<3> = unit.reshape([groups, rows, dims[D - 1]]);
    (unit * gamma.reshape([groups, 1, dims[D - 1]])).reshape(dims)
}

/// Of x and γ.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct RmsNorm {
    epsilon: f64,
}

#[cfg(feature = "host")]
impl Operation<2> for RmsNorm {
    const READ: [bool; 2] = [true; 2];

    fn forward<H: Host, R: Real>(&self, [x, gamma]: &[Input<H, R>; 2]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let (groups, rows, width) = rows(x.dims(), gamma.dims(), 1);
        let (mut y, mut scales) = (x.room(), Output::new(&[groups, rows]));
        let shape = Shape { rows, width, heads: [1, 0], rest: 0 };
        rms_norm::forward(shape, x.get(), [gamma.get(), &[]], self.epsilon, y.get(), scales.get());
        (y, vec![scales])
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 2>) -> [Option<Output<H, R>>; 2] {
        let [x, gamma] = &pass.inputs;
        let (_, rows, width) = rows(x.dims(), gamma.dims(), 1);
        let shape = Shape { rows, width, heads: [1, 0], rest: 0 };
        let (mut dx, mut dgamma) = (x.room(), gamma.zeros());
        let saved = Saved { x: x.get(), gains: [gamma.get(), &[]], scales: pass.saved[0].get() };
        rms_norm::backward(shape, saved, pass.gradient.get(), dx.get(), [dgamma.get(), &mut []]);
        [Some(dx), gamma.is_present().then_some(dgamma)]
    }
}
