//! Values that change nothing: samples whose losses are the same to the last bit.

use std::collections::{BTreeMap, BTreeSet};

use mup_study::{Space, StudyRecord};

use super::distinct::runs;
use super::flat::learned_nothing;
use super::warning::Warning;

/// So many losses that differ are the same by chance in no two runs.
const DISTINCT: usize = 4;

type Group<'a> = Vec<&'a StudyRecord>;

/// At most one about values, and one about seeds.
pub(super) fn check(space: &Space, records: &[StudyRecord]) -> Vec<Warning> {
    // What stands at two places is alike because it is one run.
    let told: Group<'_> = runs(records).into_iter().map(|run| run.record).filter(|record| tells(record)).collect();
    values(space, &told).into_iter().chain(seeds(&told)).collect()
}

/// Of a run that diverged only the beginning is known, which no value changes; what is ranked as 0 is hidden.
fn tells(record: &StudyRecord) -> bool {
    record.outcome.loss().is_some_and(|loss| loss.abs() > 0.0) && record.curve.losses.len() > 1
}

/// Whether all runs of different values have the same losses: then what they are is no matter of a value. Several, for what
/// was trained before the first rate above 0, in a warm-up, is the same at every rate.
pub(super) fn is_one_curve(space: &Space, records: &[StudyRecord]) -> bool {
    let told: Group<'_> = runs(records).into_iter().map(|run| run.record).collect();
    let told: Group<'_> = told.into_iter().filter(|record| !record.outcome.failed()).collect();
    let several = told.iter().all(|record| distinct(record) >= DISTINCT);
    several && matches!(values(space, &told), Some(Warning::NoEffect { one_curve: true, .. }))
}

fn values(space: &Space, told: &[&StudyRecord]) -> Option<Warning> {
    let groups = alike(told, |record| (record.trial.steps, record.trial.seed));
    let differing = |group: &Group<'_>| -> BTreeSet<String> {
        let differs = |name: &&str| {
            let value = |record: &StudyRecord| record.trial.values.get(name).cloned();
            group.iter().any(|record| value(record) != value(group[0]))
        };
        space.varied().map(|(name, _)| name).filter(differs).map(str::to_owned).collect()
    };
    let of_samples = |group: &Group<'_>| group.iter().map(|record| record.trial.sample).collect::<BTreeSet<_>>();
    let everything = of_samples(&told.to_vec());
    let chance = |group: &Group<'_>| everything.len() < 3 && distinct(group[0]) < DISTINCT;
    let whole = |group: &&Group<'_>| of_samples(group) == everything && !differing(group).is_empty() && !chance(group);
    let all = groups.iter().find(whole);
    let one_curve = all.is_some();
    let constant = all.is_some_and(|all| distinct(all[0]) < DISTINCT && learned_nothing(all[0]));
    // A rate that is too low changes nothing either, which is said in other words.
    let found = |group: &&Group<'_>| distinct(group[0]) >= DISTINCT && !learned_nothing(group[0]);
    let groups: Vec<&Group<'_>> = all.map_or_else(|| groups.iter().filter(found).collect(), |all| vec![all]);
    let groups: Vec<&Group<'_>> = groups.into_iter().filter(|group| !differing(group).is_empty()).collect();
    let names: BTreeSet<String> = groups.iter().flat_map(|group| differing(group)).collect();
    let samples: BTreeSet<usize> = groups.iter().flat_map(|group| of_samples(group)).collect();
    let first: Vec<usize> = groups.first().map(|group| of_samples(group).into_iter().take(2).collect())?;
    let (first, second) = (*first.first()?, *first.get(1)?);
    let names: Vec<String> = names.into_iter().collect();
    let ignored = names.iter().filter(|name| one_curve || never_matters(told, name)).cloned().collect();
    Some(Warning::NoEffect { names, ignored, samples: samples.len(), one_curve, constant, alike: [first, second] })
}

/// Whether all that differ in this value alone are alike, of which there are some.
fn never_matters(told: &[&StudyRecord], name: &str) -> bool {
    let rest = |record: &StudyRecord| {
        let values = record.trial.values.iter().filter(|(other, _)| *other != name);
        let values: Vec<String> = values.map(|(name, value)| format!("{name} {value}")).collect();
        (record.trial.steps, record.trial.seed, values)
    };
    let mut groups: BTreeMap<_, Group<'_>> = BTreeMap::new();
    told.iter().for_each(|record| groups.entry(rest(record)).or_default().push(record));
    let mut groups = groups.values().filter(|group| group.len() > 1).peekable();
    groups.peek().is_some() && groups.all(|group| alike(group, |_| ()).iter().any(|same| same.len() == group.len()))
}

/// Every sample that ran with several seeds.
fn seeds(told: &[&StudyRecord]) -> Option<Warning> {
    let mut samples: BTreeMap<(usize, usize), Group<'_>> = BTreeMap::new();
    told.iter().for_each(|record| samples.entry((record.trial.steps, record.trial.sample)).or_default().push(record));
    let seeds = |group: &Group<'_>| group.iter().map(|record| record.trial.seed).collect::<BTreeSet<_>>().len();
    let several: Vec<&Group<'_>> = samples.values().filter(|group| seeds(group) > 1).collect();
    let one_curve = |group: &&Group<'_>| alike(group, |_| ()).iter().any(|same| seeds(same) == seeds(group));
    (!several.is_empty() && several.iter().all(one_curve)).then_some(Warning::SeedIgnored { samples: several.len() })
}

/// Records with the same key and the same losses, of more than one record, in order of their samples.
fn alike<'a, K: Ord>(told: &[&'a StudyRecord], key: impl Fn(&StudyRecord) -> K) -> Vec<Group<'a>> {
    let bits = |record: &'a StudyRecord| record.curve.losses.iter().map(|loss| loss.to_bits());
    let order = |a: &&'a StudyRecord, b: &&'a StudyRecord| key(a).cmp(&key(b)).then_with(|| bits(a).cmp(bits(b)));
    let mut sorted = told.to_vec();
    sorted.sort_by(order);
    let mut groups: Vec<Group<'a>> = sorted.chunk_by(|a, b| order(a, b).is_eq()).map(<[_]>::to_vec).collect();
    groups.retain(|group| group.len() > 1);
    groups.iter_mut().for_each(|group| group.sort_by_key(|record| (record.trial.sample, record.trial.stage)));
    groups.sort_by_key(|group| (group[0].trial.steps, group[0].trial.sample, group[0].trial.seed));
    groups
}

fn distinct(record: &StudyRecord) -> usize {
    record.curve.losses.iter().map(|loss| loss.to_bits()).collect::<BTreeSet<_>>().len()
}
