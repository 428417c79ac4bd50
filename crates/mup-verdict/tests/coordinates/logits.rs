//! What may shrink before training is what the model reports as logits, whatever its name.

use mup_probe::Probe;
use mup_verdict::coordinates::{CheckError, Criteria, Quantity, Report, Verdict};

use crate::net::{MARKED, Readout, trained};

fn judged(readout: Readout, criteria: Criteria) -> Report {
    trained(readout).expect("runs").judge(criteria).expect("judges")
}

const NAMES: [&str; 5] = ["logits", "head", "lm_head", "output", "x"];

#[test]
fn a_readout_that_is_reported_as_logits_may_be_called_anything() {
    for name in NAMES {
        let report = judged(Readout { name, ..MARKED }, Criteria::default());
        assert_eq!(report.exit_code(), 0, "{report}");
        let start = report.summaries().iter().find(|row| row.module == name && row.quantity == Quantity::Value);
        assert_eq!(start.map(|row| row.verdict), Some(Verdict::Transient), "{report}");
    }
}

#[test]
fn without_the_mark_every_name_fails_alike_and_the_remedy_is_named() {
    for name in NAMES {
        let readout = Readout { name, report: |seen, name, x| seen.observe(name, x) };
        let report = judged(readout, Criteria::default());
        assert_eq!(report.verdict(), Verdict::Vanishes, "{report}");
        assert!(report.to_string().contains("probe.observe_logits"), "{report}");
        let criteria = Criteria { transients: vec![name.into()], ..Criteria::default() };
        assert_eq!(judged(readout, criteria).exit_code(), 0, "declared for a model that cannot be changed");
    }
}

#[test]
fn what_grows_with_width_cannot_be_passed_off_as_logits() {
    let readout = Readout {
        report: |seen, name, x| {
            seen.observe(name, x);
            // The activation of the layer before has as many values as the model is wide.
            let middle = seen.get(mup_verdict::coordinates::Source::Activation, "middle").expect("seen").clone();
            seen.insert_vectors(mup_verdict::coordinates::Source::Logits, "middle", &middle.values, middle.d);
        },
        ..MARKED
    };
    let error = trained(readout).expect("runs").judge(Criteria::default()).expect_err("it grows");
    assert!(matches!(error, CheckError::GrowingLogits { lengths: [32, 64], .. }), "{error}");
    assert!(error.to_string().contains("`middle`") && error.to_string().contains("probe.observe`"), "{error}");
}
