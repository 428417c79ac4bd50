//! The whole train step: forward, backward, update.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, batch, gradients, model, plan_of_width};
use mup_optim::MupAdamWConfig;

fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("train step");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    for width in [64, 256] {
        let plan = plan_of_width(width);
        let mut current = model(width, &plan);
        let mut optimizer = MupAdamWConfig::new().init(&plan, &current).expect("the plan of this model");
        let batch = batch();
        let tokens: usize = batch[0].dims().iter().product();
        group.throughput(Throughput::Elements(tokens as u64));
        group.bench_function(BenchmarkId::new("gpt, 4 blocks, width", width), |bencher| {
            bencher.iter(|| {
                let gradients = gradients(&current, &batch);
                current = optimizer.step(1e-3, current.clone(), gradients);
                black_box(&current);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
