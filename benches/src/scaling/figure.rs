//! The picture of the curves: one panel for each, logarithmic both ways.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Entry, INK, Pen, Picture, shade};

use super::measured::{Curve, Scaling, What};

/// The picture.
pub(super) struct Panels<'a>(pub(super) &'a Scaling);

/// What is shown, in reading order: planning stands beside initialization.
const PANELS: [What; 7] = [
    What::StepByWidth,
    What::StepByDepth,
    What::StepByLength,
    What::StepByBatch,
    What::OptimizerByParameters,
    What::InitByParameters,
    What::PlanByParameters,
];
const COLUMNS: usize = 4;
const PANEL: (u32, u32) = (300, 280);
const HEAD: u32 = 64;

impl Panels<'_> {
    fn panels(&self) -> Vec<(What, Vec<&Curve>)> {
        let of = |what| (what, self.0.curves.iter().filter(|curve| curve.what == what).collect::<Vec<_>>());
        PANELS.into_iter().map(of).filter(|(_, curves)| !curves.is_empty()).collect()
    }

    fn devices(&self) -> Vec<&str> {
        let mut devices: Vec<&str> = Vec::new();
        for device in self.0.curves.iter().filter_map(|curve| curve.device.as_deref()) {
            if !devices.contains(&device) {
                devices.push(device);
            }
        }
        devices
    }
}

impl Picture for Panels<'_> {
    fn size(&self) -> (u32, u32) {
        let rows = self.panels().len().div_ceil(COLUMNS).max(1) as u32;
        (PANEL.0 * COLUMNS as u32 + 20, HEAD + PANEL.1 * rows + 10)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        let devices = self.devices();
        let color = |device: Option<&str>| {
            let place = devices.iter().position(|known| Some(*known) == device);
            place.map_or(INK, |i| shade(devices.len().max(2) - 1 - i, devices.len().max(2)))
        };
        area.draw_text("How time grows with size", &pen.font(20.0), (pen.at(16.0), pen.at(12.0)))?;
        for (i, device) in devices.iter().enumerate() {
            let at = (pen.at(16.0 + 110.0 * i as f64), pen.at(48.0));
            let entry = Entry::line(*device, color(Some(device)));
            entry.draw_swatch(area, pen, at)?;
            area.draw_text(&entry.text, &pen.font(15.0), (at.0 + pen.at(28.0), at.1 - pen.at(7.0)))?;
        }
        let below = area.split_vertically(pen.at(f64::from(HEAD))).1;
        let panels = self.panels();
        let areas = below.split_evenly((panels.len().div_ceil(COLUMNS).max(1), COLUMNS));
        for ((what, curves), area) in panels.iter().zip(&areas) {
            panel(area, pen, *what, curves, &color)?;
        }
        Ok(())
    }
}

fn panel<B: DrawingBackend>(
    area: &Area<'_, B>,
    pen: Pen,
    what: What,
    curves: &[&Curve],
    color: &dyn Fn(Option<&str>) -> RGBColor,
) -> DrawResult<B> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let wide = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), it| (low.min(it), high.max(it)));
        if low.is_finite() && low > 0.0 { (low / 1.4)..(high * 1.4) } else { 0.1..10.0 }
    };
    let sizes = wide(&mut points().map(|point| point.size));
    let times = wide(&mut points().flat_map(|point| [point.low, point.high]));
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{what}, ms"), pen.font(16.0))
        .margin(pen.px(8.0))
        .x_label_area_size(pen.px(40.0))
        .y_label_area_size(pen.px(44.0))
        .build_cartesian_2d(sizes.log_scale(), times.log_scale())?;
    let mut mesh = chart.configure_mesh();
    pen.style_mesh(&mut mesh, 14.0);
    mesh.x_desc(what.size())
        .x_labels(4)
        .y_labels(4)
        .x_label_formatter(&|size| short(*size))
        .y_label_formatter(&|time| short(*time))
        .draw()?;
    for curve in curves {
        let color = color(curve.device.as_deref());
        let line = curve.points.iter().map(|point| (point.size, point.milliseconds));
        chart.draw_series(LineSeries::new(line.clone(), pen.line(color.into(), 2.0)))?;
        chart.draw_series(line.map(|at| Circle::new(at, pen.px(3.5), color.filled())))?;
        let ranges = curve.points.iter().map(|point| vec![(point.size, point.low), (point.size, point.high)]);
        chart.draw_series(ranges.map(|range| PathElement::new(range, pen.line(color.into(), 1.0))))?;
    }
    Ok(())
}

/// A number in few characters.
fn short(value: f64) -> String {
    let steps = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    let (unit, name) = steps.into_iter().find(|(unit, _)| value >= *unit).unwrap_or((1.0, ""));
    let digits = if value / unit < 1.0 { 1 } else { 0 };
    format!("{:.digits$}{name}", value / unit)
}

#[cfg(test)]
mod tests {

    use super::{super::document::tests::measured, Panels, short};

    #[test]
    fn the_picture_names_every_curve_and_device() {
        let svg = mup_figure::svg(&Panels(&measured(9.0))).expect("drawn");
        for text in ["Step by width, ms", "Plan by parameters, ms", "flex"] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn labels_are_short() {
        assert_eq!([0.5, 7.0, 2e3, 1.75e11].map(short), ["0.5", "7", "2 k", "175 G"]);
    }
}
