//! Whether blocks are added as a model grows, and the rules and the control that follow from it.

use burn::tensor::Device;
use mup_rules::{DepthRule, Parametrization};
use mup_train::{FamilyError, Growth, Size};

use crate::AnyFamily;

/// Whether a model of the size has more blocks than the base, as plans count them; width alone grows where `rules` refuse
/// depth.
pub(crate) fn deepens(
    family: &dyn AnyFamily,
    growth: &Growth,
    rules: Option<&Parametrization>,
    largest: &Size,
    device: &Device,
) -> Result<bool, FamilyError> {
    // SP ignores depth, so that it has a plan whatever grows.
    let parametrization = rules.cloned().unwrap_or_else(Parametrization::standard);
    let growth = Growth { parametrization, ..growth.clone() };
    Ok(family.plan(&family.run(growth, largest.clone()), device)?.depth_mult() > 1.0)
}

/// The rules of a check where none were asked for.
pub(crate) fn usual_rules(deepens: bool) -> Parametrization {
    if deepens { Parametrization::complete_p() } else { Parametrization::mup() }
}

/// The negative control of a check: rules of width alone where blocks are added, else SP.
pub(crate) fn control(deepens: bool) -> Parametrization {
    if deepens { ignoring_depth(Parametrization::mup()) } else { Parametrization::standard() }
}

/// Plans another number of blocks as if it were the base's.
pub(crate) fn ignoring_depth(rules: Parametrization) -> Parametrization {
    let name = format!("{} without depth", rules.name);
    rules.with_depth_rule(DepthRule::Ignored).named_as(name)
}
