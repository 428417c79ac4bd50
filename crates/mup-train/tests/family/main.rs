//! A family is trained as its author would by hand, and what it does not know is refused by name.

use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Int, Tensor};
use mup_init::{InitSpec, initialize};
use mup_models::{Mlp, MlpConfig, cross_entropy, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::ShapeReader;
use mup_train::{
    Batches, Family, FamilyError, FamilyRun, Growth, INIT_SCALE, LEARNING_RATE, MicroBatch, Size, Trainer, Training,
};

const STEPS: usize = 6;

/// A perceptron on twelve examples that follow from seed and step.
#[derive(Clone)]
struct Perceptron {
    alpha_output: f64,
}

impl Family for Perceptron {
    type Model = Mlp;
    type Batch = (Tensor<2>, Tensor<1, Int>);

    fn size(&self) -> Size {
        Size::new([("width", 8), ("d_ff", 12)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Mlp, FamilyError> {
        let config = MlpConfig::new(4, vec![size["width"], size["d_ff"]], 3).with_alpha_output(self.alpha_output);
        Ok(config.init(device)?)
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let rows = part.part_of(12)?;
        let shift = (seed as usize * 31 + part.step * 7) as f32;
        let inputs: Vec<[f32; 4]> =
            rows.clone().map(|row| [0.1, 0.3, 0.7, 1.1].map(|x| (x * (row as f32 + shift)).sin())).collect();
        let classes: Vec<i64> = rows.map(|row| (row % 4 % 3) as i64).collect();
        let inputs = burn::tensor::TensorData::new(inputs.concat(), [classes.len(), 4]);
        Ok((Tensor::from_data(inputs, device), Tensor::from_data(classes.as_slice(), device)))
    }

    fn loss(&self, mlp: &Mlp, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        Ok(cross_entropy(mlp.forward_probed(x.clone(), probe), y.clone()))
    }

    fn reader(&self) -> ShapeReader {
        shape_reader()
    }

    fn training(&self) -> Training {
        Training::new(STEPS, 0.05).with_max_norm(0.5).with_micro_batches(3)
    }

    fn hyperparameters(&mut self) -> Vec<(&'static str, &mut f64)> {
        vec![("alpha-output", &mut self.alpha_output)]
    }
}

const FAMILY: Perceptron = Perceptron { alpha_output: 1.0 };

fn growth() -> Growth {
    Growth::new(FAMILY.size(), ["width", "d_ff"], Parametrization::mup())
}

fn run() -> FamilyRun {
    let growth = growth();
    let size = growth.at(32).expect("four times the base");
    FamilyRun::new(&FAMILY, growth, size).with_seed(3)
}

fn losses(run: &FamilyRun) -> Vec<u64> {
    let trained = run.train(&FAMILY, &Device::flex(), |_| {}, || false).expect("trains");
    trained.curve.losses.into_iter().map(f64::to_bits).collect()
}

#[test]
fn a_family_is_trained_to_the_bit_as_by_hand() {
    let (flex, device) = (Device::flex(), Device::flex().autodiff());
    let mlp = |widths: [usize; 2], device: &Device| MlpConfig::new(4, widths.to_vec(), 3).init(device).expect("sizes");
    let shapes = shape_reader().infer(&mlp([8, 12], &flex), &mlp([16, 24], &flex), &mlp([32, 48], &flex));
    let plan = ScalingPlan::new(&shapes.expect("shapes"), Parametrization::mup(), OptimizerId::ADAMW).expect("plan");
    let model = initialize(mlp([32, 48], &device), &plan, &InitSpec::new(), 3).expect("weights");
    let optimizer: ModuleOptimizer = MupAdamWConfig::new().init(&plan, &model).expect("optimizer");
    let trainer = Trainer::new(FAMILY.training().with_seed(3));
    let by_hand = trainer.train(&Batches::new(&FAMILY, 3, &flex), model, optimizer).expect("trains");
    let by_hand: Vec<u64> = by_hand.curve.losses.into_iter().map(f64::to_bits).collect();
    assert_eq!(by_hand.len(), STEPS);
    assert_eq!(losses(&run()), by_hand);
    assert_eq!(growth().plan(&FAMILY, &run().size, &flex).expect("plan").fingerprint(), plan.fingerprint());
}

#[test]
fn each_hyperparameter_changes_the_run_and_so_does_the_seed() {
    let mut seen = vec![losses(&run())];
    for changed in [
        run().with(LEARNING_RATE, 0.01),
        run().with(INIT_SCALE, 0.5),
        run().with("alpha-output", 2.0),
        run().with_seed(4),
        run().with_growth(growth().from(16).expect("twice the base")),
    ] {
        let losses = losses(&changed);
        assert!(!seen.contains(&losses), "{changed:?}");
        seen.push(losses);
    }
}

#[test]
fn what_a_family_does_not_have_is_refused_with_what_it_has() {
    let refused = |run: FamilyRun| run.start(&FAMILY, &Device::flex()).expect_err("refused").to_string();
    let message = refused(run().with("dropout", 0.1));
    assert_eq!(message, "unknown hyperparameter `dropout`; there are alpha-output, learning-rate, init-scale");
    let nothing = Growth { grows: Vec::new(), ..growth() };
    assert!(refused(run().with_growth(nothing)).contains("nothing grows"));
    let unknown = Growth { grows: vec!["heads".to_owned()], ..growth() };
    assert!(refused(run().with_growth(unknown)).contains("it has width, d_ff"));
}

#[test]
fn the_values_of_a_run_begin_with_those_of_the_family() {
    let values: Vec<(String, f64)> = run().values.into_iter().collect();
    let named = |name: &str, value| (name.to_owned(), value);
    assert_eq!(values, [named("alpha-output", 1.0), named(INIT_SCALE, 1.0), named(LEARNING_RATE, 0.05)]);
}
