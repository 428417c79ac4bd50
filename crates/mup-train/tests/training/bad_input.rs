//! Settings without meaning are refused before the first step.

use burn::tensor::{Device, Tensor};
use mup_models::Mlp;
use mup_train::{FamilyError, MicroBatch, Schedule, Task, Trainer, Training};

use crate::net::{Largest, start};

fn refusal(training: Training) -> String {
    let (model, optimizer) = start(8);
    Trainer::new(training).train(&Largest::default(), model, optimizer).unwrap_err().to_string()
}

#[test]
fn a_setting_outside_its_range_is_named_with_its_value_and_range() {
    let run = || Training::new(10, 0.1);
    assert_eq!(refusal(Training::new(0, 0.1)), "steps is 0, but must be at least 1");
    assert_eq!(refusal(run().with_batches(0)), "batches is 0, but must be at least 1");
    assert_eq!(refusal(run().with_micro_batches(0)), "micro_batches is 0, but must be at least 1");
    assert_eq!(refusal(run().with_evaluate_every(0)), "evaluate_every is 0, but must be at least 1");
    assert_eq!(refusal(Training::new(10, f64::NAN)), "learning_rate is NaN, but must be finite and not negative");
    assert_eq!(refusal(Training::new(10, -0.1)), "learning_rate is -0.1, but must be finite and not negative");
    for norm in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let wanted =
            format!("max_norm is {norm}, but must be finite and positive; leave it out to measure without clipping");
        assert_eq!(refusal(run().with_max_norm(norm)), wanted);
    }
}

#[test]
fn a_schedule_that_does_not_fit_the_run_is_refused() {
    let schedule = |schedule| refusal(Training::new(10, 0.1).with_schedule(schedule));
    let long = schedule(Schedule::linear().with_warm_up(11));
    assert_eq!(long, "schedule.warm_up is 11, but must be at most the run's 10 steps");
    assert_eq!(schedule(Schedule::cosine(1.5)), "schedule.floor is 1.5, but must be in [0, 1]");
    assert_eq!(schedule(Schedule::stable(f64::NAN)), "schedule.tail is NaN, but must be in (0, 1]");
    let tail = schedule(Schedule::stable(0.6).with_warm_up(5));
    assert!(tail.contains("schedule.tail is 0.6") && tail.contains("5 steps of warm-up"), "{tail}");
}

#[test]
fn an_unknown_setting_in_a_file_is_refused() {
    let known = r#"{"steps": 3, "learning_rate": 0.5, "schedule": {"decay": {"cosine": {"floor": 0.1}}}}"#;
    let training: Training = serde_json::from_str(known).unwrap();
    assert_eq!(training, Training::new(3, 0.5).with_schedule(Schedule::cosine(0.1)));
    let misspelled = known.replace("steps", "setps");
    assert!(serde_json::from_str::<Training>(&misspelled).unwrap_err().to_string().contains("setps"));
}

/// A loss that no loop can train on.
struct Wrong(fn(&Mlp) -> Result<Tensor<1>, FamilyError>);

impl Task<Mlp> for Wrong {
    fn loss(&self, model: &Mlp, _batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        (self.0)(model)
    }

    fn tokens_per_step(&self) -> u64 {
        1
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}

impl Wrong {
    fn refusal(&self) -> String {
        let (model, optimizer) = start(8);
        Trainer::new(Training::new(10, 0.1)).train(self, model, optimizer).unwrap_err().to_string()
    }
}

#[test]
fn a_task_that_cannot_read_its_data_ends_the_run_with_its_own_words() {
    assert_eq!(Wrong(|_| Err("tokens.bin: gone".into())).refusal(), "step 0: tokens.bin: gone");
}

#[test]
fn a_loss_that_cannot_be_trained_on_is_an_error_and_not_a_panic() {
    let entries = Wrong(|model| Ok(model.input.bias.as_ref().unwrap().val())).refusal();
    assert_eq!(entries, "step 0: the loss has 8 entries; return their mean");
    let constant = Wrong(|_| Ok(Tensor::zeros([1], &Device::flex()))).refusal();
    assert_eq!(constant, "step 0: the loss has no gradient; put model and data on device.autodiff()");
    let foreign = Wrong(|model| Ok(model.input.weight.val().detach().sum())).refusal();
    assert!(foreign.contains("no parameter of the module has a gradient"), "{foreign}");
}

#[test]
fn micro_batches_that_do_not_divide_the_batch_are_refused() {
    let wanted = "step 0: micro_batches is 3, but must be a divisor of the batch's 8 examples";
    assert_eq!(refusal(Training::new(10, 0.1).with_micro_batches(3)), wanted);
}
