//! Properties of the rules at any width, for every tensor and optimizer.

use mup_rules::{Column, Form, OptimizerId, Parametrization, PlanRow, Power, Ratios, ScalingPlan, Update, Variable};
use mup_shapes::{Axes, BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};
use proptest::prelude::*;

/// One of every kind of update, with coupled and decoupled decay.
const OPTIMIZERS: [OptimizerId; 4] = [OptimizerId::ADAMW, OptimizerId::SGD, OptimizerId::ADAM, OptimizerId::LAMB];

/// A handful of operations on f64, each good to 2⁻⁵³.
const RELATIVE: f64 = 1e-14;

/// One parameter of every role and kind; the layers of `multiplied` tensors apply a forward multiplier.
fn model(d_model: usize, d_ffn: usize, d_head: usize, multiplied: bool) -> ModuleShapes {
    let kernel = ParamSpec::new(Axes::out_in_kernel(4), Kind::Weight);
    let multiplier = ParamSpec::new(Axes::multiplier(), Kind::Multiplier);
    let logit_scale = ParamSpec::new(Axes::multiplier(), Kind::LogitScale);
    let params = [
        ("embedding", vec![100, d_model], ParamSpec::weight()),
        ("up.weight", vec![d_model, d_ffn], ParamSpec::weight()),
        ("up.bias", vec![d_ffn], ParamSpec::bias()),
        ("conv", vec![d_ffn, d_model, 3, 3], kernel),
        ("gain", vec![d_model], ParamSpec::gain()),
        ("logit_scale", vec![d_head], logit_scale),
        // Beside `head` only a declaration tells that this is a readout too.
        ("readout.weight", vec![d_ffn, 10], ParamSpec::weight().readout()),
        ("key.weight", vec![d_model, 64], ParamSpec::weight().inner()),
        ("readout.bias", vec![10], ParamSpec::bias()),
        ("head.weight", vec![d_ffn, 10], ParamSpec::weight().multiplied()),
        ("head.multiplier", vec![d_ffn], multiplier),
    ];
    let shape = |(path, dims, spec): (&str, Vec<usize>, ParamSpec)| {
        let spec = if multiplied && spec.kind.is_trained() { spec.multiplied() } else { spec };
        ParamShape::new(path, "Layer", dims, spec)
    };
    ModuleShapes::new(params.map(shape).to_vec())
}

fn infer(base: [usize; 3], target: [usize; 3], multiplied: bool) -> InfShapes {
    let model = |[d_model, d_ffn, d_head]: [usize; 3]| model(d_model, d_ffn, d_head, multiplied);
    let delta = base.map(|width| width + 1);
    let base = BaseShapes::infer(&model(base), &model(delta)).expect("base shapes");
    base.apply(&model(target)).expect("shapes")
}

fn plan(shapes: &InfShapes, table: Parametrization, optimizer: OptimizerId) -> ScalingPlan {
    ScalingPlan::new(shapes, table, optimizer).expect("a plan")
}

fn presets() -> [Parametrization; 4] {
    // mup-package refuses a plain readout, which the model here has.
    let package = Parametrization::mup_package().with_readout_required(false);
    [Parametrization::mup(), Parametrization::tensor_programs_v(), package, Parametrization::standard()]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= RELATIVE * a.abs().max(b.abs())
}

fn widths() -> impl Strategy<Value = [usize; 3]> {
    [1_usize..300, 1_usize..300, 1_usize..300]
}

proptest! {
    #[test]
    fn at_base_width_every_factor_is_exactly_one(base in widths(), multiplied: bool) {
        let shapes = infer(base, base, multiplied);
        for (table, optimizer) in presets().into_iter().flat_map(|table| OPTIMIZERS.map(|o| (table.clone(), o))) {
            for form in [Form::Plain, Form::Multiplier, Form::TableNine] {
                let plan = plan(&shapes, table.clone().with_multiplied_form(form), optimizer.clone());
                let rows = plan.rows().iter().filter(|row| row.kind != Kind::LogitScale);
                for (row, (column, factor)) in rows.flat_map(|row| row.columns().map(move |column| (row, column))) {
                    prop_assert_eq!(factor.value.to_bits(), 1.0_f64.to_bits(), "{} {}", row.path, column);
                }
            }
        }
    }

    /// Equal fingerprints and no difference: what trains is the standard parametrization, bit for bit. The
    /// decay convention is a name that differs; all numbers are equal.
    #[test]
    fn at_base_width_every_preset_is_the_standard_parametrization(base in widths()) {
        let shapes = infer(base, base, false);
        for (table, optimizer) in presets().into_iter().flat_map(|table| OPTIMIZERS.map(|o| (table.clone(), o))) {
            let standard = Parametrization::standard().with_weight_decay(table.weight_decay);
            let (ours, standard) = (plan(&shapes, table, optimizer.clone()), plan(&shapes, standard, optimizer));
            prop_assert_eq!(ours.diff(&standard), vec![]);
            prop_assert_eq!(ours.fingerprint(), standard.fingerprint());
        }
    }

    /// TP-V Lemma J.1 with ε, decoupled decay and coupled L2, on the numbers of the plan.
    #[test]
    fn forms_are_shifts_of_one_another(base in widths(), target in widths()) {
        let (plain, multiplied) = (infer(base, target, false), infer(base, target, true));
        for optimizer in OPTIMIZERS {
            let plain = plan(&plain, Parametrization::mup(), optimizer.clone());
            for form in [Form::Multiplier, Form::TableNine] {
                let other = plan(&multiplied, Parametrization::mup().with_multiplied_form(form), optimizer.clone());
                let trained = other.rows().iter().filter(|row| row.kind.is_trained() && row.path != "head.weight");
                for row in trained {
                    check_shift(plain.row(&row.path).expect("same paths"), row, &optimizer)?;
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_other_rows(base in widths(), target in widths(), keep in 0_usize..11) {
        let all = infer(base, target, true);
        let (path, only) = {
            let model = |widths: [usize; 3]| {
                let shapes = model(widths[0], widths[1], widths[2], true);
                let mut params: Vec<ParamShape> = shapes.iter().cloned().collect();
                params.reverse();
                let path = params[keep].path.clone();
                // A readout's multiplier comes with its weight.
                params.retain(|param| param.path == path || param.path == "head.weight");
                (path, ModuleShapes::new(params))
            };
            let (path, base_model) = model(base);
            let base = BaseShapes::infer(&base_model, &model(base.map(|width| width + 1)).1);
            (path, base.expect("base shapes").apply(&model(target).1).expect("shapes"))
        };
        for table in presets() {
            let (all, only) = (plan(&all, table.clone(), OptimizerId::ADAMW), plan(&only, table, OptimizerId::ADAMW));
            prop_assert_eq!(all.row(&path).expect("a row"), only.row(&path).expect("a row"));
        }
    }

    /// A stored plan is the same plan, to the last bit of every number.
    #[test]
    fn json_keeps_every_bit(base in widths(), target in widths(), preset in 0_usize..4) {
        let shapes = infer(base, target, true);
        let plan = plan(&shapes, presets()[preset].clone(), OPTIMIZERS[preset].clone());
        let read = ScalingPlan::from_json(&plan.to_json()).expect("a plan");
        prop_assert_eq!(&read, &plan);
        prop_assert_eq!(read.to_json(), plan.to_json());
        prop_assert_eq!(read.fingerprint(), plan.fingerprint());
    }

    #[test]
    fn fingerprints_are_equal_exactly_when_nothing_differs(base in widths(), one in widths(), two in widths()) {
        let [one, two] = [one, two].map(|target| plan(&infer(base, target, true), Parametrization::mup(), OptimizerId::ADAMW));
        prop_assert_eq!(one.fingerprint() == two.fingerprint(), one.diff(&two).is_empty());
        prop_assert_eq!(one.diff(&two).len(), two.diff(&one).len());
        prop_assert!(one.diff(&one).is_empty());
    }

    #[test]
    fn the_arithmetic_of_powers_is_that_of_their_values(
        a in exponents(), b in exponents(), m_in in 0.01_f64..1000.0, m_out in 0.01_f64..1000.0,
    ) {
        let ratios = Ratios::width(m_in, m_out);
        let value = |power: &Power| power.value(&ratios).expect("both fans have a ratio");
        // Sums of the exponents round, and ln(1000) of them is in the exponent of the value.
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs().max(b.abs());
        prop_assert!(near(value(&(&a * &b)), value(&a) * value(&b)));
        prop_assert!(near(value(&(&a / &b)), value(&a) / value(&b)));
        prop_assert!(near(value(&a.pow(2.0)), value(&a).powi(2)));
    }
}

fn exponents() -> impl Strategy<Value = Power> {
    (-4_i32..=4, -4_i32..=4).prop_map(|(fan_in, fan_out)| Power::new(f64::from(fan_in) / 4.0, f64::from(fan_out) / 4.0))
}

fn check_shift(plain: &PlanRow, row: &PlanRow, optimizer: &OptimizerId) -> Result<(), TestCaseError> {
    let theta = row.multiplier.value / plain.multiplier.value;
    // Rate, λ and ε of TP-V Lemma J.1, extended: divided, multiplied, multiplied by these.
    let (rate, decay, epsilon) = match optimizer.name.as_ref() {
        "adamw" => (theta, theta, theta),
        "adam" => (theta, theta * theta, theta),
        "sgd" => (theta * theta, theta * theta, 1.0),
        "lamb" => (1.0, theta, theta),
        other => unreachable!("{other} is not in the list"),
    };
    for ((column, from), (_, to)) in plain.columns().zip(row.columns()) {
        let expected = match column {
            Column::Multiplier => from.value * theta,
            Column::InitStd => from.value / theta,
            Column::LearningRate => from.value / rate,
            Column::WeightDecay => from.value * decay,
            Column::Epsilon => from.value * epsilon,
            other => unreachable!("{other} has no law here"),
        };
        prop_assert!(close(expected, to.value), "{} {column}: {expected} {to:?}", row.path);
    }
    Ok(())
}

/// TP-V Tables 3 and 8 have a column for SGD; here it is derived from Adam's, and the paper's column is the assertion.
#[test]
fn the_rates_of_sgd_are_those_of_the_papers_column() {
    let mup = Parametrization::mup();
    let sgd = |role, form| mup.rule(role, form).expect("a rule").rate(Update::PROPORTIONAL);
    for (role, plain) in [
        (Role::Input, Power::fan_out(1.0)),
        (Role::Vector, Power::fan_out(1.0)),
        (Role::Hidden, Power::new(-1.0, 1.0)),
        (Role::Output, Power::fan_in(-1.0)),
        (Role::Inner, Power::fan_in(-1.0)),
        (Role::Scalar, Power::ONE),
    ] {
        assert_eq!(sgd(role, Form::Plain), plain, "{role}");
    }
    assert_eq!(sgd(Role::Output, Form::Multiplier), Power::fan_in(1.0));
    assert_eq!(sgd(Role::Output, Form::TableNine), Power::ONE);
    assert_eq!(sgd(Role::Input, Form::TableNine), Power::ONE);
    assert_eq!(sgd(Role::Vector, Form::TableNine), Power::ONE);
}

/// A second derivation of every row, by the spectral condition of arXiv:2310.17813 (Condition 1): spectral
/// norms of the effective weights A·W and of their updates are ∝ √(fan_out/fan_in).
///
/// A random n_in × n_out matrix with entries of size σ has norm σ(√n_in + √n_out); an update is a sum of few
/// outer products, so entries of size δ give δ√(n_in·n_out).
#[test]
fn every_rule_satisfies_the_spectral_condition() {
    let growth = |power: &Power| power.exponent(&Variable::FAN_IN) + power.exponent(&Variable::FAN_OUT);
    for rule in Parametrization::mup().rules.iter().filter(|rule| rule.role != Role::Scalar) {
        // Exponents of m when every infinite fan is multiplied by m.
        let (fan_in, fan_out) = match rule.role {
            Role::Hidden => (1.0, 1.0),
            Role::Input | Role::Vector => (0.0, 1.0),
            Role::Output | Role::Inner => (1.0, 0.0),
            role => unreachable!("{role} is filtered"),
        };
        let condition = (fan_out - fan_in) / 2.0;
        let init = growth(&(&rule.multiplier * &rule.init_std)) + f64::max(fan_in, fan_out) / 2.0;
        let update = |rate: &Power| growth(&(&rule.multiplier * rate)) + f64::midpoint(fan_in, fan_out);
        // What an inner weight gives has to be Θ(1) from the start, so its norm is √m above the condition, as that
        // of a hidden weight is whose fan-out grows less than its fan-in (docs/rules.md).
        let excess = if rule.role == Role::Inner { 0.5 } else { 0.0 };
        assert!((init - condition - excess).abs() < RELATIVE, "init of {rule:?}");
        assert!((update(&rule.adam) - condition).abs() < RELATIVE, "Adam update of {rule:?}");
        assert!(
            (update(&(&rule.rate(Update::PROPORTIONAL) * &rule.gradient)) - condition).abs() < RELATIVE,
            "SGD update of {rule:?}"
        );
    }
}

/// The spectral condition for hidden updates holds for unequal widths too, exactly.
#[test]
fn hidden_updates_satisfy_the_spectral_condition_at_unequal_widths() {
    let mup = Parametrization::mup();
    let hidden = mup.rule(Role::Hidden, Form::Plain).expect("a rule");
    let condition = Power::new(-0.5, 0.5);
    let norm_of_ones = Power::new(0.5, 0.5);
    assert_eq!(&hidden.adam * &norm_of_ones, condition);
    assert_eq!(hidden.rate(Update::PROPORTIONAL) * hidden.gradient.clone() * norm_of_ones, condition);
    // An orthogonal update has spectral norm 1.
    assert_eq!(hidden.rate(Update::SPECTRAL), condition);
}

/// The control of the two tests above: the standard parametrization breaks the condition.
#[test]
fn the_standard_parametrization_breaks_the_spectral_condition() {
    let standard = Parametrization::standard();
    let hidden = standard.rule(Role::Hidden, Form::Plain).expect("a rule");
    assert_ne!(&hidden.adam * &Power::new(0.5, 0.5), Power::new(-0.5, 0.5));
}
