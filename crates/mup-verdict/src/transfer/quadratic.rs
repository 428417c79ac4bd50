//! The parabola nearest to points, by least squares.

use serde::Serialize;

/// A parabola with a minimum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quadratic {
    /// log₂ value at the minimum.
    pub log2_value: f64,
    /// Loss there.
    pub loss: f64,
    /// Second derivative, per octave².
    pub curvature: f64,
    /// The points it was fitted to begin here.
    pub low: f64,
    /// They end here.
    pub high: f64,
}

impl Quadratic {
    /// Least squares over points (x, y) ascending in x; none without a minimum among them.
    pub(crate) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let (low, high) = (points.first()?.0, points.last()?.0);
        let middle = f64::midpoint(low, high);
        let [constant, slope, bend] = coefficients(points, middle)?;
        let vertex = middle - slope / (2.0 * bend);
        let loss = constant - slope * slope / (4.0 * bend);
        let inside = bend > 0.0 && (low..=high).contains(&vertex);
        inside.then_some(Self { log2_value: vertex, loss, curvature: 2.0 * bend, low, high })
    }

    /// The parabola's loss, where points were fitted.
    pub(crate) fn at(&self, x: f64) -> Option<f64> {
        let inside = (self.low..=self.high).contains(&x);
        inside.then(|| self.loss + self.curvature / 2.0 * (x - self.log2_value).powi(2))
    }
}

/// Of 1, x, x² around `middle`: Cramer's rule on the normal equations, which three unknowns of size 1 can bear.
fn coefficients(points: &[(f64, f64)], middle: f64) -> Option<[f64; 3]> {
    if points.len() < 3 {
        return None;
    }
    let x = |power| points.iter().map(|(x, _)| (x - middle).powi(power)).sum::<f64>();
    let y = |power| points.iter().map(|(x, y)| y * (x - middle).powi(power)).sum::<f64>();
    let columns = [[x(0), x(1), x(2)], [x(1), x(2), x(3)], [x(2), x(3), x(4)]];
    let whole = determinant(columns);
    let replaced = |i: usize| {
        let mut columns = columns;
        columns[i] = [y(0), y(1), y(2)];
        determinant(columns) / whole
    };
    let found = [replaced(0), replaced(1), replaced(2)];
    found.iter().all(|value| value.is_finite()).then_some(found)
}

fn determinant([a, b, c]: [[f64; 3]; 3]) -> f64 {
    a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
}

#[cfg(test)]
mod tests {
    use super::Quadratic;

    #[test]
    fn a_parabola_is_found_exactly_and_only_where_points_are() {
        let loss = |x: f64| 3.0 + 0.25 * (x + 5.3).powi(2);
        let points: Vec<(f64, f64)> = [-8.0, -6.5, -5.0, -4.0].map(|x| (x, loss(x))).to_vec();
        let fit = Quadratic::fit(&points).expect("a minimum");
        // Rounding of a system whose numbers reach 4⁴: 1e-10 leaves a factor of 1000.
        assert!((fit.log2_value + 5.3).abs() < 1e-10 && (fit.loss - 3.0).abs() < 1e-10, "{fit:?}");
        assert!((fit.curvature - 0.5).abs() < 1e-10, "{fit:?}");
        assert!(fit.at(-9.0).is_none() && (fit.at(-5.0).unwrap() - loss(-5.0)).abs() < 1e-10);
    }

    #[test]
    fn neither_a_hill_nor_a_slope_nor_two_points_have_a_minimum() {
        assert_eq!(Quadratic::fit(&[(0.0, 1.0), (1.0, 2.0), (2.0, 1.0)]), None);
        assert_eq!(Quadratic::fit(&[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]), None);
        assert_eq!(Quadratic::fit(&[(0.0, 1.0), (1.0, 2.0), (2.0, 3.1)]), None);
        assert_eq!(Quadratic::fit(&[(0.0, 1.0), (1.0, 0.0)]), None);
    }
}
