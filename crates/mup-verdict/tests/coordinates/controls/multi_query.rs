//! Multi-query attention: heads of 16, whose number grows; one key and value head at every width.

use burn::{
    module::Module,
    nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig},
    tensor::{Device, Int, Tensor, TensorData, activation::softmax},
};
use mup_models::cross_entropy;
use mup_probe::Probe;
use mup_verdict::coordinates::Activations;

use super::family::Family;

const D_HEAD: usize = 16;
const VOCAB: usize = 20;
const TIME: usize = 12;

#[derive(Module, Debug)]
pub(crate) struct Block {
    norm: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
}

#[derive(Module, Debug)]
pub(crate) struct MultiQuery {
    embed: Embedding,
    blocks: Vec<Block>,
    norm: LayerNorm,
    readout: Linear,
}

impl Block {
    fn new(width: usize, device: &Device) -> Self {
        let linear = |d_out| LinearConfig::new(width, d_out).with_bias(false).init(device);
        Self {
            norm: LayerNormConfig::new(width).init(device),
            query: linear(width),
            key: linear(D_HEAD),
            value: linear(D_HEAD),
            output: linear(width),
        }
    }

    fn forward(&self, x: Tensor<3>, name: &str, seen: &mut Activations) -> Tensor<3> {
        let [batch, time, width] = x.dims();
        let z = self.norm.forward(x.clone());
        let (key, value) = (self.key.forward(z.clone()), self.value.forward(z.clone()));
        seen.observe(&format!("{name}.key"), &key);
        seen.observe(&format!("{name}.value"), &value);
        let query = self.query.forward(z).reshape([batch, time, width / D_HEAD, D_HEAD]).swap_dims(1, 2);
        let logits = query.matmul(key.unsqueeze_dim::<4>(1).swap_dims(2, 3)) / (D_HEAD as f64).sqrt();
        seen.observe_logits(&format!("{name}.attention_logits"), &logits);
        let mask = Tensor::<2>::ones([time, time], &x.device()).triu(1) * -1e4;
        let heads = softmax(logits + mask.unsqueeze(), 3).matmul(value.unsqueeze_dim::<4>(1));
        let x = x + self.output.forward(heads.swap_dims(1, 2).reshape([batch, time, width]));
        seen.observe(name, &x);
        x
    }
}

impl Family for MultiQuery {
    type Model = Self;

    fn at_width(width: usize, device: &Device) -> Self {
        Self {
            embed: EmbeddingConfig::new(VOCAB, width).init(device),
            blocks: (0..2).map(|_| Block::new(width, device)).collect(),
            norm: LayerNormConfig::new(width).init(device),
            readout: LinearConfig::new(width, VOCAB).with_bias(false).init(device),
        }
    }

    fn loss(model: &Self, seen: &mut Activations) -> Tensor<1> {
        let device = model.readout.weight.device();
        let tokens = |shift: i64| {
            let tokens: Vec<i64> =
                (0..4 * TIME as i64).map(|i| ((i + shift) * (i + shift) + 3 * (i + shift)) % 19).collect();
            Tensor::<2, Int>::from_data(TensorData::new(tokens, [4, TIME]), &device)
        };
        let mut x = model.embed.forward(tokens(0));
        for (i, block) in model.blocks.iter().enumerate() {
            x = block.forward(x, &format!("blocks.{i}"), seen);
        }
        let logits: Tensor<2> = model.readout.forward(model.norm.forward(x)).flatten(0, 1);
        seen.observe_logits("logits", &logits);
        cross_entropy(logits, tokens(1).flatten(0, 1))
    }
}
