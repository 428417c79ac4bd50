//! Rotary positions.

use super::{Shapes, case};
use crate::Rotary;
use crate::operations;
use crate::tests::harness::{Arguments, Case};

/// Every coordinate turns, or all but two.
pub(in crate::tests) fn rotary([groups, time, heads, width]: [usize; 4], first: usize, partial: bool) -> Case {
    let turned = if partial { width.saturating_sub(2) } else { width };
    let positions = Rotary { factor: 1.25, ..Rotary::new(100.0, turned) };
    let x = move |x: &Arguments<'_>| x.get(0, [groups, time, heads, width]);
    let again = positions.clone();
    case(
        format!("rotary {groups} {time} {heads} {width} {first} {partial}"),
        groups,
        vec![groups * time * heads * width],
        move |a| a.flat(crate::rotary(x(a), &positions, first)),
        move |a| a.flat(operations::rotary::portable(x(a), &again, first)),
    )
}

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    match shapes {
        Shapes::Usual => {
            vec![
                rotary([1, 1, 1, 2], 0, false),
                rotary([3, 7, 2, 6], 5, true),
                rotary([1, 67, 3, 5], 0, false),
                rotary([2, 40, 2, 34], 100, false),
            ]
        }
        Shapes::Pieces => vec![rotary([2, 300, 2, 6], 3, false)],
        Shapes::Large => vec![rotary([1, 1031, 2, 33], 7, true)],
        Shapes::Small => vec![rotary([2, 9, 2, 4], 1, false)],
    }
}
