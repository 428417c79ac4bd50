//! Loss against the log₂ value, one panel for each parametrization, one curve for each width: the paper's Figure 1.

use mup_figure::plotters::{
    coord::types::RangedCoordf64,
    prelude::{Cartesian2d, ChartContext, Circle, Color, Cross, DrawingBackend, LineSeries, RGBColor},
};
use mup_figure::{Area, DrawResult, Entry, INK, MARK, Pen, Swatch, loss_label};
use mup_sweep::Point;

use super::{Landscape, Report};
use crate::figure::{Exponents, Panel, Widths, chart};

#[derive(Clone, Copy)]
pub(crate) struct Frame {
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

impl Panel for Report {
    type Frame = Frame;

    fn frame(panels: &[&Self]) -> Frame {
        frame(panels)
    }

    fn widths(&self) -> Vec<usize> {
        self.runs().widths()
    }

    fn grows(&self) -> &str {
        &self.runs().grows
    }

    fn marks(panels: &[&Self]) -> Vec<Entry> {
        let mut marks = vec![Entry { text: "optimum".to_owned(), color: MARK, swatch: Swatch::Ring }];
        if panels.iter().any(|report| report.runs().runs.iter().any(|run| run.loss.is_none())) {
            marks.push(Entry { text: "diverged".to_owned(), color: INK, swatch: Swatch::Cross });
        }
        marks
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, widths: &Widths, frame: Frame) -> DrawResult<B> {
        let caption = match self.drift() {
            Some(drift) => {
                format!("{}: {:+.2} octaves per doubling of {}", self.runs().label, drift.value, self.runs().grows)
            }
            None => self.runs().label.clone(),
        };
        let x = Exponents { low: frame.x.0, high: frame.x.1 };
        let mut chart = chart(area, pen, &caption.replace('-', "−")).build_cartesian_2d(x, frame.y.0..frame.y.1)?;
        let mut mesh = chart.configure_mesh();
        pen.style_mesh(&mut mesh, 15.0);
        mesh.x_desc(format!("log₂ {}", self.runs().hyperparameter))
            .y_desc("training loss")
            .y_label_formatter(&|loss| loss_label(*loss, frame.y))
            .draw()?;
        for landscape in self.landscapes() {
            let (row, color) = (widths.row(landscape.width), widths.shade(landscape.width));
            curves(&mut chart, pen, (self, landscape), (row, color), frame)?;
        }
        let optima = self.landscapes().iter().map(|one| (one.optimum.value, one.loss.value));
        let style = pen.line(MARK.into(), 2.0);
        let rings = optima.clone().filter(|(_, loss)| *loss <= frame.y.1).map(|at| Circle::new(at, pen.px(5.5), style));
        chart.draw_series(LineSeries::new(optima, pen.line(MARK.mix(0.55), 1.2)))?;
        chart.draw_series(rings)?;
        Ok(())
    }
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
