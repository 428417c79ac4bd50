//! Output as programs really write it.

use std::cell::RefCell;
use std::fs;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::{Outcome, Smoothing};

/// Reads output as it comes; the reports and what the log keeps.
fn read_parts(steps: usize, parts: &[&[u8]]) -> (Reports, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let seen = RefCell::new(Vec::new());
    let on_step = |step, loss: f64| seen.borrow_mut().push((step, loss.to_bits()));
    let mut output = Output::new(steps, File::options().create(true).append(true).open(&path).unwrap(), &on_step);
    for part in parts {
        output.take(part);
    }
    let reports = output.end();
    let TrialCurve { losses, steps, .. } = &reports.curve;
    let taken: Vec<(usize, u64)> = steps.iter().copied().zip(losses.iter().map(|loss| loss.to_bits())).collect();
    // Those that turn out to be none of a step were shown before that.
    let others = reports.curve.remarks.iter().any(|remark| [BESIDE, FEWER_STEPS].contains(&remark.as_str()));
    if !others {
        assert_eq!(seen.into_inner(), taken, "each loss is shown, once");
    }
    (reports, fs::read_to_string(path).unwrap())
}

fn read(text: &str) -> Reports {
    read_parts(3, &[text.as_bytes()]).0
}

const THREE: &str = "{\"step\": 0, \"loss\": 5.0}\n{\"step\": 1, \"loss\": 4.5}\n{\"step\": 2, \"loss\": 4.0}\n";

fn assert_three(text: &str) {
    let reports = read(text);
    assert_eq!(reports.curve.losses, [5.0, 4.5, 4.0], "{text}");
    assert_eq!((&reports.refused, &reports.unread), (&None, &None), "{text}");
}

#[test]
fn losses_come_in_order_and_what_is_not_for_us_is_skipped() {
    let (reports, log) = read_parts(
        20,
        &[
            b"loading data\n{\"step\": 0, \"loss\": 5.0}\n  {\"step\": 10, \"loss\": 4, \"rate\": 0.1}\n",
            b"{\"tokens\": 512, \"parameters\": 7, \"flops\": 1e9, \"validation\": 3.5, \"sample\": \"a\\nb\"}",
        ],
    );
    let TrialCurve { losses, steps, tokens, parameters, flops, validation, sample, .. } = reports.curve;
    assert_eq!((losses, steps), (vec![5.0, 4.0], vec![0, 10]));
    assert_eq!((tokens, parameters, flops, validation), (512, 7, Some(1e9), Some(3.5)));
    assert_eq!(sample.as_deref(), Some("a\nb"));
    assert_eq!((reports.refused, reports.unread, reports.mentioned), (None, None, None));
    assert_eq!(log, "loading data\n", "reports are in the record");
}

#[test]
fn a_report_is_found_wherever_it_stands_in_a_line() {
    assert_three(THREE);
    for before in [
        "\r  0%|   | 0/3 [00:00<00:03,  1.01it/s]",
        "2026-11-27 00:00:00 | INFO | ",
        "\u{feff}",
        "\u{1b}[32mINFO\u{1b}[0m train.py:12: ",
        "\u{1b}]8;;file:///x\u{7}log\u{1b}]8;;\u{7} ",
        "[rank0]: ",
        "a { b { ",
        "{\"x: ",
        "\0\0\0",
    ] {
        for after in ["\n", "\r\n", " <- epoch 1\n", "}\n", "\u{1b}[0m\n"] {
            assert_three(&THREE.lines().map(|line| format!("{before}{line}{after}")).collect::<String>());
        }
    }
    assert_three(&THREE.replace('\n', " "));
    assert_three(&THREE.replace('\n', "\r"));
    assert_three(THREE.trim_end());
    assert_three(&THREE.replace("5.0", "\u{1b}[36m5.0\u{1b}[0m"));
    let raw = [&b"\xff\xfe caf\xe9 "[..], THREE.as_bytes()].concat();
    assert_eq!(read_parts(3, &[&raw]).0.curve.losses.len(), 3, "whatever its encoding");
}

#[test]
fn a_report_that_comes_byte_by_byte_is_the_same() {
    let text = THREE.replace('{', "é {");
    let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
    assert_eq!(read_parts(3, &bytes).0.curve.losses, [5.0, 4.5, 4.0]);
}

#[test]
fn what_is_not_finite_is_divergence_however_it_is_written() {
    let spellings = "NaN nan -nan NAN +nan -NaN nan(ind) -nan(ind) 1.#QNAN -1.#IND inf -inf +Inf Inf INF Infinity \
                     -Infinity 1.#INF 1e999 -1e999 null None \"NaN\" \"nan\" \"-inf\" \"Infinity\" NaN32";
    for spelling in spellings.split_ascii_whitespace() {
        let reports =
            read(&format!("{{\"step\": 0, \"loss\": 5}}\n{{\"step\": 1, \"loss\": {spelling}}}\n{{\"loss\": 4}}"));
        assert!(reports.diverged && reports.refused.is_none() && reports.unread.is_none(), "{spelling}");
        let outcome = Outcome::judge(&reports.curve.storable(), Smoothing { last: 1 });
        assert_eq!(outcome, Outcome::NotFinite { step: 1 }, "{spelling}");
    }
}

#[test]
fn what_println_of_rust_writes_is_read_bit_by_bit() {
    for loss in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1 + 0.2, 1e-300, 1e300, -0.0] {
        let reports = read(&format!("{{\"step\": {}, \"loss\": {loss}}}", 0));
        let read = reports.curve.losses[0];
        assert!(read.to_bits() == loss.to_bits() || read.is_nan() && loss.is_nan(), "{loss}: {read}");
    }
}

#[test]
fn paperwork_never_fails_a_training() {
    for (line, remarks) in [
        (r#"{"tokens": 100000.0, "parameters": 1e3, "flops": 1e15, "validation": 3}"#, 0),
        (r#"{"tokens": null, "parameters": null, "flops": null, "validation": null, "sample": null}"#, 0),
        (r#"{"tokens": NaN, "parameters": inf, "flops": Infinity, "validation": "nan"}"#, 0),
        (r#"{"flops": "nan", "tokens": "512"}"#, 0),
        (r#"{"tokens": 0.5, "parameters": -1, "flops": "many", "validation": [1], "sample": 3}"#, 5),
        (r#"{"tokens": 123456789012345678901234567890}"#, 1),
        (r#"{"sample": "what a byte model says \ud83d"}"#, 0),
        (r#"{"level": "info", "event": "Using 1 GPU", "loss_fn": "ce"}"#, 0),
        (r#"{"config": {"loss": "ce", "steps": 3}, "tokens": 1, "tokens": 2}"#, 0),
    ] {
        let reports = read(&format!("{THREE}{line}"));
        assert_eq!((reports.refused, reports.unread), (None, None), "{line}");
        assert_eq!(reports.curve.losses.len(), 3);
        assert_eq!(reports.curve.remarks.len(), remarks, "{line}: {:?}", reports.curve.remarks);
        let curve = reports.curve.storable();
        assert!(curve.flops.is_none_or(f64::is_finite) && curve.validation.is_none_or(f64::is_finite), "{line}");
    }
    let many = (0..1000).map(|n| format!("{{\"tokens\": {n}.5}}\n")).collect::<String>();
    assert_eq!(read(&many).curve.remarks.len(), REMARKS);
}

#[test]
fn steps_may_be_floats_texts_or_absent() {
    for steps in [["0.0", "1.0", "2e0"], ["\"0\"", "\"1\"", "\"2\""], ["null", "null", "null"]] {
        let line = |(step, loss): (&str, f64)| format!("{{\"step\": {step}, \"loss\": {loss}}}\n");
        assert_three(&steps.into_iter().zip([5.0, 4.5, 4.0]).map(line).collect::<String>());
    }
}

#[test]
fn losses_without_a_step_beside_others_with_one_are_no_training_steps() {
    let validation = "{\"loss\": 9.5, \"split\": \"validation\"}\n";
    let not_finite = "{\"loss\": NaN}\n{\"loss\": 9, \"step\": null}\n";
    for other in [validation, not_finite, "{\"loss\": null}\n"] {
        for text in [
            format!("{other}{THREE}"),
            format!("{THREE}{other}{other}"),
            THREE.replace('\n', &format!("\n{other}")),
            format!("{other}{other}{}", THREE.replace('\n', &format!("\n{other}"))),
        ] {
            let reports = read(&text);
            assert_eq!(reports.curve.losses, [5.0, 4.5, 4.0], "{text}");
            assert_eq!((&reports.refused, reports.diverged), (&None, false), "{text}");
            let remarks = &reports.curve.remarks;
            assert!(remarks.len() == 1 && remarks[0].contains("without `step`"), "{text}: {remarks:?}");
        }
    }
    let none = THREE.replace("\"step\": ", "\"epoch\": ");
    assert_eq!(read(&none).curve.remarks, [""; 0], "as many as were asked for are the steps");
}

#[test]
fn losses_without_a_step_are_the_trainings_where_those_with_one_are_a_summary() {
    let plain: String = (0..20).map(|step| format!("{{\"loss\": {}}}\n", 40 - step)).collect();
    let summary = "{\"step\": 20, \"loss\": 2.5}\n";
    for text in [format!("{plain}{summary}"), format!("{summary}{plain}")] {
        let (reports, _) = read_parts(20, &[text.as_bytes()]);
        assert_eq!((reports.curve.losses.len(), reports.curve.losses[19], reports.beside), (20, 21.0, false), "{text}");
        let remarks = &reports.curve.remarks;
        assert!(remarks.len() == 1 && remarks[0].contains("too few others"), "{remarks:?}");
    }
    // Neither is a run: those with a step are the training's, of which too few came.
    let (reports, _) = read_parts(30, &[format!("{plain}{summary}").as_bytes()]);
    assert_eq!((reports.curve.losses, reports.beside), (vec![2.5], true));
}

#[test]
fn a_loss_that_is_no_number_and_comes_without_its_step_ends_a_run() {
    let two = "{\"step\": 0, \"loss\": 5.0}\n{\"step\": 1, \"loss\": 4.5}\n";
    for nan in ["{\"loss\": NaN}\n", "{\"loss\": null}\n{\"loss\": 3}\n", "{\"loss\": 6}\n{\"loss\": inf}\n"] {
        let reports = read(&format!("{two}{nan}"));
        let outcome = Outcome::judge(&reports.curve.storable(), Smoothing { last: 1 });
        assert_eq!((outcome, reports.diverged), (Outcome::NotFinite { step: 2 }, true), "{nan}");
        // A validation's, after which training goes on, and ends early for another reason.
        let reports = read_parts(4, &[format!("{two}{nan}{{\"step\": 2, \"loss\": 4}}").as_bytes()]).0;
        assert_eq!((reports.curve.losses.len(), reports.diverged), (3, false), "{nan}");
    }
}

#[test]
fn more_losses_than_steps_and_none_with_its_step_are_remarked() {
    let plain = "{\"loss\": 5.0}\n{\"loss\": 4.5}\n{\"loss\": 4.0}\n";
    let reports = read(&format!("{plain}{{\"loss\": 9.5, \"split\": \"validation\"}}"));
    assert_eq!(reports.curve.losses.len(), 4);
    assert!(reports.curve.remarks[0].contains("print `step`"), "{:?}", reports.curve.remarks);
    assert_eq!(read(&format!("{THREE}{{\"step\": 3, \"loss\": 3}}")).curve.remarks, [""; 0], "told by its steps");
}

#[test]
fn losses_that_are_not_those_of_one_run_are_refused_with_the_line() {
    for (lines, said) in [
        ("{\"step\": -1, \"loss\": 1}", "`step` that is no count"),
        ("{\"step\": 0.5, \"loss\": 1}", "`step` that is no count"),
        ("{\"step\": 1e300, \"loss\": 1}", "`step` that is no count"),
        ("{\"step\": nan, \"loss\": 1}", "`step` that is no count"),
        (
            "{\"step\": 0, \"loss\": 1}\n{\"step\": 0, \"loss\": 1.1}\n{\"step\": 1, \"loss\": 1}",
            "step 0 after step 0 (let one process report",
        ),
        ("{\"step\": 9, \"loss\": 1}\n{\"step\": 4, \"loss\": 1}", "step 4 after step 9"),
    ] {
        let (reports, log) = read_parts(3, &[lines.as_bytes()]);
        let reason = reports.refused.expect(lines);
        assert!(reason.contains(said), "{reason}");
        assert!(log.contains(lines.lines().last().unwrap()), "the log has what was refused: {log}");
    }
}

#[test]
fn a_loss_that_is_no_number_is_no_report_and_is_remarked() {
    for line in [
        r#"{"lr": 0.1, "loss": "cross_entropy"}"#,
        r#"{"loss": {"name": "mse"}}"#,
        r#"{"loss": [1]}"#,
        r#"{"loss": true}"#,
    ] {
        for text in
            [format!("{line}\n{THREE}"), format!("{THREE}{line}\n"), THREE.replacen('\n', &format!("\n{line}\n"), 1)]
        {
            let (reports, log) = read_parts(3, &[text.as_bytes()]);
            assert_eq!(reports.curve.losses, [5.0, 4.5, 4.0], "{text}");
            assert_eq!((&reports.refused, &reports.unread), (&None, &None), "{text}");
            let remarks = &reports.curve.remarks;
            assert!(remarks.len() == 1 && remarks[0].contains("`loss`") && log.contains(line), "{remarks:?}, {log}");
        }
        // Nor is it why losses are missing.
        let reports = read(&format!("{line}\n"));
        assert_eq!((reports.curve.losses.len(), reports.mentioned.as_deref()), (0, None));
        assert!(is_of_settings(line) && is_of_settings(&format!("INFO: {line} ...")));
    }
}

#[test]
fn losses_that_were_printed_and_not_read_are_named() {
    for (lines, remedy) in [
        ("{'loss': 5.0, 'grad_norm': 1.2, 'learning_rate': 5e-05, 'epoch': 0.1}\n", "json.dumps"),
        ("{\n  \"step\": 0,\n  \"loss\": 5.0\n}\n", "one line"),
        ("{\"step\": 0, \"loss\": 5,0}\n", "decimal comma"),
        ("{\"step\": 0, \"loss\": 5.0, \"rate\": 0.1 \"x\": 1}\n", "no JSON"),
    ] {
        for text in [format!("{lines}{THREE}"), format!("{THREE}{lines}"), lines.to_owned()] {
            let (reports, log) = read_parts(3, &[text.as_bytes()]);
            let reason = reports.unread.expect(&text);
            assert!(reason.contains(remedy) && reason.contains("loss"), "{reason}");
            assert!(log.contains(lines.trim()), "{log}");
        }
    }
    let between = THREE.replacen('\n', "\n{'eval_loss': 4.9, 'eval_runtime': 0.3, 'epoch': 0.5}\n", 1);
    assert_three(&between);
    assert_three(&format!("step 0: loss 5.0\n{THREE}training done, loss: 4.0\n"));
}

#[test]
fn a_loss_in_other_words_is_remembered_for_a_run_that_reports_too_little() {
    for line in ["{\"step\": 0, \"train\": {\"loss\": 5.0}}", "{\"step\": 0, \"train_loss\": 5.0}", "step 0 Loss 5.0"] {
        let reports = read(&format!("using cuda\n{line}\n{line}\n"));
        assert_eq!((reports.curve.losses.len(), reports.unread), (0, None));
        assert_eq!(reports.mentioned.as_deref(), Some(line));
    }
}

#[test]
fn what_is_quoted_is_short_and_shows_its_escape_sequences() {
    let line = format!("\u{1b}[31m{}{{'loss': 5.0}}{}\u{1b}[0m\n", "x".repeat(2000), "y".repeat(2000));
    let reason = read(&line).unread.unwrap();
    assert!(reason.contains("{'loss': 5.0}") && reason.len() < 500, "{reason}");
    assert!(!reason.contains('\u{1b}'), "{reason:?}");
}

#[test]
fn a_line_of_any_length_hides_no_report_and_takes_bounded_memory() {
    let dots = vec![b'.'; 1_000_000];
    let report = b"{\"step\": 0, \"loss\": 5.0}";
    let mut parts: Vec<&[u8]> = vec![&dots; 30];
    parts.extend([&report[..10], &report[10..]]);
    parts.extend(vec![&dots[..]; 30]);
    let (reports, log) = read_parts(1, &parts);
    assert_eq!((reports.curve.losses, reports.unread), (vec![5.0], None));
    assert!(log.len() < 20_000_000 && log.ends_with("not kept)\n"), "{} bytes of log", log.len());
    let endless = "{\"loss\": 1}\n".repeat(30_000);
    let reports = read(&endless);
    assert!(reports.refused.unwrap().contains("far more than were asked for") && reports.curve.losses.len() < 20_000);
}

/// What mutations are made of: pieces that a reader could stumble over.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    ":",
    ",",
    "\\",
    "\n",
    "\r",
    "\0",
    "\u{1b}[",
    "\u{feff}",
    "loss",
    "\"loss\"",
    "'loss':",
    "\"step\":",
    "\"tokens\":",
    "\"flops\":",
    "\"sample\":",
    "\"validation\":",
    "nan",
    "-nan(ind)",
    "inf",
    "1e999",
    "null",
    "0",
    "1.5",
    "-1",
    "18446744073709551616",
    "1,5",
    "\\ud83d",
    "\\u",
    "{\"a\":",
    "{\"loss\": 1}",
    "é",
    "1.#QNAN",
    "{\"step\": 1, \"loss\": 2}",
    "}}}",
];

#[test]
fn mutated_output_never_panics_hangs_or_leaves_a_record_that_does_not_read_back() {
    let cases = std::env::var("MUP_MUTATIONS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => (0..3_usize).prop_map(|line| THREE.lines().nth(line).unwrap().as_bytes().to_vec()),
    ];
    let begun = Instant::now();
    let streams = proptest::collection::vec(piece, 0..60);
    let log = tempfile::tempfile().unwrap();
    runner
        .run(&streams, |pieces| {
            let mut output = Output::new(3, log.try_clone().unwrap(), &|_, _| ());
            pieces.iter().for_each(|piece| output.take(piece));
            let curve = output.end().curve.storable();
            let text = serde_json::to_string(&curve).unwrap();
            prop_assert_eq!(serde_json::from_str::<TrialCurve>(&text).unwrap(), curve);
            log.set_len(0).unwrap();
            Ok(())
        })
        .unwrap();
    let each = begun.elapsed() / cases.max(1);
    assert!(each.as_millis() < 50, "{each:?} each");
}

#[test]
fn hostile_lines_are_read_in_time_that_grows_with_their_length() {
    for piece in
        ["{", "{\"a\":", "{\"a\":[", "{\"", "{\"loss\": 1,", "'loss': ", "{\"a\": {}, ", "\u{1b}[", "{\"a\":\"{"]
    {
        let line = piece.repeat((4 << 20) / piece.len());
        let begun = Instant::now();
        read(&line);
        assert!(begun.elapsed().as_secs() < 20, "{piece}: {:?}", begun.elapsed());
    }
}
