//! Panels side by side, one for each parametrization, with one frame, one color for each width and one legend.

use mup_figure::plotters::prelude::{ChartBuilder, DrawingBackend, RGBColor, Text};
use mup_figure::{Area, DrawResult, Entry, Pen, Picture, shade};

/// Width of a panel, height of the whole.
const SIZE: (u32, u32) = (500, 430);
/// A panel alone is wider by this: title and legend are as long as ever.
const ALONE: u32 = 200;
const HEADING: f64 = 34.0;
const LEGEND: f64 = 30.0;

/// What one panel shows.
pub(crate) trait Panel: Sized {
    /// The ranges that all panels share, so that they can be compared by eye.
    type Frame: Copy;

    /// The frame in which every panel fits.
    fn frame(panels: &[&Self]) -> Self::Frame;
    fn widths(&self) -> Vec<usize>;
    /// What the widths are.
    fn grows(&self) -> &str {
        "width"
    }
    /// Entries of the legend after those of the widths.
    fn marks(panels: &[&Self]) -> Vec<Entry>;
    fn draw<B: DrawingBackend>(
        &self,
        area: &Area<'_, B>,
        pen: Pen,
        widths: &Widths,
        frame: Self::Frame,
    ) -> DrawResult<B>;
}

/// The widths of all panels, ascending: a width has one color throughout.
pub(crate) struct Widths(Vec<usize>);

impl Widths {
    fn of<P: Panel>(panels: &[&P]) -> Self {
        let mut widths: Vec<usize> = panels.iter().flat_map(|panel| panel.widths()).collect();
        widths.sort_unstable();
        widths.dedup();
        Self(widths)
    }

    pub(crate) fn row(&self, width: usize) -> usize {
        self.0.iter().position(|known| *known == width).unwrap_or(0)
    }

    pub(crate) fn shade(&self, width: usize) -> RGBColor {
        shade(self.row(width), self.0.len())
    }
}

/// The panels from left to right, under a title.
pub(crate) struct Panels<'a, P> {
    pub(crate) panels: Vec<&'a P>,
    pub(crate) title: &'a str,
}

impl<P: Panel> Picture for Panels<'_, P> {
    fn size(&self) -> (u32, u32) {
        match self.panels.len() {
            1 => (SIZE.0 + ALONE, SIZE.1),
            n => (n as u32 * SIZE.0, SIZE.1),
        }
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B> {
        let (head, rest) = area.split_vertically(pen.px(HEADING));
        let (body, foot) = rest.split_vertically(rest.dim_in_pixel().1 as i32 - pen.at(LEGEND));
        head.draw(&Text::new(self.title.to_owned(), (pen.at(14.0), pen.at(11.0)), pen.font(19.0)))?;
        let (widths, frame) = (Widths::of(&self.panels), P::frame(&self.panels));
        for (panel, area) in self.panels.iter().zip(body.split_evenly((1, self.panels.len()))) {
            panel.draw(&area, pen, &widths, frame)?;
        }
        let grows = self.panels.first().map_or("width", |panel| panel.grows());
        let of_width = |width: &usize| Entry::line(format!("{grows} {width}"), widths.shade(*width));
        let entries: Vec<Entry> = widths.0.iter().map(of_width).chain(P::marks(&self.panels)).collect();
        legend(&foot, pen, &entries)
    }
}

/// The chart of a panel, without its ranges.
pub(crate) fn chart<'a, 'b, B: DrawingBackend>(
    area: &'a Area<'b, B>,
    pen: Pen,
    caption: &str,
) -> ChartBuilder<'a, 'b, B> {
    let mut chart = ChartBuilder::on(area);
    chart
        .caption(caption, pen.font(17.0))
        .margin(pen.px(8.0))
        .x_label_area_size(pen.px(42.0))
        .y_label_area_size(pen.px(56.0));
    chart
}

/// One row of entries, centered.
fn legend<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, entries: &[Entry]) -> DrawResult<B> {
    let font = pen.font(15.0);
    // The SVG is read with the viewer's own font, which may be wider than the embedded one.
    let length = |entry: &Entry| {
        area.estimate_text_size(&entry.text, &font).map(|(width, _)| width as i32 * 9 / 8 + pen.at(30.0 + 18.0))
    };
    let lengths = entries.iter().map(length).collect::<Result<Vec<i32>, _>>()?;
    let mut left = (area.dim_in_pixel().0 as i32 - lengths.iter().sum::<i32>() + pen.at(18.0)) / 2;
    for (entry, length) in entries.iter().zip(lengths) {
        entry.draw_swatch(area, pen, (left, pen.at(11.0)))?;
        area.draw(&Text::new(entry.text.clone(), (left + pen.at(30.0), pen.at(4.0)), font.clone()))?;
        left += length;
    }
    Ok(())
}
