//! Small models in several widths, trained on one fixed batch.

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData},
};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptConfig, Mlp, MlpConfig, cross_entropy};
use mup_optim::{MupAdamConfig, MupSgdConfig};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::ShapeReader;
use mup_verdict::coordinates::{Activations, CoordCheck, Criteria, Report, TrialError};

/// How the models are trained.
#[derive(Clone)]
pub(crate) struct Training {
    pub(crate) optimizer: OptimizerId,
    pub(crate) learning_rate: f64,
}

/// A model in every width.
pub(crate) trait Family {
    type Model: Module;
    fn at_width(width: usize, device: &Device) -> Self::Model;
    fn loss(model: &Self::Model, seen: &mut Activations) -> Tensor<1>;
}

impl Family for Mlp {
    type Model = Self;

    fn at_width(width: usize, device: &Device) -> Self {
        MlpConfig::new(16, vec![width, 2 * width, width], 4).init(device).expect("positive sizes")
    }

    fn loss(model: &Self, seen: &mut Activations) -> Tensor<1> {
        let inputs: Vec<f32> = (0..32 * 16).map(|i| ((i * i + 3 * i) as f32).sin() * 1.4).collect();
        let device = model.input.weight.device();
        let inputs = Tensor::<2>::from_data(TensorData::new(inputs, [32, 16]), &device);
        // Not balanced: else the first change of the logits cancels in a wide model and shows its noise only.
        let classes: Vec<i64> = [0, 0, 0, 1, 0, 2, 1, 3].repeat(4);
        cross_entropy(model.forward_probed(inputs, seen), Tensor::from_data(TensorData::new(classes, [32]), &device))
    }
}

/// An MLP whose middle layer grows like the square of the others.
pub(crate) struct UnevenMlp;

impl Family for UnevenMlp {
    type Model = Mlp;

    fn at_width(width: usize, device: &Device) -> Mlp {
        MlpConfig::new(16, vec![width, width * width / 32, width], 4).init(device).expect("positive sizes")
    }

    fn loss(model: &Mlp, seen: &mut Activations) -> Tensor<1> {
        <Mlp as Family>::loss(model, seen)
    }
}

impl Family for Gpt {
    type Model = Self;

    fn at_width(width: usize, device: &Device) -> Self {
        GptConfig::new(16, 12, 1, width, width / 16, 16, 2 * width).init(device).expect("valid sizes")
    }

    fn loss(model: &Self, seen: &mut Activations) -> Tensor<1> {
        let device = model.token_embedding.weight.device();
        let tokens = |shift: i64| {
            let tokens: Vec<i64> = (0..4 * 12).map(|i| ((i + shift) * (i + shift) + (i + shift)) % 13).collect();
            Tensor::<2, Int>::from_data(TensorData::new(tokens, [4, 12]), &device)
        };
        model.loss_probed(tokens(0), tokens(1), seen)
    }
}

/// Widths 32, 64, 128, 256; three seeds; four steps.
pub(crate) fn check<F: Family>(training: Training, parametrization: Parametrization, reader: ShapeReader) -> Report {
    let device = Device::flex().autodiff();
    let check = CoordCheck::new([32, 64, 128, 256], 3, 4).expect("a valid check");
    let records = check.run(|width, seed| {
        let [base, delta, target] = [32, 64, width].map(|width| F::at_width(width, &device));
        let shapes = reader.infer(&base, &delta, &target)?;
        let plan = ScalingPlan::new(&shapes, parametrization.clone(), training.optimizer.clone())?;
        let mut model = initialize(target, &plan, &InitSpec::default(), seed)?;
        let mut optimizer = match &training.optimizer {
            optimizer if *optimizer == OptimizerId::ADAM => MupAdamConfig::new().init(&plan, &model)?,
            _ => MupSgdConfig::new().init(&plan, &model)?,
        };
        Ok(move |seen: &mut Activations| -> Result<(), TrialError> {
            let gradients = GradientsParams::from_grads(F::loss(&model, seen).backward(), &model);
            model = optimizer.step(training.learning_rate, model.clone(), gradients);
            Ok(())
        })
    });
    records.expect("runs").judge(Criteria::default()).expect("judges")
}
