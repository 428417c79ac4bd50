//! How long a large study takes to be read: `status`, and `tune` with nothing to do. Each has to take less than a second,
//! and twice as many trials about twice the time.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mup_study::launch::{Silent, run_locally};
use mup_study::{Search, Space, Stage, Study, StudyConfig, StudyError, StudyTrial, TrialCurve};

/// In memory where there is such a place: thousands of fsyncs measure the disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn train(trial: &StudyTrial) -> Result<mup_study::TrialEnd, StudyError> {
    let rate = trial.values.number("learning-rate").unwrap();
    let losses = (0..trial.steps).map(|step| 2.0 + (rate.log10() + 2.0).powi(2) + 1.0 / (step + 1) as f64);
    Ok(TrialCurve { losses: losses.collect(), ..TrialCurve::default() }.into())
}

/// A study of so many trials of 200 steps, all of which have ended.
fn finished(folder: &Path, search: Search, trials: usize) -> PathBuf {
    let path = folder.join("study");
    let config = StudyConfig { search, ..StudyConfig::new(Space::gpt3(), vec![Stage::of(200, trials)]) };
    run_locally(&Study::create(&path, config).unwrap(), 2, &|| false, &Silent, &|trial, _| train(trial)).unwrap();
    path
}

fn status(path: &Path) -> usize {
    Study::open(path).unwrap().records().unwrap().records.len()
}

/// As `tune` does it: what belongs elsewhere is counted, then the first wave that is not finished is looked for.
fn nothing_to_do(path: &Path) {
    run_locally(&Study::open(path).unwrap(), 2, &|| false, &Silent, &|_,
                                                                      _|
     -> Result<mup_study::TrialEnd, StudyError> {
        panic!("something was to do")
    })
    .unwrap();
}

fn large(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("large");
    group.sample_size(10);
    for (search, trials) in [(Search::Random, 1000), (Search::Random, 2000), (Search::Tpe, 400), (Search::Tpe, 800)] {
        let folder = folder();
        let path = finished(folder.path(), search, trials);
        let begun = Instant::now();
        assert_eq!(status(&path), trials);
        nothing_to_do(&path);
        assert!(begun.elapsed() < Duration::from_secs(2), "{search:?}, {trials} trials: {:?}", begun.elapsed());
        group.throughput(Throughput::Elements(trials as u64));
        let name = |what: &str| BenchmarkId::new(format!("{what} {search:?}"), trials);
        group.bench_function(name("status"), |bench| bench.iter(|| black_box(status(&path))));
        group.bench_function(name("nothing-to-do"), |bench| bench.iter(|| nothing_to_do(&path)));
    }
    group.finish();
}

criterion_group!(benches, large);
criterion_main!(benches);
