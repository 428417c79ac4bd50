//! Averaging over micro batches, and over shards.

use std::cell::RefCell;

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use mup_models::Mlp;
use mup_train::{Curve, Event, FamilyError, MeanGradients, MicroBatch, Schedule, Task, Trainer, Training};

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

/// Tells which parts of the data a run reads.
#[derive(Default)]
struct Seen(RefCell<Vec<MicroBatch>>);

impl Task<Mlp> for Seen {
    fn loss(&self, model: &Mlp, batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        self.0.borrow_mut().push(batch);
        Largest::default().loss(model, batch)
    }

    fn tokens_per_step(&self) -> u64 {
        8
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}

/// So a larger batch needs nothing of a task, and at equal data no other data than a smaller one.
#[test]
fn steps_of_k_batches_read_what_k_times_the_steps_of_one_batch_read_and_count_as_many_tokens() {
    let read = |steps, batches| {
        let (task, (model, optimizer), mut told) = (Seen::default(), start_sgd(16), Vec::new());
        let training = Training::new(steps, 0.02).with_batches(batches).with_micro_batches(2);
        let trainer = Trainer::new(training).observe(|event| {
            if let Event::Step(report) = event {
                told.push(report.tokens);
            }
        });
        let curve = trainer.train(&task, model, optimizer).unwrap().curve;
        (task.0.into_inner(), curve, told)
    };
    let ((small, by_one, _), (large, by_four, told)) = (read(12, 1), read(3, 4));
    assert_eq!(small, large);
    assert_eq!((by_one.tokens, by_four.tokens), (12 * 8, 12 * 8));
    assert_eq!((by_one.losses.len(), by_four.losses.len(), told), (12, 3, vec![32, 64, 96]));
}

/// The first step of plain SGD by hand: the mean of the gradients at one model, and of its losses.
#[test]
fn a_step_of_k_batches_is_one_of_their_mean() {
    let (model, mut optimizer) = start_sgd(16);
    let task = Largest::default();
    let each = |step| task.loss(&model, MicroBatch { step, index: 0, of: 1 }).unwrap();
    let losses: Vec<f64> = (0..3).map(|step| f64::from(each(step).into_scalar::<f32>())).collect();
    let mut mean = MeanGradients::default();
    (0..3).for_each(|step| mean.add(&model, GradientsParams::from_grads(each(step).backward(), &model)));
    let gradients = mean.mean(&model);
    let by_hand = optimizer.step(0.02, model, gradients);
    let (model, optimizer) = start_sgd(16);
    let training = Training::new(1, 0.02).with_schedule(Schedule::constant()).with_batches(3);
    let trained = Trainer::new(training).train(&task, model, optimizer).unwrap();
    assert_eq!(trained.curve.losses, [losses.iter().sum::<f64>() / 3.0]);
    assert_eq!(weights(&trained.model), weights(&by_hand));
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
