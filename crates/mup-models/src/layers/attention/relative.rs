//! Relative positions: the sinusoids of the distances, and the shift from distances to key positions.
//!
//! # Reference
//!
//! Dai et al. 2019, "Transformer-XL", arXiv:1901.02860, section 3.3 and Appendix B.

use burn::tensor::{DType, Device, Tensor, TensorData};
use mup_kernels::Kept;

/// The sinusoids `[distances + 1, d_model]` of the distances `distances, …, 1, 0`, times each trial's `alpha_relative`:
/// R_d = (sin(d·f_t) for t < d_model/2, cos(d·f_t) for t < d_model/2) with f_t = 10000^(−2t/d_model).
///
/// Distances descend, so that a row of query · relative key already runs along the keys. The first one is one
/// more than any query needs; see [`shift`].
pub(super) fn sinusoids<const M: usize>(
    distances: usize,
    d_model: usize,
    alphas: &[f64],
    place: (&Device, DType),
) -> Tensor<M> {
    static SINUSOIDS: Kept<(usize, usize, Vec<u64>), 3> = Kept::new(16);
    let bits = alphas.iter().map(|alpha| alpha.to_bits()).collect();
    let tables = || alphas.iter().flat_map(|alpha| table(distances, d_model, *alpha)).collect::<Vec<f64>>();
    let values = || TensorData::new(tables(), [alphas.len(), distances + 1, d_model]);
    let mut dims = [alphas.len(); M];
    (dims[M - 2], dims[M - 1]) = (distances + 1, d_model);
    SINUSOIDS.get((distances, d_model, bits), place, values).reshape(dims)
}

fn table(distances: usize, d_model: usize, alpha_relative: f64) -> Vec<f64> {
    let half = d_model / 2;
    let frequencies: Vec<f64> = (0..half).map(|t| 10_000_f64.powf(-2.0 * t as f64 / d_model as f64)).collect();
    let mut values = Vec::with_capacity((distances + 1) * d_model);
    for distance in (0..=distances).rev() {
        let angles = frequencies.iter().map(|frequency| distance as f64 * frequency);
        values.extend(angles.clone().map(|angle| alpha_relative * angle.sin()));
        values.extend(angles.map(|angle| alpha_relative * angle.cos()));
    }
    values
}

/// From products by distance to logits by key: `[trials, batch, heads, queries, keys + 1]`, whose columns are the
/// distances keys, …, 0, becomes `[trials, batch, heads, queries, keys]` with column j at distance i − j from query i.
///
/// Row a of the queries must move left by (queries − a). Flattened, that is dropping the first `queries` entries,
/// one copy and no gather. Transformer-XL pads a column of zeros for this; here the extra distance is that
/// column. It, and what wraps around a row's end, only reaches keys after the query, which the mask removes.
pub(super) fn shift(by_distance: Tensor<5>) -> Tensor<5> {
    let [trials, batch, heads, queries, columns] = by_distance.dims();
    let flat: Tensor<4> = by_distance.reshape([trials, batch, heads, queries * columns]);
    flat.narrow(3, queries, queries * (columns - 1)).reshape([trials, batch, heads, queries, columns - 1])
}
