//! A small convolutional network: two convolutions, pooling and a readout.

use burn::config::Config;
use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Int, Tensor};

use crate::error::Check;
use crate::{ModelError, Readout, ReadoutConfig, cross_entropy};
use mup_probe::{NoProbe, Probe};

/// Sizes of a [`ConvNet`].
#[derive(Config, Debug, PartialEq)]
pub struct ConvNetConfig {
    /// Channels of an image, of any height and width of at least 2.
    pub channels_in: usize,
    /// Channels after each convolution.
    pub channels: [usize; 2],
    /// Number of classes.
    pub d_output: usize,
    /// Whether the layers have biases. Default: true.
    #[config(default = true)]
    pub bias: bool,
    /// Multiplier on the logits, a hyperparameter. Default: 1.
    #[config(default = 1.0)]
    pub alpha_output: f64,
}

/// Two 3×3 convolutions with ReLU, 2×2 average pooling between them, the mean over the image, and a [`Readout`].
///
/// A probe sees the preactivations `conv1` and `conv2`, the `pooled` features and `logits`.
#[derive(Module, Debug)]
pub struct ConvNet {
    /// First convolution.
    pub conv1: Conv2d,
    /// Second convolution.
    pub conv2: Conv2d,
    /// Last layer.
    pub readout: Readout,
}

impl ConvNetConfig {
    /// Builds the model without allocating its parameters.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes no model.
    pub fn init(&self, device: &Device) -> Result<ConvNet, ModelError> {
        let check = Check("ConvNetConfig");
        check.positive(&[("channels_in", self.channels_in), ("d_output", self.d_output)])?;
        check.widths("channels", &self.channels)?;
        check.finite(&[("alpha_output", self.alpha_output)])?;
        let [c1, c2] = self.channels;
        let conv = |c_in, c_out| {
            Conv2dConfig::new([c_in, c_out], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .with_bias(self.bias)
                .init(device)
        };
        Ok(ConvNet {
            conv1: conv(self.channels_in, c1),
            conv2: conv(c1, c2),
            readout: ReadoutConfig::new(c2, self.d_output)
                .with_bias(self.bias)
                .with_alpha_output(self.alpha_output)
                .init(device),
        })
    }
}

impl ConvNet {
    /// Logits `[batch, d_output]` of images `[batch, channels_in, height, width]`.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_probed(images, &mut NoProbe)
    }

    /// [`forward`](Self::forward), reporting activations.
    #[must_use]
    pub fn forward_probed(&self, images: Tensor<4>, probe: &mut impl Probe) -> Tensor<2> {
        let x = self.conv1.forward(images);
        probe.observe("conv1", &x);
        let x = self.conv2.forward(avg_pool2d(relu(x), AvgPoolOptions::new([2, 2])));
        probe.observe("conv2", &x);
        let [batch, channels, ..] = x.dims();
        let x = relu(x).reshape([batch as i32, channels as i32, -1]).mean_dim(2).reshape([batch, channels]);
        probe.observe("pooled", &x);
        let logits = self.readout.forward(x);
        probe.observe_logits("logits", &logits);
        logits
    }

    /// Mean cross-entropy of images against classes `[batch]`.
    #[must_use]
    pub fn loss(&self, images: Tensor<4>, targets: Tensor<1, Int>) -> Tensor<1> {
        cross_entropy(self.forward(images), targets)
    }
}
