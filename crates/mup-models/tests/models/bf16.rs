//! Every model in bf16: the same function up to rounding, with the loss in f32.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, FloatDType, Tensor};
use mup_models::{GptConfig, GptStack, MlpConfig, Positions};

use crate::common::{random, random_tokens, redraw, values};

struct Bf16;

impl ModuleMapper for Bf16 {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let trained = tensor.is_require_grad();
            tensor.cast(FloatDType::BF16).detach().set_require_grad(trained)
        })
    }
}

/// Relative to the larger: rounding to 2⁻⁹ at each of some ten operations in a row.
const TOLERANCE: f64 = 0.03;

fn close(half: f64, single: f64) -> bool {
    (half - single).abs() < TOLERANCE * single.abs().max(half.abs())
}

#[test]
fn a_gpt_of_every_kind_computes_loss_and_gradients_in_bf16() {
    let device = Device::flex().autodiff();
    let (tokens, targets) = (random_tokens([2, 8], 13, 6, &device), random_tokens([2, 8], 13, 7, &device));
    for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
        for tied in [false, true] {
            let config = GptConfig::new(13, 8, 2, 8, 3, 4, 12).with_positions(positions).with_tied(tied);
            let single = redraw(config.init(&device).unwrap(), 5);
            let half = single.clone().map(&mut Bf16);
            assert_eq!(half.forward(tokens.clone()).dtype(), DType::BF16);
            let losses = [&single, &half].map(|model| model.loss(tokens.clone(), targets.clone()));
            assert_eq!(losses[1].dtype(), DType::F32);
            let [loss, loss_half] = [&losses[0], &losses[1]].map(|loss| values(loss)[0]);
            assert!(close(loss_half, loss), "{config}: {loss_half} against {loss}");
            let norms = [(&single, &losses[0]), (&half, &losses[1])].map(|(model, loss)| {
                let gradient = model.blocks[0].attention.key.weight.val().grad(&loss.backward()).unwrap();
                values(&gradient).iter().map(|g| g * g).sum::<f64>().sqrt()
            });
            assert!(close(norms[1], norms[0]), "{config}: {norms:?}");
            let stacked = GptStack::new(&[half.clone(), half])
                .unwrap()
                .loss(tokens.clone().unsqueeze(), targets.clone().unsqueeze());
            assert!(values(&stacked).iter().all(|stacked| close(*stacked, loss_half)), "{config}: {stacked}");
        }
    }
}

#[test]
fn an_mlp_computes_its_loss_in_bf16() {
    let device = Device::flex().autodiff();
    let (x, targets) = (random([16, 3], 1, &device), random_tokens([1, 16], 4, 2, &device).flatten::<1>(0, 1));
    let single = redraw(MlpConfig::new(3, vec![16, 32], 4).init(&device).unwrap(), 3);
    let half = single.clone().map(&mut Bf16);
    let loss_half = half.loss(x.clone().cast(FloatDType::BF16), targets.clone());
    assert!(close(values(&loss_half)[0], values(&single.loss(x, targets))[0]));
}
