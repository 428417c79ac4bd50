//! How figures and tables show a parametrization: its color and its short name.

use mup_figure::plotters::style::RGBColor;

/// Blue for µP, vermilion for SP: distinct for color-blind eyes (Okabe & Ito).
pub(super) const MUP: RGBColor = RGBColor(0, 114, 178);
pub(super) const STANDARD: RGBColor = RGBColor(213, 94, 0);

/// The name of a parametrization as the paper writes it.
pub(super) fn short_name(parametrization: &str) -> &str {
    match parametrization {
        "standard" => "SP",
        "mup" => "µP",
        other => other,
    }
}
