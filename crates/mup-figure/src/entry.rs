//! Entries of a legend, wherever it stands.

use plotters::prelude::*;

use super::{Area, DrawResult, Pen};

/// How strongly a band is colored.
pub const BAND: f64 = 0.13;

/// How the legend shows what an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swatch {
    /// A curve.
    Line,
    /// An optimum.
    Ring,
    /// A run of its own.
    Triangle,
    /// One of many runs.
    Dot,
    /// One of many runs, of another kind.
    Square,
    /// A range.
    Band,
    /// A run that diverged.
    Cross,
}

/// One entry of a legend.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub text: String,
    /// Of the swatch.
    pub color: RGBColor,
    /// Before the text.
    pub swatch: Swatch,
}

impl Entry {
    /// The entry of a curve.
    pub fn line(text: impl Into<String>, color: RGBColor) -> Self {
        Self { text: text.into(), color, swatch: Swatch::Line }
    }

    /// Draws the swatch, 22 units wide, from its left end at half its height.
    ///
    /// # Errors
    ///
    /// Those of the backend.
    pub fn draw_swatch<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, (left, y): (i32, i32)) -> DrawResult<B> {
        let middle = (left + pen.at(11.0), y);
        let style = pen.line(self.color.into(), 2.5);
        match self.swatch {
            Swatch::Line => area.draw(&PathElement::new(vec![(left, y), (left + pen.at(22.0), y)], style)),
            Swatch::Ring => area.draw(&Circle::new(middle, pen.px(5.5), style)),
            Swatch::Triangle => area.draw(&TriangleMarker::new(middle, pen.px(7.0), self.color.filled())),
            Swatch::Dot => area.draw(&Circle::new(middle, pen.px(4.0), self.color.filled())),
            Swatch::Square => {
                let half = pen.at(4.0);
                let corners = [(middle.0 - half, y - half), (middle.0 + half, y + half)];
                area.draw(&Rectangle::new(corners, self.color.filled()))
            }
            Swatch::Band => {
                let corners = [(left, y - pen.at(7.0)), (left + pen.at(22.0), y + pen.at(7.0))];
                area.draw(&Rectangle::new(corners, self.color.mix(BAND).filled()))
            }
            Swatch::Cross => area.draw(&Cross::new(middle, pen.px(4.5), style)),
        }
    }
}
