//! The whole train step: forward, backward, update.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, batch, gradients, model, plan_of_width};
use mup_optim::MupAdamWConfig;

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("train step");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    for width in [64, 256] {
        let plan = plan_of_width(width);
        // Taken out during a step, so that the optimizer has the only reference to each tensor.
        let start = model(width, &plan);
        let mut optimizer = MupAdamWConfig::new().init(&plan, &start).expect("the plan of this model");
        let mut current = Some(start);
        let batch = batch();
        let tokens: usize = batch[0].dims().iter().product();
        group.throughput(Throughput::Elements(tokens as u64));
        group.bench_function(BenchmarkId::new("gpt, 4 blocks, width", width), |bencher| {
            bencher.iter(|| {
                let model = current.take().expect("put back by the step before");
                let gradients = gradients(&model, &batch);
                current = Some(optimizer.step(1e-3, model, gradients));
                black_box(&current);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
