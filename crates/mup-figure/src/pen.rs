//! Sizes, colors and labels that all figures have in common.

use plotters::chart::MeshStyle;
use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;

/// The generic family: SVG readers have one, and bitmaps use the embedded font registered under this name.
pub(super) const FONT: &str = "sans-serif";

/// Text and axes.
pub const INK: RGBColor = RGBColor(45, 49, 57);
/// Grid and frames.
pub const FAINT: RGBColor = RGBColor(228, 231, 235);
/// Optima.
pub const MARK: RGBColor = RGBColor(200, 30, 60);

/// Turns units of the SVG into pixels of the backend.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    scale: f64,
}

impl Pen {
    pub(super) fn new(scale: f64) -> Self {
        Self { scale }
    }

    /// A size.
    #[must_use]
    pub fn px(self, units: f64) -> u32 {
        (units * self.scale).round() as u32
    }

    /// A position.
    #[must_use]
    pub fn at(self, units: f64) -> i32 {
        (units * self.scale).round() as i32
    }

    /// Text of a height.
    #[must_use]
    pub fn font(self, units: f64) -> TextStyle<'static> {
        (FONT, units * self.scale).into_font().color(&INK)
    }

    /// A stroke, never thinner than a pixel.
    #[must_use]
    pub fn line(self, color: RGBAColor, units: f64) -> ShapeStyle {
        ShapeStyle { color, filled: false, stroke_width: self.px(units).max(1) }
    }

    /// Axes in ink on a faint grid, with names of a height.
    pub fn style_mesh<X, Y, B>(self, mesh: &mut MeshStyle<'_, '_, X, Y, B>, name_units: f64)
    where
        X: Ranged,
        Y: Ranged,
        B: DrawingBackend,
    {
        mesh.light_line_style(TRANSPARENT)
            .bold_line_style(self.line(FAINT.into(), 1.0))
            .axis_style(self.line(INK.into(), 1.0))
            .label_style(self.font(14.0))
            .axis_desc_style(self.font(name_units));
    }
}

/// The i-th of n colors from light to dark as models grow, readable in gray too.
#[must_use]
pub fn shade(i: usize, n: usize) -> RGBColor {
    const LIGHT: [f64; 3] = [120.0, 190.0, 225.0];
    const DARK: [f64; 3] = [28.0, 28.0, 96.0];
    let part = if n > 1 { i as f64 / (n - 1) as f64 } else { 0.6 };
    let [r, g, b] = [0, 1, 2].map(|c| (LIGHT[c] + part * (DARK[c] - LIGHT[c])) as u8);
    RGBColor(r, g, b)
}

/// A loss with as many digits as its axis needs.
#[must_use]
pub fn loss_label(loss: f64, (low, high): (f64, f64)) -> String {
    let digits = if high - low < 0.08 {
        3
    } else if high - low < 0.7 {
        2
    } else {
        1
    };
    format!("{loss:.digits$}")
}
