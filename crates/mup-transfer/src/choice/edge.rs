//! Whether the best value lies at an end of what was tried, so that a better one may lie beyond.

use mup_study::{Dimension, Setting, Space};
use mup_sweep::Edge;

use super::Choice;
use super::candidate::{Candidate, Judged, Judgment};
use super::warning::Warning;
use crate::Interval;

/// Share of a range that counts as its end.
const END: f64 = 0.05;
/// So many samples next to an end show where the loss falls: of six orders in which the best comes first, one.
const NEXT: usize = 4;

/// A value that does not matter may lie anywhere: where half of the range is as good, its end says nothing.
pub(super) fn check(space: &Space, judged: &[Judged<'_>], choice: &Choice) -> Vec<Warning> {
    let matters = |name: &str, dimension: &Dimension| {
        let chosen = choice.values.iter().find(|chosen| chosen.name == name);
        let Some(Interval::Range(ends)) = chosen.and_then(|chosen| chosen.interval.as_ref()) else { return true };
        let place = |value| dimension.place(&as_setting(dimension, value)).unwrap_or(0.5);
        place(ends[1]) - place(ends[0]) < 0.5
    };
    let varied = space.varied().filter(|(name, dimension)| matters(name, dimension));
    let warning = |(name, dimension): (&str, &Dimension)| {
        end(name, dimension, &choice.best).or_else(|| outermost(name, dimension, judged, &choice.best))
    };
    varied.filter_map(warning).collect()
}

fn as_setting(dimension: &Dimension, value: f64) -> Setting {
    match dimension {
        Dimension::Integer(_) => Setting::Integer(value as i64),
        _ => Setting::Number(value),
    }
}

fn end(name: &str, dimension: &Dimension, best: &Candidate) -> Option<Warning> {
    let [low, high] = dimension.ends()?;
    let value = best.values.number(name)?;
    let place = dimension.place(best.values.get(name)?)?;
    let name = name.to_owned();
    if let Dimension::Grid(_) | Dimension::Integer(_) = dimension {
        let edge = if value <= low { Some(Edge::Low) } else { (value >= high).then_some(Edge::High) };
        let listed = matches!(dimension, Dimension::Grid(_));
        return edge.map(|edge| Warning::EndOfGrid { name, value, edge, listed });
    }
    match place {
        place if place < END => Some(Warning::NearEnd { name, value, end: low, edge: Edge::Low }),
        place if place > 1.0 - END => Some(Warning::NearEnd { name, value, end: high, edge: Edge::High }),
        _ => None,
    }
}

/// The best is the outermost of all samples, diverged ones among them, and those next to it are the worse the further
/// they are.
fn outermost(name: &str, dimension: &Dimension, judged: &[Judged<'_>], best: &Candidate) -> Option<Warning> {
    let [low, high] = dimension.ends()?;
    let place = |values: &mup_study::Values| dimension.place(values.get(name)?);
    let here = place(&best.values)?;
    let told = || judged.iter().filter(|one| one.judgment != Judgment::Unknown).filter_map(|one| place(one.values));
    let edge = if told().all(|place| place >= here) {
        Edge::Low
    } else if told().all(|place| place <= here) {
        Edge::High
    } else {
        return None;
    };
    let mut horizons: Vec<usize> = judged.iter().map(|one| one.steps).collect();
    horizons.dedup();
    let finished = |steps: usize| -> Vec<(f64, f64)> {
        let of = |one: &Judged<'_>| match &one.judgment {
            Judgment::Finished(candidate) if candidate.steps == steps => Some((place(one.values)?, candidate.loss)),
            _ => None,
        };
        judged.iter().filter_map(of).collect()
    };
    // Where most samples are: at the longer horizon there are only the best.
    let most = horizons.into_iter().map(finished).max_by_key(Vec::len)?;
    let mut next = most.into_iter().map(|(place, loss)| ((place - here).abs(), loss)).collect::<Vec<_>>();
    next.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    next.truncate(NEXT);
    let falls = next.len() > 1 && next[0].0 <= 0.0 && next.windows(2).all(|pair| pair[0].1 < pair[1].1);
    let (name, value) = (name.to_owned(), best.values.number(name)?);
    let end = if edge == Edge::Low { low } else { high };
    falls.then_some(Warning::OutermostSample { name, value, end, edge })
}
