//! Listed numbers in ascending order: a study may list them in any, and which is next to which is a matter of size.

use mup_study::{Dimension, Space};

/// The same space, with the numbers of every list sorted.
pub(super) fn in_order(space: &Space) -> Space {
    let mut space = space.clone();
    for dimension in space.0.values_mut() {
        if let Dimension::Grid(values) = dimension {
            values.sort_by(f64::total_cmp);
        }
    }
    space
}
