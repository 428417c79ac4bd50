//! What shapes alone do not say: which weights to a finite dimension are readouts, what numbers experts, whose axes
//! rest on a name, and what a layer of Burn's does beside the plan.

use mup_rules::{Column, Doubt, Form, OptimizerId, Parametrization, PlanRow, Ratios, RuleError, ScalingPlan};
use mup_shapes::{Axes, BaseShapes, Feeds, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Role};

type Param = (&'static str, &'static str, [usize; 2], ParamSpec);

/// Multi-query attention of one layer: `d_kv` keys and values at every width.
fn attention(d: usize, d_kv: usize, vocab: usize, kv: fn(ParamSpec) -> ParamSpec) -> Vec<Param> {
    vec![
        ("embed.weight", "Embedding", [vocab, d], ParamSpec::weight()),
        ("query.weight", "Linear", [d, d], ParamSpec::weight()),
        ("key.weight", "Linear", [d, d_kv], kv(ParamSpec::weight())),
        ("value.weight", "Linear", [d, d_kv], kv(ParamSpec::weight())),
        ("output.weight", "Linear", [d, d], ParamSpec::weight()),
        ("readout.weight", "Linear", [d, vocab], ParamSpec::weight()),
    ]
}

fn infer(model: impl Fn(usize) -> Vec<Param>) -> InfShapes {
    let shapes = |d| {
        let params = model(d).into_iter();
        ModuleShapes::new(params.map(|(path, layer, dims, spec)| ParamShape::new(path, layer, dims, spec)).collect())
    };
    BaseShapes::infer(&shapes(128), &shapes(256)).unwrap().apply(&shapes(2048)).unwrap()
}

fn plan(model: impl Fn(usize) -> Vec<Param>) -> ScalingPlan {
    ScalingPlan::new(&infer(model), Parametrization::mup(), OptimizerId::ADAMW).unwrap()
}

fn roles(plan: &ScalingPlan) -> Vec<(&str, Role, bool)> {
    let of = |row: &'_ PlanRow| (row.role, row.doubts.contains(&Doubt::ReadoutOrInner));
    let to_finite = plan.rows().iter().filter(|row| matches!(row.role, Role::Output | Role::Inner));
    to_finite.map(|row| (row.path.as_str(), of(row).0, of(row).1)).collect()
}

#[test]
fn keys_and_values_of_a_fixed_number_of_heads_are_inner_and_the_plan_asks() {
    let plan = plan(|d| attention(d, 64, 256, |spec| spec));
    let expected = [
        ("key.weight", Role::Inner, true),
        ("value.weight", Role::Inner, true),
        ("readout.weight", Role::Output, false),
    ];
    assert_eq!(roles(&plan), expected);
    let [warning] = plan.warnings() else { panic!("{:#?}", plan.warnings()) };
    for part in ["key.weight, value.weight", "declare(\"key.weight\", ParamSpec::weight().inner()) or .readout()"] {
        assert!(warning.contains(part), "{warning}");
    }
    let printed = plan.to_string();
    assert!(printed.lines().any(|line| line.starts_with("key.weight") && line.contains("inner?")), "{printed}");
}

#[test]
fn a_declaration_settles_it_without_a_word() {
    let declared = plan(|d| attention(d, 64, 256, ParamSpec::inner));
    let expected = [
        ("key.weight", Role::Inner, false),
        ("value.weight", Role::Inner, false),
        ("readout.weight", Role::Output, false),
    ];
    assert_eq!(roles(&declared), expected);
    assert!(declared.warnings().is_empty(), "{:?}", declared.warnings());
    assert!(!declared.to_string().contains("inner?") && declared.to_string().contains("inner"));
    let heads = plan(|d| attention(d, 64, 256, ParamSpec::readout));
    assert_eq!(heads.row("key.weight").unwrap().role, Role::Output);
    // With two declared readouts, the third is what is open.
    assert!(heads.row("readout.weight").unwrap().doubts.contains(&Doubt::ReadoutOrInner));
}

#[test]
fn sizes_that_agree_by_chance_decide_nothing() {
    // Four heads of 64 are as many values as there are bytes.
    let plan = plan(|d| attention(d, 256, 256, |spec| spec));
    let undecided = roles(&plan).into_iter().all(|(_, role, asked)| role == Role::Inner && asked);
    assert!(undecided, "{:?}", roles(&plan));
    assert!(plan.warnings()[0].contains("key.weight, value.weight, readout.weight"), "{:?}", plan.warnings());
}

#[test]
fn heads_that_grow_with_the_model_are_hidden() {
    let plan = plan(|d| attention(d, d / 2, 256, |spec| spec));
    assert_eq!(plan.row("key.weight").unwrap().role, Role::Hidden);
    assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
}

#[test]
fn neither_the_order_of_paths_nor_their_names_decide() {
    let model = |d| {
        let mut params = attention(d, 64, 256, |spec| spec);
        params.reverse();
        // The readout is called `key`, and a key `readout`.
        for param in &mut params {
            param.0 = match param.0 {
                "readout.weight" => "key.weight",
                "key.weight" => "readout.weight",
                other => other,
            };
        }
        params
    };
    let plan = plan(model);
    assert_eq!(plan.row("key.weight").unwrap().role, Role::Output);
    assert_eq!(plan.row("readout.weight").unwrap().role, Role::Inner);
}

#[test]
fn a_multiplier_or_a_tied_readout_is_the_readout_so_the_rest_is_open() {
    let tied = |d: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("embed.weight", "Embedding", [256, d], ParamSpec::weight()),
            ParamShape::new("router.weight", "Linear", [d, 8], ParamSpec::weight()),
            ParamShape::new(
                "tied.multiplier",
                "TiedReadout",
                [d],
                ParamSpec::new(Axes::multiplier(), Kind::Multiplier),
            ),
        ])
    };
    let shapes = BaseShapes::infer(&tied(64), &tied(128)).unwrap().apply(&tied(512)).unwrap();
    assert!(shapes.get("router.weight").unwrap().is_undecided());
    assert_eq!(shapes.get("tied.multiplier").unwrap().role(), Role::Output);
    let shapes = infer(|d| {
        let mut params = attention(d, 64, 256, |spec| spec);
        params[5].3 = ParamSpec::weight().multiplied();
        params
    });
    assert_eq!(shapes.get("readout.weight").unwrap().role(), Role::Output);
    assert_eq!(shapes.get("key.weight").unwrap().role(), Role::Inner);
}

#[test]
fn the_only_weight_to_a_finite_dimension_is_the_readout() {
    let shapes = infer(|d| {
        vec![
            ("input.weight", "Linear", [784, d], ParamSpec::weight()),
            ("hidden.weight", "Linear", [d, d], ParamSpec::weight()),
            ("head.weight", "Linear", [d, 10], ParamSpec::weight()),
        ]
    });
    assert_eq!(
        (shapes.get("head.weight").unwrap().role(), shapes.get("head.weight").unwrap().feeds),
        (Role::Output, Feeds::Readout)
    );
}

/// Hidden at m_out = 1: activations Θ(1) at initialization, updates Θ(1).
#[test]
fn an_inner_weight_starts_like_a_hidden_one_and_learns_like_both() {
    for (optimizer, epsilon) in [(OptimizerId::ADAMW, "1"), (OptimizerId::SGD, "–")] {
        let shapes = infer(|d| attention(d, 64, 256, ParamSpec::inner));
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), optimizer).unwrap();
        let number = |path: &str, wanted| {
            let row = plan.row(path).unwrap();
            row.columns().find(|(column, _)| *column == wanted).unwrap().1.to_string()
        };
        assert_eq!(number("key.weight", Column::InitStd), "0.25 = 1/√m_in");
        assert_eq!(number("readout.weight", Column::InitStd), "0.0625 = 1/m_in");
        assert_eq!(number("key.weight", Column::LearningRate), "0.0625 = 1/m_in");
        assert_eq!(number("key.weight", Column::Epsilon), epsilon);
    }
    let table = Parametrization::mup();
    let (inner, hidden) =
        (table.rule(Role::Inner, Form::Plain).unwrap(), table.rule(Role::Hidden, Form::Plain).unwrap());
    for (inner, hidden) in
        [(&inner.init_std, &hidden.init_std), (&inner.adam, &hidden.adam), (&inner.gradient, &hidden.gradient)]
    {
        let at = Ratios::width(16.0, 1.0);
        assert_eq!(inner.value(&at), hidden.value(&at));
    }
}

#[test]
fn microsoft_mup_and_the_paper_know_outputs_only() {
    let shapes = infer(|d| attention(d, 64, 256, ParamSpec::inner));
    let refused = ScalingPlan::new(&shapes, Parametrization::mup_package(), OptimizerId::ADAMW).unwrap_err();
    assert!(matches!(&refused, RuleError::ReadoutRequired { .. }), "{refused}");
    assert!(refused.to_string().contains("key.weight (Linear"), "{refused}");
    let paper = ScalingPlan::new(&shapes, Parametrization::tensor_programs_v(), OptimizerId::ADAMW).unwrap();
    assert_eq!(paper.row("key.weight").unwrap().init_std.to_string(), "0.0625 = 1/m_in");
}

/// A layer of one's own that multiplies, declared inside: A·init is the same as in the plain form.
#[test]
fn a_multiplied_inner_weight_is_scaled_once() {
    let model = |d: usize| {
        ModuleShapes::new(vec![
            ParamShape::new("gate.weight", "Gate", [d, 8], ParamSpec::weight().multiplied().inner()),
            ParamShape::new("gate.multiplier", "Gate", [d], ParamSpec::new(Axes::multiplier(), Kind::Multiplier)),
        ])
    };
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(1024)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    let (weight, multiplier) = (plan.row("gate.weight").unwrap(), plan.row("gate.multiplier").unwrap());
    assert_eq!((weight.role, weight.form), (Role::Inner, Form::Multiplier));
    assert_eq!(weight.multiplier.value.to_bits(), multiplier.multiplier.value.to_bits());
    assert!((weight.multiplier.value * weight.init_std.value - 0.25).abs() < 1e-15);
    assert!((weight.multiplier.value * weight.learning_rate.value - 1.0 / 16.0).abs() < 1e-15);
}

/// Whatever the weight beside it is, a multiplier is that weight's: together they are the plain form.
#[test]
fn a_multiplied_weight_of_any_role_is_scaled_once_under_every_preset() {
    let model = |d: usize, multiplied: bool| {
        let spec = |spec: ParamSpec| if multiplied { spec.multiplied() } else { spec };
        let mut params = vec![
            ParamShape::new("embedding.weight", "Embedding", [100, d], ParamSpec::weight()),
            ParamShape::new("hidden.weight", "Gate", [d, 2 * d], spec(ParamSpec::weight())),
            ParamShape::new("inner.weight", "Gate", [d, 8], spec(ParamSpec::weight().inner())),
            ParamShape::new("readout.weight", "Gate", [d, 10], spec(ParamSpec::weight().readout())),
        ];
        let constant = |layer| {
            let spec = ParamSpec::new(Axes::multiplier(), Kind::Multiplier);
            ParamShape::new(format!("{layer}.multiplier"), "Gate", [d], spec)
        };
        params.extend(["hidden", "inner", "readout"].map(constant).into_iter().filter(|_| multiplied));
        ModuleShapes::new(params)
    };
    for name in Parametrization::NAMES {
        let plan = |multiplied| {
            let [base, delta, target] = [64, 128, 1024].map(|d| model(d, multiplied));
            let shapes = BaseShapes::infer(&base, &delta).unwrap().apply(&target).unwrap();
            let table = Parametrization::named(name).unwrap().with_readout_required(false);
            ScalingPlan::new(&shapes, table, OptimizerId::ADAMW).unwrap()
        };
        let (plain, multiplied) = (plan(false), plan(true));
        for layer in ["hidden", "inner", "readout"] {
            let weight = multiplied.row(&format!("{layer}.weight")).unwrap();
            let constant = multiplied.row(&format!("{layer}.multiplier")).unwrap().multiplier.value;
            assert_eq!(constant.to_bits(), weight.multiplier.value.to_bits(), "{name}, {layer}");
            let expected = plain.row(&weight.path).unwrap().init_std.value;
            let product = constant * weight.init_std.value;
            assert!((product / expected - 1.0).abs() < 1e-14, "{name}, {layer}: {product} for {expected}");
        }
        assert_eq!(ScalingPlan::from_json(&multiplied.to_json()).as_ref(), Ok(&multiplied), "{name}");
    }
}

/// `[expert, in, out]`: 8 experts at every width, or more.
#[test]
fn experts_are_no_fan_fixed_or_growing() {
    let model = |d: usize, experts: usize, axes: Axes| {
        ModuleShapes::new(vec![
            ParamShape::new("embed.weight", "Embedding", [256, d], ParamSpec::weight()),
            ParamShape::new("experts.up", "Experts", [experts, d, 4 * d], ParamSpec::new(axes, Kind::Weight)),
            ParamShape::new("router.weight", "Linear", [d, experts], ParamSpec::weight().inner()),
            ParamShape::new("readout.weight", "Linear", [d, 256], ParamSpec::weight()),
        ])
    };
    let plan = |experts: [usize; 3], axes: Axes| {
        let [base, delta, target] =
            [(64, experts[0]), (128, experts[1]), (256, experts[2])].map(|(d, e)| model(d, e, axes.clone()));
        let shapes = BaseShapes::infer(&base, &delta).unwrap().apply(&target).unwrap();
        ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap()
    };
    for experts in [[8, 8, 8], [8, 16, 32]] {
        let plan = plan(experts, Axes::experts());
        let row = plan.row("experts.up").unwrap();
        assert_eq!((row.role, row.base_fan_in, row.base_fan_out), (Role::Hidden, 64, 256));
        assert_eq!(
            (row.init_std.to_string().as_str(), row.learning_rate.to_string().as_str()),
            ("0.5 = 1/√m_in", "0.25 = 1/m_in")
        );
        assert_eq!(
            plan.warnings().iter().any(|warning| warning.contains("number of experts grows")),
            experts[0] != experts[2]
        );
        assert!(plan.to_string().contains("expert 8"), "{plan}");
    }
    // Declared as a kernel the 8 count in the fan-in; the plan asks.
    let kernel = plan([8, 8, 8], Axes::new([mup_shapes::Axis::Kernel, mup_shapes::Axis::In, mup_shapes::Axis::Out]));
    assert_eq!(kernel.row("experts.up").unwrap().base_fan_in, 512);
    assert!(kernel.warnings()[0].contains("Axis::Expert"), "{:?}", kernel.warnings());
}

#[test]
fn experts_alone_that_grow_are_no_width() {
    let model = |experts: usize| {
        ModuleShapes::new(vec![ParamShape::new("experts.up", "Experts", [experts, 4, 8], ParamSpec::experts())])
    };
    let shapes = BaseShapes::infer(&model(4), &model(8)).unwrap().apply(&model(16)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    assert!(plan.warnings()[0].contains("no dimension grows with width"), "{:?}", plan.warnings());
    assert!(plan.rows()[0].columns().all(|(_, factor)| factor.value.to_bits() == 1.0_f64.to_bits()));
}

#[test]
fn an_embedding_that_may_be_the_readout_by_hand_is_suspected() {
    let plan = plan(|d| {
        vec![
            ("embed.weight", "Embedding", [256, d], ParamSpec::weight()),
            ("hidden.weight", "Linear", [d, d], ParamSpec::weight()),
        ]
    });
    assert!(plan.warnings()[0].contains("TiedReadout"), "{:?}", plan.warnings());
}

#[test]
fn a_plan_keeps_its_doubts_in_its_file_and_one_without_reads_as_before() {
    let asked = plan(|d| attention(d, 64, 256, |spec| spec));
    assert_eq!(ScalingPlan::from_json(&asked.to_json()).unwrap(), asked);
    let settled = plan(|d| attention(d, 64, 256, ParamSpec::inner));
    assert!(!settled.to_json().contains("doubts"), "files of models without doubts stay what they were");
}

fn with(path: &str, layer: &str, dims: [usize; 2], change: fn(&mut ParamShape)) -> ParamShape {
    let mut param = ParamShape::new(path, layer, dims, ParamSpec::weight());
    change(&mut param);
    param
}

#[test]
fn axes_that_rest_on_a_name_are_marked_where_their_order_matters() {
    let by_name: fn(&mut ParamShape) = |param| param.by_name = true;
    let model = |d: usize| {
        ModuleShapes::new(vec![
            with("up.weight", "Linear", [d, 4 * d], by_name),
            with("square.weight", "Linear", [d, d], by_name),
            with("declared.weight", "Linear", [d, 4 * d], |_| ()),
            with("head.weight", "Linear", [d, 10], by_name),
        ])
    };
    let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    assert!(plan.warnings().is_empty(), "an ordinary model gets no warning");
    let [note] = &plan.notes()[..] else { panic!("{:?}", plan.notes()) };
    assert!(note.starts_with("* axes by name") && note.ends_with("up.weight, head.weight"), "{note}");
    let printed = plan.to_string();
    for (path, marked) in
        [("up.weight", true), ("square.weight", false), ("declared.weight", false), ("head.weight", true)]
    {
        let line = printed.lines().find(|line| line.starts_with(path)).unwrap();
        assert_eq!(line.contains(" * "), marked, "{line}");
    }
}

#[test]
fn burns_attention_that_divides_by_the_square_root_is_noted_where_it_grows() {
    let model = |d: usize| {
        ModuleShapes::new(vec![
            with("mha.query.weight", "Linear", [d, d], |param| param.within = "MultiHeadAttention".to_owned()),
            with("mha.key.weight", "Linear", [d, d], |param| param.within = "MultiHeadAttention".to_owned()),
            with("own.query.weight", "Linear", [d, d], |param| param.within = "Block".to_owned()),
        ])
    };
    let base = BaseShapes::infer(&model(64), &model(128)).unwrap();
    let notes =
        |table, d| ScalingPlan::new(&base.apply(&model(d)).unwrap(), table, OptimizerId::ADAMW).unwrap().notes();
    let [note] = &notes(Parametrization::mup(), 256)[..] else { panic!("one note") };
    assert!(note.contains("√d_head") && note.ends_with("mha.query.weight"), "{note}");
    assert!(notes(Parametrization::mup(), 64).is_empty(), "nothing grows");
    assert!(notes(Parametrization::standard(), 256).is_empty(), "√d_head is what SP has");
}
