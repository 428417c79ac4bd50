//! What programs print: what is read, what is refused, what is kept.

use std::fs;

use super::*;

/// Runs a script, as a trial of so many steps; how often it was started, its record, and its log.
fn run(steps: usize, script: &str) -> (usize, StudyRecord, String) {
    let folder = tempfile::tempdir().unwrap();
    let starts = folder.path().join("starts");
    let script = format!("echo start >> '{}'; {script}", starts.display());
    let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let program = Program { command, timeout_seconds: Some(20), threads: 1 };
    let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(steps, 1)]);
    let config = StudyConfig { program: Some(program), ..config };
    let study = Study::create(&folder.path().join("study"), config).unwrap();
    let runner = ProgramRunner::new(&study).unwrap();
    let run = |trial: &StudyTrial, on_step: &dyn Fn(usize, f64)| runner.run(trial, on_step, &|_| (), &|| false);
    assert_eq!(run_locally(&study, 1, &|| false, &Silent, &run).unwrap(), Tuned::Finished);
    let records = study.records().unwrap();
    assert_eq!((records.records.len(), records.damaged.len(), records.missing), (1, 0, 0), "{script}");
    let log = fs::read_to_string(study.logs().join(format!("{}.log", study.trial(0).unwrap().name()))).unwrap();
    (fs::read_to_string(starts).unwrap().lines().count(), records.records[0].clone(), log)
}

/// A script that prints lines.
fn print(lines: &str) -> String {
    format!("cat <<'END'\n{lines}\nEND\n")
}

#[test]
fn a_program_is_started_once_whatever_it_says_of_its_flops() {
    for flops in ["18000.0", "null", "NaN", "Infinity", "\"nan\"", "-inf", "1e999", "[]"] {
        let paperwork = format!("{{\"tokens\": 300, \"parameters\": 10, \"flops\": {flops}}}");
        let (starts, record, _) = run(3, &format!("{THREE} {}", print(&paperwork)));
        assert_eq!((starts, &record.outcome), (1, &Outcome::Finished { loss: 3.0 }), "{flops}");
        assert_eq!(record.curve.flops, (flops == "18000.0").then_some(18000.0));
        assert_eq!((record.curve.tokens, record.curve.remarks.len()), (300, usize::from(flops == "[]")));
    }
}

#[test]
fn finite_losses_whose_sum_overflows_have_diverged_after_one_start() {
    let losses: String = (0..39).map(|_| "{\"loss\": 1.7e308}\n").collect();
    let (starts, record, _) = run(40, &print(&format!("{{\"loss\": 50}}\n{losses}")));
    assert_eq!((starts, record.outcome), (1, Outcome::AboveStart { first: 50.0, last: 1.7e308 }));
}

#[test]
fn a_program_that_logs_every_tenth_step_has_finished() {
    let log = |steps: &mut dyn Iterator<Item = usize>| -> String {
        steps.map(|step| format!("{{\"step\": {step}, \"loss\": {}}}\n", 900 - step)).collect()
    };
    for lines in [log(&mut (0..200).step_by(10)), log(&mut (9..200).step_by(10)), log(&mut (10..201).step_by(10))] {
        let (_, record, _) = run(200, &print(&lines));
        assert!(matches!(record.outcome, Outcome::Finished { .. }), "{}", record.outcome);
        assert_eq!((record.curve.losses.len(), record.remarks().len()), (20, 0));
    }
    let (_, record, _) = run(200, &print(&log(&mut (0..150).step_by(10))));
    assert_eq!(record.outcome, Outcome::Failed(Failure::Short { reported: 141, asked: 200 }));
    let diverged = log(&mut (0..50).step_by(10)) + "{\"step\": 50, \"loss\": nan}";
    assert_eq!(run(200, &print(&diverged)).1.outcome, Outcome::NotFinite { step: 50 });
}

#[test]
fn more_steps_than_were_asked_for_are_remarked_with_both_numbers() {
    let (_, record, _) = run(3, &format!("{THREE} {THREE}"));
    assert!(matches!(record.outcome, Outcome::Finished { .. }), "{}", record.outcome);
    let remarks = record.remarks();
    assert!(remarks[0].contains("reported 6 steps where 3 were asked for"), "{remarks:?}");
}

#[test]
fn a_loss_that_was_printed_and_not_read_fails_the_trial_and_is_in_the_log() {
    for (line, said) in [
        ("{'loss': 5.0, 'epoch': 0.1}", "json.dumps"),
        ("{\"step\": 0, \"loss\": 5,0}", "decimal comma"),
        ("  \"loss\": 5.0", "one line"),
    ] {
        let (_, record, log) = run(3, &format!("{} {THREE}", print(line)));
        let Outcome::Failed(Failure::Malformed { reason }) = &record.outcome else { panic!("{}", record.outcome) };
        assert!(reason.contains(said) && reason.contains(line.trim()), "{reason}");
        assert!(log.contains(line), "{log}");
    }
    for line in ["{\"step\": 0, \"train\": {\"loss\": 5.0}}", "step 0: loss 5.0"] {
        let (_, record, log) = run(3, &print(line));
        let Outcome::Failed(Failure::Malformed { reason }) = &record.outcome else { panic!("{}", record.outcome) };
        assert!(reason.contains("reported 0 of 3 steps") && reason.contains(line), "{reason}");
        assert!(log.contains(line), "{log}");
    }
}

#[test]
fn steps_that_begin_elsewhere_and_losses_that_are_no_numbers_are_told_as_what_they_are() {
    let said = |steps: usize, text: &str| run(steps, &print(text)).1;
    let late = said(20, "{\"step\": 19, \"loss\": 5.0}").outcome.to_string();
    assert!(
        late.contains("reported 1 loss, of step 19, where a run has steps 0 to 19: report from the first"),
        "{late}"
    );
    let lines: Vec<String> = (1000..1020).map(|step| format!("{{\"step\": {step}, \"loss\": 5.0}}")).collect();
    let record = said(20, &lines.join("\n"));
    let late = record.outcome.to_string();
    assert!(late.contains("reported 20 losses, of steps 1000 to 1019") && late.contains("from 0 or 1"), "{late}");
    assert_eq!(record.remarks(), [""; 0]);
    let lines: Vec<String> = (0..12).map(|step| format!("{{\"step\": {step}, \"loss\": 5.0}}")).collect();
    let early = said(20, &lines.join("\n")).outcome.to_string();
    assert!(early.contains("reported 12 of 20 steps: it ended early, or"), "{early}");
    let kind = said(3, "{\"loss\": true}\n{\"loss\": true}\n{\"loss\": true}").outcome.to_string();
    assert!(kind.contains("reported `loss` as ") && kind.contains("which is no number"), "{kind}");
    assert!(kind.contains("no loss came for any of its 3 steps") && !kind.contains("has to be a key"), "{kind}");
}

#[test]
fn what_is_reported_under_another_key_or_too_rarely_is_told_with_what_to_print() {
    for line in ["{\"metrics\": {\"loss\": 5.0}}", "{\"train_loss\": 5.0}", "{\"step\": 0, \"train/loss\": 5.0}"] {
        let said = run(3, &print(line)).1.outcome.to_string();
        assert!(said.contains("`loss` has to be a key of the object itself and of this name"), "{said}");
        assert!(said.contains(line), "{said}");
    }
    let said = run(20, &print("{\"loss\": 5.0}\n{\"loss\": 4.0}")).1.outcome.to_string();
    assert!(said.contains("reported 2 of 20 steps") && said.contains("print `step` with every loss"), "{said}");
    let said = run(20, "true").1.outcome.to_string();
    assert!(said.contains("reported none of its 20 steps: print {\"step\": 0,"), "{said}");
    let mixed = print("{\"step\": 0, \"loss\": 5.0}\n{\"loss\": 4.0}\n{\"loss\": 4.0}");
    let said = run(3, &mixed).1.outcome.to_string();
    assert!(said.contains("reported 1 of 3 steps") && said.contains("losses without `step`"), "{said}");
}

#[test]
fn a_validation_between_the_steps_makes_no_trial_diverge() {
    let steps: String = (0..20).map(|step| format!("{{\"step\": {step}, \"loss\": {}}}\n", 40 - step)).collect();
    let with_validation = steps.replace("{\"step\": 10", "{\"loss\": 90}\n{\"step\": 10");
    let (_, record, _) = run(20, &print(&format!("{with_validation}{{\"loss\": 91}}")));
    assert!(matches!(record.outcome, Outcome::Finished { .. }), "{}", record.outcome);
    assert_eq!(record.curve.losses.len(), 20);
    let remarks = record.remarks();
    assert!(remarks.len() == 1 && remarks[0].contains("without `step`"), "{remarks:?}");
}

#[test]
fn a_line_of_settings_fails_no_trial() {
    let (_, record, log) = run(3, &format!("{} {THREE}", print("{\"lr\": 0.1, \"loss\": \"cross_entropy\"}")));
    assert_eq!(record.outcome, Outcome::Finished { loss: 3.0 });
    assert!(record.curve.remarks[0].contains("cross_entropy") && log.contains("cross_entropy"), "{log}");
    // Nor does it explain why one fails.
    let few = "{\"lr\": 0.1, \"loss\": \"cross_entropy\"}\n{\"loss\": 5.0}\n{\"loss\": 4.0}";
    let said = run(20, &print(few)).1.outcome.to_string();
    assert!(said.contains("reported 2 of 20 steps") && !said.contains("cross_entropy"), "{said}");
}

#[test]
fn reports_on_the_wrong_stream_are_named() {
    let (_, record, _) = run(3, &format!("exec >&2; {THREE}"));
    let Outcome::Failed(Failure::Malformed { reason }) = &record.outcome else { panic!("{}", record.outcome) };
    assert!(reason.contains("what the program said has: {\"loss\": 5}"), "{reason}");
}

#[test]
fn an_exit_code_says_more_than_a_line_that_was_not_read() {
    let (_, record, _) = run(3, &format!("{} echo no data >&2; exit 3", print("{'loss': 5.0}")));
    let Outcome::Failed(Failure::Exit { code: 3, said }) = &record.outcome else { panic!("{}", record.outcome) };
    // Two streams: which comes first in the log is left to the moment.
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["no data", "{'loss': 5.0}"]);
}

#[test]
fn a_rate_that_is_too_low_has_not_diverged() {
    let (_, record, _) = run(3, &print("{\"loss\": 4.58}\n{\"loss\": 4.57}\n{\"loss\": 4.581}"));
    assert_eq!(record.outcome, Outcome::LearnedNothing { first: 4.58, last: 4.581, few: Some(3) });
    assert_eq!(record.outcome.loss(), Some(4.581));
}

#[test]
fn closures_leave_records_that_read_back_too() {
    let odd = [f64::NAN, f64::INFINITY, f64::MAX, -0.0, 5e-324];
    let folder = tempfile::tempdir().unwrap();
    let config = StudyConfig::new(Space::named("rate").unwrap(), vec![Stage::of(3, 25)]);
    let study = Study::create(&folder.path().join("study"), config).unwrap();
    let begun = std::sync::atomic::AtomicUsize::new(0);
    let run = |trial: &StudyTrial, _: &dyn Fn(usize, f64)| {
        begun.fetch_add(1, Ordering::Relaxed);
        let (a, b) = (odd[trial.sample % 5], odd[trial.sample / 5]);
        let (losses, steps) = (vec![f64::MAX, f64::MAX, a], vec![0, 5, 7]);
        let curve = TrialCurve { losses, steps, validation: Some(b), flops: Some(a), ..TrialCurve::default() };
        Ok::<_, StudyError>(TrialEnd { seconds: Some(b), ..curve.into() })
    };
    run_locally(&study, 2, &|| false, &Silent, &run).unwrap();
    let records = study.records().unwrap();
    assert_eq!((begun.into_inner(), records.records.len(), records.damaged.len()), (25, 25, 0));
}
