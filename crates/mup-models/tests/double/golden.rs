//! The numbers in `golden/data`, which PyTorch computed.

use burn::tensor::{Device, Int, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};

/// The bytes of a file of `golden/data`.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = format!("../../golden/data/{name}");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A float tensor of a safetensors file, in the device's default type.
pub(crate) fn read<const D: usize>(file: &SafeTensors<'_>, name: &str, device: &Device) -> Tensor<D> {
    let view = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let bytes = view.data();
    let values: Vec<f64> = match view.dtype() {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        Dtype::F64 => bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
        other => panic!("{name}: unexpected type {other:?}"),
    };
    Tensor::from_data(TensorData::new(values, view.shape().to_vec()), device)
}

/// An integer tensor of a safetensors file.
pub(crate) fn read_int<const D: usize>(file: &SafeTensors<'_>, name: &str, device: &Device) -> Tensor<D, Int> {
    let view = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(view.dtype(), Dtype::I64, "{name}");
    let values: Vec<i64> = view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();
    Tensor::from_data(TensorData::new(values, view.shape().to_vec()), device)
}
