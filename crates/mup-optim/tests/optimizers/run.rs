//! A run of another batch or length: β by its law, for the optimizers that have a rule for it.

use mup_optim::{
    MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig, MupLionConfig,
    MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, OptimError, Planned,
};
use mup_rules::{OptimizerId, Parametrization, Power, Run, RunLaw, ScalingPlan, Variable};
use mup_shapes::Role;

use crate::model::{Net, bits, mup, shapes, values, with_values};

/// A run of 4 times the batch under a law that scales β alone, so that nothing else differs.
pub(crate) fn with_beta(plan: &ScalingPlan) -> ScalingPlan {
    let law = RunLaw::none().with_beta(Power::of(Variable::BATCH, 1.0));
    plan.with_run(Run::new(1e3, 1e6), Run::new(4e3, 1e6), law).unwrap()
}

fn trained(from: &Net, plan: &ScalingPlan, config: impl Planned) -> Vec<u64> {
    let mut net = with_values(Net::target(), &values(from));
    let mut optimizer = MupOptimizer::new(plan, &net).with(config).build().unwrap();
    for _ in 0..3 {
        let gradients = net.gradients();
        net = optimizer.step(0.01, net, gradients);
    }
    bits(&net)
}

/// `in_run` is `config` with the fourth powers of its βs: what the law prescribes, given by hand.
fn assert_follows(config: impl Planned + Clone, in_run: impl Planned) {
    let (net, plan) = (Net::target(), mup(config.id()));
    let kept = trained(&net, &plan, config.clone());
    let followed = trained(&net, &with_beta(&plan), config.clone());
    assert_eq!(followed, trained(&net, &plan, in_run), "{}", config.id());
    assert_ne!(followed, kept, "{}", config.id());
}

#[test]
fn averages_of_adamw_and_its_kin_follow_the_law_to_the_bit() {
    let [a, b, c] = [0.9_f64, 0.99, 0.98].map(|beta| (beta, beta.powf(4.0)));
    let adamw = MupAdamWConfig::new().with_epsilon(1e-3);
    let betas = |config: MupAdamWConfig, [one, two]: [f64; 2]| config.with_beta_1(one).with_beta_2(two);
    assert_follows(betas(adamw.clone(), [a.0, b.0]), betas(adamw, [a.1, b.1]));
    let adam = |[one, two]: [f64; 2]| MupAdamConfig::new().with_epsilon(1e-3).with_beta_1(one).with_beta_2(two);
    assert_follows(adam([a.0, b.0]), adam([a.1, b.1]));
    let adan = |[one, two, three]: [f64; 3]| {
        MupAdanConfig::new().with_epsilon(1e-3).with_beta_1(one).with_beta_2(two).with_beta_3(three)
    };
    assert_follows(adan([a.0, b.0, c.0]), adan([a.1, b.1, c.1]));
    let rmsprop = |alpha| MupRmsPropConfig::new().with_epsilon(1e-3).with_alpha(alpha);
    assert_follows(rmsprop(b.0), rmsprop(b.1));
}

#[test]
fn an_optimizer_without_a_rule_for_its_averages_refuses_the_law_by_name() {
    let refused = |config: &dyn Fn(&ScalingPlan, &Net) -> Option<OptimError>, id: OptimizerId| {
        let error = config(&with_beta(&mup(id)), &Net::target()).expect("refused");
        let message = error.to_string();
        assert!(matches!(error, OptimError::Beta { .. }), "{message}");
        assert!(message.contains("run law `none` scales the decay of moving averages"), "{message}");
        assert!(message.contains("power-lines"), "{message}");
    };
    refused(&|plan, net| MupLionConfig::new().init(plan, net).err(), OptimizerId::LION);
    // What LAMB averages it divides by its own norm, and what Adagrad sums it never forgets: √m_B is not their rule.
    refused(&|plan, net| MupLambConfig::new().init(plan, net).err(), OptimizerId::LAMB);
    refused(&|plan, net| MupAdagradConfig::new().init(plan, net).err(), OptimizerId::ADAGRAD);
    refused(&|plan, net| MupAdafactorConfig::new().init(plan, net).err(), OptimizerId::ADAFACTOR_SCALED);
    refused(&|plan, net| MupSgdConfig::new().with_momentum(0.9).init(plan, net).err(), OptimizerId::SGD);
    refused(&|plan, net| MupRmsPropConfig::new().with_momentum(0.9).init(plan, net).err(), OptimizerId::RMSPROP);
    let shapes = shapes();
    let mixed = ScalingPlan::of(&shapes, Parametrization::mup()).optimizer(Role::Hidden, OptimizerId::MUON);
    let (plan, net) = (with_beta(&mixed.build().unwrap()), Net::target());
    let both = MupOptimizer::new(&plan, &net).with(MupAdamWConfig::new()).with(MupMuonConfig::new()).build();
    let message = both.err().expect("refused").to_string();
    assert!(message.starts_with("muon: the plan's run law"), "{message}");
}

#[test]
fn what_has_no_average_takes_any_law() {
    let net = Net::target();
    assert!(MupSgdConfig::new().init(&with_beta(&mup(OptimizerId::SGD)), &net).is_ok());
}
