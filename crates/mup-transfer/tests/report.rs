//! The report: every file is there, parses, and says what the numbers say, whatever the study.

mod synthetic;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mup_study::{Dimension, Outcome, Setting, Space, Stage, StudyConfig, StudyTrial, Trial};
use mup_sweep::Point;
use mup_transfer::choose;
use mup_transfer::report::{FinalRun, Numbers, RateCurve, Report};

use synthetic::reports::{complete, of_study, rate_curve};
use synthetic::{End, chance, gpt, gpt3_study, run};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|entry| file(entry.unwrap())).collect()
}

fn written(report: &Report) -> BTreeMap<String, Vec<u8>> {
    let folder = synthetic::folder();
    report.write(folder.path()).unwrap();
    files(folder.path())
}

fn page(report: &Report) -> String {
    String::from_utf8(written(report).remove("report.html").unwrap()).unwrap()
}

#[test]
fn every_file_is_written_and_the_json_reads_back() {
    let report = complete();
    let files = written(&report);
    let figures = ["importance", "loss-vs-hyperparameters", "loss-vs-learning-rate", "target-training"];
    let mut expected: Vec<String> =
        figures.iter().flat_map(|name| ["png", "svg"].map(|ending| format!("{name}.{ending}"))).collect();
    expected.extend(["report.html", "report.json"].map(str::to_owned));
    expected.sort();
    assert_eq!(files.keys().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(serde_json::from_slice::<Report>(&files["report.json"]).unwrap(), report);
    for name in figures {
        assert!(files[&format!("{name}.png")].starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}

#[test]
fn the_page_is_self_contained_and_escapes_what_it_shows() {
    let page = page(&complete());
    for part in ["A &lt;test&gt;", "a &lt; b &amp;&amp; c", "rows &amp; &lt;columns&gt;", "no &lt;device&gt; &amp; no"]
    {
        assert!(page.contains(part), "{part} is missing");
    }
    for raw in ["<test>", "<columns>", "<device>"] {
        assert!(!page.contains(raw), "{raw} is not escaped");
    }
    assert_eq!(page.matches("<svg").count(), 4);
    for fetched in ["src=", "href=", "@import", "url(", "<script"] {
        assert!(!page.contains(fetched), "the page fetches something: {fetched}");
    }
}

#[test]
fn the_page_says_what_was_chosen_what_came_of_it_and_what_it_cost() {
    let report = complete();
    let page = page(&report);
    let best = &report.numbers.choice.best;
    for part in [
        &format!("reaches training loss {:.4} in 800 steps", best.loss),
        "(width 256, 16.0× the parameters) reaches 1.7",
        "0.5500 lower than control, SP with the proxy",
        "found by 4 rates &amp; &lt;steps&gt;",
        "<td class=\"number\">0.25</td>",
        "tuning: control, SP at its own best rate",
        "Before you trust it",
        "<li>2 experts in the base, 4 in the target.</li>",
        "use <code>retry</code>",
        "study.toml",
        "0123abc",
        "gpt-transfer report studies/quick",
        "Plan: proxy",
        "seeds of the runs",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    // 79 runs of 1000 parameters, 63 of 200 steps and 16 of 800, by one of 16000 parameters and 3000 steps.
    let ratio = report.numbers.cost.ratio().unwrap();
    assert!((ratio - (63.0 * 200.0 + 16.0 * 800.0) / (16.0 * 3000.0)).abs() < 0.01, "{ratio}");
    // The row of each trial, of the runners-up with the best, and no more than one best each.
    assert_eq!(page.matches("<tr class=\"best\"><td class=\"number\">").count(), 2 + 6);
}

#[test]
fn what_tuning_took_is_told_in_whole_runs_of_the_target_and_once_for_all_seeds() {
    let report = complete();
    let tuned = report.numbers.runs[2].clone();
    assert_eq!(report.numbers.tuning_in_targets(&tuned), Some(0.25));
    let mut runs = report.numbers.runs.clone();
    // The target diverges after its first step, and the control is trained with another seed too.
    let diverged = &mut runs[0].curve;
    (diverged.tokens, diverged.flops) = (64, Some(6.0 * 16_000.0 * 64.0));
    diverged.losses.truncate(1);
    runs.push(FinalRun { label: format!("{}, seed 1", tuned.label), ..tuned.clone() });
    let report = Report { numbers: report.numbers.clone().with_runs(runs), ..report };
    assert_eq!(report.numbers.tuning_in_targets(&tuned), Some(0.25));
    assert_eq!(page(&report).matches("tuning: control, SP at its own best rate").count(), 1);
    assert!(report.verdict().ends_with("Each is one run, of one seed."), "{}", report.verdict());
}

#[test]
fn a_study_alone_has_a_report_without_a_word_of_a_target() {
    let report = of_study(&gpt3_study(), gpt);
    let files = written(&report);
    assert!(files.contains_key("loss-vs-hyperparameters.png") && !files.contains_key("target-training.png"));
    let page = String::from_utf8(files["report.html"].clone()).unwrap();
    for absent in ["<h2>Target</h2>", "Transferred values", "Best learning rate by width", "Samples</h2>"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("Chosen values") && page.contains("Cost"));
}

#[test]
fn every_trial_is_in_every_panel() {
    let config = gpt3_study();
    let report = of_study(&config, gpt);
    let figures: BTreeMap<_, _> = report.figures().into_iter().collect();
    let svg = figures["loss-vs-hyperparameters"].svg().unwrap();
    let count = |steps: usize, finished: bool| {
        let trials = report.numbers.trials.iter().filter(|trial| trial.steps == steps);
        trials.filter(|trial| trial.outcome.loss().is_some() == finished).count()
    };
    assert_eq!(svg.matches("r=\"3\"").count(), 6 * count(200, true), "one dot for each finished trial");
    // Besides 16 in each panel one in the legend.
    assert_eq!(svg.matches("<polygon").count(), 6 * count(800, true) + 1, "one triangle for each of the longer ones");
    assert_eq!(svg.matches("r=\"7\"").count(), 6, "the best is ringed in each panel");
    assert!(count(200, false) > 0);
    for text in
        ["learning-rate (", "alpha-relative (", "200 steps", "800 steps", "diverged", "as good", "training loss"]
    {
        assert!(svg.replace('\n', "").contains(text), "{text} is missing");
    }
}

#[test]
fn a_loss_far_above_the_others_is_drawn_on_the_edge_and_the_legend_says_so() {
    let config = StudyConfig::new(Space::gpt3(), vec![Stage::of(10, 32)]);
    let report = of_study(&config, |trial| End::Loss(if trial.sample == 7 { 5.0 } else { 2.0 + 0.1 * chance(trial) }));
    let figures: BTreeMap<_, _> = report.figures().into_iter().collect();
    let svg = figures["loss-vs-hyperparameters"].svg().unwrap();
    assert!(svg.replace('\n', "").contains("above the frame"));
    let circles = svg.split("<circle").skip(1).filter(|circle| circle.contains("r=\"3\""));
    let heights: Vec<i32> = circles
        .map(|circle| circle.split_once("cy=\"").unwrap().1.split('"').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(heights.len(), 6 * 32);
    // The legend is 34 units high, and a panel begins below it.
    assert!(heights.iter().all(|y| *y > 34), "{heights:?}");
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let config = gpt3_study();
    let records = run(&config, gpt);
    let write = |records: &mup_study::Records| {
        let choice = choose(&config, records).unwrap();
        let numbers = Numbers::new(config.clone(), records, choice);
        written(&Report { numbers, ..of_study(&config, gpt) })
    };
    let mut shuffled = records.clone();
    shuffled.records.reverse();
    assert!(write(&records) == write(&shuffled));
}

#[test]
fn both_panels_share_a_frame_and_each_width_has_its_optimum_circled() {
    let report = complete();
    let figures: BTreeMap<_, _> = report.figures().into_iter().collect();
    let svg = figures["loss-vs-learning-rate"].svg().unwrap();
    for text in ["(SP)", "(µP)", "width 64", "width 128", "width 256", "log₂ learning rate", "optimum<", "diverged"]
    {
        assert!(svg.replace('\n', "").contains(text), "{text} is missing");
    }
    assert_eq!(svg.matches("r=\"8\"").count(), 6);
}

#[test]
fn degenerate_final_results_are_drawn_too() {
    let mut everything_diverged = rate_curve("standard", 64, -5.0);
    everything_diverged.points.iter_mut().for_each(|point| point.loss = None);
    everything_diverged.optimum = None;
    let one_point =
        RateCurve { points: vec![Point { log2_rate: -3.0, loss: Some(2.0) }], ..rate_curve("mup", 64, -3.0) };
    for curves in [vec![everything_diverged], vec![one_point]] {
        let mut report = complete();
        report.numbers.rate_curves = curves;
        report.numbers.runs[0].curve.losses.clear();
        report.numbers.runs[1].curve.losses.truncate(1);
        report.numbers.runs[1].outcome = Outcome::NotFinite { step: 1 };
        report.numbers.runs.iter_mut().for_each(|run| run.curve.evaluations.clear());
        assert!(page(&report).contains("not finite at step 1"));
    }
}

/// A name that would break a page that does not escape; `=` stands in no name.
const NASTY_NAME: &str = "<img src> & 'co'";

/// A text that would.
const NASTY: &str = "<img src=x onerror=\"alert(1)\"> & 'co'";

#[test]
fn extreme_studies_are_shown_without_panic_and_escaped() {
    let named = |name: &str| Space::default().with(name, Dimension::LogUniform([1e-4, 1e-1]));
    let texts = |n: usize| (0..n).map(|i| Setting::Text(format!("{NASTY} {i}"))).collect();
    let many = |n: usize| {
        (0..n).fold(Space::default(), |space, i| {
            space.with(&format!("dimension {i}"), Dimension::Uniform([-1e300, 1e300]))
        })
    };
    let spaces = [
        (named("learning-rate"), 1),
        (named(NASTY_NAME), 40),
        (named("rate").with("kind", Dimension::Categorical(texts(3))), 40),
        (Space::default().with("kind", Dimension::Categorical(texts(40))), 8),
        (many(2), 20),
        (many(4), 40),
        (many(12), 100),
        (named("rate").with("n", Dimension::Integer([1, 3])).with("grid", Dimension::Grid(vec![8.0, 1.0, 2.0])), 40),
        (named("rate").with("seven", Dimension::Fixed(Setting::Integer(7))), 4),
        (Space::default().with("only", Dimension::Fixed(Setting::Text(NASTY.to_owned()))), 1),
    ];
    let ends: [fn(&StudyTrial) -> End; 4] = [
        |_| End::Loss(2.0),
        |trial| End::Loss(2.0 + chance(trial)),
        |trial| if trial.sample > 0 { End::Diverged } else { End::Loss(-1e300) },
        |trial| End::Loss(chance(trial) * -1e307),
    ];
    for (i, (space, trials)) in spaces.into_iter().enumerate() {
        // Two of the four for each, so that each meets every kind of space.
        for end in [ends[i % 4], ends[(i + 1 + i / 4) % 4]] {
            let config = StudyConfig::new(space.clone(), vec![Stage::of(10, trials)]);
            let mut report = of_study(&config, end);
            report.title = NASTY.to_owned();
            report.circumstances.command = NASTY.to_owned();
            report.circumstances.environment.insert(NASTY.to_owned(), NASTY.to_owned());
            let files = written(&report);
            let read: Report = serde_json::from_slice(&files["report.json"]).unwrap();
            assert_eq!(read, report);
            let texts = files.iter().filter(|(name, _)| name.ends_with("html") || name.ends_with("svg"));
            for (name, content) in texts {
                assert!(!String::from_utf8_lossy(content).contains("<img"), "{name} of {space:?}");
            }
        }
    }
}

#[test]
fn a_thousand_trials_are_no_burden() {
    let config = StudyConfig::new(Space::gpt3(), vec![Stage::of(2, 1000)]);
    // Records without files: a thousand fsyncs are the file system's business.
    let mut records = run(&StudyConfig::new(Space::gpt3(), vec![Stage::of(2, 1)]), |_| End::Loss(2.0));
    let first = records.records.remove(0);
    for sample in 0..1000 {
        let mut record = first.clone();
        let place = |name: &str| ((sample * (name.len() * 7 + 1) % 1009) as f64 + 0.5) / 1009.0;
        let trial = Trial { values: config.space.at(place), ..first.trial.trial().clone() };
        record.trial = StudyTrial::new(0, sample, trial);
        record.outcome = match gpt(&record.trial) {
            End::Loss(loss) => Outcome::Finished { loss },
            _ => Outcome::NotFinite { step: 1 },
        };
        records.records.push(record);
    }
    let choice = choose(&config, &records).unwrap();
    assert!(choice.importance.is_some());
    let report = Report { numbers: Numbers::new(config, &records, choice), ..complete() };
    let files = written(&report);
    assert!(files["report.html"].len() < 5_000_000, "{}", files["report.html"].len());
}

#[test]
fn an_unwritable_place_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = complete().write(&file.join("report")).unwrap_err();
    assert!(error.to_string().contains("report"), "{error}");
}
