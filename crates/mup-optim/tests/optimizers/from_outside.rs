//! An optimizer of one's own, and one of Burn's, beside those of the crate: `Planned`, and nothing else.

use burn::optim::{LearningRate, LionConfig, ModuleOptimizer, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_optim::{MupOptimizer, OptimError, Planned};
use mup_rules::{OptimizerId, Parametrization, PlanRow, ScalingPlan, Update};

use crate::model::{Net, Values, gradients_of, random_values, shapes, values};

/// One of one's own, from outside the crate.
#[derive(Clone, Debug)]
pub(crate) struct Sign;

impl Optimizer for Sign {
    type State<const D: usize> = ();

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        _state: Option<()>,
    ) -> (Tensor<D>, Option<()>) {
        (weight - gradient.sign() * rate, Some(()))
    }

    fn to_device<const D: usize>((): (), _device: &Device) {}
}

impl Planned for Sign {
    fn id(&self) -> OptimizerId {
        OptimizerId::new("sign", Update::ENTRYWISE)
    }

    fn check(&self, _plan: &ScalingPlan) -> Result<(), OptimError> {
        Ok(())
    }

    fn update(&self, _plan: &ScalingPlan, _row: &PlanRow) -> impl Optimizer {
        self.clone()
    }
}

/// One of Burn's, with the plan's factor on λ.
struct BurnsLion(f64);

impl Planned for BurnsLion {
    fn id(&self) -> OptimizerId {
        OptimizerId::LION
    }

    fn check(&self, _plan: &ScalingPlan) -> Result<(), OptimError> {
        Ok(())
    }

    fn update(&self, _plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer {
        LionConfig::new().with_weight_decay((self.0 * row.weight_decay.value) as f32).build()
    }
}

fn one_step(optimizer: &mut ModuleOptimizer, net: &Net, rate: f64) -> Values {
    values(&optimizer.step(rate, net.clone(), gradients_of(net, &random_values(net))))
}

/// Both move every entry by exactly its tensor's rate, Lion after its decay.
#[test]
fn an_optimizer_of_burns_or_of_ones_own_trains_every_tensor_by_its_own_rate() {
    let (net, rate, lambda) = (Net::target(), 0.01, 0.5);
    let shapes = shapes();
    let plan = ScalingPlan::of(&shapes, Parametrization::mup()).default_optimizer(OptimizerId::LION);
    let plan = plan.optimizer("up.*", Sign.id()).build().unwrap();
    let mut optimizer = MupOptimizer::new(&plan, &net).with(BurnsLion(lambda)).with(Sign).build().unwrap();
    let (before, after) = (values(&net), one_step(&mut optimizer, &net, rate));
    for row in plan.rows() {
        let decay = if row.optimizer == "lion" { rate * lambda } else { 0.0 };
        for (before, after) in before[&row.path].iter().zip(&after[&row.path]) {
            // Weights below 1 are stored to 6e-8, and the step is their difference.
            let moved = f64::from((after - before * (1.0 - decay) as f32).abs());
            assert!((moved - rate * row.learning_rate.value).abs() < 1.5e-7, "{}: {moved}", row.path);
        }
    }
}
