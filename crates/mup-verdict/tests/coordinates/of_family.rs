//! A family's trial is the closure that its author would write.

use burn::{
    optim::GradientsParams,
    tensor::{Device, Int, Tensor},
};
use mup_init::{InitSpec, initialize};
use mup_models::{Mlp, MlpConfig, cross_entropy, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{PathPattern, ShapeReader};
use mup_train::{Family, FamilyError, FamilyRun, Growth, LEARNING_RATE, MicroBatch, Size};
use mup_verdict::coordinates::{Activations, CoordCheck, Criteria, trial_of};

#[derive(Clone)]
struct Perceptron;

fn mlp(width: usize, device: &Device) -> Mlp {
    MlpConfig::new(4, vec![width, width], 3).init(device).expect("positive sizes")
}

fn batch(device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    let inputs = [[0.1, 0.9, -0.4, 0.3], [-0.7, 0.2, 0.5, 1.0], [0.6, -0.1, 0.8, -0.2]];
    (Tensor::from_floats(inputs, device), Tensor::from_ints([0, 0, 2], device))
}

impl Family for Perceptron {
    type Model = Mlp;
    type Batch = (Tensor<2>, Tensor<1, Int>);

    fn size(&self) -> Size {
        Size::new([("width", 8)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Mlp, FamilyError> {
        Ok(mlp(size["width"], device))
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        Ok(batch(device))
    }

    fn loss(&self, model: &Mlp, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        Ok(cross_entropy(model.forward_probed(x.clone(), probe), y.clone()))
    }

    fn reader(&self) -> ShapeReader {
        shape_reader()
    }

    fn unclaimed(&self) -> Vec<&'static str> {
        vec!["hidden.*"]
    }
}

#[test]
fn the_records_of_a_family_are_those_of_the_closure_by_hand() {
    let check = CoordCheck::new([8, 16], 2, 3).expect("a valid check");
    let growth = Growth::new(Perceptron.size(), ["width"], Parametrization::mup());
    let run = FamilyRun::new(&Perceptron, growth.clone(), Perceptron.size()).with(LEARNING_RATE, 0.02);
    let of_family = check.run(|width, seed| {
        trial_of(&Perceptron, &run.clone().with_size(growth.at(width)?).with_seed(seed), &Device::flex())
    });
    let device = Device::flex().autodiff();
    let by_hand = check.run(|width, seed| {
        let shapes = shape_reader().infer(&mlp(8, &device), &mlp(16, &device), &mlp(width, &device))?;
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?;
        let mut model = initialize(mlp(width, &device), &plan, &InitSpec::new(), seed)?;
        let mut optimizer = MupAdamWConfig::new().init(&plan, &model)?;
        let (inputs, classes) = batch(&device);
        Ok(move |seen: &mut Activations| {
            let loss = cross_entropy(model.forward_probed(inputs.clone(), seen), classes.clone());
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(0.02, model.clone(), gradients);
            Ok(())
        })
    });
    let (of_family, by_hand) = (of_family.expect("runs"), by_hand.expect("runs"));
    assert!(of_family.iter().count() > 100);
    assert!(of_family.iter().eq(by_hand.iter()));
}

#[test]
fn what_a_family_says_of_its_activations_is_part_of_the_criteria() {
    let criteria = Criteria::of(&Perceptron);
    assert_eq!(criteria.unclaimed, [PathPattern::new("hidden.*")]);
    assert_eq!(criteria.transients, []);
}
