//! What a run reads from its device, and so waits for.

use burn::tensor::{DType, FloatDType, Tensor};

/// The numbers of one-element tensors in one transfer: on a GPU each transfer waits for all that was launched before it.
/// They travel as f32, or, if one of them is an f64, as f64 on its device.
pub(crate) fn read(scalars: impl IntoIterator<Item = Tensor<1>>) -> Vec<f64> {
    let scalars: Vec<Tensor<1>> = scalars.into_iter().map(Tensor::inner).collect();
    let double = scalars.iter().find(|scalar| scalar.dtype() == DType::F64);
    let dtype = if double.is_some() { FloatDType::F64 } else { FloatDType::F32 };
    let Some(device) = double.or(scalars.first()).map(Tensor::device) else { return Vec::new() };
    let scalars = scalars.into_iter().map(|scalar| scalar.to_device(&device).cast(dtype)).collect();
    #[cfg(test)]
    tests::WAITS.set(tests::WAITS.get() + 1);
    Tensor::cat(scalars, 0).into_data().iter::<f64>().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use burn::module::{Module, Param};
    use burn::tensor::{DType, Device, Tensor};
    use mup_models::{Mlp, MlpConfig, shape_reader};
    use mup_optim::MupAdamWConfig;
    use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

    use super::read;
    use crate::finite::is_finite;
    use crate::{FamilyError, MicroBatch, Task, Trainer, Training};

    thread_local! {
        pub(super) static WAITS: Cell<usize> = const { Cell::new(0) };
    }

    /// How often a function waits.
    fn waits<T>(function: impl FnOnce() -> T) -> (T, usize) {
        let before = WAITS.get();
        let result = function();
        (result, WAITS.get() - before)
    }

    fn model(width: usize) -> Mlp {
        MlpConfig::new(4, vec![width, width], 3).init(&Device::flex().autodiff()).unwrap()
    }

    struct Ones;

    impl Task<Mlp> for Ones {
        fn loss(&self, model: &Mlp, _batch: MicroBatch) -> Result<Tensor<1>, FamilyError> {
            let device = Device::flex().autodiff();
            Ok(model.loss(Tensor::ones([2, 4], &device), Tensor::ones([2], &device)))
        }

        fn tokens_per_step(&self) -> u64 {
            2
        }

        fn fingerprint(&self) -> String {
            "ones".to_owned()
        }
    }

    #[test]
    fn a_step_waits_once_whatever_the_number_of_micro_batches() {
        for micro_batches in [1, 4] {
            let shapes = shape_reader().infer(&model(4), &model(8), &model(8)).unwrap();
            let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
            let model = model(8);
            let optimizer = MupAdamWConfig::new().init(&plan, &model).unwrap();
            let training = Training::new(5, 0.1).with_micro_batches(micro_batches).with_max_norm(1.0);
            let (trained, waits) = waits(|| Trainer::new(training).train(&Ones, model, optimizer).unwrap());
            assert_eq!(trained.curve.losses.len(), 5);
            // The last is whether the trained model is finite.
            assert_eq!(waits, 5 + 1);
        }
    }

    #[test]
    fn all_parameters_are_checked_with_one_wait_and_one_broken_entry_of_the_last_is_found() {
        let mut model = model(8);
        assert_eq!(waits(|| is_finite(&model)), (true, 1));
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let weight = model.readout.weight.val().inner();
            let [rows, columns] = weight.dims();
            let last = Tensor::full([1, 1], broken, &weight.device());
            let weight = weight.slice_assign([rows - 1..rows, columns - 1..columns], last);
            model.readout.weight = Param::from_tensor(Tensor::from_inner(weight));
            assert_eq!(waits(|| is_finite(&model)), (false, 1), "{broken}");
        }
        assert_eq!(waits(|| is_finite(&model.valid())), (false, 1));
    }

    #[test]
    fn numbers_of_every_element_type_and_with_gradients_are_read_in_order() {
        let device = Device::flex().autodiff();
        let one = |value: f64, dtype| Tensor::<1>::full([1], value, (&device, dtype));
        let tracked = || one(-0.0, DType::F32).require_grad();
        let numbers = [one(0.1, DType::F32), tracked(), one(f64::NAN, DType::BF16), one(1e30, DType::F16)];
        let (found, waits) = waits(|| read(numbers));
        assert_eq!(waits, 1);
        assert_eq!(found[0].to_bits(), f64::from(0.1_f32).to_bits());
        assert_eq!(found[1].to_bits(), (-0.0_f64).to_bits());
        assert!(found[2].is_nan() && found[3] == f64::INFINITY);
        assert!(read([]).is_empty());
    }

    #[test]
    fn an_f64_is_read_with_all_its_bits_wherever_it_stands() {
        let device = Device::flex().autodiff();
        let one = |value: f64, dtype| Tensor::<1>::full([1], value, (&device, dtype));
        for first in [DType::F64, DType::F32] {
            let found = read([one(0.5, first), one(0.1, DType::F64), one(1e300, DType::F64)]);
            let found: Vec<u64> = found.into_iter().map(f64::to_bits).collect();
            assert_eq!(found, [0.5_f64, 0.1, 1e300].map(f64::to_bits));
        }
    }
}
