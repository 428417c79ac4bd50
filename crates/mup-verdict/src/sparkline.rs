//! Curves in a row of characters.

/// Eighths of a character cell.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar per value, from the lowest to twice the median rise above it, so that a cliff does not hide the valley;
/// `·` where there is none.
pub(crate) fn over_own_range(values: &[f64]) -> String {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    let Some(low) = finite.first().copied() else { return "·".repeat(values.len()) };
    let range = (2.0 * (finite[finite.len() / 2] - low)).max(f64::MIN_POSITIVE);
    sparkline(values, low, range)
}

/// One bar per value, clamped to a range that begins at `low`; `·` for a value that is not finite.
pub(crate) fn sparkline(values: &[f64], low: f64, range: f64) -> String {
    let bar = |value: &f64| {
        let height = ((value - low) / range).clamp(0.0, 1.0) * (BARS.len() - 1) as f64;
        if value.is_finite() { BARS[height.round() as usize] } else { '·' }
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{over_own_range, sparkline};

    #[test]
    fn a_sparkline_spans_its_range_and_marks_what_is_not_finite() {
        assert_eq!(sparkline(&[-1.0, 0.0, 1.0, 5.0, f64::NAN], -1.0, 2.0), "▁▅██·");
    }

    #[test]
    fn a_valley_is_seen_beside_a_cliff_and_divergence_is_a_dot() {
        assert_eq!(over_own_range(&[3.0, 2.0, 1.0, 2.0, 900.0, f64::NAN]), "█▅▁▅█·");
        assert_eq!(over_own_range(&[1.0, 1.0]), "▁▁");
        assert_eq!(over_own_range(&[f64::NAN]), "·");
    }
}
