//! The transfer: states every value, refuses plans between which nothing transfers.

use mup_rules::{OptimizerId, Parametrization, Run, RunLaw, ScalingPlan};
use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec, Places};
use mup_study::{Dimension, Setting, Space, Values};
use mup_transfer::{TransferError, Transferable, transfer};

fn shapes(width: usize, vocab: usize, n_layer: usize) -> ModuleShapes {
    let weight = |path: String, d_in, d_out| ParamShape::new(path, "Linear", [d_in, d_out], ParamSpec::weight());
    let mut params = vec![weight("input".to_owned(), vocab, width)];
    params.extend((0..n_layer).map(|i| weight(format!("blocks.{i}"), width, width)));
    ModuleShapes::new(params)
}

fn plan(width: usize, vocab: usize, n_layer: usize, parametrization: Parametrization) -> ScalingPlan {
    let base = BaseShapes::infer(&shapes(64, vocab, n_layer), &shapes(128, vocab, n_layer)).unwrap();
    let shapes = base.apply(&shapes(width, vocab, n_layer)).unwrap();
    ScalingPlan::new(&shapes, parametrization, OptimizerId::ADAMW).unwrap()
}

fn values() -> Values {
    Values::default().with("learning-rate", Setting::Number(0.01))
}

fn mup(width: usize) -> ScalingPlan {
    plan(width, 10, 2, Parametrization::mup())
}

#[test]
fn the_user_s_numbers_stay_and_the_target_s_plan_is_stated() {
    let rate = Setting::Number(2.0_f64.powi(-6));
    let values = values().with("learning-rate", rate).with("init-scale", Setting::Number(1.0));
    let values = values.with("dropout", Setting::Number(0.1)).with("alpha-output", Setting::Number(4.0));
    let moved = transfer(&values, &Space::default(), &mup(64), &mup(256)).unwrap();
    assert_eq!(moved.values, values);
    let all: Vec<&str> = moved.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(all, ["learning-rate", "init-scale", "alpha-output", "dropout"]);
    assert!(moved.rows[..3].iter().all(|row| row.transferable == Transferable::Yes));
    assert!(moved.rows[3].explanation.contains("moves"), "{}", moved.rows[3].explanation);
    assert!(moved.rows.iter().all(|row| row.proxy == row.target));
    assert_eq!(moved.rows[0].explanation, "times 1 in 1 tensor, 0.25 = 1/m_in (0.003906) in 2 tensors");
    assert_eq!(moved.rows[1].explanation, "standard deviations times 1 in 1 tensor, 0.5 = 1/√m_in in 2 tensors");
}

/// µP keeps rate·λ, so a λ that is divided out of a smaller rate is larger; SP keeps λ.
#[test]
fn what_the_plan_does_to_weight_decay_is_said_beside_that_its_optimum_moves() {
    let values = values().with("weight-decay", Setting::Number(0.1)).with("dropout", Setting::Number(0.1));
    let said = |parametrization: fn() -> Parametrization| {
        let plan = |width| plan(width, 10, 2, parametrization());
        let rows = transfer(&values, &Space::default(), &plan(64), &plan(256)).unwrap().rows;
        assert_eq!(rows[1].name, "weight-decay", "behind the rate that it goes with");
        rows[1].explanation.clone()
    };
    let mup = said(Parametrization::mup);
    assert!(mup.starts_with("times 4 = m_in (0.4) in 2 tensors, 1 in 1 tensor; although its optimum moves"), "{mup}");
    assert!(said(Parametrization::standard).starts_with("times 1 in 3 tensors; although"), "λ is kept");
}

/// Blocks under rules of depth, of which the base has as many as asked for.
fn deep(width: usize, n_layer: usize) -> ScalingPlan {
    let places = || Places::new().closing("blocks.**");
    let model = |width, n_layer| shapes(width, 10, n_layer);
    let target = model(width, n_layer).placed(&places()).unwrap();
    let shapes = BaseShapes::infer(&model(64, 2), &model(128, 2)).unwrap().apply(&target).unwrap();
    ScalingPlan::new(&shapes, Parametrization::complete_p(), OptimizerId::ADAMW).unwrap()
}

/// complete-d at four times the batch and eight times the tokens: ε × √2, β to the power ½.
#[test]
fn what_a_run_law_makes_of_epsilon_and_of_the_betas_is_said_in_numbers() {
    let values = values().with("epsilon", Setting::Number(1e-8)).with("beta-2", Setting::Number(0.81));
    let said = |plan: &ScalingPlan, name: &str| {
        let rows = transfer(&values, &Space::default(), &mup(64), plan).unwrap().rows;
        rows.into_iter().find(|row| row.name == name).unwrap().explanation
    };
    let (base, target) = (Run::new(1024.0, 102_400.0), Run::new(4096.0, 819_200.0));
    let scaled = mup(64).with_run(base, target, RunLaw::complete_d()).unwrap();
    assert!(said(&scaled, "beta-2").starts_with("to the power 0.5 (0.9)"), "{}", said(&scaled, "beta-2"));
    assert!(said(&scaled, "epsilon").contains("(1.414e-8) in 3 tensors"), "{}", said(&scaled, "epsilon"));
    assert!(said(&mup(64), "beta-2").starts_with("unchanged"), "{}", said(&mup(64), "beta-2"));
}

#[test]
fn values_transfer_to_another_number_of_blocks_and_the_plan_says_what_becomes_of_them() {
    let moved = transfer(&values(), &Space::default(), &deep(64, 2), &deep(256, 8)).unwrap();
    assert_eq!(moved.rows[0].explanation, "times 1 in 1 tensor, 0.0625 = 1/m_in · 1/m_L (0.000625) in 8 tensors");
    assert_eq!(moved.run, Vec::<String>::new());
}

#[test]
fn other_parameters_are_refused_by_the_paths_that_differ() {
    let weight = |path: &str, d| ParamShape::new(path, "Linear", [10, d], ParamSpec::weight());
    let other = |d| ModuleShapes::new(vec![weight("input", d), weight("output", d)]);
    let shapes = BaseShapes::infer(&other(64), &other(128)).unwrap().apply(&other(256)).unwrap();
    let other = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    let error = transfer(&values(), &Space::default(), &mup(64), &other).unwrap_err();
    let (only_proxy, only_target) = (vec!["blocks.*".to_owned()], vec!["output".to_owned()]);
    assert_eq!(error, TransferError::OtherParameters { only_proxy, only_target });
}

/// What was applied to each setting of the run, which part of it is derived and which empirical.
#[test]
fn a_target_of_another_batch_and_length_says_what_its_law_does_and_why() {
    let (base, target) = (Run::new(1024.0, 102_400.0), Run::new(4096.0, 819_200.0));
    let under = |law| {
        let plan = mup(256).with_run(base, target, law).unwrap();
        transfer(&values(), &Space::default(), &mup(64), &plan).unwrap()
    };
    let moved = under(RunLaw::complete_d());
    let [run, law, rate, decay, epsilon, beta, derived, empirical] = &moved.run[..] else { panic!("{:?}", moved.run) };
    assert_eq!(run, "run: 1024 tokens in a batch → 4096, 100 steps → 200 (batch × 4, tokens × 8)");
    assert_eq!(law, "law complete-d");
    assert_eq!(rate, "rate × 0.7071 = √m_B/√m_D");
    assert_eq!(decay, "rate·λ × 0.5 = m_B/m_D");
    assert_eq!(epsilon, "ε × 1.414 = √m_D/√m_B");
    assert_eq!(beta, "β to the power 0.5 = m_B/m_D");
    assert!(derived.starts_with("derived: powers of m_B") && derived.contains("2205.10287"), "{derived}");
    assert!(empirical.starts_with("empirical: powers of m_D") && empirical.contains("2512.22382"), "{empirical}");
    assert!(moved.rows[0].explanation.starts_with("times 0.7071"), "{}", moved.rows[0].explanation);
    assert_eq!(moved.warnings, Vec::<String>::new());
    let [warning] = &under(RunLaw::none()).warnings[..] else { panic!("nothing follows") };
    assert!(warning.starts_with("the run changes") && warning.contains("--run-law"), "{warning}");
}

#[test]
fn other_rules_and_other_bases_are_refused() {
    let values = values();
    let standard = plan(256, 10, 2, Parametrization::standard());
    assert!(matches!(transfer(&values, &Space::default(), &mup(64), &standard), Err(TransferError::OtherRules { .. })));
    let vocab = plan(256, 11, 2, Parametrization::mup());
    assert_eq!(
        transfer(&values, &Space::default(), &mup(64), &vocab).unwrap_err(),
        TransferError::OtherBase { paths: vec!["input".to_owned()] }
    );
}

#[test]
fn what_the_study_declares_of_a_value_is_what_its_transfer_says() {
    let range = || Dimension::Uniform([0.1, 1.0]);
    let space = Space::default()
        .with_declared("swing", range(), true)
        .with_declared("alphabet-size", range(), false)
        .with_declared("alpha-output", range(), false)
        .with("lr_decay", range());
    let number = || Setting::Number(0.5);
    let values = ["alpha-output", "alphabet-size", "lr_decay", "swing"]
        .iter()
        .fold(Values::default(), |values, name| values.with(name, number()));
    let rows = transfer(&values, &space, &mup(64), &mup(256)).unwrap().rows;
    let found: Vec<(&str, Transferable)> = rows.iter().map(|row| (row.name.as_str(), row.transferable)).collect();
    let expected = [
        ("alpha-output", Transferable::No),
        ("alphabet-size", Transferable::No),
        ("lr_decay", Transferable::NotDeclared),
        ("swing", Transferable::Yes),
    ];
    assert_eq!(found, expected);
    let said: Vec<&str> = rows.iter().map(|row| row.explanation.as_str()).collect();
    assert!(said[0].contains("readout") && said[0].contains("its optimum moves (declared in study.toml"), "{said:?}");
    assert_eq!(said[1], "copied, although its optimum moves (declared in study.toml)");
    assert!(said[2].contains("declare it with `transfers"), "{said:?}");
    assert_eq!(said[3], "unchanged");
}
