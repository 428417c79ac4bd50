//! Training curves, one panel for each parametrization, one color for each width: the paper's Figure 7.

use mup_figure::plotters::prelude::{Color, DrawingBackend, LineSeries};
use mup_figure::{Area, DrawResult, Entry, Pen, loss_label};

use super::Report;
use crate::figure::{Panel, Widths, chart};

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

impl Panel for Report {
    type Frame = (f64, f64);

    fn frame(panels: &[&Self]) -> (f64, f64) {
        frame(panels)
    }

    fn widths(&self) -> Vec<usize> {
        self.curves().widths()
    }

    fn marks(_panels: &[&Self]) -> Vec<Entry> {
        Vec::new()
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &Area<'_, B>,
        pen: Pen,
        widths: &Widths,
        frame: (f64, f64),
    ) -> DrawResult<B> {
        let caption = match self.crossings() {
            0 => format!("{}: no crossing", self.curves().label),
            1 => format!("{}: 1 crossing", self.curves().label),
            n => format!("{}: {n} crossings", self.curves().label),
        };
        let mut chart = chart(area, pen, &caption)
            .margin_right(pen.px(22.0))
            .build_cartesian_2d(0.0..self.curves().n_steps() as f64, frame.0..frame.1)?;
        let mut mesh = chart.configure_mesh();
        pen.style_mesh(&mut mesh, 15.0);
        mesh.x_desc("step")
            .y_desc("training loss")
            .x_labels(7)
            .x_label_formatter(&|step| format!("{step:.0}"))
            .y_label_formatter(&|loss| loss_label(*loss, frame))
            .draw()?;
        let window = self.criteria().window;
        let inside = |(_, loss): &(f64, f64)| *loss <= frame.1;
        for width in self.curves().widths() {
            let color = widths.shade(width);
            let curves = self.curves().of_width(width);
            for curve in &curves {
                let points = smoothed(curve, window).filter(inside);
                chart.draw_series(LineSeries::new(points, pen.line(color.mix(0.2), 1.0)))?;
            }
            let mean = (window - 1..self.curves().n_steps()).map(|step| {
                let sum: f64 = curves.iter().map(|curve| curve.smooth(step, window)).sum();
                (step as f64, sum / curves.len() as f64)
            });
            chart.draw_series(LineSeries::new(mean.filter(inside), pen.line(color.into(), 2.3)))?;
        }
        Ok(())
    }
}
