//! Initialization: every parameter drawn and put on the device.

use burn::module::Module;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mup_benches::{model, plan_of_width};

fn initializations(c: &mut Criterion) {
    let mut group = c.benchmark_group("init");
    group.sample_size(10);
    for width in [64, 256] {
        let plan = plan_of_width(width);
        let id = BenchmarkId::new("gpt, 4 blocks, width", width);
        // Parameters are lazy; moving the module to its own device draws them.
        group.bench_function(id, |bencher| {
            bencher.iter(|| model(width, &plan).num_params());
        });
    }
    group.finish();
}

criterion_group!(benches, initializations);
criterion_main!(benches);
