//! Training loss against steps, target and controls.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Entry, INK, Pen, Swatch, loss_label};

use super::FinalRun;
use super::legend::{Corner, legend};
use super::palette::{MUP, STANDARD};

/// Points of a curve at most: more cannot be seen.
const POINTS: usize = 1000;
/// Target and controls, distinct for color-blind eyes (Okabe & Ito).
const COLORS: [RGBColor; 6] =
    [MUP, STANDARD, RGBColor(0, 158, 115), RGBColor(204, 121, 167), RGBColor(230, 159, 0), RGBColor(86, 180, 233)];

pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, runs: &[FinalRun]) -> DrawResult<B> {
    // More curves than colors cannot be told apart, and their legend hides them; the table has all.
    let runs = &runs[..runs.len().min(COLORS.len())];
    let n_steps = runs.iter().map(length).max().unwrap_or(0).max(2);
    let window = (n_steps / 25).max(1);
    let (low, high) = range(runs);
    let mut chart = ChartBuilder::on(area)
        .caption("The target, by how its hyperparameters were found", pen.font(20.0))
        .margin(pen.px(12.0))
        .x_label_area_size(pen.px(46.0))
        .y_label_area_size(pen.px(58.0))
        .build_cartesian_2d(0.0..n_steps as f64, low..high)?;
    let mut mesh = chart.configure_mesh();
    pen.style_mesh(&mut mesh, 16.0);
    mesh.x_desc("step")
        .y_desc("training loss")
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|loss| loss_label(*loss, (low, high)))
        .draw()?;
    let mut entries = Vec::new();
    let colored = || runs.iter().zip(COLORS.into_iter().cycle());
    for (run, color) in colored() {
        let raw = sampled(&run.curve.losses, 1);
        chart.draw_series(LineSeries::new(raw, pen.line(color.mix(0.22), 1.0)))?;
    }
    for (run, color) in colored() {
        chart.draw_series(LineSeries::new(sampled(&run.curve.losses, window), pen.line(color.into(), 2.5)))?;
        let evaluations = run.curve.evaluations.iter().filter(|evaluation| (low..=high).contains(&evaluation.loss));
        let dot = |step: usize, loss: f64| Circle::new((step as f64, loss), pen.px(4.0), pen.line(color.into(), 2.0));
        chart.draw_series(evaluations.map(|evaluation| dot(evaluation.step, evaluation.loss)))?;
        entries.push(Entry::line(format!("{}: {}", run.label, run.outcome), color));
    }
    if runs.iter().any(|run| !run.curve.evaluations.is_empty()) {
        entries.push(Entry { text: "validation loss".to_owned(), color: INK, swatch: Swatch::Ring });
    }
    let (x, y) = chart.plotting_area().get_pixel_range();
    let (left, top) = area.get_base_pixel();
    let corner = (x.end - left - pen.at(8.0), y.start - top + pen.at(8.0));
    legend(area, pen, Corner::RightTop(corner), &entries)
}

fn length(run: &FinalRun) -> usize {
    run.curve.evaluations.iter().map(|evaluation| evaluation.step).fold(run.curve.losses.len(), usize::max)
}

/// From the lowest loss to the first one: what spikes above the start is cut off.
fn range(runs: &[FinalRun]) -> (f64, f64) {
    let training = runs.iter().flat_map(|run| run.curve.losses.iter().copied());
    let evaluated = runs.iter().flat_map(|run| run.curve.evaluations.iter().map(|evaluation| evaluation.loss));
    let low = training.chain(evaluated).filter(|loss| loss.is_finite()).fold(f64::INFINITY, f64::min);
    let first = runs.iter().filter_map(|run| run.curve.losses.first().copied()).fold(f64::NEG_INFINITY, f64::max);
    let room = ((first - low) * 0.05).max(0.01).max(1e-3 * low.abs());
    let (low, high) = (low - room, first.max(low) + room);
    if (high - low).is_finite() { (low, high) } else { (0.0, 1.0) }
}

/// Mean of the last `window` losses up to each step; the first ones over what there is. Of long curves every so many.
fn sampled(losses: &[f64], window: usize) -> Vec<(f64, f64)> {
    let mean = |end: usize| {
        let part = &losses[(end + 1).saturating_sub(window)..=end];
        (end as f64, part.iter().sum::<f64>() / part.len() as f64)
    };
    let every = losses.len().div_ceil(POINTS).max(1);
    let last = losses.len().checked_sub(1).filter(|last| last % every != 0);
    (0..losses.len()).step_by(every).chain(last).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::{POINTS, sampled};

    #[test]
    fn the_first_steps_are_averaged_over_what_there_is() {
        assert_eq!(sampled(&[4.0, 2.0, 6.0], 2), [(0.0, 4.0), (1.0, 3.0), (2.0, 4.0)]);
        assert!(sampled(&[], 2).is_empty());
    }

    #[test]
    fn a_long_curve_is_thinned_to_its_last_step() {
        let points = sampled(&vec![1.0; 123_456], 100);
        assert!(points.len() <= POINTS + 1);
        assert_eq!(points.last(), Some(&(123_455.0, 1.0)));
    }
}
