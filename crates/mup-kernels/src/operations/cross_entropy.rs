//! Cross-entropy, with what today's models add to it.

use burn::tensor::{Int, Tensor};

use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused, indices},
    slices::{
        cross_entropy::{self as slices, Shape},
        real::Real,
    },
};
#[cfg(feature = "host")]
use std::sync::Arc;

/// Mean cross-entropy, in nats, of logits `[groups, examples, classes]` (or `[examples, classes]` for one group) against
/// targets of the same shape without the last axis; `[groups]`.
///
/// Equal to `torch.nn.functional.cross_entropy` of each group.
///
/// # Panics
///
/// Panics if there is not one target for each row of logits, or one is not a class.
#[must_use]
pub fn cross_entropy<const D: usize, const T: usize>(logits: Tensor<D>, targets: Tensor<T, Int>) -> Tensor<1> {
    cross_entropy_with(logits, targets, LossTerms::default())
}

/// What is done with logits beside a softmax.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossTerms {
    /// c: logits z become c tanh(z / c), so that none exceeds c.
    pub soft_cap: Option<f64>,
    /// Factor on the mean of (log Σ exp z)², which keeps the logits near 0; 0 for none.
    pub z_loss: f64,
}

/// [`cross_entropy`](crate::cross_entropy) of capped logits, plus the z-loss of each group; `[groups]`.
///
/// # Panics
///
/// As [`cross_entropy`](crate::cross_entropy), or if the cap is not positive.
///
/// # Reference
///
/// Soft-cap: Gemma 2, arXiv:2408.00118, section 2; z-loss: PaLM, arXiv:2204.02311, section 5.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use mup_kernels::{LossTerms, cross_entropy_with};
/// let device = Device::flex();
/// let (logits, targets) = (Tensor::<2>::ones([4, 10], &device), Tensor::<1, Int>::zeros([4], &device));
/// let terms = LossTerms { soft_cap: Some(30.0), z_loss: 1e-4 };
/// let loss = cross_entropy_with(logits, targets, terms).into_scalar::<f32>();
/// assert!((loss - 10.0_f32.ln()).abs() < 2e-3);
/// ```
#[must_use]
pub fn cross_entropy_with<const D: usize, const T: usize>(
    logits: Tensor<D>,
    targets: Tensor<T, Int>,
    terms: LossTerms,
) -> Tensor<1> {
    shapes::cross_entropy(&logits.dims(), &targets.dims());
    let LossTerms { soft_cap, z_loss } = terms;
    let cap = soft_cap.unwrap_or(1.0);
    assert!(cap > 0.0 && cap.is_finite(), "cross_entropy: the soft-cap is {cap}, but has to be positive and finite");
    assert!(z_loss.is_finite(), "cross_entropy: the z-loss is {z_loss}, but has to be finite");
    #[cfg(feature = "host")]
    if crate::is_fused(&logits) {
        let targets = indices(targets, logits.dims()[D - 1], "cross_entropy, classes");
        return fused!(CrossEntropy { targets, terms }, logits);
    }
    portable(logits, targets, terms)
}

/// log Σ exp(z) − z_target with the row's maximum subtracted, which takes fewer passes under autodiff than a log-softmax.
pub(crate) fn portable<const D: usize, const T: usize>(
    logits: Tensor<D>,
    targets: Tensor<T, Int>,
    terms: LossTerms,
) -> Tensor<1> {
    let dims = logits.dims();
    let (rows, classes) = (dims[D - 2], dims[D - 1]);
    let groups: usize = dims[..D - 2].iter().product();
    let logits: Tensor<3> = logits.reshape([groups, rows, classes]);
    let logits = match terms.soft_cap {
        // Burn 0.22.1 rounds the gradient of a quotient by a number to f32.
        Some(cap) => logits.mul_scalar(1.0 / cap).tanh().mul_scalar(cap),
        None => logits,
    };
    let max = logits.clone().detach().max_dim(2);
    let centered = logits - max.clone();
    let log_sum = centered.clone().exp().sum_dim(2).log();
    let target = centered.gather(2, targets.reshape([groups, rows, 1]));
    let mut loss = log_sum.clone() - target;
    if terms.z_loss != 0.0 {
        loss = loss + (log_sum + max).square().mul_scalar(terms.z_loss);
    }
    loss.mean_dim(1).reshape([groups])
}

/// Of the logits.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct CrossEntropy {
    targets: Arc<[usize]>,
    terms: LossTerms,
}

#[cfg(feature = "host")]
impl CrossEntropy {
    fn inputs<'a, H: Host, R: Real>(&'a self, logits: &'a Input<H, R>) -> (Shape, slices::Inputs<'a, R>) {
        let [ref groups @ .., rows, classes] = *logits.dims() else { unreachable!("checked before") };
        let shape = Shape { groups: groups.iter().product(), rows, classes };
        (shape, slices::Inputs { logits: logits.get(), targets: &self.targets, terms: self.terms })
    }
}

#[cfg(feature = "host")]
impl Operation<1> for CrossEntropy {
    const READ: [bool; 1] = [true];

    fn forward<H: Host, R: Real>(&self, [logits]: &[Input<H, R>; 1]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let (shape, inputs) = self.inputs(logits);
        let (mut losses, mut log_sums) = (Output::new(&[shape.groups]), Output::new(&[shape.groups, shape.rows]));
        losses.get().copy_from_slice(&slices::forward(shape, inputs, log_sums.get()));
        (losses, vec![log_sums])
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 1>) -> [Option<Output<H, R>>; 1] {
        let [logits] = &pass.inputs;
        let (shape, inputs) = self.inputs(logits);
        let mut dlogits = logits.room();
        slices::backward(shape, inputs, pass.saved[0].get(), pass.gradient.get(), dlogits.get());
        [Some(dlogits)]
    }
}
