//! A stack continues from its records to the bit.

use burn::module::Module;
use burn::optim::OptimizerRecord;
use burn::store::ModuleRecord;
use mup_models::GptStack;
use mup_optim::{MupStack, StackOptimizer};
use mup_rules::OptimizerId;

use crate::trials::{adamw, batches, gpt, parameters, plan, rates, sgd, shape, step_of_all};

fn optimizers(stack: &GptStack) -> [StackOptimizer; 2] {
    let (adam, plain) = (plan(shape, OptimizerId::ADAMW), plan(shape, OptimizerId::SGD));
    [
        MupStack::new(&adam, stack).with(&[0, 1, 2].map(adamw)).build().unwrap(),
        MupStack::new(&plain, stack).with(&[0, 1, 2].map(sgd)).build().unwrap(),
    ]
}

fn fresh() -> GptStack {
    let plan = plan(shape, OptimizerId::ADAMW);
    GptStack::new(&[0, 1, 2].map(|k| gpt(shape(16), &plan, k))).unwrap()
}

#[test]
fn a_stack_resumes_from_its_records_with_the_same_next_step_to_the_bit() {
    for which in [0, 1] {
        let mut stack = fresh();
        let [adamw, sgd] = optimizers(&stack);
        let mut optimizer = if which == 0 { adamw } else { sgd };
        for step in 0..3 {
            (stack, _) = step_of_all(stack, &mut optimizer, &rates(step), batches(step));
        }
        let model = stack.clone().into_record().into_bytes().unwrap();
        let state = optimizer.to_record().into_bytes().unwrap();

        let loaded = fresh().load_record(ModuleRecord::from_bytes(model).unwrap());
        let [adamw, sgd] = optimizers(&loaded);
        let fresh = if which == 0 { adamw } else { sgd };
        let mut resumed = fresh.resume(OptimizerRecord::from_bytes(state).unwrap(), &loaded).unwrap();
        let (went_on, _) = step_of_all(stack, &mut optimizer, &rates(3), batches(3));
        let (resumed, _) = step_of_all(loaded, &mut resumed, &rates(3), batches(3));
        assert_eq!(parameters(&went_on), parameters(&resumed));
    }
}
