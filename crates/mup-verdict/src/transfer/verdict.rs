//! What a drift means, and by what it is judged.

use std::fmt;

use serde::Serialize;

use super::Landscape;
use crate::{Slope, VerdictError};

/// When an optimum counts as staying where it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criteria {
    /// Largest drift that counts as none, in octaves per doubling of width.
    ///
    /// 1/4, because exponents of width come in halves: a rule that misses √width or width moves the optimum by
    /// 1/2 or 1 octave per doubling (SP under Adam: −1). A drift within the tolerance is undecided when its
    /// interval reaches ±1/2, a drift beyond it when the interval reaches 0.
    pub tolerance: f64,
    /// Confidence level of every interval: 95 %, because a transfer check asks one question per parametrization.
    pub confidence: f64,
    /// Smallest relative increase of the loss that counts as a cost: 0.1 % of its size, whatever its sign.
    ///
    /// What costs less than repeating the run with another seed is no cost either; the larger one decides.
    pub negligible: f64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { tolerance: 0.25, confidence: 0.95, negligible: 1e-3 }
    }
}

impl Criteria {
    pub(crate) fn validate(&self) -> Result<(), VerdictError> {
        VerdictError::check_criterion("tolerance", self.tolerance, f64::INFINITY, "(0, ∞)")?;
        VerdictError::check_criterion("confidence", self.confidence, 1.0, "(0, 1)")?;
        VerdictError::check_criterion("negligible", self.negligible, f64::INFINITY, "(0, ∞)")
    }

    pub(crate) fn judge(&self, landscapes: &[Landscape], drift: Option<Slope>, threshold: f64) -> Verdict {
        let undecided = |reason| Verdict::Undecided { reason };
        let seeds = landscapes.iter().map(|one| one.estimates.len()).min().unwrap_or(0);
        if landscapes.len() < 3 {
            return undecided(Reason::TooFewWidths { found: landscapes.len() });
        }
        if seeds < 2 {
            return undecided(Reason::TooFewSeeds { found: seeds });
        }
        if landscapes.iter().any(|one| one.flat) {
            return by_regret(landscapes, threshold);
        }
        if let Some((width, seed)) = landscapes.iter().find_map(Landscape::unbracketed) {
            return undecided(Reason::Unbracketed { width, seed });
        }
        drift.map_or(undecided(Reason::WideInterval), |drift| self.classify(drift))
    }

    fn classify(&self, Slope { value, low, high }: Slope) -> Verdict {
        let beyond = value.abs() > self.tolerance;
        if beyond && (low > 0.0 || high < 0.0) {
            Verdict::Drifts { octaves: value }
        } else if !beyond && low > -2.0 * self.tolerance && high < 2.0 * self.tolerance {
            Verdict::Transfers
        } else {
            Verdict::Undecided { reason: Reason::WideInterval }
        }
    }
}

/// A flat landscape has no optimum that could drift; what counts is whether the proxy's value costs anything.
fn by_regret(landscapes: &[Landscape], threshold: f64) -> Verdict {
    let regrets = || landscapes.iter().filter_map(|one| one.regret.map(|regret| (one.width, regret)));
    if let Some((width, regret)) = regrets().find(|(_, regret)| regret.low > threshold) {
        return Verdict::Costs { width, regret: regret.value };
    }
    let all_cheap = regrets().count() == landscapes.len() && regrets().all(|(_, regret)| regret.high <= threshold);
    let blind = landscapes.iter().find(|one| !one.dependent);
    match (all_cheap, blind) {
        (false, _) => Verdict::Undecided { reason: Reason::FlatAndNoisy },
        (true, Some(one)) => Verdict::Undecided { reason: Reason::NoEffect { width: one.width } },
        (true, None) => Verdict::Transfers,
    }
}

/// What became of the optimum as width grew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    /// It stays, or any value will do and the proxy's costs nothing.
    Transfers,
    /// It moves.
    Drifts {
        /// Per doubling of width.
        octaves: f64,
    },
    /// Some landscape is flat, so that no drift can be stated, yet the proxy's value costs more than seeds differ.
    Costs {
        /// Where.
        width: usize,
        /// Loss at the transferred value minus loss at the width's own optimum.
        regret: f64,
    },
    /// The runs allow both.
    Undecided {
        /// Why.
        reason: Reason,
    },
}

/// Why runs do not decide, each with its remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// A line through two widths has no error.
    TooFewWidths {
        /// How many there are.
        found: usize,
    },
    /// One seed does not tell a drift from noise.
    TooFewSeeds {
        /// The fewest at any width.
        found: usize,
    },
    /// The lowest loss lies on the edge of the grid.
    Unbracketed {
        /// Where.
        width: usize,
        /// Where.
        seed: u64,
    },
    /// The interval reaches the other conclusion.
    WideInterval,
    /// The landscape is flat, and what the proxy's value costs is drowned by the noise of seeds.
    FlatAndNoisy,
    /// Nowhere on the grid does the loss depend on the value: what costs nothing because nothing was trained is no
    /// transfer.
    NoEffect {
        /// The narrowest such width.
        width: usize,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewWidths { found } => write!(f, "{found} sizes are too few, add one"),
            Self::TooFewSeeds { found } => write!(f, "{found} seed is too few, add one"),
            Self::Unbracketed { width, seed } => {
                write!(f, "the optimum at {width}, seed {seed} lies on the edge of its grid, extend it")
            }
            Self::WideInterval => f.write_str("the interval is too wide, add seeds or sizes"),
            Self::NoEffect { width } => write!(
                f,
                "nowhere on its grid does the loss at {width} depend on the value: was anything trained, and does the \
                 program use the value? If so, widen the grid"
            ),
            Self::FlatAndNoisy => f.write_str("the landscape is flat and noisy, widen the grid or add seeds"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfers => f.write_str("transfers"),
            Self::Drifts { .. } => f.write_str("drifts"),
            Self::Costs { width, regret } => write!(f, "costs {regret:.3} of loss at {width}"),
            Self::Undecided { reason } => write!(f, "undecided: {reason}"),
        }
    }
}
