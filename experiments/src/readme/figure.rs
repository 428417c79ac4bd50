//! The final loss of every run of the target, one strip for each way to find its values.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, INK, MARK, Pen, Picture, loss_label};

use super::results::Results;

/// Height of a strip in units of the SVG.
const STRIP: u32 = 46;

/// The picture.
pub(super) struct Strips<'a>(pub(super) &'a Results);

/// Label, losses, number diverged.
type Strip = (String, Vec<f64>, usize);

impl Strips<'_> {
    fn strips(&self) -> Vec<Strip> {
        let repeated = self.0.repetitions.iter().map(|r| (r.what.clone(), r.losses.clone(), r.diverged));
        let single = self.0.rows.iter().map(|row| {
            let losses: Vec<f64> = row.loss.into_iter().collect();
            (row.what.clone(), losses.clone(), 1 - losses.len())
        });
        single.chain(repeated).collect()
    }
}

impl Picture for Strips<'_> {
    fn size(&self) -> (u32, u32) {
        (900, 110 + STRIP * self.strips().len() as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        let strips = self.strips();
        let losses = || strips.iter().flat_map(|(_, losses, _)| losses.iter().copied());
        let (low, high) = (losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max));
        let room = ((high - low) * 0.08).max(0.01);
        let (low, high) = if low.is_finite() { (low - room, high + room) } else { (0.0, 1.0) };
        let n = strips.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .caption("Training loss of the target, by how its hyperparameters were found", pen.font(20.0))
            .margin(pen.px(12.0))
            .x_label_area_size(pen.px(46.0))
            .y_label_area_size(pen.px(340.0))
            .build_cartesian_2d(low..high, 0.0..n)?;
        let mut mesh = chart.configure_mesh();
        pen.style_mesh(&mut mesh, 16.0);
        mesh.disable_y_mesh()
            .y_labels(0)
            .x_desc("training loss")
            .x_label_formatter(&|loss| loss_label(*loss, (low, high)))
            .draw()?;
        let (left, top) = area.get_base_pixel();
        let (x, _) = chart.plotting_area().get_pixel_range();
        for (i, (label, losses, diverged)) in strips.iter().enumerate() {
            let y = n - i as f64 - 0.5;
            let color = if i == 0 || label.starts_with("µTransfer") { MARK } else { INK };
            let dot = |loss: &f64| Circle::new((*loss, y), pen.px(5.0), color.mix(0.7).filled());
            chart.draw_series(losses.iter().map(dot))?;
            let note = if *diverged > 0 { format!(" ({diverged} diverged)") } else { String::new() };
            let (_, row) = chart.backend_coord(&(low, y));
            let at = (x.start - left - pen.at(332.0), row - top - pen.at(3.5));
            area.draw_text(&format!("{label}{note}"), &pen.font(15.0), at)?;
        }
        Ok(())
    }
}
