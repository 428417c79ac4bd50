//! Shapes that nobody thought of.

use burn::tensor::DType;
use proptest::prelude::*;

use super::cases::{Parts, attention, cross_entropy, embedding, layer_norm, linear, linear_gelu, projections};
use super::harness::{Case, assert_close, run};

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
    fn layer_norms_and_losses_of_any_shape_are_those_of_burn([groups, rows, _, width] in shape()) {
        is_that_of_burn(&layer_norm([groups, rows, width]));
        is_that_of_burn(&cross_entropy([groups, rows, width]));
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

    #[test]
    fn attentions_of_any_shape_are_those_of_burn(
        groups in 1..3_usize, batch in 1..4_usize, time in 1..100_usize, heads in 1..4_usize, width in 1..20_usize,
        relative: bool,
    ) {
        is_that_of_burn(&attention([groups, batch, time, heads, width], relative));
    }
}
