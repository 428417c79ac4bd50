//! Simulated widths on the left, real ones on the right: the paper's Figure 21.

use super::{Diagnosis, Validation};
use crate::{
    Answer,
    publication::Judgment,
    transfer::{Report, rows},
};

impl Judgment for Diagnosis {
    type Panel = Report;

    const STEM: &'static str = "reverse";

    fn panels(&self) -> Vec<&Report> {
        vec![self.report()]
    }

    /// A forecast without validation decides nothing.
    fn answer(&self) -> Answer {
        Answer::Undecided
    }

    fn sentence(&self) -> String {
        self.forecast().join(" ")
    }

    fn rows(&self) -> Vec<Vec<String>> {
        rows(&self.panels())
    }
}

impl Judgment for Validation {
    type Panel = Report;

    const STEM: &'static str = "reverse";

    fn panels(&self) -> Vec<&Report> {
        vec![self.simulated().report(), self.real().report()]
    }

    fn answer(&self) -> Answer {
        self.answer()
    }

    fn sentence(&self) -> String {
        self.sentence()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        rows(&self.panels())
    }
}
