//! Plain, multiplier and Table-9 forms from the same function: the same trajectory (rules.md §3).

use burn::module::{Module, Param, ParamId};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, activation};
use mup_golden::relative_difference;
use mup_init::{InitSpec, initialize};
use mup_models::{Readout, ReadoutConfig, shape_reader};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{EpsilonRule, Form, OptimizerId, Parametrization, ScalingPlan, WeightDecay};
use mup_shapes::{Axes, Kind, ParamSpec, ShapeReader};

use super::device;

const STEPS: usize = 20;
/// Weights are drawn, and Burn's optimizers keep ε and λ, as f32: the forms start 6e-8 apart.
const SAME: f64 = 1e-6;
/// Smaller than any unscaled ε or decay leaves (measured: above 1e-3).
const DIFFERENT: f64 = 1e-3;

/// Two layers and a readout, of which the first layer too can have a forward multiplier.
#[derive(Module, Debug)]
struct Network {
    input: Param<Tensor<2>>,
    input_multiplier: Param<Tensor<1>>,
    hidden: Linear,
    readout: Readout,
}

impl Network {
    fn new(width: usize, device: &Device) -> Self {
        let lazy = device.clone();
        Self {
            input: Param::uninitialized(
                ParamId::new(),
                move |device, _| Tensor::zeros([5, width], device),
                lazy.clone(),
                true,
                [5, width].into(),
            ),
            input_multiplier: Param::uninitialized(
                ParamId::new(),
                move |device, _| Tensor::ones([width], device),
                lazy,
                false,
                [width].into(),
            ),
            hidden: LinearConfig::new(width, width).init(device),
            readout: ReadoutConfig::new(width, 3).with_bias(false).init(device),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = x.matmul(self.input.val()) * self.input_multiplier.val().unsqueeze();
        let x = self.hidden.forward(activation::tanh(x));
        self.readout.forward(activation::tanh(x))
    }
}

fn reader() -> ShapeReader {
    let multiplier = ParamSpec::new(Axes::vector(1), Kind::Multiplier);
    shape_reader().with_layer("Network", "input", ParamSpec::weight().multiplied()).with_layer(
        "Network",
        "input_multiplier",
        multiplier,
    )
}

#[derive(Clone, Copy, Debug)]
enum Run {
    AdamW,
    AdamL2,
    SgdL2,
}

impl Run {
    fn kind(self) -> OptimizerId {
        match self {
            Self::AdamW => OptimizerId::ADAMW,
            Self::AdamL2 => OptimizerId::ADAM,
            Self::SgdL2 => OptimizerId::SGD,
        }
    }

    fn optimizer(self, plan: &ScalingPlan, network: &Network) -> ModuleOptimizer {
        match self {
            Self::AdamW => MupAdamWConfig::new().with_epsilon(1e-3).with_weight_decay(0.5).init(plan, network),
            Self::AdamL2 => MupAdamConfig::new().with_epsilon(1e-3).with_l2(0.05).init(plan, network),
            Self::SgdL2 => MupSgdConfig::new().with_momentum(0.9).with_weight_decay(0.05).init(plan, network),
        }
        .expect("the plan fits the network")
    }

    fn rate(self) -> f64 {
        if matches!(self, Self::SgdL2) { 0.1 } else { 0.02 }
    }
}

/// The outputs before every step, from seed to step 20.
fn trajectory(run: Run, parametrization: Parametrization) -> Vec<f64> {
    let device = device();
    let networks = [6, 9, 18].map(|width| Network::new(width, &device));
    let shapes = reader().infer(&networks[0], &networks[1], &networks[2]).expect("shapes fit together");
    let plan = ScalingPlan::new(&shapes, parametrization, run.kind()).expect("every parameter has a rule");
    let [_, _, network] = networks;
    let mut network = initialize(network, &plan, &InitSpec::new(), 3).expect("the plan fits the network");
    let mut optimizer = run.optimizer(&plan, &network);
    let range = |n: usize| (0..n).map(|i| ((i * i + 3) as f64 * 0.7).sin()).collect::<Vec<_>>();
    let x = Tensor::<1>::from_data(range(40).as_slice(), &device).reshape([8, 5]);
    let y = Tensor::<1>::from_data(range(24).as_slice(), &device).reshape([8, 3]);
    let mut outputs = Vec::new();
    for _ in 0..STEPS {
        let output = network.forward(x.clone());
        outputs.extend(output.clone().into_data().iter::<f64>());
        let loss = (output - y.clone()).powi_scalar(2).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(run.rate(), network, gradients);
    }
    outputs
}

fn difference(run: Run, change: impl Fn(Parametrization) -> Parametrization, form: Form) -> f64 {
    let trajectory = |form| trajectory(run, change(Parametrization::mup().with_multiplied_form(form)));
    relative_difference(&trajectory(form), &trajectory(Form::Plain))
}

#[test]
fn the_three_forms_give_the_same_trajectory_with_epsilon_and_decay_on() {
    for run in [Run::AdamW, Run::AdamL2, Run::SgdL2] {
        for form in [Form::Multiplier, Form::TableNine] {
            let difference = difference(run, |mup| mup, form);
            println!("{run:?} {form}: {difference:.1e}");
            assert!(difference < SAME, "{run:?} {form}: {difference:e}");
        }
    }
}

#[test]
fn with_epsilon_unscaled_the_forms_differ() {
    for form in [Form::Multiplier, Form::TableNine] {
        let difference = difference(Run::AdamW, |mup| mup.with_epsilon(EpsilonRule::Unscaled), form);
        println!("epsilon unscaled, {form}: {difference:.1e}");
        assert!(difference > DIFFERENT, "{form}: {difference:e}");
    }
}

#[test]
fn with_decay_unscaled_the_forms_differ() {
    for run in [Run::AdamW, Run::SgdL2] {
        for form in [Form::Multiplier, Form::TableNine] {
            let difference = difference(run, |mup| mup.with_weight_decay(WeightDecay::KeepLambda), form);
            println!("decay unscaled, {run:?} {form}: {difference:.1e}");
            assert!(difference > DIFFERENT, "{run:?} {form}: {difference:e}");
        }
    }
}

#[test]
fn the_forms_trajectory_is_not_trivial() {
    let outputs = trajectory(Run::AdamW, Parametrization::mup());
    let (first, last) = (&outputs[..24], &outputs[outputs.len() - 24..]);
    assert!(relative_difference(last, first) > 0.1, "twenty steps move the outputs");
}
