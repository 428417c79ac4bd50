//! Averaging over micro batches, and over shards.

use burn::optim::GradientsParams;
use burn::tensor::Device;
use mup_train::{Curve, MeanGradients, MicroBatch, Schedule, Task, Trainer, Training};

use crate::net::{Largest, start, start_sgd, weights};

const STEPS: usize = 12;

fn train(micro_batches: usize) -> (Curve, Vec<f32>) {
    let (model, optimizer) = start_sgd(16);
    let training = Training::new(STEPS, 0.02).with_schedule(Schedule::constant()).with_max_norm(0.5);
    let trained =
        Trainer::new(training.with_micro_batches(micro_batches)).train(&Largest::default(), model, optimizer).unwrap();
    (trained.curve, weights(&trained.model))
}

/// A mean over 8 examples is summed in another order, so an entry of the gradient changes by at most 8 · 2⁻²⁴ · G, with
/// G < 1 the size of an example's part. SGD moves a weight by rate · clip factor times that, 0.02 · 5e-7 = 1e-8 a step;
/// twelve steps, each multiplying earlier differences by at most 1 + rate · curvature (curvature < 10), make 4e-7. A loss
/// is a mean of such outputs, rounded a few times at 1e-7.
const TOLERANCE: f64 = 1e-6;

#[test]
fn k_micro_batches_train_as_the_whole_batch() {
    let (whole, end) = train(1);
    for k in [2, 4, 8] {
        let (parts, parts_end) = train(k);
        assert_eq!(parts.tokens, whole.tokens);
        for (step, (a, b)) in whole.losses.iter().zip(&parts.losses).enumerate() {
            assert!((a - b).abs() < TOLERANCE, "step {step} in {k} parts: {a} and {b}");
        }
        for (a, b) in end.iter().zip(&parts_end) {
            assert!(f64::from((a - b).abs()) < TOLERANCE, "a weight in {k} parts: {a} and {b}");
        }
    }
}

/// Adam and clipping forgive a factor on the gradients; the gradients themselves do not.
#[test]
fn gradients_of_shards_are_averaged_not_summed() {
    let (model, _) = start(16);
    let task = Largest::default();
    let gradients = |index, of| {
        let loss = task.loss(&model, MicroBatch { step: 0, index, of }).unwrap();
        GradientsParams::from_grads(loss.backward(), &model)
    };
    let weight = |gradients: &GradientsParams| {
        gradients
            .get::<2>(model.input.weight.id)
            .unwrap()
            .to_device(&Device::flex())
            .into_data()
            .try_to_vec::<f32>()
            .unwrap()
    };
    let mut mean = MeanGradients::default();
    (0..4).for_each(|index| mean.add(&model, gradients(index, 4)));
    let (mean, whole) = (weight(&mean.mean(&model)), weight(&gradients(0, 1)));
    // Entries are sums of 8 products below 1 in another order: 8 roundings of 2⁻²⁴ each.
    assert!(mean.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 8.0 * f32::EPSILON), "{mean:?} {whole:?}");
    assert!(whole.iter().any(|entry| entry.abs() > 1e-3));
}
