//! K models of one shape as one: every parameter has a leading trial dimension, and every operation does the work of all.

use burn::tensor::{Int, Tensor};

use super::by_path::Values;
use super::one_shape::check_one_shape;
use super::{Gpt, GptConfig};
use crate::ModelError;
use crate::layers::Parameters;
use mup_probe::NoProbe;

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
pub type GptStack = Gpt<2, 3, 4>;

impl GptStack {
    /// The trials as one model, with their weights as they are now.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoTrials`]; [`ModelError::Shapes`] naming the first field or parameter in which a trial differs from
    /// the first one in shape; [`ModelError::StackedDropout`].
    pub fn new(trials: &[Gpt]) -> Result<Self, ModelError> {
        let configs = check_one_shape(trials)?;
        let values = Values::of_models(trials);
        let parameters = Parameters::of_trials(trials.len(), values.device());
        Ok(values.in_stack(Self::build(configs, &parameters)))
    }

    /// The trials as separate models, with their weights as they are now: to evaluate, sample, save or continue one
    /// alone.
    #[must_use]
    pub fn unstack(&self) -> Vec<Gpt> {
        let values = Values::of_stack(self, self.trials());
        let gpt = |config: &GptConfig| Gpt::build(vec![config.clone()], &Parameters::of_one(values.device()));
        self.configs.iter().enumerate().map(|(trial, config)| values.in_model(trial, gpt(config))).collect()
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
        self.logits(self.for_each(tokens), &mut NoProbe)
    }

    /// One batch for each trial.
    fn for_each(&self, tokens: Tensor<3, Int>) -> Tensor<3, Int> {
        let [for_trials, batch, time] = tokens.dims();
        let trials = self.trials();
        assert!(
            for_trials == 1 || for_trials == trials,
            "GptStack: tokens for {for_trials} trials, but there are {trials}; give each its own or one batch for all"
        );
        tokens.expand([trials, batch, time])
    }

    /// Each trial's loss of predicting `targets` from `tokens`, as [`Gpt::loss`], `[trials]`; both `[trials, batch, time]`,
    /// or `[1, batch, time]` for all trials.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), or if the shapes differ.
    #[must_use]
    pub fn loss(&self, tokens: Tensor<3, Int>, targets: Tensor<3, Int>) -> Tensor<1> {
        assert_eq!(tokens.dims(), targets.dims(), "GptStack: one target for each token");
        self.losses(self.for_each(tokens), self.for_each(targets), &mut NoProbe)
    }
}
