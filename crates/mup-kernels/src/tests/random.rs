//! Shapes that nobody thought of.

use burn::tensor::DType;
use proptest::prelude::*;

use super::cases::{
    Attention, Kind, Parts, attention, cross_entropy_with, embedding, experts, gated, layer_norm, linear, linear_gated,
    linear_gelu, projections, qk_norm, rms_norm, rotary,
};
use super::harness::{Case, assert_close, run};
use crate::{Gate, Heads, LossTerms};

fn is_that_of_burn(case: &Case) {
    assert_close(&case.name, &run(case, &case.fused, DType::F64), &run(case, &case.portable, DType::F64), 1e-9);
}

fn shape() -> impl Strategy<Value = [usize; 4]> {
    (1..4_usize, 1..70_usize, 1..40_usize, 1..40_usize)
        .prop_map(|(groups, rows, input, width)| [groups, rows, input, width])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn norms_and_losses_of_any_shape_are_those_of_burn(
        [groups, rows, _, width] in shape(), gain: bool, cap in proptest::option::of(0.5..9.0_f64), z_loss in 0.0..0.5_f64,
    ) {
        is_that_of_burn(&layer_norm([groups, rows, width]));
        is_that_of_burn(&rms_norm([groups, rows, width], gain));
        is_that_of_burn(&qk_norm([groups, rows, width], gain));
        is_that_of_burn(&cross_entropy_with([groups, rows, width], LossTerms { soft_cap: cap, z_loss }));
    }

    #[test]
    fn gates_of_any_shape_are_those_of_burn(shape in shape(), silu: bool, bias: bool) {
        let by = if silu { Gate::Silu } else { Gate::Gelu };
        is_that_of_burn(&linear_gated(shape, by, bias));
        is_that_of_burn(&gated([shape[0], shape[1], shape[3]], by));
    }

    #[test]
    fn mixtures_of_any_shape_are_those_of_burn(shape in shape(), experts_ in 1..9_usize, slots in 1..4_usize, bias: bool) {
        let [groups, tokens, width, hidden] = shape;
        is_that_of_burn(&experts([groups, tokens, experts_, slots.min(experts_), width, hidden], bias));
    }

    #[test]
    fn rotations_of_any_shape_are_those_of_burn([groups, time, heads, width] in shape(), first in 0..50_usize, partial: bool) {
        is_that_of_burn(&rotary([groups, time, heads % 5 + 1, width], first, partial));
    }

    #[test]
    fn linear_layers_of_any_shape_are_those_of_burn(shape in shape(), bias: bool, residual: bool) {
        is_that_of_burn(&linear(shape, Parts { bias, residual }));
        is_that_of_burn(&linear_gelu(shape, bias));
        is_that_of_burn(&projections(shape, bias));
    }

    #[test]
    fn embeddings_of_any_shape_are_those_of_burn(shape in shape()) {
        is_that_of_burn(&embedding(shape));
    }

    // A query that sees one key alone has gradients of 0, which only rounding tells from Burn's.
    #[test]
    fn attentions_of_any_shape_are_those_of_burn(
        groups in 1..3_usize, batch in 1..4_usize, time in 2..100_usize, keys in 1..4_usize, share in 1..4_usize,
        width in 1..20_usize, window in proptest::option::of(2..100_usize), kind in 0..3_usize,
    ) {
        let heads = Heads { queries: keys * share, keys, window };
        let kind = [Kind::None, Kind::Relative, Kind::Rotary][kind];
        is_that_of_burn(&attention(Attention { groups, batch, time, heads, width }, kind));
    }
}
