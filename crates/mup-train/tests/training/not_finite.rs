//! A run that diverges stops, and says where.

use mup_train::{Ended, Event, Trainer, Training};

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
