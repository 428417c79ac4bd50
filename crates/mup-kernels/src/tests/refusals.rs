//! Wrong arguments stop with a message that names the operation and the numbers.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::{Adam, Gate, Heads, LossTerms, Positions, Relative, Rotary, Routes, adam_step};

fn ones<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::ones(shape, &Device::flex())
}

fn indices(values: [i64; 3]) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::from(values), &Device::flex())
}

/// Panics unless the operation does, with a message that holds all of the words.
#[track_caller]
fn assert_refused<T>(words: &[&str], operation: impl FnOnce() -> T + std::panic::UnwindSafe) {
    let Err(panic) = std::panic::catch_unwind(operation) else { panic!("nothing was refused: {words:?}") };
    let message = panic.downcast_ref::<String>().expect("a message with numbers");
    assert!(words.iter().all(|word| message.contains(word)), "{message:?} does not have all of {words:?}");
}

#[test]
fn a_target_outside_the_classes_is_refused() {
    for (target, shown) in [(5, "index 5"), (-1, "index -1"), (i64::from(i32::MIN), "index -2147483648")] {
        let loss = move || crate::cross_entropy(ones([3, 5]), indices([0, target, 1]));
        assert_refused(&["cross_entropy", shown, "there are 5"], loss);
    }
}

#[test]
fn a_token_outside_the_table_is_refused() {
    for (token, shown) in [(7, "index 7"), (-1, "index -1")] {
        let rows = move || crate::embedding::<2, 1, 2>(ones([7, 2]), indices([0, token, 1]));
        assert_refused(&["embedding", shown, "there are 7"], rows);
    }
    // A token of the next group's table is not one of this group's.
    let tokens: Tensor<2, Int> = Tensor::from_data(TensorData::from([[0, 7], [0, 0]]), &Device::flex());
    assert_refused(&["embedding", "index 7"], || crate::embedding::<3, 2, 3>(ones([2, 7, 2]), tokens));
}

#[test]
fn targets_that_are_not_one_for_each_row_are_refused() {
    let loss = || crate::cross_entropy(ones([4, 5]), indices([0, 1, 2]));
    assert_refused(&["cross_entropy", "[4, 5]", "[3]"], loss);
}

#[test]
fn an_embedding_of_other_axes_or_groups_is_refused() {
    assert_refused(&["embedding", "3 axes", "2"], || crate::embedding::<2, 1, 3>(ones([7, 2]), indices([0, 1, 2])));
    let tokens: Tensor<2, Int> = indices([0, 1, 2]).unsqueeze();
    assert_refused(&["embedding", "2 groups", "[1, 3]"], || crate::embedding::<3, 2, 3>(ones([2, 7, 2]), tokens));
}

#[test]
fn a_layer_norm_of_another_width_is_refused() {
    let norm = |gamma, beta| move || crate::layer_norm(ones([2, 5]), ones([gamma]), ones([beta]), 1e-5);
    assert_refused(&["layer_norm", "γ", "[4]", "[1, 5]"], norm(4, 5));
    assert_refused(&["layer_norm", "γ", "[6]", "[1, 5]"], norm(6, 5));
    assert_refused(&["layer_norm", "β", "[10]", "[1, 5]"], norm(5, 10));
    let grouped = || crate::layer_norm(ones([2, 3, 5]), ones([3, 5]), ones([3, 5]), 1e-5);
    assert_refused(&["layer_norm", "3 groups", "[2, 3, 5]"], grouped);
}

#[test]
fn a_linear_layer_whose_shapes_do_not_fit_is_refused() {
    let linear = |weight, bias: usize| move || crate::linear(ones([2, 5]), ones(weight), Some(ones([bias])));
    assert_refused(&["linear", "weight", "[4, 3]", "[1, 5, 3]"], linear([4, 3], 3));
    assert_refused(&["linear", "weight", "[6, 3]", "[1, 5, 3]"], linear([6, 3], 3));
    assert_refused(&["linear", "bias", "[6]", "[1, 3]"], linear([5, 3], 6));
    let gelu = || crate::linear_gelu(ones([2, 5]), ones([5, 3]), Some(ones([2])));
    assert_refused(&["linear_gelu", "bias", "[2]", "[1, 3]"], gelu);
    let grouped = || crate::linear(ones([2, 4, 5]), ones([3, 5, 3]), None::<Tensor<2>>);
    assert_refused(&["linear", "3 groups", "[2, 4, 5]"], grouped);
    for residual in [[3, 3], [2, 4], [1, 3]] {
        let add = || crate::linear_residual(ones([2, 5]), ones([5, 3]), None::<Tensor<1>>, ones(residual));
        assert_refused(&["linear_residual", &format!("{residual:?}"), "[2, 5]", "3 columns"], add);
    }
}

#[test]
fn projections_of_different_inputs_or_of_keys_that_are_not_values_are_refused() {
    let project = |query: [usize; 2], key: [usize; 2], value: [usize; 2]| {
        move || crate::projections(ones([2, 5]), [query, key, value].map(|shape| (ones(shape), None::<Tensor<1>>)))
    };
    assert_refused(&["projections", "[5, 3]", "[5, 4]"], project([5, 3], [5, 4], [5, 3]));
    assert_refused(&["projections", "[4, 3]", "[5, 3]"], project([4, 3], [5, 3], [5, 3]));
}

#[test]
fn an_attention_whose_shapes_do_not_fit_is_refused() {
    let attend = |columns, scale, keys, content, position, heads| {
        let relative = Relative { keys: ones(keys), content_bias: ones([content]), position_bias: ones([position]) };
        move || crate::causal_attention(ones([2, 4, columns]), ones([scale]), Some(relative), heads)
    };
    assert_refused(&["causal_attention", "13 columns", "2 heads"], attend(13, 2, [5, 4], 4, 4, 2));
    assert_refused(&["causal_attention", "12 columns", "3 heads"], attend(12, 2, [5, 4], 4, 4, 3));
    assert_refused(&["causal_attention", "12 columns", "0 heads"], attend(12, 2, [5, 4], 4, 4, 0));
    assert_refused(&["causal_attention", "scale", "[4]", "[1, 2]"], attend(12, 4, [5, 4], 4, 4, 2));
    assert_refused(&["causal_attention", "relative keys", "[4, 4]", "[1, 5, 4]"], attend(12, 2, [4, 4], 4, 4, 2));
    assert_refused(&["causal_attention", "relative keys", "[6, 4]", "[1, 5, 4]"], attend(12, 2, [6, 4], 4, 4, 2));
    assert_refused(&["causal_attention", "content bias", "[2]", "[1, 4]"], attend(12, 2, [5, 4], 2, 4, 2));
    assert_refused(&["causal_attention", "position bias", "[8]", "[1, 4]"], attend(12, 2, [5, 4], 4, 8, 2));
}

#[test]
fn heads_that_cannot_be_shared_and_windows_of_nothing_are_refused() {
    let attend = |queries, keys, window, columns| {
        let heads = Heads { queries, keys, window };
        move || crate::causal_attention(ones([2, 4, columns]), ones([2]), Positions::<2, 1>::None, heads)
    };
    assert_refused(&["causal_attention", "3 heads of queries", "2 heads of keys"], attend(3, 2, None, 14));
    assert_refused(&["causal_attention", "4 heads of queries", "0 heads of keys"], attend(4, 0, None, 8));
    assert_refused(&["causal_attention", "15 columns", "4 and 2 heads"], attend(4, 2, None, 15));
    assert_refused(&["causal_attention", "a window of 0 keys"], attend(4, 2, Some(0), 16));
    let norm =
        || crate::qk_norm(ones([2, 4, 15]), None::<[Tensor<1>; 2]>, Heads { queries: 4, keys: 2, window: None }, 0.1);
    assert_refused(&["qk_norm", "15 columns", "4 and 2 heads"], norm);
    let gains = || Some([ones([3]), ones([2])]);
    assert_refused(&["qk_norm", "γ of queries", "[3]", "[1, 2]"], move || {
        crate::qk_norm(ones([2, 4, 12]), gains(), 2, 0.1)
    });
}

#[test]
fn more_frequencies_than_pairs_of_coordinates_are_refused() {
    let turn = || crate::rotary(ones([4, 2, 5]), &Rotary::new(100.0, 6), 0);
    assert_refused(&["rotary", "3 frequencies", "5 coordinates"], turn);
    let flat = || crate::rotary(ones([4, 5]), &Rotary::new(100.0, 4), 0);
    assert_refused(&["rotary", "[4, 5]", "time, heads and width"], flat);
    let positions = Positions::<2, 1>::Rotary(Rotary::new(100.0, 6));
    let attend = move || crate::causal_attention(ones([2, 4, 12]), ones([2]), positions, 2);
    assert_refused(&["causal_attention", "3 frequencies", "2 coordinates"], attend);
}

#[test]
fn gates_and_gains_that_do_not_fit_are_refused() {
    assert_refused(&["gated", "[2, 3]", "[3, 2]"], || crate::gated(ones([2, 3]), ones([3, 2]), Gate::Silu));
    let layer = |width| (ones([5, width]), None::<Tensor<1>>);
    let linear = move || crate::linear_gated(ones([2, 5]), layer(3), layer(4), Gate::Gelu);
    assert_refused(&["linear_gated", "[5, 3]", "[5, 4]"], linear);
    let other = move || crate::linear_gated(ones([2, 4]), layer(3), layer(3), Gate::Gelu);
    assert_refused(&["linear_gated", "weight", "[5, 3]", "[1, 4, 3]"], other);
    let norm = || crate::rms_norm(ones([2, 5]), Some(ones([4])), 0.1);
    assert_refused(&["rms_norm", "γ", "[4]", "[1, 5]"], norm);
}

#[test]
fn a_cap_that_is_not_positive_is_refused() {
    for cap in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let terms = LossTerms { soft_cap: Some(cap), z_loss: 0.0 };
        let loss = move || crate::cross_entropy_with(ones([3, 5]), indices([0, 1, 2]), terms);
        assert_refused(&["cross_entropy", "soft-cap", "positive"], loss);
    }
    let terms = LossTerms { soft_cap: None, z_loss: f64::NAN };
    let loss = move || crate::cross_entropy_with(ones([3, 5]), indices([0, 1, 2]), terms);
    assert_refused(&["cross_entropy", "z-loss", "finite"], loss);
}

#[test]
fn routes_whose_shapes_do_not_fit_are_refused() {
    let choices = || Tensor::<2, Int>::from_data(TensorData::from([[0_i64, 2], [1, 0]]), &Device::flex());
    let routes = || Routes::new(choices(), 1, 3);
    assert_refused(&["routes", "index 2", "there are 2"], || Routes::new(choices(), 1, 2));
    assert_refused(&["routes", "0 experts"], || Routes::new(choices(), 1, 0));
    assert_refused(&["routes", "3 groups", "[2, 2]"], || Routes::new(choices(), 3, 3));
    let of_one_token = || Tensor::<1, Int>::from_data(TensorData::from([0_i64, 1, 2]), &Device::flex());
    assert_refused(&["routes", "3 groups"], || Routes::new(of_one_token(), 3, 3));
    assert_refused(&["routes", "the tokens", "[3, 4]", "2 tokens"], move || routes().gather(ones([3, 4])));
    let linear = |weight: [usize; 3]| move || routes().linear(ones([4, 5]), ones(weight), None::<Tensor<2>>);
    assert_refused(&["routes", "weight", "[2, 5, 6]", "[1, 3, 5, 6]"], linear([2, 5, 6]));
    assert_refused(&["routes", "weight", "[3, 4, 6]", "[1, 3, 5, 6]"], linear([3, 4, 6]));
    let bias = move || routes().linear(ones([4, 5]), ones([3, 5, 6]), Some(ones([3, 5])));
    assert_refused(&["routes", "bias", "[3, 5]", "[1, 3, 6]"], bias);
    assert_refused(&["routes", "the weights", "[3, 2]", "2 tokens"], move || {
        routes().combine(ones([4, 5]), ones([3, 2]))
    });
    assert_refused(&["routes", "[2, 3]", "2 slots"], move || routes().combine(ones([4, 5]), ones([2, 3])));
    assert_refused(&["routes", "rows", "[3, 5]", "[4,"], move || routes().combine(ones([3, 5]), ones([2, 2])));
    assert_refused(&["routes", "rows", "[3, 5]", "[4,"], move || {
        routes().linear(ones([3, 5]), ones([3, 5, 6]), None::<Tensor<2>>)
    });
}

#[test]
fn an_optimizer_step_on_tensors_of_different_shapes_is_refused() {
    let step = Adam { rate: 0.1, beta_1: 0.9, beta_2: 0.99, epsilon: 1e-8, decay: 0.0, l2: 0.0, time: 1 };
    let update = |first, second, gradient, steps| {
        let (moments, steps) = ([ones([first, 2]), ones([second, 2])], vec![step; steps]);
        move || adam_step(&steps, ones([3, 2]), moments, ones([gradient, 2]))
    };
    for (first, second, gradient) in [(4, 3, 3), (3, 4, 3), (3, 3, 4)] {
        assert_refused(&["adam_step", "[3, 2]", "[4, 2]"], update(first, second, gradient, 1));
    }
    assert_refused(&["adam_step", "[3, 2]", "2 steps"], update(3, 3, 3, 2));
    assert_refused(&["adam_step", "[3, 2]", "0 steps"], update(3, 3, 3, 0));
}

#[test]
fn element_types_that_differ_are_refused() {
    let double: Tensor<2> = Tensor::ones([5, 3], (&Device::flex(), DType::F64));
    let product = || crate::linear(ones([2, 5]), double, None::<Tensor<1>>);
    assert!(std::panic::catch_unwind(product).is_err());
}
