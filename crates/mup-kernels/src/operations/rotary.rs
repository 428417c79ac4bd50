//! Rotary positions.

use std::ops::Range;

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
        static TABLES: Kept<(Vec<u64>, Range<usize>), 3> = Kept::new(16);
        let made = made_together(first, time);
        let bits = self.frequencies.iter().chain([&self.factor]).map(|number| number.to_bits()).collect();
        let (start, length) = (made.start, made.len());
        let table = TABLES.get((bits, made.clone()), place, || {
            let angles = made.flat_map(|position| [f64::cos, f64::sin].map(|f| (position, f)));
            let row = |(position, f): (usize, fn(f64) -> f64)| {
                self.frequencies.iter().map(move |frequency| f(position as f64 * frequency) * self.factor)
            };
            TensorData::new(angles.flat_map(row).collect::<Vec<f64>>(), [length, 2, self.frequencies.len()])
        });
        // Burn has no views of nothing.
        table.narrow(0, first - start, time.max(1))
    }
}

/// Positions whose rows are made together: of a sequence from its start all, and far into a context a page around them, so
/// that tokens which come one at a time share a table.
fn made_together(first: usize, time: usize) -> Range<usize> {
    const PAGE: usize = 256;
    let length = time.next_power_of_two();
    if first == 0 {
        return 0..length;
    }
    let page = length.max(PAGE);
    first / page * page..(first + time.max(1)).next_multiple_of(page)
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

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::tensor::{DType, Device};

    use super::{Rotary, made_together};

    #[test]
    fn a_token_far_into_a_context_takes_the_table_of_a_page() {
        assert_eq!(made_together(131_072, 1), 131_072..131_328);
        assert_eq!(made_together(255, 2), 0..512);
        assert_eq!(made_together(1000, 300), 512..1536);
        for time in [1, 48, 64] {
            assert_eq!(made_together(0, time), 0..time.next_power_of_two(), "training makes what it needs");
        }
    }

    #[test]
    fn a_page_has_the_bits_that_a_table_from_the_start_has() {
        let place = (&Device::flex(), DType::F32);
        let positions = Rotary::new(10_000.0, 8);
        let row = |first, time, of: usize| {
            positions.tables(first, time, place).narrow(0, of, 1).into_data().iter::<f32>().collect::<Vec<_>>()
        };
        let whole: Vec<Vec<f32>> = [0, 255, 256, 300, 1023].map(|position| row(0, 1024, position)).into();
        let pages = [row(0, 1, 0), row(255, 2, 0), row(255, 2, 1), row(300, 1, 0), row(1000, 24, 23)];
        assert_eq!(whole, pages);
    }
}
