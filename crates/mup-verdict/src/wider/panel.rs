//! Training curves, one panel for each parametrization, one color for each width: the paper's Figure 7.

use plotters::prelude::{ChartBuilder, Color, DrawingBackend, LineSeries, TRANSPARENT, Text};

use super::{Comparison, Report};
use crate::{
    Answer,
    figure::{Area, DrawResult, Entry, FAINT, INK, Pen, Picture, legend_row, loss_label, shade},
    publication::Judgment,
};

/// Width of a panel, height of the whole.
const SIZE: (u32, u32) = (500, 430);
const HEADING: f64 = 34.0;
const LEGEND: f64 = 30.0;

impl Picture for Report {
    fn size(&self) -> (u32, u32) {
        (SIZE.0 + 200, SIZE.1)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B> {
        draw(&[self], area, pen, title)
    }
}

impl Picture for Comparison {
    fn size(&self) -> (u32, u32) {
        (2 * SIZE.0, SIZE.1)
    }

    /// SP on the left, as in the paper.
    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B> {
        draw(&[&self.control, &self.subject], area, pen, title)
    }
}

impl Judgment for Report {
    const STEM: &'static str = "wider";

    fn answer(&self) -> Answer {
        self.answer()
    }

    fn sentence(&self) -> String {
        self.sentence()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        rows(&[self])
    }
}

impl Judgment for Comparison {
    const STEM: &'static str = "wider";

    fn answer(&self) -> Answer {
        self.answer()
    }

    fn sentence(&self) -> String {
        self.sentence()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        rows(&[&self.subject, &self.control])
    }
}

fn rows(reports: &[&Report]) -> Vec<Vec<String>> {
    let mut rows = vec![["parametrization", "width", "seed", "step", "loss"].map(str::to_owned).to_vec()];
    for curves in reports.iter().map(|report| report.curves()) {
        for curve in &curves.curves {
            let (width, seed) = (curve.width.to_string(), curve.seed.to_string());
            rows.extend(curve.losses.iter().enumerate().map(|(step, loss)| {
                vec![curves.label.clone(), width.clone(), seed.clone(), step.to_string(), loss.to_string()]
            }));
        }
    }
    rows
}

fn draw<B: DrawingBackend>(reports: &[&Report], area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B> {
    let (head, rest) = area.split_vertically(pen.px(HEADING));
    let (body, foot) = rest.split_vertically(rest.dim_in_pixel().1 as i32 - pen.at(LEGEND));
    head.draw(&Text::new(title.to_owned(), (pen.at(14.0), pen.at(11.0)), pen.font(19.0)))?;
    let mut widths: Vec<usize> = reports.iter().flat_map(|report| report.curves().widths()).collect();
    widths.sort_unstable();
    widths.dedup();
    let frame = frame(reports);
    for (report, area) in reports.iter().zip(body.split_evenly((1, reports.len()))) {
        panel(report, &area, pen, &widths, frame)?;
    }
    let entry = |(i, width): (usize, &usize)| Entry::line(format!("width {width}"), shade(i, widths.len()));
    legend_row(&foot, pen, &widths.iter().enumerate().map(entry).collect::<Vec<_>>())
}

/// Smoothed losses of a curve as points, from the first step that has a whole window.
fn smoothed(curve: &super::Curve, window: usize) -> impl Iterator<Item = (f64, f64)> {
    (window - 1..curve.losses.len()).map(move |step| (step as f64, curve.smooth(step, window)))
}

/// From the lowest smoothed loss to the highest one after half the burn-in, shared by all panels.
fn frame(reports: &[&Report]) -> (f64, f64) {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for report in reports {
        let window = report.criteria().window;
        let from = (report.criteria().burn_in * report.curves().n_steps() as f64 / 2.0).floor();
        let losses = report.curves().curves.iter().flat_map(|curve| smoothed(curve, window));
        for (_, loss) in losses.filter(|(step, loss)| *step >= from && loss.is_finite()) {
            range = (range.0.min(loss), range.1.max(loss));
        }
    }
    let (low, high) = if range.0.is_finite() { range } else { (0.0, 1.0) };
    let room = ((high - low) * 0.04).max(1e-6);
    (low - room, high + room)
}

fn panel<B: DrawingBackend>(
    report: &Report,
    area: &Area<'_, B>,
    pen: Pen,
    widths: &[usize],
    frame: (f64, f64),
) -> DrawResult<B> {
    let caption = match report.crossings() {
        0 => format!("{}: no crossing", report.curves().label),
        1 => format!("{}: 1 crossing", report.curves().label),
        n => format!("{}: {n} crossings", report.curves().label),
    };
    let mut chart = ChartBuilder::on(area)
        .caption(caption, pen.font(17.0))
        .margin(pen.px(8.0))
        .margin_right(pen.px(22.0))
        .x_label_area_size(pen.px(42.0))
        .y_label_area_size(pen.px(56.0))
        .build_cartesian_2d(0.0..report.curves().n_steps() as f64, frame.0..frame.1)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(pen.line(FAINT.into(), 1.0))
        .axis_style(pen.line(INK.into(), 1.0))
        .label_style(pen.font(14.0))
        .axis_desc_style(pen.font(15.0))
        .x_desc("step")
        .y_desc("training loss")
        .x_labels(7)
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|loss| loss_label(*loss, frame))
        .draw()?;
    let window = report.criteria().window;
    let inside = |(_, loss): &(f64, f64)| *loss <= frame.1;
    for width in report.curves().widths() {
        let color = shade(widths.iter().position(|known| *known == width).unwrap_or(0), widths.len());
        let curves = report.curves().of_width(width);
        for curve in &curves {
            let points = smoothed(curve, window).filter(inside);
            chart.draw_series(LineSeries::new(points, pen.line(color.mix(0.2), 1.0)))?;
        }
        let mean = (window - 1..report.curves().n_steps()).map(|step| {
            let sum: f64 = curves.iter().map(|curve| curve.smooth(step, window)).sum();
            (step as f64, sum / curves.len() as f64)
        });
        chart.draw_series(LineSeries::new(mean.filter(inside), pen.line(color.into(), 2.3)))?;
    }
    Ok(())
}
