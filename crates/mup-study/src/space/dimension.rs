//! The values that one hyperparameter may take.

use serde::{Deserialize, Serialize};

use crate::{Setting, SpaceError};

/// The values that one hyperparameter may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dimension {
    /// Positive numbers from low to high, uniform in the logarithm.
    LogUniform([f64; 2]),
    /// Numbers from low to high.
    Uniform([f64; 2]),
    /// Whole numbers from low to high, both included.
    Integer([i64; 2]),
    /// One of these, none nearer to another.
    Categorical(Vec<Setting>),
    /// One of these numbers.
    Grid(Vec<f64>),
    /// This value.
    Fixed(Setting),
}

impl Dimension {
    /// Whether a search has something to choose.
    #[must_use]
    pub fn varies(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Categorical(settings) => settings.len() > 1,
            Self::Grid(values) => values.len() > 1,
            Self::Integer([low, high]) => low < high,
            Self::LogUniform(_) | Self::Uniform(_) => true,
        }
    }

    /// The value at a place in 0..1. Computed with `libm`, so that it is the same on every machine.
    #[must_use]
    pub fn at(&self, place: f64) -> Setting {
        let index = |count: usize| ((place * count as f64) as usize).min(count.saturating_sub(1));
        match self {
            Self::LogUniform([low, high]) => {
                let (from, to) = (libm::log(*low), libm::log(*high));
                Setting::Number(libm::exp(from + place * (to - from)).clamp(*low, *high))
            }
            Self::Uniform([low, high]) => Setting::Number(low + place * (high - low)),
            Self::Integer([low, high]) => Setting::Integer(low + index((high - low) as usize + 1) as i64),
            Self::Categorical(settings) => settings[index(settings.len())].clone(),
            Self::Grid(values) => Setting::Number(values[index(values.len())]),
            Self::Fixed(setting) => setting.clone(),
        }
    }

    /// The place of a value in 0..1, the inverse of [`at`](Self::at); the middle of its share for a list. None for a
    /// value that the dimension does not have.
    #[must_use]
    pub fn place(&self, setting: &Setting) -> Option<f64> {
        let share = match self {
            Self::LogUniform([low, high]) => libm::log(setting.number()? / low) / libm::log(high / low),
            Self::Uniform([low, high]) => (setting.number()? - low) / (high - low),
            Self::Integer([low, high]) => (setting.number()? - *low as f64 + 0.5) / (*high as f64 - *low as f64 + 1.0),
            list => {
                let settings = list.settings()?;
                (settings.iter().position(|known| known == setting)? as f64 + 0.5) / settings.len() as f64
            }
        };
        // The range excludes its high end; what is not in it at all, such as the logarithm of −1, has no place.
        (!share.is_nan()).then(|| share.clamp(0.0, 1.0 - f64::EPSILON))
    }

    /// The list of its values; none where there is a continuum.
    #[must_use]
    pub fn settings(&self) -> Option<Vec<Setting>> {
        match self {
            Self::LogUniform(_) | Self::Uniform(_) => None,
            Self::Integer([low, high]) => Some((*low..=*high).map(Setting::Integer).collect()),
            Self::Categorical(settings) => Some(settings.clone()),
            Self::Grid(values) => Some(values.iter().copied().map(Setting::Number).collect()),
            Self::Fixed(setting) => Some(vec![setting.clone()]),
        }
    }

    /// Number of its values; none where there is a continuum.
    pub(crate) fn count(&self) -> Option<u64> {
        match self {
            Self::LogUniform(_) | Self::Uniform(_) => None,
            Self::Integer([low, high]) => high.checked_sub(*low).map(|n| n.unsigned_abs().saturating_add(1)),
            Self::Categorical(settings) => Some(settings.len() as u64),
            Self::Grid(values) => Some(values.len() as u64),
            Self::Fixed(_) => Some(1),
        }
    }

    /// The value of a list by its index.
    pub(super) fn nth(&self, index: usize) -> Setting {
        match self {
            Self::LogUniform([value, _]) | Self::Uniform([value, _]) => Setting::Number(*value),
            Self::Integer([low, _]) => Setting::Integer(low.saturating_add_unsigned(index as u64)),
            Self::Categorical(settings) => settings[index].clone(),
            Self::Grid(values) => Setting::Number(values[index]),
            Self::Fixed(setting) => setting.clone(),
        }
    }

    /// The ends of its range; none for a fixed value or a list of names.
    #[must_use]
    pub fn ends(&self) -> Option<[f64; 2]> {
        match self {
            Self::LogUniform(ends) | Self::Uniform(ends) => Some(*ends),
            Self::Integer([low, high]) => Some([*low as f64, *high as f64]),
            Self::Grid(values) => {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                Some([low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max)])
            }
            Self::Categorical(_) | Self::Fixed(_) => None,
        }
    }

    pub(super) fn check(&self, name: &str) -> Result<(), SpaceError> {
        let refuse = |reason| Err(SpaceError::Dimension { name: name.to_owned(), reason });
        let ordered = |[low, high]: [f64; 2]| low.is_finite() && high.is_finite() && low < high;
        match self {
            Self::LogUniform([low, _]) if *low <= 0.0 => refuse("a logarithm needs a positive low end"),
            Self::LogUniform(ends) | Self::Uniform(ends) if !ordered(*ends) => {
                refuse("write [LOW, HIGH], two finite numbers, the lower one first")
            }
            Self::LogUniform([low, high]) if !(high / low).is_finite() => refuse("the ends are too far apart"),
            Self::Uniform([low, high]) if !(high - low).is_finite() => refuse("the ends are too far apart"),
            Self::Integer([low, high]) if low > high => refuse("the lower end comes first"),
            Self::Integer([low, high]) if high.checked_sub(*low).is_none_or(|n| n >= 1 << 32) => {
                refuse("more than four thousand million values are no range of whole numbers")
            }
            Self::Categorical(settings) if settings.is_empty() => refuse("the list is empty"),
            Self::Grid(values) if values.is_empty() => refuse("the list is empty"),
            Self::Grid(values) if !values.iter().all(|value| value.is_finite()) => {
                refuse("every number has to be finite")
            }
            Self::Categorical(settings) if settings.iter().any(is_infinite) => refuse("every number has to be finite"),
            Self::Categorical(settings) if settings.iter().any(has_zero_byte) => refuse(ZERO_BYTE),
            Self::Fixed(setting) if has_zero_byte(setting) => refuse(ZERO_BYTE),
            Self::Categorical(settings) if twice(settings) => refuse("two of its values are written alike"),
            Self::Grid(_) if twice(&self.settings().unwrap_or_default()) => refuse("a value is listed twice"),
            Self::Fixed(setting) if is_infinite(setting) => refuse("the number has to be finite"),
            _ => Ok(()),
        }
    }
}

const ZERO_BYTE: &str = "a text has a zero byte, which no program can be given";

fn has_zero_byte(setting: &Setting) -> bool {
    matches!(setting, Setting::Text(text) if text.contains('\0'))
}

fn is_infinite(setting: &Setting) -> bool {
    setting.number().is_some_and(|number| !number.is_finite())
}

/// Whether a program would see one value twice: 1 and "1" are the same argument.
fn twice(settings: &[Setting]) -> bool {
    let mut known = std::collections::BTreeSet::new();
    !settings.iter().all(|setting| known.insert(setting.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_lies_in_its_range(place in 0.0..1.0, low in -5.0..5.0_f64, length in 0.01..9.0_f64) {
            let number = |dimension: Dimension| dimension.at(place).number().unwrap();
            let ends = [low.exp2(), (low + length).exp2()];
            let log_uniform = number(Dimension::LogUniform(ends));
            prop_assert!(ends[0] <= log_uniform && log_uniform <= ends[1]);
            // The median in the logarithm is the geometric mean: equal shares of octaves.
            prop_assert!((log_uniform.log2() - (low + place * length)).abs() < 1e-9);
            let integer = number(Dimension::Integer([low as i64, low as i64 + 3]));
            prop_assert!((low.trunc()..=low.trunc() + 3.0).contains(&integer));
            for dimension in [Dimension::LogUniform(ends), Dimension::Uniform([low, low + length])] {
                prop_assert!((dimension.place(&dimension.at(place)).unwrap() - place).abs() < 1e-9);
            }
            let list = Dimension::Grid(vec![4.0, 1.0, 2.0]);
            prop_assert_eq!((list.place(&list.at(place)).unwrap() * 3.0) as usize, (place * 3.0) as usize);
        }
    }

    #[test]
    fn a_value_of_another_dimension_has_no_place() {
        let text = Setting::Text("x".to_owned());
        for dimension in [Dimension::LogUniform([1.0, 2.0]), Dimension::Integer([1, 2]), Dimension::Grid(vec![1.0])] {
            assert_eq!(dimension.place(&text), None);
        }
        assert_eq!(Dimension::LogUniform([1.0, 2.0]).place(&Setting::Number(-1.0)), None);
    }

    #[test]
    fn whole_numbers_have_equal_shares() {
        let counts = (0..300).fold([0; 3], |mut counts, i| {
            let Setting::Integer(value) = Dimension::Integer([7, 9]).at((f64::from(i) + 0.5) / 300.0) else { panic!() };
            counts[(value - 7) as usize] += 1;
            counts
        });
        assert_eq!(counts, [100; 3]);
    }
}
