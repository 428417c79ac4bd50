//! One hyperparameter.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, BAND, DrawResult, MARK, Pen, Swatch};
use mup_study::Setting;

use super::Plot;
use crate::Interval;
use crate::report::TrialSummary;
use crate::report::axis::Axis;

pub(super) struct Panel<'a> {
    pub(super) name: &'a str,
    pub(super) title: String,
    pub(super) axis: Axis,
    pub(super) leftmost: bool,
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<Axis, Axis>>;

pub(super) fn draw_panel<B: DrawingBackend>(
    area: &Area<'_, B>,
    pen: Pen,
    plot: &Plot<'_>,
    panel: &Panel<'_>,
) -> DrawResult<B> {
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, pen.font(17.0))
        .margin(pen.px(8.0))
        .margin_right(pen.px(14.0))
        .x_label_area_size(pen.px(26.0))
        .y_label_area_size(pen.px(56.0))
        .build_cartesian_2d(panel.axis.clone(), plot.losses.clone())?;
    draw_bands(&mut chart, plot, panel)?;
    let mut mesh = chart.configure_mesh();
    pen.style_mesh(&mut mesh, 15.0);
    mesh.set_all_tick_mark_size(pen.px(5.0));
    if panel.leftmost {
        mesh.y_desc("training loss");
    }
    mesh.draw()?;
    for (horizon, steps) in plot.horizons.iter().enumerate() {
        draw_horizon(&mut chart, pen, plot, panel, (horizon, *steps))?;
    }
    draw_best(&mut chart, pen, plot, panel)
}

/// The values that are as good.
fn draw_bands<B: DrawingBackend>(chart: &mut Chart<'_, B>, plot: &Plot<'_>, panel: &Panel<'_>) -> DrawResult<B> {
    let chosen = plot.numbers.choice.values.iter().find(|chosen| chosen.name == panel.name);
    let bands: Vec<(f64, f64)> = match chosen.and_then(|chosen| chosen.interval.as_ref()) {
        None => Vec::new(),
        Some(Interval::Range([low, high])) => {
            let (low, high) = (panel.axis.number(*low), panel.axis.number(*high));
            // Wide enough to be seen.
            vec![(low.min(high - 0.008), high.max(low + 0.008))]
        }
        Some(Interval::Names(names)) => names.iter().filter_map(|name| panel.axis.slot(name)).collect(),
    };
    let [bottom, top] = [plot.losses.range().start, plot.losses.range().end];
    let rectangle = |(low, high)| Rectangle::new([(low, bottom), (high, top)], MARK.mix(BAND).filled());
    chart.draw_series(bands.into_iter().map(rectangle))?;
    Ok(())
}

fn draw_horizon<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    pen: Pen,
    plot: &Plot<'_>,
    panel: &Panel<'_>,
    (horizon, steps): (usize, usize),
) -> DrawResult<B> {
    let color = plot.color(horizon);
    let place = |trial: &TrialSummary| panel.axis.place(trial.values.get(panel.name)?, trial.sample);
    let trials = || plot.numbers.trials.iter().filter(|trial| trial.steps == steps);
    let edge = plot.losses.number(plot.top);
    let finished = |trial: &TrialSummary| {
        let loss = trial.outcome.loss().filter(|loss| loss.is_finite())?;
        Some((place(trial)?, plot.losses.number(loss).min(edge)))
    };
    let points: Vec<(f64, f64)> = trials().filter_map(finished).collect();
    let style = color.mix(0.8).filled();
    match Plot::swatch(horizon) {
        Swatch::Triangle => {
            chart.draw_series(points.into_iter().map(|at| TriangleMarker::new(at, pen.px(4.5), style)))?
        }
        Swatch::Square => {
            let half = pen.at(3.0);
            let square = |at| EmptyElement::at(at) + Rectangle::new([(-half, -half), (half, half)], style);
            chart.draw_series(points.into_iter().map(square))?
        }
        _ => chart.draw_series(points.into_iter().map(|at| Circle::new(at, pen.px(3.0), style)))?,
    };
    let diverged = trials().filter(|trial| trial.outcome.loss().is_none() && !trial.outcome.failed());
    // One row for each horizon, the longest on top.
    let row = 1.0 - 0.05 * (plot.horizons.len() - 1 - horizon).min(2) as f64;
    let crosses =
        diverged.filter_map(|trial| Some(Cross::new((place(trial)?, row), pen.px(3.5), pen.line(color.into(), 1.5))));
    chart.draw_series(crosses)?;
    Ok(())
}

fn draw_best<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    pen: Pen,
    plot: &Plot<'_>,
    panel: &Panel<'_>,
) -> DrawResult<B> {
    let best = &plot.numbers.choice.best;
    let place = |value: &Setting| panel.axis.place(value, best.sample);
    let Some(x) = best.values.get(panel.name).and_then(place) else { return Ok(()) };
    let at = (x, plot.losses.number(best.loss));
    chart.draw_series([Circle::new(at, pen.px(7.0), pen.line(MARK.into(), 2.5))])?;
    Ok(())
}
