//! Trials of a stack are to the bit what they are alone, by every optimizer.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::optim::{GradientsParams, ModuleOptimizer, OptimizerRecord};
use burn::tensor::{FloatDType, Tensor};
use mup_optim::{
    Blocks, MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig,
    MupLionConfig, MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, MupStack, Planned, StackOptimizer,
    Stackable, cast_parameters,
};
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::Role;

use crate::model::{Net, bits, mup, shapes};

const TRIALS: usize = 3;

#[derive(Module, Debug)]
struct Layers {
    weight: Param<Tensor<3>>,
    bias: Param<Tensor<2>>,
}

/// Several [`Net`]s, with its paths.
#[derive(Module, Debug)]
struct Nets {
    input: Layers,
    up: Layers,
    down: Layers,
    readout: Layers,
}

fn stacked<const D: usize, const E: usize>(of: impl Iterator<Item = Tensor<D>>) -> Param<Tensor<E>> {
    Param::from_tensor(Tensor::stack::<E>(of.collect(), 0).detach())
}

impl Nets {
    fn of(nets: &[Net]) -> Self {
        let layers = |layer: fn(&Net) -> &Linear| Layers {
            weight: stacked(nets.iter().map(|net| layer(net).weight.val())),
            bias: stacked(nets.iter().map(|net| layer(net).bias.as_ref().unwrap().val())),
        };
        Self {
            input: layers(|net| &net.input),
            up: layers(|net| &net.up),
            down: layers(|net| &net.down),
            readout: layers(|net| &net.readout),
        }
    }

    fn layers(&self) -> [&Layers; 4] {
        [&self.input, &self.up, &self.down, &self.readout]
    }

    /// The gradients of the trials, each computed alone.
    fn gradients(&self, nets: &[Net]) -> GradientsParams {
        let alone: Vec<_> = nets.iter().map(Net::gradients).collect();
        let mut all = GradientsParams::new();
        let of: [fn(&Net) -> &Linear; 4] = [|net| &net.input, |net| &net.up, |net| &net.down, |net| &net.readout];
        for (layers, layer) in self.layers().into_iter().zip(of) {
            let each = || nets.iter().map(layer).zip(&alone);
            let weights = each().map(|(layer, alone)| alone.get::<2>(layer.weight.id).unwrap());
            all.register(layers.weight.id, Tensor::stack::<3>(weights.collect(), 0));
            let biases = each().map(|(layer, alone)| alone.get::<1>(layer.bias.as_ref().unwrap().id).unwrap());
            all.register(layers.bias.id, Tensor::stack::<2>(biases.collect(), 0));
        }
        all
    }
}

/// Of different weights, in a type.
fn nets(dtype: FloatDType) -> Vec<Net> {
    (0..TRIALS).map(|_| cast_parameters(Net::target(), dtype).unwrap()).collect()
}

fn rate(k: usize, step: usize) -> f64 {
    [0.01, 0.003, 0.02][k] / (1 + step) as f64
}

type Stack<'a> = Box<dyn Fn(&Nets) -> StackOptimizer + 'a>;
type Single<'a> = Box<dyn Fn(usize, &Net) -> ModuleOptimizer + 'a>;

/// Four steps of all and of each, and then the same bits.
fn assert_alone(name: &str, dtype: FloatDType, stack: &Stack<'_>, single: &Single<'_>) {
    let mut alone = nets(dtype);
    let mut all = Nets::of(&alone);
    let mut optimizer = stack(&all);
    let mut singles: Vec<_> = alone.iter().enumerate().map(|(k, net)| single(k, net)).collect();
    for step in 0..4 {
        if step == 2 {
            let state = optimizer.to_record().into_bytes().unwrap();
            optimizer = stack(&all).resume(OptimizerRecord::from_bytes(state).unwrap(), &all).unwrap();
        }
        let gradients = all.gradients(&alone);
        let rates: Vec<f64> = (0..TRIALS).map(|k| rate(k, step)).collect();
        all = optimizer.step(&rates, all, gradients).unwrap();
        let before = std::mem::take(&mut alone);
        for (k, (net, single)) in before.into_iter().zip(&mut singles).enumerate() {
            let gradients = net.gradients();
            alone.push(single.step(rate(k, step), net, gradients));
        }
        assert_eq!(bits(&all), bits(&Nets::of(&alone)), "{name} in {dtype:?}, step {step}");
    }
}

/// By one optimizer, whose config differs from trial to trial.
fn assert_each<C: Stackable + Clone>(of: fn(usize) -> C) {
    let (plan, configs) = (mup(of(0).id()), (0..TRIALS).map(of).collect::<Vec<_>>());
    for dtype in [FloatDType::F32, FloatDType::F64, FloatDType::BF16] {
        for masters in [false, true] {
            let stack: Stack<'_> = Box::new(|nets| {
                let stack = MupStack::new(&plan, nets).with(&configs);
                if masters { stack.with_master_weights().build() } else { stack.build() }.unwrap()
            });
            let single: Single<'_> = Box::new(|k, net| {
                let single = MupOptimizer::new(&plan, net).with(configs[k].clone());
                if masters { single.with_master_weights().build() } else { single.build() }.unwrap()
            });
            assert_alone(&format!("{} masters {masters}", of(0).id()), dtype, &stack, &single);
        }
    }
}

#[test]
fn trials_of_every_optimizer_train_as_they_would_alone_to_the_bit() {
    assert_each(|k| MupAdamWConfig::new().with_epsilon(1e-3).with_beta_2([0.9, 0.99, 0.95][k]).with_relative_rate(2.0));
    assert_each(|k| MupAdamConfig::new().with_epsilon(1e-3).with_l2([0.0, 0.1, 0.5][k]));
    assert_each(|k| MupSgdConfig::new().with_momentum([0.0, 0.9, 0.5][k]).with_nesterov(k == 1));
    assert_each(|k| MupLionConfig::new().with_weight_decay([0.0, 0.1, 0.5][k]).with_beta_1([0.9, 0.8, 0.7][k]));
    assert_each(|k| MupLambConfig::new().with_epsilon(1e-3).with_weight_decay([0.0, 0.1, 0.5][k]));
    assert_each(|k| MupAdafactorConfig::new().with_clip_threshold([1.0, 0.5, 2.0][k]));
    assert_each(|k| MupAdafactorConfig::new().with_scale_parameter(false).with_decay_rate([0.8, 0.5, 0.9][k]));
    assert_each(|k| MupRmsPropConfig::new().with_epsilon(1e-3).with_centered(k == 0).with_momentum([0.0, 0.9, 0.0][k]));
    assert_each(|k| MupAdagradConfig::new().with_epsilon([1e-3, 1e-2, 1e-4][k]));
    assert_each(|k| MupAdanConfig::new().with_epsilon(1e-3).with_relative_rate([1.0, 2.0, 0.5][k]));
}

#[test]
fn in_a_run_that_scales_beta_trials_train_as_they_would_alone() {
    let configs: Vec<_> =
        [0.9, 0.99, 0.95].map(|beta| MupAdamWConfig::new().with_epsilon(1e-3).with_beta_2(beta)).into();
    let plan = crate::run::with_beta(&mup(configs[0].id()));
    let stack: Stack<'_> = Box::new(|nets| MupStack::new(&plan, nets).with(&configs).build().unwrap());
    let single: Single<'_> = Box::new(|k, net| MupOptimizer::new(&plan, net).with(configs[k].clone()).build().unwrap());
    assert_alone("AdamW in a run", FloatDType::F32, &stack, &single);
}

/// Hidden matrices by Muon, in blocks, and the rest by AdamW, each with a base rate of its own in each trial.
#[test]
fn trials_of_a_mixture_train_as_they_would_alone_to_the_bit() {
    let muon = |k: usize| {
        let muon = MupMuonConfig::new().with_weight_decay([0.0, 0.1, 0.5][k]).with_relative_rate([5.0, 10.0, 2.0][k]);
        muon.in_blocks("up.*", Blocks::Count([1, 2, 2][k]))
    };
    let adamw = |k: usize| MupAdamWConfig::new().with_epsilon(1e-3).with_weight_decay([0.5, 0.0, 0.1][k]);
    let plan =
        ScalingPlan::of(&shapes(), Parametrization::mup()).optimizer(Role::Hidden, muon(0).id()).build().unwrap();
    let (muons, adamws) = ([0, 1, 2].map(muon), [0, 1, 2].map(adamw));
    let stack: Stack<'_> = Box::new(|nets| MupStack::new(&plan, nets).with(&adamws).with(&muons).build().unwrap());
    let single: Single<'_> =
        Box::new(|k, net| MupOptimizer::new(&plan, net).with(adamw(k)).with(muon(k)).build().unwrap());
    for dtype in [FloatDType::F32, FloatDType::F64, FloatDType::BF16] {
        assert_alone("muon and adamw", dtype, &stack, &single);
    }
}

/// Three steps, the second trial with weights that are not finite: the others are to the bit what they are beside a whole one.
fn assert_isolated<C: Stackable + Clone>(of: fn(usize) -> C) {
    let plan = mup(of(0).id());
    let configs: Vec<C> = (0..TRIALS).map(of).collect();
    let alone = nets(FloatDType::BF16);
    for masters in [false, true] {
        let run = |spoiled: bool| {
            let mut nets = alone.clone();
            if spoiled {
                let weights = |layer: &Linear| Param::from_tensor((layer.weight.val() * f32::NAN).detach());
                (nets[1].up.weight, nets[1].readout.weight) = (weights(&nets[1].up), weights(&nets[1].readout));
            }
            let mut all = Nets::of(&nets);
            let stack = MupStack::new(&plan, &all).with(&configs);
            let stack = if masters { stack.with_master_weights() } else { stack };
            let mut optimizer = stack.build().unwrap();
            for _ in 0..3 {
                let gradients = all.gradients(&nets);
                all = optimizer.step(&[0.01, 0.02, 0.03], all, gradients).unwrap();
            }
            all
        };
        let (spoiled, whole) = (run(true), run(false));
        assert!(spoiled.up.weight.val().contains_nan().into_scalar::<bool>());
        for (spoiled, whole) in spoiled.layers().into_iter().zip(whole.layers()) {
            for k in [0, 2] {
                let weight = |layers: &Layers| layers.weight.val().slice_dim(0, k..k + 1).into_data();
                let bias = |layers: &Layers| layers.bias.val().slice_dim(0, k..k + 1).into_data();
                assert_eq!(weight(spoiled), weight(whole), "{}, masters {masters}", of(0).id());
                assert_eq!(bias(spoiled), bias(whole), "{}, masters {masters}", of(0).id());
            }
        }
    }
}

#[test]
fn a_trial_that_is_not_finite_changes_no_other() {
    assert_isolated(|_| MupAdamWConfig::new());
    assert_isolated(|k| MupSgdConfig::new().with_momentum([0.0, 0.9, 0.5][k]));
    assert_isolated(|_| MupLionConfig::new());
    assert_isolated(|_| MupLambConfig::new());
    assert_isolated(|_| MupAdafactorConfig::new());
    assert_isolated(|_| MupAdanConfig::new());
    assert_isolated(|_| MupAdagradConfig::new());
    // The trial that is not finite remembers what its neighbours do not.
    assert_isolated(|k| MupRmsPropConfig::new().with_centered(k == 1).with_momentum([0.0, 0.9, 0.0][k]));
}
