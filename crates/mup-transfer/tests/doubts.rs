//! What keeps a wrong value from being chosen without a word: losses that hide, knobs that do nothing, rates that no loss
//! explains.

mod synthetic;

use mup_study::{Dimension, Records, Search, Setting, Space, Stage, StudyConfig, StudyTrial, Trial};
use mup_transfer::{Choice, FrozenLoss, Warning, choose};

use synthetic::{End, chance, number, run};

const STEPS: usize = 30;

fn rate_study(trials: usize) -> StudyConfig {
    StudyConfig {
        search: Search::Sobol,
        ..StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(STEPS, trials)])
    }
}

/// The base-2 logarithm of the rate.
fn octave(trial: &StudyTrial) -> f64 {
    number(&trial.values, "learning-rate").log2()
}

/// The same place with another trial.
fn changed(trial: &StudyTrial, change: impl FnOnce(&mut Trial)) -> StudyTrial {
    let mut other = trial.trial().clone();
    change(&mut other);
    StudyTrial::new(trial.stage, trial.sample, other)
}

/// A run that learns best at 2^-9, with noise of its batches.
fn healthy(trial: &StudyTrial) -> Vec<f64> {
    let level = 2.0 + 0.05 * (octave(trial) + 9.0).powi(2);
    let noise = |step: usize| chance(&changed(trial, |trial| trial.seed += 1 + step as u64));
    (0..trial.steps)
        .map(|step| {
            let share = step as f64 / trial.steps as f64;
            let first = if step == 0 { 0.0 } else { 0.01 * noise(step) };
            level + (5.0 - level) * (-6.0 * share).exp() + first
        })
        .collect()
}

/// From step 5 on a constant, at rates above 2^-6.
fn masked(constant: f64) -> impl Fn(&StudyTrial) -> End {
    move |trial| {
        let mut losses = healthy(trial);
        if octave(trial) > -6.0 {
            losses[5..].fill(constant);
        }
        End::Losses(losses)
    }
}

fn frozen(choice: &Choice) -> Option<(&[FrozenLoss], bool)> {
    choice.warnings.iter().find_map(|warning| match warning {
        Warning::FrozenLoss { samples, chosen, .. } => Some((samples.as_slice(), *chosen)),
        _ => None,
    })
}

fn said(choice: &Choice) -> String {
    choice.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn rates_that_hide_their_nan_behind_a_constant_are_named_and_not_chosen() {
    for constant in [0.0, 1.9, 2.01, -3.0] {
        let config = rate_study(16);
        let choice = choose(&config, &run(&config, masked(constant))).unwrap();
        let (samples, chosen) = frozen(&choice).unwrap();
        assert!(!chosen && choice.best.loss > 1.9, "{choice}");
        assert!(number(&choice.best.values, "learning-rate") < 2_f64.powi(-6), "{choice}");
        assert!(samples.iter().all(|one| number(&one.values, "learning-rate") > 2_f64.powi(-6)));
        assert!(samples.iter().all(|one| (one.from, one.loss.to_bits()) == (5, constant.to_bits())), "{samples:?}");
        let text = choice.to_string();
        let first = &samples[0];
        for part in [format!("sample {} ({})", first.sample, first.values), format!("{constant} from step 5 of 30")] {
            assert!(text.contains(&part), "{part} is missing:\n{text}");
        }
        assert!(text.contains("learning-rate 0.") && text.contains("logging_nan_inf_filter=False"), "{text}");
        assert!(text.contains(&format!("sample {} is the best of the others", choice.best.sample)), "{text}");
        // Neither does what they hide disturb the noise, nor what the others say of their importance.
        assert!(choice.noise.is_none_or(|noise| noise.tolerance < 0.2), "{choice}");
        let json = serde_json::to_string(&choice).unwrap();
        assert_eq!(serde_json::from_str::<Choice>(&json).unwrap(), choice);
    }
}

#[test]
fn one_seed_that_hides_its_nan_spoils_its_sample() {
    let config = StudyConfig { seeds: vec![0, 1], ..rate_study(16) };
    let end = |trial: &StudyTrial| if trial.seed == 1 { masked(0.0)(trial) } else { End::Losses(healthy(trial)) };
    let choice = choose(&config, &run(&config, end)).unwrap();
    assert!(frozen(&choice).is_some() && number(&choice.best.values, "learning-rate") < 2_f64.powi(-6), "{choice}");
}

#[test]
fn a_longest_horizon_of_which_every_loss_hides_something_is_not_the_one_that_is_chosen_from() {
    let stages = vec![Stage::of(STEPS, 16), Stage::of_best(60, 4)];
    let config = StudyConfig { stages, ..rate_study(16) };
    let end = |trial: &StudyTrial| {
        let mut losses = healthy(trial);
        if trial.steps > STEPS {
            losses[40..].fill(0.0);
        }
        End::Losses(losses)
    };
    let choice = choose(&config, &run(&config, end)).unwrap();
    assert_eq!(choice.best.steps, STEPS, "{choice}");
    assert!(frozen(&choice).unwrap().0.iter().any(|one| one.steps == 60), "{choice}");
}

#[test]
fn where_every_loss_hides_something_the_best_of_them_is_chosen_with_a_warning() {
    let config = rate_study(16);
    let end = |trial: &StudyTrial| {
        let mut losses = healthy(trial);
        let last = losses[14];
        losses[15..].fill(last);
        End::Losses(losses)
    };
    let choice = choose(&config, &run(&config, end)).unwrap();
    let (samples, chosen) = frozen(&choice).unwrap();
    assert!(chosen && samples.len() == 16 && samples[0].sample == choice.best.sample, "{choice}");
    assert!(said(&choice).contains("and 13 more"), "{choice}");
    assert!(said(&choice).contains("chosen all the same, because no other has finished"), "{choice}");
}

#[test]
fn without_a_learning_rate_all_values_name_the_sample() {
    let space = Space::default().with("momentum", Dimension::Uniform([0.0, 1.0])).with("n", Dimension::Integer([1, 9]));
    let config = StudyConfig { space, ..rate_study(16) };
    let end = |trial: &StudyTrial| {
        let mut losses: Vec<f64> = (0..STEPS).map(|i| 5.0 - 0.1 * i as f64 + 0.001 * chance(trial)).collect();
        if trial.sample == 3 {
            losses[5..].fill(0.0);
        }
        End::Losses(losses)
    };
    let said = said(&choose(&config, &run(&config, end)).unwrap());
    assert!(said.contains("sample 3 (momentum 0.") && said.contains(", n "), "{said}");
}

#[test]
fn healthy_losses_of_any_scale_and_precision_give_no_warning() {
    let config = StudyConfig { seeds: vec![0, 1], ..rate_study(16) };
    let small = |loss: f64| 1e-8 * loss;
    let shifted = |loss: f64| loss - 10.0;
    let whole = |loss: f64| (1000.0 * loss).round();
    let four_digits = |loss: f64| (1e4 * loss).round() / 1e4;
    let single = |loss: f64| f64::from(loss as f32);
    for (name, scale) in [
        ("1e-8", &small as &dyn Fn(f64) -> f64),
        ("negative", &shifted),
        ("whole", &whole),
        ("printed", &four_digits),
        ("single", &single),
    ] {
        let end = |trial: &StudyTrial| End::Losses(healthy(trial).into_iter().map(scale).collect());
        let choice = choose(&config, &run(&config, end)).unwrap();
        assert!(choice.warnings.is_empty(), "{name}: {choice}");
    }
    // Each loss is logged twice.
    let end = |trial: &StudyTrial| {
        let losses = healthy(trial);
        End::Losses((0..losses.len()).map(|step| losses[step / 2 * 2]).collect())
    };
    assert!(choose(&config, &run(&config, end)).unwrap().warnings.is_empty());
}

#[test]
fn a_single_reported_loss_is_not_doubted() {
    let config = rate_study(16);
    let choice = choose(&config, &run(&config, |trial| End::Losses(vec![healthy(trial)[29]]))).unwrap();
    assert!(choice.warnings.is_empty(), "{choice}");
}

#[test]
fn a_program_that_ignores_its_values_is_noticed_by_its_curves() {
    let config = rate_study(16);
    let first = healthy(&run(&config, masked(0.0)).records[0].trial);
    let choice = choose(&config, &run(&config, |_| End::Losses(first.clone()))).unwrap();
    let said = said(&choice);
    assert!(said.contains("all 16 samples have the same training losses"), "{said}");
    assert!(said.contains("differ in learning-rate") && said.contains("ignore its values"), "{said}");
    let found = |warning: &Warning| matches!(warning, Warning::NoEffect { samples: 16, one_curve: true, .. });
    assert!(choice.warnings.iter().any(found), "{said}");
}

#[test]
fn a_loss_that_no_value_moves_is_not_called_a_rate_that_is_too_low() {
    let rising: Vec<f64> = (0..STEPS).map(|step| 4.58 + 1e-5 * step as f64).collect();
    let rarely: Vec<f64> = (0..STEPS).map(|step| 4.58 + if step == 7 { 0.01 } else { 0.0 }).collect();
    for losses in [vec![4.58; STEPS], vec![1e-3; STEPS], rising, rarely] {
        let config = rate_study(12);
        let choice = choose(&config, &run(&config, |_| End::Losses(losses.clone()))).unwrap();
        let said = said(&choice);
        assert!(said.contains("all 12 samples have the same") && said.contains("ignore its values"), "{said}");
        assert!(!said.contains("too low") && !said.contains("learned nothing (its"), "{said}");
        assert!(!choice.warnings.iter().any(|warning| matches!(warning, Warning::LearnedNothing { .. })), "{said}");
    }
    // Each its own constant: that is a rate that is too low, or a loss that is frozen, and no value that is ignored.
    let config = rate_study(12);
    let choice = choose(&config, &run(&config, |trial| End::Losses(vec![4.58 + 1e-6 * octave(trial); STEPS]))).unwrap();
    assert!(!said(&choice).contains("ignore its values"), "{}", said(&choice));
}

#[test]
fn where_all_diverge_alike_the_values_are_said_to_be_ignored() {
    let config = rate_study(12);
    let wild: Vec<f64> = (0..STEPS).map(|step| if step < 20 { 5.0 } else { 5.0 + step as f64 }).collect();
    let stopped = || End::Losses(vec![5.0, 6.0, f64::NAN]);
    for records in [run(&config, |_| End::Losses(wild.clone())), run(&config, |_| stopped())] {
        let error = choose(&config, &records).unwrap_err().to_string();
        assert!(error.contains("ignore its values") || error.contains("does the program use"), "{error}");
        assert!(!error.contains("lower the range"), "{error}");
    }
}

#[test]
fn one_hyperparameter_of_several_that_changes_nothing_is_named_alone() {
    let names = ["linear", "cosine"].map(|name| Setting::Text(name.to_owned())).to_vec();
    let space = Space::rates(-12, -5).with("schedule", Dimension::Categorical(names));
    let config = StudyConfig { space, search: Search::Grid, ..rate_study(16) };
    let ignoring = |trial: &StudyTrial| {
        // The noise of its batches is the same for one rate.
        let trial = StudyTrial::new(trial.stage, (octave(trial) + 20.0) as usize, trial.trial().clone());
        End::Losses(healthy(&trial))
    };
    let said_of = |end: &dyn Fn(&StudyTrial) -> End| said(&choose(&config, &run(&config, end)).unwrap());
    let said = said_of(&ignoring);
    assert!(said.contains("16 samples have the same training losses as another"), "{said}");
    assert!(
        said.contains("differ in schedule, such as samples") && said.contains("seems to ignore schedule"),
        "{said}"
    );
    assert!(!said_of(&|trial| End::Losses(healthy(trial))).contains("as another"));
    // A rate that is clipped: those above are alike, those below are not.
    let clipped = |trial: &StudyTrial| {
        let rate = Setting::Number(2_f64.powf(octave(trial).min(-8.0)));
        let sample = if octave(trial) < -8.0 { trial.sample } else { 100 };
        let clipped = changed(trial, |trial| trial.values = trial.values.clone().with("learning-rate", rate));
        End::Losses(healthy(&StudyTrial::new(clipped.stage, sample, clipped.trial().clone())))
    };
    let said = said_of(&clipped);
    assert!(said.contains("8 samples have the same training losses as another"), "{said}");
    assert!(said.contains("differ in learning-rate, schedule") && said.contains("changed nothing"), "{said}");
}

#[test]
fn a_seed_that_changes_nothing_is_noticed() {
    let config = StudyConfig { seeds: vec![0, 1], ..rate_study(16) };
    let ignoring = |trial: &StudyTrial| End::Losses(healthy(&changed(trial, |trial| trial.seed = 7)));
    let text = said(&choose(&config, &run(&config, ignoring)).unwrap());
    assert!(text.contains("16 samples are the same with every seed") && text.contains("MUP_SEED"), "{text}");
    let one = |trial: &StudyTrial| if trial.sample == 3 { ignoring(trial) } else { End::Losses(healthy(trial)) };
    assert!(!said(&choose(&config, &run(&config, one)).unwrap()).contains("every seed"), "one may be chance");
}

/// Whatever the rate: batches alone change the loss.
fn stays(trial: &StudyTrial) -> Vec<f64> {
    let noise = |step: usize| chance(&changed(trial, |trial| trial.seed = 1 + step as u64));
    (0..trial.steps).map(|step| 4.58 + 0.02 * noise(step)).collect()
}

#[test]
fn rates_that_are_all_too_low_are_said_to_be_too_low_and_nothing_else_follows_from_them() {
    let config = rate_study(16);
    let exactly = |trial: &StudyTrial| End::Losses(vec![4.58 + 1e-9 * octave(trial); STEPS]);
    let slowly = |trial: &StudyTrial| {
        let fall = |step: usize| 0.05 * number(&trial.values, "learning-rate") * step as f64 / STEPS as f64;
        End::Losses((0..STEPS).map(|step| 4.58 - fall(step)).collect())
    };
    let noisily = |trial: &StudyTrial| End::Losses(stays(trial));
    for end in [&exactly as &dyn Fn(&StudyTrial) -> End, &slowly, &noisily] {
        let choice = choose(&config, &run(&config, end)).unwrap();
        let text = said(&choice);
        assert!(text.contains("learned nothing") && text.contains("learning-rate is too low"), "{text}");
        assert!(text.contains("raise the high end of learning-rate"), "{text}");
        for absent in ["still learns", "more steps", "lower the low end", "lower the range", "stops at one number"] {
            assert!(!text.contains(absent), "{absent}: {text}");
        }
    }
}

#[test]
fn where_higher_rates_diverge_the_gap_between_is_named() {
    let config = rate_study(16);
    let end = |trial: &StudyTrial| if octave(trial) > -7.0 { End::Diverged } else { End::Losses(stays(trial)) };
    let records = run(&config, end);
    let rates = |low: bool| {
        let of = |trial: &StudyTrial| (octave(trial) <= -7.0) == low;
        records
            .records
            .iter()
            .map(|record| &record.trial)
            .filter(|trial| of(trial))
            .map(|trial| number(&trial.values, "learning-rate"))
            .collect::<Vec<_>>()
    };
    let highest = rates(true).into_iter().fold(0.0, f64::max);
    let lowest = rates(false).into_iter().fold(1.0, f64::min);
    let text = said(&choose(&config, &records).unwrap());
    let gap = format!("between {} and {}, where", mup_study::rounded(highest), mup_study::rounded(lowest));
    assert!(text.contains(&gap), "{gap}: {text}");
}

/// What `choose` says where nothing has finished.
fn refusal(end: impl Fn(&StudyTrial) -> End) -> String {
    let config = rate_study(16);
    choose(&config, &run(&config, end)).unwrap_err().to_string()
}

#[test]
fn first_losses_that_no_rate_explains_are_said_instead_of_lowering_the_rate() {
    let divided = |trial: &StudyTrial, by: f64| {
        let mut losses = healthy(trial);
        losses[0] /= by;
        End::Losses(losses)
    };
    let running_mean = |trial: &StudyTrial| {
        let mean = |mean: &mut f64, loss: f64| {
            *mean = 0.9 * *mean + 0.1 * loss;
            Some(*mean)
        };
        End::Losses(healthy(trial).into_iter().scan(0.0, mean).collect())
    };
    let accuracy = |trial: &StudyTrial| End::Losses(healthy(trial).into_iter().map(|loss| 1.0 / loss).collect());
    let huge = |trial: &StudyTrial| {
        let growth = 1.1 + 100.0 * number(&trial.values, "learning-rate");
        End::Losses((0..STEPS).map(|step| 3.2e9 * growth.powi(step as i32)).collect())
    };
    let grows = |_: &StudyTrial| End::Losses((0..STEPS).map(|step| 5.0 + 0.2 * step as f64).collect());
    for (end, parts) in [
        (&|trial: &StudyTrial| divided(trial, 500.0) as End, ["every first loss is far below the next", "0.01 here"]),
        (&|trial: &StudyTrial| divided(trial, f64::INFINITY), ["every first loss is far below the next", "0 here"]),
        (&running_mean, ["rises as much at the lowest", "running mean that begins at 0"]),
        (&accuracy, ["rises as much at the lowest", "accuracy"]),
        (&grows, ["rises as much at the lowest", "does the program use `learning-rate`"]),
        (&huge, ["every first loss is huge already (3.2e9)", "scale of the data"]),
        (&|_: &StudyTrial| End::Losses(vec![f64::NAN]), ["every first loss is not finite", "not in the rate"]),
    ] as [(&dyn Fn(&StudyTrial) -> End, [&str; 2]); 7]
    {
        let text = refusal(end);
        assert!(text.contains("16 trials diverged") && !text.contains("lower the range"), "{text}");
        assert!(parts.iter().all(|part| text.contains(part)), "{parts:?}: {text}");
    }
}

#[test]
fn rates_that_are_all_too_high_are_to_be_lowered_and_the_lowest_is_named() {
    let grows = |trial: &StudyTrial| {
        let growth = 1.0 + 10.0 * number(&trial.values, "learning-rate");
        End::Losses((0..STEPS).map(|step| 5.0 * growth.powi(step as i32)).collect())
    };
    let later = |trial: &StudyTrial| {
        let mut losses = healthy(trial);
        losses[20..].fill(f64::INFINITY);
        End::Losses(losses)
    };
    let text = refusal(grows);
    assert!(text.contains("lower the range of the learning rate") && text.contains("tried was 0.0001"), "{text}");
    assert!(refusal(later).contains("lower the range of the learning rate"));
}

#[test]
fn both_numbers_of_steps_are_in_the_text_and_in_the_json_of_a_choice() {
    let config = rate_study(16);
    let mut records: Records = run(&config, |trial| End::Losses(healthy(trial)));
    for record in &mut records.records {
        std::sync::Arc::make_mut(&mut record.curve).losses =
            healthy(&changed(&record.trial, |trial| trial.steps = 4 * STEPS));
    }
    let choice = choose(&config, &records).unwrap();
    assert!(
        choice.to_string().contains("16 trials did more steps than were asked for; the first reported 120 where 30")
    );
    let json = serde_json::to_value(&choice).unwrap();
    let found = |warning: &&serde_json::Value| warning["warning"] == "more_steps";
    let warning = json["warnings"].as_array().unwrap().iter().find(found).unwrap();
    assert_eq!((&warning["trials"], &warning["reported"], &warning["asked"]), (&16.into(), &120.into(), &30.into()));
}

#[test]
fn two_samples_that_are_one_run_are_no_sign_that_a_value_is_ignored() {
    let list = |values: [f64; 2]| Dimension::Grid(values.to_vec());
    let space = Space::default().with("learning-rate", list([0.001, 0.01])).with("momentum", list([0.5, 0.9]));
    let config = StudyConfig { search: Search::Random, space, ..rate_study(32) };
    let momentum = |trial: &StudyTrial| number(&trial.values, "momentum");
    // Momentum matters at the high rate alone.
    let end = |trial: &StudyTrial| {
        let plain = changed(trial, |trial| trial.values = trial.values.clone().with("momentum", Setting::Number(0.5)));
        let matters = number(&trial.values, "learning-rate") > 0.005;
        let lower = if matters { 0.1 * momentum(trial) } else { 0.0 };
        End::Losses(
            (0..STEPS).map(|step| 5.0 - 0.05 * step as f64 - lower * step as f64 - octave(&plain) * 0.01).collect(),
        )
    };
    let choice = choose(&config, &run(&config, end)).unwrap();
    let found = choice.warnings.iter().find_map(|warning| match warning {
        Warning::NoEffect { ignored, samples, alike, .. } => Some((ignored.clone(), *samples, *alike)),
        _ => None,
    });
    let (ignored, samples, [first, second]) = found.unwrap();
    assert_eq!((ignored, samples), (vec![], 2), "two runs are alike, however often each was drawn");
    let config_of = |sample: usize| run(&config, end).records.into_iter().find(|record| record.trial.sample == sample);
    assert_ne!(config_of(first).unwrap().trial.values, config_of(second).unwrap().trial.values);
}

#[test]
fn losses_of_0_alone_are_said_to_hide_something_and_not_to_have_a_rate_that_is_too_low() {
    let config = rate_study(8);
    let text = said(&choose(&config, &run(&config, |_| End::Losses(vec![0.0; STEPS]))).unwrap());
    assert!(text.contains("hides NaN") && !text.contains("too low"), "{text}");
}
