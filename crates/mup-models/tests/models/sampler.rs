//! The sampler draws with the probabilities that its settings prescribe.

use mup_models::{ModelError, Sampler};

fn frequencies(mut sampler: Sampler, logits: &[f64]) -> Vec<f64> {
    let draws = 20_000;
    let mut counts = vec![0.0; logits.len()];
    for _ in 0..draws {
        counts[sampler.sample(logits).unwrap()] += 1.0 / f64::from(draws);
    }
    counts
}

/// Five standard errors of a frequency over 20 000 draws, at most 5 · 0.5 / √20000.
const SAMPLING_ERROR: f64 = 0.018;

fn assert_close(frequencies: &[f64], probabilities: &[f64]) {
    for (frequency, probability) in frequencies.iter().zip(probabilities) {
        assert!((frequency - probability).abs() < SAMPLING_ERROR, "{frequencies:?} against {probabilities:?}");
    }
}

#[test]
fn tokens_are_drawn_from_the_softmax() {
    let logits = [1_f64.ln(), 2_f64.ln(), 5_f64.ln()];
    assert_close(&frequencies(Sampler::new(1), &logits), &[0.125, 0.25, 0.625]);
}

#[test]
fn the_temperature_divides_the_logits() {
    let logits = [1_f64.ln(), 4_f64.ln()];
    let sampler = Sampler::new(1).with_temperature(2.0).unwrap();
    assert_close(&frequencies(sampler, &logits), &[1.0 / 3.0, 2.0 / 3.0]);
}

#[test]
fn temperature_zero_takes_the_likeliest_and_the_first_of_equals() {
    let mut sampler = Sampler::new(1).with_temperature(0.0).unwrap();
    assert_eq!(sampler.sample(&[0.0, 3.0, 3.0, 1.0]).unwrap(), 1);
}

#[test]
fn top_k_draws_only_from_the_likeliest() {
    let logits = [1_f64.ln(), 3_f64.ln(), 2_f64.ln()];
    let sampler = Sampler::new(1).with_top_k(2).unwrap();
    assert_close(&frequencies(sampler, &logits), &[0.0, 0.6, 0.4]);
}

#[test]
fn logits_that_are_not_finite_are_never_drawn() {
    let mut sampler = Sampler::new(1);
    let logits = [f64::NAN, 0.0, f64::NEG_INFINITY];
    assert!((0..100).all(|_| sampler.sample(&logits).unwrap() == 1));
    assert_eq!(sampler.sample(&[f64::NAN, f64::NAN]).unwrap_err(), ModelError::NoFiniteLogit);
}

#[test]
fn settings_that_make_no_sense_are_errors() {
    for value in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Sampler::new(1).with_temperature(value), Err(ModelError::Temperature { .. })));
    }
    assert_eq!(Sampler::new(1).with_top_k(0).unwrap_err(), ModelError::TopK);
}
