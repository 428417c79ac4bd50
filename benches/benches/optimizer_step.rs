//! The optimizer step: µP's groups against Burn's AdamW with one group, on the same model and gradients.

use std::cell::RefCell;

use burn::optim::{AdamWConfig, ModuleOptimizer};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, batch, gradients, model, plan_of_width};
use mup_models::Gpt;
use mup_optim::MupAdamWConfig;

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LEARNING_RATE: f64 = 1e-3;

fn bench(c: &mut Criterion, name: &str, width: usize, start: &Gpt, mut optimizer: ModuleOptimizer) {
    let batch = batch();
    let current = RefCell::new(Some(start.clone()));
    let mut group = c.benchmark_group("optimizer step");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    group.bench_function(BenchmarkId::new(name, width), |bencher| {
        bencher.iter_batched(
            || {
                let model = current.borrow_mut().take().unwrap_or_else(|| start.clone());
                let gradients = gradients(&model, &batch);
                (model, gradients)
            },
            |(model, gradients)| {
                let next = optimizer.step(LEARNING_RATE, model, gradients);
                current.borrow_mut().replace(next);
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn steps(c: &mut Criterion) {
    for width in [64, 256] {
        let plan = plan_of_width(width);
        let start = model(width, &plan);
        let groups = MupAdamWConfig::new().init(&plan, &start).expect("the plan of this model");
        bench(c, "AdamW, one group, width", width, &start, AdamWConfig::new().init());
        bench(c, "AdamW, µP groups, width", width, &start, groups);
    }
}

criterion_group!(benches, steps);
criterion_main!(benches);
