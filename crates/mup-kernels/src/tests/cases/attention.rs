//! Attention.

use burn::tensor::{Device, Tensor};

use super::{Shapes, case};
use crate::tests::harness::{Arguments, Case};
use crate::{Heads, Positions, Relative, Rotary, causal_attention, operations};

/// The positions of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tests) enum Kind {
    None,
    Relative,
    Rotary,
}

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub(in crate::tests) struct Attention {
    pub(in crate::tests) groups: usize,
    pub(in crate::tests) batch: usize,
    pub(in crate::tests) time: usize,
    pub(in crate::tests) heads: Heads,
    pub(in crate::tests) width: usize,
}

impl Attention {
    /// As many heads of keys as of queries, and no window.
    pub(in crate::tests) fn plain([groups, batch, time, heads, width]: [usize; 5]) -> Self {
        Self { groups, batch, time, heads: heads.into(), width }
    }

    fn grouped(sizes: [usize; 5], keys: usize, window: Option<usize>) -> Self {
        let plain = Self::plain(sizes);
        Self { heads: Heads { keys, window, ..plain.heads }, ..plain }
    }
}

pub(in crate::tests) fn attention(sizes: Attention, kind: Kind) -> Case {
    let Attention { groups, batch, time, heads, width } = sizes;
    let (all, columns) = (heads.columns(width), heads.queries * width);
    let run = move |a: &Arguments<'_>, fused: bool| {
        let (qkv, scale): (Tensor<4>, Tensor<2>) = (a.get(0, [groups, batch, time, all]), a.get(1, [groups, width]));
        let positions: Positions<3, 2> = match kind {
            Kind::None => Positions::None,
            Kind::Relative => Positions::Relative(Relative {
                keys: a.get(2, [groups, time + 1, heads.keys * width]),
                content_bias: a.get(3, [groups, columns]),
                position_bias: a.get(4, [groups, columns]),
            }),
            Kind::Rotary => Positions::Rotary(Rotary::new(100.0, width)),
        };
        a.flat(match fused {
            true => causal_attention(qkv, scale, positions, heads),
            false => operations::attention::portable(qkv, scale, positions, heads),
        })
    };
    let sizes_of = [batch * time * all, width, (time + 1) * heads.keys * width, columns, columns];
    case(
        format!("attention {kind:?} {sizes:?}"),
        groups,
        sizes_of.map(|size| groups * size).into(),
        move |a| run(a, true),
        move |a| run(a, false),
    )
}

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let every = [Kind::None, Kind::Relative, Kind::Rotary];
    let shapes = match shapes {
        Shapes::Usual => vec![
            Attention::plain([1, 1, 1, 1, 1]),
            Attention::plain([1, 2, 33, 3, 5]),
            Attention::plain([2, 3, 13, 2, 8]),
            Attention::plain([1, 2, 67, 1, 16]),
            Attention::plain([1, 1, 128, 2, 32]),
            Attention::grouped([2, 2, 40, 4, 6], 2, None),
            Attention::grouped([1, 2, 70, 3, 5], 1, Some(33)),
            Attention::grouped([1, 1, 66, 2, 4], 2, Some(2)),
        ],
        Shapes::Pieces => vec![Attention::grouped([2, 5, 40, 4, 5], 2, Some(20))],
        Shapes::Large => vec![
            Attention::plain([1, 2, 257, 2, 64]),
            Attention::plain([2, 1, 257, 3, 17]),
            // More than two tiles of keys.
            Attention::plain([1, 1, 1061, 1, 9]),
            Attention::grouped([1, 1, 1061, 2, 8], 1, Some(600)),
        ],
        Shapes::Small => vec![Attention::plain([2, 2, 35, 2, 3]), Attention::grouped([2, 2, 13, 4, 2], 2, Some(5))],
    };
    shapes.into_iter().flat_map(|shape| every.map(|kind| attention(shape, kind))).collect()
}

#[test]
fn one_head_of_keys_for_several_of_queries_is_that_head_repeated() {
    let device = Device::flex();
    let values = |count: usize| {
        crate::tests::harness::leaf(&crate::tests::harness::values(count, 7), &device, burn::tensor::DType::F64)
    };
    let (time, width) = (37, 4);
    let grouped = Heads { queries: 4, keys: 2, window: None };
    let qkv: Tensor<4> = values(time * grouped.columns(width)).reshape([1, time, 8, width]);
    let head = |i: usize| qkv.clone().narrow(2, i, 1);
    let heads = [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7].map(head);
    let repeated: Tensor<3> = Tensor::cat(heads.into(), 2).reshape([1, time, 12 * width]);
    let scale = || Tensor::<1>::ones([width], (&device, burn::tensor::DType::F64));
    let one = causal_attention(qkv.reshape([1, time, 8 * width]), scale(), Positions::<2, 1>::None, grouped);
    let other = causal_attention(repeated, scale(), Positions::<2, 1>::None, 4);
    one.into_data().assert_eq(&other.into_data(), true);
}
