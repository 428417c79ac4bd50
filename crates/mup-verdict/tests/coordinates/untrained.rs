//! What was not trained is never right: the check is undecided, and says why.

use burn::{
    optim::{GradientsParams, ModuleOptimizer},
    tensor::Device,
};
use mup_optim::MupAdamConfig;
use mup_verdict::coordinates::{
    Activations, CoordCheck, Criteria, Quantity, Record, Records, Report, Source, TrialError, Untrained, Verdict,
};

use crate::{
    net::{MARKED, Net, check},
    verdicts::{grown, judge},
};

/// One call of a trial, given the model and its optimizer.
type Step = fn(&mut Net, &mut ModuleOptimizer, &mut Activations);

fn run(check: &CoordCheck, freeze: Option<bool>, step: Step) -> Report {
    let device = Device::flex().autodiff();
    let records = check.run(|width, seed| {
        let (net, plan) = Net::planned(width, seed, &device)?;
        let mut optimizer = MupAdamConfig::new().init(&plan, &net)?;
        let mut net = match freeze {
            Some(readout_too) => net.frozen(readout_too),
            None => net,
        };
        Ok(move |seen: &mut Activations| -> Result<(), TrialError> {
            step(&mut net, &mut optimizer, seen);
            Ok(())
        })
    });
    records.expect("runs").judge(Criteria::default()).expect("judges")
}

fn gradients(net: &Net, seen: &mut Activations) -> GradientsParams {
    GradientsParams::from_grads(net.loss(MARKED, seen).backward(), net)
}

fn assert_untrained(report: &Report, why: Untrained, part: &str) {
    assert_eq!((report.verdict(), report.exit_code()), (Verdict::Undecided, 3), "{report}");
    assert_eq!(report.untrained(), Some(why), "{report}");
    assert!(report.to_string().contains(part), "{report}");
    assert!(report.to_html("title").expect("draws").contains(part));
    assert!(report.to_json("title").contains("\"untrained\": \""), "machines read it too");
}

const TRAIN: Step = |net, optimizer, seen| {
    let gradients = gradients(net, seen);
    *net = optimizer.step(0.01, net.clone(), gradients);
};

#[test]
fn a_learning_rate_of_zero_a_missing_backward_pass_and_a_dropped_model_are_not_flat() {
    let steps: [Step; 3] = [
        |net, optimizer, seen| {
            let gradients = gradients(net, seen);
            *net = optimizer.step(0.0, net.clone(), gradients);
        },
        |net, optimizer, seen| {
            net.loss(MARKED, seen);
            *net = optimizer.step(0.01, net.clone(), GradientsParams::new());
        },
        |net, optimizer, seen| {
            let gradients = gradients(net, seen);
            drop(optimizer.step(0.01, net.clone(), gradients));
        },
    ];
    for step in steps {
        assert_untrained(&run(&check(), None, step), Untrained::Nothing, "nothing was trained");
    }
    assert_eq!(run(&check(), None, TRAIN).exit_code(), 0);
}

#[test]
fn a_model_that_is_frozen_altogether_is_not_flat() {
    let step: Step = |net, optimizer, seen| {
        net.loss(MARKED, seen);
        *net = optimizer.step(0.01, net.clone(), GradientsParams::new());
    };
    assert_untrained(&run(&check(), Some(true), step), Untrained::Nothing, "is everything frozen");
}

#[test]
fn a_model_that_is_frozen_in_part_is_judged_and_what_did_not_move_is_said() {
    let report = run(&check(), Some(false), TRAIN);
    assert_eq!((report.exit_code(), report.untrained()), (0, None), "{report}");
    assert_eq!(report.unchanged(), [Source::Activation]);
    assert!(report.to_string().contains("nothing of the source `activation` changed"), "{report}");
}

/// Another batch in every call, so that activations change; that nothing is trained is seen by the parameters.
#[test]
fn parameters_that_do_not_move_outweigh_activations_that_do() {
    let check = check().with_sources(Source::ALL.iter().copied().filter(|source| *source != Source::Gradient));
    let device = Device::flex().autodiff();
    let records = check.run(|width, seed| {
        let (net, _) = Net::planned(width, seed, &device)?;
        let mut step = 0.0;
        Ok(move |seen: &mut Activations| {
            seen.observe_parameters(&net);
            seen.insert("x", &[1.0 + step, 2.0]);
            step += 1.0;
            Ok(())
        })
    });
    let report = records.expect("runs").judge(Criteria::default()).expect("judges");
    assert_untrained(&report, Untrained::Nothing, "nothing was trained");
}

#[test]
fn a_wrong_start_fails_whether_or_not_anything_was_trained() {
    let zeros = |mut records: Vec<Record>| {
        records.iter_mut().for_each(|record| record.value = 0.0);
        records
    };
    let records =
        [grown("x", 0, Quantity::Value, 0.5, 0.01), zeros(grown("x", 1, Quantity::Change, 0.0, 0.0))].concat();
    let report = judge(records);
    assert_eq!((report.exit_code(), report.untrained()), (1, Some(Untrained::Nothing)), "{report}");
}

/// As published tables are: three widths, one seed, the size of x_t at a few steps, and no change.
#[test]
fn a_published_table_is_undecided_and_says_why() {
    let table = |noise: f64| -> Vec<Record> {
        let steps = (0..4).flat_map(|step| grown("hidden", step, Quantity::Value, 0.0, 0.0));
        let mut table: Vec<Record> = steps.filter(|record| record.seed == 0 && record.width < 256).collect();
        table.iter_mut().filter(|record| record.width == 64).for_each(|record| record.value += noise);
        table
    };
    for noise in [0.0, 0.05] {
        let report = Records::new(table(noise)).judge(Criteria::default()).expect("judges");
        assert_untrained(&report, Untrained::NoChange, "x_t alone lets a constant x₀ hide");
    }
    let text = Records::new(table(0.05)).judge(Criteria::default()).expect("judges").to_string();
    assert!(text.contains("hidden x₀: one seed at 3 widths") && text.contains("three seeds or more"), "{text}");
}
