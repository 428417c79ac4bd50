//! Every claim holds, also in a check small enough for every commit; and no rule of the table is left out.

use mup_rules::{Amendment, EpsilonRule, Form, Parametrization, Power, Rule, Update, WeightDecay};
use mup_verdict::coordinates::TrialError;

use super::{Ablation, all, along_depth::ALONG_DEPTH, contradictions, groups, list::ABLATIONS};
use crate::{
    choices::{Model, Scaling},
    setup::{SEEDS, Setup},
};

/// Fewer steps where a run is expensive: not where sequences are short.
fn small(setup: Setup) -> Setup {
    match (setup.model, setup.scaling) {
        (Model::Mlp | Model::MlpUneven, _) => Setup { steps: 4, ..setup },
        (_, Scaling::DHead) => setup,
        _ => Setup { steps: 3, ..setup },
    }
}

fn assert_claims(seeds: u64, ablations: &'static [Ablation], wanted: fn(&Ablation) -> bool) {
    let groups = groups(ablations.iter().filter(|ablation| wanted(ablation)), seeds, small).expect("runs");
    assert!(!groups.is_empty());
    assert_eq!(contradictions(&groups), Vec::<String>::new());
}

#[test]
fn what_is_claimed_of_rules_of_feed_forward_models_is_seen() {
    assert_claims(3, ABLATIONS, |ablation| matches!(ablation.on.0, Model::Mlp | Model::MlpUneven));
}

#[test]
fn what_is_claimed_of_rules_of_transformers_is_seen() {
    assert_claims(SEEDS, ABLATIONS, |ablation| !matches!(ablation.on.0, Model::Mlp | Model::MlpUneven));
}

#[test]
fn what_is_claimed_of_rules_of_depth_is_seen() {
    assert_claims(SEEDS, ALONG_DEPTH, |_| true);
}

/// The parametrizations with and without each rule.
fn pairs() -> Vec<[Parametrization; 2]> {
    let pair = |ablation: &Ablation| -> Result<_, TrialError> {
        let control = ablation.control()?;
        Ok([control.parametrization.clone(), (ablation.remove)(control).parametrization])
    };
    all().map(|ablation| pair(ablation).expect("a setup")).collect()
}

type Entry = fn(&Rule) -> Power;

#[test]
fn every_entry_of_the_table_that_depends_on_width_is_removed_by_some_ablation() {
    let entries: [(&str, Entry); 4] = [
        ("multiplier", |rule| rule.multiplier.clone()),
        ("init", |rule| rule.init_std.clone()),
        ("rate under Adam", |rule| rule.adam.clone()),
        ("rate under SGD", |rule| rule.rate(Update::PROPORTIONAL)),
    ];
    let pairs = pairs();
    for rule in Parametrization::mup().rules.iter().filter(|rule| rule.form != Form::TableNine) {
        for (name, entry) in entries.iter().filter(|(_, entry)| entry(rule) != Power::ONE) {
            let of = |table: &Parametrization| table.rule(rule.role, rule.form).map(entry);
            let removed = pairs.iter().any(|[with, without]| of(with) != of(without));
            assert!(removed, "no ablation removes the {name} of {} in form {}", rule.role, rule.form);
        }
    }
}

#[test]
fn every_rule_of_depth_is_removed_by_some_ablation() {
    let pairs = pairs();
    for table in [Parametrization::complete_p(), Parametrization::depth_mup()] {
        for rule in table.amendments {
            let has = |table: &Parametrization| {
                let same = |other: &Amendment| {
                    (&other.tensors, other.quantity, other.branch) == (&rule.tensors, rule.quantity, rule.branch)
                };
                table.amendments.iter().any(same)
            };
            assert!(pairs.iter().any(|[with, without]| has(with) && !has(without)), "no ablation removes {rule:?}");
        }
    }
}

#[test]
fn every_convention_is_removed_by_some_ablation() {
    let pairs = pairs();
    let removed = |differs: fn(&Parametrization, &Parametrization) -> bool| {
        pairs.iter().any(|[with, without]| differs(with, without))
    };
    assert!(removed(|_, without| without.weight_decay == WeightDecay::KeepLambda));
    assert!(removed(|_, without| without.epsilon == EpsilonRule::Unscaled));
    assert!(removed(|with, without| with.l2 != without.l2));
    assert!(removed(|_, without| without.attention_exponent > -1.0));
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = all().map(|ablation| ablation.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().count());
}
