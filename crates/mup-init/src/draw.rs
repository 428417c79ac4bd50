//! What is drawn for one parameter: exact numbers, after the plan's factor. And the drawing.

use serde::{Deserialize, Serialize};

use crate::{Stream, normal};

/// What is drawn for one parameter at its actual width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// Gaussian.
    Normal {
        /// Standard deviation.
        std: f64,
    },
    /// Gaussian restricted to `[a, b]`.
    TruncatedNormal {
        /// Standard deviation before the restriction.
        std: f64,
        /// Lower bound.
        a: f64,
        /// Upper bound.
        b: f64,
    },
    /// Uniform on `[−bound, bound]`.
    Uniform {
        /// Largest absolute value.
        bound: f64,
    },
    /// Every entry the same; draws no random number.
    Constant {
        /// The entry.
        value: f64,
    },
}

/// Below this many values a second thread costs more than it saves.
const VALUES_PER_THREAD: usize = 1 << 18;

impl Draw {
    pub(crate) fn uniform_of_std(std: f64) -> Self {
        Self::Uniform { bound: 3f64.sqrt() * std }
    }

    /// The same values, each times `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        match self {
            Self::Normal { std } => Self::Normal { std: std * factor },
            Self::TruncatedNormal { std, a, b } => {
                Self::TruncatedNormal { std: std * factor, a: a * factor, b: b * factor }
            }
            Self::Uniform { bound } => Self::Uniform { bound: bound * factor },
            Self::Constant { value } => Self::Constant { value: value * factor },
        }
    }

    /// The largest absolute value that can be drawn.
    #[must_use]
    pub fn largest(self) -> f64 {
        match self {
            Self::Normal { std } => std * normal::LARGEST,
            Self::TruncatedNormal { a, b, .. } => a.abs().max(b.abs()),
            Self::Uniform { bound } => bound,
            Self::Constant { value } => value.abs(),
        }
    }

    /// Draws `n` values from the stream of one parameter.
    ///
    /// The i-th value is a function of the stream and i alone: neither `n` nor the number of threads changes it.
    #[must_use]
    pub fn values(self, stream: &Stream, n: usize) -> Vec<f32> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.values_on(stream, n, cores.min(n / VALUES_PER_THREAD))
    }

    fn values_on(self, stream: &Stream, n: usize, threads: usize) -> Vec<f32> {
        if let Self::Constant { value } = self {
            return vec![value as f32; n];
        }
        let mut values = vec![0.0; n];
        if threads <= 1 {
            self.fill(stream, 0, &mut values);
            return values;
        }
        let share = n.div_ceil(threads);
        std::thread::scope(|scope| {
            for (i, part) in values.chunks_mut(share).enumerate() {
                scope.spawn(move || self.fill(stream, i * share, part));
            }
        });
        values
    }

    fn fill(self, stream: &Stream, first: usize, values: &mut [f32]) {
        match self {
            Self::Constant { value } => values.fill(value as f32),
            Self::Normal { std } => stream.fill(first, values, |u| std * normal::quantile(u)),
            Self::Uniform { bound } => stream.fill(first, values, |u| bound * (2.0 * u - 1.0)),
            Self::TruncatedNormal { std, a, b } => {
                let (low, high) = (normal::cdf(a / std), normal::cdf(b / std));
                stream.fill(first, values, |u| {
                    let p = (low + u * (high - low)).min(1.0 - f64::EPSILON / 2.0);
                    (std * normal::quantile(p)).clamp(a, b)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_threads_does_not_change_values() {
        let stream = Stream::new(1, "weight");
        for draw in [
            Draw::Normal { std: 1.0 },
            Draw::Uniform { bound: 1.0 },
            Draw::TruncatedNormal { std: 1.0, a: -1.0, b: 2.0 },
        ] {
            let alone = draw.values_on(&stream, 10_007, 1);
            for threads in [2, 3, 8] {
                assert_eq!(alone, draw.values_on(&stream, 10_007, threads));
            }
        }
    }
}
