//! The training loop: a train step with clipping, its report, and what is read from the device.

use burn::tensor::Tensor;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mup_benches::{MEASUREMENT, WARM_UP, batch, draw, model, plan_of_width};
use mup_models::Gpt;
use mup_optim::MupAdamWConfig;
use mup_train::{FamilyError, MicroBatch, Task, Trainer, Training};

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Steps of a run; the model is evaluated by nothing and saved nowhere.
const STEPS: usize = 10;

/// The same batch in every step.
struct OneBatch;

impl Task<Gpt> for OneBatch {
    fn loss(&self, model: &Gpt, _batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
        let [tokens, targets] = batch();
        Ok(model.loss(tokens, targets))
    }

    fn tokens_per_step(&self) -> u64 {
        (mup_benches::BATCH * mup_benches::CONTEXT) as u64
    }

    fn fingerprint(&self) -> String {
        "one batch".to_owned()
    }
}

fn runs(c: &mut Criterion) {
    let mut group = c.benchmark_group("training loop");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    for width in [64, 256] {
        let plan = plan_of_width(width);
        let start = || {
            let model = model(width, &plan);
            draw(&model);
            let optimizer = MupAdamWConfig::new().init(&plan, &model).expect("the plan of this model");
            (model, optimizer)
        };
        for (name, max_norm) in [("clipped", Some(1.0)), ("not clipped", None)] {
            let mut training = Training::new(STEPS, 1e-3);
            training.max_norm = max_norm;
            group.throughput(Throughput::Elements(STEPS as u64 * OneBatch.tokens_per_step()));
            group.bench_function(BenchmarkId::new(format!("gpt, 4 blocks, {name}, width"), width), |bencher| {
                bencher.iter_batched(
                    start,
                    |(model, optimizer)| Trainer::new(training.clone()).train(&OneBatch, model, optimizer),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
