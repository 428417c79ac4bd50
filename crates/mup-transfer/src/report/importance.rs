//! Importance as bars, the largest first.

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, FAINT, INK, Pen};

use super::palette::MUP;
use crate::{Importance, Share};

const ROW: u32 = 34;
const HEAD: u32 = 46;
const LABELS: f64 = 230.0;
const BARS: f64 = 600.0;

pub(super) fn size(importance: &Importance) -> (u32, u32) {
    (960, HEAD + ROW * importance.shares.len() as u32 + 14)
}

pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, importance: &Importance) -> DrawResult<B> {
    let title = format!("Share of the loss's variance, {} samples of {} steps", importance.samples, importance.steps);
    area.draw(&Text::new(title, (pen.at(14.0), pen.at(14.0)), pen.font(17.0)))?;
    let bottom = pen.at(f64::from(HEAD + ROW * importance.shares.len() as u32));
    for percent in [0, 25, 50, 75, 100] {
        let x = pen.at(LABELS + BARS * f64::from(percent) / 100.0);
        area.draw(&PathElement::new(vec![(x, pen.at(f64::from(HEAD))), (x, bottom)], pen.line(FAINT.into(), 1.0)))?;
    }
    let mut shares: Vec<&Share> = importance.shares.iter().collect();
    shares.sort_by(|a, b| b.mean.total_cmp(&a.mean).then(a.name.cmp(&b.name)));
    for (i, share) in shares.into_iter().enumerate() {
        draw_bar(area, pen, f64::from(HEAD) + f64::from(ROW) * i as f64, share)?;
    }
    Ok(())
}

fn draw_bar<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, top: f64, share: &Share) -> DrawResult<B> {
    let x = |part: f64| pen.at(LABELS + BARS * part.clamp(0.0, 1.0));
    let [upper, middle, lower] = [6.0, 17.0, 28.0].map(|units| pen.at(top + units));
    let name: String = share.name.chars().take(28).collect();
    area.draw(&Text::new(name, (pen.at(14.0), middle - pen.at(8.0)), pen.font(15.0)))?;
    area.draw(&Rectangle::new([(x(0.0), upper), (x(share.mean), lower)], MUP.filled()))?;
    let whisker = vec![(x(share.mean - share.deviation), middle), (x(share.mean + share.deviation), middle)];
    area.draw(&PathElement::new(whisker, pen.line(INK.mix(0.55), 1.5)))?;
    let text = format!("{:.0} %", 100.0 * share.mean);
    let right = x(share.mean + share.deviation) + pen.at(10.0);
    area.draw(&Text::new(text, (right, middle - pen.at(8.0)), pen.font(15.0)))
}
