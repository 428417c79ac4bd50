//! Loss against log₂ learning rate, one panel for each parametrization, one curve for each width, the optimum
//! of each marked: the paper's Figure 1.

use mup_figure::plotters::coord::ranged1d::ValueFormatter;
use mup_figure::plotters::coord::types::RangedCoordf64;
use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Entry, INK, MARK, Pen, Swatch, loss_label, shade};
use mup_sweep::{Optimum, Point};

use super::legend::{Corner, legend};
use super::palette::{MUP, STANDARD, short_name};
use super::{FinalRun, Numbers, RateCurve};

/// What one panel shows.
struct Panel<'a> {
    parametrization: &'a str,
    /// What the widths are.
    grows: &'a str,
    /// Of all panels, ascending: a width has one color throughout.
    widths: Vec<usize>,
    curves: Vec<&'a RateCurve>,
    runs: Vec<&'a FinalRun>,
}

#[derive(Clone, Copy)]
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
}

pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, numbers: &Numbers) -> DrawResult<B> {
    let panels = panels(numbers);
    let frame = frame(numbers);
    for (panel, area) in panels.iter().zip(area.split_evenly((1, panels.len()))) {
        draw_panel(&area, pen, panel, frame)?;
    }
    Ok(())
}

/// SP on the left, as in the paper; a parametrization without a sweep of its own has no panel.
fn panels(numbers: &Numbers) -> Vec<Panel<'_>> {
    let mut names: Vec<&str> = numbers.rate_curves.iter().map(|curve| curve.parametrization.as_str()).collect();
    names.sort_by_key(|name| *name != "standard");
    names.dedup();
    let alone = names.len() == 1;
    let mut widths: Vec<usize> = numbers.rate_curves.iter().map(|curve| curve.width).collect();
    widths.sort_unstable();
    widths.dedup();
    let panel = |parametrization| Panel {
        parametrization,
        grows: &numbers.grows,
        widths: widths.clone(),
        curves: numbers.rate_curves.iter().filter(|curve| curve.parametrization == parametrization).collect(),
        // A single panel shows where both final runs ended; with two, the sweeps themselves say it.
        runs: numbers.runs.iter().filter(|_| alone).collect(),
    };
    names.into_iter().map(panel).collect()
}

/// One frame for all panels, so that they can be compared by eye.
fn frame(numbers: &Numbers) -> Frame {
    let points: Vec<&Point> = numbers.rate_curves.iter().flat_map(|curve| &curve.points).collect();
    let fold = |values: &[f64], f: fn(f64, f64) -> f64, start| values.iter().copied().fold(start, f);
    let rates: Vec<f64> = points.iter().map(|point| point.log2_rate).collect();
    let of_runs = numbers.runs.iter().filter_map(|run| run.outcome.loss());
    let losses: Vec<f64> = points.iter().filter_map(|point| point.loss).chain(of_runs).collect();
    let (low, high) = (fold(&rates, f64::min, f64::INFINITY), fold(&rates, f64::max, f64::NEG_INFINITY));
    let (best, worst) = (fold(&losses, f64::min, f64::INFINITY), fold(&losses, f64::max, f64::NEG_INFINITY));
    let (best, worst) = if best.is_finite() { (best, worst) } else { (0.0, 1.0) };
    let room = ((worst - best) * 0.07).max(0.01);
    Frame { x: (low - 0.4, high + 0.4), y: (best - room, worst + 2.0 * room) }
}

/// Labels only whole exponents.
struct Exponents {
    range: (f64, f64),
}

impl Ranged for Exponents {
    type FormatOption = mup_figure::plotters::coord::ranged1d::NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.0) / (self.range.1 - self.range.0);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: mup_figure::plotters::coord::ranged1d::KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        let (first, last) = (self.range.0.ceil() as i32, self.range.1.floor() as i32);
        (first..=last).map(f64::from).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.range.0..self.range.1
    }
}

impl ValueFormatter<f64> for Exponents {
    fn format_ext(&self, value: &f64) -> String {
        format!("{value}").replace('-', "−")
    }
}

fn draw_panel<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, panel: &Panel<'_>, frame: Frame) -> DrawResult<B> {
    let mut chart = ChartBuilder::on(area)
        .caption(title(panel), pen.font(20.0))
        .margin(pen.px(12.0))
        .x_label_area_size(pen.px(46.0))
        .y_label_area_size(pen.px(58.0))
        .build_cartesian_2d(Exponents { range: frame.x }, frame.y.0..frame.y.1)?;
    let mut mesh = chart.configure_mesh();
    pen.style_mesh(&mut mesh, 16.0);
    mesh.x_desc("log₂ learning rate")
        .y_desc("training loss")
        .y_label_formatter(&|loss| loss_label(*loss, frame.y))
        .draw()?;
    for curve in &panel.curves {
        draw_curve(&mut chart, pen, curve, panel.shade(curve.width), frame)?;
    }
    let optima = panel.curves.iter().filter_map(|curve| curve.optimum);
    let ring = |optimum: Optimum| {
        let color = if optimum.bracketed() { MARK } else { INK };
        Circle::new((optimum.log2_rate, optimum.loss), pen.px(8.0), pen.line(color.into(), 2.5))
    };
    chart.draw_series(optima.map(ring))?;
    let run_losses = panel.runs.iter().filter_map(|run| Some((run, run.outcome.loss()?)));
    let triangle = |(run, loss): (&&FinalRun, f64)| {
        let rate = run.values.number("learning-rate")?;
        Some(TriangleMarker::new((rate.log2(), loss), pen.px(9.0), color(run).filled()))
    };
    chart.draw_series(run_losses.filter_map(triangle))?;
    let (x, y) = chart.plotting_area().get_pixel_range();
    let (left, top) = area.get_base_pixel();
    let middle = ((x.start + x.end) / 2 - left, y.start - top + pen.at(4.0));
    legend(area, pen, Corner::MiddleTop(middle), &entries(panel))
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<Exponents, RangedCoordf64>>;

fn draw_curve<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    pen: Pen,
    curve: &RateCurve,
    color: RGBColor,
    frame: Frame,
) -> DrawResult<B> {
    let style = pen.line(color.into(), 2.5);
    for stretch in stretches(&curve.points) {
        chart.draw_series(LineSeries::new(stretch, style))?;
    }
    let finite = curve.points.iter().filter_map(|point| Some((point.log2_rate, point.loss?)));
    chart.draw_series(finite.map(|at| Circle::new(at, pen.px(3.0), color.filled())))?;
    let diverged = curve.points.iter().filter(|point| point.loss.is_none()).map(|point| point.log2_rate);
    let ceiling = frame.y.1 - 0.03 * (frame.y.1 - frame.y.0);
    chart.draw_series(diverged.map(|x| Cross::new((x, ceiling), pen.px(6.0), style)))?;
    Ok(())
}

fn entries(panel: &Panel<'_>) -> Vec<Entry> {
    let line = |curve: &&RateCurve| Entry::line(format!("{} {}", panel.grows, curve.width), panel.shade(curve.width));
    let mut entries: Vec<Entry> = panel.curves.iter().map(line).collect();
    for run in panel.runs.iter().filter(|run| run.outcome.loss().is_some()) {
        entries.push(Entry { text: run.label.clone(), color: color(run), swatch: Swatch::Triangle });
    }
    entries.push(Entry { text: "optimum".to_owned(), color: MARK, swatch: Swatch::Ring });
    if panel.curves.iter().any(|curve| curve.points.iter().any(|point| point.loss.is_none())) {
        entries.push(Entry { text: "diverged".to_owned(), color: INK, swatch: Swatch::Cross });
    }
    entries
}

fn color(run: &FinalRun) -> RGBColor {
    if run.parametrization == "standard" { STANDARD } else { MUP }
}

fn title(panel: &Panel<'_>) -> String {
    match panel.parametrization {
        "standard" => "Standard parametrization (SP)".to_owned(),
        "mup" => "Maximal update parametrization (µP)".to_owned(),
        other => short_name(other).to_owned(),
    }
}

/// Runs of finite points between diverged ones.
fn stretches(points: &[Point]) -> Vec<Vec<(f64, f64)>> {
    let groups = points.split(|point| point.loss.is_none());
    groups.map(|group| group.iter().filter_map(|point| Some((point.log2_rate, point.loss?))).collect()).collect()
}

impl Panel<'_> {
    fn shade(&self, width: usize) -> RGBColor {
        shade(self.widths.iter().position(|known| *known == width).unwrap_or(0), self.widths.len())
    }
}
