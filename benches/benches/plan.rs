//! Plan building: three models are built lazily, read, compared, and every row is computed.

use criterion::{Criterion, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, gpt_3, plan, plan_of_width};

fn plans(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    group.bench_function("gpt, 4 blocks, width 256", |bencher| bencher.iter(|| plan_of_width(256)));
    let (base, delta, target) = (gpt_3(256), gpt_3(512), gpt_3(12_288));
    group.bench_function("gpt-3 175B, 96 blocks, width 12288", |bencher| {
        bencher.iter(|| plan([&base, &delta, &target]));
    });
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
