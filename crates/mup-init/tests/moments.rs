//! Moments of what is drawn, on tensors large enough to see a wrong factor.

mod family;

use burn::tensor::Device;
use family::{TARGET, model, mup, values};
use mup_init::{Distribution, Draw, FanMode, InitSpec, Nonlinearity, Stream, initialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Mean, standard deviation and fourth standardized moment.
fn moments(values: &[f32]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / n;
    let power = |p| values.iter().map(|value| (f64::from(*value) - mean).powi(p)).sum::<f64>() / n;
    (mean, power(2).sqrt(), power(4) / power(2).powi(2))
}

/// Five standard errors of the mean, std/√n, and of the standard deviation, std·√((κ−1)/4n) where κ is the
/// fourth standardized moment, at most 3 here: a correct sampler fails one check in two million.
fn check(name: &str, values: &[f32], std: f64) {
    let n = values.len() as f64;
    let (mean, measured, _) = moments(values);
    assert!(mean.abs() < 5.0 * std / n.sqrt(), "{name}: mean {mean}, std {std}");
    assert!((measured / std - 1.0).abs() < 5.0 * (0.5 / n).sqrt(), "{name}: std {measured}, expected {std}");
}

#[test]
fn every_role_has_the_planned_standard_deviation() {
    let target = model(TARGET, &Device::flex());
    let plan = mup(&target);
    let spec = InitSpec::new()
        .embedding(Distribution::Normal { std: 0.8 })
        .input(Distribution::XavierUniform { gain: 2.0 })
        .hidden(Distribution::kaiming_uniform(Nonlinearity::Relu))
        .output(Distribution::KaimingNormal { gain: 1.0, mode: FanMode::FanOut })
        .vector(Distribution::Uniform { bound: 0.3 });
    let weights = values(&initialize(target, &plan, &spec, 1).unwrap());
    check("embedding.weight", &weights["embedding.weight"], 0.8);
    // Base fans 7 and 32.
    check("input.weight", &weights["input.weight"], 2.0 * (2.0_f64 / 39.0).sqrt());
    // Base fan-in 32, m_in = 16.
    check("blocks.0.query.weight", &weights["blocks.0.query.weight"], (2.0_f64 / 32.0 / 16.0).sqrt());
    // Fan-out 200, finite.
    check("head.weight", &weights["head.weight"], (1.0_f64 / 200.0).sqrt());
    check("blocks.1.content_bias", &weights["blocks.1.content_bias"], 0.3 / 3.0_f64.sqrt());
}

#[test]
fn normal_and_uniform_values_have_the_shape_of_their_distribution() {
    let stream = Stream::new(5, "weight");
    let n = 1 << 20;
    let normal = Draw::Normal { std: 2.0 }.values(&stream, n);
    check("normal", &normal, 2.0);
    // The fourth moment's standard error is √(96/n) = 0.0096.
    assert!((moments(&normal).2 - 3.0).abs() < 0.048);
    let uniform = Draw::Uniform { bound: 1.5 }.values(&stream, n);
    check("uniform", &uniform, 1.5 / 3.0_f64.sqrt());
    assert!(uniform.iter().all(|value| value.abs() <= 1.5));
    assert!(uniform.iter().any(|value| *value > 1.499) && uniform.iter().any(|value| *value < -1.499));
}

/// Mean and standard deviation of a normal of standard deviation `std` restricted to `[a, b]`, from its density:
/// what `torch.nn.init.trunc_normal_` draws.
fn truncated(std: f64, a: f64, b: f64) -> (f64, f64) {
    let normal = Normal::standard();
    let (low, high) = (a / std, b / std);
    let mass = normal.cdf(high) - normal.cdf(low);
    let mean = (normal.pdf(low) - normal.pdf(high)) / mass;
    let second = 1.0 + (low * normal.pdf(low) - high * normal.pdf(high)) / mass;
    (std * mean, std * (second - mean * mean).sqrt())
}

#[test]
fn a_truncated_normal_has_absolute_bounds_and_the_spread_that_is_left() {
    let stream = Stream::new(5, "weight");
    let n = 1 << 20;
    for (std, a, b) in [(1.0, -2.0, 2.0), (0.02, -2.0, 2.0), (1.0, -0.5, 0.5), (1.0, 1.5, 4.0), (3.0, -9.0, 1.0)] {
        let values = Draw::TruncatedNormal { std, a, b }.values(&stream, n);
        assert!(values.iter().all(|value| (a as f32..=b as f32).contains(value)), "{std} {a} {b}");
        let (mean, spread) = truncated(std, a, b);
        let (measured_mean, measured, kurtosis) = moments(&values);
        // Five standard errors, the second with the measured fourth moment.
        let n = n as f64;
        assert!((measured_mean - mean).abs() < 5.0 * spread / n.sqrt(), "{std} {a} {b}: {measured_mean} {mean}");
        let error = 5.0 * ((kurtosis - 1.0) / 4.0 / n).sqrt();
        assert!((measured / spread - 1.0).abs() < error, "{std} {a} {b}: {measured} {spread}");
    }
}

#[test]
fn streams_of_neighboring_seeds_and_paths_are_uncorrelated() {
    let n = 1 << 18;
    let draw = |seed, path| Draw::Normal { std: 1.0 }.values(&Stream::new(seed, path), n);
    let first = draw(0, "blocks.0.weight");
    for other in [draw(1, "blocks.0.weight"), draw(0, "blocks.1.weight"), draw(256, "blocks.0.weight")] {
        let products = first.iter().zip(&other).map(|(x, y)| f64::from(x * y));
        // The mean of n products of independent standard normals has standard error 1/√n.
        assert!((products.sum::<f64>() / n as f64).abs() < 5.0 / (n as f64).sqrt());
    }
}

#[test]
fn longer_tensors_begin_with_the_values_of_shorter_ones() {
    let stream = Stream::new(5, "weight");
    let draw = Draw::Normal { std: 1.0 };
    let long = draw.values(&stream, 1 << 20);
    assert_eq!(draw.values(&stream, 1000), long[..1000]);
}
