//! The README's model: three stock layers and a readout whose activation goes by any name.

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor, TensorData, activation::relu},
};
use mup_init::{InitSpec, initialize};
use mup_optim::MupAdamConfig;
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_verdict::coordinates::{Activations, CheckError, CoordCheck, Records, TrialError};

#[derive(Module, Debug)]
pub(crate) struct Net {
    first: Linear,
    middle: Linear,
    last: Linear,
}

/// How an activation is reported.
pub(crate) type Report = fn(&mut Activations, &str, &Tensor<2>);

/// How the readout's activation is reported.
#[derive(Clone, Copy)]
pub(crate) struct Readout {
    pub(crate) name: &'static str,
    pub(crate) report: Report,
}

pub(crate) const MARKED: Readout = Readout { name: "head", report: |seen, name, x| seen.observe_logits(name, x) };

impl Net {
    pub(crate) fn new(width: usize, device: &Device) -> Self {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        Self { first: linear(8, width), middle: linear(width, width), last: linear(width, 4) }
    }

    /// The plan of a width, and a model that follows it.
    pub(crate) fn planned(width: usize, seed: u64, device: &Device) -> Result<(Self, ScalingPlan), TrialError> {
        let [base, delta, target] = [32, 64, width].map(|width| Self::new(width, device));
        let shapes = mup_shapes::infer(&base, &delta, &target)?;
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAM)?;
        Ok((initialize(target, &plan, &InitSpec::default(), seed)?, plan))
    }

    pub(crate) fn loss(&self, readout: Readout, seen: &mut Activations) -> Tensor<1> {
        let x = self.first.forward(batch(&self.first.weight.device()));
        seen.observe("first", &x);
        let x = self.middle.forward(relu(x));
        seen.observe("middle", &x);
        let x = self.last.forward(relu(x));
        (readout.report)(seen, readout.name, &x);
        (x - 1.0).powf_scalar(2.0).mean()
    }

    /// All parameters, or all but the readout's, no longer take part in training.
    pub(crate) fn frozen(self, readout_too: bool) -> Self {
        let last = if readout_too { self.last.no_grad() } else { self.last };
        Self { first: self.first.no_grad(), middle: self.middle.no_grad(), last }
    }
}

pub(crate) fn batch(device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..16 * 8).map(|i| ((i * i + 3 * i) as f32).sin() * 1.4).collect();
    Tensor::from_data(TensorData::new(values, [16, 8]), device)
}

pub(crate) fn check() -> CoordCheck {
    CoordCheck::new([32, 64, 128, 256], 3, 4).expect("a valid check")
}

/// Trained by Adam in µP, with the readout reported as given.
pub(crate) fn trained(readout: Readout) -> Result<Records, CheckError> {
    let device = Device::flex().autodiff();
    check().run(|width, seed| {
        let (mut net, plan) = Net::planned(width, seed, &device)?;
        let mut optimizer = MupAdamConfig::new().init(&plan, &net)?;
        Ok(move |seen: &mut Activations| {
            let gradients = burn::optim::GradientsParams::from_grads(net.loss(readout, seen).backward(), &net);
            net = optimizer.step(0.01, net.clone(), gradients);
            Ok(())
        })
    })
}
