//! Rotary positions.

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::{Kept, shapes};

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused},
    slices::{
        real::Real,
        rotary::{Shape, Turn, turn_all},
    },
};

/// How fast each pair of coordinates of a head turns from position to position, and a factor on its length.
///
/// The first 2 · n coordinates of a head turn for n frequencies, coordinate i with i + n, as in Hugging Face's
/// `rotate_half`; the others stay. Scaling variants (linear, NTK, Llama 3's, YaRN) are other frequencies, YaRN's attention
/// factor is `factor`.
///
/// # Reference
///
/// Su et al., "RoFormer", arXiv:2104.09864.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// Radians per position.
    pub frequencies: Vec<f64>,
    /// Multiplies what has turned; 1 except for YaRN.
    pub factor: f64,
}

impl Rotary {
    /// θ^(−2i / width) for i < width / 2: all coordinates of a head of that width turn.
    #[must_use]
    pub fn new(theta: f64, width: usize) -> Self {
        let frequency = |i: usize| theta.powf(-2.0 * i as f64 / width as f64);
        Self { frequencies: (0..width / 2).map(frequency).collect(), factor: 1.0 }
    }

    /// Cosines and sines, `[time, 2, frequencies]`, of positions from `first` on; they stay on the device.
    pub(crate) fn tables(&self, first: usize, time: usize, place: (&Device, DType)) -> Tensor<3> {
        static TABLES: Kept<(Vec<u64>, usize), 3> = Kept::new(16);
        // Tokens that come one at a time share a table.
        let length = (first + time).next_power_of_two();
        let bits = self.frequencies.iter().chain([&self.factor]).map(|number| number.to_bits()).collect();
        let table = TABLES.get((bits, length), place, || {
            let angles = (0..length).flat_map(|position| [f64::cos, f64::sin].map(|f| (position, f)));
            let row = |(position, f): (usize, fn(f64) -> f64)| {
                self.frequencies.iter().map(move |frequency| f(position as f64 * frequency) * self.factor)
            };
            TensorData::new(angles.flat_map(row).collect::<Vec<f64>>(), [length, 2, self.frequencies.len()])
        });
        // Burn has no views of nothing.
        table.narrow(0, first, time.max(1))
    }
}

/// Heads `[.., time, heads, width]`, turned by their positions, which begin at `first`.
///
/// [`causal_attention`](crate::causal_attention) turns queries and keys itself; this is for what is done without it, such as a
/// cache of keys.
///
/// # Panics
///
/// Panics if there are fewer than three axes, or more frequencies than pairs of coordinates.
#[must_use]
pub fn rotary<const D: usize>(x: Tensor<D>, positions: &Rotary, first: usize) -> Tensor<D> {
    shapes::rotary("rotary", &x.dims(), positions.frequencies.len());
    #[cfg(feature = "host")]
    if crate::is_fused(&x) && !positions.frequencies.is_empty() {
        let angles = positions.tables(first, x.dims()[D - 3], (&x.device(), x.dtype()));
        return fused!(Rotate, x, angles);
    }
    portable(x, positions, first)
}

pub(crate) fn portable<const D: usize>(x: Tensor<D>, positions: &Rotary, first: usize) -> Tensor<D> {
    if positions.frequencies.is_empty() {
        return x;
    }
    let dims = x.dims();
    let [time, heads, width] = [dims[D - 3], dims[D - 2], dims[D - 1]];
    let n = positions.frequencies.len();
    let tables = positions.tables(first, time, (&x.device(), x.dtype()));
    let [cos, sin] = [0, 1].map(|part| tables.clone().narrow(1, part, 1).reshape([1, time, 1, n]));
    let x: Tensor<4> = x.reshape([dims[..D - 3].iter().product(), time, heads, width]);
    let [a, b] = [0, n].map(|from| x.clone().narrow(3, from, n));
    let mut parts = vec![a.clone() * cos.clone() - b.clone() * sin.clone(), b * cos + a * sin];
    if width > 2 * n {
        parts.push(x.narrow(3, 2 * n, width - 2 * n));
    }
    Tensor::cat(parts, 3).reshape(dims)
}

/// Of heads, and cosines and sines.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Rotate;

#[cfg(feature = "host")]
impl Rotate {
    fn turned<H: Host, R: Real>(x: &Input<H, R>, angles: &Input<H, R>, way: Turn) -> Output<H, R> {
        let [.., time, heads, width] = *x.dims() else { unreachable!("checked before") };
        let mut y = x.room();
        turn_all(Shape { time, heads, width }, x.get(), angles.get(), way, y.get());
        y
    }
}

#[cfg(feature = "host")]
impl Operation<2> for Rotate {
    const READ: [bool; 2] = [false, true];
    const FLOWS: [bool; 2] = [true, false];

    fn forward<H: Host, R: Real>(&self, [x, angles]: &[Input<H, R>; 2]) -> (Output<H, R>, Vec<Output<H, R>>) {
        (Self::turned(x, angles, Turn::Forward), Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 2>) -> [Option<Output<H, R>>; 2] {
        [Some(Self::turned(&pass.gradient, &pass.inputs[1], Turn::Back)), None]
    }
}
