//! Normalizations.

use super::{Shapes, case};
use crate::operations;
use crate::tests::harness::{Arguments, Case};

/// Of RMSNorm: large, because the gradient of a row of one number is a difference that vanishes with ε.
const EPSILON: f64 = 0.1;

pub(in crate::tests) fn layer_norm([groups, rows, width]: [usize; 3]) -> Case {
    let x = move |x: &Arguments<'_>| x.get(0, [groups, rows, width]);
    let parameter = move |x: &Arguments<'_>, i: usize| x.get(i, [groups, width]);
    case(
        format!("layer_norm {groups} {rows} {width}"),
        groups,
        vec![groups * rows * width, groups * width, groups * width],
        move |a| a.flat(crate::layer_norm(x(a), parameter(a, 1), parameter(a, 2), 1e-5)),
        move |a| a.flat(operations::layer_norm::portable(x(a), parameter(a, 1), parameter(a, 2), 1e-5)),
    )
}

pub(in crate::tests) fn rms_norm([groups, rows, width]: [usize; 3], with_gain: bool) -> Case {
    let x = move |x: &Arguments<'_>| x.get(0, [groups, rows, width]);
    let gamma = move |x: &Arguments<'_>| with_gain.then(|| x.get(1, [groups, width]));
    case(
        format!("rms_norm {groups} {rows} {width} {with_gain}"),
        groups,
        vec![groups * rows * width, groups * width],
        move |a| a.flat(crate::rms_norm(x(a), gamma(a), EPSILON)),
        move |a| a.flat(operations::rms_norm::portable(x(a), gamma(a), EPSILON)),
    )
}

/// Of four heads of queries and two of keys.
pub(in crate::tests) fn qk_norm([groups, rows, width]: [usize; 3], with_gains: bool) -> Case {
    let heads = crate::Heads { queries: 4, keys: 2, window: None };
    let columns = heads.columns(width);
    let x = move |x: &Arguments<'_>| x.get(0, [groups, rows, columns]);
    let gains = move |a: &Arguments<'_>| with_gains.then(|| [1, 2].map(|i| a.get(i, [groups, width])));
    case(
        format!("qk_norm {groups} {rows} {width} {with_gains}"),
        groups,
        vec![groups * rows * columns, groups * width, groups * width],
        move |a| a.flat(crate::qk_norm(x(a), gains(a), heads, EPSILON)),
        move |a| a.flat(operations::qk_norm::portable(x(a), gains(a), heads, EPSILON)),
    )
}

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let shapes = match shapes {
        Shapes::Usual => vec![[1, 1, 1], [1, 7, 13], [3, 33, 65], [1, 100, 256], [2, 64, 31]],
        Shapes::Pieces => vec![[1, 700, 33]],
        Shapes::Large => vec![[1, 1031, 512]],
        Shapes::Small => vec![[2, 35, 5]],
    };
    let of = |shape: [usize; 3]| {
        let [groups, rows, width] = shape;
        let heads = [groups, rows, width.div_ceil(8)];
        let gains = [true, false].into_iter().flat_map(move |gain| [rms_norm(shape, gain), qk_norm(heads, gain)]);
        gains.chain([layer_norm(shape)])
    };
    shapes.into_iter().flat_map(of).collect()
}
