//! The rate over a run's own horizon: a short linear warm-up, then linear decay to zero.

/// The factor on the learning rate at a step, counted from 0.
///
/// Linear decay over each run's own horizon is what the GPT-3 experiment chose on its proxy and transferred (TP-V
/// App. F.4).
pub(crate) fn factor(step: usize, steps: usize) -> f64 {
    let warm_up = (steps / 20).max(1);
    if step < warm_up {
        return (step + 1) as f64 / warm_up as f64;
    }
    (steps - step) as f64 / (steps - warm_up) as f64
}

#[cfg(test)]
mod tests {
    use super::factor;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_to_almost_zero() {
        let factors = |steps: usize| (0..steps).map(|step| factor(step, steps)).collect::<Vec<_>>();
        assert_eq!(factors(40)[..4], [0.5, 1.0, 1.0, 37.0 / 38.0]);
        assert_eq!(factors(40)[39..], [1.0 / 38.0]);
        assert_eq!(factors(1), [1.0]);
    }
}
