//! What the theory does not cover in a model, said when the plan is made.

use mup_shapes::{Axis, Dim, Kind, Role, Stack};

use crate::doubt::undecided;
use crate::named::named;
use crate::plan::PlanContents;
use crate::{
    Amendment, DepthRule, EpsilonRule, EpsilonTerm, OptimizerId, Parametrization, PlanRow, RunScaling, Selector,
    Update, WeightDecay,
};

/// Smallest d_head for which TP-V recommends to trust the optimum of a proxy (TP-V D.4).
const SMALL_D_HEAD: usize = 32;

pub(crate) fn warnings(plan: &PlanContents) -> Vec<String> {
    let rows = plan.rows.as_slice();
    let all = [
        nothing_infinite(rows),
        narrower_than_base(rows),
        uneven_widths_under_sgd(plan),
        uneven_widths_and_epsilon(plan),
        decay_outgrows_gradient(plan),
        scaled_to_a_weight_that_may_be_zero(plan),
        small_heads(rows),
        undecided(rows),
        kernel_before_fans(rows),
        growing_experts(rows),
        no_readout(rows),
        depth_ignored(&plan.streams, &plan.parametrization),
        streams_of_their_own(plan),
        plan.run.as_ref().and_then(RunScaling::warning),
    ];
    all.into_iter().flatten().chain(amendments_without_tensors(plan)).collect()
}

/// A table is for many models, so one that lacks a tensor is no error; a mistyped path is another matter.
fn amendments_without_tensors(plan: &PlanContents) -> impl Iterator<Item = String> {
    plan.parametrization.amendments.iter().filter_map(|Amendment { tensors, reason, .. }| {
        let Selector::Path(pattern) = tensors else { return None };
        if plan.rows.iter().any(|row| row.kind.is_trained() && pattern.matches(&row.path)) {
            return None;
        }
        let meant = tensors.nearest(&plan.rows).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        let name = &plan.parametrization.name;
        Some(format!("`{name}` amends {tensors} (\"{reason}\"), and this model has no such tensor{meant}"))
    })
}

fn nothing_infinite(rows: &[PlanRow]) -> Option<String> {
    let mut axes = rows.iter().flat_map(|row| row.axes.as_slice().iter().zip(&row.dims));
    let infinite = axes.any(|(axis, dim)| *axis != Axis::Expert && dim.is_infinite());
    (!infinite).then(|| {
        "no dimension grows with width, so every factor is 1 and this is the standard parametrization; \
         were base and delta the same model?"
            .to_owned()
    })
}

fn narrower_than_base(rows: &[PlanRow]) -> Option<String> {
    let narrower = |row: &&PlanRow| row.dims.iter().any(|dim| dim.width_mult() < 1.0);
    let paths = named(rows.iter().filter(narrower))?;
    Some(format!(
        "narrower than the base: {paths}; the rules hold in both directions, but a narrow model is far from the \
         limit that they describe"
    ))
}

/// Rows that an optimizer of some kind trains.
fn trained_by<'a>(
    plan: &'a PlanContents,
    fits: impl Fn(&OptimizerId) -> bool + 'a,
) -> impl Iterator<Item = &'a PlanRow> {
    let fitting: Vec<&str> =
        plan.optimizers.iter().filter(|optimizer| fits(optimizer)).map(|optimizer| optimizer.name.as_ref()).collect();
    plan.rows.iter().filter(move |row| row.is_trained() && fitting.contains(&row.optimizer.as_str()))
}

fn is_uneven(row: &PlanRow) -> bool {
    let (m_in, m_out) = row.width_mults();
    row.role == Role::Hidden && (m_in - m_out).abs() > f64::EPSILON
}

fn uneven_widths_under_sgd(plan: &PlanContents) -> Option<String> {
    let paths =
        named(trained_by(plan, |optimizer| optimizer.update == Update::PROPORTIONAL).filter(|row| is_uneven(row)))?;
    Some(format!(
        "SGD with unequal fan-in and fan-out multipliers \"doesn't quite work in general\" (TP-V J.2.1, \
         fn. 22): {paths}"
    ))
}

fn uneven_widths_and_epsilon(plan: &PlanContents) -> Option<String> {
    if plan.parametrization.epsilon != EpsilonRule::Gradient {
        return None;
    }
    let paths =
        named(trained_by(plan, |optimizer| optimizer.epsilon == EpsilonTerm::Gradient).filter(|row| is_uneven(row)))?;
    Some(format!(
        "fan-in and fan-out grow unequally, so gradients scale between 1/m_out, which ε follows, and \
         1/√(m_in·m_out) (harmless while ε is negligible): {paths}"
    ))
}

/// Under SGD the gradient of an input tensor shrinks like 1/m_out while λ·w does not.
fn decay_outgrows_gradient(plan: &PlanContents) -> Option<String> {
    if plan.parametrization.weight_decay != WeightDecay::KeepLambda {
        return None;
    }
    let by_sgd = trained_by(plan, |optimizer| optimizer.update == Update::PROPORTIONAL);
    let paths = named(by_sgd.filter(|row| row.learning_rate.value > 1.0 && row.weight_decay.value > 0.0))?;
    Some(format!(
        "λ is kept while the rate grows, so decay outgrows the gradient under SGD (another weight-decay \
         convention avoids it): {paths}"
    ))
}

/// A trust ratio ‖w‖/‖u‖ is 1 at w = 0, whatever the width (arXiv:1904.00962, its reference code).
fn scaled_to_a_weight_that_may_be_zero(plan: &PlanContents) -> Option<String> {
    let scaled = trained_by(plan, |optimizer| optimizer.update.weight != 0.0);
    let paths = named(scaled.filter(|row| row.kind == Kind::Bias || row.role == Role::Output))?;
    Some(format!(
        "the step is scaled to the weight, so a tensor that starts at zero does not learn at the rate of the plan at first: \
         keep these from starting at zero, or give them another optimizer: {paths}"
    ))
}

fn small_heads(rows: &[PlanRow]) -> Option<String> {
    let scales = rows.iter().filter(|row| row.kind == Kind::LogitScale);
    let d_head = scales.map(|row| row.dims.iter().map(|dim: &Dim| dim.size()).product::<usize>()).min()?;
    (d_head < SMALL_D_HEAD).then(|| {
        format!(
            "d_head = {d_head} is small: keep it ≥ {SMALL_D_HEAD} in a proxy whose optimum should transfer (TP-V D.4)"
        )
    })
}

/// No layout of Burn's or PyTorch's has a kernel axis in front.
fn kernel_before_fans(rows: &[PlanRow]) -> Option<String> {
    let in_front = |row: &&PlanRow| row.axes.as_slice().first() == Some(&Axis::Kernel);
    let paths = named(rows.iter().filter(in_front))?;
    Some(format!(
        "the first axis is declared as a kernel, so its size counts in both fans; if it numbers experts, or other copies \
         of the layer, declare it as Axis::Expert (ParamSpec::experts()): {paths}"
    ))
}

fn growing_experts(rows: &[PlanRow]) -> Option<String> {
    let grows = |row: &&PlanRow| {
        let mut axes = row.axes.as_slice().iter().zip(&row.dims);
        axes.any(|(axis, dim)| *axis == Axis::Expert && dim.size() != dim.base_size())
    };
    let paths = named(rows.iter().filter(grows))?;
    Some(format!(
        "the number of experts grows, which is no width: nothing is scaled by it, and transfer over it is known only for a \
         fixed number of active experts of fixed granularity (arXiv:2508.09752): {paths}"
    ))
}

/// That blocks are added and nothing follows.
pub(crate) fn depth_ignored(streams: &[Stack], parametrization: &Parametrization) -> Option<String> {
    let changed = streams.iter().filter(|_| parametrization.depth == DepthRule::Ignored);
    let changed: Vec<String> = changed.map(ToString::to_string).collect();
    (!changed.is_empty()).then(|| {
        format!(
            "the number of residual additions changes ({}) and `{}` scales nothing by it: the optimum moves, and a deep enough \
             model diverges; the preset complete-p scales depth (--parametrization complete-p, Parametrization::complete_p())",
            changed.join(", "),
            parametrization.name
        )
    })
}

/// Two lists of blocks may be an encoder and a decoder, or follow each other on one stream.
fn streams_of_their_own(plan: &PlanContents) -> Option<String> {
    let [first, others @ ..] = &plan.streams[..] else { return None };
    let unlike = others.iter().find(|other| !first.grows_as(other))?;
    (plan.parametrization.depth == DepthRule::Scaled).then(|| {
        format!(
            "`{}` and `{}` grow by different factors and count as a residual stream each, as an encoder and a decoder do; if \
             they follow each other on one, say Places::stream for both",
            first.stream, unlike.stream
        )
    })
}

/// A model whose embedding is multiplied with features by hand has no parameter that says so.
fn no_readout(rows: &[PlanRow]) -> Option<String> {
    if rows.iter().any(|row| matches!(row.role, Role::Output | Role::Inner)) {
        return None;
    }
    let embeds = |row: &&PlanRow| row.layer == "Embedding" && row.role == Role::Input;
    let paths = named(rows.iter().filter(embeds))?;
    Some(format!(
        "nothing maps width to a fixed size: if the model reads out through its embedding by hand (x·Eᵀ), its logits lack \
         the factor 1/m_in; mup_models' TiedReadout applies it: {paths}"
    ))
}
