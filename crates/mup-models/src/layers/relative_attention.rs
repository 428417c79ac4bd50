//! Relative positions: the sinusoids of the distances, and the shift from distances to key positions.
//!
//! # Reference
//!
//! Dai et al. 2019, "Transformer-XL", arXiv:1901.02860, section 3.3 and Appendix B.

use burn::tensor::{DType, Device, Tensor, TensorData};
use mup_kernels::Kept;

/// The sinusoids `[distances + 1, d_model]` of the distances `distances, …, 1, 0`, times `alpha_relative`:
/// R_d = (sin(d·f_t) for t < d_model/2, cos(d·f_t) for t < d_model/2) with f_t = 10000^(−2t/d_model).
///
/// Distances descend, so that a row of query · relative key already runs along the keys. The first one is one
/// more than any query needs; see [`shift`].
pub(crate) fn sinusoids(
    distances: usize,
    d_model: usize,
    alpha_relative: f64,
    device: &Device,
    dtype: DType,
) -> Tensor<2> {
    static SINUSOIDS: Kept<(usize, usize, u64), 2> = Kept::new(16);
    let values = || TensorData::new(compute(distances, d_model, alpha_relative), [distances + 1, d_model]);
    SINUSOIDS.get((distances, d_model, alpha_relative.to_bits()), (device, dtype), values)
}

fn compute(distances: usize, d_model: usize, alpha_relative: f64) -> Vec<f64> {
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

/// From products by distance to logits by key: `[batch, heads, queries, keys + 1]`, whose columns are the
/// distances keys, …, 0, becomes `[batch, heads, queries, keys]` with column j at distance i − j from query i.
///
/// Row a of the queries must move left by (queries − a). Flattened, that is dropping the first `queries` entries,
/// one copy and no gather. Transformer-XL pads a column of zeros for this; here the extra distance is that
/// column. It, and what wraps around a row's end, only reaches keys after the query, which the mask removes.
pub(super) fn shift(by_distance: Tensor<4>) -> Tensor<4> {
    let [batch, heads, queries, columns] = by_distance.dims();
    let flat = by_distance.reshape([batch, heads, queries * columns]);
    flat.narrow(2, queries, queries * (columns - 1)).reshape([batch, heads, queries, columns - 1])
}
