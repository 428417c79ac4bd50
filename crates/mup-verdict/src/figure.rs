//! One drawing, two backends: SVG for the page, PNG at twice the size for everywhere else.

use std::{fs, path::Path, sync::Once};

use plotters::{
    coord::{
        Shift,
        ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter},
    },
    prelude::*,
    style::{FontStyle, register_font},
};

use crate::VerdictError;

/// Pixels of the PNG for each unit of the SVG.
const PNG_SCALE: f64 = 2.0;

pub(crate) const INK: RGBColor = RGBColor(45, 49, 57);
pub(crate) const FAINT: RGBColor = RGBColor(228, 231, 235);
pub(crate) const MARK: RGBColor = RGBColor(200, 30, 60);

pub(crate) type Area<'a, B> = DrawingArea<B, Shift>;
pub(crate) type DrawResult<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Something to draw.
pub(crate) trait Picture {
    /// Width and height in units of the SVG.
    fn size(&self) -> (u32, u32);
    /// Draws on a white area of that size, times the pen's scale.
    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B>;
}

pub(crate) fn svg(picture: &impl Picture, title: &str) -> Result<String, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, picture.size()).into_drawing_area();
        paint(picture, title, &area, 1.0).map_err(|error| error.to_string())?;
    }
    Ok(text)
}

pub(crate) fn write_png(picture: &impl Picture, title: &str, path: &Path) -> Result<(), VerdictError> {
    // The encoder writes to a path and takes the format from its ending.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{}.{name}", std::process::id()));
    let scaled = |units: u32| (f64::from(units) * PNG_SCALE) as u32;
    let (width, height) = picture.size();
    let drawn = {
        let area = BitMapBackend::new(&temporary, (scaled(width), scaled(height))).into_drawing_area();
        paint(picture, title, &area, PNG_SCALE).map_err(|error| error.to_string())
    };
    drawn.map_err(|reason| VerdictError::Draw { path: path.to_owned(), reason })?;
    fs::rename(&temporary, path).map_err(|source| VerdictError::Write { path: path.to_owned(), source })
}

fn paint<B: DrawingBackend>(picture: &impl Picture, title: &str, area: &Area<'_, B>, scale: f64) -> DrawResult<B> {
    register_fonts();
    area.fill(&WHITE)?;
    picture.draw(area, Pen { scale }, title)?;
    area.present()
}

/// The font is in the program: a machine without any draws the same picture.
fn register_fonts() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
        assert!(registered.is_ok(), "bug: the embedded font is not a font");
    });
}

/// Sizes in units of the SVG.
#[derive(Clone, Copy)]
pub(crate) struct Pen {
    scale: f64,
}

impl Pen {
    pub(crate) fn px(self, units: f64) -> u32 {
        (units * self.scale).round() as u32
    }

    pub(crate) fn at(self, units: f64) -> i32 {
        (units * self.scale).round() as i32
    }

    pub(crate) fn font(self, units: f64) -> TextStyle<'static> {
        ("sans-serif", units * self.scale).into_font().color(&INK)
    }

    pub(crate) fn line(self, color: RGBAColor, units: f64) -> ShapeStyle {
        ShapeStyle { color, filled: false, stroke_width: self.px(units).max(1) }
    }
}

/// From light to dark as models grow, readable in gray too.
pub(crate) fn shade(i: usize, n: usize) -> RGBColor {
    const LIGHT: [f64; 3] = [120.0, 190.0, 225.0];
    const DARK: [f64; 3] = [28.0, 28.0, 96.0];
    let part = if n > 1 { i as f64 / (n - 1) as f64 } else { 0.6 };
    let [r, g, b] = [0, 1, 2].map(|c| (LIGHT[c] + part * (DARK[c] - LIGHT[c])) as u8);
    RGBColor(r, g, b)
}

/// A straight axis whose labels are whole numbers, few enough to be read.
pub(crate) struct Exponents {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Ranged for Exponents {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.low) / (self.high - self.low);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        let step = if last - first > 14 { 2 } else { 1 };
        (first..=last).filter(|exponent| exponent % step == 0).map(f64::from).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Exponents {
    fn format_ext(&self, value: &f64) -> String {
        format!("{value}").replace('-', "−")
    }
}

/// A loss with as many digits as its axis needs.
pub(crate) fn loss_label(loss: f64, (low, high): (f64, f64)) -> String {
    let digits = if high - low < 0.08 {
        3
    } else if high - low < 0.7 {
        2
    } else {
        1
    };
    format!("{loss:.digits$}")
}

/// How the legend shows what an entry is about.
#[derive(Clone, Copy)]
pub(crate) enum Swatch {
    Line,
    Ring,
    Cross,
}

pub(crate) struct Entry {
    pub(crate) text: String,
    pub(crate) color: RGBColor,
    pub(crate) swatch: Swatch,
}

impl Entry {
    pub(crate) fn line(text: impl Into<String>, color: RGBColor) -> Self {
        Self { text: text.into(), color, swatch: Swatch::Line }
    }
}

/// One row of entries, centered: above or below panels that share them.
pub(crate) fn legend_row<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, entries: &[Entry]) -> DrawResult<B> {
    let font = pen.font(15.0);
    // The SVG is read with the viewer's own font, which may be wider than the embedded one.
    let length = |entry: &Entry| {
        area.estimate_text_size(&entry.text, &font).map(|(width, _)| width as i32 * 9 / 8 + pen.at(30.0 + 18.0))
    };
    let lengths = entries.iter().map(length).collect::<Result<Vec<i32>, _>>()?;
    let mut left = (area.dim_in_pixel().0 as i32 - lengths.iter().sum::<i32>() + pen.at(18.0)) / 2;
    for (entry, length) in entries.iter().zip(lengths) {
        draw_swatch(area, pen, entry, (left, pen.at(11.0)))?;
        area.draw(&Text::new(entry.text.clone(), (left + pen.at(30.0), pen.at(4.0)), font.clone()))?;
        left += length;
    }
    Ok(())
}

fn draw_swatch<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, entry: &Entry, (left, y): (i32, i32)) -> DrawResult<B> {
    let middle = (left + pen.at(11.0), y);
    let style = pen.line(entry.color.into(), 2.5);
    match entry.swatch {
        Swatch::Line => area.draw(&PathElement::new(vec![(left, y), (left + pen.at(22.0), y)], style)),
        Swatch::Ring => area.draw(&Circle::new(middle, pen.px(5.5), style)),
        Swatch::Cross => area.draw(&Cross::new(middle, pen.px(4.5), style)),
    }
}
