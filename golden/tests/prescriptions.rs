//! Roles, init std factors, learning rates and weight decay, parameter by parameter, against mup's own.

use burn::tensor::Device;
use mup_golden::{Case, Family, Row, Width, cases, prepare};
use mup_models::{ConvNet, Gpt, Mlp};
use mup_rules::{OptimizerId, Parametrization, PlanRow};
use mup_shapes::{Kind, Role};

/// Double precision, a handful of operations on either side.
const TOLERANCE: f64 = 1e-12;

fn close(ours: f64, theirs: f64, what: &str) {
    let difference = (ours - theirs).abs() / theirs.abs();
    assert!(difference < TOLERANCE, "{what}: ours {ours}, mup's {theirs}");
}

fn mup_role(role: Role) -> &'static str {
    match role {
        Role::Hidden => "matrix",
        Role::Input | Role::Output | Role::Vector => "vector",
        Role::Scalar => "scalar",
        role => panic!("mup knows no {role}"),
    }
}

fn check_row(case: &Case, what: &str, ours: &PlanRow, theirs: &Row, optimizer: &str) {
    assert_eq!(mup_role(ours.role), theirs.role, "{what}");
    for (sampler, bounds) in &theirs.init {
        if let Some(bounds) = bounds {
            close(ours.init_std.value, bounds.target / bounds.base, &format!("{what} init {sampler}"));
        }
    }
    let group = theirs.optimizers[optimizer];
    let settings = case.optimizer_settings;
    close(settings.lr * ours.learning_rate.value, group.lr, &format!("{what} {optimizer} lr"));
    let decay = settings.weight_decay * ours.weight_decay.value;
    close(decay, group.weight_decay, &format!("{what} {optimizer} decay"));
}

fn check_width<F: Family>(case: &Case, width: &Width) -> usize {
    let device = Device::flex();
    let mut compared = 0;
    for (kind, optimizer) in [(OptimizerId::SGD, "sgd"), (OptimizerId::ADAM, "adam"), (OptimizerId::ADAMW, "adamw")] {
        let plan = prepare::<F>(case, width, Parametrization::mup_package(), kind, &device).plan;
        let trained: Vec<&PlanRow> = plan.rows().iter().filter(|row| row.kind.is_trained()).collect();
        assert_eq!(trained.len(), width.parameters.len(), "{}", case.model);
        for theirs in &width.parameters {
            let ours = plan.row(&theirs.path).expect("the same paths");
            check_row(case, &format!("{} width {} {}", case.model, width.index, theirs.path), ours, theirs, optimizer);
            compared += 1;
        }
        for (path, constant) in &width.constants {
            let row = plan.row(path).expect("the same constants");
            assert!(matches!(row.kind, Kind::Multiplier | Kind::LogitScale), "{path}");
            close(row.multiplier.value, constant.value, path);
        }
    }
    compared
}

fn check_kind<F: Family>(kind: &str) {
    let cases = cases();
    let cases = cases.iter().filter(|case| case.kind == kind);
    let compared: usize = cases.flat_map(|case| case.widths.iter().map(move |w| check_width::<F>(case, w))).sum();
    assert!(compared > 0, "there is golden data for {kind}");
}

#[test]
fn the_package_preset_prescribes_for_mlps_what_mup_does() {
    check_kind::<Mlp>("Mlp");
}

#[test]
fn the_package_preset_prescribes_for_the_conv_net_what_mup_does() {
    check_kind::<ConvNet>("ConvNet");
}

#[test]
fn the_package_preset_prescribes_for_gpts_what_mup_does() {
    check_kind::<Gpt>("Gpt");
}
