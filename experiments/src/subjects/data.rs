//! What the models are trained on: one batch, the same at every width and seed, so that differences come from the
//! model alone.

use burn::tensor::{Device, Int, Tensor, TensorData};

pub(crate) const N_EXAMPLES: usize = 64;
pub(crate) const N_CLASSES: usize = 10;
pub(crate) const CONTEXT: usize = 32;
pub(crate) const N_SEQUENCES: usize = 8;
/// Bytes of the text are below 128.
pub(crate) const VOCAB: usize = 128;

/// William Shakespeare, Sonnet 18.
const TEXT: &str = "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n\
Rough winds do shake the darling buds of May,\nAnd summer's lease hath all too short a date;\n\
Sometime too hot the eye of heaven shines,\nAnd often is his gold complexion dimm'd;\n\
And every fair from fair sometime declines,\nBy chance or nature's changing course untrimm'd;\n";

/// Sequences of bytes of the text as tokens, and the bytes that follow them.
pub(crate) fn next_bytes([sequences, length]: [usize; 2], device: &Device) -> [Tensor<2, Int>; 2] {
    [0, 1].map(|shift| {
        let bytes = TEXT.bytes().skip(shift).take(sequences * length).map(i64::from).collect();
        Tensor::from_data(TensorData::new(bytes, [sequences, length]), device)
    })
}

/// The class is the largest of an example's first coordinates, later ones weighing more: learnable, and not
/// balanced. With balanced classes the first step's change of the logits nearly cancels in a wide model, since
/// the mean of softmax − target over the batch is then 0 up to Θ(1/√n), and finite-width noise is all that is seen.
pub(crate) fn labels(d_example: usize, device: &Device) -> Tensor<1, Int> {
    let score =
        |example: usize, class: usize| uniform((example * d_example + class) as u64) * (1.0 + class as f32 / 3.0);
    let class = |example: usize| (0..N_CLASSES).max_by(|a, b| score(example, *a).total_cmp(&score(example, *b)));
    let classes: Vec<i64> = (0..N_EXAMPLES).map(|example| class(example).unwrap_or(0) as i64).collect();
    Tensor::from_data(TensorData::new(classes, [N_EXAMPLES]), device)
}

/// Uniform numbers of mean 0 and variance 1, the same on every machine.
pub(crate) fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product::<usize>() as u64).map(uniform).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The i-th number of a fixed sequence, uniform in ±√3 (SplitMix64: Steele, Lea & Flood 2014).
fn uniform(i: u64) -> f32 {
    let mut z = i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    let unit = (z >> 11) as f64 / (1_u64 << 53) as f64;
    ((2.0 * unit - 1.0) * 3.0_f64.sqrt()) as f32
}

#[cfg(test)]
mod tests {
    use super::{CONTEXT, N_CLASSES, N_EXAMPLES, N_SEQUENCES, TEXT, VOCAB, labels, uniform};
    use burn::tensor::Device;

    /// 4096 uniform numbers of variance 1: the mean has standard error 1/64, the mean square √(9/5 − 1)/64 = 0.014;
    /// five of each are allowed.
    #[test]
    fn the_inputs_have_mean_0_and_variance_1() {
        let numbers: Vec<f64> = (0..4096).map(|i| f64::from(uniform(i))).collect();
        let mean = |of: fn(f64) -> f64| numbers.iter().map(|x| of(*x)).sum::<f64>() / numbers.len() as f64;
        assert!(mean(|x| x).abs() < 5.0 / 64.0);
        assert!((mean(|x| x * x) - 1.0).abs() < 5.0 * 0.014);
    }

    #[test]
    fn the_classes_are_not_balanced() {
        let classes: Vec<i64> = labels(32, &Device::flex()).to_data().iter().collect();
        let largest = (0..N_CLASSES as i64).map(|class| classes.iter().filter(|c| **c == class).count()).max();
        assert!(largest > Some(N_EXAMPLES * 3 / 2 / N_CLASSES), "{classes:?}");
    }

    #[test]
    fn the_text_fills_the_batch_and_fits_the_vocabulary() {
        assert!(TEXT.len() > N_SEQUENCES * CONTEXT);
        assert!(TEXT.bytes().all(|byte| usize::from(byte) < VOCAB));
    }
}
