//! Text generation with a cache of keys and values.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};

use super::{Gpt, Sampler};
use crate::layers::LayerCache;
use crate::{AttentionFrame, ModelError};

/// Logits of a growing sequence, computing only what is new; equal to those of [`Gpt::forward`] in evaluation.
///
/// Always evaluates (no dropout, no gradients), also when built from a model in training.
#[derive(Debug)]
pub struct Generator {
    model: Gpt,
    empty: Vec<LayerCache>,
    layers: Vec<LayerCache>,
    length: usize,
}

impl Generator {
    /// An empty sequence. Shares the weights of the model.
    #[must_use]
    pub fn new(model: &Gpt) -> Self {
        let model = model.valid();
        let weight = model.token_embedding.weight.val();
        let frame = model.frame(1, model.context(), &weight.device(), weight.dtype());
        let empty: Vec<LayerCache> = model.blocks.iter().map(|block| block.attention.cache(&frame)).collect();
        Self { model, layers: empty.clone(), empty, length: 0 }
    }

    /// Adds tokens `[batch, time]` to the sequence and returns their logits `[batch, time, vocab]`.
    ///
    /// # Errors
    ///
    /// [`ModelError::ContextFull`] if they do not fit the context, [`ModelError::EmptyPrompt`] if there are none. The
    /// sequence is unchanged then.
    ///
    /// # Panics
    ///
    /// Panics if the batch differs from that of earlier tokens.
    pub fn feed(&mut self, tokens: Tensor<2, Int>) -> Result<Tensor<3>, ModelError> {
        let [_, fed] = tokens.dims();
        let (cached, context) = (self.length, self.model.context());
        if fed == 0 {
            return Err(ModelError::EmptyPrompt);
        }
        if cached + fed > context {
            return Err(ModelError::ContextFull { cached, fed, context });
        }
        let mut x = self.model.embed(tokens, cached);
        let frame = AttentionFrame::new(fed, cached + fed, &x.device(), x.dtype());
        for (block, cache) in self.model.blocks.iter().zip(&mut self.layers) {
            x = block.forward_cached(x, &frame, cache);
        }
        self.length += fed;
        Ok(self.model.capped(self.model.read_out(self.model.final_norm.forward(x))))
    }

    /// Number of tokens fed since the start.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was fed since the start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets the sequence.
    pub fn clear(&mut self) {
        self.layers.clone_from(&self.empty);
        self.length = 0;
    }

    fn feed_slice(&mut self, tokens: &[usize]) -> Result<Vec<f64>, ModelError> {
        let device = self.model.token_embedding.weight.val().device();
        let indices: Vec<i64> = tokens.iter().map(|token| *token as i64).collect();
        let logits = self.feed(Tensor::from_data(TensorData::new(indices, [1, tokens.len()]), &device))?;
        Ok(logits.narrow(1, tokens.len() - 1, 1).to_data().iter::<f64>().collect())
    }
}

impl Gpt {
    /// Continues the prompt by `count` tokens, which are returned without the prompt.
    ///
    /// The model sees at most its context: of a longer prompt the last `context` tokens, and whenever the context is
    /// full, it is started again from its second half, since cached keys hold what earlier tokens contributed and
    /// cannot lose a token.
    ///
    /// # Errors
    ///
    /// [`ModelError::EmptyPrompt`], [`ModelError::Token`] for a token outside the vocabulary, or
    /// [`ModelError::NoFiniteLogit`] for a diverged model.
    pub fn generate(&self, prompt: &[usize], count: usize, sampler: &mut Sampler) -> Result<Vec<usize>, ModelError> {
        if prompt.is_empty() {
            return Err(ModelError::EmptyPrompt);
        }
        let (vocab, context) = (self.vocab(), self.context());
        if let Some(&token) = prompt.iter().find(|token| **token >= vocab) {
            return Err(ModelError::Token { token, vocab });
        }
        let mut generator = Generator::new(self);
        let mut text = prompt.to_vec();
        let mut fed = text.len() - text.len().min(context);
        while text.len() < prompt.len() + count {
            if generator.len() == context {
                generator.clear();
                fed = text.len() - context.div_ceil(2);
            }
            let logits = generator.feed_slice(&text[fed..])?;
            fed = text.len();
            text.push(sampler.sample(&logits)?);
        }
        Ok(text.split_off(prompt.len()))
    }
}
