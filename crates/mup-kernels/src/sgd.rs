//! The update of SGD in one pass.

use burn::tensor::Tensor;

use crate::kept_numbers;

#[cfg(feature = "host")]
use crate::{
    slices::real::Real,
    slices::sgd::sgd,
    update::{Update, in_place, is_possible},
};

/// The numbers of one step of SGD for one tensor, or for one group of it.
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
/// With several steps, the first axis of every tensor is divided among them: one step for each group. The velocity begins as
/// zeros; a group without momentum beside others that have it keeps its gradient there. On flex everything is updated in place, in one pass, unless somebody else holds the tensors.
///
/// # Panics
///
/// Panics if the shapes differ or cannot be divided.
///
/// # Reference
///
/// `torch.optim.SGD` without dampening.
#[must_use]
pub fn sgd_step<const D: usize>(
    steps: &[Sgd],
    weight: Tensor<D>,
    velocity: Option<Tensor<D>>,
    gradient: Tensor<D>,
) -> (Tensor<D>, Option<Tensor<D>>) {
    let (shape, given) = (weight.dims(), gradient.dims());
    assert_eq!(shape, given, "sgd_step: weight and gradient have one shape");
    assert!(velocity.iter().all(|velocity| velocity.dims() == shape), "sgd_step: weight and velocity have one shape");
    let divides = !steps.is_empty() && (steps.len() == 1 || shape[0].is_multiple_of(steps.len()));
    assert!(divides, "sgd_step: the first axis of {shape:?} cannot be divided among {} steps", steps.len());
    #[cfg(feature = "host")]
    if is_possible(&weight, &[&gradient]) {
        return match velocity {
            None => {
                let [weight] = in_place([weight], gradient, &steps);
                (weight, None)
            }
            Some(velocity) => {
                let [weight, velocity] = in_place([weight, velocity.cast(gradient.dtype())], gradient, &steps);
                (weight, Some(velocity))
            }
        };
    }
    if let [step] = steps {
        return portable(*step, weight, velocity, gradient);
    }
    let size = weight.shape().num_elements() / steps.len();
    let rows = |tensor: Tensor<D>| -> Tensor<2> { tensor.reshape([steps.len(), size]) };
    let (weight, velocity) = portable_each(steps, rows(weight), velocity.map(rows), rows(gradient));
    (weight.reshape(shape), velocity.map(|velocity| velocity.reshape(shape)))
}

/// [`portable`] of several steps at once: each number of a step is one of a column.
fn portable_each(
    steps: &[Sgd],
    weight: Tensor<2>,
    velocity: Option<Tensor<2>>,
    gradient: Tensor<2>,
) -> (Tensor<2>, Option<Tensor<2>>) {
    let [rate, momentum, l2, of_velocity, of_gradient] = columns(steps, &weight);
    let gradient = match steps.iter().any(|step| step.l2 != 0.0) {
        true => weight.clone() * l2 + gradient,
        false => gradient,
    };
    let velocity = velocity.map(|velocity| gradient.clone() + velocity * momentum);
    let update = match &velocity {
        Some(velocity) if steps.iter().any(|step| step.nesterov) => {
            velocity.clone() * of_velocity + gradient * of_gradient
        }
        Some(velocity) => velocity.clone(),
        None => gradient,
    };
    (weight - update * rate, velocity)
}

/// The numbers of the update, each `[steps, 1]`, on the device of `like`. They travel in one tensor, which all parameters
/// with the same steps share.
fn columns(steps: &[Sgd], like: &Tensor<2>) -> [Tensor<2>; 5] {
    let numbers: [fn(&Sgd) -> f64; 5] = [
        |step| step.rate,
        |step| step.momentum,
        |step| step.l2,
        |step| if step.nesterov { step.momentum } else { 1.0 },
        |step| if step.nesterov { 1.0 } else { 0.0 },
    ];
    let all: Vec<f64> = numbers.iter().flat_map(|number| steps.iter().map(number)).collect();
    let all = kept_numbers(&all, (&like.device(), like.dtype()));
    std::array::from_fn(|i| all.clone().narrow(0, i * steps.len(), steps.len()).reshape([steps.len(), 1]))
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
impl Update<1> for &[Sgd] {
    fn update<R: Real>(&self, [weight]: [&mut [R]; 1], gradient: &[R]) {
        let size = (gradient.len() / self.len()).max(1);
        for (step, (weight, gradient)) in self.iter().zip(weight.chunks_mut(size).zip(gradient.chunks(size))) {
            sgd(*step, weight, None, gradient);
        }
    }
}

#[cfg(feature = "host")]
impl Update<2> for &[Sgd] {
    fn update<R: Real>(&self, [weight, velocity]: [&mut [R]; 2], gradient: &[R]) {
        let size = (gradient.len() / self.len()).max(1);
        let groups = weight.chunks_mut(size).zip(velocity.chunks_mut(size)).zip(gradient.chunks(size));
        for (step, ((weight, velocity), gradient)) in self.iter().zip(groups) {
            sgd(*step, weight, Some(velocity), gradient);
        }
    }
}
