//! Loss against the log₂ value, one panel for each parametrization, one curve for each width: the paper's Figure 1.

use plotters::{
    coord::types::RangedCoordf64,
    prelude::{
        Cartesian2d, ChartBuilder, ChartContext, Circle, Color, Cross, DrawingBackend, LineSeries, RGBColor,
        TRANSPARENT, Text,
    },
};

use super::{Comparison, Landscape, Report};
use crate::{
    Answer,
    figure::{
        Area, DrawResult, Entry, Exponents, FAINT, INK, MARK, Pen, Picture, Swatch, legend_row, loss_label, shade,
    },
    publication::Judgment,
};
use mup_transfer::Point;

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
    const STEM: &'static str = "transfer";

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
    const STEM: &'static str = "transfer";

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

pub(crate) fn rows(reports: &[&Report]) -> Vec<Vec<String>> {
    let header = ["parametrization", "hyperparameter", "width", "seed", "log2_value", "loss"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for runs in reports.iter().map(|report| report.runs()) {
        rows.extend(runs.runs.iter().map(|run| {
            let loss = run.loss.map_or(String::new(), |loss| loss.to_string());
            let numbers = [run.width.to_string(), run.seed.to_string(), run.log2_value.to_string(), loss];
            [runs.label.clone(), runs.hyperparameter.clone()].into_iter().chain(numbers).collect()
        }));
    }
    rows
}

/// One frame for all panels, so that they can be compared by eye.
#[derive(Clone, Copy)]
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
}

/// From the lowest loss to where the curves stop being about the optimum: twice the height at which nine tenths of
/// the points lie, or less; what lies above is cut off.
fn frame(reports: &[&Report]) -> Frame {
    let runs = || reports.iter().flat_map(|report| &report.runs().runs);
    let ends = |values: &[f64]| {
        let fold = |f: fn(f64, f64) -> f64, start| values.iter().copied().fold(start, f);
        (fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY))
    };
    let (low, high) = ends(&runs().map(|run| run.log2_value).collect::<Vec<f64>>());
    let mut losses: Vec<f64> = runs().filter_map(|run| run.loss).collect();
    losses.sort_by(f64::total_cmp);
    let (best, worst) = ends(&losses);
    let usual = losses[losses.len() * 9 / 10];
    let top = worst.min(best + 1.3 * (usual - best)).max(best + 1e-6);
    let room = (top - best) * 0.06;
    Frame { x: (low - 0.4, high + 0.4), y: (best - room, top + room) }
}

pub(crate) fn draw<B: DrawingBackend>(reports: &[&Report], area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B> {
    let (head, rest) = area.split_vertically(pen.px(HEADING));
    let (body, foot) = rest.split_vertically(rest.dim_in_pixel().1 as i32 - pen.at(LEGEND));
    head.draw(&Text::new(title.to_owned(), (pen.at(14.0), pen.at(11.0)), pen.font(19.0)))?;
    let mut widths: Vec<usize> = reports.iter().flat_map(|report| report.runs().widths()).collect();
    widths.sort_unstable();
    widths.dedup();
    let frame = frame(reports);
    for (report, area) in reports.iter().zip(body.split_evenly((1, reports.len()))) {
        panel(report, &area, pen, &widths, frame)?;
    }
    legend_row(&foot, pen, &entries(reports, &widths))
}

fn entries(reports: &[&Report], widths: &[usize]) -> Vec<Entry> {
    let of_width = |(i, width): (usize, &usize)| Entry::line(format!("width {width}"), shade(i, widths.len()));
    let mut entries: Vec<Entry> = widths.iter().enumerate().map(of_width).collect();
    entries.push(Entry { text: "optimum".to_owned(), color: MARK, swatch: Swatch::Ring });
    if reports.iter().any(|report| report.runs().runs.iter().any(|run| run.loss.is_none())) {
        entries.push(Entry { text: "diverged".to_owned(), color: INK, swatch: Swatch::Cross });
    }
    entries
}

fn panel<B: DrawingBackend>(
    report: &Report,
    area: &Area<'_, B>,
    pen: Pen,
    widths: &[usize],
    frame: Frame,
) -> DrawResult<B> {
    let caption = match report.drift() {
        Some(drift) => format!("{}: {:+.2} octaves per doubling of width", report.runs().label, drift.value),
        None => report.runs().label.clone(),
    };
    let mut chart = ChartBuilder::on(area)
        .caption(caption.replace('-', "−"), pen.font(17.0))
        .margin(pen.px(8.0))
        .x_label_area_size(pen.px(42.0))
        .y_label_area_size(pen.px(56.0))
        .build_cartesian_2d(Exponents { low: frame.x.0, high: frame.x.1 }, frame.y.0..frame.y.1)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(pen.line(FAINT.into(), 1.0))
        .axis_style(pen.line(INK.into(), 1.0))
        .label_style(pen.font(14.0))
        .axis_desc_style(pen.font(15.0))
        .x_desc(format!("log₂ {}", report.runs().hyperparameter))
        .y_desc("training loss")
        .y_label_formatter(&|loss| loss_label(*loss, frame.y))
        .draw()?;
    let row = |width: usize| widths.iter().position(|known| *known == width).unwrap_or(0);
    for landscape in report.landscapes() {
        let row = row(landscape.width);
        curves(&mut chart, pen, (report, landscape), (row, shade(row, widths.len())), frame)?;
    }
    let optima = report.landscapes().iter().map(|one| (one.optimum.value, one.loss.value));
    let style = pen.line(MARK.into(), 2.0);
    let rings = optima.clone().filter(|(_, loss)| *loss <= frame.y.1).map(|at| Circle::new(at, pen.px(5.5), style));
    chart.draw_series(LineSeries::new(optima, pen.line(MARK.mix(0.55), 1.2)))?;
    chart.draw_series(rings)?;
    Ok(())
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<Exponents, RangedCoordf64>>;

/// Seeds thin, their mean thick; crosses where any seed diverged, a row of them for each width.
fn curves<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    pen: Pen,
    (report, landscape): (&Report, &Landscape),
    (row, color): (usize, RGBColor),
    frame: Frame,
) -> DrawResult<B> {
    for (seed, _) in &landscape.estimates {
        for stretch in stretches(&report.runs().points(landscape.width, *seed), frame.y.1) {
            chart.draw_series(LineSeries::new(stretch, pen.line(color.mix(0.35), 1.0)))?;
        }
    }
    for stretch in stretches(&landscape.curve, frame.y.1) {
        chart.draw_series(LineSeries::new(stretch.clone(), pen.line(color.into(), 2.5)))?;
        let inside = stretch.into_iter().filter(|(_, loss)| *loss <= frame.y.1);
        chart.draw_series(inside.map(|at| Circle::new(at, pen.px(2.6), color.filled())))?;
    }
    let ceiling = frame.y.1 - (0.025 + 0.035 * row as f64) * (frame.y.1 - frame.y.0);
    let diverged = landscape.curve.iter().filter(|point| point.loss.is_none()).map(|point| point.log2_rate);
    chart.draw_series(diverged.map(|x| Cross::new((x, ceiling), pen.px(4.0), pen.line(color.into(), 2.0))))?;
    Ok(())
}

/// Runs of finite points, cut where they leave the frame.
fn stretches(points: &[Point], top: f64) -> Vec<Vec<(f64, f64)>> {
    let mut stretches = vec![Vec::new()];
    let mut last: Option<(f64, f64)> = None;
    for point in points {
        let here = point.loss.map(|loss| (point.log2_rate, loss));
        let leaves = |from: (f64, f64), to: (f64, f64)| {
            let part = (top - from.1) / (to.1 - from.1);
            (from.0 + part * (to.0 - from.0), top)
        };
        let stretch = stretches.last_mut().expect("bug: it begins with one");
        match (last, here) {
            (Some(from), Some(to)) if from.1 <= top && to.1 > top => stretch.push(leaves(from, to)),
            (Some(from), Some(to)) if from.1 > top && to.1 <= top => stretches.push(vec![leaves(from, to), to]),
            (_, Some(to)) if to.1 <= top => stretch.push(to),
            (_, None) => stretches.push(Vec::new()),
            _ => {}
        }
        last = here;
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}
