//! The update of SGD in one pass.

use burn::tensor::Tensor;

#[cfg(feature = "host")]
use crate::{
    slices::real::Real,
    slices::sgd::sgd,
    update::{Update, in_place, is_possible},
};

/// The numbers of one step of SGD for one tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// η, the learning rate of this step.
    pub rate: f64,
    /// μ, the decay of the velocity.
    pub momentum: f64,
    /// Nesterov's form: the update is μ v + g.
    pub nesterov: bool,
    /// Coupled L2: added to the gradient, times the weight.
    pub l2: f64,
}

/// w ← w − η u with g ← g + l2 · w, v ← μ v + g and u = v, or g without a velocity; returns the weight and the velocity.
///
/// The velocity begins as zeros. On flex everything is updated in place, in one pass, unless somebody else holds the tensors.
///
/// # Panics
///
/// Panics if the shapes differ.
///
/// # Reference
///
/// `torch.optim.SGD` without dampening.
#[must_use]
pub fn sgd_step<const D: usize>(
    step: Sgd,
    weight: Tensor<D>,
    velocity: Option<Tensor<D>>,
    gradient: Tensor<D>,
) -> (Tensor<D>, Option<Tensor<D>>) {
    let (wanted, given) = (weight.dims(), gradient.dims());
    assert_eq!(wanted, given, "sgd_step: weight and gradient have one shape");
    assert!(velocity.iter().all(|velocity| velocity.dims() == wanted), "sgd_step: weight and velocity have one shape");
    #[cfg(feature = "host")]
    if is_possible(&weight, &[&gradient]) {
        return match velocity {
            None => {
                let [weight] = in_place([weight], gradient, &step);
                (weight, None)
            }
            Some(velocity) => {
                let [weight, velocity] = in_place([weight, velocity.cast(gradient.dtype())], gradient, &step);
                (weight, Some(velocity))
            }
        };
    }
    portable(step, weight, velocity, gradient)
}

fn portable<const D: usize>(
    step: Sgd,
    weight: Tensor<D>,
    velocity: Option<Tensor<D>>,
    gradient: Tensor<D>,
) -> (Tensor<D>, Option<Tensor<D>>) {
    let gradient = if step.l2 == 0.0 { gradient } else { weight.clone() * step.l2 + gradient };
    let velocity = velocity.map(|velocity| gradient.clone() + velocity * step.momentum);
    let update = match &velocity {
        Some(velocity) if step.nesterov => velocity.clone() * step.momentum + gradient,
        Some(velocity) => velocity.clone(),
        None => gradient,
    };
    (weight - update * step.rate, velocity)
}

#[cfg(feature = "host")]
impl Update<1> for Sgd {
    fn update<R: Real>(&self, [weight]: [&mut [R]; 1], gradient: &[R]) {
        sgd(*self, weight, None, gradient);
    }
}

#[cfg(feature = "host")]
impl Update<2> for Sgd {
    fn update<R: Real>(&self, [weight, velocity]: [&mut [R]; 2], gradient: &[R]) {
        sgd(*self, weight, Some(velocity), gradient);
    }
}
