//! Predicts the next value of a wave from the last eight: a residual net of one's own.
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::gelu;
use burn_mup::prelude::*;

#[derive(Module, Debug)]
struct Block {
    norm: LayerNorm,
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
struct Waves;

impl Family for Waves {
    type Model = Net;
    type Batch = (Tensor<2>, Tensor<2>);

    fn size(&self) -> Size {
        Size::new([("width", 32), ("depth", 2)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
        let width = size["width"];
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        let norm = || LayerNormConfig::new(width).init(device);
        let block = |_| Block { norm: norm(), up: linear(width, 4 * width), down: linear(4 * width, width) };
        Ok(Net { embed: linear(8, width), blocks: (0..size["depth"]).map(block).collect(), head: linear(width, 1) })
    }

    fn reader(&self) -> ShapeReader {
        ShapeReader::new()
            .place("blocks.*.norm.*", Place::Inside)
            .place("blocks.*.up.*", Place::Inside)
            .place("blocks.*.down.*", Place::Closing)
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        // Of a frequency and a phase that are the row's own.
        let wave =
            |row: usize, t: usize| (part.uniform(seed, row) * t as f32 + 6.3 * part.uniform(seed, 32 + row)).sin();
        let rows = part.part_of(32)?;
        let values: Vec<f32> = rows.clone().flat_map(|row| (0..9).map(move |t| wave(row, t))).collect();
        let values = Tensor::<1>::from_floats(values.as_slice(), device).reshape([rows.len(), 9]);
        Ok((values.clone().narrow(1, 0, 8), values.narrow(1, 8, 1)))
    }

    fn loss(&self, net: &Net, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        let mut x = net.embed.forward(x.clone());
        probe.observe_stream("embed", &x);
        for block in &net.blocks {
            x = x.clone() + block.down.forward(gelu(block.up.forward(block.norm.forward(x))));
        }
        probe.observe_stream("blocks", &x);
        let output = net.head.forward(x);
        probe.observe_logits("output", &output);
        Ok((output - y.clone()).square().mean())
    }
}

fn main() -> std::process::ExitCode {
    burn_mup::main(Waves)
}
