//! Clipping each trial by its own global norm.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, FloatDType, Tensor};
use mup_kernels::kept_numbers;

use crate::OptimError;
use crate::global_clip::EPSILON;
use crate::hyperparameters::Check;

/// [`clip_by_global_norm`](crate::clip_by_global_norm) of each of K trials that are trained as one module, with its own
/// threshold; returns the norms before clipping, `[trials]`. A trial whose norm is not finite changes no other. A trial
/// with an infinite threshold keeps its gradients as they are.
///
/// # Errors
///
/// [`OptimError::Hyperparameter`] for a threshold that is not positive; [`OptimError::NoGradients`];
/// [`OptimError::ForeignGradients`] if some gradients belong to no parameter of the module; [`OptimError::TrialCount`]
/// unless there is one threshold for each trial.
pub fn clip_each_by_global_norm<M: Module>(
    module: &M,
    mut gradients: GradientsParams,
    max_norms: &[f64],
) -> Result<(GradientsParams, Tensor<1>), OptimError> {
    for max_norm in max_norms.iter().filter(|max_norm| max_norm.is_nan() || **max_norm <= 0.0) {
        Check("clip_each_by_global_norm").positive("max_norms", *max_norm)?;
    }
    let mut squares = Squares { gradients: &gradients, sum: None, n: 0 };
    module.visit(&mut squares);
    let (sum, n) = (squares.sum, squares.n);
    let n_gradients = gradients.len();
    if n < n_gradients {
        return Err(OptimError::ForeignGradients { n_foreign: n_gradients - n, n_gradients });
    }
    let norms = sum.ok_or(OptimError::NoGradients)?.sqrt();
    let [trials] = norms.dims();
    if trials != max_norms.len() {
        return Err(OptimError::TrialCount { what: "thresholds".to_owned(), found: max_norms.len(), trials });
    }
    if max_norms.iter().all(|max_norm| max_norm.is_infinite()) {
        return Ok((gradients, norms));
    }
    let max_norms = kept_numbers(max_norms, (&norms.device(), norms.dtype()));
    let infinite = max_norms.clone().is_inf();
    let quotients = max_norms / norms.clone().add_scalar(EPSILON);
    // A comparison with NaN is false on every device; whether a clamp keeps NaN depends on the device.
    let large = quotients.clone().greater_scalar(1.0);
    let factors = quotients.mask_fill(large, 1.0).mask_fill(infinite, 1.0);
    module.visit(&mut Scale { gradients: &mut gradients, factors });
    Ok((gradients, norms))
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
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
        let (trials, entries) = (gradient.dims()[0], gradient.shape().num_elements());
        let rows: Tensor<2> = gradient.reshape([trials, entries / trials]);
        let squares = rows.square().sum_dim(1).reshape([trials]);
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + squares,
            None => squares,
        });
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factors: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return };
        let mut dims = [1; D];
        dims[0] = gradient.dims()[0];
        let factors = self.factors.clone().cast(gradient.dtype()).reshape(dims);
        self.gradients.register(param.id, gradient * factors);
    }
}
