//! Parameters of every kind in a stack: kernels, gains, single entries, matrices stored the other way round, what is frozen,
//! what has no gradient at some steps.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::Tensor;
use mup_optim::{
    Blocks, MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig,
    MupLionConfig, MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, MupStack, NewtonSchulz, Planned,
    StackOptimizer, Stackable,
};
use mup_rules::{OptimizerId, Parametrization, PlanBuilder, ScalingPlan, ShapeFactor, WeightDecay};
use mup_shapes::{Axes, Axis, InfShapes, Kind, ParamSpec, ShapeReader};

use crate::model::{Values, device, gradients_of, random_values, values, with_values};

#[derive(Module, Debug)]
struct Kinds {
    kernel: Conv1d,
    point: Conv1d,
    norm: LayerNorm,
    hidden: Linear,
    turned: Linear,
    still: Linear,
    head: Linear,
}

fn alone(d: usize) -> Kinds {
    let linear = |outputs: usize| LinearConfig::new(d, outputs).with_bias(outputs == 1).init(&device());
    Kinds {
        kernel: Conv1dConfig::new(3, d, 3).init(&device()),
        point: Conv1dConfig::new(d, d, 1).init(&device()),
        norm: LayerNormConfig::new(d).init(&device()),
        hidden: linear(2 * d),
        turned: LinearConfig::new(3 * d, d).with_bias(false).init(&device()), // stored as [out, in]
        still: linear(d),
        head: linear(1),
    }
}

#[derive(Module, Debug)]
struct Layer<const W: usize> {
    weight: Param<Tensor<W>>,
    bias: Option<Param<Tensor<2>>>,
}

#[derive(Module, Debug)]
struct Norm {
    gamma: Param<Tensor<2>>,
    beta: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct KindsStack {
    kernel: Layer<4>,
    point: Layer<4>,
    norm: Norm,
    hidden: Layer<3>,
    turned: Layer<3>,
    still: Layer<3>,
    head: Layer<3>,
}

fn stacked(trials: &[Kinds]) -> KindsStack {
    let (k, d) = (trials.len(), trials[0].norm.gamma.dims()[0]);
    let vector = |n: usize| Param::from_tensor(Tensor::<2>::zeros([k, n], &device()));
    let kernel = |inputs, size| Layer {
        weight: Param::from_tensor(Tensor::zeros([k, d, inputs, size], &device())),
        bias: Some(vector(d)),
    };
    let matrix = |rows, columns, bias: Option<usize>| Layer {
        weight: Param::from_tensor(Tensor::zeros([k, rows, columns], &device())),
        bias: bias.map(vector),
    };
    let stack = KindsStack {
        kernel: kernel(3, 3),
        point: kernel(d, 1),
        norm: Norm { gamma: vector(d), beta: vector(d) },
        hidden: matrix(d, 2 * d, None),
        turned: matrix(3 * d, d, None),
        still: matrix(d, d, None),
        head: matrix(d, 1, Some(1)),
    };
    with_values(stack, &joined(trials.iter().map(values)))
}

/// The values of all trials, one after the other.
fn joined(trials: impl Iterator<Item = Values>) -> Values {
    trials.fold(Values::new(), |mut all, trial| {
        trial.into_iter().for_each(|(path, values)| all.entry(path).or_default().extend(values));
        all
    })
}

fn shapes() -> InfShapes {
    let turned = ParamSpec::new(Axes::new([Axis::Out, Axis::In]), Kind::Weight);
    ShapeReader::new().declare("turned.weight", turned).infer(&alone(4), &alone(8), &alone(16)).unwrap()
}

fn plan<'a>(shapes: &'a InfShapes, decay: WeightDecay) -> PlanBuilder<'a> {
    ScalingPlan::of(shapes, Parametrization::mup().with_weight_decay(decay)).frozen("still.weight")
}

/// Four steps of all and of each, the third continued from a record; the kernel has no gradient at the first two.
fn assert_alone(
    name: &str,
    trials: usize,
    begin: impl Fn(&KindsStack) -> StackOptimizer,
    alone_by: impl Fn(usize, &Kinds) -> ModuleOptimizer,
) {
    let mut nets: Vec<Kinds> = (0..trials).map(|_| alone(16)).collect();
    let mut stack = stacked(&nets);
    let mut optimizer = begin(&stack);
    let mut singles: Vec<_> = nets.iter().enumerate().map(|(k, net)| alone_by(k, net)).collect();
    for step in 0..4 {
        if step == 2 {
            let record = OptimizerRecord::from_bytes(optimizer.to_record().into_bytes().unwrap()).unwrap();
            optimizer = begin(&stack).resume(record, &stack).unwrap();
        }
        let mut gradients: Vec<Values> = nets.iter().map(random_values).collect();
        if step < 2 {
            gradients.iter_mut().for_each(|gradients| drop(gradients.remove("kernel.weight")));
        }
        let rates: Vec<f64> = (0..trials).map(|k| 0.01 * (1 + k) as f64).collect();
        let of_all = gradients_of(&stack, &joined(gradients.iter().cloned()));
        stack = optimizer.step(&rates, stack, of_all).unwrap();
        let before = std::mem::take(&mut nets);
        for (k, net) in before.into_iter().enumerate() {
            let gradients = gradients_of(&net, &gradients[k]);
            nets.push(singles[k].step(rates[k], net, gradients));
        }
        assert_eq!(values(&stack), joined(nets.iter().map(values)), "{name}, {trials} trials, step {step}");
    }
}

/// By one optimizer, for one trial and for three.
fn assert_each<C: Stackable + Clone>(decay: WeightDecay, of: fn(usize) -> C) {
    let shapes = shapes();
    let plan = plan(&shapes, decay).default_optimizer(of(0).id()).build().unwrap();
    for trials in [1, 3] {
        let configs: Vec<C> = (0..trials).map(of).collect();
        let all = |stack: &KindsStack| MupStack::new(&plan, stack).with(&configs).build().unwrap();
        let alone_by = |k: usize, net: &Kinds| MupOptimizer::new(&plan, net).with(configs[k].clone()).build().unwrap();
        assert_alone(&of(0).id().to_string(), trials, all, alone_by);
    }
}

const PEAK: [Option<f64>; 3] = [Some(0.1), Some(0.2), Some(0.05)];

fn epsilon(k: usize) -> f64 {
    1e-3 * (1 + k) as f64
}

#[test]
fn parameters_of_every_kind_are_stepped_as_they_would_be_alone() {
    let (product, independent) = (WeightDecay::KeepProduct, WeightDecay::Independent);
    assert_each(independent, |k| {
        let adamw = MupAdamWConfig::new().with_weight_decay(0.1 * k as f64).with_peak_learning_rate(PEAK[k]);
        adamw.with_epsilon(epsilon(k)).with_relative_rate(1.0 + k as f64)
    });
    assert_each(independent, |k| {
        let sgd = MupSgdConfig::new().with_momentum([0.9, 0.0, 0.5][k]);
        sgd.with_weight_decay(0.1).with_peak_learning_rate(PEAK[k]).with_relative_rate(1.0 + k as f64)
    });
    assert_each(independent, |k| MupLionConfig::new().with_weight_decay(0.1).with_peak_learning_rate(PEAK[k]));
    assert_each(product, |k| MupAdafactorConfig::new().with_clip_threshold(1.0 + k as f64).with_weight_decay(0.1));
    assert_each(product, |k| MupAdafactorConfig::new().with_scale_parameter(false).with_decay_rate([0.8, 0.5, 0.9][k]));
    assert_each(product, |k| MupAdanConfig::new().with_epsilon(epsilon(k)).with_weight_decay(0.1 * k as f64));
    assert_each(product, |k| MupLambConfig::new().with_epsilon(epsilon(k)).with_weight_decay(0.1));
    assert_each(product, |k| MupAdamConfig::new().with_epsilon(epsilon(k)).with_l2(0.1 * k as f64));
    assert_each(product, |k| {
        let rmsprop = MupRmsPropConfig::new().with_centered(k == 1).with_momentum([0.9, 0.0, 0.5][k]);
        rmsprop.with_epsilon(epsilon(k)).with_l2(0.1 * k as f64)
    });
    assert_each(product, |k| MupAdagradConfig::new().with_epsilon(epsilon(k)).with_l2(0.1 * k as f64));
}

#[test]
fn matrices_of_either_order_in_blocks_are_stepped_by_muon_as_they_would_be_alone() {
    let shapes = shapes();
    for (factor, blocks, iteration) in [
        (ShapeFactor::SqrtAspectAboveOne, Blocks::Count(2), NewtonSchulz::Single),
        (ShapeFactor::MatchRmsAdam, Blocks::Size(4), NewtonSchulz::BF16),
    ] {
        let muon = |k: usize| {
            let muon = MupMuonConfig::new().with_shape_factor(factor).with_newton_schulz(iteration);
            let muon = muon.with_weight_decay(0.1 * k as f64).with_peak_learning_rate(PEAK[k]);
            muon.with_relative_rate(1.0 + k as f64).in_blocks("*.weight", blocks)
        };
        let adamw = |k: usize| MupAdamWConfig::new().with_epsilon(epsilon(k)).with_weight_decay(0.0);
        let wishes = plan(&shapes, WeightDecay::Independent).optimizer("hidden.weight", muon(0).id());
        let plan = wishes.optimizer("turned.weight", muon(0).id()).build().unwrap();
        let (muons, adamws) = ([0, 1, 2].map(muon), [0, 1, 2].map(adamw));
        let all = |stack: &KindsStack| MupStack::new(&plan, stack).with(&muons).with(&adamws).build().unwrap();
        let alone_by = |k: usize, net: &Kinds| {
            MupOptimizer::new(&plan, net).with(muons[k].clone()).with(adamws[k].clone()).build().unwrap()
        };
        assert_alone("muon", 3, all, alone_by);
    }
}

/// The state of one trial fits every number of them.
#[test]
fn the_record_of_another_number_of_trials_is_refused() {
    let shapes = shapes();
    let plan =
        plan(&shapes, WeightDecay::KeepProduct).default_optimizer(OptimizerId::ADAFACTOR_SCALED).build().unwrap();
    let stack = |trials: usize| stacked(&(0..trials).map(|_| alone(16)).collect::<Vec<_>>());
    let begin = |stack: &KindsStack, trials: usize| {
        let configs = vec![MupAdafactorConfig::new(); trials];
        MupStack::new(&plan, stack).with(&configs).build().unwrap()
    };
    for (saved, trials) in [(1, 3), (3, 2), (3, 1)] {
        let (before, after) = (stack(saved), stack(trials));
        let mut optimizer = begin(&before, saved);
        let gradients = gradients_of(&before, &random_values(&before));
        drop(optimizer.step(&vec![0.1; saved], before, gradients).unwrap());
        let refused = begin(&after, trials).resume(optimizer.to_record(), &after).unwrap_err().to_string();
        let wanted = format!("it is of {saved} trials, and there are {trials}; make the stack that wrote it");
        assert!(refused.ends_with(&wanted), "{refused}");
    }
}
