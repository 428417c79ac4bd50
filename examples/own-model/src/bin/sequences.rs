//! burn-nn's `TransformerEncoder`, unchanged, told to find the first token of a sequence.

use burn::nn::{loss::CrossEntropyLossConfig, transformer::*, *};
use burn::prelude::*;
use burn_mup::prelude::*;

const LENGTH: usize = 8;
const SYMBOLS: usize = 8;

#[derive(Module, Debug)]
struct Net {
    tokens: Embedding,
    positions: Embedding,
    encoder: TransformerEncoder,
    norm: LayerNorm,
    head: Linear,
}

#[derive(Clone)]
struct Sequences;

impl Family for Sequences {
    type Model = Net;
    type Batch = (Tensor<2, Int>, Tensor<1, Int>);

    fn size(&self) -> Size {
        Size::new([("width", 32), ("depth", 2)])
    }

    /// Heads grow in number: Burn's attention divides by √d_head, which is µP where their width stays.
    fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
        let width = size["width"];
        let encoder = TransformerEncoderConfig::new(width, 4 * width, width / 16, size["depth"]).with_dropout(0.0);
        let encoder = encoder.with_norm_first(true).init(device);
        let [tokens, positions] = [SYMBOLS, LENGTH].map(|n| EmbeddingConfig::new(n, width).init(device));
        let head = LinearConfig::new(width, SYMBOLS).init(device);
        Ok(Net { tokens, positions, encoder, norm: LayerNormConfig::new(width).init(device), head })
    }

    /// Where Burn's layers stand in a residual branch, for rules of depth such as complete-p.
    fn reader(&self) -> ShapeReader {
        ShapeReader::new().with_places(Places::burn())
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        // Squared, so that the classes are not balanced: equal ones cancel in the first step.
        let symbol = |i| (part.uniform(seed, i).powi(2) * SYMBOLS as f32) as i32;
        let rows = part.part_of(32)?;
        let symbols: Vec<i32> = (rows.start * LENGTH..rows.end * LENGTH).map(symbol).collect();
        let tokens = Tensor::<1, Int>::from_ints(symbols.as_slice(), device).reshape([rows.len(), LENGTH]);
        Ok((tokens.clone(), tokens.narrow(1, 0, 1).flatten(0, 1)))
    }

    fn loss(&self, net: &Net, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        let x = net.tokens.forward(x.clone()) + net.positions.weight.val().unsqueeze();
        probe.observe_stream("embedding", &x); // the residual stream: a check along depth compares its ends
        let x = net.encoder.forward(TransformerEncoderInput::new(x));
        probe.observe_stream("encoder", &x);
        let logits = net.head.forward(net.norm.forward(x).mean_dim(1).flatten::<2>(1, 2));
        probe.observe_logits("logits", &logits);
        Ok(CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, y.clone()))
    }
}

fn main() -> std::process::ExitCode {
    burn_mup::main(Sequences)
}
