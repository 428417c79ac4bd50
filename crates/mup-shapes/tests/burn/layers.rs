//! Every layer of burn-nn 0.22.1 that has parameters, at three widths of which one is the base; d_model and
//! d_ff grow by different factors (3 and 2), which is what shows a swapped axis.

use burn::module::Module;
use burn::nn::activation::{Activation, ActivationConfig};
use burn::nn::attention::{CrossAttentionConfig, MultiHeadAttentionConfig};
use burn::nn::conv::{
    Conv1dConfig, Conv2dConfig, Conv3dConfig, ConvTranspose1dConfig, ConvTranspose2dConfig, ConvTranspose3dConfig,
    DeformConv2dConfig,
};
use burn::nn::transformer::{PositionWiseFeedForwardConfig, TransformerDecoderConfig, TransformerEncoderConfig};
use burn::nn::{
    BatchNormConfig, BiGruConfig, BiLstmConfig, BiRnnConfig, EmbeddingConfig, GroupNormConfig, GruConfig,
    InstanceNormConfig, LayerNormConfig, LinearConfig, LstmConfig, PReluConfig, RmsNormConfig, RnnConfig, SwiGluConfig,
    norm::{Normalization, NormalizationConfig},
};
use mup_shapes::{InfShape, infer};

use crate::device;

/// One line per parameter: path, axes with sizes, role, kind; base (4, 6), target (12, 12).
fn lines<M: Module>(model: impl Fn(usize, usize) -> M) -> Vec<String> {
    let shapes = infer(&model(4, 6), &model(8, 10), &model(12, 12)).unwrap();
    let line = |shape: &InfShape| {
        let axes = shape.axes.as_slice().iter().zip(&shape.dims).map(|(axis, dim)| format!("{axis} {dim}"));
        let axes = axes.collect::<Vec<_>>().join(", ");
        format!("{}: {axes}: {} {}", shape.path, shape.role(), shape.kind)
    };
    shapes.iter().map(line).collect()
}

fn check<M: Module>(model: impl Fn(usize, usize) -> M, expected: &[&str]) {
    assert_eq!(lines(model), expected);
}

/// The lines of a `Linear` with bias.
fn linear(path: &str, d_in: &str, d_out: &str, role: &str) -> [String; 2] {
    let bias = if d_out.contains('→') { "vector" } else { "scalar" };
    [format!("{path}.weight: in {d_in}, out {d_out}: {role} weight"), format!("{path}.bias: out {d_out}: {bias} bias")]
}

const D: &str = "4→12";
const F: &str = "6→12";

#[test]
fn linear_contracts_its_first_axis() {
    let weight_bias = ["weight: in 4→12, out 6→12: hidden weight", "bias: out 6→12: vector bias"];
    check(|d, f| LinearConfig::new(d, f).init(&device()), &weight_bias);
    check(
        |d, _| LinearConfig::new(d, 10).init(&device()),
        &["weight: in 4→12, out 10: output weight", "bias: out 10: scalar bias"],
    );
    check(|d, _| LinearConfig::new(7, d).with_bias(false).init(&device()), &["weight: in 7, out 4→12: input weight"]);
}

#[test]
fn embedding_selects_from_its_first_axis() {
    check(|d, _| EmbeddingConfig::new(100, d).init(&device()), &["weight: in 100, out 4→12: input weight"]);
}

#[test]
fn convolutions_contract_their_second_axis() {
    let bias = "bias: out 6→12: vector bias";
    check(|d, f| Conv1dConfig::new(d, f, 5).init(&device()), &["weight: out 6→12, in 4→12, k 5: hidden weight", bias]);
    check(
        |d, f| Conv2dConfig::new([d, f], [5, 3]).init(&device()),
        &["weight: out 6→12, in 4→12, k 5, k 3: hidden weight", bias],
    );
    check(
        |d, f| Conv3dConfig::new([d, f], [5, 3, 2]).init(&device()),
        &["weight: out 6→12, in 4→12, k 5, k 3, k 2: hidden weight", bias],
    );
    check(
        |d, f| DeformConv2dConfig::new([d, f], [5, 3]).init(&device()),
        &["weight: out 6→12, in 4→12, k 5, k 3: hidden weight", bias],
    );
}

#[test]
fn a_depthwise_convolution_has_a_finite_fan_in() {
    check(
        |d, _| Conv1dConfig::new(d, d, 5).with_groups(d).with_bias(false).init(&device()),
        &["weight: out 4→12, in 1, k 5: input weight"],
    );
}

#[test]
fn transposed_convolutions_contract_their_first_axis() {
    let bias = "bias: out 6→12: vector bias";
    check(
        |d, f| ConvTranspose1dConfig::new([d, f], 5).init(&device()),
        &["weight: in 4→12, out 6→12, k 5: hidden weight", bias],
    );
    check(
        |d, f| ConvTranspose2dConfig::new([d, f], [5, 3]).init(&device()),
        &["weight: in 4→12, out 6→12, k 5, k 3: hidden weight", bias],
    );
    check(
        |d, f| ConvTranspose3dConfig::new([d, f], [5, 3, 2]).init(&device()),
        &["weight: in 4→12, out 6→12, k 5, k 3, k 2: hidden weight", bias],
    );
}

#[test]
fn normalizations_have_a_gain_and_a_bias_and_no_statistics() {
    let both = ["gamma: out 4→12: vector gain", "beta: out 4→12: vector bias"];
    check(|d, _| LayerNormConfig::new(d).init(&device()), &both);
    check(|d, _| LayerNormConfig::new(d).with_bias(false).init(&device()), &both[..1]);
    check(|d, _| RmsNormConfig::new(d).init(&device()), &both[..1]);
    check(|d, _| GroupNormConfig::new(2, d).init(&device()), &both);
    check(|d, _| InstanceNormConfig::new(d).init(&device()), &both);
    check(|d, _| BatchNormConfig::new(d).init(&device()), &both);
}

#[test]
fn an_enum_adds_its_variant_to_the_path() {
    let expected = ["Batch.gamma: out 4→12: vector gain", "Batch.beta: out 4→12: vector bias"];
    check(|d, _| -> Normalization { NormalizationConfig::Batch(BatchNormConfig::new(d)).init(&device()) }, &expected);
    check(
        |d, _| Activation::PRelu(PReluConfig::new().with_num_parameters(d).init(&device())),
        &["PRelu.alpha: out 4→12: vector slope"],
    );
}

#[test]
fn prelu_has_a_slope_per_channel() {
    check(|d, _| PReluConfig::new().with_num_parameters(d).init(&device()), &["alpha: out 4→12: vector slope"]);
}

#[test]
fn attention_has_four_linears() {
    let expected: Vec<_> =
        ["query", "key", "value", "output"].iter().flat_map(|name| linear(name, D, D, "hidden")).collect();
    let lines = lines(|d, _| MultiHeadAttentionConfig::new(d, 2).init(&device()));
    assert_eq!(lines, expected);
}

#[test]
fn cross_attention_has_four_linears_of_which_two_read_the_context() {
    // d_head 3 and 2 of the 4 heads for keys and values; a context of size 10 that does not grow
    let heads = |d: usize| d / 4 * 4;
    let lines = lines(|d, _| CrossAttentionConfig::new(d, 10, heads(d), 2, 3).init(&device()));
    let expected: Vec<_> = [
        linear("query", D, "12→36", "hidden"),
        linear("key", "10", "6", "scalar"),
        linear("value", "10", "6", "scalar"),
        linear("output", "12→36", D, "hidden"),
    ]
    .concat();
    assert_eq!(lines, expected);
}

/// Gates of a recurrent layer with inputs of size 10: an input weight and a hidden weight each.
fn gates(names: &[&str]) -> Vec<String> {
    let gate = |name: &&str| {
        [
            linear(&format!("{name}.input_transform"), "10", D, "input"),
            linear(&format!("{name}.hidden_transform"), D, D, "hidden"),
        ]
        .concat()
    };
    names.iter().flat_map(gate).collect()
}

fn both_directions(lines: &[String]) -> Vec<String> {
    ["forward", "reverse"].iter().flat_map(|way| lines.iter().map(move |line| format!("{way}.{line}"))).collect()
}

#[test]
fn recurrent_layers_have_two_linears_per_gate() {
    let lstm = gates(&["input_gate", "forget_gate", "output_gate", "cell_gate"]);
    assert_eq!(lines(|d, _| LstmConfig::new(10, d, true).init(&device())), lstm);
    assert_eq!(lines(|d, _| BiLstmConfig::new(10, d, true).init(&device())), both_directions(&lstm));
    let gru = gates(&["update_gate", "reset_gate", "new_gate"]);
    assert_eq!(lines(|d, _| GruConfig::new(10, d, true).init(&device())), gru);
    assert_eq!(lines(|d, _| BiGruConfig::new(10, d, true).init(&device())), both_directions(&gru));
    let rnn = gates(&["gate"]);
    assert_eq!(lines(|d, _| RnnConfig::new(10, d, true).init(&device())), rnn);
    assert_eq!(lines(|d, _| BiRnnConfig::new(10, d, true).init(&device())), both_directions(&rnn));
}

#[test]
fn swiglu_has_two_linears() {
    check(
        |d, f| SwiGluConfig::new(d, f).init(&device()),
        &[
            "linear_inner.weight: in 4→12, out 6→12: hidden weight",
            "linear_outer.weight: in 4→12, out 6→12: hidden weight",
        ],
    );
}

fn feed_forward(path: &str) -> Vec<String> {
    [linear(&format!("{path}linear_inner"), D, F, "hidden"), linear(&format!("{path}linear_outer"), F, D, "hidden")]
        .concat()
}

#[test]
fn feed_forward_has_two_linears() {
    assert_eq!(lines(|d, f| PositionWiseFeedForwardConfig::new(d, f).init(&device())), feed_forward(""));
}

#[test]
fn swiglu_inside_position_wise_feed_forward_is_invisible_because_burn_skips_the_field() {
    let swiglu = |f| ActivationConfig::SwiGlu(SwiGluConfig::new(f, f));
    let lines = lines(|d, f| PositionWiseFeedForwardConfig::new(d, f).with_activation(swiglu(f)).init(&device()));
    assert_eq!(lines, feed_forward(""));
}

fn transformer_layer(attentions: &[&str], n_norms: usize) -> Vec<String> {
    let linears = |name: &&str| {
        let linear = |part: &&str| linear(&format!("layers.0.{name}.{part}"), D, D, "hidden");
        ["query", "key", "value", "output"].iter().flat_map(linear).collect::<Vec<_>>()
    };
    let mut lines: Vec<_> = attentions.iter().flat_map(linears).collect();
    lines.extend(feed_forward("layers.0.pwff."));
    for norm in 1..=n_norms {
        lines.push(format!("layers.0.norm_{norm}.gamma: out {D}: vector gain"));
        lines.push(format!("layers.0.norm_{norm}.beta: out {D}: vector bias"));
    }
    lines
}

#[test]
fn transformer_layers_are_attention_feed_forward_and_norms() {
    let encoder = lines(|d, f| TransformerEncoderConfig::new(d, f, 2, 1).init(&device()));
    assert_eq!(encoder, transformer_layer(&["mha"], 2));
    let decoder = lines(|d, f| TransformerDecoderConfig::new(d, f, 2, 1).init(&device()));
    assert_eq!(decoder, transformer_layer(&["cross_attn", "self_attn"], 3));
}
