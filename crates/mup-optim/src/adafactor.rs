//! Adafactor: a second moment kept as the product of its rows and columns.

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, average, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// Adafactor with the plan's learning rates and weight decay, with parameter scaling
/// (`OptimizerId::ADAFACTOR_SCALED`, the default) or without (`OptimizerId::ADAFACTOR`).
///
/// For a tensor with plan factors `c` (rate), `d` (decay) and `e` (of the weight's size), and the rate `η` given to `step`:
///
/// ```text
/// v ← (1 − t^−r)·v + t^−r·(g² + ε₁)        averaged over rows and over columns; a vector keeps all of it
/// u = g/√v, divided by max(1, rms(u)/threshold)
/// w ← w·(1 − c·η·d·λ) − c·η · max(e·ε₂, rms(w))·u      (without scaling: − c·η·u)
/// ```
///
/// The cap of the rate at `1/√t` that PyTorch has, and Burn unless told, is not here: it ignores `c`. Give a schedule to
/// `step`.
///
/// # Reference
///
/// Shazeer & Stern, arXiv:1804.04235, Algorithms 4 and 5; `torch.optim.Adafactor`, `optax.adafactor`.
#[derive(Config, Debug, PartialEq)]
pub struct MupAdafactorConfig {
    /// Whether steps are relative to the size of the parameter.
    #[config(default = true)]
    pub scale_parameter: bool,
    /// Decay of the second moment: it forgets 1/t^r at step t.
    #[config(default = 0.8)]
    pub decay_rate: f64,
    /// The largest root mean square of an update, before the rate.
    #[config(default = 1.0)]
    pub clip_threshold: f64,
    /// ε₁, added to squared gradients.
    #[config(default = 1e-30)]
    pub epsilon_1: f64,
    /// ε₂, the least size of a parameter that is scaled to, at base width.
    #[config(default = 1e-3)]
    pub epsilon_2: f64,
    /// Decoupled weight decay λ, at base width.
    #[config(default = 0.0)]
    pub weight_decay: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupAdafactorConfig {
    fn id(&self) -> OptimizerId {
        if self.scale_parameter { OptimizerId::ADAFACTOR_SCALED } else { OptimizerId::ADAFACTOR }
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("Adafactor");
        check.positive("decay_rate", self.decay_rate)?;
        check.positive("clip_threshold", self.clip_threshold)?;
        check.positive("epsilon_1", self.epsilon_1)?;
        check.positive("epsilon_2", self.epsilon_2)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupAdafactorConfig {
    type Step = Adafactor;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> Adafactor {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        let (weight_decay, epsilon_2) = (lambda * row.weight_decay.value, self.epsilon_2 * row.epsilon.value);
        Adafactor { factored: row.dims.len() >= 2, config: Self { weight_decay, epsilon_2, ..self.clone() } }
    }
}

#[derive(Clone, Debug)]
pub struct Adafactor {
    /// With the plan's factors.
    config: MupAdafactorConfig,
    /// Whether it has rows and columns.
    factored: bool,
}

names!(FactorNames: Some("time"), ["second_moment"], ["column_second_moment"]);

impl Adafactor {
    /// The averages after step `time` and g/√v; a matrix is normalized by its rows first, whose quotients are of size 1.
    fn normalized<const D: usize>(
        &self,
        gradient: Tensor<D>,
        past: [Option<Tensor<D>>; 2],
        time: usize,
    ) -> ([Option<Tensor<D>>; 2], Tensor<D>) {
        let ([rows, columns], new) = (past, (time as f64).powf(-self.config.decay_rate));
        let square = gradient.clone().square() + self.config.epsilon_1;
        if !self.factored {
            let moment = average(rows, square, new);
            return ([Some(moment.clone()), None], gradient / moment.sqrt());
        }
        let rows = average(rows, square.clone().mean_dim(D - 1), new);
        let columns = average(columns, square.mean_dim(D - 2), new);
        let by_rows = gradient / (rows.clone() / rows.clone().mean_dim(D - 2)).sqrt();
        let update = by_rows / columns.clone().sqrt();
        ([Some(rows), Some(columns)], update)
    }
}

impl Step for Adafactor {
    type Names = FactorNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<FactorNames, D>>,
    ) -> (Tensor<D>, Memory<FactorNames, D>) {
        let MupAdafactorConfig { scale_parameter, clip_threshold, epsilon_2, weight_decay, .. } = self.config;
        let (time, past) = Memory::before(past);
        let (moments, update) = self.normalized(gradient, past, time + 1);
        let rms = |tensor: &Tensor<D>| tensor.clone().square().mean().sqrt().reshape([1; D]);
        let clipped = update.clone() / (rms(&update) / clip_threshold).clamp_min(1.0);
        let update = if scale_parameter { clipped * rms(&weight).clamp_min(epsilon_2) } else { clipped };
        let weight = weight * (1.0 - rate * weight_decay) - update * rate;
        (weight, Memory::new(time + 1, moments))
    }
}
