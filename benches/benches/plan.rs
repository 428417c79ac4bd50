//! Plan building: three models are built lazily, read, compared, and every row is computed; whole and by part.

use std::hint::black_box;

use burn::tensor::Device;
use criterion::{Criterion, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, gpt_3, plan, plan_of_width};
use mup_models::shape_reader;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn plans(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan");
    group.sample_size(20).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    group.bench_function("gpt, 4 blocks, width 256", |bencher| bencher.iter(|| plan_of_width(256)));
    let (base, delta, target) = (gpt_3(256), gpt_3(512), gpt_3(12_288));
    group.bench_function("gpt-3 175B, 96 blocks, width 12288", |bencher| {
        bencher.iter(|| plan([&base, &delta, &target]));
    });
    let device = Device::flex();
    let build = || [&base, &delta, &target].map(|config| config.init(&device).expect("a valid config"));
    group.bench_function("gpt-3 175B, Burn builds three modules", |bencher| bencher.iter(&build));
    let modules = build();
    let [base, delta, target] = &modules;
    let infer = || shape_reader().infer(base, delta, target).expect("models of one family");
    group.bench_function("gpt-3 175B, shapes of three modules", |bencher| bencher.iter(infer));
    let shapes = infer();
    group.bench_function("gpt-3 175B, rules", |bencher| {
        bencher.iter(|| ScalingPlan::new(black_box(&shapes), Parametrization::mup(), OptimizerId::ADAMW));
    });
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
