//! The file of a record: JSON beside the digest of its content, so that a flipped digit does not pass for a result.

use std::sync::Arc;

use mup_files::digest_of_json;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::study::files::Digests;
use crate::{Failure, Outcome, Stored, Trial, TrialCurve};

/// Version of the record's form. A newer one is never read as this one.
pub(crate) const RECORD_VERSION: u32 = 2;

/// What a file is.
#[derive(Debug)]
pub(super) enum Content {
    Record(Stored),
    /// What is wrong with it.
    Damaged(String),
    /// Written by a newer program.
    Newer(u32),
}

#[derive(Serialize, Deserialize)]
struct RecordFile {
    digest: String,
    record: Value,
}

/// Version 2.
#[derive(Deserialize)]
struct Measured {
    trial: Trial,
    curve: TrialCurve,
    #[serde(default)]
    failure: Option<Failure>,
    seconds: f64,
    #[serde(default)]
    search: Option<Value>,
    /// Since there are digests of files.
    #[serde(default)]
    files: Digests,
}

/// Version 1 held a judgment, and the trial's place among what was trained.
#[derive(Deserialize)]
struct Judged {
    trial: Trial,
    outcome: Outcome,
    curve: TrialCurve,
    seconds: f64,
}

pub(super) fn encode(stored: &Stored) -> Vec<u8> {
    let Stored { trial, curve, failure, seconds, search, files } = stored;
    let record = json!({
        "version": RECORD_VERSION,
        "id": trial.id(),
        "trial": trial,
        "curve": **curve,
        "failure": failure,
        "seconds": seconds,
        "search": search,
        "files": files,
    });
    let file = RecordFile { digest: digest_of_json(&record), record };
    let mut text = serde_json::to_vec_pretty(&file).expect("bug: JSON is always JSON");
    text.push(b'\n');
    text
}

pub(super) fn parse(content: &[u8]) -> Content {
    let file: RecordFile = match serde_json::from_slice(content) {
        Ok(file) => file,
        Err(error) => return Content::Damaged(no_json(&error)),
    };
    let version = file.record.get("version").and_then(Value::as_u64).unwrap_or(0);
    if version > u64::from(RECORD_VERSION) {
        return Content::Newer(u32::try_from(version).unwrap_or(u32::MAX));
    }
    if file.digest != digest_of_json(&file.record) {
        return Content::Damaged("its content does not match its digest".to_owned());
    }
    let stored = if version == 1 { first_version(file.record) } else { this_version(file.record) };
    stored.map_or_else(|error| Content::Damaged(error.to_string()), Content::Record)
}

/// What is wrong with a file that should be JSON, for people.
pub(super) fn no_json(error: &serde_json::Error) -> String {
    if error.is_eof() && (error.line(), error.column()) <= (1, 0) {
        return "it is empty".to_owned();
    }
    if error.is_eof() { format!("it is truncated, after line {}", error.line()) } else { error.to_string() }
}

fn this_version(record: Value) -> serde_json::Result<Stored> {
    let Measured { trial, curve, failure, seconds, search, files } = serde_json::from_value(record)?;
    Ok(Stored { trial, curve: Arc::new(curve), failure, seconds, search, files })
}

fn first_version(record: Value) -> serde_json::Result<Stored> {
    let Judged { trial, outcome, mut curve, seconds } = serde_json::from_value(record)?;
    let failure = match outcome {
        Outcome::Failed(failure) => Some(failure),
        Outcome::NotFinite { step } => {
            curve.not_finite = Some(step);
            None
        }
        Outcome::Finished { .. } | Outcome::LearnedNothing { .. } | Outcome::AboveStart { .. } => None,
    };
    Ok(Stored { trial, curve: Arc::new(curve), failure, seconds, search: None, files: Digests::new() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::records::Paperwork;
    use crate::{Evaluation, Setting, Smoothing, TrialEnd, Values};

    fn paperwork() -> Paperwork {
        let files = Digests::from([("t.py".to_owned(), "00ff".to_owned())]);
        Paperwork { search: Some(json!({ "seed": 3 })), files }
    }

    fn stored(losses: Vec<f64>) -> Stored {
        let values = Values::default().with("rate", Setting::Number(0.1 + 0.2)).with("n", Setting::Integer(3));
        let trial = Trial { values, seed: u64::MAX, steps: 4, context: Arc::new(json!({ "proxy": { "x": 1e-7 } })) };
        let curve =
            TrialCurve { losses, validation: Some(f64::NAN), flops: Some(f64::INFINITY), ..TrialCurve::default() };
        Stored::new(trial, TrialEnd::from(curve), 0.5, paperwork())
    }

    fn read(content: &[u8]) -> Stored {
        match parse(content) {
            Content::Record(stored) => stored,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_survives_its_file_whatever_the_losses() {
        for losses in [vec![5.0, 0.1 + 0.2, f64::NAN, 1.0], vec![], vec![f64::MAX; 4], vec![-0.0, f64::MIN_POSITIVE]] {
            let stored = stored(losses);
            assert_eq!(read(&encode(&stored)), stored);
        }
        let diverged = read(&encode(&stored(vec![5.0, f64::NAN])));
        assert_eq!(diverged.outcome(Smoothing { last: 1 }), Outcome::NotFinite { step: 1 });
        assert_eq!(diverged.curve.losses.len(), 1);
    }

    /// Any number at all, the odd ones often.
    fn numbers() -> impl Strategy<Value = f64> {
        let odd =
            [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324];
        prop_oneof![proptest::sample::select(odd.to_vec()), any::<u64>().prop_map(f64::from_bits), 0.0..10.0]
    }

    fn texts() -> impl Strategy<Value = String> {
        proptest::collection::vec(any::<char>(), 0..20).prop_map(|letters| letters.into_iter().collect())
    }

    fn curves() -> impl Strategy<Value = TrialCurve> {
        let losses = proptest::collection::vec(numbers(), 0..12);
        let steps = proptest::collection::vec(any::<usize>(), 0..12);
        let evaluations = proptest::collection::vec((any::<usize>(), numbers()), 0..3);
        let counts = (any::<u64>(), any::<u64>(), proptest::option::of(any::<usize>()));
        let numbers = (proptest::option::of(numbers()), proptest::option::of(numbers()));
        let texts = (proptest::option::of(texts()), proptest::collection::vec(texts(), 0..3));
        (losses, steps, evaluations, counts, numbers, texts).prop_map(
            |(losses, steps, evaluations, counts, (validation, flops), (sample, remarks))| {
                let (tokens, parameters, not_finite) = counts;
                let evaluations = evaluations.into_iter().map(|(step, loss)| Evaluation { step, loss }).collect();
                TrialCurve {
                    losses,
                    steps,
                    not_finite,
                    validation,
                    evaluations,
                    tokens,
                    parameters,
                    sample,
                    flops,
                    remarks,
                }
            },
        )
    }

    fn failures() -> impl Strategy<Value = Option<Failure>> {
        let failure = prop_oneof![
            (any::<i32>(), texts()).prop_map(|(code, said)| Failure::Exit { code, said }),
            (any::<i32>(), texts()).prop_map(|(signal, said)| Failure::Signal { signal, said }),
            texts().prop_map(|said| Failure::OutOfMemory { said }),
            any::<u64>().prop_map(|seconds| Failure::TimedOut { seconds }),
            any::<(usize, usize)>().prop_map(|(reported, asked)| Failure::Short { reported, asked }),
            texts().prop_map(|reason| Failure::Malformed { reason }),
        ];
        proptest::option::of(failure)
    }

    proptest! {
        #[test]
        fn whatever_a_run_returns_its_record_reads_back_equal(
            curve in curves(), failure in failures(), seconds in numbers(), elapsed in 0.0..1e9
        ) {
            let trial = stored(Vec::new()).trial;
            let stored = Stored::new(trial, TrialEnd { curve, failure, seconds: Some(seconds) }, elapsed, paperwork());
            prop_assert_eq!(read(&encode(&stored)), stored);
        }
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_noticed() {
        let stored = stored(vec![5.0, 4.0, 3.0, 2.5]);
        let whole = encode(&stored);
        for end in 0..whole.len() - 1 {
            let Content::Damaged(reason) = parse(&whole[..end]) else { panic!("{end}") };
            assert!(reason.contains(if end == 0 { "empty" } else { "truncated" }), "{end}: {reason}");
        }
        for i in 0..whole.len() {
            let mut changed = whole.clone();
            changed[i] ^= 1;
            match parse(&changed) {
                Content::Damaged(reason) => assert!(!reason.is_empty()),
                Content::Newer(version) => assert_eq!(version, 3),
                // White space between tokens is no content.
                Content::Record(read) => assert_eq!(read, stored),
            }
        }
        for content in [&b"null"[..], &[0xff; 64], b"[]", b"{}"] {
            assert!(matches!(parse(content), Content::Damaged(_)));
        }
    }

    /// The bytes with one to four slips of an editor, a disk or a transfer.
    fn mutated(whole: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
        const PIECES: [&str; 14] = [
            "0",
            "-1",
            "1e999",
            "null",
            "[]",
            "{}",
            "\"",
            ",",
            "\0",
            "99999999999999999999",
            "NaN",
            "\n",
            "\\",
            "\u{ff}",
        ];
        let mut bytes = whole.to_vec();
        for _ in 0..=random(4) {
            let at = random(bytes.len() + 1);
            let longest = [1, 8, 200][random(3)];
            let end = (at + random(longest + 1)).min(bytes.len());
            match random(5) {
                0 => drop(bytes.splice(at..end, [])),
                1 => bytes[at..end].iter_mut().for_each(|byte| *byte ^= 1 << random(8)),
                2 => bytes[at..end].reverse(),
                3 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
                _ => drop(bytes.splice(at..end, PIECES[random(PIECES.len())].bytes())),
            }
        }
        bytes
    }

    /// `MUP_MUTATIONS=100000` tries as many.
    #[test]
    fn a_mutated_record_is_the_same_or_damaged_and_never_another_result() {
        use rand_chacha::ChaCha8Rng;
        use rand_chacha::rand_core::{Rng, SeedableRng};
        let tries = std::env::var("MUP_MUTATIONS").map_or(2000, |tries| tries.parse().expect("a number"));
        let mut source = ChaCha8Rng::seed_from_u64(15);
        let mut random = |n: usize| (source.next_u64() % n as u64) as usize;
        let mut stored = stored(vec![5.0, 4.0, 3.0, 2.5]);
        Arc::make_mut(&mut stored.curve).steps = vec![0, 1, 2, 7];
        let whole = encode(&stored);
        let record = serde_json::to_vec(&serde_json::from_slice::<RecordFile>(&whole).unwrap().record).unwrap();
        let (mut damaged, mut signed) = (0, 0);
        for _ in 0..tries {
            let bytes = mutated(&whole, &mut random);
            match parse(&bytes) {
                Content::Damaged(reason) => {
                    damaged += 1;
                    assert!(!reason.is_empty());
                }
                Content::Newer(version) => assert!(version > RECORD_VERSION),
                Content::Record(read) => assert_eq!(read, stored, "{}", String::from_utf8_lossy(&bytes)),
            }
            // By a hand that puts the digest right: whatever it says can be judged and written.
            let Ok(record) = serde_json::from_slice::<Value>(&mutated(&record, &mut random)) else { continue };
            let file = RecordFile { digest: digest_of_json(&record), record };
            if let Content::Record(read) = parse(&serde_json::to_vec(&file).unwrap()) {
                signed += 1;
                let _ = read.outcome(Smoothing { last: 2 });
                encode(&read);
            }
        }
        assert!(damaged > tries / 2 && signed > tries / 100, "{damaged} and {signed} of {tries}");
    }
}
