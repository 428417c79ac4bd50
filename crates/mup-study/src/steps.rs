//! Which steps a curve speaks of: logging every tenth is complete, ending early is not.

use crate::TrialCurve;

impl TrialCurve {
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

    /// Whether the losses are those of a whole run of `asked` steps: from the first to the last of them, or so near both
    /// ends that the interval of logging explains the rest (0, 10, …, 190 of 200).
    #[must_use]
    pub fn covers(&self, asked: usize) -> bool {
        if self.losses.is_empty() {
            return asked == 0;
        }
        let interval = self.interval(asked);
        !self.begins_late(asked) && self.n_steps().saturating_add(interval) > asked
    }

    /// Whether the first loss is of a later step than the interval of logging explains.
    pub(crate) fn begins_late(&self, asked: usize) -> bool {
        !self.losses.is_empty() && self.step(0) > self.interval(asked)
    }

    /// The interval of logging: the largest ordinary one, for it may be by time. A jump alone is none, nor is one gap over
    /// more than half of the run.
    fn interval(&self, asked: usize) -> usize {
        let (mut largest, mut before) = (0, 0);
        for index in 1..self.losses.len() {
            let gap = self.step(index).saturating_sub(self.step(index - 1));
            if gap > largest {
                (largest, before) = (gap, largest);
            } else {
                before = before.max(gap);
            }
        }
        let alone = if before == 0 { largest > asked.div_ceil(2) } else { largest > before.saturating_mul(2) };
        if alone { before.max(1) } else { largest.max(1) }
    }

    /// The number of steps that the curve speaks of, if it is more than were asked for.
    #[must_use]
    pub fn steps_beyond(&self, asked: usize) -> Option<usize> {
        // Numbers that begin elsewhere count no steps.
        let last = self.last_step().filter(|_| !self.begins_late(asked))?;
        let from_zero = self.not_finite == Some(0) || self.step(0) == 0;
        let every = from_zero && self.losses.len() > asked;
        // Counted from 1, or logged at both ends of every interval, `asked` is the last.
        (last > asked || last == asked && every).then_some(if from_zero { last.saturating_add(1) } else { last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(steps: impl IntoIterator<Item = usize>) -> TrialCurve {
        let steps: Vec<usize> = steps.into_iter().collect();
        TrialCurve { losses: vec![1.0; steps.len()], steps, ..TrialCurve::default() }
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
            // By time: no two intervals are equal.
            curve([0, 31, 59, 92, 120, 151, 180]),
            // Both ends are there.
            curve([0, 199]),
            curve((0..100).chain(110..200)),
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
            curve([0, 150]),
            curve([199]),
            curve(150..200),
            curve((150..200).step_by(10)),
            curve((20..200).step_by(10)),
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
        assert_eq!(curve(1000..1050).steps_beyond(50), None, "they begin elsewhere");
    }

    #[test]
    fn steps_are_counted_without_their_numbers_too() {
        let plain = TrialCurve { losses: vec![1.0; 3], ..TrialCurve::default() };
        assert_eq!((plain.step(2), plain.n_steps(), plain.covers(3), plain.covers(4)), (2, 3, true, false));
        let diverged = TrialCurve { not_finite: Some(30), ..curve([0, 10, 20]) };
        assert_eq!(diverged.n_steps(), 31);
    }
}
