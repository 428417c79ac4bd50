//! The largest value at which training is still worth its name.

use mup_sweep::{Optimum, Point};
use serde::Serialize;

/// Where a landscape ends on its high side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// log₂ of the value.
    pub log2_value: f64,
    /// How far off it may be, in octaves: half a step where the next run diverged, 0 where it was interpolated.
    pub uncertainty: f64,
}

impl Edge {
    /// The value above the optimum at which a part `rise` of what training gains is lost again: where the loss first
    /// exceeds minimum + rise × (`untrained_loss` − minimum). None when the grid ends before.
    ///
    /// Divergence itself is a poor mark: a saturating loss comes back to its start without ever being infinite, and
    /// the last finite point of a grid is known to a whole step. The wall above an optimum is steep, so where on it
    /// the mark lies matters little. Interpolated in log₂ value between the points on both sides of the mark; beside
    /// a diverged run, the middle, half a step uncertain.
    #[must_use]
    pub fn of(points: &[Point], untrained_loss: f64, rise: f64) -> Option<Self> {
        let mut points = points.to_vec();
        points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
        let lowest = Optimum::of(&points)?;
        let mark = lowest.loss + rise * (untrained_loss - lowest.loss);
        let above = |point: &Point| point.loss.is_none_or(|loss| loss > mark);
        let pair = points.windows(2).find(|pair| pair[0].log2_rate >= lowest.log2_rate && above(&pair[1]))?;
        let (last, next) = (pair[0], pair[1]);
        let gap = next.log2_rate - last.log2_rate;
        let inside = last.loss?;
        Some(match next.loss {
            Some(beyond) => Self {
                log2_value: last.log2_rate + gap * ((mark - inside) / (beyond - inside)).clamp(0.0, 1.0),
                uncertainty: 0.0,
            },
            None => Self { log2_value: last.log2_rate + gap / 2.0, uncertainty: gap / 2.0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Edge, Point};

    fn points(losses: &[(f64, Option<f64>)]) -> Vec<Point> {
        losses.iter().map(|&(log2_rate, loss)| Point { log2_rate, loss }).collect()
    }

    #[test]
    fn the_edge_is_where_half_of_the_gain_is_lost() {
        let landscape = points(&[(-4.0, Some(4.0)), (-3.0, Some(2.0)), (-2.0, Some(2.5)), (-1.0, Some(4.5))]);
        let edge = Edge::of(&landscape, 5.0, 0.5).expect("it rises to 4.5");
        // The mark is 3.5, half way from 2.5 to 4.5; on the low side, 4.0 is no edge.
        assert!((edge.log2_value + 1.5).abs() < 1e-12 && edge.uncertainty.abs() < 1e-12, "{edge:?}");
    }

    #[test]
    fn beside_a_diverged_run_the_edge_is_half_a_step_uncertain() {
        let edge = Edge::of(&points(&[(-4.0, Some(4.0)), (-3.0, Some(2.0)), (-2.0, None)]), 5.0, 0.5).expect("an edge");
        assert!((edge.log2_value + 2.5).abs() < 1e-12 && (edge.uncertainty - 0.5).abs() < 1e-12, "{edge:?}");
    }

    #[test]
    fn a_grid_that_ends_in_the_valley_has_no_edge() {
        assert_eq!(Edge::of(&points(&[(-4.0, Some(4.0)), (-3.0, Some(2.0)), (-2.0, Some(2.2))]), 5.0, 0.5), None);
        assert_eq!(Edge::of(&points(&[(-4.0, None)]), 5.0, 0.5), None);
    }
}
