//! What `initialize` does to a module, and what it leaves alone.

mod family;

use std::collections::BTreeSet;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use family::{BASE, TARGET, Widths, model, mup, plan_of, trained, values};
use mup_init::{Distribution, InitError, InitSpec, PlanMismatch, initialize};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::param_paths;

fn lazy_count<M: Module>(module: &M) -> usize {
    struct Lazy(usize);
    impl ModuleVisitor for Lazy {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 += usize::from(!param.is_initialized());
        }
    }
    let mut visitor = Lazy(0);
    module.visit(&mut visitor);
    visitor.0
}

#[test]
fn twice_equals_once() {
    let device = Device::flex();
    let target = model(TARGET, &device);
    let (plan, spec) = (mup(&target), InitSpec::default());
    let once = initialize(target, &plan, &spec, 1).unwrap();
    let first = values(&once);
    let twice = initialize(once, &plan, &spec, 1).unwrap();
    assert_eq!(first, values(&twice));
}

#[test]
fn the_weights_before_do_not_matter() {
    let device = Device::flex();
    let target = model(TARGET, &device);
    let plan = mup(&target);
    let other = initialize(target.clone(), &plan, &InitSpec::gaussian(9.0), 2).unwrap();
    let (lazy, redrawn) = (
        initialize(target, &plan, &InitSpec::default(), 1).unwrap(),
        initialize(other, &plan, &InitSpec::default(), 1).unwrap(),
    );
    assert_eq!(values(&lazy), values(&redrawn));
}

#[test]
fn another_seed_gives_other_weights() {
    let target = model(TARGET, &Device::flex());
    let plan = mup(&target);
    let [one, two] = [1, 2].map(|seed| values(&initialize(target.clone(), &plan, &InitSpec::default(), seed).unwrap()));
    assert_ne!(one["embedding.weight"], two["embedding.weight"]);
}

#[test]
fn every_tensor_has_a_stream_of_its_own() {
    let target = model(TARGET, &Device::flex());
    let plan = mup(&target);
    let weights = values(&initialize(target, &plan, &InitSpec::default(), 1).unwrap());
    assert_ne!(weights["blocks.0.query.weight"], weights["blocks.1.query.weight"]);
}

#[test]
fn adding_a_layer_changes_no_other_tensor() {
    let device = Device::flex();
    let [shallow, deep] = [2, 3].map(|n_layer| {
        let target = model(Widths { n_layer, ..TARGET }, &device);
        let plan = mup(&target);
        values(&initialize(target, &plan, &InitSpec::default(), 1).unwrap())
    });
    assert_eq!(deep.len(), shallow.len() + 4);
    for (path, weights) in &shallow {
        assert_eq!(weights, &deep[path], "{path}");
    }
}

#[test]
fn the_order_of_first_use_does_not_matter() {
    let device = Device::flex();
    let target = model(TARGET, &device);
    let plan = mup(&target);
    let forward = initialize(target.clone(), &plan, &InitSpec::default(), 1).unwrap();
    let backward = initialize(target, &plan, &InitSpec::default(), 1).unwrap();
    device.seed(3);
    let _ = (backward.head.weight.val(), Tensor::<1>::random([5], burn::tensor::Distribution::Default, &device));
    let _ = (backward.blocks[1].query.weight.val(), backward.embedding.weight.val());
    assert_eq!(values(&forward), values(&backward));
}

#[test]
fn at_base_width_mup_is_standard_bit_for_bit() {
    let target = model(BASE, &Device::flex());
    let [ours, standard] = [Parametrization::mup(), Parametrization::standard()].map(|parametrization| {
        let plan = plan_of(&target, parametrization);
        values(&initialize(target.clone(), &plan, &InitSpec::default(), 1).unwrap())
    });
    for (path, weights) in &ours {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(weights), bits(&standard[path]), "{path}");
    }
}

#[test]
fn away_from_base_width_mup_is_not_standard() {
    let target = model(TARGET, &Device::flex());
    let [ours, standard] = [Parametrization::mup(), Parametrization::standard()].map(|parametrization| {
        let plan = plan_of(&target, parametrization);
        values(&initialize(target.clone(), &plan, &InitSpec::default(), 1).unwrap())
    });
    assert_ne!(ours["head.weight"], standard["head.weight"]);
    assert_eq!(ours["embedding.weight"], standard["embedding.weight"]);
}

#[test]
fn multipliers_and_logit_scales_are_the_plans() {
    let target = model(TARGET, &Device::flex());
    let plan = mup(&target);
    let weights = values(&initialize(target, &plan, &InitSpec::gaussian(0.1).scale_all(3.0), 1).unwrap());
    // m_in = 512/32; d_head grows from 16 to 64: 1/√16 · 16/64.
    assert!(weights["head.multiplier"].iter().all(|value| value.to_bits() == 0.0625_f32.to_bits()));
    assert!(weights["blocks.1.logit_scale"].iter().all(|value| value.to_bits() == 0.0625_f32.to_bits()));
}

#[test]
fn ids_and_laziness_are_kept() {
    let target = model(TARGET, &Device::flex());
    let plan = mup(&target);
    let before = param_paths(&target);
    let ready = initialize(target, &plan, &InitSpec::default(), 1).unwrap();
    assert_eq!(before, param_paths(&ready));
    assert_eq!(lazy_count(&ready), before.len());
}

#[test]
fn only_trained_parameters_require_gradients_whether_the_device_is_autodiff_first_or_later() {
    let constants: BTreeSet<&str> = ["head.multiplier", "blocks.0.logit_scale", "blocks.1.logit_scale"].into();
    let on = |device: Device| {
        let target = model(TARGET, &device);
        let plan = mup(&target);
        initialize(target, &plan, &InitSpec::default(), 1).unwrap()
    };
    for module in [on(Device::flex().autodiff()), on(Device::flex()).train()] {
        for (path, require_grad) in trained(&module) {
            assert_eq!(require_grad, !constants.contains(path.as_str()), "{path}");
        }
    }
    assert!(trained(&on(Device::flex())).values().all(|require_grad| !require_grad));
}

#[test]
fn a_frozen_parameter_stays_frozen() {
    for device in [Device::flex(), Device::flex().autodiff()] {
        for materialized in [false, true] {
            let mut target = model(TARGET, &device);
            let plan = mup(&target);
            target.embedding.weight = target.embedding.weight.set_require_grad(false);
            if materialized {
                let _ = values(&target);
            }
            let flags = trained(&initialize(target, &plan, &InitSpec::default(), 1).unwrap().train());
            assert!(!flags["embedding.weight"] && flags["input.weight"], "materialized: {materialized}");
        }
    }
}

#[test]
fn a_redrawn_parameter_is_a_leaf_that_gets_gradients() {
    let device = Device::flex().autodiff();
    let target = model(TARGET, &device);
    let plan = mup(&target);
    let _ = values(&target);
    let ready = initialize(target, &plan, &InitSpec::default(), 1).unwrap();
    let gradients = (ready.input.weight.val() * 2.0).sum().backward();
    assert!(ready.input.weight.val().grad(&gradients).is_some());
}

#[test]
fn load_and_save_mappers_survive() {
    let device = Device::flex();
    let target = LinearConfig::new(64, 10).with_bias(false).init(&device);
    let plan = linear_plan(&target);
    let mapped = Linear { weight: target.weight.clone().save_mapper(|weight| weight * 2.0), bias: None };
    let plain = initialize(target, &plan, &InitSpec::default(), 1).unwrap();
    let mapped = initialize(mapped, &plan, &InitSpec::default(), 1).unwrap();
    assert_eq!(values(&plain), values(&mapped));
    let saved = mapped.weight.transform_for_save().val() - plain.weight.val() * 2.0;
    assert_eq!(saved.abs().max().into_scalar::<f32>().to_bits(), 0);
}

fn linear_plan(target: &Linear) -> ScalingPlan {
    let device = target.weight.lazy_device();
    let family = |width| LinearConfig::new(width, 10).with_bias(target.bias.is_some()).init(&device);
    let shapes = mup_shapes::infer(&family(16), &family(32), target).unwrap();
    ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap()
}

#[test]
fn a_checkpoint_is_loaded_as_it_was_saved() {
    let device = Device::flex();
    let target = model(TARGET, &device);
    let plan = mup(&target);
    let saved = initialize(target.clone(), &plan, &InitSpec::gaussian(0.3), 7).unwrap();
    // A checkpoint of another family, whose multipliers are not this plan's.
    let saved = initialize(saved, &plan_of(&target, Parametrization::standard()), &InitSpec::default(), 7).unwrap();
    let record = saved.clone().into_record();
    let loaded = initialize(target, &plan, &InitSpec::default(), 1).unwrap().load_record(record);
    assert_eq!(values(&saved), values(&loaded));
    assert_eq!(values(&loaded)["head.multiplier"][0].to_bits(), 1.0_f32.to_bits());
}

#[derive(Module, Debug)]
struct Normalized {
    norm: BatchNorm,
    readout: Linear,
}

#[test]
fn running_statistics_are_left_alone() {
    let device = Device::flex();
    let family = |width: usize| Normalized {
        norm: BatchNormConfig::new(width).init(&device),
        readout: LinearConfig::new(width, 3).init(&device),
    };
    let mut target = family(64);
    target.norm.gamma = Param::initialized(ParamId::new(), Tensor::full([64], 5.0, &device));
    let shapes = mup_shapes::infer(&family(16), &family(32), &target).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    let statistics = target.norm.running_var.value().into_data();
    let ready = initialize(target, &plan, &InitSpec::default(), 1).unwrap();
    assert_eq!(ready.norm.running_var.value().into_data(), statistics);
    assert!(values(&ready)["norm.gamma"].iter().all(|value| value.to_bits() == 1.0_f32.to_bits()));
}

#[test]
fn every_mismatch_is_reported_at_once() {
    let device = Device::flex();
    let family = |width, bias| LinearConfig::new(width, 10).with_bias(bias).init(&device);
    let with_bias = linear_plan(&family(64, true));
    let Err(InitError::Mismatch(problems)) = initialize(family(128, false), &with_bias, &InitSpec::default(), 1) else {
        panic!("a plan of another model was accepted");
    };
    let shape = PlanMismatch::Shape { path: "weight".into(), plan: vec![64, 10], module: vec![128, 10] };
    assert_eq!(problems, [shape, PlanMismatch::Missing { path: "bias".into() }]);
    let without = linear_plan(&family(64, false));
    let error = initialize(family(64, true), &without, &InitSpec::default(), 1).unwrap_err();
    assert!(error.to_string().contains("`bias` [10] is in the module but not in the plan"), "{error}");
}

#[test]
fn a_cloned_parameter_is_refused_by_name() {
    let device = Device::flex();
    let target = model(TARGET, &device);
    let plan = mup(&target);
    let mut tied = target;
    tied.blocks[1].query.weight = tied.blocks[0].query.weight.clone();
    let error = initialize(tied, &plan, &InitSpec::default(), 1).unwrap_err();
    assert!(error.to_string().contains("`blocks.1.query.weight` is a clone of `blocks.0.query.weight`"), "{error}");
}

#[test]
fn a_model_too_large_for_memory_can_be_initialized_lazily() {
    let device = Device::flex();
    let widths = Widths { d_model: 1 << 24, d_query: 1 << 22, n_layer: 2 };
    let target = model(widths, &device);
    let plan = mup(&target);
    let ready = initialize(target, &plan, &InitSpec::new().hidden(Distribution::Normal { std: 0.02 }), 1).unwrap();
    assert_eq!(lazy_count(&ready), plan.rows().len());
    // Small parameters of it can still be used.
    assert_eq!(ready.slope.alpha.val().into_data().try_to_vec::<f32>().unwrap(), [0.25]);
}
