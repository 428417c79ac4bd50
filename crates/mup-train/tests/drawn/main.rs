//! What a device draws, lazy weights and dropout, is a function of the run's seed. A process of its own: Burn's generator
//! is one for all threads, and other tests seed it too.

#[path = "../training/net.rs"]
#[allow(dead_code, reason = "the other test binary uses the rest")]
mod net;

use std::cell::Cell;
use std::time::Duration;

use burn::optim::AdamWConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_models::{Gpt, GptConfig};
use mup_train::{Event, FamilyError, MicroBatch, RunFolder, Task, Trainer, Training};

use net::{plan, weights};

struct Repeat;

impl Task<Gpt> for Repeat {
    fn loss(&self, model: &Gpt, _batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        let tokens = TensorData::new(vec![1_i64, 2, 3, 4, 5, 6, 7, 8], [2, 4]);
        let tokens: Tensor<2, Int> = Tensor::from_data(tokens, &Device::flex().autodiff());
        // Long enough that runs in other threads would draw in between, if they could.
        std::thread::sleep(Duration::from_millis(1));
        Ok(model.loss(tokens.clone(), tokens))
    }

    fn tokens_per_step(&self) -> u64 {
        8
    }

    fn fingerprint(&self) -> String {
        "repeat".to_owned()
    }
}

/// Losses and final weights of a model with dropout whose weights Burn draws; stopped once after `stop` steps.
fn train(seed: u64, stop: Option<usize>) -> (Vec<f64>, Vec<f32>) {
    let run = tempfile::tempdir().unwrap();
    let once = |stop: Option<usize>| {
        let model = GptConfig::new(9, 4, 1, 8, 2, 4, 16).with_dropout(0.3).init(&Device::flex().autodiff()).unwrap();
        let done = Cell::new(0);
        let trainer = Trainer::new(Training::new(8, 0.01).with_seed(seed).with_micro_batches(2));
        let trainer = trainer.observe(|event| done.set(done.get() + usize::from(matches!(event, Event::Step(_)))));
        let trainer = trainer.interrupt(|| stop == Some(done.get()));
        // The plan is of another model: what is compared is compared by bits, not understood.
        trainer
            .in_folder(RunFolder::new(run.path(), &plan(8)))
            .train(&Repeat, model, AdamWConfig::new().init())
            .unwrap()
    };
    if stop.is_some() {
        once(stop);
    }
    let trained = once(None);
    (trained.curve.losses, weights(&trained.model))
}

#[test]
fn dropout_and_lazy_weights_are_the_same_in_a_resumed_run() {
    let whole = train(1, None);
    assert!(train(1, Some(3)) == whole);
    assert_ne!(train(2, None).0, whole.0);
}

#[test]
fn runs_in_threads_draw_what_they_draw_alone() {
    let seeds = [3, 4, 5, 6];
    let alone = seeds.map(|seed| train(seed, None));
    for _ in 0..3 {
        let together = std::thread::scope(|scope| {
            seeds.map(|seed| scope.spawn(move || train(seed, None))).map(|run| run.join().unwrap())
        });
        assert!(together == alone);
    }
}
