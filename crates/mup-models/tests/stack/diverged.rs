//! A trial that diverges stays alone with its NaN.

use mup_models::GptStack;
use mup_optim::MupStack;
use mup_rules::OptimizerId;

use crate::trials::{adamw, batches, gpt, parameters, plan, rates, shape, step_of_all};

fn train(rate_of_1: f64) -> (GptStack, Vec<Vec<f64>>) {
    let plan = plan(shape, OptimizerId::ADAMW);
    let mut stack = GptStack::new(&[0, 1, 2].map(|k| gpt(shape(16), &plan, k))).unwrap();
    let mut optimizer = MupStack::new(&plan, &stack).with(&[0, 1, 2].map(adamw)).build().unwrap();
    let mut history = Vec::new();
    for step in 0..6 {
        let mut rates = rates(step);
        rates[1] = rate_of_1;
        let losses;
        (stack, losses) = step_of_all(stack, &mut optimizer, &rates, batches(step));
        history.push(losses);
    }
    (stack, history)
}

#[test]
fn a_trial_that_diverges_leaves_its_neighbours_to_the_bit() {
    let (healthy, history) = train(1e-2);
    for rate in [1e30, f64::INFINITY, f64::NAN] {
        let (diverged, with_nan) = train(rate);
        assert!(with_nan[5][1].is_nan(), "rate {rate}: {with_nan:?}");
        for (healthy, diverged) in history.iter().zip(&with_nan) {
            assert_eq!([0, 2].map(|k| healthy[k].to_bits()), [0, 2].map(|k| diverged[k].to_bits()), "rate {rate}");
        }
        let (healthy, diverged) = (healthy.unstack(), diverged.unstack());
        for k in [0, 2] {
            assert_eq!(parameters(&healthy[k]), parameters(&diverged[k]), "rate {rate}, trial {k}");
        }
    }
}
