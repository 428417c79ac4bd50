//! `choose`: the best values of a study, and what becomes of them in its target.

use std::path::Path;

use mup_study::Study;
use mup_study::cli::say;
use mup_train::FamilyError;
use mup_transfer::{Choice, Transfer, choose};
use serde::Serialize;

use super::FamilyOf;
use super::opened::Opened;
use super::target::explain;
use crate::{grow::short, output};

/// What `--json` prints.
#[derive(Serialize)]
struct Chosen<'a> {
    #[serde(flatten)]
    choice: &'a Choice,
    /// None if the study's family is not to be had.
    transfer: Option<&'a Transfer>,
}

/// The choice follows from the records alone; that the family has changed keeps only the target from being shown.
pub(super) fn run(folder: &Path, family: FamilyOf<'_>, json: bool) -> Result<(), FamilyError> {
    let study = Study::open(folder)?;
    let records = study.records()?;
    records.others.iter().for_each(|others| say(others.to_string()));
    let choice = choose(study.config(), &records)?;
    let (told, transfer) = match in_target(&study, family, &choice) {
        Ok((told, transfer)) => (told, Some(transfer)),
        Err(error) => {
            say(format!("warning: what becomes of this in the target cannot be said: {error}"));
            (String::new(), None)
        }
    };
    if json {
        return output::print_json(&Chosen { choice: &choice, transfer: transfer.as_ref() });
    }
    output::line(format!("{choice}{told}"))
}

/// The target, each value in it, its run and the law of it, and what nothing follows.
fn in_target(study: &Study, family: FamilyOf<'_>, choice: &Choice) -> Result<(String, Transfer), FamilyError> {
    let family = family(study)?;
    let opened = Opened::new(study, &*family)?;
    let (values, parametrization) = (opened.complete(&choice.best.values)?, opened.proxy.parametrization.as_str());
    let transfer = opened.transfer(&values, &opened.target_plan(parametrization, &values)?)?;
    let (size, steps, rules) = (opened.named_size(), opened.target.steps, short(parametrization));
    let explained = explain(&transfer, &opened.usual()?);
    let warnings: String = transfer.warnings.iter().map(|warning| format!("\nwarning: {warning}")).collect();
    Ok((format!("\n\nTarget: {size}, {steps} steps, in {rules}\n{explained}{warnings}"), transfer))
}
