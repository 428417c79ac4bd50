#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Picture`] (something to draw), [`svg`] and [`write_png`] (the two backends), [`Pen`] (units and font),
//! [`Entry`] (a line of a legend). It knows nothing of what the figures show.

mod entry;
mod pen;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;

use mup_files::write_durably;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

pub use plotters;

pub use entry::{BAND, Entry, Swatch};
pub use pen::{FAINT, INK, MARK, Pen, loss_label, shade};

/// Pixels of the PNG for each unit of the SVG.
const PNG_SCALE: f64 = 2.0;

/// A part of the canvas, measured in pixels.
pub type Area<'a, B> = DrawingArea<B, Shift>;
/// What drawing on a backend returns.
pub type DrawResult<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Something to draw, on whatever backend.
pub trait Picture {
    /// Width and height in units of the SVG.
    fn size(&self) -> (u32, u32);
    /// Draws on a white area of that size, times the pen's scale.
    ///
    /// # Errors
    ///
    /// Those of the backend.
    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B>;
}

/// A figure that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The plotting library failed.
    #[error("cannot draw {}: {reason}", path.display())]
    Draw {
        /// The file.
        path: PathBuf,
        /// What the library said.
        reason: String,
    },
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The picture as SVG text.
///
/// # Errors
///
/// The plotting library's message.
pub fn svg(picture: &impl Picture) -> Result<String, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, picture.size()).into_drawing_area();
        paint(picture, &area, 1.0).map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// Writes the picture as PNG, durably, whole or not at all.
///
/// # Errors
///
/// [`FigureError`].
pub fn write_png(picture: &impl Picture, path: &Path) -> Result<(), FigureError> {
    // The encoder writes to a path and takes the format from its ending.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{}.{name}", std::process::id()));
    let scaled = |units: u32| (f64::from(units) * PNG_SCALE) as u32;
    let (width, height) = picture.size();
    let drawn = {
        let area = BitMapBackend::new(&temporary, (scaled(width), scaled(height))).into_drawing_area();
        paint(picture, &area, PNG_SCALE).map_err(|error| error.to_string())
    };
    let content = drawn
        .map_err(|reason| FigureError::Draw { path: path.to_owned(), reason })
        .and_then(|()| fs::read(&temporary).map_err(write_error(path)));
    let _ = fs::remove_file(&temporary);
    write_durably(path, &content?).map_err(write_error(path))
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> FigureError {
    move |source| FigureError::Write { path: path.to_owned(), source }
}

fn paint<B: DrawingBackend>(picture: &impl Picture, area: &Area<'_, B>, scale: f64) -> DrawResult<B> {
    register_fonts();
    area.fill(&WHITE)?;
    picture.draw(area, Pen::new(scale))?;
    area.present()
}

/// The font is in the program: a machine without any draws the same picture.
fn register_fonts() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered = register_font(pen::FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
        assert!(registered.is_ok(), "bug: the embedded font is not a font");
    });
}
