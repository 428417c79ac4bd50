//! Rows sorted by expert: each expert's linear layer on its own rows, whatever their number.

use rayon::prelude::*;

use super::ROWS;
use super::matrix::{Matrix, Write, multiply, rows_at_once, transpose};
use super::real::Real;
use super::simd::{add, sum, vectorized};
use crate::pool::room;

/// Which row each slot of each token has, sorted by expert and, for one expert, by token.
#[derive(Debug)]
pub(crate) struct Sorted {
    /// Experts that a token has.
    slots: usize,
    /// First row of each expert, and the number of rows.
    offsets: Vec<usize>,
    row_of: Vec<usize>,
    slot_of: Vec<usize>,
}

impl Sorted {
    /// From the expert of each slot, `[tokens, slots]`.
    pub(crate) fn new(choices: &[usize], slots: usize, experts: usize) -> Self {
        let mut offsets = vec![0; experts + 1];
        choices.iter().for_each(|expert| offsets[expert + 1] += 1);
        for expert in 0..experts {
            offsets[expert + 1] += offsets[expert];
        }
        let mut next = offsets.clone();
        let (mut row_of, mut slot_of) = (vec![0; choices.len()], vec![0; choices.len()]);
        for (slot, expert) in choices.iter().enumerate() {
            let row = next[*expert];
            (row_of[slot], slot_of[row]) = (row, slot);
            next[*expert] += 1;
        }
        Self { slots, offsets, row_of, slot_of }
    }

    pub(crate) fn rows(&self) -> usize {
        self.slot_of.len()
    }

    fn experts(&self) -> usize {
        self.offsets.len() - 1
    }

    fn range(&self, expert: usize) -> core::ops::Range<usize> {
        self.offsets[expert]..self.offsets[expert + 1]
    }

    /// Pieces of rows of one expert each, with the parts of an array of rows that they are; a weight has `weight` numbers.
    fn pieces<'a, R>(&self, mut rows: &'a mut [R], width: usize, weight: usize) -> Vec<(usize, usize, &'a mut [R])> {
        let mut pieces = Vec::new();
        for expert in 0..self.experts() {
            let range = self.range(expert);
            let at_once = rows_at_once(range.len(), weight);
            for first in range.step_by(at_once) {
                let count = at_once.min(self.offsets[expert + 1] - first);
                let (piece, rest) = rows.split_at_mut(count * width);
                pieces.push((expert, first, piece));
                rows = rest;
            }
        }
        pieces
    }
}

/// The token of each row; `x` is `[tokens, width]`.
pub(crate) fn gather<R: Real>(sorted: &Sorted, width: usize, x: &[R], rows: &mut [R]) {
    if rows.is_empty() {
        return;
    }
    rows.par_chunks_mut(ROWS * width).zip(sorted.slot_of.par_chunks(ROWS)).for_each(|(rows, slots)| {
        for (row, slot) in rows.chunks_exact_mut(width).zip(slots) {
            let token = slot / sorted.slots;
            row.copy_from_slice(&x[token * width..(token + 1) * width]);
        }
    });
}

/// The sum of the rows of each token, in the order of its slots, each times its weight if there are weights.
pub(crate) fn combine<R: Real>(sorted: &Sorted, width: usize, rows: &[R], weights: Option<&[R]>, y: &mut [R]) {
    if y.is_empty() {
        return;
    }
    y.par_chunks_mut(ROWS * width).enumerate().for_each(|(piece, y)| {
        vectorized(
            #[inline(always)]
            || {
                for (i, y) in y.chunks_exact_mut(width).enumerate() {
                    let first = (piece * ROWS + i) * sorted.slots;
                    y.fill(R::ZERO);
                    for slot in first..first + sorted.slots {
                        let row = &rows[sorted.row_of[slot] * width..][..width];
                        match weights {
                            Some(weights) => y.iter_mut().zip(row).for_each(|(y, x)| *y += *x * weights[slot]),
                            None => add(y, row),
                        }
                    }
                }
            },
        );
    });
}

/// From the gradient of what was combined to those of rows and weights.
pub(crate) fn combine_backward<R: Real>(
    sorted: &Sorted,
    width: usize,
    [rows, weights, gradient]: [&[R]; 3],
    drows: &mut [R],
    dweights: &mut [R],
) {
    if gradient.is_empty() {
        // Weights of rows without a column have a gradient all the same.
        dweights.fill(R::ZERO);
        return;
    }
    drows.par_chunks_mut(ROWS * width).zip(sorted.slot_of.par_chunks(ROWS)).for_each(|(drows, slots)| {
        vectorized(
            #[inline(always)]
            || {
                for (drow, slot) in drows.chunks_exact_mut(width).zip(slots) {
                    let gradient = &gradient[slot / sorted.slots * width..][..width];
                    drow.iter_mut().zip(gradient).for_each(|(drow, gradient)| *drow = *gradient * weights[*slot]);
                }
            },
        );
    });
    dweights.par_chunks_mut(ROWS).enumerate().for_each(|(piece, dweights)| {
        vectorized(
            #[inline(always)]
            || {
                for (i, dweight) in dweights.iter_mut().enumerate() {
                    let slot = piece * ROWS + i;
                    let row = &rows[sorted.row_of[slot] * width..][..width];
                    *dweight = sum(row, &gradient[slot / sorted.slots * width..][..width], |x, gradient| x * gradient);
                }
            },
        );
    });
}

/// Weights `[experts, input, width]` and biases `[experts, width]`, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layers<'a, R> {
    pub(crate) weight: &'a [R],
    pub(crate) bias: Option<&'a [R]>,
    pub(crate) input: usize,
    pub(crate) width: usize,
}

impl<'a, R: Real> Layers<'a, R> {
    fn weight(&self, expert: usize) -> &'a [R] {
        let size = self.input * self.width;
        &self.weight[expert * size..(expert + 1) * size]
    }
}

/// x W + b of each row with the layer of its expert.
pub(crate) fn linear<R: Real>(sorted: &Sorted, layers: Layers<'_, R>, x: &[R], y: &mut [R]) {
    let Layers { input, width, bias, .. } = layers;
    if y.is_empty() {
        return;
    }
    sorted.pieces(y, width, input * width).into_par_iter().for_each(|(expert, first, y)| {
        let count = y.len() / width;
        let mut write = Write::Replace;
        if let Some(bias) = bias {
            y.chunks_exact_mut(width).for_each(|y| y.copy_from_slice(&bias[expert * width..(expert + 1) * width]));
            write = Write::Add;
        }
        let x = Matrix::new(&x[first * input..(first + count) * input], count, input);
        multiply(y, width, write, x, Matrix::new(layers.weight(expert), input, width));
    });
}

/// Gradients of rows, if they are wanted, of weights, and of biases, which are summed up.
#[derive(Debug)]
pub(crate) struct Gradients<'a, R> {
    pub(crate) x: Option<&'a mut [R]>,
    pub(crate) weight: &'a mut [R],
    pub(crate) bias: Option<&'a mut [R]>,
}

pub(crate) fn linear_backward<R: Real>(
    sorted: &Sorted,
    layers: Layers<'_, R>,
    x: &[R],
    gradient: &[R],
    gradients: Gradients<'_, R>,
) {
    let Layers { input, width, .. } = layers;
    if let Some(dx) = gradients.x.filter(|dx| !dx.is_empty()) {
        rows_backward(sorted, layers, gradient, dx);
    }
    if let Some(bias) = gradients.bias {
        bias.par_chunks_mut(width.max(1)).enumerate().for_each(|(expert, bias)| {
            let rows = &gradient[sorted.offsets[expert] * width..sorted.offsets[expert + 1] * width];
            vectorized(
                #[inline(always)]
                || rows.chunks_exact(width).for_each(|row| add(bias, row)),
            );
        });
    }
    if gradients.weight.is_empty() {
        return;
    }
    let by_expert = gradients.weight.par_chunks_mut(input * width);
    by_expert.enumerate().for_each(|(expert, weight)| {
        let rows = sorted.range(expert);
        let at_once = rows_at_once(input, rows.len() * width);
        weight.par_chunks_mut(at_once * width).enumerate().for_each(|(piece, target)| {
            let columns = target.len() / width;
            if rows.is_empty() {
                return target.fill(R::ZERO);
            }
            let left = Matrix::strided(&x[rows.start * input + piece * at_once..], rows.len(), columns, input);
            let right = Matrix::new(&gradient[rows.start * width..], rows.len(), width);
            multiply(target, width, Write::Replace, left.transposed(), right);
        });
    });
}

/// dx = dy Wᵀ.
fn rows_backward<R: Real>(sorted: &Sorted, layers: Layers<'_, R>, gradient: &[R], dx: &mut [R]) {
    let Layers { input, width, .. } = layers;
    let mut transposed = room::<R>(layers.weight.len());
    for expert in (0..sorted.experts()).filter(|expert| !sorted.range(*expert).is_empty()) {
        let size = input * width;
        transpose(layers.weight(expert), input, width, &mut transposed[expert * size..(expert + 1) * size]);
    }
    sorted.pieces(dx, input, input * width).into_par_iter().for_each(|(expert, first, dx)| {
        let count = dx.len() / input;
        let gradient = Matrix::new(&gradient[first * width..(first + count) * width], count, width);
        let weight = Matrix::new(&transposed[expert * input * width..(expert + 1) * input * width], width, input);
        multiply(dx, input, Write::Replace, gradient, weight);
    });
}
