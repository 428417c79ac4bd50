//! `plan`: what a parametrization prescribes for a family, at any base and target.

use std::path::PathBuf;
use std::process::ExitCode;

use mup_devices::{Backend, DeviceName};
use mup_rules::{Parametrization, PlanDifference, ScalingPlan};
use mup_study::cli::{say, whole};
use mup_train::{FamilyError, Growth, Size};
use serde_json::{Value, json};

use crate::{
    AnyFamily, TargetRunArguments,
    grow::{changed, grows},
    output,
};

/// Prints plans, or how one differs from another.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanCommand {
    /// Where every factor is 1, as far as it differs from the family's own size.
    #[arg(long, value_name = "NAME=N,…")]
    pub base: Option<String>,
    /// The target, as far as it differs from the base; may be repeated, one plan each [default: 8 times what grows]
    #[arg(long, value_name = "NAME=N,…")]
    pub target: Vec<String>,
    /// What is infinite [default: what differs between base and target]
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub grow: Vec<String>,
    /// The parametrization: mup, complete-p, depth-mup, tensor-programs-v, mup-package, nanogpt-completep, complete-d-p, u-mup
    /// or standard.
    #[arg(long, value_parser = Parametrization::named, default_value = "mup")]
    pub parametrization: Parametrization,
    /// Steps at the base [default: the family's own]
    #[arg(long, value_name = "N", value_parser = whole::<usize, 1>)]
    pub steps: Option<usize>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub target_run: TargetRunArguments,
    /// Print every parameter in a row of its own, instead of those that are prescribed alike in one place.
    #[arg(long)]
    pub full: bool,
    /// Print only what would train differently than under the plan of this file, which `--json` wrote: exit code 1 if
    /// anything does, 0 if nothing.
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// Print as JSON: of one target its plan, as every tool of this workspace reads it, of several a list.
    #[arg(long)]
    pub json: bool,
}

impl PlanCommand {
    /// Prints.
    ///
    /// # Errors
    ///
    /// A size without a plan, a file that holds none.
    pub fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {
        let plans = self.plans(family)?;
        match &self.diff {
            Some(path) => return self.print_differences(&stored(path)?, &plans),
            None if self.json => output::line(self.json(&plans)?)?,
            None if self.full => plans.iter().try_for_each(|(title, plan)| output::line(format!("{title}\n{plan}")))?,
            None => {
                plans.iter().try_for_each(|(title, plan)| output::line(format!("{title}\n{}", plan.summary())))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Each with its title.
    fn plans(&self, family: &dyn AnyFamily) -> Result<Vec<(String, ScalingPlan)>, FamilyError> {
        let device = mup_devices::open(any_device())?;
        let base = changed(family.size(), self.base.as_deref())?;
        if self.steps.is_some() && !self.target_run.says_something() {
            let remedy = "add --target-steps, --target-batch or --run-law, or leave it out";
            return Err(
                format!("--steps is the length of the base's run, which decides nothing alone: {remedy}").into()
            );
        }
        let plan = |target: Size| -> Result<_, FamilyError> {
            let grows = if self.grow.is_empty() { grows(&base, &target)? } else { self.grow.clone() };
            let growth = Growth::new(base.clone(), grows, self.parametrization.clone());
            let title = format!("{} · base {base} · target {target}", family.name());
            let at_base = family.run(growth, target);
            // The run is the proxy's, that is the base's, until something says that the target has another.
            let of_base = at_base.clone().with_size(base.clone());
            let of_base = of_base.with_steps(self.steps.unwrap_or(at_base.training.steps));
            let run = self.target_run.after(family, &of_base, &device)?.with_size(at_base.size);
            let plan = family.plan(&run, &device)?;
            // On standard error, so that what `--json` writes stays a plan.
            family.untested(&run).into_iter().for_each(|warning| say(format!("warning: {warning}")));
            Ok((title, plan))
        };
        if self.target.is_empty() {
            let grows = if self.grow.is_empty() { vec![base.first()?.to_owned()] } else { self.grow.clone() };
            return Ok(vec![plan(base.times(&grows, 8)?)?]);
        }
        self.target.iter().map(|target| plan(base.changed(target)?)).collect()
    }

    fn json(&self, plans: &[(String, ScalingPlan)]) -> Result<String, FamilyError> {
        match plans {
            [(_, plan)] => Ok(plan.to_json()),
            _ => {
                let plans: Result<Vec<Value>, _> = plans
                    .iter()
                    .map(|(title, plan)| Ok(json!({ "title": title, "plan": serde_json::to_value(plan)? })))
                    .collect();
                plans.and_then(|plans| serde_json::to_string_pretty(&plans)).map_err(Into::into)
            }
        }
    }

    fn print_differences(&self, from: &ScalingPlan, plans: &[(String, ScalingPlan)]) -> Result<ExitCode, FamilyError> {
        let differences = plans.iter().map(|(title, plan)| (title, from.diff(plan)));
        let differences: Vec<(&String, Vec<PlanDifference>)> = differences.collect();
        if self.json {
            let json = |(title, differences): &(&String, Vec<PlanDifference>)| {
                let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
                json!({ "title": title, "differences": differences })
            };
            match &differences.iter().map(json).collect::<Vec<_>>()[..] {
                [one] => output::print_json(one)?,
                several => output::print_json(&several)?,
            }
        } else {
            for ((title, differences), (_, plan)) in differences.iter().zip(plans) {
                output::line(format!("{title}: {}", counted(differences.len())))?;
                grouped(differences).iter().try_for_each(|difference| output::line(format!("  {difference}")))?;
                let warnings = plan.warnings().iter().filter(|warning| !from.warnings().contains(warning));
                warnings.into_iter().try_for_each(|warning| output::line(format!("warning: {warning}")))?;
            }
        }
        let same = differences.iter().all(|(_, differences)| differences.is_empty());
        Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Each once, with `*` for the numbers of blocks in which it is alike.
fn grouped(differences: &[PlanDifference]) -> Vec<String> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for said in differences.iter().map(|difference| difference.in_any_block().to_string()) {
        match groups.iter_mut().find(|(known, _)| *known == said) {
            Some((_, count)) => *count += 1,
            None => groups.push((said, 1)),
        }
    }
    let times = |count| if count == 1 { String::new() } else { format!("  ({count} times)") };
    groups.into_iter().map(|(said, count)| format!("{said}{}", times(count))).collect()
}

/// Not of parameters: several numbers of one may differ.
fn counted(differences: usize) -> String {
    match differences {
        0 => "trains as the stored plan does".to_owned(),
        1 => "1 difference from the stored plan, the first, in what is trained".to_owned(),
        n => format!("{n} differences from the stored plan, the first, in what is trained"),
    }
}

/// The first backend that is compiled in: nothing is computed there.
fn any_device() -> DeviceName {
    let compiled = Backend::ALL.iter().copied().find(|backend| backend.is_compiled_in());
    compiled.unwrap_or(Backend::Flex).into()
}

fn stored(path: &PathBuf) -> Result<ScalingPlan, FamilyError> {
    let unusable = |problem: String| format!("--diff {}: {problem}; `plan --json > FILE` writes one", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    if let Ok(Value::Array(plans)) = serde_json::from_str(&text) {
        return Err(unusable(format!("it holds {} plans; store one, with a single --target", plans.len())).into());
    }
    Ok(ScalingPlan::from_json(&text).map_err(|error| unusable(error.to_string()))?)
}
