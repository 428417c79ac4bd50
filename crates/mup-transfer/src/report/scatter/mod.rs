//! Loss against each hyperparameter over all trials, one panel for each, the most important first: the paper's Figure 14.

mod panel;

use mup_figure::plotters::prelude::*;
use mup_figure::{Area, DrawResult, Entry, INK, MARK, Pen, Swatch, shade};

use super::Numbers;
use super::axis::Axis;
use super::legend::strip;
use panel::{Panel, draw_panel};

const WIDTH: u32 = 960;
const LEGEND: u32 = 34;

/// What every panel shares.
pub(super) struct Plot<'a> {
    numbers: &'a Numbers,
    /// Ascending; a horizon has one color and marker throughout.
    horizons: Vec<usize>,
    losses: Axis,
    /// Highest loss of the frame.
    top: f64,
}

pub(super) fn size(numbers: &Numbers) -> (u32, u32) {
    let (columns, rows) = layout(numbers);
    let height = if columns == 1 { 420 } else { 270 };
    (WIDTH, LEGEND + height * rows as u32)
}

fn layout(numbers: &Numbers) -> (usize, usize) {
    let panels = numbers.study.space.varied().count().max(1);
    // Four are two by two, and never is one alone in a row of three.
    let columns = if panels <= 3 {
        panels
    } else if panels == 4 {
        2
    } else {
        3
    };
    (columns, panels.div_ceil(columns))
}

pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, pen: Pen, numbers: &Numbers) -> DrawResult<B> {
    let plot = Plot::of(numbers);
    let (legend, panels) = area.split_vertically(pen.at(f64::from(LEGEND)));
    strip(&legend, pen, &plot.entries())?;
    let (columns, rows) = layout(numbers);
    let areas = panels.split_evenly((rows, columns));
    let varied = numbers.choice.values.iter().filter(|chosen| chosen.varied).map(|chosen| chosen.name.as_str());
    let dimensions = varied.filter_map(|name| Some((name, numbers.study.space.0.get(name)?)));
    for (i, ((name, dimension), area)) in dimensions.zip(&areas).enumerate() {
        let share = numbers.choice.importance.as_ref().and_then(|importance| importance.share(name));
        let title = match share {
            Some(share) => format!("{name} ({:.0} %)", 100.0 * share.mean),
            None => name.to_owned(),
        };
        draw_panel(area, pen, &plot, &Panel { name, title, axis: Axis::of(dimension), leftmost: i % columns == 0 })?;
    }
    Ok(())
}

impl<'a> Plot<'a> {
    fn of(numbers: &'a Numbers) -> Self {
        let mut horizons: Vec<usize> = numbers.trials.iter().map(|trial| trial.steps).collect();
        horizons.sort_unstable();
        horizons.dedup();
        let mut losses: Vec<f64> = numbers.trials.iter().filter_map(|trial| trial.outcome.loss()).collect();
        losses.retain(|loss| loss.is_finite());
        losses.push(numbers.choice.best.loss);
        losses.sort_by(f64::total_cmp);
        let (low, top) = frame(&losses);
        // Free space above for those that diverged.
        let room = (top / 2.0 - low / 2.0) * 0.24;
        Self { numbers, horizons, losses: Axis::linear([low, top + room], 8.0), top }
    }

    fn swatch(horizon: usize) -> Swatch {
        [Swatch::Dot, Swatch::Triangle, Swatch::Square][horizon % 3]
    }

    fn color(&self, horizon: usize) -> RGBColor {
        shade(horizon, self.horizons.len())
    }

    fn entries(&self) -> Vec<Entry> {
        let mark = |text: &str, color, swatch| Entry { text: text.to_owned(), color, swatch };
        let horizon = |(i, steps): (usize, &usize)| mark(&format!("{steps} steps"), self.color(i), Self::swatch(i));
        let mut entries: Vec<Entry> = self.horizons.iter().enumerate().map(horizon).collect();
        entries.push(mark("best", MARK, Swatch::Ring));
        if self.numbers.choice.noise.is_some() {
            entries.push(mark("as good", MARK, Swatch::Band));
        }
        let outcomes = || self.numbers.trials.iter().map(|trial| &trial.outcome);
        if outcomes().any(|outcome| outcome.loss().is_none() && !outcome.failed()) {
            entries.push(mark("diverged", INK, Swatch::Cross));
        }
        if outcomes().filter_map(|outcome| outcome.loss()).any(|loss| loss > self.top) {
            entries.push(mark("on the edge: above the frame", INK, Swatch::Dot));
        }
        entries
    }
}

/// From a little below the best to the worst, but not so far that the better half of all is squeezed into a line.
fn frame(sorted: &[f64]) -> (f64, f64) {
    let (best, worst) = (sorted[0], sorted[sorted.len() - 1]);
    let median = sorted[sorted.len() / 2];
    let top = worst.min(best + 5.0 * (median - best)).max(median);
    let room = ((top - best) * 0.05).max(1e-3 * best.abs()).max(1e-6);
    let (low, top) = (best - room, top + room);
    if low.is_finite() && top.is_finite() { (low, top) } else { (f64::MIN / 2.0, f64::MAX / 2.0) }
}
