//! From identical weights and batches: how far a device is from PyTorch and microsoft/mup.

use burn::tensor::Device;
use mup_models::{ConvNet, Gpt, Mlp};
use mup_rules::Parametrization;

use crate::{Case, Family, Width, optimizer_id, parameters, prepare, relative_difference, train};

/// Largest differences of one run, each relative to the largest entry of the tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Model, width and run.
    pub what: String,
    /// Of the logits before the first step.
    pub logits: f64,
    /// Of the losses before every step and after the last.
    pub losses: f64,
    /// Of each trained parameter after the last step, by path; `None` where the trajectory is ill-conditioned in
    /// single precision, PyTorch's too.
    pub parameters: Vec<(String, Option<f64>)>,
    /// The same, ill-conditioned or not.
    pub in_full: f64,
}

impl Comparison {
    /// The largest of a parameter that single precision can hold.
    #[must_use]
    pub fn largest_parameter(&self) -> f64 {
        self.parameters.iter().filter_map(|(_, difference)| *difference).fold(0.0, f64::max)
    }
}

/// Runs one model at one width with one optimizer, on a device with autodiff.
///
/// # Panics
///
/// When the golden data is not what this crate expects: it belongs to the checkout.
#[must_use]
pub fn compare<F: Family>(case: &Case, width: &Width, run: &str, device: &Device) -> Comparison {
    let prepared = prepare::<F>(case, width, Parametrization::mup_package(), optimizer_id(run), device);
    let golden = prepared.golden.clone();
    let logits: Vec<f64> = prepared.model.logits(&prepared.batch).into_data().iter::<f64>().collect();
    let logits = relative_difference(&logits, golden.get("logits64").1);
    let (model, losses) = train(prepared, run, &case.trajectory.runs[run], case.trajectory.steps);
    let losses = relative_difference(&losses, golden.get(&format!("loss/{run}")).1);
    let trained = parameters(&model).into_iter().filter(|(path, _)| !width.constants.contains_key(path));
    let differences = trained.map(|(path, values)| {
        let difference = relative_difference(&values, golden.get(&format!("{run}/{path}")).1);
        (path, difference)
    });
    let differences: Vec<(String, f64)> = differences.collect();
    let in_full = differences.iter().fold(0.0, |max: f64, (_, difference)| max.max(*difference));
    let ill_conditioned = &width.ill_conditioned[run];
    let judged = |(path, difference): (String, f64)| {
        let difference = (!ill_conditioned.contains_key(&path)).then_some(difference);
        (path, difference)
    };
    let what = format!("{} width {} {run}", case.model, width.index);
    Comparison { what, logits, losses, parameters: differences.into_iter().map(judged).collect(), in_full }
}

/// Every run of a case whose width and name `select` takes, on a device with autodiff.
#[must_use]
pub fn compare_runs(case: &Case, device: &Device, select: impl Fn(usize, &str) -> bool) -> Vec<Comparison> {
    let widths = case.widths.iter();
    let runs = widths.flat_map(|width| case.trajectory.runs.keys().map(move |run| (width, run)));
    let selected = runs.filter(|(width, run)| select(width.index, run));
    let compared = selected.map(|(width, run)| match case.kind.as_str() {
        "Mlp" => compare::<Mlp>(case, width, run, device),
        "ConvNet" => compare::<ConvNet>(case, width, run, device),
        _ => compare::<Gpt>(case, width, run, device),
    });
    compared.collect()
}
