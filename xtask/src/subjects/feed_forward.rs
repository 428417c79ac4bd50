//! The multilayer perceptron and the convolutional network.

use burn::tensor::{Device, Int, Tensor};
use mup_init::{Distribution, InitSpec, Nonlinearity};
use mup_models::{ConvNet, ConvNetConfig, Mlp, MlpConfig, Probe, cross_entropy};
use mup_verdict::coordinates::{Activations, TrialError};

use super::{
    Family, READOUT,
    data::{N_CLASSES, N_EXAMPLES, labels, noise},
};

const D_INPUT: usize = 32;
const IMAGE: [usize; 3] = [3, 8, 8];
/// Width at which all layers of the uneven perceptron are equally wide.
const EVEN: usize = 32;

/// An [`Mlp`] of three layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perceptron {
    /// Whether the middle layer grows like the square of the others, instead of staying twice as wide.
    pub(super) uneven: bool,
}

impl Family for Perceptron {
    type Model = Mlp;
    type Batch = (Tensor<2>, Tensor<1, Int>);

    fn at_width(&self, width: usize, device: &Device) -> Result<Mlp, TrialError> {
        let middle = if self.uneven { width * width / EVEN } else { 2 * width };
        Ok(MlpConfig::new(D_INPUT, vec![width, middle, width], N_CLASSES).init(device)?)
    }

    fn batch(&self, device: &Device) -> Self::Batch {
        (noise([N_EXAMPLES, D_INPUT], device), labels(D_INPUT, device))
    }

    fn start(&self) -> InitSpec {
        start()
    }

    /// Biases are reported too: their coordinates must be Θ(1) like any activation's, and behind the weights'
    /// change of the same preactivation nobody would see a bias that no longer moves.
    fn loss_observed(&self, model: &Mlp, (inputs, targets): &Self::Batch, seen: &mut Activations) -> Tensor<1> {
        for (name, layer) in [("input.bias", &model.input), ("hidden.0.bias", &model.hidden[0])] {
            layer.bias.iter().for_each(|bias| seen.observe(name, &bias.val()));
        }
        cross_entropy(model.forward_probed(inputs.clone(), seen), targets.clone())
    }
}

/// A [`ConvNet`] whose second convolution has twice as many channels as the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolutions;

impl Family for Convolutions {
    type Model = ConvNet;
    type Batch = (Tensor<4>, Tensor<1, Int>);

    fn at_width(&self, width: usize, device: &Device) -> Result<ConvNet, TrialError> {
        Ok(ConvNetConfig::new(IMAGE[0], [width, 2 * width], N_CLASSES).init(device)?)
    }

    fn batch(&self, device: &Device) -> Self::Batch {
        let [channels, height, width] = IMAGE;
        (noise([N_EXAMPLES, channels, height, width], device), labels(channels * height * width, device))
    }

    fn start(&self) -> InitSpec {
        start()
    }

    fn loss_observed(&self, model: &ConvNet, (images, targets): &Self::Batch, seen: &mut Activations) -> Tensor<1> {
        cross_entropy(model.forward_probed(images.clone(), seen), targets.clone())
    }
}

fn start() -> InitSpec {
    InitSpec::new().weights(Distribution::kaiming_normal(Nonlinearity::Relu)).scale("readout.weight", READOUT)
}
