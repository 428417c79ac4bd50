//! The report: every file is there, parses, and says what the numbers say.

use std::collections::BTreeMap;
use std::fs;

use mup_transfer::report::{Circumstances, FinalRun, Numbers, RateCurve, Report};
use mup_transfer::{Cost, Curve, Hyperparameters, Optimum, Outcome, Point, Smoothing, Spent, Transfer, Trial};
use serde_json::json;

fn rate_curve(parametrization: &str, width: usize, center: f64) -> RateCurve {
    let loss =
        |x: f64| (x < -2.5 || parametrization == "mup").then(|| 2.0 + 0.1 * (x - center).powi(2) - width as f64 / 1e3);
    let points: Vec<Point> = (-9..=-2).map(f64::from).map(|x| Point { log2_rate: x, loss: loss(x) }).collect();
    let optimum = Optimum::of(&points);
    let values = Hyperparameters::at_rate(center.round().exp2());
    RateCurve { parametrization: parametrization.to_owned(), width, values, points, optimum }
}

fn final_run(label: &str, parametrization: &str, end: f64) -> FinalRun {
    let losses: Vec<f64> = (0..200).map(|i| end + 3.5 * (-f64::from(i) / 40.0).exp()).collect();
    let outcome = Outcome::of(&losses, Smoothing { last: 20 });
    let settings = json!({ "steps": 200 });
    let hyperparameters = Hyperparameters::at_rate(2.0_f64.powi(-5));
    let (parametrization, plan) = (parametrization.to_owned(), "f0".to_owned());
    let trial = Trial { parametrization, width: 256, plan, hyperparameters, seed: 0, settings };
    let curve = Curve {
        losses,
        validation: Some(end),
        tokens: 1000,
        parameters: 500,
        sample: Some("a < b && c".to_owned()),
        flops: None,
    };
    FinalRun { label: label.to_owned(), trial, outcome, curve }
}

fn report(rate_curves: Vec<RateCurve>) -> Report {
    let runs = vec![final_run("target, µP", "mup", 1.7), final_run("control, SP", "standard", 2.2)];
    let transfer = Transfer { values: runs[0].trial.hyperparameters, rows: Vec::new() };
    let numbers = Numbers {
        settings: json!({ "steps": 200 }),
        seed: 0,
        smoothed_over: 20,
        rate_curves,
        transfer,
        runs,
        advantage: Some(0.5),
        parameter_ratio: 16.0,
        cost_ratio: 0.25,
    };
    let cost = Cost { tuning: Spent::default().and(10, 10, 1.0), target: Spent::default().and(20, 20, 2.0) };
    let command = "gpt-transfer --quick".to_owned();
    let circumstances = Circumstances { command, environment: BTreeMap::new(), cost, seconds: BTreeMap::new() };
    Report { title: "A <test>".to_owned(), numbers, circumstances, plans: vec![("µP".to_owned(), "rows".to_owned())] }
}

fn figure_1() -> Vec<RateCurve> {
    let widths = [64, 128, 256];
    let mup = widths.map(|width| rate_curve("mup", width, -5.0));
    let standard = widths.map(|width| rate_curve("standard", width, -5.0 - (width as f64 / 64.0).log2()));
    mup.into_iter().chain(standard).collect()
}

#[test]
fn every_file_is_written_and_the_json_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(figure_1());
    report.write(folder.path()).unwrap();
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "loss-vs-learning-rate.png",
            "loss-vs-learning-rate.svg",
            "report.html",
            "report.json",
            "target-training.png",
            "target-training.svg",
        ]
    );
    let json = fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    let png = fs::read(folder.path().join("target-training.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
}

#[test]
fn the_page_is_self_contained_and_escapes_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    report(figure_1()).write(folder.path()).unwrap();
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("A &lt;test&gt;") && page.contains("a &lt; b &amp;&amp; c"));
    assert_eq!(page.matches("<svg").count(), 2);
    for fetched in ["src=", "href=", "@import", "url("] {
        assert!(!page.contains(fetched), "the page fetches something: {fetched}");
    }
    assert!(page.contains("0.500 lower than"), "the verdict is missing");
}

#[test]
fn both_panels_share_a_frame_and_each_width_has_its_optimum_circled() {
    let svg = report(figure_1()).rates_figure().svg().unwrap();
    for text in ["(SP)", "(µP)", "width 64", "width 128", "width 256", "log₂ learning rate", "optimum<", "diverged"]
    {
        assert!(svg.replace('\n', "").contains(text), "{text} is missing");
    }
    assert_eq!(svg.matches("r=\"8\"").count(), 6);
}

#[test]
fn degenerate_results_are_drawn_too() {
    let mut everything_diverged = rate_curve("standard", 64, -5.0);
    everything_diverged.points.iter_mut().for_each(|point| point.loss = None);
    everything_diverged.optimum = None;
    let one_point =
        RateCurve { points: vec![Point { log2_rate: -3.0, loss: Some(2.0) }], ..rate_curve("mup", 64, -3.0) };
    for curves in [vec![everything_diverged], vec![one_point]] {
        let mut report = report(curves);
        report.numbers.runs[1].curve.losses.truncate(1);
        report.numbers.runs[1].outcome = Outcome::NotFinite { step: 1 };
        report.numbers.advantage = None;
        let folder = tempfile::tempdir().unwrap();
        report.write(folder.path()).unwrap();
        let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
        assert!(page.contains("not finite at step 1"));
    }
}

#[test]
fn an_unwritable_place_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = report(figure_1()).write(&file.join("report")).unwrap_err();
    assert!(error.to_string().contains("report"), "{error}");
}
