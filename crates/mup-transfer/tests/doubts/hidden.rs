//! Losses that hide something: NaN behind a constant, zeros, more steps than were asked for.

use super::*;

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
fn losses_of_0_alone_are_said_to_hide_something_and_not_to_have_a_rate_that_is_too_low() {
    let config = rate_study(8);
    let text = said(&choose(&config, &run(&config, |_| End::Losses(vec![0.0; STEPS]))).unwrap());
    assert!(text.contains("hides NaN") && !text.contains("too low"), "{text}");
}
