//! Studies of the first layout: `tests/fixtures/v1-*` were made by the program of commit ce53e09 (`mup-transfer tune`).

use std::fs;
use std::path::PathBuf;

use mup_study::{Failure, Outcome, Program, Search, Stage};

use super::*;

/// A copy, to be written to.
fn fixture(name: &str) -> (tempfile::TempDir, Study) {
    let (folder, from) = (tempfile::tempdir().unwrap(), PathBuf::from("tests/fixtures").join(name));
    let to = folder.path().join("study");
    fs::create_dir_all(to.join("trials")).unwrap();
    fs::copy(from.join("study.toml"), to.join("study.toml")).unwrap();
    for entry in fs::read_dir(from.join("trials")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join("trials").join(path.file_name().unwrap())).unwrap();
    }
    let study = Study::open(&to).unwrap();
    (folder, study)
}

fn files(study: &Study) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(study.folder().join("trials")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_study_of_the_first_version_is_read_as_it_is_and_nothing_is_trained_again() {
    for (name, places) in [("v1-random", 16), ("v1-tpe", 7)] {
        let (_folder, study) = fixture(name);
        let before = files(&study);
        let found = study.records().unwrap();
        assert_eq!((found.records.len(), found.missing, found.others.len()), (places, 0, 0), "{name}");
        for record in &found.records {
            let (trial, seed) = (&record.trial, record.trial.seed);
            let old = format!("stage{}-sample{:05}-seed{seed}.json", trial.stage, trial.sample);
            assert!(before.iter().any(|(name, _)| *name == old), "{name}: {old}");
        }
        let run = |_: &StudyTrial, _: &dyn Fn(usize, f64)| -> Result<TrialEnd, StudyError> { panic!("trained again") };
        assert_eq!(run_locally(&study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
        assert_eq!(files(&study), before, "{name}");
    }
}

#[test]
fn what_the_first_version_judged_is_judged_from_what_it_measured() {
    let (_folder, study) = fixture("v1-random");
    let records = study.records().unwrap().records;
    let outcome = |stage: usize, sample: usize| {
        let record = records.iter().find(|record| (record.trial.stage, record.trial.sample) == (stage, sample));
        record.unwrap().outcome.clone()
    };
    assert!(matches!(outcome(0, 0), Outcome::Finished { loss } if (loss - (3.0 + 0.0041814 + 2.0 / 3.0)).abs() < 1e-4));
    assert_eq!(outcome(0, 1), Outcome::NotFinite { step: 2 });
    assert!(matches!(outcome(2, 5), Outcome::Failed(Failure::Exit { code: 3, .. })));
    let best: Vec<usize> = records.iter().filter(|one| one.trial.stage == 1).map(|one| one.trial.sample).collect();
    assert_eq!(best, [3, 3, 2, 2], "the lowest losses of the first stage");
}

#[test]
fn a_study_of_the_first_version_goes_on_in_the_new_form() {
    let (_folder, study) = fixture("v1-random");
    let before = files(&study);
    assert_eq!(study.retry().unwrap().trials.len(), 2);
    assert_eq!(tune(&study), Tuned::Finished);
    let after = files(&study);
    let new: Vec<&String> = after.iter().map(|(name, _)| name).filter(|name| !name.starts_with("stage")).collect();
    assert_eq!(new.len(), 2, "{new:?}");
    assert!(new.iter().all(|name| name.len() == "0123456789abcdef.json".len()), "{new:?}");
    let kept = before.iter().filter(|file| after.contains(file)).count();
    assert_eq!(kept, before.len() - 2, "all but the failed ones, which were set aside");
    assert!(Study::open(study.folder()).unwrap().records().unwrap().records.iter().all(|one| !one.outcome.failed()));
}

#[test]
fn the_same_study_asked_for_today_continues_the_one_of_the_first_version() {
    let (_folder, study) = fixture("v1-tpe");
    let asked = StudyConfig { version: 2, ..study.config().clone() };
    let study = Study::create(study.folder(), asked).unwrap();
    assert_eq!((study.config().version, study.records().unwrap().missing), (1, 0));
}

/// A study of the first version, written today.
fn first(stages: Vec<Stage>) -> StudyConfig {
    StudyConfig { version: 1, ..StudyConfig::new(Space::named("rate").unwrap(), stages) }
}

#[test]
fn horizons_that_the_first_version_took_are_taken() {
    for stages in [
        vec![Stage::of(20, 4), Stage::of(20, 4)],
        vec![Stage::of(20, 4), Stage::of_best(20, 2)],
        vec![Stage::of(20, 4), Stage::of_best(10, 2)],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let study = Study::create(folder.path(), first(stages.clone())).unwrap();
        assert_eq!(tune(&study), Tuned::Finished);
        let found = study.records().unwrap();
        assert_eq!((found.records.len(), found.missing), (study.config().n_trials(), 0), "{stages:?}");
        assert!(StudyConfig::from_toml(&StudyConfig { version: 2, ..first(stages) }.to_toml()).is_err());
    }
}

#[test]
fn commands_that_the_first_version_took_are_taken_and_unknown_names_are_not() {
    let with = |version: u32, word: &str| {
        let program = Program { command: vec!["sh".to_owned(), word.to_owned()], timeout_seconds: None, threads: 1 };
        let config = StudyConfig { version, program: Some(program), ..first(vec![Stage::of(1, 1)]) };
        StudyConfig::from_toml(&config.to_toml())
    };
    for word in ["{learning-rate:g}", "{a.b}", "{learning-rate"] {
        assert!(with(1, word).is_ok() && with(2, word).is_err(), "{word}");
    }
    let mistake = with(1, "{learning-rat}").unwrap_err().to_string();
    assert!(
        mistake.contains("`{learning-rat}` stands for nothing") && mistake.contains("{learning-rate}"),
        "{mistake}"
    );
}

#[test]
fn what_the_first_version_took_and_is_refused_today_opens_with_a_warning() {
    let text = first(vec![Stage::of(20, 4)]).to_toml() + "[program]\ncommand = [\"true\"]\n";
    let twice = text.replace("seeds = [0]", "seeds = [1, 0, 1]");
    let clash =
        text.replace("[space.learning-rate]", "[space.learning_rate]\nuniform = [0, 1]\n\n[space.learning-rate]");
    let reserved = text.replace("[space.learning-rate]", "[space.seed]\nuniform = [0, 1]\n\n[space.learning-rate]");
    let no_time = format!("{text}timeout-seconds = 0\n");
    for (text, said) in [
        (twice, "`seeds` has 1 twice"),
        (clash, "learning_rate"),
        (reserved, "`seed`"),
        (no_time, "`timeout-seconds` is 0"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("study.toml"), &text).unwrap();
        let study = Study::open(folder.path()).expect(&text);
        assert!(study.oddities().len() == 1 && study.oddities()[0].contains(said), "{text}: {:?}", study.oddities());
        assert_eq!(study.records().unwrap().missing, study.config().n_trials(), "{text}");
        assert_eq!(tune(&study), Tuned::Finished);
        let found = study.records().unwrap();
        assert_eq!((found.records.len(), found.missing), (study.config().n_trials(), 0), "{text}");
        let refused = StudyConfig::from_toml(&text.replace("version = 1", "version = 2")).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    let (_folder, study) = fixture("v1-random");
    assert_eq!(study.oddities(), [""; 0]);
}

#[test]
fn a_noisy_run_above_its_first_loss_goes_on_today_and_did_not_in_the_first_version() {
    let noisy = |trial: &StudyTrial| -> Vec<f64> {
        let noise = |step: usize| if step.is_multiple_of(2) { 0.2 } else { -0.2 };
        let first = if trial.sample == 1 { 3.3 } else { 3.9 };
        (0..trial.steps)
            .map(|step| if step == 0 { first } else { 3.6 - 0.2 * step as f64 / 40.0 + noise(step) })
            .collect()
    };
    for (version, goes_on) in [(1, false), (2, true)] {
        let folder = tempfile::tempdir().unwrap();
        let stages = vec![Stage::of(40, 2), Stage::of_best(80, 2)];
        let study = Study::create(folder.path(), StudyConfig { version, ..first(stages) }).unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            Ok(TrialCurve { losses: noisy(trial), ..TrialCurve::default() }.into())
        };
        run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap();
        let long = study.records().unwrap().records.into_iter().filter(|record| record.trial.stage == 1);
        assert_eq!(long.into_iter().any(|record| record.trial.sample == 1), goes_on, "version {version}");
    }
}

#[test]
fn a_seed_that_is_there_twice_counts_twice_in_a_study_of_the_first_version() {
    // In the order of the seeds, as that version added them up.
    let mean = |losses: &[f64]| losses.iter().fold(0.0, |sum, loss| sum + loss / losses.len() as f64);
    let train = |seeds: &[u64], stages: Vec<Stage>, search: Search, loss: &(dyn Fn(&StudyTrial) -> f64 + Sync)| {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig { seeds: seeds.to_vec(), search, round: 4, ..first(stages) };
        let text = config.to_toml();
        let study = Study::create(folder.path(), config.clone()).unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            Ok(TrialCurve { losses: vec![9.0, loss(trial)], ..TrialCurve::default() }.into())
        };
        run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap();
        let again = Study::create(folder.path(), config).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("study.toml")).unwrap(), text);
        let found = again.records().unwrap();
        assert_eq!((found.records.len(), found.missing, found.others.len()), (again.config().n_trials(), 0, 0));
        let last = again.trial(again.config().n_trials() - 1).unwrap();
        assert_eq!(Some(&last), found.records.last().map(|record| &record.trial));
        found.records
    };
    // Worse the higher the sample with seed 1, better with seed 0: which of both counts twice decides.
    let of = |seed: u64, sample: usize| if seed == 1 { 2.0 + 0.2 * sample as f64 } else { 4.0 - 0.3 * sample as f64 };
    let stages = vec![Stage::of(20, 4), Stage::of_best(40, 1)];
    for (seeds, best) in [([1, 0, 1], 0), ([0, 1, 0], 3)] {
        let records = train(&seeds, stages.clone(), Search::Random, &|trial| of(trial.seed, trial.sample));
        assert_eq!(records.len(), 2 * 5, "each seed is one run");
        assert!(records.iter().all(|record| record.trial.stage == 0 || record.trial.sample == best), "{seeds:?}");
    }
    assert_eq!(train(&[1, 0], stages, Search::Random, &|trial| of(trial.seed, trial.sample))[8].trial.sample, 3);
    let rated = |seed: u64, trial: &StudyTrial| {
        let place = rate(trial).log10();
        if seed == 1 { 2.0 + (place + 2.0).powi(2) } else { 2.0 + (place + 4.0).powi(2) }
    };
    let rates = |seeds: &[u64], loss: &(dyn Fn(&StudyTrial) -> f64 + Sync)| {
        let records = train(seeds, vec![Stage::of(20, 16)], Search::Tpe, loss);
        let distinct = records.len() / 16;
        records.iter().step_by(distinct).map(|record| rate(&record.trial)).collect::<Vec<_>>()
    };
    let twice = rates(&[1, 0, 1], &|trial| rated(trial.seed, trial));
    let told = rates(&[7], &|trial| mean(&[1, 0, 1].map(|seed| rated(seed, trial))));
    assert_eq!(twice, told, "what the search is told");
    assert_ne!(twice, rates(&[1, 0], &|trial| rated(trial.seed, trial)));
}

#[cfg(unix)]
#[test]
fn no_program_of_the_first_version_is_run_that_would_not_be_told_its_values() {
    use mup_study::launch::ProgramRunner;
    let run = |space: &str, word: &str| {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"test \"$MUP_MODEL_LR\" = \"$1\" && echo '{\"loss\": 1}'"#;
        let text = format!(
            "version = 1\nstages = [{{ steps = 1, trials = 2 }}]\n[space]\n\"model.lr\" = {{ uniform = [0.1, 1.0] }}\n{space}\n\
             [program]\ncommand = [\"sh\", \"-c\", \"{script}\", \"sh\", \"{{model.lr}}\", \"{word}\"]\n"
        );
        fs::write(folder.path().join("study.toml"), text).unwrap();
        let study = Study::open(folder.path()).unwrap();
        // Before anything is started or submitted.
        let runner = ProgramRunner::new(&study).map_err(|error| error.to_string())?;
        let ended = runner.run(&study.trial(0).unwrap(), &|_, _| (), &|_| (), &|| false);
        ended.map(|ended| assert_eq!(ended.failure, None)).map_err(|error| error.to_string())
    };
    assert_eq!(run("", "{a.b}"), Ok(()), "the program's own");
    for (space, word, said) in [
        ("", "{model.rate}", ["`{model.rate}` stands for nothing", "{model.lr}"]),
        ("model_lr = { uniform = [0, 1] }", "x", ["`model_lr`", "`model.lr`"]),
        ("steps = { integer = [1, 8] }", "x", ["`steps`", "{steps}"]),
    ] {
        let error = run(space, word).unwrap_err();
        assert!(said.iter().all(|said| error.contains(said)), "{error}");
    }
}

#[test]
fn a_trial_that_learned_nothing_leads_a_study_of_the_first_version_where_it_led() {
    // All but samples 2 and 5 end a hair above their start: version 1 took them for diverged.
    let train = |version: u32, ends: f64| {
        let folder = tempfile::tempdir().unwrap();
        let config = first(vec![Stage::of(10, 12), Stage::of_best(20, 4)]);
        let config = StudyConfig { version, search: Search::Tpe, round: 6, ..config };
        let study = Study::create(folder.path(), config).unwrap();
        let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
            let losses = if matches!(trial.sample, 2 | 5) { vec![4.0, 3.9] } else { vec![4.0, ends] };
            Ok(TrialCurve { losses, ..TrialCurve::default() }.into())
        };
        run_locally::<StudyError>(&study, 1, &|| false, &Silent, &run).unwrap();
        let records = study.records().unwrap().records;
        records.iter().map(|one| (one.trial.stage, one.trial.sample, rate(&one.trial))).collect::<Vec<_>>()
    };
    assert_eq!(train(1, 4.001), train(1, 400.0), "as if it had diverged");
    assert_ne!(train(2, 4.001), train(2, 400.0), "it has a loss");
}
