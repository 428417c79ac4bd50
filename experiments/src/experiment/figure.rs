//! The final loss of every run of the target, one strip for each way to find its values, with its mean.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, INK, MARK, Pen, Picture, loss_label};

use super::arms::Arm;

/// Height of a strip in units of the SVG.
const STRIP: u32 = 40;

/// The picture.
pub(super) struct Strips<'a> {
    pub(super) title: &'a str,
    pub(super) arms: &'a [Arm],
}

impl Strips<'_> {
    /// Of the runs that finished.
    fn range(&self) -> (f64, f64) {
        let losses =
            self.arms.iter().flat_map(|arm| arm.losses()).map(|(_, loss)| loss).filter(|loss| loss.is_finite());
        let (low, high) =
            losses.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| (low.min(loss), high.max(loss)));
        let room = ((high - low) * 0.08).max(0.01);
        if low.is_finite() { (low - room, high + room) } else { (0.0, 1.0) }
    }
}

impl Picture for Strips<'_> {
    fn size(&self) -> (u32, u32) {
        (980, 110 + STRIP * self.arms.len() as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        let ((low, high), n) = (self.range(), self.arms.len() as f64);
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, pen.font(20.0))
            .margin(pen.px(12.0))
            .x_label_area_size(pen.px(46.0))
            .y_label_area_size(pen.px(420.0))
            .build_cartesian_2d(low..high, 0.0..n)?;
        let mut mesh = chart.configure_mesh();
        pen.style_mesh(&mut mesh, 16.0);
        mesh.disable_y_mesh()
            .y_labels(0)
            .x_desc("training loss of the target; a dot for each seed, a line for the mean")
            .x_label_formatter(&|loss| loss_label(*loss, (low, high)))
            .draw()?;
        let (left, top) = area.get_base_pixel();
        let (x, _) = chart.plotting_area().get_pixel_range();
        for (i, arm) in self.arms.iter().enumerate() {
            let (y, color) = (n - i as f64 - 0.5, if arm.subject { MARK } else { INK });
            let losses: Vec<f64> = arm.losses().into_iter().map(|(_, loss)| loss).collect();
            let finished = losses.iter().copied().filter(|loss| loss.is_finite());
            let dot = |loss: f64| Circle::new((loss, y), pen.px(5.0), color.mix(0.6).filled());
            chart.draw_series(finished.map(dot))?;
            let mean = arm.mean().filter(|mean| mean.is_finite());
            let bar =
                |mean| PathElement::new(vec![(mean, y - 0.32), (mean, y + 0.32)], color.stroke_width(pen.px(2.0)));
            chart.draw_series(mean.map(bar))?;
            let diverged = losses.iter().filter(|loss| loss.is_infinite()).count();
            let note = if diverged > 0 { format!(" ({diverged} diverged)") } else { String::new() };
            let (_, row) = chart.backend_coord(&(low, y));
            let at = (x.start - left - pen.at(412.0), row - top - pen.at(3.5));
            area.draw_text(&format!("{}{note}", arm.what), &pen.font(15.0), at)?;
        }
        Ok(())
    }
}
