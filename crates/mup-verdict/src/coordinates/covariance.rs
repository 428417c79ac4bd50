//! The Gram matrix of a collection of vectors, summed up without storing it.

/// Sums over the entries of C = X Xᵀ / d.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Covariance {
    n: usize,
    diagonal: Sums,
    off_diagonal: Sums,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    abs: f64,
    square: f64,
}

impl Sums {
    fn add(&mut self, entry: f64) {
        self.abs += entry.abs();
        self.square += entry * entry;
    }
}

impl Covariance {
    /// Goes through the pairs of vectors of `d` coordinates.
    pub(crate) fn of(values: &[f32], d: usize) -> Self {
        let rows: Vec<&[f32]> = values.chunks(d.max(1)).collect();
        let mut covariance = Self { n: rows.len(), ..Self::default() };
        for (i, row) in rows.iter().enumerate() {
            covariance.diagonal.add(dot(row, row) / d as f64);
            for other in &rows[..i] {
                covariance.off_diagonal.add(dot(row, other) / d as f64);
            }
        }
        covariance.off_diagonal.abs *= 2.0;
        covariance.off_diagonal.square *= 2.0;
        covariance
    }

    pub(crate) fn mean_abs(&self) -> f64 {
        (self.diagonal.abs + self.off_diagonal.abs) / (self.n * self.n) as f64
    }

    pub(crate) fn rms(&self) -> f64 {
        ((self.diagonal.square + self.off_diagonal.square) / (self.n * self.n) as f64).sqrt()
    }

    pub(crate) fn off_diagonal_mean_abs(&self) -> f64 {
        self.off_diagonal(self.off_diagonal.abs)
    }

    pub(crate) fn off_diagonal_rms(&self) -> f64 {
        self.off_diagonal(self.off_diagonal.square).sqrt()
    }

    /// A single vector has no other one: 0 if it is finite.
    fn off_diagonal(&self, sum: f64) -> f64 {
        if self.n == 1 { 0.0 * self.diagonal.abs } else { sum / (self.n as f64 * (self.n as f64 - 1.0)) }
    }
}

/// In eight lanes, which the compiler turns into vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 8;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::{Covariance, dot};

    /// X = [[1, 2], [3, −4]]: C = [[5, −5], [−5, 25]] / 2.
    #[test]
    fn the_sums_are_those_done_by_hand() {
        let covariance = Covariance::of(&[1.0, 2.0, 3.0, -4.0], 2);
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-14, "{found}, not {expected}");
        close(covariance.mean_abs(), 40.0 / 2.0 / 4.0);
        close(covariance.rms(), ((25.0 * 3.0 + 625.0) / 4.0 / 4.0_f64).sqrt());
        close(covariance.off_diagonal_mean_abs(), 2.5);
        close(covariance.off_diagonal_rms(), 2.5);
    }

    #[test]
    fn one_vector_has_no_off_diagonal_part() {
        assert!(Covariance::of(&[1.0, 2.0], 2).off_diagonal_rms().abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn every_coordinate_counts_once_whatever_the_length() {
        for n in 0..20_u16 {
            let ones = vec![1.0_f32; usize::from(n)];
            assert!((dot(&ones, &ones) - f64::from(n)).abs() < f64::EPSILON, "{n}");
        }
    }
}
