//! Two arms compared by pairs of one seed, in the words that docs/experiment.md fixed before there were results.

use std::fmt;

use mup_verdict::Interval;
use serde::Serialize;

use super::arms::Arm;

/// What half an octave of rate costs: a difference that is not more is none that would be tuned for.
pub(crate) const MARGIN: f64 = 0.02;
const CONFIDENCE: f64 = 0.95;

/// Losses of one arm minus those of another, by seed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) of: String,
    pub(crate) with: String,
    /// Of the pairs in which both finished.
    pub(crate) differences: Vec<f64>,
    pub(crate) interval: Option<Interval>,
    /// Runs that diverged among the pairs, of either.
    pub(crate) diverged: [usize; 2],
    pub(crate) word: Word,
}

/// What the interval says of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    Better,
    NotWorse,
    Undecided,
    Worse,
}

impl Comparison {
    /// None as long as no seed has ended in both.
    pub(crate) fn of(one: &Arm, other: &Arm) -> Option<Self> {
        let others = other.losses();
        let pair = |(seed, loss): (u64, f64)| Some([loss, others.iter().find(|(known, _)| *known == seed)?.1]);
        let pairs: Vec<[f64; 2]> = one.losses().into_iter().filter_map(pair).collect();
        if pairs.is_empty() {
            return None;
        }
        let diverged = [0, 1].map(|side| pairs.iter().filter(|pair| pair[side].is_infinite()).count());
        let finished = pairs.iter().filter(|pair| pair.iter().all(|loss| loss.is_finite()));
        let differences: Vec<f64> = finished.map(|[one, other]| one - other).collect();
        let interval = Interval::of_mean(&differences, CONFIDENCE);
        let word = Word::of(interval, diverged);
        Some(Self { of: one.what.clone(), with: other.what.clone(), differences, interval, diverged, word })
    }
}

impl Word {
    fn of(interval: Option<Interval>, [of_one, of_other]: [usize; 2]) -> Self {
        match interval {
            _ if of_one > of_other => Self::Worse,
            _ if of_one < of_other => Self::Better,
            Some(interval) if interval.high < 0.0 => Self::Better,
            Some(interval) if interval.low > 0.0 => Self::Worse,
            Some(interval) if interval.high <= MARGIN => Self::NotWorse,
            _ => Self::Undecided,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "better",
            Self::NotWorse => "not worse",
            Self::Undecided => "undecided",
            Self::Worse => "worse",
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, with, differences, interval, diverged: [one, other], word } = self;
        let each: Vec<String> = differences.iter().map(|difference| format!("{difference:+.4}")).collect();
        write!(f, "- {of} − {with}: ")?;
        match interval {
            Some(Interval { value, low, high }) if low.is_finite() => write!(f, "{value:+.4} [{low:+.4}, {high:+.4}]")?,
            Some(Interval { value, .. }) => write!(f, "{value:+.4}, one pair and so no interval")?,
            None => f.write_str("no pair finished")?,
        }
        write!(f, " ({}): **{word}**", each.join(", "))?;
        if one + other > 0 {
            write!(f, "; {one} and {other} diverged")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::arms::tests::ended;
    use super::*;

    fn word(one: &[Option<f64>], other: &[Option<f64>]) -> Word {
        Comparison::of(&ended("one", one), &ended("other", other)).expect("pairs").word
    }

    #[test]
    fn the_words_are_those_of_the_design() {
        let other = [Some(2.0); 3];
        // Student's t of 2 degrees of freedom: ±4.3027·s/√3.
        assert_eq!(word(&[Some(1.95), Some(1.96), Some(1.94)], &other), Word::Better);
        assert_eq!(word(&[Some(2.05), Some(2.06), Some(2.04)], &other), Word::Worse);
        assert_eq!(word(&[Some(1.995), Some(2.0), Some(2.005)], &other), Word::NotWorse);
        assert_eq!(word(&[Some(1.9), Some(2.0), Some(2.05)], &other), Word::Undecided);
        assert_eq!(word(&[Some(1.0)], &other), Word::Undecided, "one pair has no interval");
    }

    #[test]
    fn who_diverges_more_often_is_worse_whatever_the_others_say() {
        let (best, one) = ([Some(1.0); 3], [Some(1.0), None, Some(1.0)]);
        assert_eq!([word(&one, &[Some(2.0); 3]), word(&best, &one)], [Word::Worse, Word::Better]);
        let both = Comparison::of(&ended("one", &one), &ended("other", &one)).expect("pairs");
        assert_eq!((both.word, both.differences.len()), (Word::NotWorse, 2));
        assert!(both.to_string().ends_with("**not worse**; 1 and 1 diverged"), "{both}");
    }

    #[test]
    fn pairs_are_of_one_seed_and_without_a_common_one_nothing_is_said() {
        let mut late = ended("late", &[Some(5.0), Some(1.0)]);
        late.runs.remove(0);
        let pair = Comparison::of(&late, &ended("other", &[Some(9.0), Some(3.0)])).expect("one pair");
        assert_eq!(pair.differences, [-2.0]);
        assert!(Comparison::of(&late, &ended("first", &[Some(1.0)])).is_none());
    }
}
