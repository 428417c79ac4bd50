//! A report with everything in it, and one of a study alone.

use std::collections::BTreeMap;

use mup_study::{Evaluation, Outcome, Setting, Smoothing, StudyConfig, TrialCurve, Values};
use mup_sweep::{Optimum, Point};
use mup_transfer::report::{Circumstances, FinalRun, Numbers, RateCurve, Report, Tuning};
use mup_transfer::{Spent, Transfer, Transferable, Transferred, choose};

use super::{End, gpt, gpt3_study, run};

/// Of a study alone.
pub(crate) fn of_study(config: &StudyConfig, end: impl Fn(&mup_study::StudyTrial) -> End) -> Report {
    let records = run(config, end);
    let choice = choose(config, &records).unwrap();
    let circumstances = Circumstances {
        command: "gpt-transfer report studies/quick".to_owned(),
        commit: Some("0123abc".to_owned()),
        environment: BTreeMap::from([("device".to_owned(), "flex".to_owned())]),
    };
    let numbers = Numbers::new(config.clone(), &records, choice);
    let other_targets = BTreeMap::new();
    Report { title: "A <test>".to_owned(), numbers, other_targets, circumstances, plans: Vec::new() }
}

/// Of a study, its target and three controls.
pub(crate) fn complete() -> Report {
    let mut config = gpt3_study();
    config.proxy = toml::from_str("width = 64\nd-head = 32").unwrap();
    let mut report = of_study(&config, |trial| if trial.sample == 5 { End::Failed } else { gpt(trial) });
    let chosen = report.numbers.choice.best.values.clone();
    let mut runs = vec![
        final_run("target, µP", "mup", &chosen, 1.75),
        final_run("control, SP with the proxy's values", "standard", &chosen, 2.3),
        final_run("control, SP at its own best rate", "standard", &chosen, 1.82),
        final_run("control, µP with default values", "mup", &at_rate(0.001), 1.95),
    ];
    // A quarter of the target's 16000 parameters × 3000 steps of 64 tokens.
    let spent = Spent::default().and(16_000, 750 * 64, 150.0);
    runs[2].tuning = Some(Tuning { by: "4 rates & <steps>".to_owned(), spent });
    report.numbers = report.numbers.with_runs(runs);
    let row = |(name, value): (&str, &Setting)| Transferred {
        name: name.to_owned(),
        proxy: value.clone(),
        target: value.clone(),
        transferable: Transferable::Yes,
        explanation: "unchanged".to_owned(),
    };
    report.numbers.transfer = Some(Transfer {
        values: chosen.clone(),
        rows: chosen.iter().map(row).collect(),
        run: Vec::new(),
        warnings: vec!["2 experts in the base, 4 in the target".to_owned()],
    });
    report.numbers.rate_curves = figure_1();
    report.plans = vec![("proxy".to_owned(), "rows & <columns>".to_owned())];
    report
}

fn final_run(label: &str, parametrization: &str, values: &Values, end: f64) -> FinalRun {
    let noise = |i: i32| 0.05 * f64::from(i * 7919 % 97) / 97.0;
    let losses: Vec<f64> = (0..3000).map(|i| end + 3.7 * (-f64::from(i) / 500.0).exp() + noise(i)).collect();
    let evaluations = (1..=6).map(|i| Evaluation { step: 500 * i, loss: losses[500 * i - 1] + 0.05 }).collect();
    FinalRun {
        label: label.to_owned(),
        parametrization: parametrization.to_owned(),
        size: "width 256".to_owned(),
        values: values.clone(),
        tuning: None,
        outcome: Outcome::of(&losses, Smoothing { last: 300 }),
        curve: TrialCurve {
            losses,
            validation: Some(end + 0.05),
            tokens: 3000 * 64,
            parameters: 16_000,
            sample: Some("a < b && c".to_owned()),
            flops: Some(6.0 * 16_000.0 * 3000.0 * 64.0),
            evaluations,
            ..TrialCurve::default()
        },
        seconds: 600.0,
    }
}

fn at_rate(rate: f64) -> Values {
    Values::default().with("learning-rate", Setting::Number(rate))
}

pub(crate) fn rate_curve(parametrization: &str, width: usize, center: f64) -> RateCurve {
    let loss =
        |x: f64| (x < -2.5 || parametrization == "mup").then(|| 2.0 + 0.1 * (x - center).powi(2) - width as f64 / 1e3);
    let points: Vec<Point> = (-9..=-2).map(f64::from).map(|x| Point { log2_rate: x, loss: loss(x) }).collect();
    let optimum = Optimum::of(&points);
    let values = at_rate(center.round().exp2());
    RateCurve { parametrization: parametrization.to_owned(), width, values, points, optimum }
}

fn figure_1() -> Vec<RateCurve> {
    let widths = [64, 128, 256];
    let mup = widths.map(|width| rate_curve("mup", width, -5.0));
    let standard = widths.map(|width| rate_curve("standard", width, -5.0 - (width as f64 / 64.0).log2()));
    mup.into_iter().chain(standard).collect()
}
