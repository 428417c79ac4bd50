//! The statistics are those of microsoft/mup: numbers computed by its `coord_check.py`, see `tests/golden`.

use std::collections::BTreeMap;

use mup_verdict::coordinates::Statistic;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
    float32: BTreeMap<String, Option<f64>>,
    float64: BTreeMap<String, Option<f64>>,
}

const NAMES: [(&str, Statistic); 8] = [
    ("l1", Statistic::MeanAbs),
    ("l2", Statistic::Rms),
    ("mean", Statistic::Mean),
    ("std", Statistic::Std),
    ("covl1", Statistic::CovMeanAbs),
    ("covl2", Statistic::CovRms),
    ("covoffdiagl1", Statistic::CovOffDiagonalMeanAbs),
    ("covoffdiagl2", Statistic::CovOffDiagonalRms),
];

/// In units of the largest intermediate value (max x² for the Gram matrix, max |x| else): each of the n additions of
/// a sum, and the handful of operations around it, rounds by at most half a unit in the last place.
fn tolerance(case: &Case, statistic: Statistic, epsilon: f64) -> f64 {
    let rows = case.values.len() / case.shape.last().expect("an axis");
    let n_operations = (case.values.len() + rows * rows + 8) as f64;
    let largest = Statistic::Max.of(&case.values, 1);
    let is_covariance = NAMES[4..].iter().any(|(_, covariance)| *covariance == statistic);
    n_operations * epsilon / 2.0 * if is_covariance { largest * largest } else { largest }
}

#[test]
fn statistics_equal_those_of_microsofts_coordinate_check() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/statistics.json")).expect("reads");
    for case in &golden.cases {
        for (name, statistic) in NAMES {
            let found = statistic.of(&case.values, *case.shape.last().expect("an axis"));
            for (expected, epsilon) in [(&case.float64, f64::EPSILON), (&case.float32, f64::from(f32::EPSILON))] {
                // NaN there (a mean over nothing) is 0 here.
                let expected = expected[name].unwrap_or(0.0);
                let distance = (found - expected).abs();
                assert!(
                    distance <= tolerance(case, statistic, epsilon),
                    "{name} of {}: {found}, not {expected}",
                    case.name
                );
            }
        }
    }
    assert!(golden.cases.len() >= 9);
}
