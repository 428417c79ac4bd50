//! A straight axis whose labels are whole numbers, few enough to be read.

use mup_figure::plotters::{
    coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter},
    prelude::Ranged,
};

pub(crate) struct Exponents {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Ranged for Exponents {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.low) / (self.high - self.low);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        let step = if last - first > 14 { 2 } else { 1 };
        (first..=last).filter(|exponent| exponent % step == 0).map(f64::from).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Exponents {
    fn format_ext(&self, value: &f64) -> String {
        format!("{value}").replace('-', "−")
    }
}
