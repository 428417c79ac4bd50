//! Every stage, every file, every form of text.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::place::{Place, RATES, SIZES, files, json, modified, program, succeed, text};

#[test]
fn without_a_command_every_stage_runs_and_every_file_parses() {
    let place = Place::new();
    let output = place.all(&[RATES, "--json"]).output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    for stage in ["Plan: Proxy", "Plan: Target", "Tuning", "Transferred", "Training width 16 in SP", "Sample"] {
        assert!(told.contains(stage), "{stage} is missing:\n{told}");
    }
    // 90 steps of the proxy are 35 of the target, by the operations of each.
    let too_few = "as much compute as tuning took is 8 steps for each of 4 rates, and fewer than 20 say nothing";
    assert!(told.contains(too_few), "{told}");
    let printed = json(&text(&output.stdout));
    let report = json(&fs::read_to_string(place.study().join("report.json")).unwrap());
    assert_eq!(printed, report);
    let labels: Vec<&Value> = report["numbers"]["runs"].as_array().unwrap().iter().map(|run| &run["label"]).collect();
    assert_eq!(labels, ["µP, values of the proxy", "SP, the same values"]);
    for run in report["numbers"]["runs"].as_array().unwrap() {
        assert_eq!(run["curve"]["losses"].as_array().unwrap().len(), 40);
        assert_eq!(run["curve"]["tokens"], 40 * 4 * 8);
        assert_eq!(run["curve"]["evaluations"].as_array().unwrap().len(), 4);
        assert!(run["curve"]["validation"].as_f64().unwrap() < 5.0);
    }
    let (svg, png) = (files(&place.study(), ".svg"), files(&place.study(), ".png"));
    assert!(!svg.is_empty() && svg.len() == png.len());
    assert!(svg.iter().all(|path| fs::read_to_string(path).unwrap().starts_with("<svg")));
    assert!(png.iter().all(|path| fs::read(path).unwrap().starts_with(b"\x89PNG")));
    assert!(fs::read_to_string(place.study().join("report.html")).unwrap().contains("</html>"));
}

/// 7 trials of 40 steps, by operations 111 steps of the target.
const ENOUGH: [&str; 2] = ["--rates=-9:-3", "--steps=40"];
/// Where a quarter of them is.
const SWEPT: &str = "targets/width16-steps27/trials";

#[test]
fn sp_gets_a_rate_of_its_own_for_the_compute_of_tuning() {
    let place = Place::new();
    let output = place.all(&[&ENOUGH[..], &["--json"]].concat()).output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("for as much compute as tuning took: 4 rates over 27 steps"), "{told}");
    assert!(!told.contains("the run changes"), "each horizon of the sweep is tuned by itself:\n{told}");
    let runs = json(&text(&output.stdout))["numbers"]["runs"].take();
    let label = |run: &Value| run["label"].as_str().unwrap().to_owned();
    let labels: Vec<String> = runs.as_array().unwrap().iter().map(label).collect();
    let [target, same, own] = &labels[..] else { panic!("{labels:?}") };
    assert_eq!([target, same], ["µP, values of the proxy", "SP, the same values"]);
    assert!(own.starts_with("SP, rate tuned at the target for the same compute"), "{own}");
    let spent = |run: usize| runs[run]["tuning"]["spent"]["counted_flops"].as_f64().unwrap();
    assert!((0.9..=1.0).contains(&(spent(2) / spent(0))), "{} of {}", spent(2), spent(0));

    let rate = |of: &Value| of["values"]["learning-rate"].as_f64().unwrap();
    let ended = |path: &PathBuf| {
        let record = json(&fs::read_to_string(path).unwrap())["record"].take();
        assert_eq!(record["trial"]["seed"], 100, "other batches than the target's");
        let losses: Vec<f64> = serde_json::from_value(record["curve"]["losses"].clone()).unwrap();
        // Judged by its last tenth.
        (losses[25] + losses[26], rate(&record["trial"]))
    };
    let swept: Vec<(f64, f64)> = files(&place.study().join(SWEPT), ".json").iter().map(ended).collect();
    assert_eq!(swept.len(), 4);
    let (_, best) = swept.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let (lowered, own) = (best * (27.0_f64 / 40.0).powf(0.32), rate(&runs[2]));
    assert!((own / lowered - 1.0).abs() < 1e-12, "{best} became {own}");
}

#[test]
fn no_run_of_the_sweep_is_repeated_and_one_that_was_stopped_goes_on() {
    let place = Place::new();
    succeed(&mut place.all(&ENOUGH));
    let swept = || files(&place.study().join(SWEPT), ".json");
    let wanted = place.numbers();
    assert_eq!(wanted["runs"].as_array().unwrap().len(), 3, "{wanted}");
    let all = || {
        let results: Vec<_> = swept().into_iter().map(|path| (modified(&path), path)).collect();
        (place.finished_results(), results)
    };
    let before = all();
    succeed(&mut place.all(&ENOUGH));
    assert_eq!(all(), before, "nothing is run twice");
    // As if it had been killed in the sweep.
    fs::remove_file(&swept()[1]).unwrap();
    succeed(&mut place.all(&ENOUGH));
    assert_eq!((swept().len(), place.finished_results()), (4, before.0));
    assert_eq!(place.numbers(), wanted);
}

#[test]
fn a_sweep_over_the_whole_run_is_none_of_the_targets_runs() {
    let place = Place::new();
    let output = place.all(&["--rates=-9:-3", "--steps=60", "--json"]).output().unwrap();
    let told = text(&output.stderr);
    // 7 trials of 60 steps are 167 steps of the target.
    assert!(told.contains(" for 96 % of the compute that tuning took: 4 rates over 40 steps"), "no longer:\n{told}");
    let runs = json(&text(&output.stdout))["numbers"]["runs"].take();
    assert_eq!(runs.as_array().unwrap().len(), 3, "{runs}");
    let label = runs[2]["label"].as_str().unwrap();
    assert!(label.starts_with("SP, rate tuned at the target for 96 % of the compute"), "it is not the same: {label}");
    let by = runs[2]["tuning"]["by"].as_str().unwrap();
    assert!(by.contains("is best") && !by.contains('×'), "nothing is lowered: {by}");
}

#[test]
fn a_target_that_is_too_short_to_tell_a_rate_is_said_to_be_the_reason_and_not_the_compute() {
    let place = Place::new();
    let output = place.all(&["--rates=-9:-3", "--target-steps=15"]).output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("the target has 15 steps, and fewer than 20 say nothing of a rate"), "{told}");
    assert!(!told.contains("as much compute as tuning took"), "{told}");
}

#[test]
fn each_command_alone_prints_its_result_for_people_and_as_json() {
    let place = Place::new();
    let status = json(&succeed(&mut place.tune(&[RATES, "--json"])));
    assert_eq!((&status["trials"], &status["finished"], &status["missing"]), (&3.into(), &3.into(), &0.into()));
    let choice = json(&succeed(&mut place.on_study("choose", &["--json"])));
    let trained = json(&succeed(&mut place.on_study("train", &["--json"])));
    assert_eq!(choice["best"]["values"]["learning-rate"], trained["trial"]["values"]["learning-rate"]);
    succeed(&mut place.on_study("train", &["--values=default", "--parametrization=standard", "--seed=1"]));
    let report = json(&succeed(&mut place.on_study("report", &["--json"])));
    assert_eq!(report["numbers"]["runs"][1]["label"], "SP, default values, seed 1");
    let reproduce = report["circumstances"]["command"].as_str().unwrap();
    let [tune, target, control] = reproduce.lines().collect::<Vec<_>>()[..] else { panic!("{reproduce}") };
    // Cargo runs this test, and knows neither with which features nor where the program was built.
    let program = env!("CARGO_BIN_EXE_gpt-transfer");
    assert!(tune.starts_with(&format!("{program} tune --")), "{tune}");
    assert_eq!(control, format!("{target} --values default --parametrization standard --seed 1"));
    assert!(target.starts_with(&format!("{program} train --study ")), "{target}");
    assert_eq!(json(&succeed(&mut place.on_study("status", &["--json"]))), status);
    for (command, said) in [
        ("choose", "Target: width 16"),
        ("train", "training loss"),
        ("report", "report.html"),
        ("status", "3 finished"),
    ] {
        let printed = succeed(&mut place.on_study(command, &[]));
        assert!(printed.contains(said), "{command}: {printed}");
    }
}

#[test]
fn a_folder_characters_shuffled_windows_and_micro_batches_train_too() {
    let place = Place::new();
    let texts = place.path().join("texts");
    fs::create_dir_all(texts.join("deeper")).unwrap();
    fs::copy(place.text(), texts.join("a.txt")).unwrap();
    fs::write(texts.join("deeper/b.txt"), "äöü µ\n".repeat(100)).unwrap();
    let mut command = program();
    command.arg("--text").arg(&texts).arg("--study").arg(place.study()).arg("--json");
    let sizes = SIZES.iter().map(|size| match *size {
        "--tokenizer=bytes" => "--tokenizer=characters",
        "--order=random" => "--order=shuffled",
        "--micro-batches=1" => "--micro-batches=2",
        "--seeds=0" => "--seeds=0,1",
        other => other,
    });
    let report = json(&succeed(command.args(sizes).args(["--space=gpt-3", "--trials=2", "--search=sobol"])));
    let study = &report["numbers"]["study"];
    assert!(study["proxy"]["vocab"].as_u64().unwrap() < 60, "{study}");
    assert_eq!(report["numbers"]["trials"].as_array().unwrap().len(), 4);
    assert!(report["numbers"]["runs"][0]["curve"]["sample"].is_string());
}

#[test]
fn the_source_of_burn_is_the_text_if_none_is_given() {
    let place = Place::new();
    let mut command = program();
    command.arg("--study").arg(place.study()).args(SIZES).args(["--rates=-6:-6", "--json"]);
    let report = json(&succeed(&mut command));
    assert_eq!(report["numbers"]["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn at_base_width_both_parametrizations_train_alike_to_the_last_digit() {
    let losses = ["mup", "standard"].map(|parametrization| {
        let place = Place::new();
        succeed(&mut place.tune(&[RATES, "--parametrization", parametrization]));
        // By rate: the files are named after all that was trained, the parametrization too.
        let record = |path| {
            let mut record = json(&fs::read_to_string(path).unwrap())["record"].take();
            (record["trial"]["values"].to_string(), record["curve"]["losses"].take())
        };
        place.records().iter().map(record).collect::<BTreeMap<String, Value>>()
    });
    assert_eq!(losses[0].len(), 3);
    assert_eq!(losses[0], losses[1]);
}

#[test]
fn help_and_the_list_of_devices_need_nothing() {
    let nowhere = tempfile::tempdir().unwrap();
    for (command, said) in
        [("--help", "interrupted"), ("help", "Examples:"), ("devices", "flex        answers"), ("--version", "0.")]
    {
        let printed = succeed(program().current_dir(nowhere.path()).arg(command));
        assert!(printed.contains(said), "{command}: {printed}");
    }
    assert_eq!(fs::read_dir(nowhere.path()).unwrap().count(), 0);
}

#[test]
fn a_study_is_continued_in_its_folder_without_repeating_its_options() {
    let place = Place::tuned();
    fs::remove_file(&place.records()[1]).unwrap();
    // From elsewhere, without the text: the study has its tokens.
    fs::remove_file(place.text()).unwrap();
    let status = json(&succeed(&mut place.on_study("tune", &["--json", "--jobs=1"])));
    assert_eq!(status["finished"], 3);
    succeed(&mut place.on_study("train", &[]));
}

#[test]
fn the_number_of_threads_does_not_change_the_numbers() {
    let numbers = ["1", "2"].map(|threads| {
        let place = Place::new();
        let mut command = program();
        command.arg("--text").arg(place.text()).arg("--study").arg(place.study());
        // Wide enough that matrix products are shared between threads: from 192³ on, burn-flex 0.22.1 matmul.rs.
        command.args(["--proxy-width=32", "--target-width=256", "--d-head=32", "--n-layer=1", "--context=32"]);
        command.args(["--batch=8", "--steps=3", "--rates=-6:-6", "--parametrization=standard"]);
        succeed(command.env("RAYON_NUM_THREADS", threads));
        place.numbers()
    });
    assert_eq!(numbers[0], numbers[1]);
}
