//! The choice: right where the answer is known, and honest about what it does not know.

mod synthetic;

use std::path::PathBuf;
use std::sync::Arc;

use mup_study::{Dimension, Records, Search, Setting, Space, Stage, StudyConfig, TrialCurve};
use mup_sweep::Edge;
use mup_transfer::{ChoiceError, Interval, NoiseSource, Transferable, Warning, choose};

use synthetic::{End, chance, gpt, gpt3_study, number, run};

fn rate_study(trials: usize) -> StudyConfig {
    StudyConfig {
        search: Search::Sobol,
        ..StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(40, trials)])
    }
}

/// A bowl around 10^center.
fn bowl(center: f64) -> impl Fn(&mup_study::StudyTrial) -> End {
    move |trial| {
        let x = number(&trial.values, "learning-rate").log10() - center;
        End::Loss(2.0 + 0.1 * x * x + 0.002 * chance(trial))
    }
}

#[test]
fn the_best_of_the_longest_horizon_wins_and_the_important_hyperparameters_are_named() {
    let config = gpt3_study();
    let choice = choose(&config, &run(&config, gpt)).unwrap();
    assert_eq!(choice.best.steps, 800);
    let rate = number(&choice.best.values, "learning-rate");
    assert!((rate.log10() + 2.4).abs() < 0.35, "{rate}");
    let importance = choice.importance.as_ref().unwrap();
    assert_eq!((importance.steps, importance.samples), (200, 64));
    assert!(importance.diverged > 0);
    let mut shares = importance.shares.clone();
    shares.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    assert_eq!(shares[0].name, "learning-rate", "{shares:?}");
    assert!(shares[0].mean > 0.4 && shares[2].mean < 0.1, "{shares:?}");
    let octaves = |name: &str| {
        let chosen = choice.values.iter().find(|chosen| chosen.name == name).unwrap();
        let Some(Interval::Range([low, high])) = chosen.interval else { panic!("{chosen:?}") };
        (high / low).log2()
    };
    // 0.35·x² within the tolerance of 0.007 or so: ± 0.14 decades, 0.9 octaves, and what samples add to it.
    assert!((0.5..2.0).contains(&octaves("learning-rate")), "{choice}");
    // It decides nothing, so all of its 6.6 octaves are as good, whatever the two or three best samples have.
    assert!(octaves("alpha-relative") > 4.0, "{choice}");
    assert_eq!(choice.runners_up.len(), 5);
    assert!(choice.runners_up.windows(2).all(|pair| pair[0].loss <= pair[1].loss));
    assert_eq!(choice.counts[1].finished, 16);
    let text = choice.to_string();
    for part in ["learning-rate", "runner-up", "Importance:", "As good:", "800"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn the_same_records_give_the_same_choice_and_it_survives_json() {
    let config = gpt3_study();
    let records = run(&config, gpt);
    let choice = choose(&config, &records).unwrap();
    let mut shuffled = records.clone();
    shuffled.records.reverse();
    assert_eq!(choose(&config, &shuffled).unwrap(), choice);
    let json = serde_json::to_string(&choice).unwrap();
    assert_eq!(serde_json::from_str::<mup_transfer::Choice>(&json).unwrap(), choice);
}

#[test]
fn losses_are_averaged_over_seeds_and_one_diverged_seed_spoils_a_sample() {
    let config = StudyConfig { seeds: vec![0, 1], ..rate_study(16) };
    let center = |trial: &mup_study::StudyTrial| number(&trial.values, "learning-rate").log10() + 2.5;
    let best = |spoiled: Option<End>| {
        let end = |trial: &mup_study::StudyTrial| match (&spoiled, trial.seed) {
            (Some(end), 1) if center(trial).abs() < 0.2 => end.clone(),
            (_, seed) => End::Loss(2.0 + 0.1 * center(trial).powi(2) + 0.01 * seed as f64),
        };
        choose(&config, &run(&config, end)).unwrap()
    };
    let choice = best(None);
    assert!(center_of(&choice).abs() < 0.2);
    assert!((choice.best.standard_error.unwrap() - 0.005).abs() < 1e-12, "{choice:?}");
    // Two seeds 0.01 apart: s = 0.01/√2, which is the standard error of a difference of two means too; eight samples
    // give eight degrees of freedom, whose quantile is 2.306 where infinitely many have 1.960.
    let noise = choice.noise.unwrap();
    assert_eq!(noise.degrees_of_freedom, 8);
    assert!((noise.tolerance - 2.306 * 0.01 / 2.0_f64.sqrt()).abs() < 1e-5, "{noise:?}");
    assert_eq!(noise.source, NoiseSource::Seeds { samples: 8 });
    for (spoiled, warned) in [(End::Diverged, false), (End::Failed, true), (End::Missing, true)] {
        let choice = best(Some(spoiled.clone()));
        assert!(center_of(&choice).abs() > 0.2, "{spoiled:?}");
        let incomplete = |warning: &Warning| matches!(warning, Warning::Failed { .. } | Warning::Missing { .. });
        assert_eq!(choice.warnings.iter().any(incomplete), warned, "{spoiled:?}");
    }
}

fn center_of(choice: &mup_transfer::Choice) -> f64 {
    number(&choice.best.values, "learning-rate").log10() + 2.5
}

#[test]
fn with_one_seed_the_noise_is_what_a_quadratic_leaves_and_the_interval_follows_it() {
    let config = rate_study(64);
    let choice = choose(&config, &run(&config, bowl(-2.5))).unwrap();
    let noise = choice.noise.unwrap();
    // Uniform in ±0.002: a standard deviation of 0.00115; 29 degrees of freedom know it to a fifth or so.
    assert!((0.0007..0.0017).contains(&noise.standard_deviation), "{noise:?}");
    assert_eq!(noise.source, NoiseSource::Fit { samples: 32, coefficients: 3, steps: 40 });
    // 0.1·x² < tolerance + the noise of the best: x within ± 0.25 or so.
    let Some(Interval::Range([low, high])) = choice.values[0].interval.clone() else { panic!() };
    assert!((-2.85..-2.55).contains(&low.log10()) && (-2.45..-2.15).contains(&high.log10()), "{low} to {high}");
    assert!(choice.warnings.is_empty(), "{:?}", choice.warnings);
}

#[test]
fn names_have_a_list_instead_of_a_range() {
    let names = ["linear", "cosine", "constant"].map(|name| Setting::Text(name.to_owned())).to_vec();
    let config = StudyConfig {
        space: Space::named("rate").unwrap().with("schedule", Dimension::Categorical(names)),
        ..rate_study(64)
    };
    let end = |trial: &mup_study::StudyTrial| match (bowl(-2.5)(trial), trial.values.get("schedule").unwrap()) {
        (End::Loss(loss), Setting::Text(name)) if name == "constant" => End::Loss(loss + 0.1),
        (end, _) => end,
    };
    let choice = choose(&config, &run(&config, end)).unwrap();
    let schedule = choice.values.iter().find(|chosen| chosen.name == "schedule").unwrap();
    let Some(Interval::Names(names)) = &schedule.interval else { panic!("{schedule:?}") };
    assert!(!names.is_empty() && !names.contains(&Setting::Text("constant".to_owned())), "{names:?}");
    assert!(choice.importance.unwrap().share("schedule").unwrap().mean > 0.2);
}

#[test]
fn an_optimum_near_an_end_is_flagged_with_the_end() {
    let config = rate_study(64);
    for (center, edge) in [(-1.0, Edge::High), (-4.0, Edge::Low)] {
        let choice = choose(&config, &run(&config, bowl(center))).unwrap();
        let near = |warning: &Warning| matches!(warning, Warning::NearEnd { edge: found, .. } if *found == edge);
        assert!(choice.warnings.iter().any(near), "{:?}", choice.warnings);
    }
    let config = StudyConfig { search: Search::Grid, space: Space::rates(-9, -2), ..rate_study(8) };
    let choice = choose(&config, &run(&config, bowl(-0.5))).unwrap();
    let highest = |warning: &Warning| matches!(warning, Warning::EndOfGrid { edge: Edge::High, .. });
    assert!(choice.warnings.iter().any(highest), "{:?}", choice.warnings);
    assert!(
        !choice.to_string().contains("samples of 1 hyperparameters"),
        "a grid walked to its end is no small sample"
    );
}

#[test]
fn the_outermost_sample_is_flagged_where_the_loss_still_falls_towards_it_and_not_where_one_beyond_diverged() {
    let falls =
        |trial: &mup_study::StudyTrial| End::Loss(2.0 + 0.1 * number(&trial.values, "learning-rate").log10().powi(2));
    let rates = |config: &StudyConfig| -> Vec<f64> {
        let records = run(config, falls).records;
        let rates = records.iter().map(|record| number(&record.trial.values, "learning-rate"));
        let mut rates: Vec<f64> = rates.collect();
        rates.sort_by(f64::total_cmp);
        rates
    };
    let study = |seed| StudyConfig { search: Search::Random, seed, ..rate_study(12) };
    // From 10^-4 to 10^-1, of which the last 5 % are an end that is told otherwise.
    let inside = |config: &StudyConfig| (-1.9..-1.2).contains(&rates(config)[11].log10());
    let config = (0..).map(study).find(inside).unwrap();
    let (second, highest) = (rates(&config)[10], rates(&config)[11]);
    let choice = choose(&config, &run(&config, falls)).unwrap();
    assert!((number(&choice.best.values, "learning-rate") - highest).abs() < 1e-12);
    let outermost = |warning: &Warning| matches!(warning, Warning::OutermostSample { edge: Edge::High, .. });
    assert!(choice.warnings.iter().any(outermost), "{choice}");
    let text = choice.to_string();
    assert!(text.contains("is the highest of all samples") && text.contains("raise `trials`"), "{text}");
    let bounded = |trial: &mup_study::StudyTrial| {
        if number(&trial.values, "learning-rate") >= highest { End::Diverged } else { falls(trial) }
    };
    let bounded = choose(&config, &run(&config, bounded)).unwrap();
    assert!((number(&bounded.best.values, "learning-rate") - second).abs() < 1e-12);
    assert!(!bounded.warnings.iter().any(outermost), "{bounded}");
}

#[test]
fn an_end_of_a_list_and_of_whole_numbers_are_told_apart() {
    for (dimension, parts) in [
        (Dimension::Grid(vec![1.0, 2.0, 4.0]), ["the highest of its list", "add higher values to the list of `n`"]),
        (Dimension::Integer([1, 3]), ["the highest of its range", "raise the high end of `n`"]),
    ] {
        let config =
            StudyConfig { search: Search::Grid, space: Space::default().with("n", dimension), ..rate_study(3) };
        let end = |trial: &mup_study::StudyTrial| End::Loss(4.0 - number(&trial.values, "n") / 8.0);
        let text = choose(&config, &run(&config, end)).unwrap().to_string();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[test]
fn the_end_of_a_range_that_does_not_matter_is_not_flagged() {
    let config = StudyConfig {
        space: Space::named("rate").unwrap().with("alpha-relative", Dimension::LogUniform([0.1, 10.0])),
        ..rate_study(64)
    };
    for excess in 0..8 {
        // Whoever wins by chance, every value of the multiplier is as good.
        let end = |trial: &mup_study::StudyTrial| match bowl(-2.5)(trial) {
            End::Loss(loss) if trial.sample % 8 == excess => End::Loss(loss - 0.001),
            end => end,
        };
        let choice = choose(&config, &run(&config, end)).unwrap();
        let near = |warning: &Warning| matches!(warning, Warning::NearEnd { name, .. } if name == "alpha-relative");
        assert!(!choice.warnings.iter().any(near), "{choice}");
    }
}

#[test]
fn an_optimum_that_moves_with_the_horizon_is_flagged() {
    let stages = vec![Stage::of(40, 32), Stage::of_best(160, 16)];
    let config = StudyConfig { seeds: vec![0, 1], stages, ..rate_study(1) };
    let moves = |octaves: f64| {
        let end =
            |trial: &mup_study::StudyTrial| bowl(if trial.steps > 40 { -2.5 - 0.3 * octaves } else { -2.5 })(trial);
        let choice = choose(&config, &run(&config, end)).unwrap();
        choice.warnings.iter().any(|warning| matches!(warning, Warning::OptimumMoves { short: 40, long: 160, .. }))
    };
    assert!(moves(2.0));
    assert!(!moves(0.0));
}

#[test]
fn a_run_that_has_not_arrived_is_flagged() {
    let config = rate_study(16);
    let mut records = run(&config, bowl(-2.5));
    let straight = |_: &f64, i: usize| 5.0 - 0.01 * i as f64;
    for record in &mut records.records {
        let losses = record.curve.losses.iter().enumerate().map(|(i, loss)| straight(loss, i)).collect();
        record.curve = Arc::new(TrialCurve { losses, ..(*record.curve).clone() });
    }
    let warnings = choose(&config, &records).unwrap().warnings;
    assert!(warnings.iter().any(|warning| matches!(warning, Warning::StillFalling { steps: 40, .. })), "{warnings:?}");
}

#[test]
fn what_does_not_transfer_is_named_with_the_reason_and_what_is_fixed_is_not() {
    let space = Space::named("rate")
        .unwrap()
        .with("dropout", Dimension::Uniform([0.0, 0.5]))
        .with("weight_decay", Dimension::Fixed(Setting::Number(0.1)))
        .with("swing", Dimension::Uniform([0.0, 1.0]));
    let proxy = toml::from_str("width = 32\nd-head = 16").unwrap();
    let config = StudyConfig { space, proxy, ..rate_study(32) };
    let choice = choose(&config, &run(&config, bowl(-2.5))).unwrap();
    let text: Vec<String> = choice.warnings.iter().map(ToString::to_string).collect();
    let text = text.join("\n");
    for part in [
        "not µTransferable: dropout (",
        "TP-V Table 1",
        "when the model grows: swing",
        "add `transfers = true` or `transfers = false` to `swing`",
        "width is 32",
        "16 wide",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(choice.to_string().contains("not declared"), "{choice}");
    assert!(!text.contains("weight_decay"), "{text}");
}

#[test]
fn a_declaration_in_the_file_decides_and_a_part_of_a_name_does_not() {
    let chosen = |space: &str| {
        let config = StudyConfig { space: Space::from_toml(space).unwrap(), ..rate_study(8) };
        choose(&config, &run(&config, |trial| End::Loss(2.0 + 0.1 * chance(trial)))).unwrap()
    };
    let of = |choice: &mup_transfer::Choice, name: &str| {
        choice.values.iter().find(|chosen| chosen.name == name).unwrap().transferable
    };
    let text = |choice: &mup_transfer::Choice| choice.warnings.iter().map(ToString::to_string).collect::<String>();
    let guessed = chosen("alphabet-size = { integer = [1, 9] }\nlr_decay = { uniform = [0, 1] }");
    for name in ["alphabet-size", "lr_decay"] {
        assert_eq!(of(&guessed, name), Transferable::NotDeclared);
    }
    assert!(text(&guessed).contains("alphabet-size, lr_decay"), "{guessed}");
    let declared = chosen(
        "alphabet-size = { integer = [1, 9], transfers = false }\nlr_decay = { uniform = [0, 1], transfers = true }",
    );
    assert_eq!((of(&declared, "alphabet-size"), of(&declared, "lr_decay")), (Transferable::No, Transferable::Yes));
    assert!(text(&declared).contains("not µTransferable: alphabet-size (declared in study.toml)"), "{declared}");
    assert!(!text(&declared).contains("lr_decay"), "{declared}");
}

#[test]
fn a_grid_has_the_shares_of_its_table_in_whatever_order_it_is_listed() {
    // Issue 12: an additive loss on 8 × 6, with a large constant.
    let grid = |values: &[f64]| Dimension::Grid(values.to_vec());
    let space = Space::default()
        .with("i", grid(&[7.0, 0.0, 5.0, 2.0, 1.0, 3.0, 6.0, 4.0]))
        .with("j", Dimension::Integer([0, 5]));
    let config = StudyConfig { search: Search::Grid, space, ..rate_study(48) };
    let end = |trial: &mup_study::StudyTrial| {
        End::Loss(3.0 + number(&trial.values, "i") / 8.0 + 0.01 * number(&trial.values, "j"))
    };
    let importance = choose(&config, &run(&config, end)).unwrap().importance.unwrap();
    let right = 35.0e-4 / (35.0e-4 + 63.0 / 64.0);
    assert!((importance.share("j").unwrap().mean - right).abs() < 1e-9, "{importance:?}");
    assert!((importance.share("i").unwrap().mean - (1.0 - right)).abs() < 1e-9, "{importance:?}");
}

#[test]
fn a_range_of_thousands_of_millions_of_whole_numbers_is_not_listed() {
    let space = Space::default().with("n", Dimension::Integer([0, 4_000_000_000]));
    let config = StudyConfig { space, ..rate_study(16) };
    let end = |trial: &mup_study::StudyTrial| End::Loss(2.0 + number(&trial.values, "n") * 1e-10);
    let choice = choose(&config, &run(&config, end)).unwrap();
    assert!((choice.importance.unwrap().share("n").unwrap().mean - 1.0).abs() < 1e-9);
}

#[test]
fn few_samples_give_no_importance_and_say_so() {
    let config = StudyConfig { space: Space::gpt3(), ..rate_study(8) };
    let choice = choose(&config, &run(&config, gpt)).unwrap();
    assert_eq!(choice.importance, None);
    assert_eq!(choice.noise, None);
    assert!(choice.warnings.iter().any(|warning| matches!(warning, Warning::FewSamples { advised: 48, .. })));
    assert!(choice.to_string().contains("needs 16 samples"));
}

#[test]
fn without_a_finished_sample_the_error_says_how_many_ended_how_and_what_to_do() {
    let config = rate_study(4);
    let error = |records: &Records| choose(&config, records).unwrap_err();
    assert_eq!(error(&Records::default()), ChoiceError::NothingRan { planned: 4 });
    let diverged = error(&run(&config, |_| End::Diverged)).to_string();
    assert!(diverged.contains("4 trials diverged") && diverged.contains("lower the range"), "{diverged}");
    let failed = error(&run(&config, |_| End::Failed)).to_string();
    assert!(failed.contains("4 failed") && failed.contains("`retry`") && failed.contains("exit code 3"), "{failed}");
}

#[test]
fn every_end_is_counted_and_damaged_and_failed_trials_are_warned_about() {
    let config = rate_study(16);
    let end = |trial: &mup_study::StudyTrial| match trial.sample {
        3 => End::Failed,
        4 | 5 => End::Missing,
        6..9 => End::Diverged,
        _ => bowl(-2.5)(trial),
    };
    let mut records = run(&config, end);
    let counts = mup_transfer::Counts { steps: 40, finished: 10, diverged: 3, failed: 1, missing: 2 };
    assert_eq!(choose(&config, &records).unwrap().counts, [counts]);
    records.damaged.push((PathBuf::from("trials/x.json"), "it is empty".to_owned()));
    let warnings = choose(&config, &records).unwrap().warnings;
    assert!(warnings.iter().any(|warning| matches!(warning, Warning::Failed { trials: 1, .. })), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.to_string().contains("trials/x.json")), "{warnings:?}");
}

#[test]
fn equal_losses_single_trials_and_many_dimensions_are_judged_without_panic() {
    let twelve =
        (0..12).fold(Space::default(), |space, i| space.with(&format!("d{i}"), Dimension::Uniform([0.0, 1.0])));
    for space in [Space::named("rate").unwrap(), twelve] {
        for (trials, loss) in [(1, 2.0), (64, 2.0), (64, f64::MIN_POSITIVE), (64, -1e300)] {
            let config = StudyConfig { space: space.clone(), ..rate_study(trials) };
            let choice = choose(&config, &run(&config, |_| End::Loss(loss))).unwrap();
            assert_eq!(choice.importance, None);
            assert_eq!(choice.best.sample, 0, "of equal losses the first");
            assert!(!choice.to_string().is_empty());
        }
        for seeds in [vec![0], vec![0, 1]] {
            let config = StudyConfig { space: space.clone(), seeds, ..rate_study(64) };
            let huge =
                |trial: &mup_study::StudyTrial| End::Loss(if trial.sample.is_multiple_of(2) { -1e308 } else { 1.0 });
            let choice = choose(&config, &run(&config, huge)).unwrap();
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(serde_json::from_str::<mup_transfer::Choice>(&json).unwrap(), choice);
        }
    }
}

#[test]
fn a_program_that_does_more_steps_than_asked_is_named_with_both_numbers() {
    let config = rate_study(8);
    let mut records = run(&config, bowl(-2.0));
    let more_steps = |choice: &mup_transfer::Choice| {
        choice.warnings.iter().find(|warning| matches!(warning, Warning::MoreSteps { .. })).cloned()
    };
    assert_eq!(more_steps(&choose(&config, &records).unwrap()), None);
    for record in &mut records.records[2..5] {
        let last = record.curve.losses[39];
        std::sync::Arc::make_mut(&mut record.curve).losses.extend([last; 120]);
    }
    let warning = more_steps(&choose(&config, &records).unwrap()).unwrap();
    assert_eq!(warning, Warning::MoreSteps { trials: 3, reported: 160, asked: 40 });
    let said = warning.to_string();
    assert!(said.contains("reported 160 where 40 were asked for") && said.contains("MUP_STEPS"), "{said}");
}
