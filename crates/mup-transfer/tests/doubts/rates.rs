//! Rates that are all too low or too high, and losses that no rate explains.

use super::*;

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
fn runs_that_are_too_short_to_learn_say_nothing_of_their_rates() {
    let stages = |steps| vec![Stage::of(steps, 16)];
    let exactly = |trial: &StudyTrial| End::Losses(vec![4.58 + 1e-9 * octave(trial); trial.steps]);
    for (steps, short) in [(5, true), (19, true), (20, false)] {
        let config = StudyConfig { stages: stages(steps), ..rate_study(16) };
        let text = said(&choose(&config, &run(&config, exactly)).unwrap());
        assert_eq!(text.contains(&format!("{steps} steps are too few to tell")), short, "{text}");
        assert_eq!(text.contains("train 20 steps or more"), short, "{text}");
        assert_eq!(text.contains("learned nothing") && text.contains("too low, up to"), !short, "{text}");
        assert!(!text.contains("lower the low end"), "{text}");
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
