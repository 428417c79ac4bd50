//! A small convolutional network that tells images of high contrast from others.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig, loss::CrossEntropyLossConfig};
use burn::prelude::*;
use burn::tensor::activation::relu;
use burn_mup::prelude::*;
use own_model::uniform;

const IMAGES: usize = 64;
const PIXELS: usize = 8 * 8;

#[derive(Module, Debug)]
struct Net {
    first: Conv2d,
    second: Conv2d,
    head: Linear,
}

#[derive(Clone)]
struct Images;

impl Family for Images {
    type Model = Net;
    type Batch = (Tensor<4>, Tensor<1, Int>);

    fn size(&self) -> Size {
        Size::new([("channels", 16)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
        let channels = size["channels"];
        let conv = |c_in, c_out| Conv2dConfig::new([c_in, c_out], [3, 3]).init(device);
        let head = LinearConfig::new(2 * channels, 2).init(device);
        Ok(Net { first: conv(1, channels), second: conv(channels, 2 * channels), head })
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let draw = |i| uniform(seed, part.step, i);
        let has_contrast = |image| draw(IMAGES * PIXELS + image) < 0.3;
        let pixel = |i| (draw(i) - 0.5) * if has_contrast(i / PIXELS) { 3.0 } else { 1.0 };
        // One label in ten is wrong, so that no run learns them all and ends at a loss of 0.
        let is_wrong = |image| draw(IMAGES * (PIXELS + 1) + image) < 0.1;
        let images = part.part_of(IMAGES)?;
        let pixels: Vec<f32> = (images.start * PIXELS..images.end * PIXELS).map(pixel).collect();
        let classes: Vec<i32> = images.map(|image| i32::from(has_contrast(image) != is_wrong(image))).collect();
        let pixels = Tensor::<1>::from_floats(pixels.as_slice(), device).reshape([-1, 1, 8, 8]);
        Ok((pixels, Tensor::from_ints(classes.as_slice(), device)))
    }

    fn training(&self) -> Training {
        Training::new(200, 2.0_f64.powi(-7)).with_max_norm(1.0)
    }

    fn loss(&self, net: &Net, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        let x = net.first.forward(x.clone());
        probe.observe("first", &x);
        let x = net.second.forward(relu(x));
        probe.observe("second", &x);
        let logits = net.head.forward(relu(x).mean_dims(&[2, 3]).flatten::<2>(1, 3));
        probe.observe_logits("logits", &logits);
        Ok(CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, y.clone()))
    }
}

fn main() -> std::process::ExitCode {
    burn_mup::main(Images)
}
