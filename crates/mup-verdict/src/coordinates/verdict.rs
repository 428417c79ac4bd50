//! What a slope means.

use std::fmt;

use mup_shapes::PathPattern;
use serde::{Deserialize, Serialize};

use super::{CheckError, Quantity, Source, Statistic};
use crate::Slope;

/// What the growth of one statistic in width means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Zero at every width and seed: nothing to fit. Zero-initialized readouts and queries, and what has not
    /// moved yet because of them.
    Zero,
    /// Reported without a claim: parameters, gradients and signed means have no exponent that would be right, and
    /// about [`Criteria::unclaimed`] nothing is said.
    NoClaim,
    /// Stays Θ(1) as width grows.
    Flat,
    /// Logits that shrink with width before training, as theory says that they may: see [`Source::Logits`].
    Transient,
    /// The interval allows both flat and not: add seeds or widths.
    Undecided,
    /// Shrinks with width.
    Vanishes,
    /// Grows with width.
    Grows,
    /// NaN or infinite at some width.
    NotFinite,
}

impl Verdict {
    /// Whether the verdict says that the parametrization is wrong.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Vanishes | Self::Grows | Self::NotFinite)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Zero => "zero",
            Self::NoClaim => "no claim",
            Self::Flat => "flat",
            Self::Transient => "transient",
            Self::Undecided => "undecided",
            Self::Vanishes => "vanishes",
            Self::Grows => "grows",
            Self::NotFinite => "not finite",
        })
    }
}

/// When a slope counts as flat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criteria {
    /// The statistic that decides; the others are judged and reported, but do not decide.
    pub statistic: Statistic,
    /// Largest absolute slope that counts as flat.
    ///
    /// 1/4, because exponents of width come in halves: a missing factor of √width or width gives ±1/2 or ±1, and
    /// a slope counts as the nearest of these, provided that its interval excludes the next one. A slope within
    /// the tolerance is undecided when the interval reaches twice the tolerance, a slope beyond it when the
    /// interval reaches 0.
    pub tolerance: f64,
    /// Confidence level of the interval: 99 %, because a check has dozens of rows, and at 95 % one in twenty would
    /// miss the truth by chance.
    pub confidence: f64,
    /// Activations that may shrink with width before training, as what is reported as
    /// [logits](Source::Logits) may: with random weights the readout and a query·key product over a growing head are sums
    /// of n independent terms divided by n, which is Θ(1/√n). Training replaces them by correlated sums, Θ(1).
    ///
    /// None by default, since a name does not tell: for a model whose forward pass is not yours, or that grows where
    /// others do not (only d_ffn: the second matrix of the branch is a readout then).
    ///
    /// # Reference
    ///
    /// Tensor Programs V, arXiv:2203.03466v2, Appendix D.2: "the initial Gaussian process" of logits and
    /// attention logits.
    pub transients: Vec<PathPattern>,
    /// Activations about which nothing is claimed: reported with their slope, they do not decide. None by default;
    /// say why when you add one.
    pub unclaimed: Vec<PathPattern>,
}

impl Default for Criteria {
    fn default() -> Self {
        Self {
            statistic: Statistic::MeanAbs,
            tolerance: 0.25,
            confidence: 0.99,
            transients: Vec::new(),
            unclaimed: Vec::new(),
        }
    }
}

impl Criteria {
    /// Whether they decide anything.
    ///
    /// # Errors
    ///
    /// [`CheckError::Criterion`] with the first that does not.
    pub fn validate(&self) -> Result<(), CheckError> {
        let positive = self.tolerance.is_finite() && self.tolerance > 0.0;
        if !positive {
            return Err(CheckError::Criterion { name: "tolerance", range: "(0, ∞)", value: self.tolerance });
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(CheckError::Criterion { name: "confidence", range: "(0, 1)", value: self.confidence });
        }
        Ok(())
    }

    /// Judges the values of one statistic over widths and seeds.
    pub(crate) fn judge(
        &self,
        module: &str,
        source: Source,
        quantity: Quantity,
        statistic: Statistic,
        points: &[(usize, f64)],
    ) -> (Option<Slope>, Verdict) {
        if points.iter().any(|(_, value)| !value.is_finite()) {
            return (None, Verdict::NotFinite);
        }
        if points.iter().all(|(_, value)| *value == 0.0) {
            return (None, Verdict::Zero);
        }
        let sizes: Vec<(usize, f64)> = points.iter().map(|(width, value)| (*width, value.abs())).collect();
        let slope = Slope::fit(&sizes, self.confidence);
        let verdict = match &slope {
            _ if !(source.decides() && statistic.has_claim() && self.claims(module)) => Verdict::NoClaim,
            Some(slope) => self.classify(module, (source, quantity), slope),
            None => Verdict::Undecided,
        };
        (slope, verdict)
    }

    pub(crate) fn claims(&self, module: &str) -> bool {
        !self.unclaimed.iter().any(|pattern| pattern.matches(module))
    }

    /// What the growth of an activation or input means.
    pub(crate) fn classify(&self, module: &str, (source, quantity): (Source, Quantity), slope: &Slope) -> Verdict {
        let Slope { value, low, high } = *slope;
        let is_logits = source == Source::Logits || self.transients.iter().any(|known| known.matches(module));
        let may_shrink = is_logits && quantity == Quantity::Value;
        let tolerance = self.tolerance;
        if value > tolerance && low > 0.0 {
            Verdict::Grows
        } else if value < -tolerance && high < 0.0 {
            if may_shrink { Verdict::Transient } else { Verdict::Vanishes }
        } else if value.abs() <= tolerance && low > -2.0 * tolerance && high < 2.0 * tolerance {
            Verdict::Flat
        } else {
            Verdict::Undecided
        }
    }
}
