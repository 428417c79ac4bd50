//! What a program reports: JSON objects with a `loss`, wherever they stand in its output.

use std::borrow::Cow;
use std::fs::File;

use super::lines::{Lines, Piece};
use super::log::OutputLog;
use super::loose_json::{Fault, Field, Object, number, object};
use super::series::Series;
use super::unread::{Unread, holds_loss};
use crate::TrialCurve;
use crate::quote::quoted;

/// Fields of a report.
const FIELDS: [&str; 7] = ["loss", "step", "validation", "flops", "tokens", "parameters", "sample"];
/// Above it a JSON number is no count any more in most languages.
const LARGEST: f64 = 9_007_199_254_740_992.0;
/// Remarks that are kept; a program may repeat itself at every step.
const REMARKS: usize = 8;
/// Braces of a line that may turn out to begin no object, before the rest of it is taken for none.
const TRIES: usize = 10_000;
/// Said of losses that are not taken for steps, of those that are all the same, and of those that may not be.
const BESIDE: &str = "reported losses without `step` beside others with one: they are taken for no training steps (write a \
                      validation loss as {\"validation\": 2.3}, or give every training loss its `step`)";
const FEWER_STEPS: &str = "reported a loss for every step without `step`, and too few others with one: those without are taken for \
                           the training's steps (print `step` with all of them, or with none)";
const WITHOUT_STEP: &str = "reported more losses than steps were asked for, and no `step`: print `step` with those of \
                            training, or a validation's losses, or another process's, are taken for training steps";
/// How much of a line is shown.
pub(super) const SHOWN: usize = 160;

/// Reads a program's output into a curve.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// Losses of the steps in order, beginning with the first that was reported; they are there once the output is over.
    pub(super) curve: TrialCurve,
    /// Steps that were asked for.
    asked: usize,
    /// Losses that came with their step, and the others.
    stepped: Series,
    stepless: Series,
    /// Whether a loss without a step was not finite, and none with one came after it.
    stopped: bool,
    /// Whether losses without a step came beside others with one, and are none of the steps.
    pub(super) beside: bool,
    /// Whether a loss was not finite: nothing that is reported after it counts.
    pub(super) diverged: bool,
    /// Why the losses are not those of a run: the first report that does not follow. None is taken after it.
    pub(super) refused: Option<String>,
    /// The first line with a loss that was not read.
    pub(super) unread: Option<String>,
    /// The first other line that speaks of a loss.
    pub(super) mentioned: Option<String>,
}

/// What was made of a piece of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Bytes that need not be looked at again when more of the line comes.
    pub(super) done: usize,
    /// Whether it was a report and nothing else of interest.
    pub(super) report: bool,
    /// Whether an object in it has the key `loss`: what that is worth is said elsewhere.
    pub(super) has_loss: bool,
}

impl Reports {
    /// Of a run of so many steps.
    pub(super) fn of(steps: usize) -> Self {
        Self { asked: steps, ..Self::default() }
    }

    /// Whether these are the losses of a whole run, or of one that diverged.
    pub(super) fn complete(&self, asked: usize) -> bool {
        self.diverged || self.curve.covers(asked)
    }

    /// Takes a piece of output, and says each loss in it with its step.
    pub(super) fn take(&mut self, piece: &Piece<'_>, on_step: &mut dyn FnMut(usize, f64)) -> Taken {
        let text = without_colours(&piece.text);
        let (mut from, mut begin, mut tries) = (0, 0, TRIES);
        let (mut report, mut has_loss) = (false, false);
        while let Some(start) = text[begin..].find('{').map(|at| begin + at).filter(|_| tries > 0) {
            match object(&text[start..], &FIELDS) {
                Ok((object, length)) => {
                    self.note_unread(&text, from, start);
                    from = start + length;
                    begin = from;
                    has_loss |= object.get("loss").is_some();
                    report |= self.report(&object, &text[start..from], on_step);
                }
                // It may go on where the piece does.
                Err(Fault::Ends) if !piece.whole && text.len() == piece.text.len() => {
                    self.note_unread(&text, from, start);
                    return Taken { done: start, report, has_loss };
                }
                Err(_) => (begin, tries) = (start + 1, tries - 1),
            }
        }
        let clean = !self.note_unread(&text, from, text.len());
        Taken { done: piece.text.len(), report: report && clean, has_loss }
    }

    /// Looks for losses in what was not read; whether there are any.
    fn note_unread(&mut self, text: &str, from: usize, to: usize) -> bool {
        match holds_loss(&text[from..to]) {
            Some(Unread { reason, position }) => {
                self.unread.get_or_insert_with(|| {
                    format!("a loss was printed and not read, {reason}: {}", quoted(text, from + position, SHOWN))
                });
                true
            }
            None => false,
        }
    }

    /// A line that speaks of a loss in other words, which is worth showing if too few were reported.
    pub(super) fn note_mention(&mut self, text: &str) {
        if self.mentioned.is_none() {
            self.mentioned = text.to_ascii_lowercase().find("loss").map(|at| quoted(text, at, SHOWN));
        }
    }

    /// Whether the object is a report.
    fn report(&mut self, report: &Object, text: &str, on_step: &mut dyn FnMut(usize, f64)) -> bool {
        let paperwork = self.paperwork(report);
        let Some(loss) = report.get("loss") else { return paperwork };
        // The name of a loss function, an object of settings: whether losses are missing is told by the steps.
        let Some(value) = real(loss) else {
            remark(&mut self.curve.remarks, "loss", loss, "number");
            return false;
        };
        let step = report.get("step").filter(|step| **step != Field::Null);
        let step = step.map(|step| real(step).and_then(count).ok_or("a `step` that is no count"));
        // Shown as they come: those without a step as long as none has one.
        let shown = step.is_some() || self.stepped.is_empty();
        self.stopped = step.is_none() && (self.stopped || !value.is_finite());
        let series = if step.is_some() { &mut self.stepped } else { &mut self.stepless };
        match series.take(value, step.transpose(), room(self.asked)) {
            Ok(Some(step)) if shown => {
                on_step(step, value);
                true
            }
            Ok(_) => false,
            Err(reason) => {
                series.refused = Some(format!("reported {reason}: {}", quoted(text, 0, SHOWN)));
                false
            }
        }
    }

    /// What only the whole output shows: which losses are those of the steps. Where some carry a step, those without are of
    /// something else, such as a validation; unless those with one are fewer than a run has, such as a summary at its end.
    fn end(&mut self) {
        let (mut stepped, stepless) = (std::mem::take(&mut self.stepped), std::mem::take(&mut self.stepless));
        let is_run = |series: &Series| series.curve.covers(self.asked);
        let (both, decided) =
            (!stepped.is_empty() && !stepless.is_empty(), stepped.diverged || stepped.refused.is_some());
        let fewer = both && !decided && !is_run(&stepped);
        let without = fewer && is_run(&stepless) && !stepless.diverged && stepless.refused.is_none();
        self.beside = both && !without;
        let remark = if without { Some(FEWER_STEPS) } else { self.beside.then_some(BESIDE) };
        if stepped.is_empty() && stepless.curve.losses.len() > self.asked {
            self.curve.remarks.push(WITHOUT_STEP.to_owned());
        }
        self.curve.remarks.extend(remark.map(str::to_owned));
        // A program that stops at a loss which is no number may print that one otherwise.
        if fewer && !without && self.stopped {
            stepped.diverge();
        }
        let Series { curve, diverged, refused } = if without || stepped.is_empty() { stepless } else { stepped };
        (self.curve.losses, self.curve.steps) = (curve.losses, curve.steps);
        (self.diverged, self.refused) = (diverged, refused);
    }

    /// Takes everything but the loss; it never fails a trial. Whether there was any.
    fn paperwork(&mut self, report: &Object) -> bool {
        for (name, field) in [("validation", &mut self.curve.validation), ("flops", &mut self.curve.flops)] {
            match report.get(name) {
                None => {}
                Some(value) => match real(value) {
                    Some(value) => *field = Some(value).filter(|value| value.is_finite()),
                    None => remark(&mut self.curve.remarks, name, value, "number"),
                },
            }
        }
        for (name, field) in [("tokens", &mut self.curve.tokens), ("parameters", &mut self.curve.parameters)] {
            match report.get(name) {
                None => {}
                Some(value) => match real(value) {
                    Some(value) if !value.is_finite() => {}
                    Some(number) => match count(number) {
                        Some(count) => *field = count,
                        None => remark(&mut self.curve.remarks, name, value, "count"),
                    },
                    None => remark(&mut self.curve.remarks, name, value, "count"),
                },
            }
        }
        match report.get("sample") {
            None | Some(Field::Null) => {}
            Some(Field::Text(sample)) => self.curve.sample = Some(sample.clone()),
            Some(value) => remark(&mut self.curve.remarks, "sample", value, "text"),
        }
        FIELDS[2..].iter().any(|name| report.get(name).is_some())
    }
}

/// Losses that are kept: a program without end must not fill the memory.
fn room(asked: usize) -> usize {
    asked.saturating_mul(100).saturating_add(10_000)
}

fn remark(remarks: &mut Vec<String>, name: &str, value: &Field, expected: &str) {
    let value = match value {
        Field::Null => "null".to_owned(),
        Field::Number(number) => number.to_string(),
        Field::Text(text) => format!("\"{}\"", quoted(text, 0, 40)),
        Field::Other => "a list, an object or a boolean".to_owned(),
    };
    let remark = format!("reported `{name}` as {value}, which is no {expected}: it is left out");
    if remarks.len() < REMARKS && !remarks.contains(&remark) {
        remarks.push(remark);
    }
}

/// Whether a line has an object of settings, whose `loss` is the name of a loss.
pub(super) fn is_of_settings(line: &str) -> bool {
    let object = line.find('{').and_then(|start| object(&line[start..], &FIELDS).ok());
    object.is_some_and(|(object, _)| object.get("loss").is_some_and(|loss| real(loss).is_none()))
}

/// `null` is what is not finite in JSON; numbers may be written as texts.
fn real(field: &Field) -> Option<f64> {
    match field {
        Field::Null => Some(f64::NAN),
        Field::Number(number) => Some(*number),
        Field::Text(text) => number(text.trim()),
        Field::Other => None,
    }
}

/// Python and JavaScript write counts as `100000.0`.
fn count(number: f64) -> Option<u64> {
    ((0.0..LARGEST).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// The text without the sequences by which terminals are told colours, places and links.
fn without_colours(text: &str) -> Cow<'_, str> {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let mut plain = first.to_owned();
    for part in parts {
        let end = match part.chars().next() {
            Some('[') => part.find(|letter: char| ('@'..='~').contains(&letter) && letter != '[').map(|at| at + 1),
            Some(']') => part.find('\x07').map(|at| at + 1),
            Some(letter) => Some(letter.len_utf8()),
            None => None,
        };
        plain.push_str(end.map_or("", |end| &part[end..]));
    }
    Cow::Owned(plain)
}

/// A program's output on its way: into a curve, and what is no report into the log.
pub(super) struct Output<'a> {
    lines: Lines,
    reports: Reports,
    log: OutputLog,
    on_step: &'a dyn Fn(usize, f64),
}

impl<'a> Output<'a> {
    /// Of a run of so many steps.
    pub(super) fn new(steps: usize, log: File, on_step: &'a dyn Fn(usize, f64)) -> Self {
        let (lines, reports, log) = (Lines::default(), Reports::of(steps), OutputLog::new(log));
        Self { lines, reports, log, on_step }
    }

    /// Takes output as it comes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let Self { lines, reports, log, on_step } = self;
        lines.feed(bytes, &mut |piece| take(reports, log, *on_step, &piece));
    }

    /// The output is over.
    pub(super) fn end(mut self) -> Reports {
        let Self { lines, reports, log, on_step } = &mut self;
        lines.end(&mut |piece| take(reports, log, *on_step, &piece));
        reports.end();
        self.reports
    }
}

fn take(reports: &mut Reports, log: &mut OutputLog, on_step: &dyn Fn(usize, f64), piece: &Piece<'_>) -> usize {
    let Taken { done, report, has_loss } = reports.take(piece, &mut |step, loss| on_step(step, loss));
    if !report {
        if !has_loss {
            reports.note_mention(&piece.text[..done]);
        }
        log.keep(&piece.text[..done], piece.whole);
    }
    done
}

#[cfg(test)]
mod tests;
