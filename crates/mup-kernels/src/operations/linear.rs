//! Linear layers, and what follows them while a piece is in the cache.

use burn::tensor::{Tensor, module};

use super::groups;
use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused, rows},
    slices::{linear, real::Real},
};

/// x W + b of `[groups, .., input]`.
///
/// W is `[input, width]` and b `[width]`, or both have a leading `groups` axis (W `[groups, input, width]`).
///
/// # Panics
///
/// Panics if the shapes do not fit.
#[must_use]
pub fn linear<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {
    check("linear", &x, &weight, bias.as_ref());
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        return fused!(Linear { gelu: false }, x, weight, bias, None::<Tensor<D>>);
    }
    portable(x, weight, bias)
}

/// GELU(x W + b), with the exact GELU; shapes as in [`linear`].
///
/// # Panics
///
/// As [`linear`].
#[must_use]
pub fn linear_gelu<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {
    check("linear_gelu", &x, &weight, bias.as_ref());
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        return fused!(Linear { gelu: true }, x, weight, bias, None::<Tensor<D>>);
    }
    crate::gelu(portable(x, weight, bias))
}

/// residual + x W + b, the end of a residual branch; shapes as in [`linear`].
///
/// # Panics
///
/// As [`linear`].
#[must_use]
pub fn linear_residual<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
    residual: Tensor<D>,
) -> Tensor<D> {
    check("linear_residual", &x, &weight, bias.as_ref());
    shapes::residual(&x.dims(), &weight.dims(), &residual.dims());
    #[cfg(feature = "host")]
    if crate::is_fused(&x) {
        return fused!(Linear { gelu: false }, x, weight, bias, residual);
    }
    residual + portable(x, weight, bias)
}

pub(super) fn check<const D: usize, const W: usize, const B: usize>(
    operation: &str,
    x: &Tensor<D>,
    weight: &Tensor<W>,
    bias: Option<&Tensor<B>>,
) {
    let bias = bias.map(Tensor::dims);
    shapes::linear(operation, &x.dims(), &weight.dims(), bias.as_ref().map(<[usize; B]>::as_slice));
}

pub(crate) fn portable<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {
    let mut dims = x.dims();
    let shape = weight.dims();
    let (input, width) = (shape[W - 2], shape[W - 1]);
    let Some(groups) = groups(shape, 2) else {
        return module::linear(x, weight.reshape([input, width]), bias.map(|bias| bias.reshape([width])));
    };
    let rows = dims[..D - 1].iter().product::<usize>() / groups;
    let x: Tensor<3> = x.reshape([groups, rows, input]);
    let y = x.matmul(weight.reshape([groups, input, width]));
    let y = match bias {
        Some(bias) => y + bias.reshape([groups, 1, width]),
        None => y,
    };
    dims[D - 1] = width;
    y.reshape(dims)
}

/// Of x, W, b and the residual.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Linear {
    gelu: bool,
}

#[cfg(feature = "host")]
impl Operation<4> for Linear {
    const READ: [bool; 4] = [true, true, false, false];

    fn forward<H: Host, R: Real>(
        &self,
        [x, weight, bias, residual]: &[Input<H, R>; 4],
    ) -> (Output<H, R>, Vec<Output<H, R>>) {
        let layers = [layer(weight, bias)];
        let mut y = output(x, &layers);
        let mut activated = self.gelu.then(|| output(x, &layers));
        let target = activated.as_mut().map(Output::get);
        linear::forward(shape(x, weight), x.get(), &layers, residual.present(), y.get(), target);
        match activated {
            Some(activated) => (activated, vec![y]),
            None => (y, Vec::new()),
        }
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 4>) -> [Option<Output<H, R>>; 4] {
        let Backward { mut gradient, inputs: [x, weight, bias, _], saved, wanted } = pass;
        if let [before] = &saved[..] {
            linear::through_gelu(before.get(), gradient.write());
        }
        let (dx, [(dweight, dbias)]) = gradients(&gradient, &x, [(&weight, &bias)], wanted[0]);
        [dx, Some(dweight), dbias, wanted[3].then(|| gradient.into_output()).flatten()]
    }
}

/// Sizes of a layer's input.
#[cfg(feature = "host")]
pub(super) fn shape<H: Host, R: Real>(x: &Input<H, R>, weight: &Input<H, R>) -> linear::Shape {
    let (groups, rows, input) = rows(x.dims(), weight.dims(), 2);
    linear::Shape { groups, rows, input }
}

#[cfg(feature = "host")]
pub(super) fn layer<'a, H: Host, R: Real>(weight: &'a Input<H, R>, bias: &'a Input<H, R>) -> linear::Layer<'a, R> {
    linear::Layer { weight: weight.get(), bias: bias.present(), width: weight.width() }
}

/// Room for the layers' outputs, side by side.
#[cfg(feature = "host")]
pub(super) fn output<H: Host, R: Real>(x: &Input<H, R>, layers: &[linear::Layer<'_, R>]) -> Output<H, R> {
    let mut dims = x.dims().to_vec();
    *dims.last_mut().expect("a tensor with axes") = linear::width(layers);
    Output::new(&dims)
}

/// Weight and bias of a layer.
#[cfg(feature = "host")]
pub(super) type Parameters<'a, H, R> = (&'a Input<H, R>, &'a Input<H, R>);

/// Their gradients.
#[cfg(feature = "host")]
pub(super) type Gradients<H, R> = (Output<H, R>, Option<Output<H, R>>);

/// The gradient of x, if it is wanted.
#[cfg(feature = "host")]
type Dx<H, R> = Option<Output<H, R>>;

/// Gradients of x, if it is wanted, and of each layer's weight and bias.
#[cfg(feature = "host")]
pub(super) fn gradients<H: Host, R: Real, const L: usize>(
    gradient: &Input<H, R>,
    x: &Input<H, R>,
    parameters: [Parameters<'_, H, R>; L],
    wants_x: bool,
) -> (Dx<H, R>, [Gradients<H, R>; L]) {
    let layers =
        parameters.map(|(weight, _)| linear::Layer { weight: weight.get(), bias: None, width: weight.width() });
    let mut found = parameters.map(|(weight, bias)| (weight.room(), bias.is_present().then(|| bias.zeros())));
    let mut dx = wants_x.then(|| x.room());
    let mut targets = found
        .each_mut()
        .map(|(weight, bias)| linear::Gradient { weight: weight.get(), bias: bias.as_mut().map(Output::get) });
    let shape = shape(x, parameters[0].0);
    linear::backward(shape, x.get(), &layers, gradient.get(), dx.as_mut().map(Output::get), &mut targets);
    (dx, found)
}
