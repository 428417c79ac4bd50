//! A run that diverges stops, and says where.

use std::cell::RefCell;

use burn::tensor::Tensor;
use mup_models::Mlp;
use mup_train::{Ended, Event, FamilyError, MicroBatch, Task, Trainer, Training};

use crate::net::{Largest, start, weights};

#[test]
fn a_loss_that_is_not_finite_ends_the_run_at_its_step_with_the_model_before_it() {
    for poison in [f32::NAN, f32::INFINITY] {
        let task = Largest { poison: Some((5, poison)), ..Largest::default() };
        let (model, optimizer) = start(8);
        let trained = Trainer::new(Training::new(10, 0.1)).train(&task, model, optimizer).unwrap();
        assert_eq!(trained.curve.ended, Ended::NotFinite { step: 5 });
        assert_eq!(trained.curve.losses.len(), 6);
        assert!(!trained.curve.losses[5].is_finite());
        assert_eq!(trained.curve.tokens, 6 * 8);
        assert!(weights(&trained.model).iter().all(|weight| weight.is_finite()));
    }
}

/// 1e30 times the loss is finite, the sum of its gradients' squares is not.
#[test]
fn a_gradient_norm_that_is_not_finite_ends_the_run_before_the_update() {
    let task = Largest { poison: Some((3, 1e30)), ..Largest::default() };
    let (model, optimizer) = start(8);
    let trained = Trainer::new(Training::new(10, 0.1).with_max_norm(1.0)).train(&task, model, optimizer).unwrap();
    assert_eq!(trained.curve.ended, Ended::NotFinite { step: 3 });
    assert!(trained.curve.losses[3].is_finite());
    assert!(weights(&trained.model).iter().all(|weight| weight.is_finite()));
}

#[test]
fn weights_that_are_not_finite_after_the_last_update_are_not_called_finished() {
    let (model, optimizer) = start(8);
    let mut evaluated = false;
    let trainer =
        Trainer::new(Training::new(1, 1e300)).observe(|event| evaluated |= matches!(event, Event::Evaluated(_)));
    let trained = trainer.train(&Largest::default(), model, optimizer).unwrap();
    assert_eq!(trained.curve.ended, Ended::NotFinite { step: 1 });
    assert!(!evaluated);
}

/// [`Largest`], whose losses are multiplied by what a function says; notes what it was asked for.
struct Noted<F> {
    factor: F,
    asked: RefCell<Vec<(usize, usize)>>,
}

impl<F: Fn(MicroBatch) -> f32> Task<Mlp> for Noted<F> {
    fn loss(&self, model: &Mlp, batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        self.asked.borrow_mut().push((batch.step, batch.index));
        Ok(Largest::default().loss(model, batch)?.mul_scalar((self.factor)(batch)))
    }

    fn tokens_per_step(&self) -> u64 {
        8
    }

    fn fingerprint(&self) -> String {
        "noted".to_owned()
    }
}

/// A loss that was read before the next part is launched would leave a GPU idle, and end the step early.
#[test]
fn no_loss_is_read_before_every_micro_batch_was_launched() {
    let factor = |batch: MicroBatch| if (batch.step, batch.index) == (2, 1) { f32::NAN } else { 1.0 };
    let task = Noted { factor, asked: RefCell::default() };
    let (model, optimizer) = start(8);
    let training = Training::new(5, 0.1).with_micro_batches(4);
    let trained = Trainer::new(training).train(&task, model, optimizer).unwrap();
    assert_eq!(trained.curve.ended, Ended::NotFinite { step: 2 });
    assert!(trained.curve.losses[2].is_nan());
    let all: Vec<_> = (0..3).flat_map(|step| (0..4).map(move |index| (step, index))).collect();
    assert_eq!(*task.asked.borrow(), all);
    assert!(weights(&trained.model).iter().all(|weight| weight.is_finite()));
}

#[test]
fn of_several_broken_micro_batches_the_first_is_the_loss_of_the_step() {
    let factor = |batch: MicroBatch| [1.0, f32::NEG_INFINITY, f32::NAN, 1.0][batch.index];
    let task = Noted { factor, asked: RefCell::default() };
    let (model, optimizer) = start(8);
    let training = Training::new(5, 0.1).with_micro_batches(4);
    let trained = Trainer::new(training).train(&task, model, optimizer).unwrap();
    assert_eq!(trained.curve.ended, Ended::NotFinite { step: 0 });
    assert_eq!(trained.curve.losses, [f64::NEG_INFINITY]);
}
