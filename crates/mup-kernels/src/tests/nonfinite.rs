//! NaN and infinity appear where IEEE arithmetic takes them, and nowhere else.

use burn::tensor::DType;

use super::cases::{
    Attention, Kind, Parts, Shapes, all, attention, cross_entropy, layer_norm, linear, linear_gated, linear_gelu,
    rms_norm,
};
use super::harness::{Case, bits, inputs, run, run_on};
use super::layout::Layout;
use crate::Gate;

const POISONS: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
const DTYPES: [DType; 2] = [DType::F32, DType::F64];

fn poisoned(case: &Case, input: usize, at: &[usize], poison: f64, dtype: DType) -> [Vec<Vec<f64>>; 2] {
    let mut inputs = inputs(case);
    at.iter().for_each(|at| inputs[input][*at] = poison);
    [&case.fused, &case.portable].map(|function| run_on(&inputs, function, dtype, Layout::Plain))
}

/// What is compared of a number that need not be finite.
fn class(value: f64) -> &'static str {
    match value {
        value if value.is_nan() => "NaN",
        value if value == f64::INFINITY => "∞",
        value if value == f64::NEG_INFINITY => "−∞",
        _ => "finite",
    }
}

/// Where a list of outputs and gradients is not finite, in words.
fn classes(lists: &[Vec<f64>]) -> Vec<String> {
    let of = |(list, values): (usize, &Vec<f64>)| {
        let strange = values.iter().enumerate().filter(|(_, value)| !value.is_finite());
        strange.map(|(i, value)| format!("{list}: {i} {}", class(*value))).collect::<Vec<_>>()
    };
    lists.iter().enumerate().flat_map(of).collect()
}

/// Attention has tests of its own: what it does not see is 0 times a value here, and there.
fn row_wise() -> Vec<Case> {
    all(Shapes::Small).into_iter().filter(|case| !case.name.starts_with("attention")).collect()
}

/// First, last and one in between.
fn places(count: usize) -> [usize; 3] {
    [0, count / 2, count - 1]
}

/// Gradients are compared in being finite only: whether a sum of several infinite terms is ∞ or NaN is a matter of how its
/// formula is written.
#[test]
fn nan_and_infinity_appear_where_they_do_in_burns_own_operations() {
    for case in row_wise() {
        let clean = run(&case, &case.portable, DType::F64);
        let unused = |input: usize| clean[1 + input].iter().all(|gradient| *gradient == 0.0);
        for (input, count) in case.sizes.iter().enumerate() {
            for (at, poison) in places(*count).into_iter().flat_map(|at| POISONS.map(|poison| (at, poison))) {
                for dtype in DTYPES {
                    let [fused, portable] = poisoned(&case, input, &[at], poison, dtype);
                    let context = format!("{} {dtype:?}: {poison} at {at} of input {input}", case.name);
                    assert_eq!(classes(&fused[..1]), classes(&portable[..1]), "{context}");
                    let finite = |lists: &[Vec<f64>]| lists.concat().iter().map(|x| x.is_finite()).collect::<Vec<_>>();
                    assert!(finite(&fused) == finite(&portable), "{context}");
                    if unused(input) {
                        continue;
                    }
                    let nan = fused.concat().iter().any(|value| value.is_nan());
                    assert!(nan || !poison.is_nan() || case.name.starts_with("embedding"), "{context}: lost");
                }
            }
        }
    }
}

#[test]
fn nan_in_one_group_changes_no_bit_of_another() {
    for case in all(Shapes::Small).into_iter().filter(|case| case.groups == 2) {
        let clean = bits(&run(&case, &case.fused, DType::F32));
        for (input, count) in case.sizes.iter().enumerate() {
            for (group, at) in [(0, count / 2 - 1), (1, count / 2), (1, count - 1)] {
                let [fused, _] = poisoned(&case, input, &[at], f64::NAN, DType::F32);
                let others = |list: &Vec<u64>| {
                    let half = list.len() / 2;
                    list[(1 - group) * half..][..half].to_vec()
                };
                let (fused, clean): (Vec<_>, Vec<_>) =
                    bits(&fused).iter().zip(&clean).map(|(fused, clean)| (others(fused), others(clean))).unzip();
                assert!(fused == clean, "{}: NaN at {at} of input {input}", case.name);
            }
        }
    }
}

#[test]
fn nan_in_a_row_stays_in_that_row() {
    let (rows, width) = (70, 5);
    let residual = linear([1, rows, 3, width], Parts { bias: true, residual: true });
    for (case, columns) in [
        (layer_norm([1, rows, width]), width),
        (rms_norm([1, rows, width], true), width),
        (residual, 3),
        (linear_gelu([1, rows, 3, width], true), 3),
        (linear_gated([1, rows, 3, width], Gate::Silu, true), 3),
    ] {
        let clean = run(&case, &case.fused, DType::F32);
        for row in [0, 31, 32, 69] {
            let [found, _] = poisoned(&case, 0, &[row * columns], f64::NAN, DType::F32);
            for (list, width) in [(0, width), (1, columns)] {
                for (i, (found, clean)) in found[list].iter().zip(&clean[list]).enumerate() {
                    assert!(i / width == row || found.to_bits() == clean.to_bits(), "{} row {row}, {list}", case.name);
                }
            }
            assert!(found[0][row * width..][..width].iter().all(|y| y.is_nan()), "{} row {row}", case.name);
        }
    }
}

#[test]
fn a_row_of_logits_that_has_no_softmax_makes_the_loss_nan_and_no_other_gradient() {
    let (rows, classes) = (35, 6);
    let case = cross_entropy([1, rows, classes]);
    for dtype in DTYPES {
        let clean = run(&case, &case.fused, dtype);
        for (poison, count) in [(f64::NEG_INFINITY, classes), (f64::INFINITY, 1), (f64::NAN, 1)] {
            let row: Vec<usize> = (0..count).map(|class| 33 * classes + class).collect();
            let [found, _] = poisoned(&case, 0, &row, poison, dtype);
            assert!(found[0][0].is_nan(), "{dtype:?} {poison}");
            for (i, (found, clean)) in found[1].iter().zip(&clean[1]).enumerate() {
                assert!(if i / classes == 33 { found.is_nan() } else { found.to_bits() == clean.to_bits() });
            }
        }
    }
}

#[test]
fn large_logits_do_not_overflow() {
    let case = cross_entropy([1, 3, 6]);
    for dtype in DTYPES {
        let inputs = vec![inputs(&case)[0].iter().map(|logit| logit * 1e30).collect()];
        let found = run_on(&inputs, &case.fused, dtype, Layout::Plain);
        assert!(found.concat().iter().all(|value| value.is_finite()), "{dtype:?}");
    }
    let case = attention(Attention::plain([1, 1, 5, 1, 4]), Kind::Relative);
    for dtype in DTYPES {
        let inputs: Vec<Vec<f64>> = inputs(&case).iter().map(|list| list.iter().map(|x| x * 1e5).collect()).collect();
        let found = run_on(&inputs, &case.fused, dtype, Layout::Plain);
        assert!(found.concat().iter().all(|value| value.is_finite()), "{dtype:?}");
    }
}

#[test]
fn an_impossible_target_has_infinite_loss_and_a_finite_gradient() {
    let case = cross_entropy([1, 3, 6]);
    for dtype in DTYPES {
        // Row 2 has target 2² mod 6 = 4.
        let [found, _] = poisoned(&case, 0, &[2 * 6 + 4], f64::NEG_INFINITY, dtype);
        assert_eq!(class(found[0][0]), "∞");
        assert!(found[1].iter().all(|gradient| gradient.is_finite()));
    }
}

/// One group, two sequences of two blocks and a bit, two heads.
const TIME: usize = 70;
const HEADS: usize = 2;
const WIDTH: usize = 3;
const KINDS: [Kind; 2] = [Kind::None, Kind::Relative];

fn sizes() -> Attention {
    Attention::plain([1, 2, TIME, HEADS, WIDTH])
}

/// Where coordinate 1 of query (0), key (1) or value (2) number `time` of head 1 is, in sequence 0.
fn place(part: usize, time: usize) -> usize {
    (time * 3 + part) * HEADS * WIDTH + WIDTH + 1
}

/// Whether an element of the output belongs to sequence 0, head 1, and the time that it belongs to.
fn time_of(i: usize) -> Option<usize> {
    let columns = HEADS * WIDTH;
    (i < TIME * columns && i % columns >= WIDTH).then_some(i / columns)
}

#[test]
fn a_query_that_is_nan_spoils_its_own_output_and_a_key_those_of_later_queries() {
    for (kind, dtype) in KINDS.into_iter().flat_map(|kind| DTYPES.map(|dtype| (kind, dtype))) {
        let case = attention(sizes(), kind);
        let clean = &run(&case, &case.fused, dtype)[0];
        for (part, at, poison) in [0, 1].into_iter().flat_map(|part| {
            [0, 5, 31, 32, 69].into_iter().flat_map(move |at| POISONS.map(|poison| (part, at, poison)))
        }) {
            let [found, portable] = poisoned(&case, 0, &[place(part, at)], poison, dtype);
            for (i, (found, clean)) in found[0].iter().zip(clean).enumerate() {
                let reached = time_of(i).is_some_and(|time| if part == 0 { time == at } else { time >= at });
                let context = format!("{} {dtype:?}: {poison} in part {part} at {at}, output {i}", case.name);
                assert!(reached || found.to_bits() == clean.to_bits(), "{context}: spoiled");
                assert!(!(reached && poison.is_nan()) || found.is_nan(), "{context}: hidden");
            }
            assert_eq!(classes(&found[..1]), classes(&portable[..1]), "{} {dtype:?} {poison} {part} {at}", case.name);
        }
    }
}

/// A weight of 0 times NaN is NaN, so a value reaches earlier queries too: in Burn's own operations all of them, here
/// only those of its block of 32, since the products with later blocks are never computed.
#[test]
fn a_value_that_is_nan_reaches_later_queries_and_at_most_its_own_block() {
    let case = attention(sizes(), Kind::Relative);
    let clean = &run(&case, &case.fused, DType::F32)[0];
    for at in [0, 5, 31, 32, 69] {
        let [found, portable] = poisoned(&case, 0, &[place(2, at)], f64::NAN, DType::F32);
        for (i, ((found, portable), clean)) in found[0].iter().zip(&portable[0]).zip(clean).enumerate() {
            let time = time_of(i).filter(|_| i % WIDTH == 1);
            assert!(time.is_none_or(|time| time < at) || found.is_nan(), "value {at}, output {i}: hidden");
            let same = found.to_bits() == clean.to_bits();
            assert!(time.is_some_and(|time| time >= at / 32 * 32) || same, "value {at}, output {i}: spoiled");
            assert!(portable.is_nan() || same, "value {at}, output {i}: Burn's is finite");
        }
    }
}

/// Gradients meet hidden weights of 0 in products too; what is said of values holds for them.
#[test]
fn gradients_are_nan_only_where_burns_are() {
    for kind in KINDS {
        let case = attention(sizes(), kind);
        for at in (0..3).flat_map(|part| [0, 40, 69].map(|time| place(part, time))) {
            let [found, portable] = poisoned(&case, 0, &[at], f64::NAN, DType::F64);
            for (list, (found, portable)) in found.iter().zip(&portable).enumerate() {
                let leaks = found.iter().zip(portable).any(|(found, portable)| found.is_nan() && !portable.is_nan());
                assert!(!leaks, "{}: NaN at {at}, list {list}", case.name);
            }
            let sequence = found[1].len() / 2;
            assert!(found[1][sequence..].iter().all(|value| value.is_finite()), "{at}: the other sequence");
            assert!(found[1][..sequence].iter().any(|value| value.is_nan()), "{at}: this sequence");
        }
    }
}
