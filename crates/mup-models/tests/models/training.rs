//! Training in single precision: dropout, what is trained, and what survives save and load.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Tensor};
use mup_models::{
    AttentionFrame, Balance, CausalAttentionConfig, ExpertsConfig, Gpt, GptConfig, MlpConfig, Positions, cross_entropy,
};
use mup_probe::Collector;

use crate::common::{distance, random, random_tokens, redraw, values};

fn config() -> GptConfig {
    GptConfig::new(13, 8, 2, 8, 3, 4, 12)
}

fn set(param: &mut Param<Tensor<1>>, value: f64) {
    *param = param.clone().map(|old| Tensor::full_like(&old, value));
}

/// Multipliers as a plan would write them, so that losing one changes the logits.
fn with_plan(mut model: Gpt) -> Gpt {
    model.blocks.iter_mut().for_each(|block| set(&mut block.attention.logit_scale, 0.3));
    model.readout.iter_mut().for_each(|readout| set(&mut readout.multiplier, 0.25));
    model.tied_readout.iter_mut().for_each(|readout| set(&mut readout.multiplier, 0.125));
    model
}

#[test]
fn dropout_changes_training_logits_and_not_evaluation() {
    let device = Device::flex();
    let tokens = random_tokens([2, 8], 13, 6, &device);
    let model = redraw(config().with_dropout(0.5).init(&device.clone().autodiff()).unwrap(), 5);
    let plain = redraw(config().init(&device).unwrap(), 5);
    let training = |tokens: &Tensor<2, burn::tensor::Int>| {
        model.forward(tokens.clone().to_device(&device.clone().autodiff())).inner()
    };
    let evaluation = model.valid().forward(tokens.clone());
    assert!(distance(&training(&tokens), &evaluation) > 1e-2);
    assert!(distance(&training(&tokens), &training(&tokens)) > 1e-2, "two passes draw two masks");
    assert_eq!(values(&evaluation), values(&plain.forward(tokens)));
}

#[test]
fn multipliers_survive_save_and_load_and_stay_untrained() {
    let device = Device::flex().autodiff();
    let tokens = random_tokens([2, 8], 13, 6, &device);
    for tied in [false, true] {
        let config = config().with_tied(tied);
        let model = with_plan(redraw(config.init(&device).unwrap(), 5));
        let logits = model.forward(tokens.clone());
        let bytes = model.into_record().into_bytes().unwrap();
        let loaded = config.init(&device).unwrap().load_record(ModuleRecord::from_bytes(bytes).unwrap());
        assert_eq!(values(&loaded.forward(tokens.clone())), values(&logits));
        let gradients = loaded.loss(tokens.clone(), tokens.clone()).backward();
        assert!(loaded.blocks[0].attention.logit_scale.val().grad(&gradients).is_none());
        assert!(loaded.blocks[0].attention.query.weight.val().grad(&gradients).is_some());
        assert!(loaded.readout.iter().all(|readout| readout.multiplier.val().grad(&gradients).is_none()));
    }
}

#[derive(Default)]
struct Untrained(Vec<Vec<f64>>);

impl ModuleVisitor for Untrained {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !param.val().is_require_grad() {
            self.0.push(values(&param.val()));
        }
    }
}

fn untrained<M: Module>(model: &M) -> Vec<Vec<f64>> {
    let mut visitor = Untrained::default();
    model.visit(&mut visitor);
    visitor.0
}

#[test]
fn training_lowers_the_loss_of_every_kind_of_gpt_and_moves_no_multiplier() {
    let device = Device::flex().autodiff();
    let (tokens, targets) = (random_tokens([4, 8], 13, 6, &device), random_tokens([4, 8], 13, 7, &device));
    for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
        for tied in [false, true] {
            let config = config().with_positions(positions).with_tied(tied);
            let mut model = with_plan(redraw(config.init(&device).unwrap(), 5));
            let before = untrained(&model);
            assert_eq!(before.len(), 3, "one logit scale per block and one multiplier");
            let mut optimizer = AdamConfig::new().init();
            let loss = |model: &Gpt| model.loss(tokens.clone(), targets.clone());
            let start = loss(&model).into_scalar::<f64>();
            for _ in 0..60 {
                let gradients = GradientsParams::from_grads(loss(&model).backward(), &model);
                model = optimizer.step(1e-2, model, gradients);
            }
            let end = loss(&model).into_scalar::<f64>();
            // 32 random targets out of 13: the start is near ln 13 = 2.6; memorizing part of them lowers it by tenths.
            assert!(end < start - 0.3, "{config}: {start} to {end}");
            assert_eq!(untrained(&model), before);
        }
    }
}

#[test]
fn training_lowers_the_loss_of_an_mlp() {
    let device = Device::flex().autodiff();
    let (x, targets) = (random([16, 3], 1, &device), random_tokens([1, 16], 4, 2, &device).flatten::<1>(0, 1));
    let mut model = redraw(MlpConfig::new(3, vec![16, 32], 4).init(&device).unwrap(), 3);
    let start = model.loss(x.clone(), targets.clone()).into_scalar::<f64>();
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..50 {
        let gradients = GradientsParams::from_grads(model.loss(x.clone(), targets.clone()).backward(), &model);
        model = optimizer.step(1e-2, model, gradients);
    }
    // ln 4 = 1.4 at the start; 16 points of 3 coordinates are nearly memorized.
    let end = model.loss(x, targets).into_scalar::<f64>();
    assert!(end < 0.7 * start, "{start} to {end}");
}

#[test]
fn dropout_acts_on_embeddings_and_on_each_branch_and_keeps_their_mean() {
    let device = Device::flex().autodiff();
    let tokens = random_tokens([8, 8], 13, 6, &device);
    let mut model = GptConfig { n_layer: 1, ..config() }.with_dropout(0.5).init(&device).unwrap();
    // Embedding, attention branch and feed-forward branch are 1, 10 and 100 in every coordinate.
    model.token_embedding.weight = Param::from_tensor(Tensor::ones([13, 8], &device));
    let block = &mut model.blocks[0];
    block.attention.output.weight = Param::from_tensor(Tensor::zeros([12, 8], &device));
    set(block.attention.output.bias.as_mut().unwrap(), 10.0);
    let feed_forward = block.feed_forward.as_mut().unwrap();
    feed_forward.down.weight = Param::from_tensor(Tensor::zeros([12, 8], &device));
    set(feed_forward.down.bias.as_mut().unwrap(), 100.0);
    let mut seen = Collector::new();
    let _ = model.forward_probed(tokens, &mut seen);
    let mut residual: Vec<i64> = values(&seen.values("blocks.0").unwrap()).iter().map(|x| *x as i64).collect();
    residual.sort_unstable();
    residual.dedup();
    // Each is dropped or doubled on its own; 512 draws of 8 equally likely sums miss none but once in 1e28.
    assert_eq!(residual, [0, 2, 20, 22, 200, 202, 220, 222]);
}

#[test]
fn dropout_acts_on_attention_weights_while_training() {
    let device = Device::flex().autodiff();
    let attention = redraw(CausalAttentionConfig::new(8, 3, 4).with_dropout(0.5).init(&device).unwrap(), 1);
    let x = random([2, 8, 8], 2, &device);
    let frame = AttentionFrame::new(8, 8, &device, x.dtype()).with_relative(8, 1.0);
    let pass = || attention.forward(x.clone(), &frame);
    assert!(distance(&pass(), &pass()) > 1e-3, "two passes draw two masks");
}

#[test]
fn a_model_is_judged_by_its_cross_entropy_and_trained_by_what_its_config_adds_to_it() {
    let device = Device::flex();
    let (tokens, targets) = (random_tokens([4, 8], 13, 6, &device), random_tokens([4, 8], 13, 7, &device));
    let losses = |config: GptConfig| {
        let model = redraw(config.init(&device).unwrap(), 5);
        let of_logits = cross_entropy(model.forward(tokens.clone()).flatten(0, 1), targets.clone().flatten(0, 1));
        let [loss, judged, of_logits] = [
            model.loss(tokens.clone(), targets.clone()),
            model.cross_entropy(tokens.clone(), targets.clone()),
            of_logits,
        ]
        .map(|loss| loss.into_scalar::<f32>());
        // The same sums in another order: of 32 numbers near 3.
        assert!((judged - of_logits).abs() < 1e-5, "{config}: {judged} {of_logits}");
        (loss, judged)
    };
    let plain = losses(config());
    assert_eq!(plain.0.to_bits(), plain.1.to_bits(), "nothing is added");
    assert_eq!(
        losses(config().with_soft_cap(Some(2.0))).0.to_bits(),
        losses(config().with_soft_cap(Some(2.0))).1.to_bits()
    );
    let z_loss = losses(config().with_z_loss(0.25));
    assert_eq!(z_loss.1.to_bits(), plain.1.to_bits());
    assert!(z_loss.0 > z_loss.1 + 0.1, "{z_loss:?}");
    let balance = Balance::Loss { coefficient: 0.5 };
    let mixture = losses(config().with_experts(Some(ExpertsConfig::new(4, 2).with_balance(balance))));
    // In balance it is the coefficient, out of it more.
    assert!(mixture.0 > mixture.1 + 0.4, "{mixture:?}");
}
