//! The check can fail: the standard parametrization, and µP with one rule removed, are seen.
//!
//! Small and fast; `cargo xtask coord-check` is the same on larger models.

mod family;
mod multi_query;

use family::{Family, Training};
use multi_query::MultiQuery;
use mup_models::{Gpt, Mlp};
use mup_rules::{Form, OptimizerId, Parametrization, Power, Update};
use mup_shapes::{Axes, Axis, Kind, ParamSpec, Role, ShapeReader};
use mup_verdict::coordinates::{Report, Verdict};

const ADAM: Training = Training { optimizer: OptimizerId::ADAM, learning_rate: 0.01 };
const SGD: Training = Training { optimizer: OptimizerId::SGD, learning_rate: 0.1 };

fn check<F: Family>(training: Training, parametrization: Parametrization) -> Report {
    family::check::<F>(training, parametrization, mup_models::shape_reader())
}

fn assert_flat(report: &Report) {
    assert_eq!(report.exit_code(), 0, "{report}");
}

/// The change or the initialization of the module has this verdict.
fn assert_seen(report: &Report, module: &str, verdict: Verdict) {
    assert_eq!(report.exit_code(), 1, "{report}");
    let seen = report.summaries().iter().any(|summary| summary.module == module && summary.verdict == verdict);
    assert!(seen, "{module} does not show {verdict}:\n{report}");
}

/// µP with the rows of one role changed.
fn without(role: Role, change: impl Fn(&mut mup_rules::Rule)) -> Parametrization {
    let mut parametrization = Parametrization::mup();
    parametrization.rules.iter_mut().filter(|rule| rule.role == role).for_each(change);
    parametrization
}

/// SGD's rate at every width; it is derived from Adam's.
fn keep_sgd_rate(rule: &mut mup_rules::Rule) {
    *rule = rule.clone().with_rate(Update::PROPORTIONAL, &Power::ONE);
}

#[test]
fn mup_is_flat_for_an_mlp() {
    assert_flat(&check::<Mlp>(ADAM, Parametrization::mup()));
    assert_flat(&check::<Mlp>(SGD, Parametrization::mup()));
}

#[test]
fn sp_is_not_flat_for_an_mlp() {
    assert_seen(&check::<Mlp>(ADAM, Parametrization::standard()), "logits", Verdict::Grows);
    assert_seen(&check::<Mlp>(SGD, Parametrization::standard()), "input", Verdict::Vanishes);
}

#[test]
fn mup_is_flat_for_a_gpt() {
    assert_flat(&check::<Gpt>(ADAM, Parametrization::mup()));
}

#[test]
fn sp_is_not_flat_for_a_gpt() {
    assert_seen(&check::<Gpt>(ADAM, Parametrization::standard()), "logits", Verdict::Grows);
}

#[test]
fn a_hidden_rate_that_ignores_width_is_seen() {
    let adam = without(Role::Hidden, |rule| rule.adam = Power::ONE);
    assert_seen(&check::<Mlp>(ADAM, adam), "hidden.0", Verdict::Grows);
}

#[test]
fn an_input_rate_that_ignores_width_under_sgd_is_seen() {
    let sgd = without(Role::Input, keep_sgd_rate);
    assert_seen(&check::<Mlp>(SGD, sgd), "input", Verdict::Vanishes);
}

#[test]
fn a_hidden_initialization_that_ignores_width_is_seen() {
    let init = without(Role::Hidden, |rule| rule.init_std = Power::ONE);
    assert_seen(&check::<Mlp>(ADAM, init), "hidden.0", Verdict::Grows);
}

#[test]
fn a_readout_without_its_multiplier_is_seen() {
    let readout = without(Role::Output, |rule| {
        if rule.form == Form::Multiplier {
            rule.multiplier = Power::ONE;
        }
    });
    assert_seen(&check::<Mlp>(ADAM, readout), "logits", Verdict::Grows);
}

#[test]
fn a_swapped_fan_in_axis_is_seen_where_dimensions_grow_unevenly() {
    let swapped: ShapeReader = mup_models::shape_reader()
        .declare("hidden.*.weight", ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight));
    let report = family::check::<family::UnevenMlp>(ADAM, Parametrization::mup(), swapped);
    assert_seen(&report, "hidden.0", Verdict::Vanishes);
    assert_flat(&check::<family::UnevenMlp>(ADAM, Parametrization::mup()));
}

/// One key and value head at every width: from an infinite to a finite dimension, inside the model.
#[test]
fn keys_and_values_of_a_fixed_number_of_heads_are_flat() {
    let declared = ["blocks.*.key.weight", "blocks.*.value.weight"].into_iter();
    let declared = declared.fold(ShapeReader::new(), |reader, path| reader.declare(path, ParamSpec::weight().inner()));
    for reader in [ShapeReader::new(), declared] {
        assert_flat(&family::check::<MultiQuery>(ADAM, Parametrization::mup(), reader));
    }
}

/// Read as readouts, as the paper's table has it, they vanish before training.
#[test]
fn keys_and_values_that_are_read_as_readouts_are_seen() {
    let report = family::check::<MultiQuery>(ADAM, Parametrization::tensor_programs_v(), ShapeReader::new());
    assert_seen(&report, "blocks.0.key", Verdict::Vanishes);
    assert_seen(&report, "blocks.1.value", Verdict::Vanishes);
}

#[test]
fn a_rate_of_keys_and_values_that_ignores_width_is_seen() {
    let rate = without(Role::Inner, |rule| rule.adam = Power::ONE);
    assert_seen(&family::check::<MultiQuery>(ADAM, rate, ShapeReader::new()), "blocks.0.key", Verdict::Grows);
    let rate = without(Role::Inner, keep_sgd_rate);
    assert_seen(&family::check::<MultiQuery>(SGD, rate, ShapeReader::new()), "blocks.0.value", Verdict::Grows);
}
