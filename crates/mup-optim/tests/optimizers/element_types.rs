//! Training and initialization in types other than f32.

use burn::module::{Lora, Module};
use burn::optim::{AdamWConfig, ModuleOptimizer, OptimizerRecord};
use burn::store::ModuleRecord;
use burn::tensor::{DType, FloatDType};
use mup_init::{InitSpec, initialize};
use mup_optim::{
    MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig, MupLionConfig,
    MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, OptimError, Planned, RecordProblem, cast_parameters,
    resume,
};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::Role;

use crate::model::{Net, bits, mup, shapes};

const TYPES: [FloatDType; 4] = [FloatDType::F32, FloatDType::F64, FloatDType::BF16, FloatDType::F16];

fn initialized(dtype: FloatDType) -> Net {
    let plan = mup(OptimizerId::ADAMW);
    let net = cast_parameters(Net::target(), dtype).unwrap();
    initialize(net, &plan, &InitSpec::new(), 1).unwrap()
}

/// By each optimizer, with ε's that an f16 can hold, and by a mixture.
fn optimizers(net: &Net) -> Vec<(String, ModuleOptimizer)> {
    let adamw = || MupAdamWConfig::new().with_epsilon(1e-3).with_weight_decay(0.5);
    let adam = MupAdamConfig::new().with_epsilon(1e-3).with_l2(0.1);
    let sgd = MupSgdConfig::new().with_momentum(0.9).with_nesterov(true);
    let rmsprop = MupRmsPropConfig::new().with_epsilon(1e-3).with_momentum(0.9).with_centered(true);
    let muon = MupMuonConfig::new();
    let mixed = ScalingPlan::of(&shapes(), Parametrization::mup()).optimizer(Role::Hidden, muon.id()).build().unwrap();
    let mixed = |masters: bool| {
        let optimizer = MupOptimizer::new(&mixed, net).with(adamw()).with(muon.clone());
        if masters { optimizer.with_master_weights().build() } else { optimizer.build() }.unwrap()
    };
    let mut all =
        vec![("muon and adamw".to_owned(), mixed(false)), ("muon and adamw with masters".to_owned(), mixed(true))];
    all.extend(with_and_without_masters(net, adamw()));
    all.extend(with_and_without_masters(net, adam));
    all.extend(with_and_without_masters(net, sgd));
    all.extend(with_and_without_masters(net, rmsprop));
    all.extend(with_and_without_masters(net, MupAdagradConfig::new().with_epsilon(1e-3)));
    all.extend(with_and_without_masters(net, MupAdanConfig::new().with_epsilon(1e-3)));
    all.extend(with_and_without_masters(net, MupLionConfig::new().with_weight_decay(0.5)));
    all.extend(with_and_without_masters(net, MupLambConfig::new().with_epsilon(1e-3)));
    all.extend(with_and_without_masters(net, MupAdafactorConfig::new()));
    all.extend(with_and_without_masters(net, MupAdafactorConfig::new().with_scale_parameter(false)));
    all
}

fn with_and_without_masters<P: Planned + Clone>(net: &Net, config: P) -> [(String, ModuleOptimizer); 2] {
    let plan = mup(config.id());
    let optimizer = || MupOptimizer::new(&plan, net).with(config.clone());
    let name = config.id().to_string();
    let with = (format!("{name} with masters"), optimizer().with_master_weights().build().unwrap());
    [(name, optimizer().build().unwrap()), with]
}

fn steps(n: usize, mut net: Net, optimizer: &mut ModuleOptimizer) -> Net {
    for _ in 0..n {
        let gradients = net.gradients();
        net = optimizer.step(0.01, net, gradients);
    }
    net
}

#[test]
fn every_optimizer_resumes_to_the_bit_in_every_type() {
    for dtype in TYPES {
        for (i, (name, mut optimizer)) in optimizers(&initialized(dtype)).into_iter().enumerate() {
            let net = steps(3, initialized(dtype), &mut optimizer);
            assert_eq!(net.up.weight.val().dtype(), DType::from(dtype));
            let weights = net.clone().into_record().into_bytes().unwrap();
            let state = optimizer.to_record().into_bytes().unwrap();
            let loaded = initialized(dtype).load_record(ModuleRecord::from_bytes(weights).unwrap());
            let fresh = optimizers(&loaded).remove(i).1;
            let mut resumed = resume(fresh, OptimizerRecord::from_bytes(state).unwrap(), &loaded).unwrap();
            let (went_on, resumed) = (steps(3, net, &mut optimizer), steps(3, loaded, &mut resumed));
            assert_eq!(bits(&went_on), bits(&resumed), "{name} in {dtype:?}");
        }
    }
}

/// They are restored as f32, which an f64 does not fit into.
#[test]
fn an_optimizer_of_burns_that_would_lose_bits_is_refused() {
    let mut optimizer = AdamWConfig::new().init();
    let net = steps(1, initialized(FloatDType::F64), &mut optimizer);
    let Err(OptimError::Record(problems)) = resume(AdamWConfig::new().init(), optimizer.to_record(), &net) else {
        panic!("it lost bits")
    };
    assert!(problems.iter().all(|problem| matches!(problem, RecordProblem::Type { .. })), "{problems:?}");
}

#[test]
fn a_record_in_another_type_than_the_weights_is_refused() {
    let net = initialized(FloatDType::F64);
    let (_, mut optimizer) = optimizers(&net).remove(2);
    steps(1, net, &mut optimizer);
    let single = initialized(FloatDType::F32);
    drop(bits(&single));
    let refused = resume(optimizers(&single).remove(2).1, optimizer.to_record(), &single).err().unwrap().to_string();
    assert!(refused.contains("of `down.bias` is F64, and the parameter F32"), "{refused}");
}

#[test]
fn to_cast_and_to_initialize_is_to_initialize_and_to_cast() {
    let plan = mup(OptimizerId::ADAMW);
    for dtype in TYPES {
        let drawn = initialize(Net::target(), &plan, &InitSpec::new(), 1).unwrap();
        let cast_last = cast_parameters(drawn, dtype).unwrap();
        let lazy = initialized(dtype);
        assert!(!lazy.up.weight.is_initialized());
        // A cast module whose values are there is redrawn in its type as well, and twice is once.
        let used = cast_parameters(Net::target(), dtype).unwrap();
        drop(bits(&used));
        let redrawn = initialize(used, &plan, &InitSpec::new(), 1).unwrap();
        let again = initialize(initialized(dtype), &plan, &InitSpec::new(), 1).unwrap();
        for net in [&lazy, &redrawn, &again] {
            assert_eq!(net.up.weight.val().dtype(), DType::from(dtype));
            assert_eq!(bits(net), bits(&cast_last), "{dtype:?}");
        }
        assert!(lazy.up.weight.val().is_require_grad());
    }
}

#[test]
fn the_last_cast_decides() {
    let net = cast_parameters(initialized(FloatDType::BF16), FloatDType::F64).unwrap();
    let net = initialize(net, &mup(OptimizerId::ADAMW), &InitSpec::new(), 1).unwrap();
    assert_eq!(net.up.weight.val().dtype(), DType::F64);
    assert_eq!(bits(&net), bits(&initialized(FloatDType::F64)));
}

/// Weights of another type are cast too, so that a module stays in the one it was cast to.
#[test]
fn a_cast_module_stays_in_its_type_whatever_is_loaded_into_it() {
    let record = initialized(FloatDType::F32).into_record().into_bytes().unwrap();
    let loaded = initialized(FloatDType::BF16).load_record(ModuleRecord::from_bytes(record).unwrap());
    assert_eq!(loaded.up.weight.val().dtype(), DType::BF16);
    assert_eq!(bits(&loaded), bits(&initialized(FloatDType::BF16)));
}

#[test]
fn shapes_of_a_cast_module_can_be_read() {
    let shapes = mup_shapes::read_shapes(&Net::target()).unwrap();
    assert_eq!(mup_shapes::read_shapes(&initialized(FloatDType::BF16)).unwrap(), shapes);
}

#[test]
fn adapters_survive_a_cast_and_are_no_parameters_of_a_plan_without_them() {
    let adapted = Net::target().apply_lora(Lora::new(2, 4.0));
    let cast = cast_parameters(adapted, FloatDType::BF16).unwrap();
    let adapter = cast.up.weight.adapter().expect("it is still there");
    assert_eq!([adapter.a.val().dtype(), cast.up.weight.val().dtype()], [DType::BF16; 2]);
    let refused = initialize(cast, &mup(OptimizerId::ADAMW), &InitSpec::new(), 1).unwrap_err().to_string();
    assert!(refused.contains("`up.weight.") && refused.contains("is in the module but not in the plan"), "{refused}");
}
