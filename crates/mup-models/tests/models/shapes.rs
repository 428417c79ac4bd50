//! Models allocate nothing when built, and their parameters are what the contract says.

use crate::common::{Lazy, decoders, lazy, paths};
use burn::module::Module;
use burn::tensor::Device;
use mup_models::{Balance, ConvNetConfig, ExpertsConfig, GptConfig, MlpConfig, Positions, Sizes, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{InfShapes, Kind, PathPattern, Place, Role};

fn small() -> GptConfig {
    GptConfig::new(11, 8, 2, 8, 3, 4, 12)
}

#[test]
fn a_gpt3_sized_model_is_built_and_read_without_allocating_a_tensor() {
    let config = GptConfig::new(50_257, 2048, 96, 12_288, 96, 128, 49_152);
    let model = config.init(&Device::flex()).unwrap();
    let shapes = shape_reader().read(&model).unwrap();
    assert_eq!(lazy(&model), Lazy { lazy: shapes.iter().count(), initialized: 0 });
    // 12 d² n_layer = 174 G, plus d² n_layer for the relative keys and twice vocab × d.
    assert_eq!(config.parameter_count() / 1_000_000_000, 189);
}

#[test]
fn every_model_is_built_and_read_without_allocating_a_tensor() {
    let device = Device::flex();
    let mlp = MlpConfig::new(3, vec![4, 8], 2).init(&device).unwrap();
    let conv_net = ConvNetConfig::new(3, [4, 8], 2).init(&device).unwrap();
    let gpt = small().with_positions(Positions::Absolute).with_tied(true).init(&device).unwrap();
    shape_reader().read(&mlp).unwrap();
    shape_reader().read(&conv_net).unwrap();
    shape_reader().read(&gpt).unwrap();
    assert_eq!(lazy(&mlp).initialized + lazy(&conv_net).initialized + lazy(&gpt).initialized, 0);
}

#[test]
fn every_layer_states_its_place_so_that_rules_of_depth_plan_every_model() {
    let device = Device::flex();
    let plan =
        |shapes: InfShapes| ScalingPlan::new(&shapes, Parametrization::complete_p(), OptimizerId::ADAMW).unwrap();
    let mlp = |d: usize| MlpConfig::new(3, vec![d, 2 * d, d], 2).init(&device).unwrap();
    plan(shape_reader().infer(&mlp(4), &mlp(8), &mlp(16)).unwrap());
    let conv_net = |d: usize| ConvNetConfig::new(3, [d, 2 * d], 2).init(&device).unwrap();
    plan(shape_reader().infer(&conv_net(4), &conv_net(8), &conv_net(16)).unwrap());
    let gpt = |n_layer, d| GptConfig::new(11, 8, n_layer, d, 3, 4, 2 * d).init(&device).unwrap();
    let deep = plan(shape_reader().infer(&gpt(2, 8), &gpt(2, 16), &gpt(8, 32)).unwrap());
    let closing = deep.row("blocks.7.feed_forward.down.weight").unwrap();
    assert_eq!(closing.learning_rate.to_string(), "0.0625 = 1/m_in · 1/m_L");
}

#[test]
fn a_relative_gpt_has_the_parameters_of_the_contract() {
    let expected = "
        token_embedding.weight [11, 8]
        blocks.0.attention_norm.gamma [8]
        blocks.0.attention_norm.beta [8]
        blocks.0.attention.query.weight [8, 12]
        blocks.0.attention.query.bias [12]
        blocks.0.attention.key.weight [8, 12]
        blocks.0.attention.value.weight [8, 12]
        blocks.0.attention.value.bias [12]
        blocks.0.attention.output.weight [12, 8]
        blocks.0.attention.output.bias [8]
        blocks.0.attention.logit_scale [4]
        blocks.0.attention.relative_key.weight [8, 12]
        blocks.0.attention.content_bias [12]
        blocks.0.attention.position_bias [12]
        blocks.0.feed_forward_norm.gamma [8]
        blocks.0.feed_forward_norm.beta [8]
        blocks.0.feed_forward.up.weight [8, 12]
        blocks.0.feed_forward.up.bias [12]
        blocks.0.feed_forward.down.weight [12, 8]
        blocks.0.feed_forward.down.bias [8]
        final_norm.gamma [8]
        final_norm.beta [8]
        readout.weight [8, 11]
        readout.multiplier [8]";
    let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
    let model = GptConfig { n_layer: 1, ..small() }.init(&Device::flex()).unwrap();
    assert_eq!(paths(&model), expected);
}

#[test]
fn without_biases_only_norms_and_relative_biases_are_vectors() {
    let model = small().with_bias(false).init(&Device::flex()).unwrap();
    assert!(paths(&model).iter().all(|path| !path.contains(".bias ")));
    let model = MlpConfig::new(3, vec![4, 8], 2).with_bias(false).init(&Device::flex()).unwrap();
    assert_eq!(
        paths(&model),
        ["input.weight [3, 4]", "hidden.0.weight [4, 8]", "readout.weight [8, 2]", "readout.multiplier [8]"]
    );
    let model = ConvNetConfig::new(3, [4, 8], 2).with_bias(false).init(&Device::flex()).unwrap();
    assert_eq!(
        paths(&model),
        ["conv1.weight [4, 3, 3, 3]", "conv2.weight [8, 4, 3, 3]", "readout.weight [8, 2]", "readout.multiplier [8]"]
    );
}

#[test]
fn positions_and_tying_change_only_their_own_parameters() {
    let device = Device::flex();
    let names = |config: GptConfig| paths(&config.init(&device).unwrap());
    let plain = names(small().with_positions(Positions::None));
    let absolute = names(small().with_positions(Positions::Absolute));
    let added: Vec<&String> = absolute.iter().filter(|path| !plain.contains(path)).collect();
    assert_eq!(added, ["position_embedding.weight [8, 8]"]);
    let tied = names(small().with_positions(Positions::None).with_tied(true));
    let changed: Vec<&String> = tied.iter().filter(|path| !plain.contains(path)).collect();
    assert_eq!(changed, ["tied_readout.multiplier [8]"]);
    assert_eq!(plain.len() - tied.len(), 1, "readout.weight is gone");
}

#[test]
fn factors_of_branches_are_one_number_each_and_not_there_unless_asked_for() {
    let device = Device::flex();
    let names = |config: GptConfig| paths(&config.init(&device).unwrap());
    let (plain, factors) = (names(small()), names(small().with_branch_factors(true)));
    let added: Vec<&String> = factors.iter().filter(|path| !plain.contains(path)).collect();
    let of_block =
        |i: usize| ["attention", "feed_forward"].map(|branch| format!("blocks.{i}.{branch}.branch_factor [1]"));
    assert_eq!(added, [of_block(0), of_block(1)].concat().iter().collect::<Vec<_>>());
    assert_eq!(factors.len() - plain.len(), 4);
}

#[test]
fn the_parameter_count_is_that_of_the_built_model() {
    for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
        for (tied, bias) in [(false, false), (false, true), (true, false), (true, true)] {
            let config = small().with_positions(positions).with_tied(tied).with_bias(bias);
            let model = config.init(&Device::flex()).unwrap();
            let multipliers = config.d_model + config.n_layer * config.d_head;
            assert_eq!(config.parameter_count(), model.num_params() - multipliers, "{config}");
        }
    }
}

#[test]
fn the_parameter_count_of_every_decoder_is_that_of_the_built_model() {
    for config in decoders(&GptConfig { n_head: 4, ..small() }) {
        let model = config.init(&Device::flex()).unwrap();
        let multipliers = config.d_model + config.n_layer * config.d_head;
        assert_eq!(config.parameter_count(), model.num_params() - multipliers, "{config}");
    }
}

#[test]
#[allow(clippy::float_cmp, reason = "whole numbers")]
fn work_on_a_token_is_two_operations_a_weight_and_four_a_coordinate_of_each_key() {
    let sizes = Sizes { vocab: 11, context: 64, n_layer: 2, d_model: 8, n_head: 4, n_kv_head: 2, d_head: 4, d_ffn: 12 };
    let llama = GptConfig::llama(sizes);
    // PaLM's 6 N + 12 L H Q T with N the numbers in matrices: all but 11 · 8 of the embedding and 5 norms of 8.
    let n = (llama.parameter_count() - 11 * 8 - 5 * 8) as f64;
    assert_eq!(3.0 * llama.forward_flops_per_token(64), 6.0 * n + 12.0 * (2 * 4 * 4 * 64) as f64);
    let windowed = llama.with_window(Some(16));
    assert_eq!(3.0 * windowed.forward_flops_per_token(64), 6.0 * n + 12.0 * (2 * 4 * 4 * 16) as f64);
    assert_eq!(windowed.forward_flops_per_token(8), 2.0 * n + 4.0 * (2 * 4 * 4 * 8) as f64);
    // A token goes to two of four experts, three matrices each, and through a router.
    let mixtral = GptConfig::mixtral(sizes, 4, 2);
    let (one, router) = (3 * 8 * 12, 8 * 4);
    let more = 2.0 * (2 * (one + router)) as f64;
    assert_eq!(mixtral.forward_flops_per_token(64), 2.0 * n + 4.0 * (2 * 4 * 4 * 64) as f64 + more);
}

#[test]
fn roles_of_a_decoder_of_today_follow_from_widths() {
    let device = Device::flex();
    let qwen3 = |d_model, heads| {
        let sizes = Sizes {
            vocab: 11,
            context: 8,
            n_layer: 1,
            d_model,
            n_head: 2 * heads,
            n_kv_head: heads,
            d_head: 4,
            d_ffn: 3 * d_model,
        };
        GptConfig::qwen3(sizes).init(&device).unwrap()
    };
    let shapes = shape_reader().infer(&qwen3(8, 1), &qwen3(12, 2), &qwen3(32, 4)).unwrap();
    let of = |path: &str| {
        let shape = shapes.get(&format!("blocks.0.{path}")).unwrap();
        (shape.role(), shape.fan_in_mult() as usize, shape.fan_out_mult() as usize)
    };
    assert_eq!(of("attention.key.weight"), (Role::Hidden, 4, 4));
    assert_eq!(of("feed_forward.gate.weight"), (Role::Hidden, 4, 4));
    assert_eq!(of("attention.query_norm.gamma"), (Role::Scalar, 1, 1));
    assert_eq!(of("attention_norm.gamma"), (Role::Vector, 1, 4));
    let mixtral = |d: usize| {
        let experts = ExpertsConfig::new(4, 2).with_balance(Balance::Bias).with_d_shared(Some(2 * d));
        GptConfig::new(11, 8, 1, d, d / 4, 4, 3 * d).with_experts(Some(experts)).init(&device).unwrap()
    };
    let shapes = shape_reader().infer(&mixtral(8), &mixtral(12), &mixtral(32)).unwrap();
    let role = |path: &str| shapes.get(&format!("blocks.0.experts.{path}")).unwrap().role();
    assert_eq!([role("up"), role("down"), role("shared.down.weight")], [Role::Hidden; 3]);
    assert_eq!([role("router.weight"), role("router.bias")], [Role::Inner, Role::Scalar]);
    let multi_query =
        |d: usize| GptConfig::new(11, 8, 1, d, d / 4, 4, d).with_n_kv_head(Some(1)).init(&device).unwrap();
    let shapes = shape_reader().infer(&multi_query(8), &multi_query(12), &multi_query(32)).unwrap();
    assert_eq!(shapes.get("blocks.0.attention.key.weight").unwrap().role(), Role::Inner);
}

#[test]
fn no_plan_asks_whether_a_layer_of_ours_is_a_readout_whatever_stays_as_the_model_grows() {
    let device = Device::flex();
    let gpt = |d, heads, ffn| GptConfig::new(11, 8, 2, d, heads, 4, ffn);
    let multi_query = |d: usize| gpt(d, d / 4, 2 * d).with_n_kv_head(Some(1));
    let fixed_heads = |d| gpt(d, 2, 2 * d);
    let fixed_branch = |d: usize| gpt(d, d / 4, 12);
    let fixed_stream = |ffn| gpt(8, 2, ffn);
    let families: [&dyn Fn(usize) -> GptConfig; 4] = [&multi_query, &fixed_heads, &fixed_branch, &fixed_stream];
    for (family, tied) in families.into_iter().flat_map(|family| [(family, false), (family, true)]) {
        let model = |size| family(size).with_tied(tied).init(&device).unwrap();
        let shapes = shape_reader().infer(&model(8), &model(16), &model(32)).unwrap();
        let asked: Vec<&str> = shapes.iter().filter(|shape| shape.is_undecided()).map(|shape| &*shape.path).collect();
        assert_eq!(asked, Vec::<&str>::new());
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
        assert!(!plan.warnings().iter().any(|warning| warning.contains("nothing says")), "{:?}", plan.warnings());
    }
}

#[test]
fn roles_follow_from_widths_and_every_multiplier_is_known() {
    let device = Device::flex();
    let model = |d, heads, ffn| GptConfig::new(11, 8, 1, d, heads, 4, ffn).init(&device).unwrap();
    let shapes = shape_reader().infer(&model(8, 2, 12), &model(12, 3, 14), &model(32, 8, 96)).unwrap();
    let role = |path: &str| shapes.get(path).unwrap().role();
    assert_eq!(role("token_embedding.weight"), Role::Input);
    assert_eq!(role("blocks.0.attention.relative_key.weight"), Role::Hidden);
    assert_eq!(role("blocks.0.attention.content_bias"), Role::Vector);
    assert_eq!(role("readout.weight"), Role::Output);
    assert!(shapes.get("readout.weight").unwrap().multiplied);
    let kind = |path: &str| shapes.get(path).unwrap().kind;
    assert_eq!(kind("readout.multiplier"), Kind::Multiplier);
    assert_eq!(kind("blocks.0.attention.logit_scale"), Kind::LogitScale);
    let down = shapes.get("blocks.0.feed_forward.down.weight").unwrap();
    assert_eq!((down.fan_in_mult() as usize, down.fan_out_mult() as usize), (8, 4), "d_ffn and d_model grow apart");
}

#[test]
fn the_named_patterns_match_the_built_model() {
    let model = small().init(&Device::flex()).unwrap();
    let patterns = [GptConfig::queries(), GptConfig::readout()]
        .into_iter()
        .chain(small().residual_projections())
        .chain(GptConfig::relative_biases());
    for pattern in patterns {
        let paths = paths(&model);
        let matched = paths.iter().filter(|path| pattern.matches(path.split(' ').next().unwrap())).count();
        assert_eq!(matched, if pattern == GptConfig::readout() { 1 } else { 2 }, "{pattern}");
    }
}

#[test]
fn what_starts_smaller_in_a_deep_model_is_what_closes_its_branches_norms_and_experts_too() {
    for config in decoders(&GptConfig { n_head: 4, ..small() }).into_iter().chain([small()]) {
        let shapes = shape_reader().read(&config.init(&Device::flex()).unwrap()).unwrap();
        let patterns = config.residual_projections();
        let scaled = |path: &str| patterns.iter().any(|pattern| pattern.matches(path));
        for shape in shapes.iter() {
            let closes = shape.place == Some(Place::Closing) && matches!(shape.kind, Kind::Weight | Kind::Gain);
            assert_eq!(scaled(&shape.path), closes, "{} of {config}", shape.path);
        }
        // A pattern that finds nothing is an error of the start.
        let found = |pattern: &PathPattern| shapes.iter().any(|shape| pattern.matches(&shape.path));
        assert!(patterns.iter().all(found), "{config}");
    }
}
