//! What the user wishes otherwise: found, printed, and the last one wins.

use mup_rules::{Change, OptimizerId, Overrides, Parametrization, PlanBuilder, RuleError, ScalingPlan, Selector};
use mup_shapes::{BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};

fn shapes() -> InfShapes {
    let model = |n: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("embedding.weight", "Embedding", vec![100, n], ParamSpec::weight()),
            ParamShape::new("blocks.0.up.weight", "Linear", vec![n, n], ParamSpec::weight()),
            ParamShape::new("blocks.0.up.bias", "Linear", vec![n], ParamSpec::bias()),
            ParamShape::new("norm.gamma", "LayerNorm", vec![n], ParamSpec::gain()),
            ParamShape::new("readout.weight", "Linear", vec![n, 10], ParamSpec::weight()),
            ParamShape::new("readout.bias", "Linear", vec![10], ParamSpec::bias()),
        ])
    };
    BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap()
}

fn with(wishes: impl FnOnce(PlanBuilder) -> PlanBuilder) -> Result<ScalingPlan, RuleError> {
    wishes(ScalingPlan::of(&shapes(), Parametrization::mup())).build()
}

fn decayed(plan: &ScalingPlan) -> Vec<&str> {
    plan.rows().iter().filter(|row| row.weight_decay.value > 0.0).map(|row| row.path.as_str()).collect()
}

#[test]
fn decay_of_matrices_only_leaves_biases_gains_and_embeddings_alone() {
    let plan = with(|plan| plan.overrides(Overrides::decay_matrices_only())).unwrap();
    assert_eq!(decayed(&plan), ["blocks.0.up.weight", "readout.weight"]);
    let everything = with(|plan| plan).unwrap();
    assert_eq!(decayed(&everything).len(), 6, "by default all decays, as in PyTorch and microsoft/mup");
}

/// Whoever is given a plan has no builder.
#[test]
fn a_rate_wished_of_a_finished_plan_is_as_if_its_builder_had_wished_it_and_multiplies_what_was_wished() {
    let later = with(|plan| plan.no_decay(Role::Vector)).unwrap().with_rate("embedding.*", 0.25).unwrap();
    let built = with(|plan| plan.no_decay(Role::Vector).rate("embedding.*", 0.25)).unwrap();
    assert_eq!(later, built);
    let twice = with(|plan| plan.rate("blocks.**", 2.0)).unwrap().with_rate(Role::Vector, 3.0).unwrap();
    let rate = |path: &str| twice.row(path).unwrap().learning_rate.to_string();
    assert_eq!(rate("blocks.0.up.weight"), "0.5 = 1/m_in · yours 2");
    assert_eq!([rate("blocks.0.up.bias"), rate("norm.gamma")], ["6 = yours 6", "3 = yours 3"]);
    assert_eq!(ScalingPlan::from_json(&twice.to_json()).unwrap(), twice, "it can be stored");
    let wrong = |tensors: &str, times| with(|plan| plan).unwrap().with_rate(tensors, times).unwrap_err().to_string();
    assert!(wrong("embeding.*", 2.0).contains("did you mean `embedding.*`"));
    assert!(wrong("embedding.*", -1.0).contains("a positive number"));
}

/// A set is for any model: one without an embedding or a bias is no error.
#[test]
fn a_set_may_find_nothing_but_a_wish_may_not() {
    let model = |n: usize| ModuleShapes::new(vec![ParamShape::new("w", "Linear", [n, n], ParamSpec::weight())]);
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    let of = || ScalingPlan::of(&shapes, Parametrization::mup());
    assert!(of().overrides(Overrides::decay_matrices_only()).build().is_ok());
    let error = of().no_decay(Role::Vector).build().unwrap_err().to_string();
    assert!(error.starts_with("no decay for vector tensors: no trained tensor is meant by it; there are w"), "{error}");
    let error = of().rate("W", 2.0).build().unwrap_err().to_string();
    let meant = "rate × 2 for `W`: no trained tensor is meant by it; did you mean `w`? there are w";
    assert!(error.starts_with(meant), "{error}");
}

/// Of 1829 paths three are listed, and the one that was meant is seldom among them.
#[test]
fn a_mistyped_path_pattern_or_layer_is_told_as_it_was_meant() {
    let meant = |tensors: Selector, expected: &str| {
        for change in [Change::Rate(2.0), Change::Optimizer(OptimizerId::LION), Change::Frozen] {
            let error = with(|plan| plan.wish(tensors.clone(), change)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    };
    meant("readout.wieght".into(), "; did you mean `readout.weight`? there are");
    meant("blocks.*.upp.*".into(), "; did you mean `blocks.*.up.*`? there are");
    meant("embedding".into(), "; did you mean `embedding.weight`? there are");
    meant(Selector::Layer("layernorm".to_owned()), "; did you mean `LayerNorm`? there are");
    meant("decoder.rotary".into(), "is meant by it; there are");
    let error = with(|plan| plan).unwrap().row("norm.gama").unwrap_err().to_string();
    assert!(error.contains("did you mean `norm.gamma`? was it made"), "{error}");
}

#[test]
fn of_two_wishes_the_later_wins() {
    let plan =
        with(|plan| plan.rate("**", 2.0).rate("embedding.*", 3.0).no_decay(Selector::All).decay(Role::Hidden, 1.0))
            .unwrap();
    let rate = |path: &str| plan.row(path).unwrap().learning_rate.to_string();
    assert_eq!(rate("embedding.weight"), "3 = yours 3");
    assert_eq!(rate("blocks.0.up.weight"), "0.5 = 1/m_in · yours 2");
    assert_eq!(decayed(&plan), ["blocks.0.up.weight"]);
    let plan =
        with(|plan| plan.optimizer(Role::Hidden, OptimizerId::MUON).optimizer("blocks.**", OptimizerId::LION)).unwrap();
    assert_eq!(plan.optimizer_names(), "adamw, lion");
}

#[test]
fn wishes_speak_of_paths_roles_kinds_and_layers() {
    for (tensors, found) in [
        (Selector::from("blocks.*.up.weight"), "blocks.0.up.weight"),
        (Role::Input.into(), "embedding.weight"),
        (Kind::Gain.into(), "norm.gamma"),
        (Selector::Layer("LayerNorm".to_owned()), "norm.gamma"),
    ] {
        let plan = with(|plan| plan.rate(tensors.clone(), 5.0)).unwrap();
        let changed: Vec<&str> = plan
            .rows()
            .iter()
            .filter(|row| row.learning_rate.to_string().contains("yours 5"))
            .map(|row| row.path.as_str())
            .collect();
        assert_eq!(changed, [found], "{tensors}");
    }
}

#[test]
fn a_frozen_tensor_is_printed_as_such_and_has_no_rate() {
    let plan = with(|plan| plan.frozen("embedding.*")).unwrap();
    let row = plan.row("embedding.weight").unwrap();
    assert!(row.frozen && !row.is_trained());
    assert_eq!(row.columns().count(), 2, "A and B");
    assert!(plan.to_string().lines().any(|line| line.starts_with("embedding.weight") && line.contains("frozen")));
    assert!(row.to_string().contains("frozen"), "{row}");
    let thawed = with(|plan| plan).unwrap();
    assert!(plan.diff(&thawed)[0].to_string().contains("frozen"));
    assert_ne!(plan.fingerprint(), thawed.fingerprint());
}

/// Muon orthogonalizes; it need not be able to train what is not trained.
#[test]
fn a_frozen_tensor_may_be_of_any_shape() {
    let plan = with(|plan| {
        plan.optimizer("**", OptimizerId::MUON).optimizer("*.bias", OptimizerId::ADAMW).frozen("embedding.*")
    });
    let error = plan.unwrap_err().to_string();
    assert!(
        error.contains("cannot train blocks.*.up.bias (vector, 1 axis), norm.gamma"),
        "the embedding is not: {error}"
    );
}

/// One at a time, a model of 1829 tensors would be corrected for an afternoon.
#[test]
fn all_tensors_that_an_optimizer_cannot_train_are_told_at_once_with_the_remedy() {
    let error = with(|plan| plan.default_optimizer(OptimizerId::MUON)).unwrap_err().to_string();
    assert_eq!(
        error,
        "muon orthogonalizes hidden matrices and cannot train embedding.weight (input, 2 axes), blocks.*.up.bias (vector, 1 \
         axis), norm.gamma (vector, 1 axis) and 2 more; choose it for those alone, `.optimizer(Role::Hidden, …)`, and after it \
         another for what is left of these: `.optimizer(\"embedding.weight\", OptimizerId::ADAMW)`"
    );
    assert!(with(|plan| plan.optimizer(Role::Hidden, OptimizerId::MUON)).is_ok());
}

#[test]
fn all_layers_that_a_table_refuses_are_told_at_once() {
    let model = |n: usize| {
        let head = |name: &str| ParamShape::new(format!("{name}.weight"), "Linear", [n, 10], ParamSpec::weight());
        ModuleShapes::new(["a", "b", "c", "d"].map(head).to_vec())
    };
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    let error = ScalingPlan::of(&shapes, Parametrization::mup_package()).build().unwrap_err().to_string();
    assert!(error.contains("c.weight (Linear, 64→256 × 10) and 1 more; use mup_models' Readout"), "{error}");
}

#[test]
fn a_wish_without_effect_is_an_error() {
    let error = with(|plan| plan.rate("embedding.*", 2.0).frozen("embedding.*")).unwrap_err().to_string();
    assert!(
        error.starts_with("rate × 2 for `embedding.*`: changes nothing, since all of these tensors are frozen"),
        "{error}"
    );
    assert!(with(|plan| plan.rate("**", 2.0).frozen("embedding.*")).is_ok(), "it has an effect elsewhere");
}

/// A gain starts at 1 and a bias at 0, whatever is wished of a standard deviation that they do not have.
#[test]
fn a_wish_for_the_init_std_of_what_starts_at_a_constant_is_an_error() {
    for tensors in [Selector::from("norm.gamma"), "*.bias".into(), Kind::Gain.into(), Role::Vector.into()] {
        let error = with(|plan| plan.init_std(tensors.clone(), 5.0)).unwrap_err().to_string();
        assert!(error.contains(&format!("init std × 5 for {tensors}: changes nothing, since")), "{error}");
        assert!(error.contains("gains at 1"), "{error}");
    }
    assert!(with(|plan| plan.init_std("readout.*", 5.0)).is_ok(), "its weight is drawn");
}

#[test]
fn a_wish_for_a_decay_that_the_optimizer_does_not_have_is_an_error() {
    let plain = OptimizerId::new("plain", mup_rules::Update::ENTRYWISE).with_decay(mup_rules::DecayTerm::None);
    let error =
        with(|plan| plan.optimizer("embedding.*", plain.clone()).no_decay("embedding.*")).unwrap_err().to_string();
    assert!(error.contains("no decay for `embedding.*`: changes nothing, since the optimizer"), "{error}");
    let set = with(|plan| plan.default_optimizer(plain).overrides(Overrides::decay_matrices_only()));
    assert_eq!(set.unwrap().row("norm.gamma").unwrap().weight_decay.to_string(), "–");
}

#[test]
fn numbers_that_cannot_be_are_refused_with_what_to_use_instead() {
    let refused = |change: Change, remedy: &str| {
        let error = with(|plan| plan.wish("embedding.*", change)).unwrap_err().to_string();
        assert!(error.contains(remedy) && error.contains("`embedding.*`"), "{error}");
    };
    for number in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(Change::Rate(number), "use frozen");
        refused(Change::InitStd(number), "InitSpec::zero");
    }
    for number in [-0.5, f64::NAN, f64::INFINITY] {
        refused(Change::Decay(number), "0 is none");
    }
}

#[test]
fn two_optimizers_of_one_name_are_refused() {
    let other = OptimizerId::new("adamw", mup_rules::Update::PARAMETER_SCALED);
    let error = with(|plan| plan.optimizer("embedding.*", other)).unwrap_err().to_string();
    assert!(error.contains("two different optimizers are called `adamw`"), "{error}");
}

#[test]
fn plans_that_differ_in_an_optimizer_say_for_which_tensor() {
    let mixed = with(|plan| plan.optimizer(Role::Hidden, OptimizerId::MUON)).unwrap();
    let lines: Vec<String> = with(|plan| plan).unwrap().diff(&mixed).iter().map(ToString::to_string).collect();
    assert_eq!(lines[0], "optimizer adamw → adamw, muon");
    assert!(lines.contains(&"`blocks.0.up.weight`: optimizer adamw → muon".to_owned()), "{lines:?}");
}
