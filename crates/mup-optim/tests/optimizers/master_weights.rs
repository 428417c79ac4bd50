//! Training in bf16 with masters in f32: close to f32 training, moved by small updates, resumed to the bit.

use burn::module::{Module, Param};
use burn::nn::LinearConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, OptimizerRecord, SgdConfig};
use burn::store::ModuleRecord;
use burn::tensor::{DType, FloatDType, Tensor};
use mup_optim::{MasterWeights, MupAdamWConfig, MupOptimizer, MupSgdConfig, OptimError, cast_parameters, resume};
use mup_rules::{OptimizerId, ScalingPlan};

use crate::model::{Net, device, mup};

fn bf16(net: Net) -> Net {
    cast_parameters(net, FloatDType::BF16).unwrap()
}

fn loss(net: &Net) -> f64 {
    f64::from(net.loss(net.batch()).cast(FloatDType::F32).into_scalar::<f32>())
}

fn config() -> MupAdamWConfig {
    MupAdamWConfig::new().with_weight_decay(0.1)
}

fn masters(plan: &ScalingPlan, net: &Net) -> ModuleOptimizer {
    MupOptimizer::new(plan, net).with(config()).with_master_weights().build().unwrap()
}

fn train(mut net: Net, mut optimizer: ModuleOptimizer, rate: f64, steps: usize) -> (Net, ModuleOptimizer) {
    for _ in 0..steps {
        let gradients = net.gradients();
        net = optimizer.step(rate, net, gradients);
    }
    (net, optimizer)
}

fn values(net: &Net) -> Vec<f64> {
    let all = [&net.input, &net.up, &net.down, &net.readout];
    all.iter()
        .flat_map(|layer| layer.weight.val().cast(FloatDType::F32).into_data().iter::<f64>().collect::<Vec<_>>())
        .collect()
}

/// Activations, gradients and weights are rounded to 2⁻⁹ relative, the masters are not. Adam makes of a gradient that is
/// off by 2⁻⁸ an update that is off by about as much, so 50 updates of at most 0.02 differ by 50 · 0.02 · 2⁻⁸ = 4e-3 where
/// they keep their sign, and the loss, which falls by two orders of magnitude, is close to that of f32.
#[test]
fn training_in_bf16_with_masters_is_close_to_training_in_f32() {
    let (plan, start) = (mup(OptimizerId::ADAMW), Net::target());
    let net = bf16(start.clone());
    let optimizer = masters(&plan, &net);
    let (half, _) = train(net, optimizer, 0.005, 50);
    let optimizer = config().init(&plan, &start).unwrap();
    let before = loss(&start);
    let (single, _) = train(start, optimizer, 0.005, 50);
    assert_eq!(half.up.weight.val().dtype(), DType::BF16);
    let fell = before - loss(&single);
    assert!(fell > 0.3 * before, "{before} fell by {fell}");
    assert!((loss(&half) - loss(&single)).abs() < 0.03 * fell, "{} against {}", loss(&half), loss(&single));
}

/// A weight of 1 is 2⁻⁸ from the next larger bf16: 256 updates of 2⁻¹² move it by 2⁻⁴, or, rounded one by one, not at all.
#[test]
fn small_updates_add_up_in_the_master_and_are_lost_without_it() {
    let linear = || {
        let mut linear = LinearConfig::new(1, 1).with_bias(false).init(&device());
        linear.weight = Param::from_tensor(Tensor::ones([1, 1], &device()));
        cast_parameters(linear, FloatDType::BF16).unwrap()
    };
    let train = |mut optimizer: ModuleOptimizer| {
        let mut linear = linear();
        for _ in 0..256 {
            let gradients = GradientsParams::from_grads(linear.weight.val().sum().neg().backward(), &linear);
            linear = optimizer.step(2.0_f64.powi(-12), linear, gradients);
        }
        linear.weight.val().cast(FloatDType::F32).into_scalar::<f32>()
    };
    let sgd = || SgdConfig::new().build();
    assert_eq!(train(sgd().into()).to_bits(), 1.0_f32.to_bits());
    assert_eq!(train(MasterWeights::new(sgd()).into()).to_bits(), 1.0625_f32.to_bits());
}

/// At a rate of 1e-4, Adam moves weights of about 0.3 by far less than their distance to the next bf16.
#[test]
fn at_a_small_rate_adamw_learns_with_masters_only() {
    let (plan, start) = (mup(OptimizerId::ADAMW), bf16(Net::target()));
    let learned = |optimizer: ModuleOptimizer| {
        let (net, _) = train(start.clone(), optimizer, 1e-4, 100);
        let moved = values(&net).iter().zip(values(&start)).filter(|(now, before)| now != &before).count();
        moved as f64 / values(&start).len() as f64
    };
    let with = learned(masters(&plan, &start));
    let without = learned(config().init(&plan, &start).unwrap());
    assert!(with > 0.5 && without < 0.5 * with, "{with} of the weights moved with masters, {without} without");
}

#[test]
fn masters_resume_from_the_record_to_the_bit() {
    let plan = mup(OptimizerId::ADAMW);
    let start = bf16(Net::target());
    let optimizer = masters(&plan, &start);
    let (net, optimizer) = train(start, optimizer, 1e-3, 5);
    let model = net.clone().into_record().into_bytes().unwrap();
    let state = optimizer.to_record().into_bytes().unwrap();

    let loaded = bf16(Net::target()).load_record(ModuleRecord::from_bytes(model).unwrap());
    assert_eq!(loaded.up.weight.val().dtype(), DType::BF16);
    let fresh = masters(&plan, &loaded);
    let resumed = fresh.load_record(OptimizerRecord::from_bytes(state).unwrap());
    // Without the masters, 20 further steps would begin from rounded weights.
    let (went_on, _) = train(net.clone(), optimizer, 1e-3, 20);
    let (resumed, _) = train(loaded.clone(), resumed, 1e-3, 20);
    assert_eq!(values(&went_on), values(&resumed));
    let forgot = masters(&plan, &loaded);
    assert_ne!(values(&went_on), values(&train(loaded, forgot, 1e-3, 20).0));
}

/// The next step would put the masters in the place of the weights.
#[test]
fn masters_of_another_step_than_the_weights_are_refused() {
    let plan = mup(OptimizerId::ADAMW);
    let start = bf16(Net::target());
    let optimizer = masters(&plan, &start);
    let (net, optimizer) = train(start, optimizer, 1e-2, 3);
    let state = optimizer.to_record().into_bytes().unwrap();
    let record = || OptimizerRecord::from_bytes(state.clone()).unwrap();
    resume(masters(&plan, &net), record(), &net).unwrap();
    // Weights that were forgotten, which the masters would replace, and weights of a type that keeps no masters.
    for other in [bf16(Net::target()), cast_parameters(net.clone(), FloatDType::F32).unwrap()] {
        let refused = resume(masters(&plan, &other), record(), &other).err().unwrap().to_string();
        assert!(refused.contains("or the weights were not loaded yet, or in another type"), "{refused}");
    }
    let (later, _) = train(net, optimizer, 1e-2, 3);
    let refused = resume(masters(&plan, &later), record(), &later).err().unwrap().to_string();
    assert!(refused.contains("the master of `down.bias` is not the parameter before it was rounded"), "{refused}");
}

/// The plan's factors reach the masters: at the first step of SGD each tensor moves by its own rate.
#[test]
fn masters_compose_with_the_groups_of_a_plan() {
    let plan = mup(OptimizerId::SGD);
    let start = Net::target();
    let (single, half) = (start.clone(), bf16(start));
    let step = |net: &Net, plan: &ScalingPlan| {
        let sgd = MupOptimizer::new(plan, net).with(MupSgdConfig::new());
        let mut optimizer = sgd.with_master_weights().build().unwrap();
        values(&optimizer.step(0.5, net.clone(), net.gradients()))
    };
    let moved = |net: &Net| -> Vec<f64> {
        step(net, &plan).iter().zip(values(net)).map(|(after, before)| after - before).collect()
    };
    let norm = |values: &[f64]| values.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (in_single, in_half) = (moved(&single), moved(&half));
    let difference: Vec<f64> = in_single.iter().zip(&in_half).map(|(a, b)| a - b).collect();
    // Rounding of the gradient (2⁻⁸) and of the weights before and after, which are about as large as the updates.
    assert!(norm(&difference) < 0.03 * norm(&in_single), "{} of {}", norm(&difference), norm(&in_single));
}

/// In f32 and f64 there is nothing to keep twice.
#[test]
fn without_16_bits_nothing_changes() {
    let (plan, net) = (mup(OptimizerId::ADAMW), Net::target());
    let (with, _) = train(net.clone(), masters(&plan, &net), 0.01, 3);
    let (without, _) = train(net.clone(), config().init(&plan, &net).unwrap(), 0.01, 3);
    assert_eq!(values(&with), values(&without));
}

#[test]
fn casting_keeps_what_is_trained_and_what_is_lazy() {
    let mut net = Net::target();
    net.up.weight = net.up.weight.set_require_grad(false);
    let net = bf16(net);
    assert!(!net.input.weight.is_initialized());
    assert_eq!([&net.input, &net.up].map(|layer| layer.weight.val().is_require_grad()), [true, false]);
    assert_eq!([&net.input, &net.up].map(|layer| layer.weight.val().dtype()), [DType::BF16; 2]);
    // Now that its values are drawn.
    let net = cast_parameters(net, FloatDType::F32).unwrap();
    assert_eq!([&net.input, &net.up].map(|layer| layer.weight.val().is_require_grad()), [true, false]);
    assert_eq!(net.input.weight.val().dtype(), DType::F32);
}

/// Flex has no Flex32, which is a type of GPUs.
#[test]
fn a_device_that_lacks_the_type_is_named() {
    let error = cast_parameters(Net::target(), FloatDType::Flex32).unwrap_err();
    assert!(matches!(error, OptimError::DType { .. }));
    assert!(error.to_string().contains("Flex") && error.to_string().contains("Flex32"), "{error}");
}
