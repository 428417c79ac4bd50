//! One drawing, two backends: SVG for the page, PNG at twice the size for everywhere else.

use std::fs;
use std::path::Path;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::{Numbers, ReportError, curves, rates};

const SIZE: (u32, u32) = (960, 460);
/// Pixels of the PNG for each unit of the SVG.
const PNG_SCALE: f64 = 2.0;

pub(super) const INK: RGBColor = RGBColor(45, 49, 57);
pub(super) const FAINT: RGBColor = RGBColor(222, 225, 230);
/// Blue for µP, vermilion for SP: distinct for color-blind eyes (Okabe & Ito).
pub(super) const MUP: RGBColor = RGBColor(0, 114, 178);
pub(super) const STANDARD: RGBColor = RGBColor(213, 94, 0);

pub(super) type Area<'a, B> = DrawingArea<B, Shift>;
pub(super) type DrawResult<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A figure of the report.
#[derive(Clone, Copy, Debug)]
pub enum Figure<'a> {
    /// Loss against log₂ learning rate.
    Rates(&'a Numbers),
    /// Loss against steps, target and control.
    Curves(&'a Numbers),
}

impl Figure<'_> {
    /// The figure as SVG text.
    ///
    /// # Errors
    ///
    /// The plotting library's message.
    pub fn svg(&self) -> Result<String, String> {
        let mut text = String::new();
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        self.draw(&area, 1.0).and_then(|()| area.present()).map_err(|error| error.to_string())?;
        drop(area);
        Ok(text)
    }

    /// Writes the figure as PNG, at twice the size of the SVG.
    ///
    /// # Errors
    ///
    /// [`ReportError`].
    pub fn write_png(&self, path: &Path) -> Result<(), ReportError> {
        // The encoder writes to a path and takes the format from its ending.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{}.{name}", std::process::id()));
        let size = (f64::from(SIZE.0) * PNG_SCALE, f64::from(SIZE.1) * PNG_SCALE);
        let drawn = {
            let area = BitMapBackend::new(&temporary, (size.0 as u32, size.1 as u32)).into_drawing_area();
            self.draw(&area, PNG_SCALE).and_then(|()| area.present()).map_err(|error| error.to_string())
        };
        drawn.map_err(|reason| ReportError::Draw { path: path.to_owned(), reason })?;
        fs::rename(&temporary, path).map_err(|source| ReportError::Io { path: path.to_owned(), source })
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, scale: f64) -> DrawResult<B> {
        register_fonts();
        area.fill(&WHITE)?;
        let pen = Pen { scale };
        match self {
            Self::Rates(numbers) => rates::draw(area, pen, numbers),
            Self::Curves(numbers) => curves::draw(area, pen, numbers),
        }
    }
}

/// Sizes in units of the SVG.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    scale: f64,
}

impl Pen {
    pub(super) fn px(self, units: f64) -> u32 {
        (units * self.scale).round() as u32
    }

    pub(super) fn font(self, units: f64) -> TextStyle<'static> {
        ("sans-serif", units * self.scale).into_font().color(&INK)
    }

    pub(super) fn line(self, color: RGBAColor, units: f64) -> ShapeStyle {
        ShapeStyle { color, filled: false, stroke_width: self.px(units).max(1) }
    }
}

/// The font is in the program: a machine without any draws the same picture.
fn register_fonts() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
        assert!(registered.is_ok(), "bug: the embedded font is not a font");
    });
}

/// The name of a parametrization as the paper writes it.
pub(super) fn short_name(parametrization: &str) -> &str {
    match parametrization {
        "standard" => "SP",
        "mup" => "µP",
        other => other,
    }
}

/// A loss with as many digits as its axis needs.
pub(super) fn loss_label(loss: f64, (low, high): (f64, f64)) -> String {
    if high - low < 0.7 { format!("{loss:.2}") } else { format!("{loss:.1}") }
}

/// How the legend shows what a line of it is about.
#[derive(Clone, Copy)]
pub(super) enum Swatch {
    Line,
    Ring,
    Triangle,
    Cross,
}

pub(super) struct LegendLine {
    pub(super) text: String,
    pub(super) color: RGBColor,
    pub(super) swatch: Swatch,
}

/// Where the legend stands.
#[derive(Clone, Copy)]
pub(super) enum Corner {
    /// Its right upper corner is here.
    RightTop((i32, i32)),
    /// The middle of its upper edge is here.
    MiddleTop((i32, i32)),
}

pub(super) fn legend<B: DrawingBackend>(
    area: &Area<'_, B>,
    pen: Pen,
    corner: Corner,
    lines: &[LegendLine],
) -> DrawResult<B> {
    let font = pen.font(15.0);
    let widths = lines.iter().map(|line| area.estimate_text_size(&line.text, &font).map(|size| size.0));
    let widest = widths.collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or(0) as i32;
    let unit = |units: f64| pen.px(units) as i32;
    // The SVG is read with the viewer's own font, which may be wider than the embedded one.
    let width = widest + widest / 8 + unit(50.0);
    let height = unit(21.0) * lines.len() as i32 + unit(8.0);
    let (left, top) = match corner {
        Corner::RightTop((x, y)) => (x - width, y),
        Corner::MiddleTop((x, y)) => (x - width / 2, y),
    };
    let frame = [(left, top), (left + width, top + height)];
    area.draw(&Rectangle::new(frame, WHITE.mix(0.9).filled()))?;
    area.draw(&Rectangle::new(frame, pen.line(FAINT.into(), 1.0)))?;
    for (i, line) in lines.iter().enumerate() {
        let y = top + unit(5.0) + unit(21.0) * i as i32;
        draw_swatch(area, pen, line, (left + unit(10.0), y + unit(9.5)))?;
        area.draw(&Text::new(line.text.clone(), (left + unit(40.0), y + unit(3.0)), font.clone()))?;
    }
    Ok(())
}

fn draw_swatch<B: DrawingBackend>(
    area: &Area<'_, B>,
    pen: Pen,
    line: &LegendLine,
    (left, y): (i32, i32),
) -> DrawResult<B> {
    let middle = (left + pen.px(11.0) as i32, y);
    let style = pen.line(line.color.into(), 2.5);
    match line.swatch {
        Swatch::Line => area.draw(&PathElement::new(vec![(left, y), (left + pen.px(22.0) as i32, y)], style)),
        Swatch::Ring => area.draw(&Circle::new(middle, pen.px(6.0), style)),
        Swatch::Triangle => area.draw(&TriangleMarker::new(middle, pen.px(7.0), line.color.filled())),
        Swatch::Cross => area.draw(&Cross::new(middle, pen.px(5.0), style)),
    }
}
