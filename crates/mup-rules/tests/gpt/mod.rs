//! The shapes of a relative-attention GPT, as mup-models' `Gpt` has them, without Burn.

use mup_shapes::{Axes, BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Places};

/// Sizes of one GPT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gpt {
    pub(crate) vocab: usize,
    pub(crate) n_layer: usize,
    pub(crate) d_model: usize,
    pub(crate) n_head: usize,
    pub(crate) d_head: usize,
    pub(crate) d_ffn: usize,
}

impl Gpt {
    /// Heads of a fixed size and a feed-forward block of four times the width.
    pub(crate) fn wide(n_layer: usize, d_model: usize, d_head: usize) -> Self {
        Self { vocab: 50_257, n_layer, d_model, n_head: d_model / d_head, d_head, d_ffn: 4 * d_model }
    }

    pub(crate) fn shapes(self) -> ModuleShapes {
        let mut params = Params(Vec::new());
        let (d, inner, ffn) = (self.d_model, self.n_head * self.d_head, self.d_ffn);
        params.add("token_embedding.weight", "Embedding", &[self.vocab, d], ParamSpec::weight());
        for idx in 0..self.n_layer {
            let block = format!("blocks.{idx}");
            params.norm(&format!("{block}.attention_norm"), d);
            for name in ["query", "value", "key"] {
                params.linear(&format!("{block}.attention.{name}"), d, inner, name != "key");
            }
            params.linear(&format!("{block}.attention.relative_key"), d, inner, false);
            for name in ["content_bias", "position_bias"] {
                let path = format!("{block}.attention.{name}");
                params.add(&path, "RelativeAttention", &[inner], ParamSpec::vector());
            }
            let logit_scale = ParamSpec::new(Axes::multiplier(), Kind::LogitScale);
            params.add(&format!("{block}.attention.logit_scale"), "RelativeAttention", &[self.d_head], logit_scale);
            params.linear(&format!("{block}.attention.output"), inner, d, true);
            params.norm(&format!("{block}.feed_forward_norm"), d);
            params.linear(&format!("{block}.feed_forward.up"), d, ffn, true);
            params.linear(&format!("{block}.feed_forward.down"), ffn, d, true);
        }
        params.norm("final_norm", d);
        params.add("readout.weight", "Readout", &[d, self.vocab], ParamSpec::weight().multiplied());
        params.add("readout.multiplier", "Readout", &[d], ParamSpec::new(Axes::multiplier(), Kind::Multiplier));
        ModuleShapes::new(params.0)
    }
}

/// Two branches in each block, closed by the attention's output and the second feed-forward map.
pub(crate) fn places() -> Places {
    Places::new().inside("blocks.**").closing("blocks.*.attention.output.*").closing("blocks.*.feed_forward.down.*")
}

pub(crate) fn infer(base: Gpt, delta: Gpt, target: Gpt) -> InfShapes {
    let base = BaseShapes::infer(&base.shapes(), &delta.shapes()).expect("base and delta fit together");
    base.apply(&target.shapes().placed(&places()).expect("the places match")).expect("the target fits the base")
}

struct Params(Vec<ParamShape>);

impl Params {
    fn add(&mut self, path: &str, layer: &str, dims: &[usize], spec: ParamSpec) {
        self.0.push(ParamShape::new(path, layer, dims, spec));
    }

    fn linear(&mut self, path: &str, d_in: usize, d_out: usize, bias: bool) {
        self.add(&format!("{path}.weight"), "Linear", &[d_in, d_out], ParamSpec::weight());
        if bias {
            self.add(&format!("{path}.bias"), "Linear", &[d_out], ParamSpec::bias());
        }
    }

    fn norm(&mut self, path: &str, d: usize) {
        self.add(&format!("{path}.gamma"), "LayerNorm", &[d], ParamSpec::gain());
        self.add(&format!("{path}.beta"), "LayerNorm", &[d], ParamSpec::bias());
    }
}
