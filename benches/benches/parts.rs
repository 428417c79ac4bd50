//! The parts of a step: forward and backward of the model, of its layers, and the loss.

use std::hint::black_box;

use burn::module::Module;
use burn::tensor::{DType, Device, Distribution, Int, Tensor};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use mup_benches::{BATCH, CONTEXT, D_HEAD, MEASUREMENT, VOCAB, WARM_UP, batch, model, plan_of_width};
use mup_models::{AttentionFrame, CausalAttentionConfig, FeedForwardConfig, LayerNorm, cross_entropy};
use mup_probe::NoProbe;

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WIDTHS: [usize; 2] = [64, 256];

/// Activations `[batch, time, width]` that need a gradient, as inside a model.
fn activations(width: usize) -> Tensor<3> {
    let device = Device::flex().autodiff();
    Tensor::random([BATCH, CONTEXT, width], Distribution::Normal(0.0, 1.0), &device).require_grad()
}

/// A layer alone: its forward pass, and both passes, with the gradients of its input and of its parameters.
fn layer(c: &mut Criterion, name: &str, width: usize, forward: impl Fn(Tensor<3>) -> Tensor<3>) {
    let x = activations(width);
    let mut group = c.benchmark_group(name);
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    group.bench_function(BenchmarkId::new("forward, width", width), |bencher| {
        bencher.iter(|| black_box(forward(x.clone())));
    });
    group.bench_function(BenchmarkId::new("forward and backward, width", width), |bencher| {
        bencher.iter(|| black_box(forward(x.clone()).sum().backward()));
    });
    group.finish();
}

fn layers(c: &mut Criterion) {
    let device = Device::flex().autodiff();
    for width in WIDTHS {
        let attention =
            CausalAttentionConfig::new(width, width / D_HEAD, D_HEAD).init(&device).expect("a valid config");
        let frame = AttentionFrame::new(CONTEXT, CONTEXT, &device, DType::F32).with_relative(width, 1.0);
        layer(c, "attention", width, |x| attention.forward(x, &frame));
        let feed_forward = FeedForwardConfig::new(width, 4 * width).init(&device).expect("sizes of a layer");
        layer(c, "feed-forward", width, |x| feed_forward.forward(x, &mut NoProbe));
        let norm = LayerNorm::new(width, &device);
        layer(c, "layer norm", width, |x| norm.forward(x));
    }
}

fn losses(c: &mut Criterion) {
    let device = Device::flex().autodiff();
    let logits = Tensor::<2>::random([BATCH * CONTEXT, VOCAB], Distribution::Normal(0.0, 1.0), &device).require_grad();
    let [_, targets] = batch();
    let targets: Tensor<1, Int> = targets.flatten(0, 1);
    let mut group = c.benchmark_group("loss");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    group.bench_function("forward and backward", |bencher| {
        bencher.iter(|| black_box(cross_entropy(logits.clone(), targets.clone()).backward()));
    });
    group.finish();
}

fn models(c: &mut Criterion) {
    let [tokens, targets] = batch();
    for width in WIDTHS {
        let model = model(width, &plan_of_width(width));
        let loss = || model.loss(tokens.clone(), targets.clone());
        let mut group = c.benchmark_group("model");
        group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
        group.bench_function(BenchmarkId::new("forward, width", width), |bencher| bencher.iter(|| black_box(loss())));
        let evaluated = model.valid();
        group.bench_function(BenchmarkId::new("forward without gradients, width", width), |bencher| {
            bencher.iter(|| black_box(evaluated.loss(tokens.clone().inner(), targets.clone().inner())));
        });
        group.bench_function(BenchmarkId::new("backward, width", width), |bencher| {
            bencher.iter_batched(loss, |loss| black_box(loss.backward()), BatchSize::PerIteration);
        });
        group.finish();
    }
}

criterion_group!(benches, layers, losses, models);
criterion_main!(benches);
