//! Rows of a table.

use super::{Shapes, case};
use crate::operations;
use crate::tests::harness::{Arguments, Case};

pub(in crate::tests) fn embedding([groups, rows, entries, width]: [usize; 4]) -> Case {
    let table = move |a: &Arguments<'_>| a.get(0, [groups, entries, width]);
    case(
        format!("embedding {groups} {rows} {entries} {width}"),
        groups,
        vec![groups * entries * width],
        move |a| a.flat(crate::embedding::<3, 2, 3>(table(a), a.indices([groups, rows], entries))),
        move |a| a.flat(operations::embedding::portable::<3, 2, 3>(table(a), a.indices([groups, rows], entries))),
    )
}

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let shapes = match shapes {
        Shapes::Usual => vec![[1, 1, 1, 1], [1, 33, 17, 65], [3, 7, 13, 11], [2, 97, 64, 48]],
        Shapes::Pieces => vec![[5, 300, 7, 9]],
        Shapes::Large => vec![[1, 2053, 1031, 257]],
        Shapes::Small => vec![[2, 9, 5, 3]],
    };
    shapes.into_iter().map(embedding).collect()
}
