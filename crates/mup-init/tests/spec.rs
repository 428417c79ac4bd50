//! What a specification means, and what it refuses.

mod family;

use burn::tensor::Device;
use family::{TARGET, model, mup, values};
use mup_init::{Distribution, Draw, FanMode, InitError, InitSpec, SpecProblem, initialize};
use mup_rules::ScalingPlan;

fn plan() -> ScalingPlan {
    mup(&model(TARGET, &Device::flex()))
}

fn draw(spec: &InitSpec, path: &str) -> Draw {
    let plan = plan();
    let index = plan.rows().iter().position(|row| row.path == path).expect("a path of the model");
    spec.draws(&plan).unwrap()[index]
}

fn problems(spec: &InitSpec) -> Vec<SpecProblem> {
    match spec.draws(&plan()) {
        Err(InitError::Spec(problems)) => problems,
        other => panic!("expected problems, got {other:?}"),
    }
}

fn zero_paths(spec: &InitSpec) -> Vec<String> {
    let target = model(TARGET, &Device::flex());
    let plan = mup(&target);
    let weights = values(&initialize(target, &plan, spec, 1).unwrap()).into_iter();
    weights.filter(|(_, values)| values.iter().all(|value| value.to_bits() == 0)).map(|(path, _)| path).collect()
}

const BIASES: [&str; 4] = ["blocks.0.query.bias", "blocks.1.query.bias", "input.bias", "norm.beta"];

#[test]
fn each_role_gets_its_own_distribution_times_the_plans_factor() {
    let normal = |std| Distribution::Normal { std };
    let spec = InitSpec::new()
        .input(normal(1.0))
        .embedding(normal(2.0))
        .hidden(normal(3.0))
        .output(normal(4.0))
        .vector(normal(5.0))
        .biases(normal(6.0))
        .gains(normal(7.0))
        .slopes(normal(8.0));
    for (path, std) in [
        ("input.weight", 1.0),
        ("embedding.weight", 2.0),
        // m_in = 16.
        ("blocks.0.query.weight", 0.75),
        ("head.weight", 4.0),
        ("blocks.0.content_bias", 5.0),
        ("blocks.0.query.bias", 6.0),
        ("norm.beta", 6.0),
        ("norm.gamma", 7.0),
        ("slope.alpha", 8.0),
    ] {
        assert_eq!(draw(&spec, path), Draw::Normal { std }, "{path}");
    }
}

#[test]
fn by_default_only_biases_are_zero_gains_are_one_and_slopes_a_quarter() {
    assert_eq!(zero_paths(&InitSpec::default()), BIASES);
    assert_eq!(draw(&InitSpec::default(), "norm.gamma"), Draw::Constant { value: 1.0 });
    assert_eq!(draw(&InitSpec::default(), "slope.alpha"), Draw::Constant { value: 0.25 });
}

#[test]
fn zero_readout_and_zero_query_zero_exactly_those() {
    let spec = InitSpec::default().zero_readout().zero_query(["**.query.weight"]);
    let mut expected = BIASES.map(String::from).to_vec();
    expected.extend(["blocks.0.query.weight", "blocks.1.query.weight", "head.weight"].map(String::from));
    expected.sort();
    assert_eq!(zero_paths(&spec), expected);
}

#[test]
fn a_later_distribution_wins_and_factors_multiply() {
    let spec = InitSpec::gaussian(0.5)
        .scale("**.query.weight", 0.5)
        .zero("blocks.0.query.weight")
        .with("blocks.*.query.weight", Distribution::Uniform { bound: 8.0 })
        .zero("blocks.1.query.weight")
        .scale("blocks.0.query.weight", 3.0);
    // 8 · 0.5 · 3 / √16.
    assert_eq!(draw(&spec, "blocks.0.query.weight"), Draw::Uniform { bound: 3.0 });
    assert_eq!(draw(&spec, "blocks.1.query.weight"), Draw::Constant { value: 0.0 });
}

#[test]
fn scale_all_multiplies_what_is_random_and_nothing_else() {
    let spec = InitSpec::gaussian(0.5).scale_all(5.0).scale_all(0.5).biases(Distribution::Constant { value: 0.125 });
    assert_eq!(draw(&spec, "head.weight"), Draw::Normal { std: 1.25 });
    assert_eq!(draw(&spec, "blocks.0.content_bias"), Draw::Normal { std: 1.25 });
    for (path, value) in
        [("norm.gamma", 1.0), ("input.bias", 0.125), ("slope.alpha", 0.25), ("head.multiplier", 0.0625)]
    {
        assert_eq!(draw(&spec, path), Draw::Constant { value }, "{path}");
    }
}

#[test]
fn a_specification_survives_serialization_and_rejects_unknown_fields() {
    let spec = InitSpec::gaussian(0.02).scale("**.weight", 0.3).zero_readout().scale_all(2.5);
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<InitSpec>(&text).unwrap(), spec);
    assert_eq!(serde_json::from_str::<InitSpec>("{}").unwrap(), InitSpec::default());
    assert!(serde_json::from_str::<InitSpec>(r#"{"scale": 2.0}"#).is_err());
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error_that_lists_the_paths() {
    for (spec, knob) in [
        (InitSpec::new().zero("**.querry.weight"), "zero"),
        (InitSpec::new().scale("blocks.7.**", 2.0), "scale"),
        (InitSpec::new().with("hed.weight", Distribution::Ones), "with"),
        // Constants of the forward pass are the plan's.
        (InitSpec::new().scale("**.logit_scale", 2.0), "scale"),
        (InitSpec::new().zero("head.multiplier"), "zero"),
    ] {
        let problems = problems(&spec);
        assert!(matches!(&problems[..], [SpecProblem::MatchesNothing { knob: found, .. }] if *found == knob));
        assert!(problems[0].to_string().contains("blocks.0.query.weight, "), "{}", problems[0]);
    }
}

#[test]
fn zero_readout_without_a_readout_is_an_error() {
    use burn::nn::LinearConfig;
    let device = Device::flex();
    let family = |width| LinearConfig::new(3, width).init(&device);
    let shapes = mup_shapes::infer(&family(16), &family(32), &family(64)).unwrap();
    let plan = ScalingPlan::new(&shapes, mup_rules::Parametrization::mup(), mup_rules::OptimizerId::ADAMW);
    let error = InitSpec::new().zero_readout().draws(&plan.unwrap()).unwrap_err();
    assert_eq!(error, InitError::Spec(vec![SpecProblem::NoReadout]));
}

#[test]
fn numbers_that_make_no_sense_are_errors_that_name_the_parameter() {
    let fan_in = FanMode::FanIn;
    for distribution in [
        Distribution::Normal { std: f64::NAN },
        Distribution::Normal { std: -0.1 },
        Distribution::Uniform { bound: f64::INFINITY },
        Distribution::XavierNormal { gain: -1.0 },
        Distribution::XavierUniform { gain: f64::NAN },
        Distribution::KaimingNormal { gain: f64::NAN, mode: fan_in },
        Distribution::KaimingUniform { gain: -1.0, mode: fan_in },
        Distribution::Constant { value: f64::NAN },
        Distribution::TruncatedNormal { std: 0.0, a: -1.0, b: 1.0 },
        Distribution::TruncatedNormal { std: 1.0, a: 1.0, b: -1.0 },
        Distribution::TruncatedNormal { std: 1.0, a: -1.0, b: f64::NAN },
        // Meant in units of std.
        Distribution::TruncatedNormal { std: 0.02, a: 1.0, b: 2.0 },
    ] {
        let problems = problems(&InitSpec::new().with("input.weight", distribution));
        assert!(
            matches!(&problems[..], [SpecProblem::Value { path, .. }] if path == "input.weight"),
            "{distribution:?}: {problems:?}"
        );
    }
}

#[test]
fn factors_that_make_no_sense_are_errors() {
    for factor in [f64::NAN, f64::INFINITY, -1.0] {
        for spec in [InitSpec::new().scale_all(factor), InitSpec::new().scale("head.weight", factor)] {
            assert!(problems(&spec).iter().any(|problem| matches!(problem, SpecProblem::Factor { .. })), "{factor}");
        }
    }
}

#[test]
fn values_beyond_f32_are_an_error() {
    let problems = problems(&InitSpec::gaussian(1e38).scale_all(10.0));
    assert!(matches!(&problems[0], SpecProblem::TooLarge { .. }), "{problems:?}");
}

#[test]
fn kaiming_and_xavier_need_a_fan_in() {
    let kaiming = Distribution::KaimingNormal { gain: 1.0, mode: FanMode::FanOut };
    let problems = problems(&InitSpec::new().biases(kaiming).vector(Distribution::XavierUniform { gain: 1.0 }));
    assert_eq!(problems.len(), 6);
    assert!(problems.iter().all(|problem| matches!(problem, SpecProblem::NoFanIn { .. })), "{problems:?}");
}

#[test]
fn a_hidden_weight_must_have_mean_zero() {
    for distribution in [
        Distribution::Ones,
        Distribution::Constant { value: 0.1 },
        Distribution::TruncatedNormal { std: 1.0, a: -1.0, b: 2.0 },
    ] {
        assert!(matches!(&problems(&InitSpec::new().hidden(distribution))[0], SpecProblem::NonZeroMean { .. }));
        let spec = InitSpec::new().input(distribution).output(distribution);
        assert!(spec.draws(&plan()).is_ok(), "{distribution:?}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let spec =
        InitSpec::gaussian(f64::NAN).zero("nothing").scale_all(-1.0).biases(Distribution::XavierNormal { gain: 1.0 });
    let error = spec.draws(&plan()).unwrap_err().to_string();
    for part in ["`nothing`", "scale_all", "`head.weight`", "`input.bias`"] {
        assert!(error.contains(part), "{part} missing in: {error}");
    }
}

/// Multi-query attention of one layer, its readout a stock `Linear`: `kv` keys and values at every width.
mod inner {
    use burn::module::Module;
    use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
    use burn::tensor::Device;
    use mup_init::{Distribution, Draw, InitError, InitSpec, SpecProblem, initialize};
    use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
    use mup_shapes::{Axes, Kind, ParamSpec, ShapeReader};

    use super::family::values;

    #[derive(Module, Debug)]
    struct Net {
        embed: Embedding,
        query: Linear,
        key: Linear,
        value: Linear,
        output: Linear,
        readout: Linear,
    }

    fn net(d: usize, kv: usize) -> Net {
        let device = Device::flex();
        let linear = |d_out| LinearConfig::new(d, d_out).with_bias(false).init(&device);
        Net {
            embed: EmbeddingConfig::new(256, d).init(&device),
            query: linear(d),
            key: linear(kv),
            value: linear(kv),
            output: linear(d),
            readout: linear(256),
        }
    }

    fn plan(kv: usize, reader: &ShapeReader) -> ScalingPlan {
        let shapes = reader.infer(&net(128, kv), &net(256, kv), &net(2048, kv)).unwrap();
        ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap()
    }

    fn declared(path: &str) -> ShapeReader {
        ShapeReader::new().declare(path, ParamSpec::weight().inner())
    }

    fn rms(values: &[f32]) -> f64 {
        (values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn zero_readout_draws_keys_and_values_as_hidden_weights() {
        for reader in [ShapeReader::new(), declared("key.weight").declare("value.weight", ParamSpec::weight().inner())]
        {
            let model = initialize(net(2048, 64), &plan(64, &reader), &InitSpec::new().zero_readout(), 0).unwrap();
            let weights = values(&model);
            for path in ["key.weight", "value.weight"] {
                // Variance 1/fan_in at every width; 131072 values have it to 0.2 %.
                assert!((rms(&weights[path]) * 2048_f64.sqrt() - 1.0).abs() < 0.01, "{path}");
            }
            assert!(weights["readout.weight"].iter().all(|x| x.to_bits() == 0));
        }
    }

    #[test]
    fn where_nothing_says_which_is_the_readout_zero_readout_asks() {
        let ambiguous = plan(256, &ShapeReader::new());
        let error = InitSpec::new().zero_readout().draws(&ambiguous).unwrap_err();
        assert!(error.to_string().contains("ParamSpec::weight().readout()"), "{error}");
        let InitError::Spec(problems) = error else { panic!("{error}") };
        assert_eq!(problems, [SpecProblem::UndecidedReadout { path: "key.weight".to_owned() }]);
        let reader = ShapeReader::new().declare("readout.weight", ParamSpec::weight().readout());
        InitSpec::new().zero_readout().draws(&plan(256, &reader)).unwrap();
    }

    #[test]
    fn inner_weights_have_a_distribution_of_their_own_or_that_of_hidden_ones() {
        let plan = plan(64, &ShapeReader::new());
        let key = plan.rows().iter().position(|row| row.path == "key.weight").unwrap();
        let normal = |std| Distribution::Normal { std };
        let draw = |spec: InitSpec| spec.draws(&plan).unwrap()[key];
        assert_eq!(draw(InitSpec::new().hidden(normal(3.0))), Draw::Normal { std: 0.75 });
        assert_eq!(draw(InitSpec::new().hidden(normal(3.0)).inner(normal(1.0))), Draw::Normal { std: 0.25 });
        assert_eq!(draw(InitSpec::gaussian(0.5)), Draw::Normal { std: 0.125 });
    }

    /// σ = 1 would start the logits of a tied readout at √d_model.
    #[test]
    fn an_embedding_that_is_the_readout_too_starts_small() {
        let tied = |tied: bool| {
            let mut shapes = vec![("embed.weight", "Embedding", vec![256], ParamSpec::weight())];
            let multiplier = ParamSpec::new(Axes::multiplier(), Kind::Multiplier);
            shapes.extend(tied.then(|| ("readout.multiplier", "TiedReadout", vec![], multiplier)));
            let model = |d: usize| {
                let shape = |(path, layer, dims, spec): &(&str, &str, Vec<usize>, ParamSpec)| {
                    let dims = dims.iter().copied().chain([d]).collect::<Vec<_>>();
                    mup_shapes::ParamShape::new(*path, *layer, dims, spec.clone())
                };
                mup_shapes::ModuleShapes::new(shapes.iter().map(shape).collect())
            };
            let base = mup_shapes::BaseShapes::infer(&model(64), &model(128)).unwrap();
            ScalingPlan::new(&base.apply(&model(512)).unwrap(), Parametrization::mup(), OptimizerId::ADAMW).unwrap()
        };
        let std = |spec: InitSpec, plan: &ScalingPlan| spec.draws(plan).unwrap()[0];
        assert_eq!(std(InitSpec::new(), &tied(true)), Draw::Normal { std: 0.02 });
        assert_eq!(std(InitSpec::new(), &tied(false)), Draw::Normal { std: 1.0 });
        // What is said is done.
        assert_eq!(
            std(InitSpec::new().embedding(Distribution::Normal { std: 1.0 }), &tied(true)),
            Draw::Normal { std: 1.0 }
        );
    }
}
