//! The picture of `bench peers`: speed relative to PyTorch eager, a group of bars for each shape.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Entry, FAINT, INK, MARK, Pen, Picture, Swatch, shade};

use super::measured::{AtShape, Kind, Measured};
use crate::statistics::Spread;

/// The picture.
pub(crate) struct Bars<'a>(pub(crate) &'a Measured);

/// Part of a group's width that is left free.
const GAP: f64 = 0.22;
/// Height of a line of the legend, in units of the SVG.
const LINE: f64 = 22.0;
const HEAD: f64 = 46.0;

/// One bar.
struct Bar {
    left: f64,
    right: f64,
    speed: Spread,
    color: RGBColor,
}

impl Bars<'_> {
    /// Names and colors, in the order of the bars: ours in shades of blue, PyTorch in grays.
    fn legend(&self) -> Vec<(String, RGBColor)> {
        let mut names: Vec<(String, Kind)> = Vec::new();
        for contender in self.0.shapes.iter().flat_map(|at| &at.contenders) {
            if !names.iter().any(|(name, _)| *name == contender.name) {
                names.push((contender.name.clone(), contender.kind));
            }
        }
        let n_ours = names.iter().filter(|(_, kind)| *kind == Kind::Ours).count();
        let color = |i: usize, kind: Kind| match kind {
            Kind::Ours => shade(n_ours.max(2) - 1 - i.min(n_ours - 1), n_ours.max(2)),
            Kind::Eager => RGBColor(120, 124, 132),
            Kind::Fused => RGBColor(160, 164, 171),
            Kind::Compiled => RGBColor(196, 199, 205),
        };
        names.into_iter().enumerate().map(|(i, (name, kind))| (name, color(i, kind))).collect()
    }

    fn bars(&self, group: usize, at: &AtShape, legend: &[(String, RGBColor)]) -> Vec<Bar> {
        let width = (1.0 - GAP) / legend.len() as f64;
        let place = |slot: usize| group as f64 + GAP / 2.0 + slot as f64 * width;
        let bar = |(slot, (name, color)): (usize, &(String, RGBColor))| {
            let contender = at.contenders.iter().find(|contender| contender.name == *name)?;
            let speed = at.speed(contender)?;
            Some(Bar { left: place(slot) + 0.01, right: place(slot + 1) - 0.01, speed, color: *color })
        };
        legend.iter().enumerate().filter_map(bar).collect()
    }
}

impl Picture for Bars<'_> {
    fn size(&self) -> (u32, u32) {
        let n_bars: usize = self.0.shapes.iter().map(|at| at.contenders.len()).sum();
        ((150 + 44 * n_bars.max(10)) as u32, 470)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        let legend = self.legend();
        let groups: Vec<Vec<Bar>> = self.0.shapes.iter().enumerate().map(|(i, at)| self.bars(i, at, &legend)).collect();
        let highest = groups.iter().flatten().map(|bar| bar.speed.high).fold(1.0, f64::max);
        let title = "Speed of a training step relative to PyTorch eager (more is faster)";
        area.draw_text(title, &pen.font(20.0), (pen.at(16.0), pen.at(14.0)))?;
        let rows = draw_legend(area, pen, &legend)?;
        let below = area.split_vertically(pen.at(HEAD + LINE * rows as f64 + 4.0)).1;
        let mut chart = ChartBuilder::on(&below)
            .margin(pen.px(12.0))
            .x_label_area_size(pen.px(34.0))
            .y_label_area_size(pen.px(58.0))
            .build_cartesian_2d(0.0..groups.len().max(1) as f64, 0.0..highest * 1.12)?;
        let mut mesh = chart.configure_mesh();
        pen.style_mesh(&mut mesh, 16.0);
        mesh.disable_x_mesh()
            .x_labels(0)
            .y_desc("times PyTorch eager")
            .y_labels(8)
            .y_label_formatter(&|speed| format!("{speed:.1}"))
            .draw()?;
        let even = PathElement::new(vec![(0.0, 1.0), (groups.len() as f64, 1.0)], pen.line(MARK.into(), 1.5));
        for bar in groups.iter().flatten() {
            let Bar { left, right, speed, color } = bar;
            chart.draw_series([Rectangle::new([(*left, 0.0), (*right, speed.median)], color.filled())])?;
            let middle = f64::midpoint(*left, *right);
            let range = vec![(middle, speed.low), (middle, speed.high)];
            chart.draw_series([PathElement::new(range, pen.line(INK.into(), 1.5))])?;
        }
        chart.draw_series([even])?;
        let (left, top) = below.get_base_pixel();
        for bar in groups.iter().flatten() {
            let (x, y) = chart.backend_coord(&(bar.left, bar.speed.high));
            let text = format!("{:.2}", bar.speed.median);
            below.draw_text(&text, &pen.font(13.0), (x - left + pen.at(1.0), y - top - pen.at(16.0)))?;
        }
        for (i, at) in self.0.shapes.iter().enumerate() {
            let (x, y) = chart.backend_coord(&(i as f64 + GAP / 2.0, 0.0));
            below.draw_text(&at.shape.to_string(), &pen.font(14.0), (x - left, y - top + pen.at(8.0)))?;
            let edge = vec![(i as f64, 0.0), (i as f64, highest * 1.12)];
            chart.draw_series([PathElement::new(edge, pen.line(FAINT.into(), 1.0))])?;
        }
        Ok(())
    }
}

/// Two columns under the title; how many rows they have.
fn draw_legend<B: DrawingBackend>(
    area: &Area<'_, B>,
    pen: Pen,
    legend: &[(String, RGBColor)],
) -> Result<usize, DrawingAreaErrorKind<B::ErrorType>> {
    let rows = legend.len().div_ceil(2);
    let (width, _) = area.dim_in_pixel();
    for (i, (name, color)) in legend.iter().enumerate() {
        let x = pen.at(16.0) + (i / rows) as i32 * (width as i32 / 2);
        let y = pen.at(HEAD + LINE * ((i % rows) as f64 + 0.5));
        let entry = Entry { text: name.clone(), color: *color, swatch: Swatch::Square };
        entry.draw_swatch(area, pen, (x, y))?;
        area.draw_text(&entry.text, &pen.font(15.0), (x + pen.at(28.0), y - pen.at(7.0)))?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {

    use super::Bars;
    use crate::peers::targets::tests::run;

    #[test]
    fn the_picture_names_every_contestant_and_shape() {
        let measured = run(90.0);
        let svg = mup_figure::svg(&Bars(&measured)).expect("drawn");
        for text in ["flex", "PyTorch eager, fused AdamW", "d = 512, 4 layers, 8 × 128", "1.11"] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
