//! Clipping by the global norm, which Burn does not have: its own `GradientClipping` works tensor by tensor.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, FloatDType, Tensor};

use crate::OptimError;
use crate::hyperparameters::Check;

/// As in PyTorch: keeps the quotient finite when every gradient is zero.
pub(crate) const EPSILON: f64 = 1e-6;

/// Scales all gradients by `max_norm / (norm + 1e-6)` if that is below 1, where `norm` is the Euclidean norm of
/// all gradients together, and returns them with the norm before clipping.
///
/// The threshold is constant in width (Tensor Programs V, arXiv:2203.03466v2, B.3). An infinite `max_norm`
/// measures and leaves every gradient as it is, to the bit, whatever the norm. The norm stays on the device: nothing
/// waits for it until it is read.
///
/// A norm that is not finite is not hidden by a finite threshold: if it is NaN, every gradient becomes NaN; if it is infinite, finite
/// gradients become 0 and infinite ones NaN, as in PyTorch. Read the norm to skip such a step. Squares are
/// summed in f32 at least, so a norm above about 1e19 counts as infinite.
///
/// # Errors
///
/// [`OptimError::Hyperparameter`] for a threshold that is not positive; [`OptimError::NoGradients`];
/// [`OptimError::ForeignGradients`] if some gradients belong to no parameter of the module.
///
/// # Example
///
/// ```
/// use burn::{nn::LinearConfig, optim::GradientsParams, tensor::{Device, Tensor}};
/// let device = Device::flex().autodiff();
/// let model = LinearConfig::new(4, 2).init(&device);
/// let loss = model.forward(Tensor::<2>::ones([3, 4], &device)).sum();
/// let gradients = GradientsParams::from_grads(loss.backward(), &model);
/// let (gradients, norm) = mup_optim::clip_by_global_norm(&model, gradients, 1.0)?;
/// assert!(norm.into_scalar::<f32>() > 1.0);
/// # Ok::<(), mup_optim::OptimError>(())
/// ```
///
/// # Reference
///
/// `torch.nn.utils.clip_grad_norm_` with `error_if_nonfinite=False`, PyTorch 2.15.
pub fn clip_by_global_norm<M: Module>(
    module: &M,
    mut gradients: GradientsParams,
    max_norm: f64,
) -> Result<(GradientsParams, Tensor<1>), OptimError> {
    if max_norm.is_nan() || max_norm <= 0.0 {
        Check("clip_by_global_norm").positive("max_norm", max_norm)?;
    }
    let norm = norms(module, &gradients, Of::Everything)?;
    if max_norm.is_infinite() {
        return Ok((gradients, norm));
    }
    let quotient = norm.clone().add_scalar(EPSILON).recip().mul_scalar(max_norm);
    // A comparison with NaN is false on every device; whether a clamp keeps NaN depends on the device.
    let large = quotient.clone().greater_scalar(1.0);
    let factor = quotient.mask_fill(large, 1.0);
    module.visit(&mut Scale { gradients: &mut gradients, factors: factor });
    Ok((gradients, norm))
}

/// Whose norm is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// One of all gradients together.
    Everything,
    /// One of each entry of the first axis, which is a trial.
    EachTrial,
}

/// Euclidean norms of all gradients, `[1]` or `[trials]`, in f32 at least.
pub(crate) fn norms<M: Module>(module: &M, gradients: &GradientsParams, of: Of) -> Result<Tensor<1>, OptimError> {
    let mut squares = Squares { gradients, of, sum: None, n: 0 };
    module.visit(&mut squares);
    let (n, n_gradients) = (squares.n, gradients.len());
    if n < n_gradients {
        return Err(OptimError::ForeignGradients { n_foreign: n_gradients - n, n_gradients });
    }
    Ok(squares.sum.ok_or(OptimError::NoGradients)?.sqrt())
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    of: Of,
    sum: Option<Tensor<1>>,
    n: usize,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        self.n += 1;
        let gradient = match gradient.dtype() {
            DType::F32 | DType::F64 => gradient,
            _ => gradient.cast(FloatDType::F32),
        };
        let square = if self.of == Of::Everything {
            gradient.square().sum()
        } else {
            let (trials, entries) = (gradient.dims()[0], gradient.shape().num_elements());
            let rows: Tensor<2> = gradient.reshape([trials, entries / trials]);
            rows.square().sum_dim(1).reshape([trials])
        };
        self.sum = Some(match self.sum.take() {
            Some(sum) => {
                let square = square.to_device(&sum.device()).cast(sum.dtype());
                sum + square
            }
            None => square,
        });
    }
}

/// Multiplies every gradient by one factor, or each entry of its first axis by its own.
pub(crate) struct Scale<'a> {
    pub(crate) gradients: &'a mut GradientsParams,
    pub(crate) factors: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return };
        let factors = self.factors.clone().to_device(&gradient.device()).cast(gradient.dtype());
        let mut dims = [1; D];
        dims[0] = factors.dims()[0];
        self.gradients.register(param.id, gradient * factors.reshape(dims));
    }
}
