//! One rule removed at a time: which module's slope reveals it.

mod along_depth;
mod document;
mod list;

use mup_verdict::{
    Answer,
    coordinates::{Quantity, Report, TrialError, Verdict},
};

pub(crate) use document::{claims, document};

use crate::{
    choices::{Model, Optimizer, Scaling},
    measure::measure,
    setup::Setup,
    subjects,
};

/// Every ablation, in the order of the document: those of width, then those of depth.
pub(crate) fn all() -> impl Iterator<Item = &'static Ablation> {
    list::ABLATIONS.iter().chain(along_depth::ALONG_DEPTH)
}

/// What the check is to say about a removed rule.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim {
    /// The check fails, and this module has this verdict.
    Seen { module: &'static str, quantity: Quantity, verdict: Verdict },
    /// The check holds, as it does with the rule.
    Unseen {
        /// What does see the rule.
        by: &'static str,
    },
}

/// One rule, and µP without it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ablation {
    pub(crate) name: &'static str,
    /// Where the rule comes from, and what it says.
    pub(crate) source: &'static str,
    /// What is done instead.
    pub(crate) removal: &'static str,
    pub(crate) on: (Model, Scaling, Optimizer),
    /// What `prepare` does, in words; empty for nothing.
    pub(crate) prepared: &'static str,
    /// What is changed with the rule in place and without it.
    pub(crate) prepare: fn(Setup) -> Setup,
    pub(crate) remove: fn(Setup) -> Setup,
    pub(crate) claim: Claim,
}

impl Ablation {
    /// With the rule.
    pub(crate) fn control(&self) -> Result<Setup, TrialError> {
        let (model, scaling, optimizer) = self.on;
        Ok((self.prepare)(subjects::setup(model, scaling, optimizer)?))
    }
}

impl Claim {
    /// What the report says against the claim.
    pub(crate) fn contradicted_by(&self, report: &Report) -> Option<String> {
        let answer = report.answer();
        match *self {
            Self::Unseen { .. } => (answer != Answer::Holds).then(|| format!("claimed unseen, but the check {answer}")),
            Self::Seen { module, quantity, verdict } => {
                let row = report.summaries().iter().find(|row| row.module == module && row.quantity == quantity);
                let found = row.map_or("not reported".to_owned(), |row| row.verdict.to_string());
                let wrong = answer != Answer::Fails || found != verdict.to_string();
                wrong.then(|| {
                    format!("claimed that the {quantity} of {module} {verdict}; it is {found}, the check {answer}")
                })
            }
        }
    }
}

/// A control, and the ablations of it with their reports.
pub(crate) struct Group {
    pub(crate) setup: Setup,
    pub(crate) control: Report,
    pub(crate) ablations: Vec<(&'static Ablation, Report)>,
}

/// Measures the ablations and their controls, each control once; `shrink` makes every setup smaller.
///
/// # Errors
///
/// The first error of a trial.
pub(crate) fn groups(
    ablations: impl IntoIterator<Item = &'static Ablation>,
    seeds: u64,
    shrink: fn(Setup) -> Setup,
) -> Result<Vec<Group>, TrialError> {
    let mut by_control: Vec<(Setup, Vec<&'static Ablation>)> = Vec::new();
    for ablation in ablations {
        let control = shrink(ablation.control()?);
        match by_control.iter_mut().find(|(setup, _)| *setup == control) {
            Some((_, members)) => members.push(ablation),
            None => by_control.push((control, vec![ablation])),
        }
    }
    let with_members = by_control.iter().flat_map(|(control, members)| {
        let removed = members.iter().map(|ablation| (ablation.remove)(control.clone()));
        std::iter::once(control.clone()).chain(removed)
    });
    let setups: Vec<Setup> = with_members.collect();
    let mut records = measure(&setups, 0..seeds)?.into_iter().zip(&setups);
    let mut next = || -> Result<Report, TrialError> {
        let (records, setup) = records.next().ok_or("bug: one set of records per setup")?;
        Ok(records.judge(subjects::family(setup).criteria())?)
    };
    let group = |(setup, members): (Setup, Vec<&'static Ablation>)| {
        let control = next()?;
        let ablations = members.into_iter().map(|ablation| Ok((ablation, next()?)));
        Ok(Group { setup, control, ablations: ablations.collect::<Result<_, TrialError>>()? })
    };
    by_control.into_iter().map(group).collect()
}

/// Controls that are not flat, and ablations that do not show what is claimed of them, by name.
pub(crate) fn contradictions(groups: &[Group]) -> Vec<String> {
    let of_group = |group: &Group| {
        let (Setup { model, scaling, optimizer, .. }, answer) = (&group.setup, group.control.answer());
        let control = format!("{model}, {scaling}, {optimizer}: with every rule in place the check {answer}");
        let control = (answer != Answer::Holds).then_some(control);
        let contradicted = |(ablation, report): &(&Ablation, Report)| {
            ablation.claim.contradicted_by(report).map(|problem| format!("{}: {problem}", ablation.name))
        };
        control.into_iter().chain(group.ablations.iter().filter_map(contradicted)).collect::<Vec<_>>()
    };
    groups.iter().flat_map(of_group).collect()
}

#[cfg(test)]
mod tests;
