//! How a program's trial ended: what it reported weighs more than how it exited.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::LaunchError;
use super::output::{Reports, SHOWN, is_of_settings};
use crate::quote::quoted;
use crate::{Failure, TrialCurve, TrialEnd};

/// Why a program runs no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    Itself(ExitStatus),
    TimedOut(u64),
    Interrupted,
}

/// What is known of a program that runs no more, beside its reports.
pub(super) struct Circumstances {
    pub(super) stopped: Stopped,
    /// Steps that it was asked for.
    pub(super) asked: usize,
    pub(super) seconds: f64,
    /// The end of its log.
    pub(super) said: String,
    /// Whether the kernel ended processes for memory while it ran.
    pub(super) memory_ran_out: bool,
}

/// # Errors
///
/// [`LaunchError::Interrupted`], by which nothing is recorded.
pub(super) fn judge(circumstances: Circumstances, reports: Reports) -> Result<TrialEnd, LaunchError> {
    let Circumstances { stopped, asked, seconds, said, memory_ran_out } = circumstances;
    let Reports { curve, diverged, refused, unread, mentioned, beside, .. } = reports;
    let curve = curve.storable();
    let failure = match stopped {
        Stopped::Interrupted => return Err(LaunchError::Interrupted),
        // A program that stops when its loss is no number has shown that the values diverge, whatever its exit code.
        _ if diverged => None,
        Stopped::TimedOut(seconds) => Some(Failure::TimedOut { seconds }),
        Stopped::Itself(status) if !status.success() => Some(exit(status, said.clone(), memory_ran_out)),
        Stopped::Itself(_) => refused.or(unread).map(|reason| Failure::Malformed { reason }),
    };
    let ended_well = matches!(stopped, Stopped::Itself(_)) && !diverged;
    let failure = failure.or_else(|| if ended_well { short(&curve, asked, (mentioned, beside), &said) } else { None });
    Ok(TrialEnd { curve, failure, seconds: Some(seconds) })
}

/// Fewer losses than a run has; with a line that shows why, if there is one.
fn short(curve: &TrialCurve, asked: usize, (mentioned, beside): (Option<String>, bool), said: &str) -> Option<Failure> {
    if curve.covers(asked) {
        return None;
    }
    if curve.begins_late(asked) {
        return Some(Failure::Malformed { reason: late(curve, asked) });
    }
    let of_another_kind = curve.remarks.iter().find(|remark| remark.starts_with("reported `loss` as "));
    if let Some(remark) = of_another_kind.filter(|_| curve.losses.is_empty()) {
        let reason = format!("{remark}; no loss came for any of its {asked} steps");
        return Some(Failure::Malformed { reason });
    }
    let reported = curve.n_steps();
    let speaks = |line: &&str| line.contains("\"loss\"") && !is_of_settings(line);
    let elsewhere = || said.lines().find(speaks).map(|line| quoted(line, 0, SHOWN));
    let reason = match (mentioned, elsewhere()) {
        _ if beside => "losses without `step` beside others with one are none of them".to_owned(),
        (Some(line), _) if line.contains("loss\"") => {
            format!("`loss` has to be a key of the object itself and of this name, unlike here: {line}")
        }
        (Some(line), _) => format!("a line that is none: {line}"),
        (None, Some(line)) => format!("on standard output; what the program said has: {line}"),
        (None, None) => return Some(Failure::Short { reported, asked }),
    };
    let wanted = "as lines like {\"step\": 0, \"loss\": 5.0}";
    Some(Failure::Malformed { reason: format!("reported {reported} of {asked} steps, {wanted}; {reason}") })
}

/// Losses whose steps do not begin where a run does.
fn late(curve: &TrialCurve, asked: usize) -> String {
    let (n, first, last) = (curve.losses.len(), curve.step(0), curve.n_steps().saturating_sub(1));
    let reported =
        if n == 1 { format!("1 loss, of step {first}") } else { format!("{n} losses, of steps {first} to {last}") };
    let remedy = if first >= asked {
        "let every run count its steps from 0 or 1"
    } else {
        "report from the first step on, every step or every few"
    };
    format!("reported {reported}, where a run has steps 0 to {}: {remedy}", asked.saturating_sub(1))
}

fn exit(status: ExitStatus, said: String, memory_ran_out: bool) -> Failure {
    let words = said.to_lowercase();
    let signs = ["out of memory", "memory allocation of", "memoryerror", "cannot allocate memory", "outofmemory"];
    if signs.iter().any(|sign| words.contains(sign)) || status.signal() == Some(9) && memory_ran_out {
        return Failure::OutOfMemory { said };
    }
    match status.signal() {
        Some(signal) => Failure::Signal { signal, said },
        None => Failure::Exit { code: status.code().unwrap_or(-1), said },
    }
}
