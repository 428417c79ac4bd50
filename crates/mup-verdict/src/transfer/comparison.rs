//! µP with its negative control: a claim that could not fail would say nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Report, Verdict, report::rows};
use crate::publication::{self, Publication};
use crate::{Answer, Interval, VerdictError};

/// The parametrization that is claimed to transfer, and the one that is known not to.
///
/// *Holds* when the subject transfers, the control drifts, and their intervals are apart. *Fails* when the subject
/// drifts. Otherwise *undecided*: where the control does not drift, the setting cannot tell the two apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// µP; where blocks are added, rules of depth.
    pub subject: Report,
    /// SP; where blocks are added, rules of width alone.
    pub control: Report,
}

impl Comparison {
    /// Sets two reports side by side.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Incomparable`]: different hyperparameters or sizes.
    pub fn new(subject: Report, control: Report) -> Result<Self, VerdictError> {
        let widths = |report: &Report| format!("{:?}", report.runs().widths());
        let hyperparameter = |report: &Report| report.runs().hyperparameter.clone();
        let grows = |report: &Report| report.runs().grows.clone();
        for (what, left, right) in [
            ("what grows", grows(&subject), grows(&control)),
            ("the hyperparameter", hyperparameter(&subject), hyperparameter(&control)),
            ("the list of widths", widths(&subject), widths(&control)),
        ] {
            if left != right {
                let (left_label, right_label) = (subject.runs().label.clone(), control.runs().label.clone());
                return Err(VerdictError::Incomparable { what, left_label, left, right_label, right });
            }
        }
        Ok(Self { subject, control })
    }

    /// Whether the subject transfers where the control does not.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match (self.subject.answer(), self.control.verdict()) {
            (Answer::Fails, _) => Answer::Fails,
            (Answer::Holds, Verdict::Drifts { .. }) if self.apart() => Answer::Holds,
            (Answer::Holds, Verdict::Costs { .. }) => Answer::Holds,
            _ => Answer::Undecided,
        }
    }

    /// For the shell: 0 holds, 1 fails, 3 undecided.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer().exit_code()
    }

    /// A flat subject has no drift to compare; that it costs nothing is all there is to say.
    fn apart(&self) -> bool {
        let flat = self.subject.landscapes().iter().any(|one| one.flat);
        match (self.subject.drift(), self.control.drift()) {
            (Some(subject), Some(control)) => flat || !Interval::from(subject).overlaps(&control.into()),
            _ => false,
        }
    }

    /// The answer in a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (subject, control) = (&self.subject.runs().label, &self.control.runs().label);
        let claim = match (self.answer(), self.subject.answer(), self.control.answer()) {
            (Answer::Holds, ..) => format!("{subject} transfers, {control} does not."),
            (Answer::Fails, ..) => format!("{subject} does not transfer."),
            (_, Answer::Holds, Answer::Holds) => format!("This setting cannot tell: {control} does not drift either."),
            (_, Answer::Holds, Answer::Undecided) => {
                format!("This setting cannot tell: whether {control} drifts is undecided.")
            }
            (_, Answer::Holds, Answer::Fails) => {
                format!("Undecided: the intervals of {subject} and {control} overlap.")
            }
            _ => format!("Undecided: whether {subject} transfers is open."),
        };
        format!("{claim} {} {}", self.subject.sentence(), self.control.sentence())
    }

    /// Writes `transfer.{csv,json,txt,svg,png,html}` into a folder, created if absent; returns the files.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Write`] and [`VerdictError::Figure`], with the file.
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
        let publication = Publication {
            stem: "transfer",
            // SP on the left, as in the paper.
            panels: vec![&self.control, &self.subject],
            answer: self.answer(),
            sentence: self.sentence(),
            rows: rows(&[&self.subject, &self.control]),
        };
        publication::write_to(self, publication, folder, title)
    }
}
