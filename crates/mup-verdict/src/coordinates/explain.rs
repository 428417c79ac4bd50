//! What a verdict means, what usually causes it, and what would settle an open one.

use super::{Criteria, Quantity, Report, Source, Summary, Verdict};
use crate::interval::student;

/// Rows with one explanation.
pub(crate) struct Note {
    pub(crate) verdict: Verdict,
    /// Names of the rows, with what would decide them if they are open.
    pub(crate) rows: Vec<String>,
    pub(crate) text: &'static str,
}

/// Explains every row that decides and is not flat, worst first; and, once, the rows without a claim.
pub(crate) fn notes(report: &Report) -> Vec<Note> {
    let mut rows: Vec<&Summary> = report.deciding().filter(|summary| summary.verdict != Verdict::Flat).collect();
    let key = |row: &Summary| (std::cmp::Reverse(row.verdict), row.quantity, may_be_logits(row, report));
    rows.sort_by_key(|summary| key(summary));
    let mut notes: Vec<Note> =
        rows.chunk_by(|a, b| text(a, report) == text(b, report)).map(|group| note(group, report)).collect();
    let unclaimed = report.summaries().iter().find(|summary| summary.verdict == Verdict::NoClaim);
    notes.extend(unclaimed.map(|summary| Note {
        verdict: summary.verdict,
        rows: Vec::new(),
        text: text(summary, report),
    }));
    notes
}

fn note(group: &[&Summary], report: &Report) -> Note {
    let sizes = [report.widths().len(), report.n_seeds()];
    let name = |summary: &&Summary| {
        let name = format!("{} {}", summary.module, summary.symbol());
        match summary.verdict {
            Verdict::Undecided => format!("{name}: {}", what_decides(summary, report.criteria(), sizes)),
            _ => name,
        }
    };
    Note { verdict: group[0].verdict, rows: group.iter().map(name).collect(), text: text(group[0], report) }
}

fn text(summary: &Summary, report: &Report) -> &'static str {
    if let Some(text) = along_depth(summary) {
        return text;
    }
    match (summary.verdict, summary.quantity) {
        (Verdict::NotFinite, _) => {
            "NaN or infinite at some width. Usually the learning rate is too large for that width, which is what a \
             rate that ignores width comes to in a wide model."
        }
        (Verdict::Grows, Quantity::Value) => {
            "Grows with width before any training. Usually an initialization whose variance does not shrink like \
             1/fan-in, a fan-in taken from the wrong axis, or a forward multiplier that is missing."
        }
        (Verdict::Grows, Quantity::Change) => {
            "An update changes it more the wider the model is. Usually a learning rate that does not shrink with \
             fan-in (hidden and output weights under Adam), or a readout or attention logits without their \
             multiplier; a module may also grow because one before it does, so start with the first in this list."
        }
        (Verdict::Vanishes, Quantity::Value) if may_be_logits(summary, report) => {
            "Shrinks with width before any training, and has the same number of values at every width. If it is the model's \
             output or attention logits, it may: report it with `probe.observe_logits` instead of `observe` (or name it in \
             `Criteria::transients`). Else it must not: usually a forward multiplier that is applied twice, or a layer \
             inside the model that the plan takes for a readout (keys and values of a fixed number of heads: declare them \
             with ParamSpec::inner)."
        }
        (Verdict::Vanishes, Quantity::Value) => {
            "Shrinks with width before any training. Usually an initialization whose variance shrinks faster than \
             1/fan-in, or a forward multiplier that is applied twice."
        }
        (Verdict::Vanishes, Quantity::Change) => {
            "An update changes it less the wider the model is: this part stops learning in the limit. Usually a \
             learning rate that is divided by width where it must not be (input weights and biases under Adam) or \
             not multiplied by it (the same under SGD), or gradients that a multiplier makes too small. If only the \
             logits do, it may be the noise of a random readout, Θ(1/√n): let the readout start at zero or at a \
             quarter of its size."
        }
        (Verdict::Undecided, _) => "The interval allows both flat and not.",
        (Verdict::Transient, _) => {
            "Logits before training: with random weights these are sums of n independent terms over n, which shrink as \
             1/√n; training replaces them by correlated sums, so their change may not shrink."
        }
        (Verdict::Zero, _) => {
            "Zero at every width and seed, so that there is no slope. Usually a readout or query that starts at \
             zero, or what waits for it; a change that stays zero means that nothing trains it."
        }
        (Verdict::NoClaim, _) => {
            "Reported without a claim: parameters and gradients have exponents that depend on role, initialization \
             and optimizer, and a signed mean may be noise around 0. They help to find the cause of another row."
        }
        (Verdict::Flat, _) => "Keeps its size as width grows.",
    }
}

/// What a verdict along depth means.
fn along_depth(summary: &Summary) -> Option<&'static str> {
    Some(match (summary.source, summary.verdict) {
        (Source::Stream, Verdict::Grows) => {
            "A small step of the blocks moves the stream's end more the deeper the model is. Usually rules of width alone; a \
             rate inside branches without m_L^(α−1), or one of closing maps without m_L^(α−1), in the plain form 1/m_L."
        }
        (Source::Stream, Verdict::Vanishes) => {
            "A small step of the blocks moves the stream's end less the deeper the model is. Usually a rate that is divided by \
             depth twice; where ε is as large as gradients are (1e-8 is not), one that does not follow them down."
        }
        (Source::Branches, Verdict::Grows) => {
            "The sum of the branches at the start grows faster than the rules' α has it, m_L^(½−α), and without rules it must not \
             grow. Usually branches without m_L^−α: no layer multiplies them, and the maps that close them (or the norm behind) \
             start as in the base."
        }
        (Source::Branches, Verdict::Vanishes) => {
            "The sum of the branches at the start falls faster than the rules' α has it, m_L^(½−α). Usually GPT-2's 1/√(2L) of the \
             model's own depth, left in beside the plan's factor; or a branch that is multiplied twice. A first step hardly shows \
             it."
        }
        (Source::Stream | Source::Branches, Verdict::NotFinite) => {
            "NaN or infinite at some depth: the blocks' sum is too large for its own start."
        }
        (Source::Branches, Verdict::Zero) => {
            "Zero at every depth: the maps that close the branches start at zero, so that nothing is claimed of their sum."
        }
        (Source::Stream | Source::Branches, Verdict::Flat) => "Keeps its size as blocks are added.",
        _ => return None,
    })
}

/// A fixed number of values, as the readout and attention logits have it, and not reported as such.
fn may_be_logits(summary: &Summary, report: &Report) -> bool {
    summary.source == Source::Activation && report.keeps_length(summary) != Some(false)
}

/// More seeds narrow the interval like 1/√seeds; the margin is what it must not reach (see `Criteria::tolerance`).
fn what_decides(summary: &Summary, criteria: &Criteria, [n_widths, n_seeds]: [usize; 2]) -> String {
    let grows = summary.source.grows();
    let Some(slope) = summary.slope else {
        return "zero in some trials, so that it has no logarithm there; more steps, or a start that is not zero, would \
                decide"
            .to_owned();
    };
    let half_width = (slope.high - slope.value).max(slope.value - slope.low);
    if !half_width.is_finite() {
        return format!("two points fix a line but not its error; more seeds, or a third {grows}, would decide");
    }
    if n_seeds == 1 {
        let errors = student(n_widths as f64 - 2.0, 0.5 + criteria.confidence / 2.0);
        return format!(
            "one seed at {n_widths} {grows}s says so little of its noise that the interval is ±{errors:.0} standard errors; \
             three seeds or more would decide"
        );
    }
    let size = slope.value.abs();
    let margin = if size <= criteria.tolerance { 2.0 * criteria.tolerance - size } else { size };
    let needed = (n_seeds as f64 * (half_width / margin).powi(2)).ceil().max(n_seeds as f64 + 1.0);
    format!(
        "about {needed} seeds instead of {n_seeds} would decide if seeds scatter, more and larger {grows}s if the curve bends"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Criteria, Quantity, Source, Summary, Verdict};
    use super::what_decides;
    use crate::Slope;

    fn undecided(slope: Option<Slope>) -> String {
        let (module, verdict) = ("x".to_owned(), Verdict::Undecided);
        let summary = Summary {
            module,
            source: Source::Activation,
            quantity: Quantity::Change,
            slope,
            verdict,
            findings: Vec::new(),
        };
        what_decides(&summary, &Criteria::default(), [4, 3])
    }

    #[test]
    fn seeds_needed_grow_like_the_square_of_the_interval() {
        // Half width 1 against a margin of 0.5 − 0: four times the seeds.
        assert!(undecided(Some(Slope { value: 0.0, low: -1.0, high: 1.0 })).contains("about 12 seeds instead of 3"));
        // A slope of 0.4 must exclude 0: half width 0.5 against 0.4.
        assert!(undecided(Some(Slope { value: 0.4, low: -0.1, high: 0.9 })).contains("about 5 seeds instead of 3"));
    }

    #[test]
    fn without_an_interval_or_a_slope_something_else_decides() {
        let two_points = Slope { value: 0.4, low: f64::NEG_INFINITY, high: f64::INFINITY };
        assert!(undecided(Some(two_points)).contains("third width"));
        assert!(undecided(None).contains("more steps"));
    }
}
