//! The update of Adam and AdamW in one pass.

use burn::tensor::Tensor;

use crate::kept_numbers;

#[cfg(feature = "host")]
use crate::{
    slices::adam::adam,
    slices::real::Real,
    update::{Update, in_place, is_possible},
};

/// The numbers of one step of Adam or AdamW for one tensor, or for one group of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// η, the learning rate of this step.
    pub rate: f64,
    /// Decay of the first moment.
    pub beta_1: f64,
    /// Decay of the second moment.
    pub beta_2: f64,
    /// Added outside the square root.
    pub epsilon: f64,
    /// Decoupled decay: the weight is multiplied by 1 − rate · decay.
    pub decay: f64,
    /// Coupled L2: added to the gradient, times the weight.
    pub l2: f64,
    /// Number of this step, from 1.
    pub time: usize,
}

/// w ← (1 − ηλ) w − η m̂ / (√v̂ + ε) with moments of g + l2 · w; returns the weight and the moments.
///
/// With several steps, the first axis of every tensor is divided among them: one step for each group. On flex everything is
/// updated in place, in one pass, unless somebody else holds the tensors.
///
/// # Panics
///
/// Panics if the shapes differ or cannot be divided.
///
/// # Reference
///
/// Kingma & Ba, arXiv:1412.6980; Loshchilov & Hutter, arXiv:1711.05101.
#[must_use]
pub fn adam_step<const D: usize>(
    steps: &[Adam],
    weight: Tensor<D>,
    moments: [Tensor<D>; 2],
    gradient: Tensor<D>,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let shape = weight.dims();
    let others = [moments[0].dims(), moments[1].dims(), gradient.dims()];
    let same = others.iter().all(|other| *other == shape);
    assert!(same, "adam_step: the weight is {shape:?}, but moments and gradient are {others:?}");
    let divides = !steps.is_empty() && (steps.len() == 1 || shape[0].is_multiple_of(steps.len()));
    assert!(divides, "adam_step: the first axis of {shape:?} cannot be divided among {} steps", steps.len());
    #[cfg(feature = "host")]
    if is_possible(&weight, &[&moments[0], &moments[1], &gradient]) {
        let [moment_1, moment_2] = moments;
        let [weight, moment_1, moment_2] = in_place([weight, moment_1, moment_2], gradient, &steps);
        return (weight, [moment_1, moment_2]);
    }
    if let [step] = steps {
        return portable(step, weight, moments, gradient);
    }
    let size = weight.shape().num_elements() / steps.len();
    let rows = |tensor: Tensor<D>| -> Tensor<2> { tensor.reshape([steps.len(), size]) };
    let (weight, moments) = portable_each(steps, rows(weight), moments.map(rows), rows(gradient));
    (weight.reshape(shape), moments.map(|moment| moment.reshape(shape)))
}

/// [`portable`] of several steps at once: each number of a step is one of a column.
fn portable_each(
    steps: &[Adam],
    weight: Tensor<2>,
    [moment_1, moment_2]: [Tensor<2>; 2],
    gradient: Tensor<2>,
) -> (Tensor<2>, [Tensor<2>; 2]) {
    let [l2, beta_1, rest_1, beta_2, rest_2, correction_2, epsilon, rate, kept] = columns(steps, &weight);
    let gradient = match steps.iter().any(|step| step.l2 != 0.0) {
        true => gradient + weight.clone() * l2,
        false => gradient,
    };
    let moment_1 = moment_1 * beta_1 + gradient.clone() * rest_1;
    let moment_2 = moment_2 * beta_2 + gradient.square() * rest_2;
    let scale = (moment_2.clone() / correction_2).sqrt() + epsilon;
    (weight * kept - moment_1.clone() / scale * rate, [moment_1, moment_2])
}

/// The numbers of the update, each `[steps, 1]`, on the device of `like`. They travel in one tensor, which all parameters
/// with the same steps share.
fn columns(steps: &[Adam], like: &Tensor<2>) -> [Tensor<2>; 9] {
    let numbers: [fn(&Adam) -> f64; 9] = [
        |step| step.l2,
        |step| step.beta_1,
        |step| 1.0 - step.beta_1,
        |step| step.beta_2,
        |step| 1.0 - step.beta_2,
        |step| correction(step.beta_2, step.time),
        |step| step.epsilon,
        |step| step.rate / correction(step.beta_1, step.time),
        |step| 1.0 - step.rate * step.decay,
    ];
    let all: Vec<f64> = numbers.iter().flat_map(|number| steps.iter().map(number)).collect();
    let all = kept_numbers(&all, (&like.device(), like.dtype()));
    std::array::from_fn(|i| all.clone().narrow(0, i * steps.len(), steps.len()).reshape([steps.len(), 1]))
}

/// 1 − βᵗ.
fn correction(beta: f64, time: usize) -> f64 {
    1.0 - beta.powf(time as f64)
}

fn portable<const D: usize>(
    step: &Adam,
    weight: Tensor<D>,
    [moment_1, moment_2]: [Tensor<D>; 2],
    gradient: Tensor<D>,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let gradient = if step.l2 == 0.0 { gradient } else { gradient + weight.clone() * step.l2 };
    let moment_1 = moment_1 * step.beta_1 + gradient.clone() * (1.0 - step.beta_1);
    let moment_2 = moment_2 * step.beta_2 + gradient.square() * (1.0 - step.beta_2);
    let correction = |beta| correction(beta, step.time);
    let scale = (moment_2.clone() / correction(step.beta_2)).sqrt() + step.epsilon;
    let update = moment_1.clone() / scale * (step.rate / correction(step.beta_1));
    (weight * (1.0 - step.rate * step.decay) - update, [moment_1, moment_2])
}

#[cfg(feature = "host")]
impl Update<3> for &[Adam] {
    fn update<R: Real>(&self, [weight, moment_1, moment_2]: [&mut [R]; 3], gradient: &[R]) {
        let size = (gradient.len() / self.len()).max(1);
        let moments = moment_1.chunks_mut(size).zip(moment_2.chunks_mut(size));
        let weights = weight.chunks_mut(size).zip(gradient.chunks(size));
        for (step, ((weight, gradient), (moment_1, moment_2))) in self.iter().zip(weights.zip(moments)) {
            adam(*step, weight, [moment_1, moment_2], gradient);
        }
    }
}
