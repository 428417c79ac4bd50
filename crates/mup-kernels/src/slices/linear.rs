//! Linear layers: y = x W + b + residual, optionally followed by GELU; several weights may share one input.

use rayon::prelude::*;

use super::gelu;
use super::matrix::{Matrix, Write, multiply, rows_at_once, transpose};
use super::real::Real;
use super::simd::{add, vectorized};
use crate::pool::{Buffer, room};

/// `x` is `[groups, rows, input]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) groups: usize,
    pub(crate) rows: usize,
    pub(crate) input: usize,
}

/// One weight `[groups, input, width]` and its bias `[groups, width]`, which fill the next `width` columns of y.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer<'a, R> {
    pub(crate) weight: &'a [R],
    pub(crate) bias: Option<&'a [R]>,
    pub(crate) width: usize,
}

/// Columns of y.
pub(crate) fn width<R>(layers: &[Layer<'_, R>]) -> usize {
    layers.iter().map(|layer| layer.width).sum()
}

/// Fills `y`; `activated`, if given, becomes GELU(y).
pub(crate) fn forward<R: Real>(
    shape: Shape,
    x: &[R],
    layers: &[Layer<'_, R>],
    residual: Option<&[R]>,
    y: &mut [R],
    activated: Option<&mut [R]>,
) {
    let Shape { rows, input, .. } = shape;
    let total = width(layers);
    if y.is_empty() {
        return;
    }
    let at_once = rows_at_once(rows, input * total);
    let task = |group: usize, piece: usize, y: &mut [R]| {
        let first = group * rows + piece * at_once;
        let count = y.len() / total;
        let x = Matrix::new(&x[first * input..(first + count) * input], count, input);
        let residual = residual.map(|residual| &residual[first * total..(first + count) * total]);
        forward_piece(group, x, input, layers, residual, y);
    };
    match activated {
        None => y.par_chunks_mut(rows * total).enumerate().for_each(|(group, y)| {
            y.par_chunks_mut(at_once * total).enumerate().for_each(|(piece, y)| task(group, piece, y));
        }),
        Some(activated) => {
            let groups = y.par_chunks_mut(rows * total).zip(activated.par_chunks_mut(rows * total));
            groups.enumerate().for_each(|(group, (y, activated))| {
                let pieces = y.par_chunks_mut(at_once * total).zip(activated.par_chunks_mut(at_once * total));
                pieces.enumerate().for_each(|(piece, (y, activated))| {
                    task(group, piece, y);
                    vectorized(
                        #[inline(always)]
                        || gelu::forward(y, activated),
                    );
                });
            });
        }
    }
}

fn forward_piece<R: Real>(
    group: usize,
    x: Matrix<'_, R>,
    input: usize,
    layers: &[Layer<'_, R>],
    residual: Option<&[R]>,
    y: &mut [R],
) {
    let total = width(layers);
    let write = match residual {
        Some(residual) => {
            y.copy_from_slice(residual);
            Write::Add
        }
        None => Write::Replace,
    };
    let mut first = 0;
    for layer in layers {
        let columns = first..first + layer.width;
        let mut write = write;
        if let Some(bias) = layer.bias {
            let bias = &bias[group * layer.width..(group + 1) * layer.width];
            for row in y.chunks_exact_mut(total) {
                match write {
                    Write::Replace => row[columns.clone()].copy_from_slice(bias),
                    Write::Add => add(&mut row[columns.clone()], bias),
                }
            }
            write = Write::Add;
        }
        let weight = &layer.weight[group * input * layer.width..(group + 1) * input * layer.width];
        multiply(&mut y[first..], total, write, x, Matrix::new(weight, input, layer.width));
        first = columns.end;
    }
}

/// Gradients of one layer's weight and bias.
#[derive(Debug)]
pub(crate) struct Gradient<'a, R> {
    pub(crate) weight: &'a mut [R],
    pub(crate) bias: Option<&'a mut [R]>,
}

/// The gradient of y from that of GELU(y), in place.
pub(crate) fn through_gelu<R: Real>(before: &[R], gradient: &mut [R]) {
    const PIECE: usize = 1 << 13;
    gradient.par_chunks_mut(PIECE).zip(before.par_chunks(PIECE)).for_each(|(gradient, before)| {
        vectorized(
            #[inline(always)]
            || gelu::backward(before, gradient),
        );
    });
}

/// From the gradient of y to those of x, weights and biases.
pub(crate) fn backward<R: Real>(
    shape: Shape,
    x: &[R],
    layers: &[Layer<'_, R>],
    gradient: &[R],
    dx: Option<&mut [R]>,
    parameters: &mut [Gradient<'_, R>],
) {
    if gradient.is_empty() {
        dx.into_iter().for_each(|dx| dx.fill(R::ZERO));
        parameters.iter_mut().for_each(|parameter| parameter.weight.fill(R::ZERO));
        return;
    }
    backward_rows(shape, layers, gradient, dx, parameters);
    backward_weights(shape, x, layers, gradient, parameters);
}

/// Everything that is done row by row: dx = dy Wᵀ, and the sums over rows.
fn backward_rows<R: Real>(
    shape: Shape,
    layers: &[Layer<'_, R>],
    gradient: &[R],
    dx: Option<&mut [R]>,
    parameters: &mut [Gradient<'_, R>],
) {
    let Shape { groups, rows, input } = shape;
    let total = width(layers);
    let at_once = rows_at_once(rows, input * total);
    let pieces = rows.div_ceil(at_once);
    let transposed: Vec<Buffer<R>> = match dx {
        Some(_) => layers.iter().map(|layer| transposed(shape, layer)).collect(),
        None => Vec::new(),
    };
    let sums = parameters.iter().any(|parameter| parameter.bias.is_some());
    let mut partial = vec![R::ZERO; if sums { groups * pieces * total } else { 0 }];
    let mut tasks: Vec<_> = Vec::with_capacity(groups * pieces);
    let mut dx_groups = dx.map(|dx| dx.chunks_mut(rows * input));
    let mut partials = partial.chunks_mut(total);
    for (group, gradient) in gradient.chunks(rows * total).enumerate() {
        let mut dx_pieces = dx_groups.as_mut().and_then(Iterator::next).map(|dx| dx.chunks_mut(at_once * input));
        for gradient in gradient.chunks(at_once * total) {
            let dx = dx_pieces.as_mut().and_then(Iterator::next);
            tasks.push((group, gradient, dx, partials.next()));
        }
    }
    tasks.into_par_iter().for_each(|(group, gradient, dx, partial)| {
        if let Some(partial) = partial {
            vectorized(
                #[inline(always)]
                || gradient.chunks_exact(total).for_each(|row| add(partial, row)),
            );
        }
        if let Some(dx) = dx {
            dx_piece(group, input, layers, &transposed, gradient, dx);
        }
    });
    if sums {
        sum_pieces(&partial, pieces, layers, parameters);
    }
}

fn transposed<R: Real>(shape: Shape, layer: &Layer<'_, R>) -> Buffer<R> {
    let mut target = room(layer.weight.len());
    let size = shape.input * layer.width;
    if size > 0 {
        for (target, source) in target.chunks_mut(size).zip(layer.weight.chunks(size)) {
            transpose(source, shape.input, layer.width, target);
        }
    }
    target
}

fn dx_piece<R: Real>(
    group: usize,
    input: usize,
    layers: &[Layer<'_, R>],
    transposed: &[Buffer<R>],
    gradient: &[R],
    dx: &mut [R],
) {
    let (total, rows) = (width(layers), dx.len() / input.max(1));
    let (mut first, mut write) = (0, Write::Replace);
    for (layer, transposed) in layers.iter().zip(transposed) {
        let size = input * layer.width;
        let weight = Matrix::new(&transposed[group * size..(group + 1) * size], layer.width, input);
        multiply(dx, input, write, Matrix::strided(&gradient[first..], rows, layer.width, total), weight);
        (first, write) = (first + layer.width, Write::Add);
    }
}

fn sum_pieces<R: Real>(partial: &[R], pieces: usize, layers: &[Layer<'_, R>], parameters: &mut [Gradient<'_, R>]) {
    let total = width(layers);
    let mut first = 0;
    for (layer, parameter) in layers.iter().zip(parameters) {
        let columns = first..first + layer.width;
        first = columns.end;
        let Some(bias) = &mut parameter.bias else { continue };
        for (bias, partial) in bias.chunks_mut(layer.width).zip(partial.chunks(pieces * total)) {
            partial.chunks_exact(total).for_each(|row| add(bias, &row[columns.clone()]));
        }
    }
}

/// dW = xᵀ dy, in pieces of rows of dW.
fn backward_weights<R: Real>(
    shape: Shape,
    x: &[R],
    layers: &[Layer<'_, R>],
    gradient: &[R],
    parameters: &mut [Gradient<'_, R>],
) {
    let Shape { rows, input, .. } = shape;
    let total = width(layers);
    let mut tasks = Vec::new();
    let mut first = 0;
    for (layer, parameter) in layers.iter().zip(parameters) {
        if layer.width == 0 || input == 0 {
            continue;
        }
        for (group, weight) in parameter.weight.chunks_mut(input * layer.width).enumerate() {
            let at_once = rows_at_once(input, rows * layer.width);
            for (piece, weight) in weight.chunks_mut(at_once * layer.width).enumerate() {
                tasks.push((group, piece * at_once, first, layer.width, weight));
            }
        }
        first += layer.width;
    }
    tasks.into_par_iter().for_each(|(group, row, first, width, target)| {
        let x = &x[group * rows * input + row..];
        let left = Matrix::strided(x, rows, target.len() / width, input).transposed();
        let right = Matrix::strided(&gradient[group * rows * total + first..], rows, width, total);
        multiply(target, width, Write::Replace, left, right);
    });
}
