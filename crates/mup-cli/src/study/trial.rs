//! One trial, as the study's program: reads its file, reports each loss as a line of JSON.

use std::cell::OnceCell;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use mup_study::Values;
use mup_study::cli::Interrupt;
use mup_train::{Event, FamilyError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::opened::Opened;

/// What a study writes for its program.
#[derive(Deserialize)]
struct TrialFile {
    version: u32,
    seed: u64,
    steps: usize,
    values: Values,
}

/// Trains the proxy with the file's values.
pub(super) fn run(opened: &Opened<'_>, file: &Path) -> Result<(), FamilyError> {
    let TrialFile { seed, steps, values, .. } = read(file)?;
    let run = opened.run(&opened.proxy.parametrization, &opened.proxy_size, &values)?;
    let run = run.with_seed(seed).with_steps(steps);
    let interrupt = Interrupt::listen()?;
    let unread = OnceCell::new();
    let mut observe = |event: &Event| {
        if let Event::Step(report) = event
            && let Err(error) = report_line(&json!({ "step": report.step, "loss": report.loss }))
        {
            unread.get_or_init(|| error);
        }
    };
    let interrupted = || interrupt.requested() || unread.get().is_some();
    let trained = opened.family.train(&run, None, &opened.device, &mut observe, &interrupted, true);
    if let Some(error) = unread.into_inner() {
        return Err(error.into());
    }
    let curve = trained?.curve;
    if curve.losses.last().is_some_and(|loss| !loss.is_finite()) {
        report_line(&json!({ "step": curve.losses.len() - 1, "loss": null }))?;
    }
    let (parameters, flops) = (curve.parameters, curve.flops);
    report_line(&json!({ "tokens": curve.tokens, "parameters": parameters, "flops": flops, "sample": curve.sample }))?;
    if let Some(validation) = curve.validation {
        report_line(&json!({ "validation": validation }))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<TrialFile, FamilyError> {
    let unusable = |reason: String| format!("cannot use the trial's file {}: {reason}", path.display());
    let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let file: TrialFile = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    if file.version == 1 { Ok(file) } else { Err(unusable(format!("version {}, known is 1", file.version)).into()) }
}

/// A whole line at once. When the study's worker is gone, the pipe is closed, and there is nobody to train for.
fn report_line(report: &Value) -> io::Result<()> {
    let mut line = report.to_string();
    line.push('\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush())
}
