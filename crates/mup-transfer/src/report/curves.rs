//! Training loss against steps, target and control.

use plotters::prelude::*;

use super::draw::{Corner, MUP, STANDARD, legend};
use super::{FinalRun, Numbers};
use crate::figure::{Area, DrawResult, Entry, Pen, loss_label};

pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, numbers: &Numbers) -> DrawResult<B> {
    let n_steps = numbers.runs.iter().map(|run| run.curve.losses.len()).max().unwrap_or(0).max(2);
    let window = (n_steps / 25).max(1);
    let (low, high) = range(&numbers.runs);
    let mut chart = ChartBuilder::on(area)
        .caption("The target with the proxy's hyperparameters", pen.font(20.0))
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
    for run in numbers.runs.iter().rev() {
        let color = color(run);
        let raw = run.curve.losses.iter().enumerate().map(|(step, loss)| (step as f64, *loss));
        chart.draw_series(LineSeries::new(raw, pen.line(color.mix(0.22), 1.0)))?;
    }
    for run in &numbers.runs {
        let color = color(run);
        chart.draw_series(LineSeries::new(trailing_mean(&run.curve.losses, window), pen.line(color.into(), 2.5)))?;
        entries.push(Entry::line(format!("{}: {}", run.label, run.outcome), color));
    }
    let (x, y) = chart.plotting_area().get_pixel_range();
    let (left, top) = area.get_base_pixel();
    let corner = (x.end - left - pen.at(8.0), y.start - top + pen.at(8.0));
    legend(area, pen, Corner::RightTop(corner), &entries)
}

fn color(run: &FinalRun) -> RGBColor {
    if run.trial.parametrization == "standard" { STANDARD } else { MUP }
}

/// From the lowest loss to the first one: what spikes above the start is cut off.
fn range(runs: &[FinalRun]) -> (f64, f64) {
    let losses = || runs.iter().flat_map(|run| run.curve.losses.iter().copied());
    let low = losses().fold(f64::INFINITY, f64::min);
    let first = runs.iter().filter_map(|run| run.curve.losses.first().copied()).fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() {
        return (0.0, 1.0);
    }
    let room = ((first - low) * 0.05).max(0.01);
    (low - room, first.max(low) + room)
}

/// Mean of the last `window` losses up to each step; the first ones over what there is.
fn trailing_mean(losses: &[f64], window: usize) -> Vec<(f64, f64)> {
    let mean = |end: usize| {
        let part = &losses[(end + 1).saturating_sub(window)..=end];
        (end as f64, part.iter().sum::<f64>() / part.len() as f64)
    };
    (0..losses.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::trailing_mean;

    #[test]
    fn the_first_steps_are_averaged_over_what_there_is() {
        assert_eq!(trailing_mean(&[4.0, 2.0, 6.0], 2), [(0.0, 4.0), (1.0, 3.0), (2.0, 4.0)]);
        assert!(trailing_mean(&[], 2).is_empty());
    }
}
