//! Legends of the figures: in a frame, or in one line.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Entry, FAINT, Pen};

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
    entries: &[Entry],
) -> DrawResult<B> {
    let font = pen.font(15.0);
    let widths = entries.iter().map(|entry| area.estimate_text_size(&entry.text, &font).map(|size| size.0));
    let widest = widths.collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or(0) as i32;
    // The SVG is read with the viewer's own font, which may be wider than the embedded one.
    let width = widest + widest / 8 + pen.at(50.0);
    let height = pen.at(21.0) * entries.len() as i32 + pen.at(8.0);
    let (left, top) = match corner {
        Corner::RightTop((x, y)) => (x - width, y),
        Corner::MiddleTop((x, y)) => (x - width / 2, y),
    };
    let frame = [(left, top), (left + width, top + height)];
    area.draw(&Rectangle::new(frame, WHITE.mix(0.9).filled()))?;
    area.draw(&Rectangle::new(frame, pen.line(FAINT.into(), 1.0)))?;
    for (i, entry) in entries.iter().enumerate() {
        let y = top + pen.at(5.0) + pen.at(21.0) * i as i32;
        entry.draw_swatch(area, pen, (left + pen.at(10.0), y + pen.at(9.5)))?;
        area.draw(&Text::new(entry.text.clone(), (left + pen.at(40.0), y + pen.at(3.0)), font.clone()))?;
    }
    Ok(())
}

/// A legend in one line.
pub(super) fn strip<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, entries: &[Entry]) -> DrawResult<B> {
    let font = pen.font(15.0);
    let (mut left, y) = (pen.at(64.0), pen.at(20.0));
    for entry in entries {
        entry.draw_swatch(area, pen, (left, y))?;
        area.draw(&Text::new(entry.text.clone(), (left + pen.at(29.0), y - pen.at(5.5)), font.clone()))?;
        let width = area.estimate_text_size(&entry.text, &font)?.0 as i32;
        left += width + width / 8 + pen.at(52.0);
    }
    Ok(())
}
