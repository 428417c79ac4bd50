//! What a user adds without touching this crate, each in one place: a scale variable, a parametrization, an optimizer, a
//! set of wishes. ARCHITECTURE.md, "Adding things", names these functions.

use mup_rules::{
    Amended, Amendment, Change, EpsilonTerm, OptimizerId, Overrides, Parametrization, Power, ScalingPlan, ShapeFactor,
    Update, Variable,
};
use mup_shapes::{BaseShapes, InfShape, InfShapes, ModuleShapes, ParamShape, ParamSpec, Role};

/// A scale variable: memory slots, whose growth only the user knows.
const SLOTS: Variable = Variable::new("m_S");

fn slots(shape: &InfShape) -> f64 {
    if shape.path.starts_with("memory.") { 4.0 } else { 1.0 }
}

/// A parametrization: µP, and reads of a memory averaged over its slots.
fn averaged_memory() -> Parametrization {
    let slower = Amendment::new("memory.**", Amended::Adam, Power::of(SLOTS, 0.5), "slots are averaged");
    Parametrization::mup().named_as("averaged-memory").with_amendment(slower)
}

/// An optimizer: normalized SGD with the aspect of Scion, on hidden matrices alone.
fn normalized_sgd() -> OptimizerId {
    OptimizerId::new("normalized-sgd", Update::SPECTRAL)
        .with_shape_factor(ShapeFactor::SqrtAspect)
        .with_epsilon(EpsilonTerm::None)
        .on_hidden_matrices_only()
}

/// A set of wishes: how this team fine-tunes.
fn fine_tuning() -> Overrides {
    Overrides::decay_matrices_only().and_if_any("embedding.*", Change::Frozen).and(Role::Output, Change::Rate(0.5))
}

fn shapes() -> InfShapes {
    let model = |n: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("embedding.weight", "Embedding", [100, n], ParamSpec::weight()),
            ParamShape::new("memory.keys", "Memory", [n, n], ParamSpec::weight()),
            ParamShape::new("up.weight", "Linear", [n, 4 * n], ParamSpec::weight()),
            ParamShape::new("readout.weight", "Linear", [n, 10], ParamSpec::weight()),
        ])
    };
    BaseShapes::infer(&model(16), &model(32)).unwrap().apply(&model(64)).unwrap()
}

#[test]
fn one_of_each_is_added_from_outside_and_printed_with_its_reason() {
    let shapes = shapes();
    let plan = ScalingPlan::of(&shapes, averaged_memory())
        .variable(SLOTS, slots)
        .optimizer(Role::Hidden, normalized_sgd())
        .overrides(fine_tuning())
        .build()
        .unwrap();
    let rate = |path: &str| plan.row(path).unwrap().learning_rate.to_string();
    assert_eq!(rate("memory.keys"), "2 = √m_out/√m_in · √m_S", "f is 1 for a square matrix");
    assert_eq!(rate("readout.weight"), "0.125 = 1/m_in · yours 0.5");
    assert!(plan.row("embedding.weight").unwrap().frozen);
    assert_eq!(plan.optimizer_names(), "normalized-sgd, adamw");
    assert!(plan.to_string().starts_with("averaged-memory · normalized-sgd, adamw · "), "{plan}");
    assert_eq!(ScalingPlan::from_json(&plan.to_json()).unwrap(), plan);
}
