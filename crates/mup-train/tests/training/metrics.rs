//! `metrics.jsonl`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::net::{Largest, folder, ten_steps, train_in, warnings};

pub(crate) fn lines(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Steps of the lines with a loss, and of those with an evaluation.
pub(crate) fn steps(run: &Path) -> (Vec<u64>, Vec<u64>) {
    let (losses, evaluations): (Vec<Value>, Vec<Value>) =
        lines(run).into_iter().partition(|line| line.get("loss").is_some());
    let step = |line: &Value| line["step"].as_u64().unwrap();
    (losses.iter().map(step).collect(), evaluations.iter().map(step).collect())
}

#[test]
fn every_step_and_evaluation_has_its_line() {
    let run = tempfile::tempdir().unwrap();
    let curve = train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap().curve;
    assert_eq!(steps(run.path()), ((0..10).collect(), vec![4, 8, 10]));
    let losses: Vec<f64> = lines(run.path()).iter().filter_map(|line| line["loss"].as_f64()).collect();
    assert_eq!(losses, curve.losses);
    let first = &lines(run.path())[0];
    for key in ["rate", "gradient_norm", "tokens", "tokens_per_second"] {
        assert!(first[key].as_f64().unwrap() > 0.0, "{first}");
    }
}

#[test]
fn the_file_is_cut_back_to_the_checkpoint_also_in_the_middle_of_a_line() {
    let run = tempfile::tempdir().unwrap();
    train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap();
    fs::remove_dir_all(run.path().join("checkpoints/step-00000010")).unwrap();
    let path = run.path().join("metrics.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    // Line 10 is step 8, after two evaluations.
    let whole: usize = text.lines().take(11).map(|line| line.len() + 1).sum();
    for half in [0, 1, 7] {
        fs::write(&path, &text[..whole + half]).unwrap();
        let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
        trained.unwrap();
        assert_eq!(steps(run.path()), ((0..10).collect(), vec![4, 8, 10]), "{half}");
        assert!(warnings(&events).is_empty());
        fs::remove_dir_all(run.path().join("checkpoints/step-00000010")).unwrap();
    }
}

#[test]
fn lost_lines_are_said_and_the_run_goes_on() {
    let run = tempfile::tempdir().unwrap();
    train_in(folder(run.path()), ten_steps(), &Largest::default()).1.unwrap();
    fs::remove_dir_all(run.path().join("checkpoints/step-00000010")).unwrap();
    fs::remove_file(run.path().join("metrics.jsonl")).unwrap();
    for _ in 0..2 {
        let (events, trained) = train_in(folder(run.path()), ten_steps(), &Largest::default());
        trained.unwrap();
        assert!(warnings(&events)[0].contains("the lines of 8 of the first"), "{events:?}");
        assert_eq!(steps(run.path()), (vec![8, 9], vec![10]));
    }
}

#[test]
fn a_loss_that_is_not_a_number_has_its_line_with_its_step() {
    let run = tempfile::tempdir().unwrap();
    let task = Largest { poison: Some((5, f32::NAN)), ..Largest::default() };
    train_in(folder(run.path()), ten_steps(), &task).1.unwrap();
    let last = lines(run.path()).pop().unwrap();
    assert_eq!(last, serde_json::json!({ "step": 5, "loss": null, "ended": "not finite" }));
}
