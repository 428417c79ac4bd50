//! Which steps a curve speaks of: logging every tenth is complete, ending early is not.

use crate::Curve;

impl Curve {
    /// Number of a loss's step, as the program counts.
    #[must_use]
    pub fn step(&self, index: usize) -> usize {
        self.steps.get(index).copied().unwrap_or(index)
    }

    /// Number of the last step that the curve speaks of, whose loss may not be finite.
    fn last_step(&self) -> Option<usize> {
        self.not_finite.or_else(|| Some(self.step(self.losses.len().checked_sub(1)?)))
    }

    /// Steps that the curve speaks of, counted from 0.
    #[must_use]
    pub fn n_steps(&self) -> usize {
        self.last_step().map_or(0, |last| last.saturating_add(1))
    }

    /// Whether the losses are those of a whole run of `asked` steps: the last of them, or so far from the end that the
    /// interval of logging explains the rest (0, 10, …, 190 of 200).
    #[must_use]
    pub fn covers(&self, asked: usize) -> bool {
        if self.n_steps() >= asked {
            return true;
        }
        let n = self.losses.len();
        let gap = |end: usize| Some(self.step(n.checked_sub(end)?).saturating_sub(self.step(n.checked_sub(end + 1)?)));
        // One jump alone is no interval.
        let interval = gap(1).map(|last| gap(2).map_or(last, |before| last.min(before)));
        interval.is_some_and(|interval| self.n_steps() > asked.saturating_sub(interval))
    }

    /// The number of steps that the curve speaks of, if it is more than were asked for.
    #[must_use]
    pub fn steps_beyond(&self, asked: usize) -> Option<usize> {
        let last = self.last_step()?;
        let from_zero = self.not_finite == Some(0) || self.step(0) == 0;
        let every = from_zero && self.losses.len() > asked;
        // Counted from 1, or logged at both ends of every interval, `asked` is the last.
        (last > asked || last == asked && every).then_some(if from_zero { last.saturating_add(1) } else { last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(steps: impl IntoIterator<Item = usize>) -> Curve {
        let steps: Vec<usize> = steps.into_iter().collect();
        Curve { losses: vec![1.0; steps.len()], steps, ..Curve::default() }
    }

    #[test]
    fn a_curve_is_complete_if_the_interval_of_logging_explains_the_rest() {
        for steps in [
            curve(0..200),
            curve(1..=200),
            curve((0..200).step_by(10)),
            curve((9..200).step_by(10)),
            curve((10..=200).step_by(10)),
            curve((0..=200).step_by(10)),
            curve((0..200).step_by(10).chain([199])),
            curve((0..10).chain((10..200).step_by(10))),
            curve([0, 100]),
        ] {
            assert!(steps.covers(200), "{:?}", steps.steps);
            assert_eq!(steps.steps_beyond(200), None, "{:?}", steps.steps);
        }
        for steps in [
            curve([]),
            curve([0]),
            curve(0..199),
            curve(0..20),
            curve((0..190).step_by(10)),
            curve((0..100).chain([150])),
        ] {
            assert!(!steps.covers(200), "{:?}", steps.steps);
        }
        assert!(curve([]).covers(0));
    }

    #[test]
    fn more_steps_than_were_asked_for_are_counted() {
        assert_eq!(curve(0..200).steps_beyond(50), Some(200));
        assert_eq!(curve(1..=200).steps_beyond(50), Some(200));
        assert_eq!(curve((0..200).step_by(10)).steps_beyond(50), Some(191));
        assert_eq!(curve(0..51).steps_beyond(50), Some(51));
        assert_eq!(curve(0..50).steps_beyond(50), None);
        assert_eq!(curve([]).steps_beyond(50), None);
    }

    #[test]
    fn steps_are_counted_without_their_numbers_too() {
        let plain = Curve { losses: vec![1.0; 3], ..Curve::default() };
        assert_eq!((plain.step(2), plain.n_steps(), plain.covers(3), plain.covers(4)), (2, 3, true, false));
        let diverged = Curve { not_finite: Some(30), ..curve([0, 10, 20]) };
        assert_eq!(diverged.n_steps(), 31);
    }
}
