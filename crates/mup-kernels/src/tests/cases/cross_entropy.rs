//! Losses.

use super::{Shapes, case};
use crate::tests::harness::{Arguments, Case};
use crate::{LossTerms, operations};

pub(in crate::tests) fn cross_entropy(shape: [usize; 3]) -> Case {
    cross_entropy_with(shape, LossTerms::default())
}

pub(in crate::tests) fn cross_entropy_with([groups, rows, classes]: [usize; 3], terms: LossTerms) -> Case {
    let logits = move |a: &Arguments<'_>| a.get(0, [groups, rows, classes]);
    case(
        format!("cross_entropy {groups} {rows} {classes} {terms:?}"),
        groups,
        vec![groups * rows * classes],
        move |a| a.flat(crate::cross_entropy_with(logits(a), a.indices([groups, rows], classes), terms)),
        move |a| {
            let targets = a.indices([groups, rows], classes);
            a.flat(operations::cross_entropy::portable(logits(a), targets, terms))
        },
    )
}

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let shapes = match shapes {
        Shapes::Usual => vec![[1, 1, 1], [1, 7, 13], [3, 33, 65], [1, 100, 256], [2, 64, 31]],
        Shapes::Pieces => vec![[1, 700, 17]],
        Shapes::Large => vec![[1, 1031, 1031]],
        Shapes::Small => vec![[2, 35, 6]],
    };
    let of = |soft_cap, z_loss| LossTerms { soft_cap, z_loss };
    let terms = [of(None, 0.0), of(Some(2.0), 0.0), of(None, 0.1), of(Some(1.5), 0.3)];
    shapes.into_iter().flat_map(|shape| terms.map(|terms| cross_entropy_with(shape, terms))).collect()
}
