//! Initialization: every parameter drawn and put on the device.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, draw, model, plan_of_width};

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn initializations(c: &mut Criterion) {
    let mut group = c.benchmark_group("init");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    for width in [64, 256] {
        let plan = plan_of_width(width);
        let id = BenchmarkId::new("gpt, 4 blocks, width", width);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let model = model(width, &plan);
                draw(&model);
                model
            });
        });
    }
    group.finish();
}

criterion_group!(benches, initializations);
criterion_main!(benches);
