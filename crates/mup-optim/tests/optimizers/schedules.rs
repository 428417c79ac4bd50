//! Whatever Burn's schedulers return is a base rate, and the factors stay.

use burn::lr_scheduler::composed::ComposedLrSchedulerConfig;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::noam::NoamLrSchedulerConfig;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::lr_scheduler::step::StepLrSchedulerConfig;
use mup_optim::MupAdamWConfig;
use mup_rules::OptimizerId;

use crate::model::{Net, mup, values};

fn schedulers() -> Vec<(&'static str, ModuleLrScheduler)> {
    let linear = LinearLrSchedulerConfig::new(0.1, 0.01, 4);
    let cosine = CosineAnnealingLrSchedulerConfig::new(0.1, 4);
    let sequential = SequentialLrSchedulerConfig::new(vec![linear.clone().into(), cosine.clone().into()], vec![2]);
    let composed = ComposedLrSchedulerConfig::new().linear(linear.clone()).cosine(cosine.clone());
    vec![
        ("constant", ModuleLrScheduler::new(0.1)),
        ("above one", ModuleLrScheduler::new(1.5)),
        ("linear", linear.init().unwrap()),
        ("cosine", cosine.init().unwrap()),
        ("exponential", ExponentialLrSchedulerConfig::new(0.1, 0.9).init().unwrap()),
        ("noam", NoamLrSchedulerConfig::new(0.1).with_warmup_steps(2).init().unwrap()),
        ("step", StepLrSchedulerConfig::new(0.1, 2).init().unwrap()),
        ("sequential", sequential.init().unwrap()),
        ("composed", composed.init().unwrap()),
    ]
}

#[test]
fn every_scheduler_of_burn_gives_the_steps_of_its_plain_rate() {
    let (start, plan) = (Net::target(), mup(OptimizerId::ADAMW));
    for (name, mut scheduler) in schedulers() {
        let mut scheduled = MupAdamWConfig::new().init(&plan, &start).unwrap();
        let mut plain = scheduled.clone();
        let (mut net, mut other) = (start.clone(), start.clone());
        for _ in 0..4 {
            let rate = scheduler.step();
            let base = rate.base();
            assert!(base.is_finite() && base > 0.0, "{name} gives {base}");
            let gradients = (net.gradients(), other.gradients());
            net = scheduled.step(rate, net, gradients.0);
            other = plain.step(base, other, gradients.1);
        }
        assert_eq!(values(&net), values(&other), "{name}");
        assert_ne!(values(&net), values(&start), "{name}");
    }
}
