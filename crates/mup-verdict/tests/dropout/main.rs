//! Trials that draw random numbers, with Burn's own `Dropout`. A process of its own: Burn's generator is one for all
//! threads, and other tests draw from it without asking.

use std::{num::NonZeroUsize, time::Duration};

use burn::{
    module::Module,
    nn::{Dropout, DropoutConfig, Linear, LinearConfig},
    optim::GradientsParams,
    tensor::{Device, Tensor, activation::relu},
};
use mup_optim::MupAdamConfig;
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_verdict::coordinates::{Activations, CoordCheck, Criteria, Records, TrialError, Untrained};

#[derive(Module, Debug)]
struct Net {
    first: Linear,
    dropout: Dropout,
    last: Linear,
}

impl Net {
    fn new(width: usize, device: &Device) -> Self {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        Self { first: linear(8, width), dropout: DropoutConfig::new(0.3).init(), last: linear(width, 4) }
    }

    fn loss(&self, seen: &mut Activations) -> Tensor<1> {
        // Long enough that trials in other threads would draw in between, if they could.
        std::thread::sleep(Duration::from_millis(1));
        let x = relu(self.first.forward(Tensor::<2>::ones([64, 8], &self.first.weight.device())));
        let x = self.dropout.forward(x);
        seen.observe("dropped", &x);
        let x = self.last.forward(x);
        seen.observe_logits("head", &x);
        (x - 1.0).powf_scalar(2.0).mean()
    }
}

/// Weights drawn by Burn at their first use or by `initialize`, which draws on the host.
fn trial(
    width: usize,
    seed: u64,
    rate: f64,
    lazy: bool,
) -> Result<impl FnMut(&mut Activations) -> Result<(), TrialError>, TrialError> {
    let device = Device::flex().autodiff();
    let [base, delta, target] = [32, 64, width].map(|width| Net::new(width, &device));
    let shapes = mup_shapes::infer(&base, &delta, &target)?;
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAM)?;
    let mut net =
        if lazy { target } else { mup_init::initialize(target, &plan, &mup_init::InitSpec::default(), seed)? };
    let mut optimizer = MupAdamConfig::new().init(&plan, &net)?;
    Ok(move |seen: &mut Activations| {
        let gradients = GradientsParams::from_grads(net.loss(seen).backward(), &net);
        net = optimizer.step(rate, net.clone(), gradients);
        Ok(())
    })
}

fn bits(records: &Records) -> Vec<u64> {
    records.iter().map(|record| record.value.to_bits()).collect()
}

#[test]
fn with_dropout_any_number_of_jobs_gives_the_same_records_to_the_bit() {
    let check = CoordCheck::new([32, 64, 96], 4, 6).expect("a valid check");
    for lazy in [false, true] {
        let alone = bits(&check.run(|width, seed| trial(width, seed, 0.01, lazy)).expect("runs"));
        for jobs in [1, 4, 4] {
            let jobs = NonZeroUsize::new(jobs).expect("positive");
            let together = check.run_parallel(jobs, |width, seed| trial(width, seed, 0.01, lazy)).expect("runs");
            assert!(bits(&together) == alone, "{jobs} jobs, lazy weights {lazy}");
        }
    }
}

/// Other masks in every pass would be a change at every width.
#[test]
fn dropout_does_not_hide_that_nothing_was_trained() {
    let check = CoordCheck::new([32, 64, 96], 3, 3).expect("a valid check");
    let records = check.run(|width, seed| trial(width, seed, 0.0, false)).expect("runs");
    let report = records.judge(Criteria::default()).expect("judges");
    assert_eq!((report.untrained(), report.exit_code()), (Some(Untrained::Nothing), 3), "{report}");
}

#[test]
fn seeds_and_widths_draw_other_numbers() {
    let check = CoordCheck::new([32, 64], 2, 1).expect("a valid check");
    let records = check.run(|width, seed| trial(width, seed, 0.01, true)).expect("runs");
    let of = |seed: u64| records.iter().filter(move |record| record.seed == seed).map(|record| record.value.to_bits());
    assert!(!of(0).eq(of(1)));
}
