//! Damaged files: each is named with the remedy, skipped or refused, and never a crash.

use std::fs;
use std::path::{Path, PathBuf};

use crate::place::{Place, RATES, fail, files, json, name, succeed, text};

/// What becomes of files on bad disks: cut, empty, a flipped bit, zeros, something else.
fn damages(content: &[u8]) -> Vec<Vec<u8>> {
    let mut flipped = content.to_vec();
    flipped[content.len() / 2] ^= 1;
    let zeros = vec![0; content.len()];
    vec![content[..content.len() / 2].to_vec(), Vec::new(), flipped, zeros, b"\xff\xfe{}".to_vec()]
}

fn damage(path: &Path, how: usize) {
    fs::write(path, damages(&fs::read(path).unwrap()).remove(how)).unwrap();
}

fn cut_within_a_word(path: &Path, word: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, &text[..text.find(word).unwrap() + word.len() / 2]).unwrap();
}

#[test]
fn a_damaged_trial_is_named_kept_and_run_again() {
    let wanted = Place::finished().numbers();
    for how in 0..5 {
        let place = Place::tuned();
        let path = place.records().remove(1);
        damage(&path, how);
        let status = succeed(&mut place.on_study("status", &[]));
        assert!(status.contains("1 to run") && status.contains(&name(&path)), "{status}");
        let choice = succeed(&mut place.on_study("choose", &[]));
        assert!(choice.contains(&name(&path)), "{choice}");
        let output = place.tune(&[RATES]).output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success() && said.contains("was damaged"), "{said}");
        assert!(PathBuf::from(format!("{}.damaged", path.display())).exists());
        if how == 0 {
            succeed(&mut place.all(&[RATES]));
            assert_eq!(place.numbers(), wanted);
        }
    }
}

#[test]
fn a_damaged_record_of_the_target_is_named_kept_and_read_from_its_last_checkpoint() {
    let wanted = Place::finished().numbers();
    for how in 0..5 {
        let place = Place::finished();
        let path = files(&place.target().join("trials"), ".json").remove(0);
        damage(&path, how);
        let output = place.on_study("report", &["--json"]).output().unwrap();
        let said = text(&output.stderr);
        assert!(said.contains(&name(&path)) && said.contains("damaged") && said.contains("`train`"), "{said}");
        assert_eq!(json(&text(&output.stdout))["numbers"]["runs"].as_array().unwrap().len(), 1);
        let output = place.all(&[RATES]).output().unwrap();
        let said = text(&output.stderr);
        assert!(said.contains("the record was damaged") && said.contains("continues from"), "{said}");
        assert!(PathBuf::from(format!("{}.damaged", path.display())).exists());
        assert_eq!(place.numbers(), wanted);
    }
}

#[test]
fn a_damaged_study_file_is_named_and_its_trials_are_not_lost() {
    // A flipped bit, or a cut between two tables, may still be a study: then the records, or what it lacks, tell.
    for how in [0, 1, 3, 4] {
        let place = Place::tuned();
        let path = place.study().join("study.toml");
        let before = place.finished_results();
        match how {
            0 => cut_within_a_word(&path, "[proxy]"),
            how => damage(&path, how),
        }
        for mut command in [place.tune(&[RATES]), place.on_study("status", &[]), place.on_study("train", &[])] {
            let error = fail(&mut command);
            assert!(error.contains("study.toml"), "{error}");
        }
        fs::remove_file(&path).unwrap();
        assert!(fail(&mut place.on_study("status", &[])).contains("no study at"));
        succeed(&mut place.tune(&[RATES]));
        assert_eq!(place.finished_results(), before, "the same command writes the study again and keeps its trials");
    }
}

#[test]
fn another_configuration_in_the_same_folder_is_refused_and_an_edit_loses_nothing() {
    let place = Place::tuned();
    let before = place.finished_results();
    let error = fail(&mut place.tune(&["--rates=-8:-5"]));
    assert!(
        error.contains("stages:") && error.contains("space.learning-rate") && error.contains("another folder"),
        "{error}"
    );
    let error = fail(&mut place.tune(&[RATES, "--weight-decay=0.02"]));
    assert!(error.contains("proxy.weight-decay: 0.01 there, 0.02 asked for"), "{error}");
    let source = fs::read_to_string(place.text()).unwrap();
    fs::write(place.text(), source.replacen("tensor", "Tensor", 1)).unwrap();
    let error = fail(&mut place.tune(&[RATES]));
    assert!(error.contains("proxy.text-sha256"), "{error}");
    // By hand, behind the program's back.
    let path = place.study().join("study.toml");
    let study = fs::read_to_string(&path).unwrap();
    fs::write(&path, study.replace("weight-decay = 0.01", "weight-decay = 0.5")).unwrap();
    let left = "3 ended trials belong to another configuration (proxy.weight-decay: 0.01 there, 0.5 now)";
    let status = succeed(&mut place.on_study("status", &[]));
    assert!(status.contains(left) && status.contains("3 to run"), "{status}");
    let error = fail(&mut place.on_study("choose", &[]));
    assert!(error.contains("no trial has ended"), "{error}");
    let output = place.on_study("tune", &[]).output().unwrap();
    assert!(output.status.success() && text(&output.stderr).contains(left), "{}", text(&output.stderr));
    assert_eq!(place.records().len(), 6);
    fs::write(&path, study).unwrap();
    let status = succeed(&mut place.on_study("status", &[]));
    assert!(status.contains("3 finished") && status.contains("0 to run"), "{status}");
    assert!(before.iter().all(|(path, result)| place.finished_results().get(path) == Some(result)));
}

#[test]
fn a_study_of_another_version_of_the_program_is_not_continued_by_this_one() {
    for (from, to, said) in [
        ("training code 1", "training code 0", "training code 0"),
        ("burn = \"0.22.1\"", "burn = \"0.21.0\"", "Burn 0.21.0"),
        ("start = \"", "start = \"0", "a start"),
        ("max_norm = 1.0", "max_norm = 2.0", "a training with max_norm = 2.0, and now there is max_norm = 1.0"),
        ("alpha-output = 1.0", "alpha-output = 2.0", "hyperparameters outside of its space of alpha-output = 2.0"),
        ("vocab = 256", "vocab = 300", "the plan"),
    ] {
        let place = Place::tuned();
        fs::remove_dir_all(place.study().join("trials")).unwrap();
        let path = place.study().join("study.toml");
        let study = fs::read_to_string(&path).unwrap();
        assert!(study.contains(from), "{study}");
        fs::write(&path, study.replace(from, to)).unwrap();
        let error = fail(&mut place.on_study("tune", &[]));
        assert!(error.contains(said) && error.contains("another study"), "{error}");
        assert!(place.records().is_empty());
    }
}

#[test]
fn damaged_tokens_are_named_before_any_trial_or_step_uses_them() {
    for file in ["train.bin", "validation.bin", "tokenizer.json", "data.json"] {
        for how in 0..5 {
            let place = Place::tuned();
            fs::remove_file(&place.records()[0]).unwrap();
            damage(&place.study().join("data").join(file), how);
            for command in ["tune", "train"] {
                let error = fail(&mut place.on_study(command, &[]));
                assert!(error.contains(file), "{file}, damage {how}: {error}");
            }
            assert_eq!(place.records().len(), 2, "no trial has failed of it");
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_named_kept_and_the_one_before_is_used() {
    let wanted = Place::finished().numbers();
    for (number, file) in ["model.bpk", "optimizer.bpk", "losses.f64", "state.json", "SHA256SUMS"].iter().enumerate() {
        let place = Place::tuned();
        succeed(&mut place.on_study("train", &["--checkpoint-every=10"]));
        fs::remove_dir_all(place.target().join("trials")).unwrap();
        let run = files(&place.target().join("runs"), "").remove(0);
        let newest = files(&run.join("checkpoints"), "").pop().unwrap();
        damage(&newest.join(file), number);
        let output = place.all(&[RATES]).output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success() && said.contains("is damaged") && said.contains(&name(&newest)), "{said}");
        assert!(files(&run.join("checkpoints"), ".damaged").len() == 1);
        assert_eq!(place.numbers(), wanted);
    }
}

#[test]
fn where_no_checkpoint_is_whole_the_run_is_refused_instead_of_begun_again() {
    let place = Place::tuned();
    succeed(&mut place.on_study("train", &["--keep-last=1"]));
    fs::remove_dir_all(place.target().join("trials")).unwrap();
    let run = files(&place.target().join("runs"), "").remove(0);
    let checkpoint = files(&run.join("checkpoints"), "").remove(0);
    damage(&checkpoint.join("model.bpk"), 0);
    let error = fail(&mut place.on_study("train", &[]));
    assert!(error.contains(&name(&checkpoint)) && error.contains("move them away"), "{error}");
    fs::remove_dir_all(&checkpoint).unwrap();
    succeed(&mut place.on_study("train", &[]));
}

#[test]
fn a_damaged_description_of_the_targets_is_named_and_their_records_are_not_lost() {
    let place = Place::finished();
    let before = place.finished_results();
    let path = place.target().join("settings.json");
    damage(&path, 0);
    for command in ["train", "report"] {
        let error = fail(&mut place.on_study(command, &[]));
        assert!(error.contains("settings.json") && error.contains("delete it alone"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    succeed(&mut place.on_study("train", &[]));
    assert_eq!(place.finished_results(), before);
}

#[test]
fn a_lost_or_damaged_report_is_written_again() {
    let place = Place::finished();
    fs::write(place.study().join("report.json"), "{").unwrap();
    fs::remove_file(place.study().join("report.html")).unwrap();
    let before = place.finished_results();
    assert!(place.numbers().is_object());
    assert!(place.study().join("report.html").exists());
    assert_eq!(place.finished_results(), before);
}
