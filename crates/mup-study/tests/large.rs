//! How long a large study takes to be read, in seconds of one processor, so that others on the machine do not count
//! (on Linux; by the clock elsewhere). Ignored by default, because it measures:
//! `cargo test --release --workspace --test large -- --ignored --nocapture`; the numbers are in docs/log.md.

use std::time::{Duration, Instant};

use mup_study::launch::{Silent, run_locally};
use mup_study::{Curve, Search, Setting, Space, Stage, Study, StudyConfig, StudyError, StudyTrial};

/// In memory where there is such a place: thousands of fsyncs measure the disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn train(trial: &StudyTrial) -> Result<mup_study::Ended, StudyError> {
    let rate = trial.values.get("learning-rate").and_then(Setting::number).unwrap();
    let losses = (0..trial.steps).map(|step| 2.0 + (rate.log10() + 2.0).powi(2) + 1.0 / (step + 1) as f64);
    Ok(Curve { losses: losses.collect(), ..Curve::default() }.into())
}

/// Since when this thread has used its processor.
struct Used(Instant, Option<u64>);

impl Used {
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        Self(Instant::now(), text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()))
    }

    fn elapsed(&self) -> Duration {
        match (self.1, Self::now().1) {
            (Some(then), Some(now)) => Duration::from_nanos(now - then),
            _ => self.0.elapsed(),
        }
    }
}

/// What `status`, and `tune` with nothing to do, take of a study of this many trials of 200 steps.
fn measured(search: Search, trials: usize) -> [Duration; 2] {
    let folder = folder();
    let path = folder.path().join("study");
    let config = StudyConfig { search, ..StudyConfig::new(Space::gpt3(), vec![Stage::of(200, trials)]) };
    let begun = Instant::now();
    run_locally(&Study::create(&path, config).unwrap(), 2, &|| false, &Silent, &|trial, _| train(trial)).unwrap();
    let made = begun.elapsed();
    let begun = Used::now();
    assert_eq!(Study::open(&path).unwrap().records().unwrap().records.len(), trials);
    let status = begun.elapsed();
    let begun = Used::now();
    assert_eq!(Study::open(&path).unwrap().pending().unwrap(), None);
    let nothing_to_do = begun.elapsed();
    println!(
        "{search:?}, {trials} trials: made in {made:?}, status {status:?}, tune with nothing to do {nothing_to_do:?}"
    );
    [status, nothing_to_do]
}

#[test]
#[ignore = "measures"]
fn a_large_study_is_read_in_less_than_a_second() {
    for (search, trials) in [(Search::Random, 1000), (Search::Random, 2000), (Search::Tpe, 400), (Search::Tpe, 800)] {
        let longest = measured(search, trials).into_iter().max().unwrap();
        assert!(longest < Duration::from_secs(1), "{search:?}, {trials} trials: {longest:?}");
    }
}
