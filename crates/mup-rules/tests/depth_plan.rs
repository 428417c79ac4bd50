//! What a plan says of depth: which numbers of blocks it covers, what it asks for, what it prints and stores.

use mup_rules::{
    Amended, Amendment, Column, DepthRule, OptimizerId, Parametrization, PlanRow, Power, RuleError, ScalingPlan,
    Selector, Variable,
};
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

/// An encoder and a decoder behind an embedding, of these numbers of layers in base and target.
fn two_streams(base: [usize; 2], target: [usize; 2], places: &Places) -> InfShapes {
    let model = |[first, second]: [usize; 2], width: usize| {
        let weight = |path: String| ParamShape::new(path, "Linear", [width, width], ParamSpec::weight());
        let layer = |list: &str, idx: usize| ["in", "out"].map(|name| weight(format!("{list}.layers.{idx}.{name}")));
        let embedding = ParamShape::new("embedding", "Embedding", [10, width], ParamSpec::weight());
        let layers = (0..first).flat_map(|idx| layer("encoder", idx));
        let layers = layers.chain((0..second).flat_map(|idx| layer("decoder", idx)));
        ModuleShapes::new(std::iter::once(embedding).chain(layers).collect())
    };
    let base = BaseShapes::infer(&model(base, 16), &model(base, 24)).expect("base shapes");
    base.apply(&model(target, 16).placed(places).expect("places")).expect("shapes")
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
    let all =
        "`blocks.*.norm.gamma`, `blocks.*.ffn.up.weight`, `blocks.*.ffn.down.weight` lie in the blocks of `blocks`";
    assert!(error.starts_with(all), "{error}");
    assert!(error.contains("ShapeReader::place(\"blocks.*.norm.gamma\", Place::Inside)"), "{error}");
    assert!(!error.contains("Places::burn()"), "of no use for these: {error}");
    let some = Places::new().inside("blocks.*.norm.*").closing("blocks.*.ffn.down.*");
    let error = ScalingPlan::of(&deep(false, Some(some)), Parametrization::complete_p()).build().expect_err("no place");
    let (tensors, stream) = (vec!["blocks.*.ffn.up.weight".to_owned()], "blocks".to_owned());
    assert_eq!(error, RuleError::NoPlace { tensors, stream, burn: false });
}

/// Every tensor inside and nothing closing is the depth of the standard parametrization.
#[test]
fn a_stream_whose_branches_nothing_scales_is_refused_with_the_remedy() {
    let error = refused(&deep(false, Some(Places::new().inside("blocks.**"))), Parametrization::complete_p());
    assert!(error.contains("8 blocks of `blocks`, the base 2") && error.contains("Place::Closing"), "{error}");
    // A layer that multiplies its branch is enough, and so is the base's own depth.
    let inside = Places::new().inside("blocks.**");
    assert!(ScalingPlan::of(&deep(true, Some(inside.clone())), Parametrization::complete_p()).build().is_ok());
    let base = BaseShapes::infer(&model(2, 16, false), &model(2, 24, false)).expect("base shapes");
    let same = base.apply(&model(2, 64, false).placed(&inside).expect("places")).expect("shapes");
    assert!(ScalingPlan::of(&same, Parametrization::complete_p()).build().is_ok());
}

#[test]
fn an_alpha_that_is_no_number_is_refused() {
    let error = refused(&deep(false, Some(places())), Parametrization::mup().with_depth(f64::NAN));
    assert!(error.contains("inside a branch: an exponent is not a finite number"), "{error}");
}

/// Two streams: which m_L an outside tensor would follow is open, and a table that scales it by m_L asks.
#[test]
fn outside_of_two_streams_there_is_no_m_l() {
    let shapes = |places: &Places| two_streams([2, 2], [8, 4], places);
    let closing = Places::new().inside("*.layers.*.in").closing("*.layers.*.out");
    let apart = shapes(&closing);
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
    assert!(refused_not(&shapes(&closing.stream("**.layers.**", "trunk"))));
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

/// Planned as if it had the base's number: what a rule of depth is compared with.
#[test]
fn ignored_depth_is_the_plan_of_the_bases_depth() {
    for multiplied in [false, true] {
        let base = BaseShapes::infer(&model(2, 16, multiplied), &model(2, 24, multiplied)).expect("base shapes");
        let shapes = |n| base.apply(&model(n, 64, multiplied).placed(&places()).expect("places")).expect("shapes");
        let ignored = Parametrization::complete_p().with_depth_rule(DepthRule::Ignored);
        let ignored = plan(&shapes(8), ignored, &OptimizerId::ADAMW);
        let width = plan(&shapes(2), Parametrization::mup(), &OptimizerId::ADAMW);
        for row in width.rows() {
            let numbers = |row: &PlanRow| row.columns().map(|(_, factor)| factor.value).collect::<Vec<_>>();
            assert_eq!(numbers(ignored.row(&row.path).expect("a row")), numbers(row), "{}", row.path);
        }
        assert_eq!(ScalingPlan::from_json(&ignored.to_json()), Ok(ignored));
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
            let path = format!("encoder.layers.{idx}.pwff.linear_outer.weight");
            let mut closing = ParamShape::new(path, "Linear", [4 * width, width], ParamSpec::weight());
            closing.within = "PositionWiseFeedForward".to_owned();
            [norm, closing]
        };
        ModuleShapes::new((0..n_layer).flat_map(norm).collect())
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

/// What starts at a constant is not drawn; the pattern means the weights that it finds.
#[test]
fn a_wish_for_the_init_std_of_a_block_leaves_its_constants_alone() {
    let sandwich = Places::new().inside("blocks.**").closing("blocks.*.norm.*");
    let shapes = deep(false, Some(sandwich));
    let wished = ScalingPlan::of(&shapes, Parametrization::complete_p()).init_std("blocks.**", 0.5).build();
    let std = |path: &str| wished.as_ref().expect("a plan").row(path).expect("a row").init_std.to_string();
    assert_eq!(std("blocks.0.norm.gamma"), "0.25 = 1/m_L", "the factor of a norm that closes a branch stays");
    assert_eq!(std("blocks.0.ffn.up.weight"), "0.25 = 1/√m_in · yours 0.5");
}

#[test]
fn an_alpha_that_is_not_between_one_half_and_one_is_refused() {
    for alpha in [-1.0, 0.0, 0.49, 1.01, 2.0] {
        let error = refused(&deep(false, Some(places())), Parametrization::mup().with_depth(alpha));
        assert!(error.contains(&format!("α = {alpha}")) && error.contains("from ½"), "{error}");
    }
}

/// A later α replaces an earlier one, and does not come on top of it.
#[test]
fn a_later_alpha_replaces_all_that_a_preset_said_of_depth() {
    let kept = Parametrization::complete_p();
    for table in [Parametrization::nanogpt_complete_p(0.5), Parametrization::u_mup(), Parametrization::depth_mup()] {
        assert_eq!(table.with_depth(1.0).amendments, kept.amendments);
    }
}

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
    let plan = plan.build().expect("a plan");
    let rate = &plan.row("blocks.0.ffn.down.weight").expect("a row").learning_rate;
    assert_eq!(rate.to_string(), "0.01562 = 1/m_in · 1/m_L");
    assert_eq!(ScalingPlan::from_json(&plan.to_json()), Ok(plan), "read back");
}

/// Outside of two streams that grow differently there is no m_L, so rows of one plan differ in what they know.
#[test]
fn a_plan_of_an_encoder_and_a_decoder_is_read_back() {
    let shapes = two_streams([2, 2], [8, 4], &Places::new().inside("*.layers.*.in").closing("*.layers.*.out"));
    for table in [
        Parametrization::complete_p(),
        Parametrization::complete_p().with_depth_rule(DepthRule::Ignored),
        Parametrization::u_mup(),
    ] {
        let slower = Amendment::new(Place::Inside, Amended::Adam, Power::of(Variable::DEPTH, -0.25), "slower");
        let plan = plan(&shapes, table.with_amendment(slower), &OptimizerId::ADAMW);
        assert_eq!(ScalingPlan::from_json(&plan.to_json()), Ok(plan));
    }
    let mup = two_streams([2, 2], [2, 2], &Places::new().inside("*.layers.*.in"));
    let slower = Amendment::new(Place::Inside, Amended::Adam, Power::of(Variable::DEPTH, -0.25), "slower");
    let plan = plan(&mup, Parametrization::mup().with_amendment(slower), &OptimizerId::ADAMW);
    assert_eq!(ScalingPlan::from_json(&plan.to_json()), Ok(plan));
}

/// Two streams of as many blocks in the base as in the target have one ratio, and with it the tensors outside.
#[test]
fn streams_that_grow_alike_have_one_m_l_outside_too() {
    let shapes = two_streams([2, 3], [8, 12], &Places::new().inside("*.layers.*.in").closing("*.layers.*.out"));
    let plan = plan(&shapes, Parametrization::nanogpt_complete_p(1.0), &OptimizerId::ADAMW);
    assert_eq!(plan.row("embedding").expect("a row").epsilon.to_string(), "0.25 = 1/m_out · 1/m_L");
    assert!(!plan.warnings().iter().any(|text| text.contains("grow by different factors")), "{:?}", plan.warnings());
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
