//! One trial, as the study's program: reads its file, reports each loss as a line of JSON.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use mup_study::cli::Interrupt;
use mup_study::{Study, Values};
use mup_train::Event;
use serde::Deserialize;
use serde_json::json;

use super::study::Proxy;
use crate::error::RunError;
use crate::hyperparameters::Hyperparameters;
use crate::training::Run;

/// What a study writes for its program.
#[derive(Deserialize)]
struct TrialFile {
    version: u32,
    seed: u64,
    steps: usize,
    values: Values,
}

/// Trains the proxy with the file's values.
pub(super) fn run(study: &Path, file: &Path) -> Result<(), RunError> {
    let TrialFile { seed, steps, values, .. } = read(file)?;
    let study = Study::open(study)?;
    let proxy = Proxy::of(study.config())?;
    let trainer = proxy.trainer(&study)?;
    let run = Run {
        parametrization: proxy.parametrization,
        width: proxy.width,
        values: Hyperparameters::try_from(&values)?,
        seed,
        steps,
        micro_batches: 1,
        evaluate_every: None,
    };
    let interrupt = Interrupt::listen()?;
    let unread = OnceCell::new();
    let observe = |event: &Event| {
        if let Event::Step(report) = event
            && let Err(error) = report_line(&json!({ "step": report.step, "loss": report.loss }))
        {
            unread.get_or_init(|| error);
        }
    };
    let trained = trainer.train(&run, None, observe, || interrupt.requested() || unread.get().is_some());
    if let Some(error) = unread.into_inner() {
        return Err(error);
    }
    let trained = trained?;
    let curve = trainer.curve_and_sample(&run, &trained)?;
    if curve.losses.last().is_some_and(|loss| !loss.is_finite()) {
        report_line(&json!({ "step": curve.losses.len() - 1, "loss": null }))?;
    }
    report_line(&json!({
        "tokens": curve.tokens,
        "parameters": curve.parameters,
        "flops": curve.flops,
        "sample": curve.sample,
    }))?;
    curve.validation.map_or(Ok(()), |validation| report_line(&json!({ "validation": validation })))
}

fn read(path: &Path) -> Result<TrialFile, RunError> {
    let unusable = |reason: String| RunError::TrialFile { path: path.to_owned(), reason };
    let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let file: TrialFile = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    if file.version == 1 { Ok(file) } else { Err(unusable(format!("version {}, known is 1", file.version))) }
}

/// A whole line at once. When the study's worker is gone, the pipe is closed, and there is nobody to train for.
fn report_line(report: &serde_json::Value) -> Result<(), RunError> {
    use std::io::Write;
    let mut line = report.to_string();
    line.push('\n');
    let mut stdout = std::io::stdout().lock();
    Ok(stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush())?)
}
