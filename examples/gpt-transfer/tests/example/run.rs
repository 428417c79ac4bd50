//! A whole run of the binary: every stage, every file, divergence as a result.

use std::fs;

use crate::place::Place;

#[test]
fn every_stage_runs_and_every_file_parses() {
    let place = Place::new();
    let printed = place.succeed(&["--rates=-7:-5", "--sweep", "alpha-output=1,2", "--sweep-standard"]);
    for stage in ["Plan of the proxy", "Plan of the target", "Tuning", "Sample of the target", "control, SP", "SHA-256"]
    {
        assert!(printed.contains(stage), "{stage} is missing:\n{printed}");
    }
    let report = place.report();
    let numbers = &report["numbers"];
    let curves = numbers["rate_curves"].as_array().unwrap();
    let shown: Vec<String> = curves.iter().map(|c| format!("{} {}", c["parametrization"], c["width"])).collect();
    assert_eq!(shown, ["\"mup\" 8", "\"mup\" 16", "\"standard\" 8", "\"standard\" 16"]);
    assert_eq!(numbers["runs"].as_array().unwrap().len(), 2);
    for run in numbers["runs"].as_array().unwrap() {
        assert_eq!(run["curve"]["losses"].as_array().unwrap().len(), 30);
        assert_eq!(run["curve"]["tokens"], 30 * 4 * 8);
        assert!(run["curve"]["validation"].as_f64().unwrap() < 5.0);
    }
    for name in ["loss-vs-learning-rate", "target-training"] {
        assert!(fs::read_to_string(place.out().join(format!("{name}.svg"))).unwrap().starts_with("<svg"));
        assert!(fs::read(place.out().join(format!("{name}.png"))).unwrap().starts_with(b"\x89PNG"));
    }
    let page = fs::read_to_string(place.out().join("report.html")).unwrap();
    assert!(page.contains("</html>") && page.matches("<svg").count() == 2);
}

#[test]
fn at_base_width_both_parametrizations_train_alike_to_the_last_digit() {
    let place = Place::new();
    place.succeed(&["--rates=-7:-6", "--sweep-widths", "8", "--sweep-standard"]);
    let curves = &place.report()["numbers"]["rate_curves"];
    assert_eq!(curves[0]["parametrization"], "mup");
    assert_eq!(curves[1]["parametrization"], "standard");
    assert_eq!(curves[0]["points"], curves[1]["points"]);
}

#[test]
fn a_diverged_trial_is_a_result() {
    let place = Place::new();
    let printed = place.succeed(&["--rates=-7:41:48"]);
    assert!(printed.contains("diverged"), "{printed}");
    let curve = &place.report()["numbers"]["rate_curves"][0];
    let points = curve["points"].as_array().unwrap();
    assert!(points.iter().any(|point| point["loss"].is_null()), "{points:?}");
    assert!(curve["optimum"]["log2_rate"].as_f64().unwrap() < 0.0);
}

#[test]
fn help_and_device_list_need_nothing() {
    let place = Place::new();
    let help = place.command(&["--help"]).output().unwrap();
    assert!(help.status.success());
    assert!(crate::place::text(&help.stdout).contains("Figure 1 of Tensor Programs V"));
    let list = place.succeed(&["--device", "list"]);
    assert!(list.contains("flex"), "{list}");
    assert!(!place.out().exists());
}
