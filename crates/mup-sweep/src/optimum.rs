//! The choice: the lowest loss on a grid of log₂ rates, whether it is bracketed, and the parabola through it.

use serde::{Deserialize, Serialize};

/// The loss at one learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// log₂ of the learning rate.
    pub log2_rate: f64,
    /// Loss; none if the trial diverged.
    pub loss: Option<f64>,
}

/// The end of a grid on which an optimum lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// No lower rate was tried.
    Low,
    /// No higher rate was tried.
    High,
    /// No other rate was tried.
    Both,
}

/// The parabola through the optimum and its two neighbors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// log₂ of the rate at the parabola's minimum.
    pub log2_rate: f64,
    /// Loss there.
    pub loss: f64,
    /// Second derivative of the loss in octaves: how sharp the optimum is.
    pub curvature: f64,
}

/// The lowest loss over a set of learning rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimum {
    /// log₂ of the rate with the lowest loss.
    pub log2_rate: f64,
    /// The lowest loss.
    pub loss: f64,
    /// Set when the optimum is *unbracketed*: no rate beyond it was tried on that side.
    pub edge: Option<Edge>,
    /// None when a neighbor is missing or diverged.
    pub fit: Option<Fit>,
}

impl Optimum {
    /// The optimum of points in any order; none if every trial diverged. Of equal losses the lower rate wins.
    ///
    /// A diverged neighbor brackets the optimum: its loss counts as infinite.
    #[must_use]
    pub fn of(points: &[Point]) -> Option<Self> {
        let mut points = points.to_vec();
        points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
        let finite = |point: &Point| point.loss.filter(|loss| loss.is_finite());
        let losses = points.iter().enumerate().filter_map(|(i, point)| finite(point).map(|loss| (i, loss)));
        let (best, loss) = losses.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let edge = match (best == 0, best + 1 == points.len()) {
            (true, true) => Some(Edge::Both),
            (true, false) => Some(Edge::Low),
            (false, true) => Some(Edge::High),
            (false, false) => None,
        };
        let fit = if edge.is_none() { parabola([points[best - 1], points[best], points[best + 1]]) } else { None };
        Some(Self { log2_rate: points[best].log2_rate, loss, edge, fit })
    }

    /// Whether a lower and a higher rate were tried and were worse.
    #[must_use]
    pub fn bracketed(&self) -> bool {
        self.edge.is_none()
    }
}

/// Newton's divided differences; the points need not be evenly spaced.
fn parabola(points: [Point; 3]) -> Option<Fit> {
    let [x0, x1, x2] = points.map(|point| point.log2_rate);
    let [y0, y1, y2] = [points[0].loss?, points[1].loss?, points[2].loss?];
    let slope = (y1 - y0) / (x1 - x0);
    let bend = ((y2 - y1) / (x2 - x1) - slope) / (x2 - x0);
    if !bend.is_finite() || bend <= 0.0 {
        return None;
    }
    let minimum = (x0 + x1) / 2.0 - slope / (2.0 * bend);
    let loss = y0 + slope * (minimum - x0) + bend * (minimum - x0) * (minimum - x1);
    Some(Fit { log2_rate: minimum, loss, curvature: 2.0 * bend })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(losses: &[(f64, Option<f64>)]) -> Vec<Point> {
        losses.iter().map(|&(log2_rate, loss)| Point { log2_rate, loss }).collect()
    }

    #[test]
    fn a_parabola_is_found_exactly_whatever_the_spacing_and_order() {
        let loss = |x: f64| Some(3.0 + 0.5 * (x + 5.25).powi(2));
        let optimum = Optimum::of(&points(&[(-4.0, loss(-4.0)), (-8.0, loss(-8.0)), (-5.0, loss(-5.0))])).unwrap();
        let fit = optimum.fit.unwrap();
        assert!(optimum.bracketed());
        // Exact up to rounding of numbers of size 10: 1e-12 leaves a factor of 1000.
        assert!((fit.log2_rate + 5.25).abs() < 1e-12, "{fit:?}");
        assert!((fit.loss - 3.0).abs() < 1e-12, "{fit:?}");
        assert!((fit.curvature - 1.0).abs() < 1e-12, "{fit:?}");
    }

    #[test]
    fn an_optimum_on_the_edge_is_flagged() {
        let falling = points(&[(-3.0, Some(3.0)), (-2.0, Some(2.0)), (-1.0, Some(1.0))]);
        assert_eq!(Optimum::of(&falling).unwrap().edge, Some(Edge::High));
        let rising = points(&[(-3.0, Some(1.0)), (-2.0, Some(2.0))]);
        assert_eq!(Optimum::of(&rising).unwrap().edge, Some(Edge::Low));
        assert_eq!(Optimum::of(&rising[..1]).unwrap().edge, Some(Edge::Both));
    }

    #[test]
    fn a_diverged_neighbor_brackets_but_gives_no_parabola() {
        let optimum = Optimum::of(&points(&[(-3.0, Some(3.0)), (-2.0, Some(2.0)), (-1.0, None)])).unwrap();
        assert!(optimum.bracketed());
        assert_eq!(optimum.fit, None);
    }

    #[test]
    fn without_a_finite_loss_there_is_no_optimum() {
        assert_eq!(Optimum::of(&points(&[(-3.0, None), (-2.0, Some(f64::NAN))])), None);
        assert_eq!(Optimum::of(&[]), None);
    }
}
