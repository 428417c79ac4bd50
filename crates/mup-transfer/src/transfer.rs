//! Proxy's values to target's: a pure function that states each value and why.

use std::collections::BTreeSet;

use mup_rules::{Factor, PlanRow, RunScaling, ScalingPlan};
use mup_study::{Setting, Space, Values, rounded};
use serde::{Deserialize, Serialize};

use crate::choice::transfers;
use crate::{TransferError, Transferable};

/// One transferred value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transferred {
    /// Name of the hyperparameter.
    pub name: String,
    /// Its value on the proxy.
    pub proxy: Setting,
    /// Its value on the target.
    pub target: Setting,
    /// Whether its optimum is stable across width.
    pub transferable: Transferable,
    /// What becomes of it in the target.
    pub explanation: String,
}

/// The target's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// To train the target with.
    pub values: Values,
    /// One row for each value: first those that a plan says something of, then by name.
    pub rows: Vec<Transferred>,
    /// What becomes of the run's settings, and on what that rests, a line each; nothing where the target has the proxy's batch
    /// and length.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    /// What changes from proxy to target and has no rule that follows it, a sentence each: of the run, and what a family says of
    /// its models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The values that train the target, given those that trained the proxy best.
///
/// Under µP the user's numbers stay the same; the target's plan turns them into each tensor's own, and the rows
/// say how. Under the standard parametrization they stay the same too, which is what the control does. Whether an
/// optimum stays is what the study's space declares, otherwise what is known of the name.
///
/// # Errors
///
/// [`TransferError`]: plans for other rules, other parameters or another base. Blocks may be of another number: that their
/// plan scales depth, or says that it does not, was asked when it was made.
pub fn transfer(
    values: &Values,
    space: &Space,
    proxy: &ScalingPlan,
    target: &ScalingPlan,
) -> Result<Transfer, TransferError> {
    check_rules(proxy, target)?;
    check_parameters(proxy, target)?;
    check_bases(proxy, target)?;
    let rank = |name: &str| KNOWN.iter().position(|known| *known == name).unwrap_or(KNOWN.len());
    let mut sorted: Vec<(&str, &Setting)> = values.iter().collect();
    // Stable: what is unknown keeps the order of its names.
    sorted.sort_by_key(|(name, _)| rank(name));
    let row = |(name, value): (&str, &Setting)| {
        let (transferable, reason) = transfers(space, name);
        let explanation = match (explain(name, value, target), transferable) {
            (Some(plan), Transferable::No) => format!("{plan}; although its optimum moves ({reason})"),
            (Some(plan), _) => plan,
            (None, Transferable::Yes) => "unchanged".to_owned(),
            (None, Transferable::No) => format!("copied, although its optimum moves ({reason})"),
            (None, Transferable::NotDeclared) => format!("copied; {reason}"),
        };
        let (name, proxy, target) = (name.to_owned(), value.clone(), value.clone());
        Transferred { name, proxy, target, transferable, explanation }
    };
    let run = run_in_words(target);
    let warnings = target.run().and_then(RunScaling::warning).into_iter().collect();
    Ok(Transfer { values: values.clone(), rows: sorted.into_iter().map(row).collect(), run, warnings })
}

/// What becomes of the run's settings in a target's plan, a line each: from run to run, by which law, each setting, on which
/// grounds; nothing where the target has the proxy's batch and length.
#[must_use]
pub fn run_in_words(target: &ScalingPlan) -> Vec<String> {
    let (Some(run), optimizers) = (target.run(), target.optimizers()) else { return Vec::new() };
    let settings = format!(
        "run: {} {} → {}, {} steps → {} ({})",
        run.base.batch,
        if run.counts_batches() { "of the base's batches in a step" } else { "tokens in a batch" },
        run.target.batch,
        run.base.steps(),
        run.target.steps(),
        run.growth()
    );
    let applied = match optimizers {
        [one] => run.applied(one),
        several => run.applied_to(several),
    };
    let law = std::iter::once(format!("law {}", run.law.name)).chain(applied).chain(run.canceled());
    let law = law.filter(|_| run.warning().is_none());
    std::iter::once(settings).chain(law).chain(run.law.grounds()).collect()
}

/// Names of which a target's plan says what becomes of them.
const KNOWN: [&str; 8] =
    ["learning-rate", "weight-decay", "epsilon", "beta-1", "beta-2", "init-scale", "alpha-attention", "alpha-output"];

fn check_rules(proxy: &ScalingPlan, target: &ScalingPlan) -> Result<(), TransferError> {
    let name = |plan: &ScalingPlan| {
        let wishes: Vec<String> = plan.overrides().iter().map(ToString::to_string).collect();
        let wishes = if wishes.is_empty() { String::new() } else { format!(" with {}", wishes.join(", ")) };
        format!("{} for {}{wishes}", plan.parametrization().name, plan.optimizer_names())
    };
    let rules = |plan: &ScalingPlan| (plan.parametrization().clone(), plan.overrides().clone(), plan.optimizer_names());
    if rules(proxy) == rules(target) {
        return Ok(());
    }
    Err(TransferError::OtherRules { proxy: name(proxy), target: name(target) })
}

fn check_parameters(proxy: &ScalingPlan, target: &ScalingPlan) -> Result<(), TransferError> {
    let paths = |plan: &ScalingPlan| plan.rows().iter().map(PlanRow::in_any_block).collect::<BTreeSet<_>>();
    let (of_proxy, of_target) = (paths(proxy), paths(target));
    if of_proxy == of_target {
        return Ok(());
    }
    let only_proxy = of_proxy.difference(&of_target).cloned().collect();
    let only_target = of_target.difference(&of_proxy).cloned().collect();
    Err(TransferError::OtherParameters { only_proxy, only_target })
}

fn check_bases(proxy: &ScalingPlan, target: &ScalingPlan) -> Result<(), TransferError> {
    let base = |row: &PlanRow| row.dims.iter().map(|dim| (dim.base_size(), dim.is_infinite())).collect::<Vec<_>>();
    let differs = |row: &&PlanRow| target.row(&row.path).is_ok_and(|other| base(row) != base(other));
    let paths: Vec<String> = proxy.rows().iter().filter(differs).map(|row| row.path.clone()).collect();
    if paths.is_empty() { Ok(()) } else { Err(TransferError::OtherBase { paths }) }
}

/// What a target's plan makes of a value, in numbers where they are the value's own.
fn explain(name: &str, value: &Setting, target: &ScalingPlan) -> Option<String> {
    let value = value.number();
    let times = |factor: fn(&PlanRow) -> &Factor| format!("times {}", factors(target, factor, value));
    match name {
        "learning-rate" => Some(times(|row| &row.learning_rate)),
        "weight-decay" => Some(times(|row| &row.weight_decay)),
        "epsilon" => Some(times(|row| &row.epsilon)),
        "beta-1" | "beta-2" => value.map(|beta| half_life(beta, target)),
        "init-scale" => Some(format!("standard deviations times {}", factors(target, |row| &row.init_std, None))),
        "alpha-attention" => Some("unchanged; the plan's factor on attention logits follows the head width".to_owned()),
        "alpha-output" => Some("unchanged; the readout's own multiplier follows the width".to_owned()),
        _ => None,
    }
}

/// What the law of the target's run makes of a moving average's decay per step.
fn half_life(beta: f64, target: &ScalingPlan) -> String {
    let scaled = target.beta(beta);
    if scaled.to_bits() == beta.to_bits() {
        return "unchanged".to_owned();
    }
    format!("to the power {} ({})", rounded(target.beta_exponent()), rounded(scaled))
}

/// The distinct factors of a plan's trained tensors, as the plan prints them, each with what it makes of a value, if there is
/// one, and the number of tensors that have it.
fn factors(plan: &ScalingPlan, factor: impl Fn(&PlanRow) -> &Factor, value: Option<f64>) -> String {
    let mut counts: Vec<(f64, String, usize)> = Vec::new();
    for factor in plan.rows().iter().filter(|row| row.is_trained()).map(factor) {
        let printed = factor.to_string();
        match counts.iter_mut().find(|(_, known, _)| *known == printed) {
            Some((.., count)) => *count += 1,
            None => counts.push((factor.value, printed, 1)),
        }
    }
    counts.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
    let text = |(factor, printed, count): &(f64, String, usize)| {
        let product = value.filter(|_| printed != "1").map(|value| format!(" ({})", rounded(value * factor)));
        let tensors = if *count == 1 { "tensor" } else { "tensors" };
        format!("{printed}{} in {count} {tensors}", product.unwrap_or_default())
    };
    counts.iter().map(text).collect::<Vec<_>>().join(", ")
}
