//! A small convolutional network that tells images of high contrast from others.

use burn::nn::{conv::*, loss::CrossEntropyLossConfig, *};
use burn::prelude::*;
use burn_mup::prelude::*;

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
        let contrast = |image| part.uniform(seed, IMAGES * PIXELS + image);
        let pixel = |i| (part.uniform(seed, i) - 0.5) * 3.0 * contrast(i / PIXELS);
        let images = part.part_of(IMAGES)?;
        let pixels: Vec<f32> = (images.start * PIXELS..images.end * PIXELS).map(pixel).collect();
        let classes: Vec<i32> = images.map(|image| i32::from(contrast(image) > 0.7)).collect();
        let pixels = Tensor::<1>::from_floats(pixels.as_slice(), device).reshape([-1, 1, 8, 8]);
        Ok((pixels, Tensor::from_ints(classes.as_slice(), device)))
    }

    fn loss(&self, net: &Net, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        let x = net.first.forward(x.clone());
        probe.observe("first", &x);
        let x = net.second.forward(Relu::new().forward(x));
        probe.observe("second", &x);
        let logits = net.head.forward(Relu::new().forward(x).mean_dims(&[2, 3]).flatten::<2>(1, 3));
        probe.observe_logits("logits", &logits);
        Ok(CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, y.clone()))
    }
}

fn main() -> std::process::ExitCode {
    burn_mup::main(Images)
}
