//! Training in 16 bits with the weights kept in 32.

mod cast;
mod state;

pub use cast::cast_parameters;
pub(crate) use state::MASTER;
pub use state::MasterWeightsState;

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, FloatDType, Tensor};

use crate::half::is_half;

/// A Burn [`Optimizer`] that keeps an f32 copy of every 16-bit parameter, the master, and trains that.
///
/// A bf16 holds 8 bits: an update below 2⁻⁹ of a weight is rounded away, and late in training, or at the small rates
/// that µP gives to wide layers, that is most updates. Here gradients are widened, the inner optimizer keeps its state in
/// f32 and updates the master, and the parameter becomes the master rounded to its own type. A record holds the masters,
/// so a run resumes to the bit. The masters are read from the parameters at the first step: weights that are set between
/// two steps are overwritten by the next. Parameters of 32 and 64 bits are trained by the inner optimizer as they are.
///
/// For the optimizers of a plan it is [`MupOptimizer::with_master_weights`](crate::MupOptimizer::with_master_weights).
///
/// # Example
///
/// ```
/// use burn::{nn::LinearConfig, optim::{ModuleOptimizer, SgdConfig}, tensor::{Device, FloatDType}};
/// use mup_optim::{MasterWeights, cast_parameters};
///
/// let device = Device::flex().autodiff();
/// let model = cast_parameters(LinearConfig::new(4, 2).init(&device), FloatDType::BF16)?;
/// let optimizer: ModuleOptimizer = MasterWeights::new(SgdConfig::new().build()).into();
/// # Ok::<(), mup_optim::OptimError>(())
/// ```
///
/// # Reference
///
/// Micikevicius et al., "Mixed Precision Training", arXiv:1710.03740, section 3.1. Loss scaling (3.2) is for f16; a bf16
/// has the exponents of an f32.
#[derive(Clone, Debug)]
pub struct MasterWeights<O> {
    inner: O,
}

impl<O> MasterWeights<O> {
    /// `inner`, with its state and its weights in f32.
    pub fn new(inner: O) -> Self {
        Self { inner }
    }

    /// The optimizer that trains the masters.
    pub fn inner(&self) -> &O {
        &self.inner
    }
}

impl<O: Optimizer> Optimizer for MasterWeights<O> {
    type State<const D: usize> = MasterWeightsState<O, D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let dtype = tensor.dtype();
        let (past_master, past) = state.map_or((None, None), |state| (state.master, state.inner));
        if !is_half(dtype) {
            let (tensor, inner) = self.inner.step(lr, tensor, grad, past);
            return (tensor, Some(MasterWeightsState { master: None, inner }));
        }
        let master = past_master.unwrap_or_else(|| tensor.cast(FloatDType::F32));
        let (master, inner) = self.inner.step(lr, master, grad.cast(FloatDType::F32), past);
        (master.clone().cast(dtype), Some(MasterWeightsState { master: Some(master), inner }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}
