//! What is said of a few repetitions.

/// Median and range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Of at least one number; NaN of none.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |idx: usize| sorted.get(idx).copied().unwrap_or(f64::NAN);
        let n = sorted.len();
        let median = f64::midpoint(at(n.saturating_sub(1) / 2), at(n / 2));
        Self { median, low: at(0), high: at(n.saturating_sub(1)) }
    }
}

/// A 95 % interval for the median of a distribution, from the order statistics of a sample: ranks n/2 ± 0.98 √n.
/// The whole range for fewer than six numbers, which no such interval exists for.
pub(crate) fn median_interval(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let reach = 0.98 * (n as f64).sqrt();
    let low = (n as f64 / 2.0 - reach).floor().max(0.0) as usize;
    let high = ((n as f64 / 2.0 + reach).ceil() as usize).min(n.saturating_sub(1));
    let at = |idx: usize| sorted.get(idx).copied().unwrap_or(f64::NAN);
    (at(low), at(high))
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(Spread::of(&[4.0, 1.0, 3.0]), Spread { median: 3.0, low: 1.0, high: 4.0 });
        assert_eq!(Spread::of(&[4.0, 1.0, 3.0, 2.0]).median, 2.5);
        assert!(Spread::of(&[]).median.is_nan());
    }

    #[test]
    fn the_interval_of_a_median_narrows_with_the_sample_and_holds_it() {
        let sample = |n: usize| (0..n).map(|i| i as f64 / n as f64).collect::<Vec<_>>();
        let (low, high) = median_interval(&sample(100));
        assert!((0.39..0.41).contains(&low) && (0.59..0.61).contains(&high), "{low} {high}");
        let (low, high) = median_interval(&sample(10_000));
        assert!(0.489 < low && high < 0.511, "{low} {high}");
        assert_eq!(median_interval(&[1.0, 2.0]), (1.0, 2.0));
    }
}
