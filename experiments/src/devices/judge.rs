//! Measurements against those of flex, PyTorch and microsoft/mup, each with its tolerance and the reason for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use mup_devices::{Backend, DeviceName};
use mup_golden::relative_difference;
use mup_verdict::Answer;

use super::measure::{CHECKED, GoldenRun, Measurement, TRAINED};
use crate::choices::Model;
use crate::subjects::Trained;
use mup_golden::{Precision, Wanted};

/// See [`REASONS`].
const GOLDEN: f64 = 1e-4;
const TRAINING: f64 = 1e-4;
/// See [`REASONS`]: with TF32, of logits, losses and weights.
const TF32_LOGITS: f64 = 5e-3;
const TF32_LOSSES: f64 = 2e-2;
const TF32_WEIGHTS: f64 = 5e-1;
/// The model of [`TRAINED`] with convolutions; golden runs have one too.
const WITH_CONVOLUTIONS: Model = Model::ConvNet;

/// What a tolerance rests on.
pub(super) const REASONS: [(&str, &str); 5] = [
    (
        "golden",
        "what issue 2 asks of single precision against float64 after ten steps; flex reaches 8.7e-6 (docs/log.md), and \
         a device that adds in another order rounds otherwise, not more",
    ),
    ("bits", "weights are drawn on the host and copied, and a checkpoint copies them back: nothing is rounded"),
    ("verdict", "a coordinate check is a verdict: flat under µP, not flat under SP"),
    (
        "training",
        "the same for twenty steps, against flex; flex itself is compared with flex in float64, which shows how much \
         rounding alone does; AdamW's ε is 1e-4, so that entries whose gradient is rounding alone do not move",
    ),
    (
        "TF32",
        "where a device rounds the factors of products to 11 bits, golden and training allow 5e-3 of logits, 2e-2 of \
         losses and 5e-1 of weights: PyTorch's golden runs move by 7.9e-4, 2.4e-3 and 1.1e-1 when their factors are rounded \
         so, weights that far because Adam turns a small gradient's sign into a whole step (`gpu/tf32.py`, docs/log.md). \
         cuda does that in every product and cannot be told not to; libtorch:0 does it in convolutions, unless `--exact` is \
         given",
    ),
];

/// One device's results.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) name: DeviceName,
    /// Of its products.
    pub(super) precision: Precision,
    pub(super) results: Vec<Judgment>,
}

/// One quantity on one device.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judgment {
    /// The same for every device.
    pub(super) quantity: String,
    /// First word of a line of [`REASONS`].
    pub(super) reason: &'static str,
    pub(super) found: Found,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// A largest relative difference, where it was found, and the largest that is allowed.
    Difference { value: f64, tolerance: f64, at: String },
    /// Tensors whose bits differ, of so many: none is allowed to.
    Bits { differing: usize, of: usize },
    /// Under µP and SP.
    Verdict([Answer; 2]),
}

impl Judged {
    pub(super) fn is_right(&self) -> bool {
        self.results.iter().all(|result| result.found.is_right())
    }
}

impl Found {
    pub(super) fn is_right(&self) -> bool {
        match self {
            Self::Difference { value, tolerance, .. } => value <= tolerance,
            Self::Bits { differing, of } => *differing == 0 && *of > 0,
            Self::Verdict(answers) => *answers == [Answer::Holds, Answer::Fails],
        }
    }

    /// Where the largest difference was found.
    pub(super) fn place(&self) -> &str {
        if let Self::Difference { at, .. } = self { at } else { "anywhere" }
    }

    /// The largest difference that is allowed; nothing but equality else.
    pub(super) fn bound(&self) -> f64 {
        if let Self::Difference { tolerance, .. } = self { *tolerance } else { 0.0 }
    }

    /// What would be right.
    pub(super) fn tolerance(&self) -> String {
        match self {
            Self::Difference { tolerance, .. } => format!("{tolerance:.0e}"),
            Self::Bits { .. } => "0 tensors".to_owned(),
            Self::Verdict(_) => "holds, fails".to_owned(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Difference { value, .. } => write!(f, "{value:.1e}"),
            Self::Bits { differing, of } => write!(f, "{differing} of {of} tensors"),
            Self::Verdict([mup, standard]) => write!(f, "{mup}, {standard}"),
        }
    }
}

/// Judges a device by flex, and flex by itself in float64.
pub(super) fn judge(
    (name, wanted): (DeviceName, Wanted),
    here: &Measurement,
    flex: &Measurement,
    double: &Measurement,
) -> Judged {
    let reference = if name == Backend::Flex.into() { double } else { flex };
    let precision = Precision::of(name, wanted);
    let allowed = |single: f64, tf32: f64, has_convolutions: bool| match precision {
        Precision::Single => single,
        Precision::Tf32Convolutions if !has_convolutions => single,
        Precision::Tf32Convolutions | Precision::Tf32 => tf32,
    };
    let [logits, output, weight] = [TF32_LOGITS, TF32_LOSSES, TF32_WEIGHTS].map(|tf32| allowed(GOLDEN, tf32, true));
    let mut results = vec![
        golden("logits before the first step", logits, &here.golden, |run| run.logits),
        golden("losses of ten steps", output, &here.golden, |run| run.losses),
        golden("weights after ten steps", weight, &here.golden, |run| run.weights),
    ];
    let mut add = |quantity: String, reason, found| results.push(Judgment { quantity, reason, found });
    for model in TRAINED.map(|model| model.to_string()) {
        let (ours, theirs) = (&here.trained[&model], &flex.trained[&model]);
        add(format!("{model}: initialization, against flex"), "bits", bits(&ours.start, &theirs.start));
    }
    for model in CHECKED.map(|model| model.to_string()) {
        if let Some(answers) = here.coordinates.get(&model) {
            add(format!("{model}: coordinate check, µP and SP"), "verdict", Found::Verdict(*answers));
        }
    }
    for (model, convolves) in TRAINED.map(|model| (model.to_string(), model == WITH_CONVOLUTIONS)) {
        let (ours, theirs) = (&here.trained[&model], &reference.trained[&model]);
        let [output, weight] = [TF32_LOSSES, TF32_WEIGHTS].map(|tf32| allowed(TRAINING, tf32, convolves));
        add(format!("{model}: losses of 20 steps"), "training", losses(ours, theirs, output));
        add(format!("{model}: weights after 20 steps"), "training", weights(ours, theirs, weight));
        add(format!("{model}: resumed halfway"), "bits", bits(&here.resumed[&model].end, &ours.end));
    }
    Judged { name, precision, results }
}

fn golden(what: &str, tolerance: f64, runs: &[GoldenRun], of: fn(&GoldenRun) -> f64) -> Judgment {
    let worst = runs.iter().max_by(|a, b| of(a).total_cmp(&of(b)));
    let (value, at) = worst.map_or((f64::INFINITY, "nothing".to_owned()), |run| (of(run), run.what.clone()));
    let found = Found::Difference { value, tolerance, at };
    Judgment { quantity: format!("PyTorch and mup: {what}"), reason: "golden", found }
}

fn losses(ours: &Trained, theirs: &Trained, tolerance: f64) -> Found {
    let value = relative_difference(&ours.losses, &theirs.losses);
    Found::Difference { value, tolerance, at: "losses".to_owned() }
}

fn weights(ours: &Trained, theirs: &Trained, tolerance: f64) -> Found {
    let differences = ours.end.iter().map(|(path, values)| (relative_difference(values, &theirs.end[path]), path));
    let worst = differences.max_by(|(a, _), (b, _)| a.total_cmp(b));
    let (value, at) = worst.map_or((f64::INFINITY, "nothing".to_owned()), |(value, path)| (value, path.clone()));
    Found::Difference { value, tolerance, at }
}

fn bits(ours: &BTreeMap<String, Vec<f64>>, theirs: &BTreeMap<String, Vec<f64>>) -> Found {
    let paths: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let of = |parameters: &BTreeMap<String, Vec<f64>>, path: &str| {
        parameters.get(path).map(|values| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
    };
    let differing = paths.iter().filter(|path| of(ours, path) != of(theirs, path)).count();
    Found::Bits { differing, of: paths.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained(weight: f64) -> Trained {
        let parameters = BTreeMap::from([("readout.weight".to_owned(), vec![1.0, weight])]);
        Trained { start: parameters.clone(), losses: vec![2.0, weight], end: parameters }
    }

    /// What a device measures that computes `weight` where flex computes 0.5.
    fn measurement(weight: f64, golden: f64, answers: [Answer; 2]) -> Measurement {
        let run = GoldenRun { what: "mlp width 2 sgd".to_owned(), logits: 0.0, losses: golden, weights: 0.0 };
        let trained: BTreeMap<_, _> = TRAINED.iter().map(|model| (model.to_string(), trained(weight))).collect();
        Measurement {
            description: None,
            golden: vec![run],
            coordinates: CHECKED.iter().map(|model| (model.to_string(), answers)).collect(),
            resumed: trained.clone(),
            trained,
            seconds: 1.0,
        }
    }

    const RIGHT: [Answer; 2] = [Answer::Holds, Answer::Fails];

    fn wrong(here: &Measurement) -> Vec<String> {
        wrong_on("wgpu", Wanted::AsItComes, here)
    }

    fn wrong_on(device: &str, wanted: Wanted, here: &Measurement) -> Vec<String> {
        let flex = measurement(0.5, 0.0, RIGHT);
        let judged = judge((device.parse().expect("a device"), wanted), here, &flex, &flex);
        let wrong = judged.results.iter().filter(|result| !result.found.is_right());
        wrong.map(|result| result.quantity.clone()).collect()
    }

    #[test]
    fn a_device_that_computes_what_flex_does_is_right() {
        assert_eq!(wrong(&measurement(0.5, 1e-6, RIGHT)), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_deviation_is_seen() {
        assert_eq!(wrong(&measurement(0.5, 2e-4, RIGHT)), ["PyTorch and mup: losses of ten steps"]);
        let nan = wrong(&measurement(f64::NAN, 1e-6, RIGHT));
        assert!(nan.contains(&"gpt: losses of 20 steps".to_owned()), "{nan:?}");
        let rounding = wrong(&measurement(0.5 + 1e-7, 1e-6, RIGHT));
        assert!(rounding.iter().all(|what| what.ends_with("initialization, against flex")), "{rounding:?}");
        let blind = wrong(&measurement(0.5, 1e-6, [Answer::Holds, Answer::Holds]));
        assert_eq!(blind, ["mlp: coordinate check, µP and SP", "gpt: coordinate check, µP and SP"]);
        let undecided = wrong(&measurement(0.5, 1e-6, [Answer::Undecided, Answer::Fails]));
        assert_eq!(undecided.len(), 2);
    }

    #[test]
    fn tf32_is_allowed_where_a_device_has_it_and_nowhere_else() {
        let mut rounded = measurement(0.501, 1e-3, RIGHT);
        rounded.trained.values_mut().for_each(|it| it.start = trained(0.5).start);
        assert_eq!(wrong_on("cuda", Wanted::Exact, &rounded), Vec::<String>::new());
        let exact = wrong_on("vulkan", Wanted::AsItComes, &rounded);
        assert_eq!(exact.len(), 1 + 2 * TRAINED.len(), "{exact:?}");
        assert_eq!(wrong_on("libtorch:0", Wanted::Exact, &rounded), exact);
        let convolutions = wrong_on("libtorch:0", Wanted::AsItComes, &rounded);
        assert!(convolutions.iter().all(|what| what.starts_with("mlp") || what.starts_with("gpt")), "{convolutions:?}");
        assert_eq!(convolutions.len(), 4);
        let far = wrong_on("cuda", Wanted::AsItComes, &measurement(0.5, 3e-2, RIGHT));
        assert_eq!(far, ["PyTorch and mup: losses of ten steps"]);
    }

    #[test]
    fn a_coordinate_check_that_was_left_out_is_no_row() {
        let here = Measurement { coordinates: BTreeMap::new(), ..measurement(0.5, 1e-6, RIGHT) };
        let judged = judge((Backend::Wgpu.into(), Wanted::AsItComes), &here, &here, &here);
        assert!(judged.is_right() && judged.results.iter().all(|result| result.reason != "verdict"));
    }

    #[test]
    fn a_checkpoint_that_changes_a_bit_or_loses_a_tensor_is_seen() {
        let mut here = measurement(0.5, 1e-6, RIGHT);
        here.resumed.insert("gpt".to_owned(), trained(0.5 + 1e-15));
        here.resumed.get_mut("mlp").expect("trained").end.clear();
        assert_eq!(wrong(&here), ["mlp: resumed halfway", "gpt: resumed halfway"]);
    }

    #[test]
    fn nothing_measured_is_not_right() {
        let here = Measurement { golden: Vec::new(), ..measurement(0.5, 1e-6, RIGHT) };
        assert_eq!(wrong(&here).len(), 3);
    }
}
