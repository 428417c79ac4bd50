//! Stands in for a reader's own program where the test of the book runs its commands: so small that every one of them
//! ends in seconds as it is written. One to begin from: examples/own-model.

use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::relu;
use burn_mup::prelude::*;

#[derive(Module, Debug)]
struct Block {
    up: Linear,
    down: Linear,
}

#[derive(Module, Debug)]
struct Net {
    embed: Linear,
    blocks: Vec<Block>,
    head: Linear,
}

#[derive(Clone)]
struct Yours;

impl Family for Yours {
    type Model = Net;
    type Batch = [Tensor<2>; 2];

    fn size(&self) -> Size {
        Size::new([("width", 64), ("depth", 2)])
    }

    /// Narrow inside of its blocks, so that a width of 1024 takes milliseconds.
    fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
        let (width, inner) = (size["width"], size["width"] / 16);
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        let block = |_| Block { up: linear(width, inner), down: linear(inner, width) };
        Ok(Net { embed: linear(4, width), blocks: (0..size["depth"]).map(block).collect(), head: linear(width, 1) })
    }

    fn reader(&self) -> ShapeReader {
        ShapeReader::new().place("blocks.*.up.*", Place::Inside).place("blocks.*.down.*", Place::Closing)
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let rows = part.part_of(16)?;
        let numbers: Vec<f32> = (4 * rows.start..4 * rows.end).map(|i| part.uniform(seed, i)).collect();
        let x = Tensor::<1>::from_floats(numbers.as_slice(), device).reshape([rows.len(), 4]);
        Ok([x.clone(), x.sum_dim(1).sin()])
    }

    fn loss(&self, net: &Net, [x, y]: &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        let mut x = net.embed.forward(x.clone());
        probe.observe_stream("embed", &x);
        for block in &net.blocks {
            x = x.clone() + block.down.forward(relu(block.up.forward(x)));
        }
        probe.observe_stream("blocks", &x);
        let output = net.head.forward(x);
        probe.observe_logits("output", &output);
        Ok((output - y.clone()).square().mean())
    }

    /// A quarter of what is usual, and a multiple of the batches that the book lets grow.
    fn training(&self) -> Training {
        Training::new(24, 2.0_f64.powi(-7))
    }
}

fn main() -> std::process::ExitCode {
    burn_mup::main(Yours)
}
