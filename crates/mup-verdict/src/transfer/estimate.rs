//! Where one model's optimum lies, from its losses on a grid of one seed.

use mup_sweep::{Edge, Optimum, Point};
use serde::Serialize;

use super::Quadratic;

/// How far from the lowest loss the fit looks, in octaves.
const REACH: f64 = 2.0;
/// A farther point is fitted only if its loss rises at most so many times as much as the neighbors' do on average.
///
/// On a parabola sampled every octave it is 2 to 6 times, depending on where the minimum lies between points; more
/// is a cliff, which belongs to the edge of stability and not to the optimum.
const CLIFF: f64 = 8.0;

/// The optimum of one width and seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// log₂ of the best value.
    pub log2_value: f64,
    /// The loss there.
    pub loss: f64,
    /// How far off it may be because no parabola exists, in octaves; 0 where one was fitted.
    pub uncertainty: f64,
    /// Set when it is *unbracketed*: no value beyond it was tried on that side.
    pub edge: Option<Edge>,
    /// The parabola.
    pub fit: Option<Quadratic>,
}

impl Estimate {
    /// Least squares over the points within ±2 octaves of the lowest loss; none if every run diverged.
    ///
    /// A parabola through three points would be simpler. Under noise of a fifth of the rise one octave beside the
    /// optimum it scatters by 0.10 octaves, this one by 0.04; on a curve steeper above the optimum it is off by 0.05
    /// octaves, this one by 0.2, alike at every width and noise, so that a drift does not see it
    /// (`least_squares_halves_the_scatter`, `a_lopsided_curve_shifts_every_optimum_alike`).
    ///
    /// Without a parabola the lowest point itself is taken, uncertain by half the distance to its neighbors: where
    /// a neighbor diverged (the optimum lies at the edge of stability, and extrapolating over it would be a guess)
    /// and where the points have no minimum.
    #[must_use]
    pub fn of(points: &[Point]) -> Option<Self> {
        let mut points = points.to_vec();
        points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
        let lowest = Optimum::of(&points)?;
        let best = points.iter().position(|point| point.log2_rate.total_cmp(&lowest.log2_rate).is_eq())?;
        let at_point = |uncertainty| Self {
            log2_value: lowest.log2_rate,
            loss: lowest.loss,
            uncertainty,
            edge: lowest.edge,
            fit: None,
        };
        if lowest.edge.is_some() {
            return Some(at_point(0.0));
        }
        let gap = (points[best + 1].log2_rate - points[best - 1].log2_rate) / 4.0;
        let fit = window(&points, best).and_then(|window| Quadratic::fit(&window));
        Some(fit.map_or(at_point(gap), |fit| Self {
            log2_value: fit.log2_value,
            loss: fit.loss,
            fit: Some(fit),
            ..at_point(0.0)
        }))
    }
}

/// The points to fit; none when a neighbor diverged.
fn window(points: &[Point], best: usize) -> Option<Vec<(f64, f64)>> {
    let finite = |point: &Point| point.loss.filter(|loss| loss.is_finite()).map(|loss| (point.log2_rate, loss));
    let (at, lowest) = finite(&points[best])?;
    let (left, right) = (finite(&points[best - 1])?, finite(&points[best + 1])?);
    let limit = lowest + CLIFF * (f64::midpoint(left.1, right.1) - lowest);
    let near = |(x, loss): &(f64, f64)| {
        let neighbor = *x >= left.0 && *x <= right.0;
        neighbor || ((x - at).abs() <= REACH + 1e-9 && *loss <= limit)
    };
    let below: Vec<(f64, f64)> = points[..best].iter().rev().map_while(finite).take_while(near).collect();
    let above = points[best..].iter().map_while(finite).take_while(near);
    Some(below.into_iter().rev().chain(above).collect())
}
