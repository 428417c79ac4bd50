//! Clipping each trial by its own global norm.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use mup_kernels::kept_numbers;

use crate::OptimError;
use crate::global_clip::{EPSILON, Of, Scale, norms};
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
    let norms = norms(module, &gradients, Of::EachTrial)?;
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
