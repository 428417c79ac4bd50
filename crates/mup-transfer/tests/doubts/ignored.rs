//! Values and seeds that change nothing.

use super::*;

#[test]
fn a_program_that_ignores_its_values_is_noticed_by_its_curves() {
    let config = rate_study(16);
    let first = healthy(&run(&config, |trial| End::Losses(healthy(trial))).records[0].trial);
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
    let config = rate_study(12);
    let choice = choose(&config, &run(&config, |_| End::Losses(rising.clone()))).unwrap();
    let text = said(&choice);
    assert!(text.contains("all 12 samples have the same") && text.contains("ignore its values"), "{text}");
    assert!(!text.contains("too low") && !text.contains("learned nothing (its"), "{text}");
    // Each its own constant: that is a rate that is too low, or a loss that is frozen, and no value that is ignored.
    let choice = choose(&config, &run(&config, |trial| End::Losses(vec![4.58 + 1e-6 * octave(trial); STEPS]))).unwrap();
    assert!(!said(&choice).contains("ignore its values"), "{}", said(&choice));
}

#[test]
fn one_constant_for_all_has_two_causes_and_both_are_said() {
    let rarely: Vec<f64> = (0..STEPS).map(|step| 4.58 + if step == 7 { 0.01 } else { 0.0 }).collect();
    let falls = |trial: &StudyTrial, step: usize| 4.58 - 1e-3 * number(&trial.values, "learning-rate") * step as f64;
    let rounded = |trial: &StudyTrial| (0..STEPS).map(|step| (100.0 * falls(trial, step)).round() / 100.0).collect();
    for losses in [&rounded as &dyn Fn(&StudyTrial) -> Vec<f64>, &|_| rarely.clone(), &|_| vec![1e-3; STEPS]] {
        let config = rate_study(12);
        let choice = choose(&config, &run(&config, |trial| End::Losses(losses(trial)))).unwrap();
        let text = said(&choice);
        assert!(text.contains("ignore its values, or every rate is too low"), "{text}");
        assert!(text.contains("print losses with all digits") && text.contains("use `learning-rate`"), "{text}");
        assert!(!choice.warnings.iter().any(|warning| matches!(warning, Warning::LearnedNothing { .. })), "{text}");
    }
}

#[test]
fn where_all_diverge_alike_the_values_are_said_to_be_ignored() {
    let wild: Vec<f64> = (0..STEPS).map(|step| if step < 20 { 5.0 } else { 5.0 + step as f64 }).collect();
    let text = refusal(|_| End::Losses(wild.clone()));
    assert!(text.contains("does the program use `learning-rate`") && !text.contains("lower the range"), "{text}");
    let text = refusal(|_| End::Losses(vec![5.0, 6.0, 7.0, 8.0, f64::NAN]));
    assert!(text.contains("ignore its values") && !text.contains("lower the range"), "{text}");
}

#[test]
fn losses_before_a_warm_up_has_begun_are_alike_and_say_nothing() {
    // A rate of 0 in the first step: the second loss is of the same weights, and of another batch.
    let text = refusal(|_| End::Losses(vec![5.0, 5.01, f64::NAN]));
    assert!(text.contains("lower the range of the learning rate") && !text.contains("ignore"), "{text}");
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
