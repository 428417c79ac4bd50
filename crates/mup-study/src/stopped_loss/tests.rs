//! Losses that stopped, and healthy ones that look a little like them.

use super::*;

/// Standard normal numbers (Box and Muller), the same in every run.
fn normal(seed: u64) -> impl FnMut() -> f64 {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = move || ((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

/// The step from which a curve is stopped, judged over its last tenth.
fn from(losses: &[f64]) -> Option<usize> {
    let window = (losses.len() / 10).max(1);
    let judged = losses[losses.len() - window..].iter().sum::<f64>() / window as f64;
    let curve = TrialCurve { losses: losses.to_vec(), ..TrialCurve::default() };
    in_curve(&curve, zero(judged)).map(|stopped| stopped.from)
}

fn smooth(steps: usize, end: f64) -> Vec<f64> {
    (0..steps).map(|i| end + 3.0 * (-(i as f64) / (0.3 * steps as f64)).exp()).collect()
}

fn noisy(steps: usize, end: f64, noise: f64) -> Vec<f64> {
    let mut normal = normal(steps as u64);
    smooth(steps, end).into_iter().map(|loss| loss + noise * normal()).collect()
}

fn rounded(losses: Vec<f64>, units: f64) -> Vec<f64> {
    losses.into_iter().map(|loss| (loss * units).round() / units).collect()
}

/// With everything from a step on replaced.
fn then(mut losses: Vec<f64>, step: usize, constant: f64) -> Vec<f64> {
    losses[step..].fill(constant);
    losses
}

#[test]
fn losses_that_stop_at_zero_a_mean_a_bound_or_their_last_value_are_found() {
    for steps in [20, 30, 200, 1000] {
        for losses in [smooth(steps, 2.0), noisy(steps, 2.0, 0.1), noisy(steps, -4.0, 0.1), noisy(steps, 1e-8, 1e-9)] {
            for losses in [losses.clone(), rounded(losses.clone(), 1e6), rounded(losses, 1e4)] {
                for step in [1, 5, steps / 2, steps - 4] {
                    let last = losses[step - 1];
                    for (constant, begins) in [(0.0, step), (-0.0, step), (3.5, step), (10.0, step), (last, step - 1)] {
                        let found = from(&then(losses.clone(), step, constant));
                        // A run that is constant throughout learned nothing, which is said in other words.
                        let expected = (begins > 0).then_some(begins);
                        assert_eq!(found, expected, "{constant} from {step} of {steps}: {:?}", &losses[..5]);
                    }
                }
            }
        }
    }
}

#[test]
fn a_zero_at_the_very_end_is_found_and_one_of_a_loss_that_touches_zero_is_not() {
    for count in 1..4 {
        assert_eq!(from(&then(noisy(100, 2.0, 0.1), 100 - count, 0.0)), Some(100 - count));
    }
    let margin: Vec<f64> = noisy(100, 0.0, 0.2).into_iter().map(|loss| loss.max(0.0)).chain([0.3, 0.0]).collect();
    assert_eq!(from(&margin), None);
    assert_eq!(from(&[5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.01, 0.02, 0.0, 0.01, 0.01]), None);
    assert_eq!(from(&[0.0]), Some(0), "the number that is ranked is exactly 0");
    assert_eq!(from(&[5.0, 0.0]), Some(1));
}

#[test]
fn healthy_losses_of_every_scale_and_precision_are_not_doubted() {
    for steps in [1, 2, 10, 40, 200, 1000] {
        for scale in [1.0, 1e-8, 1e8, -1.0] {
            for losses in [smooth(steps, 2.0), noisy(steps, 2.0, 0.1)] {
                let losses: Vec<f64> = losses.into_iter().map(|loss| scale * loss).collect();
                assert_eq!(from(&losses), None, "{steps} steps of scale {scale}");
                let single: Vec<f64> = losses.iter().map(|loss| f64::from(*loss as f32)).collect();
                assert_eq!(from(&single), None);
                let half: Vec<f64> =
                    losses.iter().map(|loss| f64::from(f32::from_bits((*loss as f32).to_bits() & !0xFFFF))).collect();
                assert_eq!(from(&half), None, "{steps} steps of scale {scale} in bfloat16");
            }
        }
        for units in [1.0, 10.0, 100.0] {
            assert_eq!(from(&rounded(noisy(steps, 5.0, 0.3), units)), None, "{steps} steps in 1/{units}");
        }
    }
    let counts: Vec<f64> = (0..400).map(|i| (10.0 + 90.0 * (-f64::from(i) / 20.0).exp()).round()).collect();
    assert_eq!(from(&counts), None, "a count of errors that came to rest");
    assert_eq!(from(&[2.5]), None);
    assert_eq!(from(&[2.5, 2.5]), None);
    assert_eq!(from(&[5.0, 2.5]), None);
    assert_eq!(from(&[2.5; 40]), None, "constant from its beginning: it learned nothing");
}

#[test]
fn losses_that_are_logged_several_times_are_not_doubted() {
    for times in [2, 3, 10] {
        let repeated: Vec<f64> = noisy(20, 2.0, 0.1).into_iter().flat_map(|loss| vec![loss; times]).collect();
        assert_eq!(from(&repeated), None, "each {times} times");
        let stopped = then(repeated.clone(), 5 * times, repeated[4 * times]);
        assert_eq!(from(&stopped), Some(4 * times), "each {times} times, then one");
    }
    let summary: Vec<f64> = noisy(50, 2.0, 0.1).into_iter().chain([1.9, 1.9]).collect();
    assert_eq!(from(&summary), None);
}

#[test]
fn losses_that_came_to_rest_by_themselves_are_not_doubted() {
    // One batch, whose minimum is reached to the last bit; in single precision it is reached by oscillating.
    let rest = |i: i32| 2.0 + 3.0 * (-f64::from(i)).exp();
    assert_eq!(from(&(0..200).map(rest).collect::<Vec<_>>()), None);
    let last_bits = |i: i32| f64::from(rest(i) as f32) + if i < 60 { 2.4e-7 * f64::from(i % 3) } else { 0.0 };
    assert_eq!(from(&(0..200).map(last_bits).collect::<Vec<_>>()), None);
    assert_eq!(from(&rounded((0..200).map(rest).collect(), 1e4)), None);
}
