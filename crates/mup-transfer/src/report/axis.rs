//! Axes from 0 to 1 with labels of their own, so that any range can be drawn: logarithms, names, enormous numbers.

use mup_figure::plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use mup_study::rounded;
use mup_study::{Dimension, Setting};

/// Labels at most on the axis of a panel, about.
const LABELS: f64 = 5.0;
/// What is left free at both ends.
const MARGIN: f64 = 0.04;

/// Values along an axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    scale: Scale,
    ticks: Vec<(f64, String)>,
}

#[derive(Clone, Debug)]
enum Scale {
    Linear([f64; 2]),
    Log([f64; 2]),
    Names(Vec<Setting>),
}

impl Axis {
    /// That of a hyperparameter: logarithmic where it was sampled so, or where its list spans a factor of eight.
    pub(super) fn of(dimension: &Dimension) -> Self {
        let Some(ends) = dimension.ends() else { return Self::names(dimension.settings().unwrap_or_default()) };
        let spread = matches!(dimension, Dimension::Grid(_)) && ends[0] > 0.0 && ends[1] / ends[0] >= 8.0;
        if matches!(dimension, Dimension::LogUniform(_)) || spread {
            Self::log(ends)
        } else {
            Self::linear(ends, LABELS)
        }
    }

    /// Numbers from low to high, with so many labels, about.
    pub(super) fn linear([low, high]: [f64; 2], labels: f64) -> Self {
        let scale = Scale::Linear([low, high]);
        let step = nice((high - low) / labels);
        let first = (low / step).ceil();
        let values = (0..=labels as usize + 1).map(|i| (first + i as f64) * step).filter(|value| *value <= high);
        let mut ticks: Vec<(f64, String)> = values.map(|value| (scale.number(value), rounded(value))).collect();
        if !step.is_finite() || ticks.is_empty() {
            ticks = [low, high].map(|end| (scale.number(end), rounded(end))).to_vec();
        }
        Self { scale, ticks }
    }

    /// Powers of ten or two where there are enough of them.
    fn log([low, high]: [f64; 2]) -> Self {
        let scale = Scale::Log([low, high]);
        let octaves = high.log2() - low.log2();
        let base = if octaves / 10.0_f64.log2() >= 1.99 { 10.0_f64 } else { 2.0 };
        let (first, last) = (low.log(base) - 1e-9, high.log(base) + 1e-9);
        let step = ((last - first) / LABELS).ceil().max(1.0);
        let powers = (0..=LABELS as usize).map(|i| first.ceil() + step * i as f64).filter(|power| *power <= last);
        let values: Vec<f64> = powers.map(|power| base.powf(power)).collect();
        if values.len() < 2 {
            return Self { ticks: Self::linear([low, high], LABELS).values([low, high], &scale), scale };
        }
        Self { ticks: values.into_iter().map(|value| (scale.number(value), rounded(value))).collect(), scale }
    }

    /// The labels of a linear axis on another scale.
    fn values(&self, [low, high]: [f64; 2], scale: &Scale) -> Vec<(f64, String)> {
        let moved = |(place, label): &(f64, String)| (scale.number(low + place * (high - low)), label.clone());
        self.ticks.iter().map(moved).collect()
    }

    fn names(names: Vec<Setting>) -> Self {
        const LONGEST: usize = 11;
        let every = (names.len() as f64 / LABELS).ceil().max(1.0) as usize;
        let label = |name: &Setting| {
            let text = name.to_string();
            if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST - 1).chain(['…']).collect() }
        };
        let middle = |i: usize| (i as f64 + 0.5) / names.len().max(1) as f64;
        let ticks = names.iter().enumerate().step_by(every).map(|(i, name)| (middle(i), label(name))).collect();
        Self { scale: Scale::Names(names), ticks }
    }

    /// Where a value lies, 0..1; `number` tells equal names apart. None if it is not on the axis.
    pub(super) fn place(&self, value: &Setting, number: usize) -> Option<f64> {
        let Scale::Names(names) = &self.scale else { return value.number().map(|value| self.scale.number(value)) };
        let i = names.iter().position(|name| name == value)?;
        // Multiples of the golden ratio are spread evenly, whatever their number.
        let spread = (number as f64 * 0.618_033_988_749_895).fract() - 0.5;
        Some((i as f64 + 0.5 + 0.6 * spread) / names.len() as f64)
    }

    /// Where a number lies, 0..1 and beyond.
    pub(super) fn number(&self, value: f64) -> f64 {
        self.scale.number(value)
    }

    /// From where to where a name has its points.
    pub(super) fn slot(&self, value: &Setting) -> Option<(f64, f64)> {
        let Scale::Names(names) = &self.scale else { return None };
        let (i, n) = (names.iter().position(|name| name == value)? as f64, names.len() as f64);
        Some(((i + 0.1) / n, (i + 0.9) / n))
    }
}

impl Scale {
    fn number(&self, value: f64) -> f64 {
        let place = match self {
            // Halves, so that no difference overflows.
            Self::Linear([low, high]) => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
            Self::Log([low, high]) => (value.ln() - low.ln()) / (high.ln() - low.ln()),
            Self::Names(_) => 0.5,
        };
        if place.is_nan() { 0.5 } else { place.clamp(-1.0, 2.0) }
    }
}

/// The next of 1, 2, 5, 10, … times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|nice| *nice >= step).unwrap_or(f64::INFINITY)
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value + MARGIN) / (1.0 + 2.0 * MARGIN);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        -MARGIN..1.0 + MARGIN
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let near = |(place, _): &&(f64, String)| place.total_cmp(value).is_eq();
        self.ticks.iter().find(near).map(|(_, label)| label.replace('-', "−")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(dimension: &Dimension) -> Vec<String> {
        Axis::of(dimension).ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_are_round_numbers_where_they_belong() {
        assert_eq!(labels(&Dimension::LogUniform([1e-4, 1e-1])), ["0.0001", "0.001", "0.01", "0.1"]);
        assert_eq!(labels(&Dimension::LogUniform([0.25, 4.0])), ["0.25", "0.5", "1", "2", "4"]);
        assert_eq!(labels(&Dimension::Uniform([0.0, 1.0])), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&Dimension::LogUniform([1.0, 1.5])), ["1", "1.1", "1.2", "1.3", "1.4", "1.5"]);
        let axis = Axis::of(&Dimension::LogUniform([1e-4, 1e-1]));
        assert!((axis.number(1e-2) - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn no_range_is_too_wide_or_too_narrow() {
        for ends in [[-1e308, 1e308], [1.0, 1.0 + f64::EPSILON], [0.0, f64::MIN_POSITIVE], [-5.0, -4.999_999_999]] {
            let axis = Axis::of(&Dimension::Uniform(ends));
            assert!(axis.ticks.len() <= 8 && !axis.ticks.is_empty(), "{ends:?}: {:?}", axis.ticks);
            assert!(axis.ticks.iter().all(|(place, _)| (-1.0..=2.0).contains(place)), "{ends:?}: {:?}", axis.ticks);
        }
        for ends in [[1e-300, 1e300], [1.0, 1.0 + f64::EPSILON]] {
            assert!((1..9).contains(&labels(&Dimension::LogUniform(ends)).len()), "{ends:?}");
        }
    }
}
