//! A family of models: what only its author can say, and how one of its models is made and trained. It knows no concrete
//! model, no data set and no command line.

mod batches;
mod growth;
mod hyperparameters;
mod run;
mod size;

use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use mup_init::InitSpec;
use mup_optim::MupAdamWConfig;
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{InfShapes, ShapeReader};

use crate::{MicroBatch, Training, write_safetensors};
pub use batches::Batches;
pub use growth::Growth;
pub use hyperparameters::{INIT_SCALE, LEARNING_RATE};
pub use run::{FamilyRun, Started};
pub use size::{Size, SizeError};

/// An error of a family or a task, for example of a file that it reads.
pub type FamilyError = Box<dyn std::error::Error + Send + Sync>;

/// A model of every size, and what it is trained on: the few functions that only its author can write. Everything else
/// follows from them, and has a default.
///
/// Cloned into every thread that trains; large data belongs behind an [`Arc`](std::sync::Arc).
///
/// # Example
///
/// A regression on one fixed batch. The crate `mup-cli` makes a program of it.
///
/// ```
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::{Device, Tensor, activation::relu};
/// use burn::module::Module;
/// use mup_probe::Probe;
/// use mup_rules::Parametrization;
/// use mup_train::{Family, FamilyError, FamilyRun, Growth, MicroBatch, Size};
///
/// #[derive(Module, Debug)]
/// struct Net { first: Linear, last: Linear }
///
/// #[derive(Clone)]
/// struct Squares;
///
/// impl Family for Squares {
///     type Model = Net;
///     type Batch = [Tensor<2>; 2];
///
///     fn size(&self) -> Size {
///         Size::new([("width", 16)])
///     }
///
///     fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
///         let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
///         Ok(Net { first: linear(1, size["width"]), last: linear(size["width"], 1) })
///     }
///
///     fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
///         let x = Tensor::<2>::from_floats([[-1.0], [-0.5], [0.0], [0.5], [1.0]], device);
///         Ok([x.clone(), x.powf_scalar(2.0)])
///     }
///
///     fn loss(&self, net: &Net, [x, y]: &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
///         let hidden = net.first.forward(x.clone());
///         probe.observe("hidden", &hidden);
///         let output = net.last.forward(relu(hidden));
///         probe.observe_logits("output", &output);
///         Ok((output - y.clone()).powf_scalar(2.0).mean())
///     }
/// }
///
/// let growth = Growth::new(Squares.size(), ["width"], Parametrization::mup());
/// let run = FamilyRun::new(&Squares, growth.clone(), growth.at(64)?);
/// let curve = run.train(&Squares, &Device::flex(), |_| {}, || false)?.curve;
/// assert!(curve.losses.last() < curve.losses.first());
/// # Ok::<(), FamilyError>(())
/// ```
pub trait Family: Clone + Send + Sync + 'static {
    /// Any Burn module.
    type Model: Module;
    /// What a loss is computed from: inputs and targets, as tensors or not.
    type Batch: 'static;

    /// The size from which every command starts: the base, and the proxy, unless the command says otherwise.
    fn size(&self) -> Size;

    /// The model of a size, whose parameters are lazy: nothing is drawn or allocated here.
    ///
    /// # Errors
    ///
    /// A size that describes no model, such as a width that no head divides.
    fn model(&self, size: &Size, device: &Device) -> Result<Self::Model, FamilyError>;

    /// The part of the data that a step of a run reads, a pure function of seed and [`MicroBatch`]: draw from a generator
    /// seeded by both, read at a place that follows from both, or return the same batch whatever they are.
    ///
    /// # Errors
    ///
    /// Whatever keeps the data from being read; ends the run.
    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError>;

    /// The mean loss on a batch: all of what training minimizes, so the model's own loss where it has one, with whatever that
    /// adds to a cross-entropy. What is shown to the probe is what the coordinate check judges; training passes
    /// [`NoProbe`](mup_probe::NoProbe).
    ///
    /// # Errors
    ///
    /// Whatever keeps a loss from being computed; ends the run.
    fn loss(&self, model: &Self::Model, batch: &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError>;

    /// As tables and figures name it; the type's name, without its parameters, unless said otherwise.
    #[must_use]
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        let outer = path.split('<').next().unwrap_or(path);
        outer.rsplit("::").next().unwrap_or(outer).to_owned()
    }

    /// How the model of the base's size starts; a plan scales it, and the hyperparameter `init-scale` multiplies its
    /// [`scale_all`](InitSpec::scale_all).
    #[must_use]
    fn start(&self, _base: &Size) -> InitSpec {
        InitSpec::new()
    }

    /// What knows the layers of the model: Burn's, unless declared otherwise.
    #[must_use]
    fn reader(&self) -> ShapeReader {
        ShapeReader::new()
    }

    /// A size that differs from the base in everything that is infinite: what grows is doubled, and the first number with
    /// it, unless said otherwise. So a layer has one role whatever grows, and depth alone can.
    ///
    /// # Errors
    ///
    /// [`SizeError`], for a number that the size has not.
    fn delta(&self, base: &Size, grows: &[String]) -> Result<Size, SizeError> {
        let (delta, first) = (base.times(grows, 2)?, base.first()?);
        if grows.iter().any(|name| name == first) { Ok(delta) } else { delta.times(&[first], 2) }
    }

    /// What is prescribed under a parametrization: with AdamW, unless said otherwise. Here belong wishes
    /// ([`ScalingPlan::of`]) and rules that only this family needs; batch and horizon come on top, from [`Growth`].
    ///
    /// # Errors
    ///
    /// Those of a plan.
    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        Ok(ScalingPlan::new(shapes, parametrization, OptimizerId::ADAMW)?)
    }

    /// The optimizer of a plan: AdamW with its defaults, unless said otherwise. It names those of [`plan`](Self::plan). `peak`
    /// is the run's learning rate, which a decay that is independent of it has to know
    /// ([`ScalingPlan::peak_of_decay`]).
    ///
    /// # Errors
    ///
    /// Those of an optimizer.
    fn optimizer(&self, plan: &ScalingPlan, model: &Self::Model, peak: f64) -> Result<ModuleOptimizer, FamilyError> {
        Ok(MupAdamWConfig::new().with_peak_learning_rate(plan.peak_of_decay(peak)).init(plan, model)?)
    }

    /// Steps, base learning rate, schedule, clipping, micro batches: 100 steps at 2⁻⁷ with linear decay, unless said
    /// otherwise. Commands change steps and rate.
    #[must_use]
    fn training(&self) -> Training {
        Training::new(100, 2.0_f64.powi(-7))
    }

    /// Hyperparameters of the family's own by name, such as the multiplier of its logits, beside those that every family has:
    /// `learning-rate`, `init-scale`, and factors on the rates of a role's tensors, `rate-input`, `rate-hidden`, `rate-output`
    /// and `rate-vector`. They are what `--over` and a space can name. None unless said otherwise.
    fn hyperparameters(&mut self) -> Vec<(&'static str, &mut f64)> {
        Vec::new()
    }

    /// Validation loss of a model without autodiff and dropout: what models are compared by, a cross-entropy alone for example,
    /// without what [`loss`](Self::loss) adds to train by. None unless said otherwise.
    ///
    /// # Errors
    ///
    /// As [`loss`](Self::loss).
    fn evaluate(&self, _model: &Self::Model, _device: &Device) -> Result<Option<f64>, FamilyError> {
        Ok(None)
    }

    /// Tokens, or examples, of one batch, and so of a step unless it has several batches: 1 unless said otherwise, so that
    /// tokens count batches.
    #[must_use]
    fn tokens_per_step(&self) -> u64 {
        1
    }

    /// Floating-point operations of training on one token, forward and backward, for the cost of a study; unknown unless
    /// said.
    #[must_use]
    fn flops_per_token(&self, _size: &Size) -> Option<f64> {
        None
    }

    /// Something to read that a trained model made, such as a text, for records and reports; nothing unless said otherwise.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being made.
    fn sample(&self, _model: &Self::Model, _seed: u64) -> Result<Option<String>, FamilyError> {
        Ok(None)
    }

    /// Writes trained weights for other programs, and says what a reader must know: every parameter as safetensors, unless
    /// said otherwise. `fold` asks for a plain model, with every multiplier folded into the weights.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, a family that cannot be folded.
    fn export(&self, model: &Self::Model, path: &Path, fold: bool) -> Result<String, FamilyError> {
        check_plain(&self.name(), path, fold)?;
        Ok(write_safetensors(&model.valid(), path, &[])?.to_string())
    }

    /// Whether [`export`](Self::export) could write such a model there, asked before it is trained: of a lazy one, as
    /// [`model`](Self::model) makes it. Unless said otherwise it refuses what the default of that refuses: a folded form, and a
    /// folder in place of a file. So an [`export`](Self::export) that has either says so here.
    ///
    /// # Errors
    ///
    /// Those that [`export`](Self::export) would have after the training, in the same words.
    fn check_export(&self, _model: &Self::Model, path: &Path, fold: bool) -> Result<(), FamilyError> {
        check_plain(&self.name(), path, fold)
    }

    /// What decides the losses and no shape shows: the data, its order, constants of the model and of the optimizer. Runs
    /// that were made with another fingerprint are not taken for these.
    #[must_use]
    fn fingerprint(&self) -> String {
        String::new()
    }

    /// Loss of a model that makes no use of its input, such as the entropy of the classes: what a run that has become
    /// unstable falls back to. Reverse transfer asks for it; unknown unless said.
    ///
    /// # Errors
    ///
    /// Whatever keeps the data from being read.
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError> {
        Ok(None)
    }

    /// What differs between a base and a target, or between the sizes of a check, and has no rule that is known: a sentence
    /// each, which commands print as a warning. Nothing unless said otherwise.
    ///
    /// Of a decoder, `GptConfig::untested_changes` of `mup-models` says it.
    #[must_use]
    fn untested(&self, _base: &Size, _target: &Size) -> Vec<String> {
        Vec::new()
    }

    /// Activations, beside what is shown as logits, that may be small before training: patterns of names.
    #[must_use]
    fn transients(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Activations of which a check of few steps shows noise alone: reported, not judged. Patterns of names.
    #[must_use]
    fn unclaimed(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// What is written of a family that says nothing of exports: every parameter as it is, into a file.
fn check_plain(family: &str, path: &Path, fold: bool) -> Result<(), FamilyError> {
    if fold {
        let missing = "no folded form, a plain model with every multiplier in its weights";
        let remedy = "leave the folding out, or implement Family::export and, to say so, Family::check_export";
        return Err(format!("{family} has {missing}: {remedy}").into());
    }
    if path.is_dir() {
        return Err(format!("cannot write {}: it is a folder; name a file", path.display()).into());
    }
    Ok(())
}
