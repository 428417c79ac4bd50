//! How well one optimum is found: a known one under noise, many times.

use mup_sweep::{Optimum, Point};
use mup_verdict::transfer::Estimate;

use super::noise::Noise;

/// Bias and spread, in octaves, of an estimator on a curve with curvature 1 at its minimum.
fn quality(curve: fn(f64) -> f64, noise: f64, estimate: fn(&[Point]) -> Option<f64>) -> (f64, f64) {
    let mut random = Noise::new(11);
    let errors: Vec<f64> = (0..2000)
        .filter_map(|_| {
            let optimum = random.uniform() - 0.5;
            let mut loss = |x: f64| Some(5.0 + curve(x - optimum) + noise * random.gaussian());
            let points: Vec<Point> = (-6..=6).map(f64::from).map(|x| Point { log2_rate: x, loss: loss(x) }).collect();
            Some(estimate(&points)? - optimum)
        })
        .collect();
    let bias = errors.iter().sum::<f64>() / errors.len() as f64;
    let squares: f64 = errors.iter().map(|error| (error - bias).powi(2)).sum();
    (bias, (squares / errors.len() as f64).sqrt())
}

fn least_squares(points: &[Point]) -> Option<f64> {
    Some(Estimate::of(points)?.log2_value)
}

fn three_points(points: &[Point]) -> Option<f64> {
    let optimum = Optimum::of(points)?;
    Some(optimum.fit.map_or(optimum.log2_rate, |fit| fit.log2_rate))
}

fn even(x: f64) -> f64 {
    x * x / 2.0
}

/// Steeper above the optimum, as training is: four octaves above, it has risen 1.8 times as much as a parabola.
fn steeper_above(x: f64) -> f64 {
    ((0.4 * x).exp() - 0.4 * x - 1.0) / 0.16
}

/// A wall 1.2 octaves above the optimum.
fn cliff(x: f64) -> f64 {
    even(x) + 50.0 * (x - 1.2).max(0.0).powi(2)
}

#[test]
fn least_squares_halves_the_scatter() {
    for noise in [0.05, 0.1, 0.3] {
        let ((bias, spread), (_, simple)) = (quality(even, noise, least_squares), quality(even, noise, three_points));
        assert!(bias.abs() < 0.01, "noise {noise}: {bias}");
        assert!(spread < 0.55 * simple, "noise {noise}: {spread} against {simple}");
    }
}

/// What is off alike at every width is no drift; that it does not depend on the noise is what makes it alike.
#[test]
fn a_lopsided_curve_shifts_every_optimum_alike() {
    let biases = [0.02, 0.1, 0.3].map(|noise| quality(steeper_above, noise, least_squares).0);
    assert!(biases.iter().all(|bias| (-0.23..-0.15).contains(bias)), "{biases:?}");
}

#[test]
fn a_cliff_beside_the_optimum_is_not_fitted() {
    let (bias, spread) = quality(cliff, 0.1, least_squares);
    assert!(bias.abs() < 0.15 && spread < 0.2, "{bias} {spread}");
}

#[test]
fn the_fit_stops_at_a_diverged_run() {
    let loss = |x: f64| (x < 1.5).then(|| 1.0 + 0.3 * (x - 0.2_f64).powi(2));
    let points: Vec<Point> = (-4..=4).map(f64::from).map(|x| Point { log2_rate: x, loss: loss(x) }).collect();
    let estimate = Estimate::of(&points).expect("finite losses");
    let fit = estimate.fit.expect("both neighbors finished");
    assert!((estimate.log2_value - 0.2).abs() < 1e-9, "{estimate:?}");
    assert!((fit.low + 2.0).abs() < 1e-12 && (fit.high - 1.0).abs() < 1e-12, "{fit:?}");
}
