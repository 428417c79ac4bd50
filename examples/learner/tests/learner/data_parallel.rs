//! Burn's strategies for several devices, with what runs here: two workers on one CPU.

use burn::tensor::Device;
use burn::tensor::distributed::{DistributedConfig, ReduceOperation};
use burn::train::{ExecutionStrategy, Learner};
use learner::gpt::{LanguageModel, initialized, optimizer, plan};
use learner::text::{Window, loader};

use crate::gpt::{WIDTH, schedule, windows};
use crate::{training, values};

const BATCH: usize = 8;
const STEPS: usize = 20;

/// The batches that two devices share, each of which reads its half of the text from the beginning.
fn joined(windows: &[Window]) -> Vec<Window> {
    let (first, second) = windows.split_at(windows.len() / 2);
    let halves = first.chunks(BATCH / 2).zip(second.chunks(BATCH / 2));
    halves.flat_map(|(first, second)| [first, second].concat()).collect()
}

fn train(windows: Vec<Window>, batch: usize, devices: usize, parts: usize) -> LanguageModel {
    let device = Device::flex().autodiff();
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(WIDTH, &device).unwrap();
    let model = initialized(&plan, WIDTH, 1, &device).unwrap().averaged_over(parts);
    let learner = Learner::new(model.clone(), optimizer(&plan, &model).unwrap(), schedule(STEPS));
    let mut training = training(folder.path(), 1, &device);
    training.devices = vec![device.clone(); devices];
    let validation = loader(windows[..BATCH].to_vec(), BATCH, &device);
    training.run(&plan, learner, loader(windows, batch, &device), validation).unwrap()
}

/// Euclidean distance over the distance that training went.
fn distance(model: &LanguageModel, other: &LanguageModel, start: &LanguageModel) -> f32 {
    let norm = |a: &LanguageModel, b: &LanguageModel| {
        values(a).iter().zip(values(b)).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    };
    norm(model, other) / norm(start, other)
}

#[test]
fn two_devices_with_half_batches_follow_one_device_with_the_whole_batch() {
    let device = Device::flex().autodiff();
    let start = initialized(&plan(WIDTH, &device).unwrap(), WIDTH, 1, &device).unwrap();
    let windows = windows(STEPS * BATCH);
    let one = train(joined(&windows), BATCH, 1, 1);
    let two = train(windows.clone(), BATCH / 2, 2, 2);
    // A sum in another order differs in the last of 24 bits; Adam's division and 20 steps amplify that.
    let averaged = distance(&two, &one, &start);
    assert!(averaged < 1e-3, "averaged: {averaged}");

    let summed = distance(&train(windows, BATCH / 2, 2, 1), &one, &start);
    // Clipping and Adam hide most of a factor of two, not all.
    assert!(summed > 100.0 * averaged, "summed: {summed}, averaged: {averaged}");
}

#[test]
#[should_panic(expected = "Distributed operations are not supported for device")]
fn burns_distributed_strategy_does_not_run_on_a_cpu() {
    let device = Device::flex().autodiff();
    let config = DistributedConfig { all_reduce_op: ReduceOperation::Mean };
    let _ = ExecutionStrategy::ddp(vec![device.clone(), device], config);
}
