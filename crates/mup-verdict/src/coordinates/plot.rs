//! The figure: one panel per shown step, log-log, one curve per module, slopes in the legend.

use std::path::Path;

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, FigureError, Pen, Picture};

use super::{CheckError, Finding, Quantity, Report, Source, Verdict, table::signed};

const PANEL: (u32, u32) = (460, 330);
const LEGEND_LINE: u32 = 15;
const TITLE: u32 = 34;

pub(crate) fn svg(report: &Report, title: &str) -> Result<String, CheckError> {
    mup_figure::svg(&Plot { report, title }).map_err(|reason| CheckError::Draw { source: reason.into() })
}

pub(crate) fn write_png(report: &Report, title: &str, path: &Path) -> Result<(), CheckError> {
    mup_figure::write_png(&Plot { report, title }, path).map_err(|error| match error {
        FigureError::Write { path, source } => CheckError::Write { path, source: source.into() },
        other => CheckError::Draw { source: other.into() },
    })
}

struct Plot<'a> {
    report: &'a Report,
    title: &'a str,
}

impl Picture for Plot<'_> {
    fn size(&self) -> (u32, u32) {
        let panels = panels(self.report);
        let columns = columns(panels.len());
        let rows = panels.len().div_ceil(columns).max(1);
        let legend = panels.iter().map(|(_, curves)| curves.len()).max().unwrap_or(0);
        (PANEL.0 * columns as u32, TITLE + rows as u32 * (PANEL.1 + LEGEND_LINE * legend as u32))
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        let (head, body) = area.split_vertically(pen.px(TITLE.into()));
        let heading = format!("{} · {}: {}", self.title, self.report.criteria().statistic, self.report.verdict());
        head.draw(&Text::new(heading, (pen.at(12.0), pen.at(10.0)), black(pen, 18.0)))?;
        let panels = panels(self.report);
        let columns = columns(panels.len());
        let areas = body.split_evenly((panels.len().div_ceil(columns).max(1), columns));
        for (area, (step, curves)) in areas.iter().zip(&panels) {
            panel(self.report, *step, curves, area, pen)?;
        }
        Ok(())
    }
}

fn black(pen: Pen, units: f64) -> TextStyle<'static> {
    pen.font(units).color(&BLACK)
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

fn panel<B: DrawingBackend>(
    report: &Report,
    step: usize,
    curves: &[&Finding],
    area: &Area<'_, B>,
    pen: Pen,
) -> DrawResult<B> {
    let (plot, legend) = area.split_vertically(pen.px(PANEL.1.into()));
    let widths = report.widths();
    let x_range = widths[0] as f64..widths[widths.len() - 1] as f64;
    let caption = match curves.first().map(|finding| (finding.source, finding.quantity)) {
        Some((Source::Branches, _)) => "sum of branches at initialization".to_owned(),
        Some((Source::Stream, _)) => "Δx_L after a small step of the blocks".to_owned(),
        Some((_, Quantity::Change)) => format!("x − x₀ after step {step}"),
        _ => "x₀ at initialization".to_owned(),
    };
    let mut chart = ChartBuilder::on(&plot)
        .caption(caption, black(pen, 15.0))
        .margin(pen.px(8.0))
        .x_label_area_size(pen.px(28.0))
        .y_label_area_size(pen.px(52.0))
        .build_cartesian_2d(x_range.log_scale().base(2.0), y_range(curves).log_scale())?;
    chart
        .configure_mesh()
        .x_desc(report.grows())
        .x_labels(widths.len() + 1)
        .x_label_formatter(&|width| format!("{width:.0}"))
        .y_label_formatter(&power_of_ten)
        .label_style(black(pen, 12.0))
        .axis_style(pen.line(BLACK.into(), 1.0))
        .bold_line_style(pen.line(BLACK.mix(0.2), 1.0))
        .light_line_style(WHITE)
        .draw()?;
    for (i, finding) in curves.iter().enumerate() {
        let drawable = |value: f64| value.is_finite() && value > 0.0;
        let points = widths.iter().zip(&finding.means).filter(|(_, mean)| drawable(**mean));
        let points: Vec<(f64, f64)> = points.map(|(width, mean)| (*width as f64, *mean)).collect();
        let (color, line) = (color(i), pen.line(color(i).into(), stroke(finding.verdict)));
        chart.draw_series(LineSeries::new(points.iter().copied(), line))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, pen.px(2.0), color.filled())))?;
        let top = f64::from(i as u32 * LEGEND_LINE);
        let swatch = [60.0, 78.0].map(|x| (pen.at(x), pen.at(top + 6.0)));
        legend.draw(&PathElement::new(swatch, line))?;
        legend.draw(&Text::new(label(finding), (pen.at(84.0), pen.at(top)), black(pen, 12.0)))?;
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
fn stroke(verdict: Verdict) -> f64 {
    if verdict.is_failure() { 3.0 } else { 1.0 }
}
