//! What the experiment found: arms, comparisons, percentiles, widths; nothing of what has not ended.

use std::fmt;

use serde::Serialize;

use super::super::arms::{Arm, Ended, largest, table, told};
use super::super::pairs::Comparison;
use super::pilot::Pilot;

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Results {
    /// Of the proxy; those of the target are in its runs.
    pub(crate) proxy_parameters: u64,
    /// What SP's rates are lowered by.
    pub(crate) pilot: Pilot,
    /// The first is µTransfer.
    pub(crate) arms: Vec<Arm>,
    /// Of the first with each other.
    pub(crate) comparisons: Vec<Comparison>,
    /// Rate and loss of SP over the whole horizon, as far as it was swept.
    pub(crate) sweep: Vec<(f64, Option<f64>)>,
    /// µTransfer's values at each width, proxy and target included.
    pub(crate) widths: Vec<Arm>,
    /// Of each width with the one before.
    pub(crate) wider: Vec<Comparison>,
}

impl Results {
    pub(crate) fn new(proxy_parameters: u64, pilot: &Pilot, arms: &[Arm]) -> Self {
        let comparisons = arms.iter().skip(1).filter_map(|other| Comparison::of(&arms[0], other)).collect();
        let (sweep, widths, wider) = (Vec::new(), Vec::new(), Vec::new());
        Self { proxy_parameters, pilot: pilot.clone(), arms: arms.to_vec(), comparisons, sweep, widths, wider }
    }

    pub(crate) fn with_sweep(self, sweep: Vec<(f64, Option<f64>)>) -> Self {
        Self { sweep, ..self }
    }

    pub(crate) fn with_widths(self, widths: Vec<Arm>) -> Self {
        let wider = widths.windows(2).filter_map(|pair| Comparison::of(&pair[1], &pair[0])).collect();
        Self { widths, wider, ..self }
    }

    fn percentiles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| over repetitions | runs | best | 25 % | median | 75 % | worst |\n|---|---|---|---|---|---|---|"
        )?;
        for arm in self.arms.iter().filter(|arm| arm.losses().len() > 1) {
            let at: Vec<String> = [0, 25, 50, 75, 100].iter().map(|percent| told(arm.percentile(*percent))).collect();
            writeln!(f, "| {} | {} | {} |", arm.what, arm.losses().len(), at.join(" | "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (proxy, target) = (self.proxy_parameters, largest(&self.arms));
        if let Some(Ended { parameters, spent, .. }) = target {
            let (ratio, seconds) = (*parameters as f64 / proxy as f64, spent.seconds);
            let operations = spent.flops().unwrap_or(f64::NAN);
            writeln!(
                f,
                "Proxy {proxy} parameters, target {parameters} ({ratio:.1}×); one run of the target {operations:.3e} operations, {seconds:.0} s.\n"
            )?;
        }
        table(f, &self.arms, target.map(|ended| ended.spent))?;
        if self.arms.iter().any(|arm| arm.what.contains("(edge")) {
            writeln!(
                f,
                "\n*edge*: the best rate is the lowest or the highest that was tried, so a better one may lie beyond it."
            )?;
        }
        self.percentiles(f)?;
        writeln!(f, "\nBy what SP's rates of short runs are lowered:\n\n{}", self.pilot)?;
        writeln!(f, "Differences of the first, paired by seed, with 95 % intervals:")?;
        self.comparisons.iter().try_for_each(|comparison| writeln!(f, "{comparison}"))?;
        writeln!(
            f,
            "\nThe rate of (b₁₀) is that of one sweep for all repetitions: what is said of it is conditional on that sweep."
        )?;
        if !self.sweep.is_empty() {
            let losses: Vec<String> =
                self.sweep.iter().map(|(rate, loss)| format!("{rate}: {}", told(*loss))).collect();
            writeln!(f, "\nSP over the whole horizon, by rate: {}", losses.join(", "))?;
        }
        if !self.widths.is_empty() {
            writeln!(f, "\n| µTransfer's values in µP | mean loss | by seed |\n|---|---|---|")?;
            for arm in &self.widths {
                let losses: Vec<String> =
                    arm.losses().iter().map(|(seed, loss)| format!("{seed}: {}", told(Some(*loss)))).collect();
                writeln!(f, "| {} | {} | {} |", arm.what, told(arm.mean()), losses.join(", "))?;
            }
            writeln!(f)?;
            self.wider.iter().try_for_each(|comparison| writeln!(f, "{comparison}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::arms::tests::ended;
    use super::super::super::write_so_far;
    use super::*;

    #[test]
    fn results_of_fewer_runs_do_not_replace_those_of_more() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (none, one) = (vec![ended("x", &[])], vec![ended("x", &[Some(1.0)])]);
        let results = |arms: &[Arm]| Results::new(1, &Pilot::default(), arms);
        let written = || std::fs::read_to_string(folder.path().join("results.txt")).expect("written");
        write_so_far(&results(&none), "none", &none, folder.path()).expect("written");
        write_so_far(&results(&one), "one", &one, folder.path()).expect("written");
        let finished = written();
        assert!(finished.contains("1.0000"), "{finished}");
        write_so_far(&results(&none), "none", &none, folder.path()).expect("kept");
        assert_eq!(written(), finished);
    }
}
