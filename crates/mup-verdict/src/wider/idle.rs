//! What was not trained is never right: curves that do not cross because there is nothing in them.

use std::fmt;

use serde::Serialize;

use super::{Criteria, Curve, Curves};
use crate::Interval;

/// Why curves that do not cross prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Idle {
    /// The losses of two widths are the same numbers.
    SameCurves {
        /// The narrower one.
        narrow: usize,
        /// The wider one.
        wide: usize,
    },
    /// From the first window to the last, the loss of a width does not fall beyond the noise between seeds.
    NothingLearned {
        /// The narrowest such width.
        width: usize,
    },
}

impl Idle {
    /// The first reason, if there is one.
    pub(crate) fn of(curves: &Curves, criteria: &Criteria) -> Option<Self> {
        let widths = curves.widths();
        let losses = |width| curves.of_width(width).into_iter().map(|curve| &curve.losses).collect::<Vec<_>>();
        if let Some(pair) = widths.windows(2).find(|pair| losses(pair[0]) == losses(pair[1])) {
            return Some(Self::SameCurves { narrow: pair[0], wide: pair[1] });
        }
        let learned = |width: &usize| {
            let falls: Vec<f64> =
                curves.of_width(*width).into_iter().map(|curve| fall(curve, criteria.window)).collect();
            Interval::of_mean(&falls, criteria.confidence).is_some_and(|fall| fall.low > 0.0)
        };
        widths.into_iter().find(|width| !learned(width)).map(|width| Self::NothingLearned { width })
    }
}

/// Mean of the first window minus mean of the last.
fn fall(curve: &Curve, window: usize) -> f64 {
    curve.smooth(window - 1, window) - curve.smooth(curve.losses.len() - 1, window)
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameCurves { narrow, wide } => write!(
                f,
                "the losses of widths {narrow} and {wide} are the same numbers: does the program use the width, and was \
                 anything trained?"
            ),
            Self::NothingLearned { width } => write!(
                f,
                "nothing shows that the loss of width {width} falls from its first window to its last (with one seed, or curves \
                 no longer than a window, nothing can): train longer, add seeds, or, if it does not fall, ask what was trained"
            ),
        }
    }
}
