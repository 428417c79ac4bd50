//! Losses in the order of their steps, as one process of one run reports them.

use crate::TrialCurve;

/// Losses that came one after the other.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// They and their steps, nothing else.
    pub(super) curve: TrialCurve,
    /// Whether a loss was not finite: nothing that is reported after it counts.
    pub(super) diverged: bool,
    /// Why they are not those of a run: the first that does not follow. None is taken after it.
    pub(super) refused: Option<String>,
}

impl Series {
    /// Whether nothing of this kind was reported.
    pub(super) fn is_empty(&self) -> bool {
        self.curve.losses.is_empty() && self.refused.is_none()
    }

    /// Adds a loss, at the next step if it comes without one; its step, none if it does not count any more.
    ///
    /// # Errors
    ///
    /// Why it does not follow.
    pub(super) fn take(
        &mut self,
        loss: f64,
        step: Result<Option<u64>, &str>,
        room: usize,
    ) -> Result<Option<usize>, String> {
        if self.diverged || self.refused.is_some() {
            return Ok(None);
        }
        let last = self.curve.steps.last().copied();
        let step = step?.map_or_else(|| self.next(), |step| step as usize);
        if let Some(last) = last.filter(|last| step <= *last) {
            let remedy = "let one process report, each step once, and one that resumes only what is new";
            return Err(format!("step {step} after step {last} ({remedy})"));
        }
        if self.curve.losses.len() >= room {
            return Err(format!("{room} losses, far more than were asked for"));
        }
        self.push(step, loss);
        Ok(Some(step))
    }

    /// It ends here, with a loss that is no number.
    pub(super) fn diverge(&mut self) {
        self.push(self.next(), f64::NAN);
    }

    fn next(&self) -> usize {
        self.curve.steps.last().map_or(0, |last| last.saturating_add(1))
    }

    fn push(&mut self, step: usize, loss: f64) {
        self.curve.losses.push(loss);
        self.curve.steps.push(step);
        self.diverged = !loss.is_finite();
    }
}
