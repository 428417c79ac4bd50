//! A target that is wider, deeper, of a larger batch and of more tokens than its proxy: one command, and what it says.

use std::fs;

use serde_json::Value;

use crate::place::{Place, fail, json, succeed, text};

const AXES: [&str; 8] = [
    "--rates=-7:-5",
    "--n-layer=2",
    "--target-layers=8",
    "--parametrization=complete-p",
    "--target-batch=4",
    "--target-steps=20",
    "--run-law=complete-d",
    "--jobs=1",
];

/// Proxy: 30 steps of 4 × 8 tokens. Target: 20 steps of 16 × 8, so m_B = 4 and m_D = 8/3.
#[test]
fn one_command_tunes_a_proxy_of_2_blocks_and_transfers_to_8_with_4_times_the_batch_and_more_tokens() {
    let place = Place::new();
    let output = place.all(&AXES).arg("--json").output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    for said in [
        "run: batch × 4, tokens × 2.667, 30 steps → 20 · complete-d",
        "depth scaled: residual additions on blocks 4→16, m_L = 4",
        "blocks.*.feed_forward.down.weight",
        "run: 32 tokens in a batch → 128, 30 steps → 20 (batch × 4, tokens × 2.667)",
        "rate × 1.225 = √m_B/√m_D",
        "β to the power 1.5 = m_B/m_D",
        "derived: powers of m_B",
        "empirical: powers of m_D",
    ] {
        assert!(told.contains(said), "{said} is missing:\n{told}");
    }
    assert!(!told.contains("--run-law complete-d"), "a warning under a law:\n{told}");
    let chosen = succeed(&mut place.on_study("choose", &[]));
    for said in ["Target: width 16, depth 8, 20 steps, in complete-p", "learning-rate", "law complete-d"] {
        assert!(chosen.contains(said), "{said} is missing:\n{chosen}");
    }
    let report = json(&text(&output.stdout));
    let run = &report["numbers"]["transfer"]["run"];
    assert_eq!(run.as_array().unwrap().len(), 8, "{run}");
    for run in report["numbers"]["runs"].as_array().unwrap() {
        assert_eq!(run["curve"]["losses"].as_array().unwrap().len(), 20);
        assert_eq!(run["curve"]["tokens"], 20 * 16 * 8);
    }
    let page = fs::read_to_string(place.study().join("report.html")).unwrap();
    assert!(page.contains("law complete-d") && page.contains("empirical: powers of m_D"));
    let study = fs::read_to_string(place.study().join("study.toml")).unwrap();
    for said in ["batches = 4", "run-law = \"complete-d\"", "proxy-batch = 32.0"] {
        assert!(study.contains(said), "{said} is missing:\n{study}");
    }
    let folder = place.study().join("targets/width16-depth8-steps20-batches4-complete-d");
    assert!(folder.join("settings.json").exists(), "{}", folder.display());
}

#[test]
fn a_deeper_target_under_rules_of_width_is_refused_with_the_flag() {
    let place = Place::new();
    let error = fail(&mut place.tune(&["--target-layers=3"]));
    assert!(error.contains("--parametrization complete-p") && !error.contains("complete_p()"), "{error}");
    assert!(!place.study().exists());
    let error = fail(&mut place.tune(&["--target-layers=0"]));
    assert!(error.contains("--target-layers"), "{error}");
}

/// What the study says of its target is one of several; `train` and `report` take another.
#[test]
fn a_study_trains_a_target_of_another_batch_length_and_law_too() {
    let place = Place::tuned();
    let warned = place.on_study("train", &["--target-batch=2", "--json"]).output().unwrap();
    let told = text(&warned.stderr);
    assert!(warned.status.success(), "{told}");
    assert!(
        told.contains("warning: the run changes from 32 in a batch, 960 in all to 64 in a batch, 2560 in all"),
        "{told}"
    );
    assert!(told.contains("--run-law complete-d"), "{told}");
    let losses = |printed: &str| json(printed)["curve"]["losses"].clone();
    let unscaled = losses(&text(&warned.stdout));
    let law = ["--target-batch=2", "--run-law=complete_d", "--json"];
    let scaled = losses(&succeed(&mut place.on_study("train", &law)));
    assert_ne!(scaled, unscaled);
    assert_eq!(losses(&succeed(&mut place.on_study("train", &law))), scaled, "it was read back");
    let report = json(&succeed(&mut place.on_study("report", &law)));
    let runs: Vec<&Value> = report["numbers"]["runs"].as_array().unwrap().iter().map(|run| &run["label"]).collect();
    assert_eq!(runs, ["µP, values of the proxy"], "under this law alone");
    let reproduce = report["circumstances"]["command"].as_str().unwrap();
    assert!(reproduce.ends_with("--target-batch 2 --run-law complete-d"), "{reproduce}");
    for (arguments, said) in [
        ("--run-law=complet-d", "did you mean `complete-d`?"),
        ("--target-batch=1.5", "whole number"),
        ("--target-steps=0", "at least 1"),
    ] {
        let error = fail(&mut place.on_study("train", &[arguments]));
        assert!(error.contains(said), "{arguments}: {error}");
    }
}

/// A program of before wrote no run of the proxy, no batches and no law.
#[test]
fn a_study_of_before_there_were_laws_is_continued_with_the_same_records() {
    let place = Place::finished();
    let path = place.study().join("study.toml");
    let study = fs::read_to_string(&path).unwrap();
    let batch = study.lines().find(|line| line.starts_with("proxy-batch")).expect("is written");
    assert!(!study.lines().any(|line| line.starts_with("batches") || line.starts_with("run-law")), "{study}");
    fs::write(&path, study.replace(batch, "")).unwrap();
    let results = place.finished_results();
    succeed(&mut place.all(&["--rates=-7:-5"]));
    assert_eq!(place.finished_results(), results, "nothing was trained again");
}

#[test]
fn a_family_with_another_batch_than_a_study_was_made_with_is_refused() {
    let place = Place::tuned();
    let path = place.study().join("study.toml");
    let study = fs::read_to_string(&path).unwrap();
    fs::write(&path, study.replace("proxy-batch = 32.0", "proxy-batch = 33.0")).unwrap();
    let error = fail(&mut place.on_study("train", &[]));
    assert!(error.contains("a proxy-batch of 33.0"), "{error}");
}
