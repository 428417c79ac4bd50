//! The multilayer perceptron and the convolutional network.

use burn::tensor::{Device, Int, Tensor};
use mup_init::{Distribution, InitSpec, Nonlinearity};
use mup_models::{ConvNet, ConvNetConfig, Mlp, MlpConfig, cross_entropy};
use mup_probe::Probe;
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::{InfShapes, ShapeReader};
use mup_train::{Family, FamilyError, MicroBatch, Size};

use super::{
    data::{N_CLASSES, N_EXAMPLES, labels, noise},
    set_up::{READOUT, as_set_up},
};
use crate::{
    choices::Model,
    setup::{Setup, WIDTH},
};

const D_INPUT: usize = 32;
const IMAGE: [usize; 3] = [3, 8, 8];
/// Width at which all layers of the uneven perceptron are equally wide.
const EVEN: usize = 32;

/// An [`Mlp`] of three layers; the middle one grows like the square of the others, or stays twice as wide.
#[derive(Clone, Debug)]
pub(super) struct Perceptron(pub(super) Setup);

impl Family for Perceptron {
    type Model = Mlp;
    type Batch = (Tensor<2>, Tensor<1, Int>);

    as_set_up!();

    fn model(&self, size: &Size, device: &Device) -> Result<Mlp, FamilyError> {
        let width = size[WIDTH];
        let middle = if self.0.model == Model::MlpUneven { width * width / EVEN } else { 2 * width };
        Ok(MlpConfig::new(D_INPUT, vec![width, middle, width], N_CLASSES).init(device)?)
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        Ok((noise([N_EXAMPLES, D_INPUT], device), labels(D_INPUT, device)))
    }

    fn reader(&self) -> ShapeReader {
        self.0.reader(mup_models::shape_reader())
    }

    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        self.0.plan(shapes, parametrization)
    }

    /// Biases are reported too: their coordinates must be Θ(1) like any activation's, and behind the weights'
    /// change of the same preactivation nobody would see a bias that no longer moves.
    fn loss(
        &self,
        model: &Mlp,
        (inputs, targets): &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        for (name, layer) in [("input.bias", &model.input), ("hidden.0.bias", &model.hidden[0])] {
            layer.bias.iter().for_each(|bias| probe.observe(name, &bias.val()));
        }
        Ok(cross_entropy(model.forward_probed(inputs.clone(), probe), targets.clone()))
    }
}

/// A [`ConvNet`] whose second convolution has twice as many channels as the first.
#[derive(Clone, Debug)]
pub(super) struct Convolutions(pub(super) Setup);

impl Family for Convolutions {
    type Model = ConvNet;
    type Batch = (Tensor<4>, Tensor<1, Int>);

    as_set_up!();

    fn model(&self, size: &Size, device: &Device) -> Result<ConvNet, FamilyError> {
        let width = size[WIDTH];
        Ok(ConvNetConfig::new(IMAGE[0], [width, 2 * width], N_CLASSES).init(device)?)
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let [channels, height, width] = IMAGE;
        Ok((noise([N_EXAMPLES, channels, height, width], device), labels(channels * height * width, device)))
    }

    fn reader(&self) -> ShapeReader {
        self.0.reader(mup_models::shape_reader())
    }

    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        self.0.plan(shapes, parametrization)
    }

    fn loss(
        &self,
        model: &ConvNet,
        (images, targets): &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        Ok(cross_entropy(model.forward_probed(images.clone(), probe), targets.clone()))
    }
}

pub(super) fn start() -> InitSpec {
    InitSpec::new().weights(Distribution::kaiming_normal(Nonlinearity::Relu)).scale("readout.weight", READOUT)
}
