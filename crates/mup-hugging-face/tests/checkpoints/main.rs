//! Checkpoints of transformers in, and models of ours out.

mod damage;
mod golden;
mod models;
mod refused;
mod round_trip;
mod transformers;

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_models::{Gpt, Sampler};
use serde_json::Value;

/// What transformers saved.
fn checkpoint(name: &str) -> PathBuf {
    Path::new("../../golden/data/checkpoints").join(name)
}

/// A copy whose config differs.
fn with_config(name: &str, change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(checkpoint(name)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(path, config.to_string()).unwrap();
    folder
}

fn logits(model: &Gpt, tokens: &[Vec<usize>]) -> Vec<f64> {
    let numbers: Vec<i64> = tokens.iter().flatten().map(|token| *token as i64).collect();
    let tokens: Tensor<2, Int> =
        Tensor::from_data(TensorData::new(numbers, [tokens.len(), tokens[0].len()]), &Device::flex());
    model.forward(tokens).into_data().iter::<f64>().collect()
}

fn greedy(model: &Gpt, prompt: &[usize], count: usize) -> Vec<usize> {
    model.generate(prompt, count, &mut Sampler::new(0).with_temperature(0.0).unwrap()).unwrap()
}

/// The largest difference.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}
