//! What a plan says of depth: which numbers of blocks it covers, what it asks for, what it prints and stores.

use mup_rules::{Column, DepthRule, OptimizerId, Parametrization, PlanRow, RuleError, ScalingPlan, Selector, Variable};
use mup_shapes::{Axes, BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Place, Places, Role};

/// Blocks of two maps, perhaps with the factor of their branch, between an embedding and a readout.
fn model(n_layer: usize, width: usize, multiplied: bool) -> ModuleShapes {
    let weight = |path: String, dims: [usize; 2]| ParamShape::new(path, "Linear", dims, ParamSpec::weight());
    let mut params = vec![weight("embedding.weight".to_owned(), [100, width])];
    for idx in 0..n_layer {
        params.push(ParamShape::new(format!("blocks.{idx}.norm.gamma"), "LayerNorm", [width], ParamSpec::gain()));
        params.push(weight(format!("blocks.{idx}.ffn.up.weight"), [width, 4 * width]));
        params.push(weight(format!("blocks.{idx}.ffn.down.weight"), [4 * width, width]));
        if multiplied {
            let factor = ParamSpec::new(Axes::multiplier(), Kind::BranchFactor);
            params.push(ParamShape::new(format!("blocks.{idx}.ffn.factor"), "Ffn", [1], factor));
        }
    }
    params.push(ParamShape::new("norm.gamma", "LayerNorm", [width], ParamSpec::gain()));
    params.push(weight("readout.weight".to_owned(), [width, 10]));
    ModuleShapes::new(params)
}

fn places() -> Places {
    Places::new().inside("blocks.**").closing("blocks.*.ffn.down.*")
}

/// Base 2 × 16, target 8 × 64: every ratio is 4, so factors are exact.
fn deep(multiplied: bool, places: Option<Places>) -> InfShapes {
    let base = BaseShapes::infer(&model(2, 16, multiplied), &model(2, 24, multiplied)).expect("base shapes");
    let target = model(8, 64, multiplied).placed(&places.unwrap_or_default()).expect("places");
    base.apply(&target).expect("shapes")
}

fn plan(shapes: &InfShapes, table: Parametrization, optimizer: &OptimizerId) -> ScalingPlan {
    ScalingPlan::of(shapes, table).default_optimizer(optimizer.clone()).build().expect("a plan")
}

fn refused(shapes: &InfShapes, table: Parametrization) -> String {
    ScalingPlan::of(shapes, table).build().expect_err("refused").to_string()
}

// Bad input --------------------------------------------------------------------------------------------------------

#[test]
fn rules_of_width_alone_refuse_another_number_of_blocks_and_name_the_table_that_does_not() {
    for name in ["mup", "tensor-programs-v", "mup-package"] {
        let table = Parametrization::named(name).expect("a preset").with_readout_required(false);
        let error = refused(&deep(false, Some(places())), table);
        assert!(error.contains("8 residual additions on `blocks`, the base 2"), "{error}");
        assert!(error.contains(&format!("`{name}` scales width alone; use Parametrization::complete_p()")), "{error}");
        assert!(error.contains("Places::outside(\"blocks.**\")"), "{error}");
    }
}

#[test]
fn a_tensor_of_a_block_that_has_no_place_is_an_error_that_says_how_to_give_it_one() {
    let error = refused(&deep(false, None), Parametrization::complete_p());
    assert!(error.starts_with("`blocks.0.norm.gamma` lies in a block of `blocks`, and nothing says where"), "{error}");
    assert!(error.contains("ShapeReader::place(\"blocks.0.norm.gamma\", Place::Inside)"), "{error}");
    let some = Places::new().inside("blocks.*.norm.*").closing("blocks.*.ffn.down.*");
    let error = ScalingPlan::of(&deep(false, Some(some)), Parametrization::complete_p()).build().expect_err("no place");
    let (path, stream) = ("blocks.0.ffn.up.weight".to_owned(), "blocks".to_owned());
    assert_eq!(error, RuleError::NoPlace { path, stream });
}

#[test]
fn an_alpha_that_is_no_number_is_refused() {
    let error = refused(&deep(false, Some(places())), Parametrization::mup().with_depth(f64::NAN));
    assert!(error.contains("inside a branch: an exponent is not a finite number"), "{error}");
}

/// Two streams: which m_L an outside tensor would follow is open, and a table that scales it by m_L asks.
#[test]
fn outside_of_two_streams_there_is_no_m_l() {
    let model = |[first, second]: [usize; 2], width: usize| {
        let layer = |list: &str, idx| {
            ParamShape::new(format!("{list}.layers.{idx}.out"), "Linear", [width, width], ParamSpec::weight())
        };
        let embedding = ParamShape::new("embedding", "Embedding", [10, width], ParamSpec::weight());
        let layers = (0..first).map(|idx| layer("encoder", idx)).chain((0..second).map(|idx| layer("decoder", idx)));
        ModuleShapes::new(std::iter::once(embedding).chain(layers).collect())
    };
    let base = BaseShapes::infer(&model([2, 2], 16), &model([2, 2], 24)).expect("base shapes");
    let shapes = |places: Places| base.apply(&model([8, 4], 16).placed(&places).expect("places")).expect("shapes");
    let closing = Places::new().closing("*.layers.*.out");
    let apart = shapes(closing.clone());
    let error = refused(&apart, Parametrization::nanogpt_complete_p(1.0));
    assert!(error.contains("`embedding` follows a rule in m_L") && error.contains("Places::stream"), "{error}");
    let plan = plan(&apart, Parametrization::complete_p(), &OptimizerId::ADAMW);
    let rate = |path: &str| plan.row(path).expect("a row").learning_rate.to_string();
    assert_eq!(
        [rate("encoder.layers.0.out"), rate("decoder.layers.0.out")],
        ["0.25 = 1/m_in · 1/m_L", "0.5 = 1/m_in · 1/m_L"]
    );
    let warned = |text: &String| text.contains("`encoder.layers` and `decoder.layers` grow by different factors");
    assert!(plan.warnings().iter().any(warned), "{:?}", plan.warnings());
    assert!(refused_not(&shapes(closing.stream("**.layers.**", "trunk"))));
}

fn refused_not(shapes: &InfShapes) -> bool {
    ScalingPlan::of(shapes, Parametrization::nanogpt_complete_p(1.0)).build().is_ok()
}

#[test]
fn depth_that_is_ignored_is_warned_of() {
    let shapes = deep(false, Some(places()));
    for table in [Parametrization::standard(), Parametrization::mup().with_depth_rule(DepthRule::Ignored)] {
        let plan = plan(&shapes, table, &OptimizerId::ADAMW);
        let warned = plan.warnings().iter().any(|text| text.contains("residual additions changes (blocks 2→8)"));
        assert!(warned && plan.to_string().contains("depth ignored: residual additions on blocks 2→8"), "{plan}");
    }
}

#[test]
fn blocks_without_a_residual_branch_are_said_to_be_outside() {
    let shapes = deep(false, Some(Places::new().outside("blocks.**")));
    let width = plan(&shapes, Parametrization::mup(), &OptimizerId::ADAMW);
    let depth = plan(&shapes, Parametrization::complete_p(), &OptimizerId::ADAMW);
    assert_eq!(width.diff(&depth), vec![]);
}

#[test]
fn burns_transformers_are_noted_because_their_norm_may_be_behind() {
    let model = |n_layer: usize, width: usize| {
        let norm = |idx: usize| {
            let path = format!("encoder.layers.{idx}.norm_1.gamma");
            let mut norm = ParamShape::new(path, "LayerNorm", [width], ParamSpec::gain());
            norm.within = "TransformerEncoderLayer".to_owned();
            norm
        };
        ModuleShapes::new((0..n_layer).map(norm).collect())
    };
    let base = BaseShapes::infer(&model(2, 16), &model(2, 24)).expect("base shapes");
    let notes = |n_layer| {
        let shapes = base.apply(&model(n_layer, 16).placed(&Places::burn()).expect("places")).expect("shapes");
        plan(&shapes, Parametrization::complete_p(), &OptimizerId::ADAMW).notes()
    };
    assert!(notes(8).iter().any(|note| note.contains("norm_first(true)")), "{:?}", notes(8));
    assert!(notes(2).is_empty(), "nothing is scaled by depth there: {:?}", notes(2));
}

// What is prescribed -----------------------------------------------------------------------------------------------

/// The columns of the design (§1.1), every width ratio 1 and m_L = 4: A, init std, rate, λ, ε.
#[test]
#[allow(clippy::float_cmp)]
fn the_table_of_depth_is_that_of_its_sources() {
    let m: f64 = 4.0;
    for alpha in [0.5, 1.0] {
        for multiplied in [false, true] {
            let base = BaseShapes::infer(&model(2, 16, multiplied), &model(2, 24, multiplied)).expect("base shapes");
            let shapes = base.apply(&model(8, 16, multiplied).placed(&places()).expect("places")).expect("shapes");
            let numbers = |optimizer: &OptimizerId, path: &str| -> Vec<f64> {
                let plan = plan(&shapes, Parametrization::mup().with_depth(alpha), optimizer);
                plan.row(path).expect("a row").columns().map(|(_, factor)| factor.value).collect()
            };
            let [up, a] = [m.powf(alpha - 1.0), m.powf(-alpha)];
            let closing = if multiplied { [a, 1.0, up, 1.0 / up, a] } else { [1.0, a, 1.0 / m, m, 1.0] };
            let adamw = |path: &str| numbers(&OptimizerId::ADAMW, path);
            assert_eq!(adamw("blocks.0.ffn.down.weight"), closing);
            assert_eq!(adamw("blocks.0.ffn.up.weight"), [1.0, 1.0, up, 1.0 / up, a]);
            assert_eq!(adamw("blocks.0.norm.gamma"), [1.0, 1.0, up, 1.0 / up, a]);
            for path in ["embedding.weight", "norm.gamma", "readout.weight"] {
                assert_eq!(adamw(path), [1.0; 5], "{path}");
            }
            // SGD: η constant at α = ½ (TP-VI Table 1), and ∝ m_L inside at α = 1.
            let sgd = |path: &str| numbers(&OptimizerId::SGD, path)[2];
            let inside = m.powf(2.0 * alpha - 1.0);
            assert_eq!(sgd("blocks.0.ffn.up.weight"), inside);
            assert_eq!(sgd("blocks.0.ffn.down.weight"), if multiplied { inside } else { 1.0 / m });
            if multiplied {
                assert_eq!(numbers(&OptimizerId::ADAMW, "blocks.0.ffn.factor"), [a]);
            }
        }
    }
}

/// The plain form is the multiplier form shifted by m_L^α, under every optimizer; both are rules of one table.
#[test]
#[allow(clippy::float_cmp)]
fn the_plain_form_is_the_multiplier_form_shifted() {
    for alpha in [0.5, 1.0] {
        let theta = 4.0_f64.powf(alpha);
        for (optimizer, rate, decay, epsilon) in [
            (OptimizerId::ADAMW, theta, theta, theta),
            (OptimizerId::ADAM, theta, theta * theta, theta),
            (OptimizerId::SGD, theta * theta, theta * theta, 1.0),
            (OptimizerId::LAMB, 1.0, theta, theta),
            (OptimizerId::ADAFACTOR_SCALED, 1.0, 1.0, 1.0 / theta),
        ] {
            let table = Parametrization::mup().with_depth(alpha);
            let plan = |multiplied| plan(&deep(multiplied, Some(places())), table.clone(), &optimizer);
            let row = |plan: &ScalingPlan| plan.row("blocks.3.ffn.down.weight").expect("a row").clone();
            let number =
                |row: &PlanRow, of: Column| row.columns().find(|(column, _)| *column == of).expect("a column").1.value;
            let (multiplied, plain) = (row(&plan(true)), row(&plan(false)));
            for (column, factor) in [
                (Column::Multiplier, theta),
                (Column::InitStd, 1.0 / theta),
                (Column::LearningRate, 1.0 / rate),
                (Column::WeightDecay, decay),
                (Column::Epsilon, epsilon),
            ] {
                let what = format!("{optimizer} α = {alpha} {column}");
                assert_eq!(number(&plain, column), factor * number(&multiplied, column), "{what}");
            }
        }
    }
}

#[test]
fn at_the_bases_depth_every_table_is_that_of_width() {
    for multiplied in [false, true] {
        let base = BaseShapes::infer(&model(2, 16, multiplied), &model(2, 24, multiplied)).expect("base shapes");
        let shapes = base.apply(&model(2, 64, multiplied).placed(&places()).expect("places")).expect("shapes");
        let [width, depth] = [Parametrization::mup(), Parametrization::complete_p()]
            .map(|table| plan(&shapes, table, &OptimizerId::ADAMW));
        assert_eq!(width.diff(&depth), vec![]);
    }
}

/// A later α replaces an earlier one, and does not come on top of it.
#[test]
fn rules_of_depth_are_there_once() {
    let twice = Parametrization::mup().with_depth(0.5).with_depth(1.0).named_as("complete-p");
    assert_eq!(twice, Parametrization::complete_p());
}

#[test]
fn wishes_may_speak_of_a_place() {
    let shapes = deep(false, Some(places()));
    let both = Selector::Every(vec![Place::Closing.into(), Role::Hidden.into()]);
    let plan = ScalingPlan::of(&shapes, Parametrization::complete_p()).rate(both, 2.0).no_decay(Place::Outside);
    let plan = plan.build().expect("a plan");
    let rate = plan.row("blocks.0.ffn.down.weight").expect("a row").learning_rate.to_string();
    assert_eq!(rate, "0.125 = 1/m_in · 1/m_L · yours 2");
    assert!(
        plan.to_string().contains("rate × 2 for tensors that close a residual branch that are hidden tensors"),
        "{plan}"
    );
    assert_eq!(plan.row("embedding.weight").expect("a row").weight_decay.to_string(), "0 = yours: no decay");
}

/// What only the user knows of a stack wins over what its paths say.
#[test]
fn an_m_l_of_the_users_own_wins() {
    let shapes = deep(false, Some(places()));
    let plan = ScalingPlan::of(&shapes, Parametrization::complete_p()).variable(Variable::DEPTH, |_| 16.0);
    let rate = &plan.build().expect("a plan").row("blocks.0.ffn.down.weight").expect("a row").learning_rate.clone();
    assert_eq!(rate.to_string(), "0.01562 = 1/m_in · 1/m_L");
}

#[test]
fn places_and_streams_are_stored_and_read_back() {
    for (name, multiplied) in [("complete-p", true), ("complete-d-p", false), ("u-mup", true)] {
        let table = Parametrization::named(name).expect("a preset");
        let plan = plan(&deep(multiplied, Some(places())), table, &OptimizerId::ADAMW);
        let read = ScalingPlan::from_json(&plan.to_json()).expect("a plan");
        assert_eq!(read, plan);
        assert_eq!(read.row("blocks.0.ffn.down.weight").expect("a row").place, Some(Place::Closing));
        assert_eq!(read.streams(), plan.streams());
        assert_eq!(read.streams()[0].to_string(), "blocks 2→8");
        assert_eq!(serde_json::from_value::<ScalingPlan>(serde_json::to_value(&plan).unwrap()).unwrap(), plan);
    }
}
