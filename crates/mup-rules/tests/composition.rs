//! Rows are composed: width rule × amendments × run law × wishes, each factor once, each with its reason (T8 and T9 of
//! the design), and from base to target and back is nothing at all.

use mup_rules::{
    Amended, Amendment, Column, EpsilonRule, Factor, L2Rule, OptimizerId, Parametrization, PlanRow, Power, Run, RunLaw,
    ScalingPlan, ShapeFactor, Update, Variable, WeightDecay,
};
use mup_shapes::{BaseShapes, InfShapes, ModuleShapes, ParamShape, ParamSpec, Role};

const ALPHA: f64 = 1.0;

/// A residual block in front of a readout, at a width and a number of blocks that only the caller knows.
fn model(width: usize) -> ModuleShapes {
    let weight = |path: &str, dims: [usize; 2]| ParamShape::new(path, "Linear", dims, ParamSpec::weight());
    ModuleShapes::new(vec![
        ParamShape::new("embedding.weight", "Embedding", [100, width], ParamSpec::weight()),
        weight("block.up.weight", [width, 3 * width]),
        ParamShape::new("block.up.bias", "Linear", [3 * width], ParamSpec::bias()),
        weight("block.down.weight", [3 * width, width]),
        weight("readout.weight", [width, 10]),
    ])
}

fn shapes(base: usize, target: usize) -> InfShapes {
    BaseShapes::infer(&model(base), &model(base + 1)).expect("base").apply(&model(target)).expect("shapes")
}

/// CompleteP's rules of depth for unmodified modules, as a user would write them (arXiv:2505.01618 Table 1; the plain
/// form: rules-beyond-width §1.1). `down` closes the branch.
fn with_depth(table: Parametrization) -> Parametrization {
    let depth = |exponent| Power::of(Variable::DEPTH, exponent);
    let inside = ["block.up.*"].map(|path| {
        [
            Amendment::new(path, Amended::Adam, depth(ALPHA - 1.0), "inside a branch"),
            Amendment::new(path, Amended::Gradient, depth(-ALPHA), "inside a branch"),
        ]
    });
    let closing = [
        Amendment::new("block.down.*", Amended::InitStd, depth(-ALPHA), "closes a branch"),
        Amendment::new("block.down.*", Amended::Adam, depth(-1.0), "closes a branch"),
    ];
    inside.into_iter().flatten().chain(closing).fold(table, Parametrization::with_amendment)
}

/// µP's conventions on the standard table: depth alone is scaled.
fn depth_only() -> Parametrization {
    let standard = Parametrization::standard().with_weight_decay(WeightDecay::KeepProduct).with_l2(L2Rule::Gradient);
    with_depth(standard.with_epsilon(EpsilonRule::Gradient))
}

fn optimizers() -> [OptimizerId; 6] {
    use OptimizerId as Id;
    let scion = Id::new("scion", Update::SPECTRAL).with_shape_factor(ShapeFactor::SqrtAspect);
    [Id::ADAMW, Id::ADAM, Id::SGD, Id::LAMB, Id::ADAFACTOR_SCALED, scion]
}

fn plan(
    shapes: &InfShapes,
    table: &Parametrization,
    optimizer: &OptimizerId,
    m_l: f64,
    run: Option<(Run, Run)>,
) -> ScalingPlan {
    let mut plan = ScalingPlan::of(shapes, table.clone()).default_optimizer(optimizer.clone());
    if !table.amendments.is_empty() {
        plan = plan.variable(Variable::DEPTH, move |_| m_l);
    }
    if let Some((base, target)) = run {
        plan = plan.run(base, target, RunLaw::complete_d());
    }
    plan.build().expect("a plan")
}

fn number(row: &PlanRow, wanted: Column) -> f64 {
    row.columns().find(|(column, _)| *column == wanted).expect("a column").1.value
}

const COLUMNS: [Column; 5] =
    [Column::Multiplier, Column::InitStd, Column::LearningRate, Column::WeightDecay, Column::Epsilon];

const SMALL: Run = Run::new(4096.0, 1e6);
const LARGE: Run = Run::new(65_536.0, 6.4e7);

/// T9. Powers of 4, so that every factor is a power of two and equality is exact.
#[test]
#[allow(clippy::float_cmp)]
fn a_composed_plan_is_the_product_of_its_single_plans() {
    let (wide, same) = (shapes(16, 256), shapes(16, 16));
    let neutral = Parametrization::standard().with_weight_decay(WeightDecay::KeepProduct);
    for optimizer in optimizers().into_iter().take(5) {
        let together = plan(&wide, &with_depth(Parametrization::mup()), &optimizer, 4.0, Some((SMALL, LARGE)));
        let width = plan(&wide, &Parametrization::mup(), &optimizer, 1.0, None);
        let depth = plan(&same, &depth_only(), &optimizer, 4.0, None);
        let run = plan(&same, &neutral, &optimizer, 1.0, Some((SMALL, LARGE)));
        for row in together.rows() {
            for column in COLUMNS {
                let of = |plan: &ScalingPlan| number(plan.row(&row.path).expect("same paths"), column);
                let product = of(&width) * of(&depth) * of(&run);
                assert_eq!(number(row, column), product, "{optimizer} {} {column}", row.path);
            }
        }
    }
}

/// T9, the groupoid laws: a→b times b→a is 1, and a→b times b→c is a→c; for every preset, optimizer and composition.
/// Exact where every ratio is a power of 4, and to rounding elsewhere.
#[test]
#[allow(clippy::float_cmp)]
fn from_base_to_target_and_back_is_one() {
    let depth = |m_l: f64| move |shape: &mup_shapes::InfShape| if shape.path.starts_with("block") { m_l } else { 1.0 };
    let run = |scale: f64| Run::new(4096.0 * scale, 1e6 * scale * scale);
    for (exact, [a, b, c]) in [(true, [16_usize, 64, 1024]), (false, [48, 130, 777])] {
        for name in Parametrization::NAMES {
            let table = with_depth(Parametrization::named(name).expect("a preset").with_readout_required(false));
            for optimizer in optimizers() {
                let go = |from: usize, to: usize| {
                    let ratio = to as f64 / from as f64;
                    ScalingPlan::of(&shapes(from, to), table.clone())
                        .default_optimizer(optimizer.clone())
                        .variable(Variable::DEPTH, depth(ratio))
                        .run(run(from as f64), run(to as f64), RunLaw::complete_d())
                        .build()
                        .expect("a plan")
                };
                let (there, on, straight, back) = (go(a, b), go(b, c), go(a, c), go(b, a));
                for row in there.rows() {
                    for column in COLUMNS {
                        let of = |plan: &ScalingPlan| number(plan.row(&row.path).expect("same paths"), column);
                        let (one, same) = (of(&there) * of(&back), of(&there) * of(&on) / of(&straight));
                        let what = format!("{name} {optimizer} {} {column}: {one} {same}", row.path);
                        if exact {
                            assert_eq!((one, same), (1.0, 1.0), "{what}");
                        } else {
                            assert!((one - 1.0).abs() < 1e-14 && (same - 1.0).abs() < 1e-14, "{what}");
                        }
                    }
                }
            }
        }
    }
}

/// T8, the trap: a convention that keeps rate·λ must not be fed with the run's rate, or it cancels the run law.
#[test]
#[allow(clippy::float_cmp)]
fn the_run_law_changes_the_product_of_rate_and_decay_whatever_the_convention() {
    let wide = shapes(16, 256);
    for convention in [WeightDecay::KeepLambda, WeightDecay::KeepProduct, WeightDecay::Independent] {
        let table = Parametrization::mup().with_weight_decay(convention);
        for optimizer in [OptimizerId::ADAMW, OptimizerId::SGD] {
            let model = plan(&wide, &table, &optimizer, 1.0, None);
            let run = plan(&wide, &table, &optimizer, 1.0, Some((SMALL, LARGE)));
            for (model, run) in model.rows().iter().zip(run.rows()) {
                let product = |row: &PlanRow| row.learning_rate.value * row.weight_decay.value;
                // m_B/m_D = 16/64.
                assert_eq!(product(run) / product(model), 0.25, "{convention} {optimizer} {}", run.path);
            }
        }
    }
}

/// Gradients of a larger batch are less noise: SGD's update is the gradient, so its rate follows the batch itself (the
/// linear rule), and L2, which stands beside the gradient, is part of the loss and stays.
#[test]
#[allow(clippy::float_cmp)]
fn sgd_and_coupled_l2_follow_the_run_by_their_own_updates() {
    let batch = Run::new(16.0 * SMALL.batch, SMALL.tokens);
    let factors = |optimizer: OptimizerId| {
        let same = shapes(16, 16);
        let plan = ScalingPlan::of(&same, Parametrization::mup()).default_optimizer(optimizer);
        let plan = plan.run(SMALL, batch, RunLaw::complete_d()).build().expect("a plan");
        let row = plan.row("block.up.weight").expect("a row");
        [row.learning_rate.value, row.weight_decay.value]
    };
    assert_eq!(factors(OptimizerId::ADAMW), [4.0, 4.0]);
    assert_eq!(factors(OptimizerId::ADAM), [4.0, 1.0]);
    assert_eq!(factors(OptimizerId::SGD), [16.0, 1.0]);
}

#[test]
fn a_variable_that_no_rule_follows_is_an_error() {
    let wide = shapes(16, 256);
    let plan = ScalingPlan::of(&wide, Parametrization::mup()).variable(Variable::DEPTH, |_| 4.0);
    let error = plan.build().expect_err("nothing follows it").to_string();
    assert!(error.starts_with("no rule of `mup` follows m_L"), "{error}");
}

/// Every term has its reason, and the number is printed as their product.
#[test]
fn every_factor_keeps_its_reasons() {
    let wide = shapes(16, 256);
    let plan = ScalingPlan::of(&wide, with_depth(Parametrization::mup()))
        .variable(Variable::DEPTH, |_| 4.0)
        .rate("block.*.weight", 2.0)
        .no_decay("block.up.*")
        .build()
        .expect("a plan");
    let rate: &Factor = &plan.row("block.down.weight").expect("a row").learning_rate;
    assert_eq!(rate.to_string(), "0.03125 = 1/m_in · 1/m_L · yours 2");
    assert_eq!(rate.reasons(), "1/m_in (hidden, plain form) · 1/m_L (closes a branch) · yours 2 (your rate)");
    assert_eq!(plan.row("block.up.weight").expect("a row").weight_decay.to_string(), "0 = yours: no decay");
    let words = plan.row("block.down.weight").expect("a row").to_string();
    assert!(words.contains("m_in = 16, m_out = 16, m_L = 4, trained by adamw"), "{words}");
    let printed = plan.to_string();
    assert!(printed.contains("yours: rate × 2 for `block.*.weight`\nyours: no decay for `block.up.*`"), "{printed}");
}

/// What the user wishes for λ alone is not undone by a convention, and not done twice.
#[test]
#[allow(clippy::float_cmp)]
fn a_wish_for_the_rate_leaves_decay_alone_unless_it_is_independent_of_rates() {
    let decay = |convention| {
        let table = Parametrization::mup().with_weight_decay(convention);
        let of = |rate| {
            ScalingPlan::of(&shapes(16, 256), table.clone()).rate("block.up.weight", rate).build().expect("a plan")
        };
        let number = |plan: ScalingPlan| plan.row("block.up.weight").expect("a row").weight_decay.value;
        number(of(2.0)) / number(of(1.0))
    };
    assert_eq!(decay(WeightDecay::KeepProduct), 1.0);
    assert_eq!(decay(WeightDecay::KeepLambda), 1.0);
    assert_eq!(decay(WeightDecay::Independent), 0.5);
    // L2 under Adam belongs to the gradient, not to the rate.
    let table = Parametrization::mup().with_weight_decay(WeightDecay::Independent);
    let wide = shapes(16, 256);
    let l2 = |rate| {
        let plan = ScalingPlan::of(&wide, table.clone()).default_optimizer(OptimizerId::ADAM).rate("block.**", rate);
        plan.build().expect("a plan").row("block.up.weight").expect("a row").weight_decay.value
    };
    assert_eq!(l2(2.0), l2(1.0));
}

/// Under a decay that is independent of rates, a rate of your own changes λ; of none there is nothing to change.
#[test]
fn no_decay_is_all_that_is_said_of_decay_whatever_else_is_wished() {
    let table = Parametrization::mup().with_weight_decay(WeightDecay::Independent);
    let wide = shapes(16, 256);
    let of = || ScalingPlan::of(&wide, table.clone());
    for plan in [
        of().no_decay("block.**").rate("block.**", 2.0),
        of().rate("block.**", 2.0).no_decay("block.**"),
        of().run(SMALL, LARGE, RunLaw::complete_d()).no_decay("block.**").rate("block.**", 2.0),
    ] {
        let plan = plan.build().expect("a plan");
        let decay = &plan.row("block.up.weight").expect("a row").weight_decay;
        assert_eq!(decay.to_string(), "0 = yours: no decay");
        assert_eq!(decay.reasons(), "yours: no decay (your decay)");
    }
    let kept = of().rate("block.**", 0.1 + 0.2).build().expect("a plan");
    let row = kept.row("block.up.weight").expect("a row");
    assert_eq!(row.learning_rate.to_string(), "0.01875 = 1/m_in · yours 0.3");
    assert_eq!(row.weight_decay.to_string(), "53.33 = m_in · 1/your rate 0.3");
}

/// Rows that follow from the same share their numbers; these are of one shape, and of as many origins.
#[test]
fn tensors_of_one_shape_keep_their_own_wishes_amendments_variables_and_optimizers() {
    let model = |n: usize| {
        let square = |path: &str| ParamShape::new(path, "Linear", [n, n], ParamSpec::weight());
        ModuleShapes::new(
            ["plain", "wished", "halved", "amended", "deeper", "muon", "frozen", "same"].map(square).to_vec(),
        )
    };
    let shapes = BaseShapes::infer(&model(16), &model(17)).expect("base").apply(&model(64)).expect("shapes");
    let depth =
        |path: &str, exponent| Amendment::new(path, Amended::Adam, Power::of(Variable::DEPTH, exponent), "depth");
    let table = Parametrization::mup().with_amendment(depth("halved", -1.0)).with_amendment(depth("amended", -2.0));
    let plan = ScalingPlan::of(&shapes, table.with_amendment(depth("**", -3.0)))
        .variable(Variable::DEPTH, |shape| match shape.path.as_str() {
            "deeper" => 2.0,
            "halved" | "amended" => 4.0,
            _ => 1.0,
        })
        .rate("wished", 3.0)
        .optimizer("muon", OptimizerId::MUON)
        .frozen("frozen")
        .build()
        .expect("a plan");
    let rates: Vec<f64> = plan.rows().iter().map(|row| row.learning_rate.value * 4.0).collect();
    assert_eq!(rates, [1.0, 3.0, 1.0 / 256.0, 1.0 / 1024.0, 0.125, 4.0, 1.0, 1.0]);
    let frozen: Vec<bool> = plan.rows().iter().map(|row| row.frozen).collect();
    assert_eq!(frozen, [false, false, false, false, false, false, true, false]);
}

#[test]
fn a_variable_that_nobody_gave_is_an_error_and_no_one() {
    let error =
        ScalingPlan::of(&shapes(16, 256), with_depth(Parametrization::mup())).build().expect_err("no m_L").to_string();
    assert!(error.contains("`block.up.weight` follows a rule in m_L, but nothing says what m_L is"), "{error}");
}

#[test]
fn a_plan_with_everything_in_it_is_stored_and_read_back() {
    let slots = Variable::new("m_S");
    let table = with_depth(Parametrization::mup()).with_amendment(Amendment::new(
        "readout.*",
        Amended::InitStd,
        Power::of(slots.clone(), -0.5),
        "averaged slots",
    ));
    let plan = ScalingPlan::of(&shapes(16, 256), table)
        .optimizer(Role::Hidden, OptimizerId::MUON)
        .variable(Variable::DEPTH, |_| 3.0)
        .variable(slots, |_| 7.0)
        .run(SMALL, LARGE, RunLaw::complete_d())
        .overrides(mup_rules::Overrides::decay_matrices_only())
        .frozen("embedding.*")
        .build()
        .expect("a plan");
    let read = ScalingPlan::from_json(&plan.to_json()).expect("a plan");
    assert_eq!(read, plan);
    assert_eq!(read.fingerprint(), plan.fingerprint());
    assert_eq!(serde_json::from_value::<ScalingPlan>(serde_json::to_value(&plan).unwrap()).unwrap(), plan);
    let law = "rate × 0.5 = √m_B/√m_D · rate·λ × 0.25 = m_B/m_D";
    let beta = "β to the power 0.25 = m_B/m_D";
    let said = format!(
        "run: batch × 16, tokens × 64, 244 steps → 977 · complete-d\n  muon: {law} · {beta}\n  adamw: {law} · ε × 2 = √m_D/√m_B · {beta}\n  \
         derived: powers of m_B"
    );
    assert!(plan.to_string().contains(&said), "{plan}");
}
