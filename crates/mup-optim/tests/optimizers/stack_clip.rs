//! Clipping each trial of a stack where thresholds are infinite.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use mup_optim::clip_each_by_global_norm;

use crate::model::floats;

const ENTRIES: usize = 3;

/// A weight of two trials.
#[derive(Module, Debug)]
struct Two {
    weight: Param<Tensor<2>>,
}

fn clip(gradients: [[f32; ENTRIES]; 2], max_norms: [f64; 2]) -> ([Vec<u32>; 2], Vec<f32>) {
    let device = Device::flex().autodiff();
    let two = Two { weight: Param::from_tensor(Tensor::ones([2, ENTRIES], &device)) };
    let mut params = GradientsParams::new();
    let data = TensorData::new(gradients.concat(), [2, ENTRIES]);
    params.register(two.weight.id, Tensor::<2>::from_data(data, &Device::flex()));
    let (clipped, norms) = clip_each_by_global_norm(&two, params, &max_norms).unwrap();
    let clipped = floats(clipped.get::<2>(two.weight.id).unwrap());
    let bits = |trial: usize| clipped[trial * ENTRIES..][..ENTRIES].iter().map(|value| value.to_bits()).collect();
    ([bits(0), bits(1)], floats(norms))
}

fn bits(values: [f32; ENTRIES]) -> Vec<u32> {
    values.map(f32::to_bits).to_vec()
}

#[test]
fn a_trial_with_an_infinite_threshold_keeps_its_gradients_whatever_its_neighbour_has() {
    let odd = [-0.0, f32::INFINITY, 3.0];
    let ([free, neighbour], norms) = clip([odd, [3.0, 0.0, 4.0]], [f64::INFINITY, 2.5]);
    assert_eq!(free, bits(odd));
    let ([_, alone], _) = clip([[0.0; ENTRIES], [3.0, 0.0, 4.0]], [1.0, 2.5]);
    assert_eq!(neighbour, alone);
    assert!(neighbour != bits([3.0, 0.0, 4.0]) && norms == [f32::INFINITY, 5.0]);
}

#[test]
fn infinite_thresholds_scale_nothing() {
    let odd = [f32::from_bits(0x7fc1_2345), f32::NEG_INFINITY, -0.0];
    let (found, norms) = clip([odd, [3.0, -0.0, 4.0]], [f64::INFINITY; 2]);
    assert_eq!(found, [bits(odd), bits([3.0, -0.0, 4.0])]);
    assert!(norms[0].is_nan() && norms[1] == 5.0);
}
