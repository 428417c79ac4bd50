//! `cargo xtask coord-check --matrix`: every model, way to grow and optimizer, in µP and in SP, as a table.

use std::{path::Path, time::Instant};

use clap::ValueEnum;
use mup_rules::Parametrization;
use mup_verdict::coordinates::{Quantity, Report, Summary, TrialError, Verdict};

use crate::{
    choices::{Model, Optimizer, Scaling},
    measure::measure,
    rows::Rows,
    setup::{SEEDS, Setup},
    subjects,
};

const HEADER: &str = "| model | grows | optimizer | η | rules | smallest slope of Δx | largest slope of Δx | rows failing, \
undecided | verdict | exit code | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|\n";

/// Prints a row per check as soon as it is known; rows that the file has are not measured again.
pub(crate) fn matrix(out: Option<&Path>) -> Result<(), TrialError> {
    let rows = Rows::open(out, HEADER)?;
    for setup in setups() {
        let name = name(&setup);
        if !rows.has(&name) {
            let begun = Instant::now();
            let report = measure(std::slice::from_ref(&setup), 0..SEEDS)?
                .remove(0)
                .judge(subjects::family(&setup).criteria())?;
            rows.add(&format!("{name} {} {:.0} |\n", cells(&report), begun.elapsed().as_secs_f64()))?;
        }
    }
    Ok(())
}

/// Every combination that exists.
fn setups() -> Vec<Setup> {
    let mut setups = Vec::new();
    for model in Model::value_variants() {
        for scaling in Scaling::value_variants() {
            for optimizer in Optimizer::value_variants() {
                let Ok(setup) = subjects::setup(*model, *scaling, *optimizer) else { continue };
                for parametrization in [Parametrization::mup(), Parametrization::standard()] {
                    setups.push(setup.clone().with_parametrization(parametrization));
                }
            }
        }
    }
    setups
}

fn name(setup: &Setup) -> String {
    let Setup { model, scaling, optimizer, learning_rate, parametrization, .. } = setup;
    format!("| {model} | {scaling} | {optimizer} | {learning_rate} | {} |", parametrization.name)
}

fn cells(report: &Report) -> String {
    let changes = report.summaries().iter().filter(|row| row.quantity == Quantity::Change);
    let judged = || changes.clone().filter(|row| row.verdict != Verdict::NoClaim && row.slope.is_some());
    let value = |row: &Summary| row.slope.map_or(0.0, |slope| slope.value);
    let smallest = judged().min_by(|a, b| value(a).total_cmp(&value(b)));
    let largest = judged().max_by(|a, b| value(a).total_cmp(&value(b)));
    let count = |wanted: fn(Verdict) -> bool| report.deciding().filter(|row| wanted(row.verdict)).count();
    let (failing, undecided) = (count(Verdict::is_failure), count(|verdict| verdict == Verdict::Undecided));
    let n = report.deciding().count();
    let (verdict, exit_code) = (report.verdict(), report.exit_code());
    let [smallest, largest] = [smallest, largest].map(|row| row.map_or_else(String::new, slope));
    format!("{smallest} | {largest} | {failing}, {undecided} of {n} | {verdict} | {exit_code} |")
}

fn slope(row: &Summary) -> String {
    row.slope.map_or_else(String::new, |slope| {
        format!("{:+.2} [{:+.2}, {:+.2}] `{}`", slope.value, slope.low, slope.high, row.module)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::ValueEnum;

    use super::{name, setups};
    use crate::choices::{Model, Optimizer};

    #[test]
    fn every_check_of_the_matrix_has_a_name_of_its_own() {
        let names: BTreeSet<String> = setups().iter().map(name).collect();
        assert_eq!(names.len(), setups().len());
        assert!(names.len() >= 2 * 3 * 12, "{}", names.len());
    }

    #[test]
    fn every_model_has_a_row_in_mup_and_one_in_sp_with_every_optimizer() {
        let setups = setups();
        for (model, optimizer) in Model::value_variants()
            .iter()
            .flat_map(|model| Optimizer::value_variants().iter().map(move |optimizer| (*model, *optimizer)))
        {
            let of_both = setups.iter().filter(|setup| setup.model == model && setup.optimizer == optimizer);
            let rules: BTreeSet<&str> = of_both.map(|setup| &*setup.parametrization.name).collect();
            assert_eq!(rules.into_iter().collect::<Vec<_>>(), ["mup", "standard"], "{model} {optimizer}");
        }
    }
}
