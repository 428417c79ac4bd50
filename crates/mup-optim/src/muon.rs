//! Muon: momentum, orthogonalized.

use burn::config::Config;
use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, FloatDType, Tensor};
use mup_rules::{OptimizerId, PlanRow, ScalingPlan, ShapeFactor};
use mup_shapes::{Dim, PathPattern};
use serde::{Deserialize, Serialize};

use crate::half::widened;
use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, average, names};
use crate::{OptimError, Planned};

/// Muon for the matrices of a plan (`OptimizerId::MUON`, `OptimizerId::MUON_MATCH_RMS`). Defaults are those of
/// `torch.optim.Muon`.
///
/// For a matrix `[in, out]` with plan factors `c` (rate) and `d` (decay), and the rate `η` given to `step`:
///
/// ```text
/// b ← μ·b + (1 − μ)·g
/// w ← w·(1 − c·η·d·λ) − c·η·f·O        O: Newton–Schulz of b, or of μ·b + (1 − μ)·g with Nesterov
/// ```
///
/// The factor `f` of the shape is [`AdjustRate`]'s, and the plan's `c` takes it into account. It is computed for Burn's
/// layout: in Burn's own Muon (0.22.1) out and in have changed places, since PyTorch's layout is `[out, in]`.
///
/// The base rate differs from AdamW's, beside which Muon is used: give it by `relative_rate`.
///
/// # Reference
///
/// Jordan et al., <https://kellerjordan.github.io/posts/muon>; Moonlight, arXiv:2502.16982; `torch/optim/_muon.py`,
/// PyTorch 2.15.
#[derive(Config, Debug, PartialEq)]
pub struct MupMuonConfig {
    /// Momentum μ.
    #[config(default = 0.95)]
    pub momentum: f64,
    /// Nesterov's form of momentum.
    #[config(default = true)]
    pub nesterov: bool,
    /// Decoupled weight decay λ, at base width. It decays by the rate without the factor of the shape.
    #[config(default = 0.1)]
    pub weight_decay: f64,
    /// The factor of the shape.
    #[config(default = "AdjustRate::Original")]
    pub adjust_rate: AdjustRate,
    /// The type of the iteration.
    #[config(default = "NewtonSchulz::Single")]
    pub newton_schulz: NewtonSchulz,
    /// Steps of the iteration.
    #[config(default = 5)]
    pub iterations: usize,
    /// Parameters that hold several matrices side by side along their outputs, and how many; see
    /// [`blocks`](Self::blocks).
    #[config(default = "Vec::new()")]
    pub blocks: Vec<(PathPattern, usize)>,
    /// The least Frobenius norm by which is divided.
    #[config(default = 1e-7)]
    pub epsilon: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

/// The factor by which Muon multiplies the rate of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdjustRate {
    /// √max(1, out/in), PyTorch's `original`.
    Original,
    /// 0.2·√max(out, in), PyTorch's `match_rms_adamw`: updates of the size of AdamW's.
    MatchRms,
}

/// The type in which a matrix is orthogonalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewtonSchulz {
    /// The parameter's, f32 at least.
    Single,
    /// bf16, as in PyTorch: faster on a GPU, and enough.
    BF16,
}

impl Planned for MupMuonConfig {
    fn id(&self) -> OptimizerId {
        match self.adjust_rate {
            AdjustRate::Original => OptimizerId::MUON,
            AdjustRate::MatchRms => OptimizerId::MUON_MATCH_RMS,
        }
    }

    fn relative_rate(&self) -> f64 {
        self.relative_rate
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let check = Check("Muon");
        check.coefficient("momentum", self.momentum)?;
        check.nesterov(self.nesterov, self.momentum)?;
        check.positive("epsilon", self.epsilon)?;
        check.positive("iterations", self.iterations as f64)?;
        self.check_blocks(plan)?;
        check.decay(plan, self.weight_decay, self.peak_learning_rate)
    }

    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        let (decay, blocks) = (lambda * row.weight_decay.value, self.blocks_of(&row.path));
        Muon { config: self.clone(), decay, blocks, factor: self.id().shape_factor }
    }
}

impl MupMuonConfig {
    /// Parameters that hold `n` matrices side by side along their outputs, each orthogonalized by itself: 3 for a
    /// projection to queries, keys and values, the number of heads for each head alone. The factor of the shape stays that
    /// of the whole parameter.
    #[must_use]
    pub fn blocks(mut self, parameters: impl Into<PathPattern>, n: usize) -> Self {
        self.blocks.push((parameters.into(), n));
        self
    }

    /// The last that matches decides.
    fn blocks_of(&self, path: &str) -> usize {
        self.blocks.iter().rev().find(|(pattern, _)| pattern.matches(path)).map_or(1, |(_, n)| *n)
    }

    fn check_blocks(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let id = self.id();
        let rows: Vec<&PlanRow> = plan.rows().iter().filter(|row| plan.optimizer_of(row) == Some(&id)).collect();
        for (pattern, n) in &self.blocks {
            Check("Muon").positive("blocks", *n as f64)?;
            if !rows.iter().any(|row| pattern.matches(&row.path)) {
                return Err(OptimError::BlocksOfNothing { pattern: pattern.to_string() });
            }
        }
        for row in rows {
            let (outputs, blocks) = (row.dims.last().map_or(0, |dim: &Dim| dim.size()), self.blocks_of(&row.path));
            if !outputs.is_multiple_of(blocks) {
                return Err(OptimError::Blocks { path: row.path.clone(), outputs, blocks });
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Muon {
    config: MupMuonConfig,
    decay: f64,
    blocks: usize,
    factor: ShapeFactor,
}

names!(BufferNames: None, ["buffer"], []);

impl Optimizer for Muon {
    type State<const D: usize> = Memory<BufferNames, D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let MupMuonConfig { momentum, nesterov, .. } = self.config;
        let (time, [before]) = Memory::before(state);
        let buffer = average(before, gradient.clone(), 1.0 - momentum);
        let direction = if nesterov { average(Some(gradient), buffer.clone(), momentum) } else { buffer.clone() };
        let [fan_in, fan_out] = [weight.dims()[D - 2], weight.dims()[D - 1]].map(|size| size as f64);
        let step = rate * self.factor.value(fan_in, fan_out);
        let weight = weight * (1.0 - rate * self.decay) - self.orthogonal(direction) * step;
        (weight, Some(Memory::new(time, [Some(buffer)])))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}

/// a, b and c of the quintic, chosen for the steepest slope at 0.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

impl Muon {
    /// The nearest matrix whose singular values are about 1, of each of the blocks along the last axis.
    fn orthogonal<const D: usize>(&self, matrix: Tensor<D>) -> Tensor<D> {
        let (shape, dtype) = (matrix.dims(), matrix.dtype());
        let [rows, columns] = [shape[D - 2], shape[D - 1] / self.blocks];
        let matrix = match self.config.newton_schulz {
            NewtonSchulz::BF16 => matrix.cast(FloatDType::BF16),
            NewtonSchulz::Single => widened(matrix),
        };
        let experts: usize = shape[..D - 2].iter().product();
        let blocks: Tensor<4> = matrix.reshape([experts, rows, self.blocks, columns]);
        let unit = self.newton_schulz(blocks.swap_dims(1, 2), rows > columns);
        unit.swap_dims(1, 2).reshape(shape).cast(dtype)
    }

    /// Batched; the matrix of the products is the smaller one.
    fn newton_schulz(&self, x: Tensor<4>, tall: bool) -> Tensor<4> {
        let [a, b, c] = QUINTIC;
        let x = if tall { x.transpose() } else { x };
        let norm = x.clone().square().sum_dim(3).sum_dim(2).sqrt().clamp_min(self.config.epsilon);
        let mut x = x / norm;
        for _ in 0..self.config.iterations {
            let gram = x.clone().matmul(x.clone().transpose());
            let update = gram.clone() * b + gram.clone().matmul(gram) * c;
            x = x.clone() * a + update.matmul(x);
        }
        if tall { x.transpose() } else { x }
    }
}
