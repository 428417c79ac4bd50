//! What the figures of the verdicts add to [`mup_figure`]: panels side by side, and their axis of exponents.

mod exponents;
mod panels;

pub(crate) use exponents::Exponents;
pub(crate) use panels::{Panel, Panels, Widths, chart};
