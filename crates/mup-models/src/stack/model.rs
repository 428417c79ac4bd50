//! The forward pass and the losses of K models.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::block::BlockStack;
use super::norm::LayerNormStack;
use super::one_shape::check_one_shape;
use super::readout::{ReadoutStack, TiedReadoutStack};
use super::trials::{EmbeddingStack, each, each_optional, multiply_each};
use crate::layers::sinusoids;
use crate::loss::widened;
use crate::{Gpt, GptConfig, ModelError, Positions};

/// K trials of one shape, trained as one model.
///
/// Every parameter is that of [`Gpt`] under the same path, with a leading trial dimension. The trials may differ in
/// everything but their shape: weights, seeds, forward multipliers and every α. A tiny proxy leaves most of a machine
/// idle, and K of them at once do not; each trains as it would alone, up to the order in which sums are rounded. There is
/// no dropout: its masks could not be those of the trial alone.
///
/// The sum of the K losses has each trial's own gradient, so one backward pass serves all, and a trial that diverges
/// stays alone with its NaN.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use mup_models::{GptConfig, GptStack};
///
/// let device = Device::flex().autodiff();
/// let trial = |alpha| GptConfig::new(13, 8, 2, 8, 2, 4, 16).with_alpha_output(alpha).init(&device);
/// let stack = GptStack::new(&[trial(0.5)?, trial(1.0)?, trial(2.0)?])?;
/// let tokens = Tensor::<3, Int>::zeros([1, 4, 8], &device); // one batch for all trials
/// let losses = stack.loss(tokens.clone(), tokens);
/// assert_eq!(losses.dims(), [3]);
/// let gradients = losses.sum().backward();
/// let trials = stack.unstack();
/// # Ok::<(), mup_models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct GptStack {
    token_embedding: EmbeddingStack,
    position_embedding: Option<EmbeddingStack>,
    blocks: Vec<BlockStack>,
    final_norm: LayerNormStack,
    readout: Option<ReadoutStack>,
    tied_readout: Option<TiedReadoutStack>,
    #[module(skip)]
    pub(super) configs: Vec<GptConfig>,
    alpha_embedding: Vec<f64>,
    alpha_relative: Vec<f64>,
}

impl GptStack {
    /// The trials as one model, with their weights as they are now.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoTrials`]; [`ModelError::Shapes`] naming the first field or parameter in which a trial differs from
    /// the first one in shape; [`ModelError::StackedDropout`].
    pub fn new(trials: &[Gpt]) -> Result<Self, ModelError> {
        let configs = check_one_shape(trials)?;
        let trials: Vec<&Gpt> = trials.iter().collect();
        let block = |i: usize| BlockStack::new(&each(&trials, |trial| &trial.blocks[i]));
        let positions = each_optional(&trials, |trial| trial.position_embedding.as_ref());
        let readouts = each_optional(&trials, |trial| trial.readout.as_ref());
        let tied_readouts = each_optional(&trials, |trial| trial.tied_readout.as_ref());
        Ok(Self {
            token_embedding: EmbeddingStack::new(&each(&trials, |trial| &trial.token_embedding)),
            position_embedding: positions.map(|tables| EmbeddingStack::new(&tables)),
            blocks: (0..trials[0].blocks.len()).map(block).collect(),
            final_norm: LayerNormStack::new(&each(&trials, |trial| &trial.final_norm)),
            readout: readouts.map(|readouts| ReadoutStack::new(&readouts)),
            tied_readout: tied_readouts.map(|readouts| TiedReadoutStack::new(&readouts)),
            alpha_embedding: configs.iter().map(|config| config.alpha_embedding).collect(),
            alpha_relative: configs.iter().map(|config| config.alpha_relative).collect(),
            configs,
        })
    }

    /// Number of trials K.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.configs.len()
    }

    /// Logits `[trials, batch, time, vocab]` of tokens `[trials, batch, time]`, or `[1, batch, time]` for all trials.
    ///
    /// # Panics
    ///
    /// Panics if there are no tokens, more than the context, or tokens for another number of trials.
    #[must_use]
    pub fn forward(&self, tokens: Tensor<3, Int>) -> Tensor<4> {
        let [for_trials, batch, time] = tokens.dims();
        let (trials, context) = (self.trials(), self.configs[0].context);
        assert!(
            for_trials == 1 || for_trials == trials,
            "GptStack: tokens for {for_trials} trials, but there are {trials}; give each its own or one batch for all"
        );
        assert!(
            (1..=context).contains(&time),
            "GptStack: {time} tokens, but the context is {context} and 1 is the least"
        );
        let x = self.embed(tokens.expand([trials, batch, time]));
        let sinusoids = self.sinusoids(&x);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x, sinusoids.as_ref()));
        self.read_out(self.final_norm.forward(x))
    }

    /// Each trial's mean cross-entropy of predicting `targets` from `tokens`, `[trials]`; both `[trials, batch, time]`,
    /// or `[1, batch, time]` for all trials.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), or if the shapes differ.
    #[must_use]
    pub fn loss(&self, tokens: Tensor<3, Int>, targets: Tensor<3, Int>) -> Tensor<1> {
        assert_eq!(tokens.dims(), targets.dims(), "GptStack: one target for each token");
        let [_, batch, time] = tokens.dims();
        let targets: Tensor<2, Int> = targets.expand([self.trials(), batch, time]).flatten(1, 2);
        let logits: Tensor<3> = self.forward(tokens).flatten(1, 2);
        mup_kernels::cross_entropy(widened(logits), targets)
    }

    /// `[trials, batch, time]` to `[trials, batch, time, d_model]`.
    fn embed(&self, tokens: Tensor<3, Int>) -> Tensor<4> {
        let [_, _, time] = tokens.dims();
        let x = mup_kernels::embedding(self.token_embedding.weight.val(), tokens);
        let x = match &self.position_embedding {
            Some(positions) => x + positions.weight.val().narrow(1, 0, time).unsqueeze_dim(1),
            None => x,
        };
        multiply_each(x, &self.alpha_embedding)
    }

    /// The sinusoids of relative positions, times each trial's α, `[trials, time + 1, d_model]`.
    fn sinusoids(&self, x: &Tensor<4>) -> Option<Tensor<3>> {
        let [trials, _, time, d_model] = x.dims();
        let relative = self.configs[0].positions == Positions::Relative;
        relative.then(|| {
            let sinusoids = sinusoids(time, d_model, 1.0, &x.device(), x.dtype());
            multiply_each(sinusoids.unsqueeze::<3>().expand([trials, time + 1, d_model]), &self.alpha_relative)
        })
    }

    fn read_out(&self, x: Tensor<4>) -> Tensor<4> {
        match (&self.readout, &self.tied_readout) {
            (Some(readout), _) => readout.forward(x),
            (None, Some(tied)) => tied.forward(x, self.token_embedding.weight.val()),
            (None, None) => unreachable!("GptConfig::init builds one of the two readouts"),
        }
    }
}
