//! Muon: momentum, orthogonalized.

mod blocks;
mod newton_schulz;

pub use blocks::Blocks;
pub use newton_schulz::NewtonSchulz;

use burn::config::Config;
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan, ShapeFactor};
use mup_shapes::{Axis, PathPattern};

use crate::hyperparameters::{Check, decay};
use crate::memory::{Memory, average, names};
use crate::step::{Alone, Stackable, Step};
use crate::{OptimError, Planned};

/// Muon for the matrices of a plan (`OptimizerId::MUON`, `OptimizerId::MUON_MATCH_RMS`). Defaults are those of
/// `torch.optim.Muon`.
///
/// For a matrix with plan factors `c` (rate) and `d` (decay), and the rate `η` given to `step`:
///
/// ```text
/// b ← μ·b + (1 − μ)·g
/// w ← w·(1 − c·η·d·λ) − c·η·f·O        O: Newton–Schulz of b, or of μ·b + (1 − μ)·g with Nesterov
/// ```
///
/// The factor `f` of the shape is [`shape_factor`](Self::shape_factor), and the plan's `c` takes it into account. In and out
/// are the axes that the plan has for the matrix: in Burn's own Muon (0.22.1) they have changed places for a `Linear`, which
/// Burn stores as `[in, out]` and PyTorch as `[out, in]`.
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
    /// The factor of the shape: √max(1, out/in), PyTorch's `original`, or 0.2·√max(out, in), its `match_rms_adamw`, which
    /// makes updates of the size of AdamW's.
    #[config(default = "ShapeFactor::SqrtAspectAboveOne")]
    pub shape_factor: ShapeFactor,
    /// The type of the iteration.
    #[config(default = "NewtonSchulz::Single")]
    pub newton_schulz: NewtonSchulz,
    /// Steps of the iteration.
    #[config(default = 5)]
    pub iterations: usize,
    /// Parameters that hold several matrices side by side along their outputs; see [`in_blocks`](Self::in_blocks).
    #[config(default = "Vec::new()")]
    pub blocks: Vec<(PathPattern, Blocks)>,
    /// The least Frobenius norm by which is divided.
    #[config(default = 1e-7)]
    pub epsilon: f64,
    /// The schedule's largest rate, needed when the plan's weight decay is independent of it.
    pub peak_learning_rate: Option<f64>,
    /// Factor on the rate that is given to `step`.
    #[config(default = 1.0)]
    pub relative_rate: f64,
}

impl Planned for MupMuonConfig {
    fn id(&self) -> OptimizerId {
        match self.shape_factor {
            ShapeFactor::MatchRmsAdam => OptimizerId::MUON_MATCH_RMS,
            factor => OptimizerId::MUON.with_shape_factor(factor),
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
        Alone(self.of_row(plan, row))
    }
}

impl Stackable for MupMuonConfig {
    type Step = Muon;

    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> Muon {
        let lambda = decay(plan, self.weight_decay, self.peak_learning_rate, self.relative_rate);
        let [(_, fan_in), (base_out, fan_out)] = [Axis::In, Axis::Out].map(|axis| sizes(row, axis));
        let [base_blocks, blocks] = [base_out, fan_out].map(|outputs| self.blocks_of(row).count(outputs).unwrap_or(1));
        // Condition 1 (arXiv:2310.17813) wants of each block the norm √(its outputs/in); the plan's rate has the growth of
        // all outputs, of which the blocks' number is no part.
        let factor =
            self.shape_factor.value(fan_in as f64, fan_out as f64) * (base_blocks as f64 / blocks as f64).sqrt();
        let outputs_first = row.axes.as_slice().first() == Some(&Axis::Out);
        Muon { config: self.clone(), decay: lambda * row.weight_decay.value, factor, blocks, outputs_first }
    }
}

impl MupMuonConfig {
    /// Parameters that hold several matrices side by side along their outputs, each orthogonalized by itself:
    /// `Blocks::Count(3)` for a projection to queries, keys and values, `Blocks::Size(d_head)` for each head alone. The
    /// factor of the shape stays that of the whole parameter. The last pattern that matches decides.
    #[must_use]
    pub fn in_blocks(mut self, parameters: impl Into<PathPattern>, blocks: Blocks) -> Self {
        self.blocks.push((parameters.into(), blocks));
        self
    }

    fn blocks_of(&self, row: &PlanRow) -> Blocks {
        let matching = self.blocks.iter().rev().find(|(pattern, _)| pattern.matches(&row.path));
        matching.map_or(Blocks::Count(1), |(_, blocks)| *blocks)
    }

    fn check_blocks(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        let id = self.id();
        let rows: Vec<&PlanRow> = plan.rows().iter().filter(|row| plan.optimizer_of(row) == Some(&id)).collect();
        for (pattern, Blocks::Count(n) | Blocks::Size(n)) in &self.blocks {
            Check("Muon").positive("blocks", *n as f64)?;
            if !rows.iter().any(|row| pattern.matches(&row.path)) {
                return Err(OptimError::BlocksOfNothing { pattern: pattern.to_string() });
            }
        }
        for row in rows {
            let ((base, here), blocks) = (sizes(row, Axis::Out), self.blocks_of(row));
            for (outputs, of) in [(here, ""), (base, " at base width")] {
                if blocks.count(outputs).is_none() {
                    return Err(OptimError::Blocks { path: row.path.clone(), outputs, of, blocks });
                }
            }
        }
        Ok(())
    }
}

/// Sizes along an axis of a matrix, in the base model and here.
fn sizes(row: &PlanRow, wanted: Axis) -> (usize, usize) {
    let along = row.axes.as_slice().iter().zip(&row.dims).filter(|(axis, _)| **axis == wanted);
    along.fold((1, 1), |(base, here), (_, dim)| (base * dim.base_size(), here * dim.size()))
}

#[derive(Clone, Debug)]
pub struct Muon {
    config: MupMuonConfig,
    decay: f64,
    /// Of the shape and of the growth of the blocks' number.
    factor: f64,
    blocks: usize,
    /// Whether the matrix is stored as `[out, in]`.
    outputs_first: bool,
}

names!(BufferNames: None, ["buffer"], []);

impl Step for Muon {
    type Names = BufferNames;

    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<BufferNames, D>>,
    ) -> (Tensor<D>, Memory<BufferNames, D>) {
        let MupMuonConfig { momentum, nesterov, .. } = self.config;
        let (time, [before]) = Memory::before(past);
        let buffer = average(before, gradient.clone(), 1.0 - momentum);
        let direction = if nesterov { average(Some(gradient), buffer.clone(), momentum) } else { buffer.clone() };
        let weight = weight * (1.0 - rate * self.decay) - self.orthogonal(direction) * (rate * self.factor);
        (weight, Memory::new(time, [Some(buffer)]))
    }
}

impl Muon {
    /// The nearest matrix whose singular values are about 1, of each of the blocks along the outputs. Plans give Muon
    /// matrices alone.
    fn orthogonal<const D: usize>(&self, direction: Tensor<D>) -> Tensor<D> {
        let shape = direction.dims();
        let turned = |matrix: Tensor<2>| if self.outputs_first { matrix.transpose() } else { matrix };
        let matrix = turned(direction.reshape([shape[D - 2], shape[D - 1]]));
        let [rows, columns] = matrix.dims();
        let blocks: Tensor<3> = matrix.reshape([rows, self.blocks, columns / self.blocks]);
        let MupMuonConfig { newton_schulz, iterations, epsilon, .. } = self.config;
        let unit = newton_schulz.orthogonal(blocks.swap_dims(0, 1), iterations, epsilon);
        turned(unit.swap_dims(0, 1).reshape([rows, columns])).reshape(shape)
    }
}
