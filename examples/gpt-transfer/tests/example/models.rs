//! Decoders of today, from tuning to report.

use std::fs;

use crate::place::{Place, RATES, fail, json, succeed, text};

#[test]
fn a_llama_is_tuned_chosen_trained_and_reported() {
    let place = Place::new();
    let sizes = ["--model=llama", "--d-head=4", RATES];
    let output = place.all(&[&sizes[..], &["--json"]].concat()).output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    for said in ["blocks.0.feed_forward.{up, gate}.weight", "Training width 16 in SP", "Sample"] {
        assert!(told.contains(said), "{said} is missing:\n{told}");
    }
    assert!(!told.contains("share a head of keys"), "heads and heads of keys grow alike:\n{told}");
    let report = json(&text(&output.stdout));
    for run in report["numbers"]["runs"].as_array().unwrap() {
        assert_eq!(run["curve"]["losses"].as_array().unwrap().len(), 40);
        assert!(run["curve"]["validation"].as_f64().unwrap() < 5.0, "{run}");
        assert!(run["curve"]["sample"].is_string());
    }
    let study = fs::read_to_string(place.study().join("study.toml")).unwrap();
    for said in ["model = \"llama\"", "family = \"llama on text\"", "queries_per_key = 2"] {
        assert!(study.contains(said), "{said} is missing:\n{study}");
    }
    // The model is the study's: it needs no word, and another one is refused.
    succeed(&mut place.on_study("train", &["--seed=1"]));
    let again = place.finished_results();
    succeed(&mut place.on_study("tune", &["--target-width=16"]));
    assert_eq!(place.finished_results(), again, "nothing is trained again");
    let error = fail(&mut place.tune(&["--model=qwen3"]));
    assert!(error.contains("made for the model llama, and now there is qwen3"), "{error}");
    assert_eq!(place.finished_results(), again);
}

#[test]
fn a_preset_that_searches_what_a_model_lacks_is_refused_with_the_space_that_the_model_has() {
    let place = Place::new();
    let [six, rest] = ["six.toml", "rest.toml"].map(|name| place.path().join(name));
    fs::write(&six, "preset = \"gpt-3\"\n").unwrap();
    let tune = |space: &str| place.tune(&["--model=llama", "--d-head=4", "--trials=2", "--space", space]);
    for space in ["gpt-3", six.to_str().unwrap()] {
        let error = fail(&mut tune(space));
        let (said, remedy) = error.split_once("\n\n").unwrap();
        assert!(said.contains(space) && said.contains("this model has no `alpha-relative`"), "{error}");
        assert!(!place.study().exists());
        fs::write(&rest, remedy).unwrap();
    }
    succeed(&mut tune(rest.to_str().unwrap()));
    let study = fs::read_to_string(place.study().join("study.toml")).unwrap();
    assert_eq!(study.matches("[space.").count(), 5, "{study}");
    assert!(study.contains("[space.alpha-output]") && !study.contains("alpha-relative"), "{study}");
}

#[test]
fn a_study_of_gpt_3_says_nothing_of_models_as_before_there_were_several() {
    let place = Place::tuned();
    let study = fs::read_to_string(place.study().join("study.toml")).unwrap();
    for said in ["model", "tokenizer-sha256", "validation-sha256"] {
        assert!(!study.lines().any(|line| line.starts_with(said)), "{said}:\n{study}");
    }
    assert!(
        study.contains("family = \"GPT on text\"") && study.contains("fingerprint = \"training code 1, "),
        "{study}"
    );
    // Written by the program of before.
    fs::write(place.study().join("study.toml"), study.replace("tokenizer = \"bytes\"", "units = \"bytes\"")).unwrap();
    let results = place.finished_results();
    succeed(&mut place.tune(&[RATES]));
    assert_eq!(place.finished_results(), results, "nothing was trained again");
}

#[test]
fn a_target_that_changes_what_no_rule_is_known_for_is_warned_of_when_it_is_planned_and_when_it_trains() {
    let place = Place::new();
    let mixture =
        ["--model=mixtral", "--d-head=4", "--proxy=width=8,experts=2", "--target=width=16,experts=4", "--rates=-7:-7"];
    let kept: Vec<&str> =
        crate::place::SIZES.into_iter().filter(|size| !size.contains("-width") && !size.contains("d-head")).collect();
    let mut command = crate::place::program();
    command.args(["tune", "--text"]).arg(place.text()).arg("--study").arg(place.study()).args(kept).args(mixture);
    let output = command.output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    let warning = "warning: 2 experts in the base, 4 in the target: transfer is known only for";
    assert!(told.contains(warning), "{told}");
    let trained = place.on_study("train", &[]).output().unwrap();
    let told = text(&trained.stderr);
    assert!(trained.status.success() && told.contains(warning), "{told}");
    let (sentence, reported) = (&warning["warning: ".len()..], succeed(&mut place.on_study("report", &[])));
    assert!(reported.contains(warning), "{reported}");
    let page = fs::read_to_string(place.study().join("report.html")).unwrap();
    assert!(page.contains(sentence), "{page}");
    let chosen = json(&succeed(&mut place.on_study("choose", &["--json"])));
    let mut warnings = chosen["transfer"]["warnings"].as_array().unwrap().iter();
    assert!(warnings.any(|warning| warning.as_str().unwrap().starts_with(sentence)), "{chosen}");
}
