//! The figure: one panel per shown step, log-log, one curve per module, slopes in the legend.

use std::path::Path;

use plotters::{
    coord::Shift,
    prelude::*,
    style::{FontStyle, register_font},
};

use super::{CheckError, Finding, Quantity, Report, Source, TrialError, Verdict, table::signed};

const PANEL: (u32, u32) = (460, 330);
const LEGEND_LINE: u32 = 15;
const TITLE: u32 = 34;
/// The generic family: SVG readers have one, and bitmaps use the embedded font registered under this name.
const FONT: &str = "sans-serif";

pub(crate) fn svg(report: &Report, title: &str) -> Result<String, CheckError> {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, size(report)).into_drawing_area();
    draw(report, title, &root).map_err(|source| CheckError::Draw { source })?;
    drop(root);
    Ok(svg)
}

pub(crate) fn write_png(report: &Report, title: &str, path: &Path) -> Result<(), CheckError> {
    let root = BitMapBackend::new(path, size(report)).into_drawing_area();
    draw(report, title, &root).map_err(|source| CheckError::Write { path: path.to_owned(), source })
}

/// Initialization, the first steps, the middle and the end.
fn panels(report: &Report) -> Vec<(usize, Vec<&Finding>)> {
    let decisive = || report.deciding().flat_map(|summary| &summary.findings);
    let last = decisive().map(|finding| finding.step).max().unwrap_or(0);
    let mut steps = vec![0, 1, 2, last / 2, last];
    steps.sort_unstable();
    steps.dedup();
    let at = |step| decisive().filter(|finding| finding.step == step).collect();
    steps.into_iter().map(|step| (step, at(step))).filter(|(_, curves): &(usize, Vec<_>)| !curves.is_empty()).collect()
}

fn columns(n_panels: usize) -> usize {
    n_panels.clamp(1, 3)
}

fn size(report: &Report) -> (u32, u32) {
    let panels = panels(report);
    let columns = columns(panels.len());
    let rows = panels.len().div_ceil(columns).max(1);
    let legend = panels.iter().map(|(_, curves)| curves.len()).max().unwrap_or(0);
    (PANEL.0 * columns as u32, TITLE + rows as u32 * (PANEL.1 + LEGEND_LINE * legend as u32))
}

fn draw<B: DrawingBackend>(report: &Report, title: &str, root: &DrawingArea<B, Shift>) -> Result<(), TrialError>
where
    B::ErrorType: 'static,
{
    register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| "the embedded font is not a font")?;
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(TITLE);
    let heading = format!("{title} · {}: {}", report.criteria().statistic, report.verdict());
    head.draw(&Text::new(heading, (12, 10), (FONT, 18)))?;
    let panels = panels(report);
    let columns = columns(panels.len());
    let areas = body.split_evenly((panels.len().div_ceil(columns).max(1), columns));
    for (area, (step, curves)) in areas.iter().zip(&panels) {
        panel(report.widths(), *step, curves, area)?;
    }
    root.present()?;
    Ok(())
}

fn panel<B: DrawingBackend>(
    widths: &[usize],
    step: usize,
    curves: &[&Finding],
    area: &DrawingArea<B, Shift>,
) -> Result<(), TrialError>
where
    B::ErrorType: 'static,
{
    let (plot, legend) = area.split_vertically(PANEL.1);
    let x_range = widths[0] as f64..widths[widths.len() - 1] as f64;
    let y_range = y_range(curves);
    let caption = match curves.first().map(|finding| finding.quantity) {
        Some(Quantity::Change) => format!("x − x₀ after step {step}"),
        _ => "x₀ at initialization".to_owned(),
    };
    let mut chart = ChartBuilder::on(&plot)
        .caption(caption, (FONT, 15))
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(52)
        .build_cartesian_2d(x_range.log_scale().base(2.0), y_range.log_scale())?;
    chart
        .configure_mesh()
        .x_desc("width")
        .x_labels(widths.len() + 1)
        .x_label_formatter(&|width| format!("{width:.0}"))
        .y_label_formatter(&power_of_ten)
        .label_style((FONT, 12))
        .light_line_style(WHITE)
        .draw()?;
    for (i, finding) in curves.iter().enumerate() {
        let drawable = |value: f64| value.is_finite() && value > 0.0;
        let points = widths.iter().zip(&finding.means).filter(|(_, mean)| drawable(**mean));
        let points: Vec<(f64, f64)> = points.map(|(width, mean)| (*width as f64, *mean)).collect();
        let (color, stroke) = (color(i), stroke(finding.verdict));
        chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(stroke)))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 2, color.filled())))?;
        let y = (i as u32 * LEGEND_LINE) as i32;
        legend.draw(&PathElement::new([(60, y + 6), (78, y + 6)], color.stroke_width(stroke)))?;
        legend.draw(&Text::new(label(finding), (84, y), (FONT, 12)))?;
    }
    Ok(())
}

fn label(finding: &Finding) -> String {
    let into = if finding.source == Source::Input { "into " } else { "" };
    let name = format!("{into}{}", finding.module);
    match finding.slope {
        Some(slope) => format!("{}  {}  {name}", signed(slope.value), finding.verdict),
        None => format!("{}  {name}", finding.verdict),
    }
}

/// Whole decades, at least two, so that flat looks flat.
fn y_range(curves: &[&Finding]) -> std::ops::Range<f64> {
    let values = || curves.iter().flat_map(|finding| &finding.means).copied().filter(|v| v.is_finite() && *v > 0.0);
    let low = values().fold(f64::INFINITY, f64::min);
    if low.is_infinite() {
        return 0.1..10.0;
    }
    let (bottom, top) = (low.log10().floor() as i32, values().fold(low, f64::max).log10().ceil() as i32);
    let (bottom, top) = match top - bottom {
        0 => (bottom - 1, top + 1),
        1 if low.log10() - f64::from(bottom) < 0.5 => (bottom - 1, top),
        1 => (bottom, top + 1),
        _ => (bottom, top),
    };
    10.0_f64.powi(bottom)..10.0_f64.powi(top)
}

/// Labels for whole decades only.
fn power_of_ten(value: &f64) -> String {
    let exponent = value.log10().round();
    let whole = (value.log10() - exponent).abs() < 1e-6;
    if whole { format!("1e{exponent}") } else { String::new() }
}

/// The i-th of a sequence of hues whose neighbors differ (steps of the golden ratio), in three degrees of lightness,
/// all dark enough to be read on white.
fn color(i: usize) -> RGBColor {
    let hue = (i as f64 * 0.618_034).fract();
    let (red, green, blue) = HSLColor(hue, 0.8, [0.4, 0.28, 0.48][i % 3]).rgb();
    RGBColor(red, green, blue)
}

/// What fails stands out.
fn stroke(verdict: Verdict) -> u32 {
    if verdict.is_failure() { 3 } else { 1 }
}
