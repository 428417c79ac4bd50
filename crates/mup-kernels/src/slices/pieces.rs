//! Updates of an optimizer, piece by piece.

use rayon::prelude::*;

use super::real::Real;

/// Elements that one task updates.
const PIECE: usize = 1 << 14;

/// Calls `update` with the same piece of every array and of the gradient, on all threads.
///
/// Most tensors are biases and gains: waking another thread takes longer than updating one of them, so what fits one piece
/// is updated here.
///
/// # Panics
///
/// Panics if an array is shorter than the gradient.
pub(super) fn in_pieces<R: Real, const N: usize>(
    arrays: [&mut [R]; N],
    gradient: &[R],
    update: impl Fn([&mut [R]; N], &[R]) + Sync,
) {
    if gradient.len() <= PIECE {
        return update(arrays, gradient);
    }
    let mut pieces = arrays.map(|array| array.chunks_mut(PIECE));
    let mut next = || pieces.each_mut().map(|pieces| pieces.next().expect("arrays as long as the gradient"));
    let tasks: Vec<_> = gradient.chunks(PIECE).map(|gradient| (next(), gradient)).collect();
    tasks.into_par_iter().for_each(|(arrays, gradient)| update(arrays, gradient));
}
