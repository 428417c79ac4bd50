//! The iteration that orthogonalizes matrices.

use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::half::widened;

/// The type in which a matrix is orthogonalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NewtonSchulz {
    /// The parameter's, f32 at least.
    Single,
    /// Products in bf16, as in PyTorch: faster on a GPU, and enough. What is not a product is computed in f32 and rounded.
    BF16,
}

/// a, b and c of the quintic, chosen for the steepest slope at 0.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

impl NewtonSchulz {
    /// Matrices whose singular values are about 1; a Frobenius norm below `epsilon` counts as that. Batched; the matrix of
    /// the products is the smaller one.
    pub(super) fn orthogonal(self, matrices: Tensor<3>, iterations: usize, epsilon: f64) -> Tensor<3> {
        let ([a, b, c], dtype) = (QUINTIC, matrices.dtype());
        let products = match self {
            Self::Single => dtype,
            Self::BF16 => DType::BF16,
        };
        let rounded = |x: Tensor<3>| x.cast(products);
        let [_, rows, columns] = matrices.dims();
        let turned = |x: Tensor<3>| if rows > columns { x.transpose() } else { x };
        let x = widened(rounded(turned(matrices)));
        let norm = x.clone().square().sum_dim(2).sum_dim(1).sqrt().clamp_min(epsilon);
        let mut x = rounded(x / norm);
        for _ in 0..iterations {
            let gram = x.clone().matmul(x.clone().transpose());
            let update = widened(gram.clone()) * b + widened(gram.clone().matmul(gram)) * c;
            x = rounded(widened(x.clone()) * a + widened(rounded(update).matmul(x)));
        }
        turned(x).cast(dtype)
    }
}
