//! Simulated widths on the left, real ones on the right: the paper's Figure 21.

use plotters::prelude::DrawingBackend;

use super::{Diagnosis, Validation};
use crate::{
    Answer,
    figure::{Area, DrawResult, Pen, Picture},
    publication::Judgment,
    transfer::{draw, rows},
};

impl Picture for Diagnosis {
    fn size(&self) -> (u32, u32) {
        self.report().size()
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B> {
        draw(&[self.report()], area, pen, title)
    }
}

impl Picture for Validation {
    fn size(&self) -> (u32, u32) {
        (1000, 430)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen, title: &str) -> DrawResult<B> {
        draw(&[self.simulated().report(), self.real().report()], area, pen, title)
    }
}

impl Judgment for Diagnosis {
    const STEM: &'static str = "reverse";

    /// A forecast without validation decides nothing.
    fn answer(&self) -> Answer {
        Answer::Undecided
    }

    fn sentence(&self) -> String {
        self.forecast().join(" ")
    }

    fn rows(&self) -> Vec<Vec<String>> {
        rows(&[self.report()])
    }
}

impl Judgment for Validation {
    const STEM: &'static str = "reverse";

    fn answer(&self) -> Answer {
        self.answer()
    }

    fn sentence(&self) -> String {
        self.sentence()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        rows(&[self.simulated().report(), self.real().report()])
    }
}
