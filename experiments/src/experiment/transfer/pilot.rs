//! By how much the best rate of a short run exceeds that of a whole one, measured on the proxy, where SP is µP.

use std::fmt;

use mup_train::FamilyError;
use mup_verdict::transfer::Estimate;
use serde::Serialize;

use super::super::rates::ProxySweep;
use super::parts::{Parts, TUNING_SEED};
use super::sweeps::{SAME, TEN_TIMES, WHOLE};

/// The best rates of the proxy, shortest runs first, whole ones last.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Pilot {
    horizons: Vec<Horizon>,
}

#[derive(Clone, Debug, Serialize)]
struct Horizon {
    steps: usize,
    /// Log₂ of the best rate, by a parabola.
    log2_rate: f64,
    /// No rate beyond it was tried.
    on_edge: bool,
}

impl Parts<'_> {
    /// Over the parts of the horizon that SP is swept over at the target, and over the whole.
    pub(super) fn pilot(&self) -> Result<Pilot, FamilyError> {
        let (shape, (low, high)) = (self.sizes.shape, self.sizes.pilot_rates);
        let rates: Vec<f64> = (2 * low..=2 * high).map(|half| (f64::from(half) / 2.0).exp2()).collect();
        let horizon = |part: usize| -> Result<Horizon, FamilyError> {
            let (steps, width) = (self.sizes.steps_of(part), shape.base_width);
            let (name, seeds) = (format!("pilot-{steps}"), [TUNING_SEED, TUNING_SEED + 1]);
            let sweep = ProxySweep { name: &name, shape, width, rates: &rates, fixed: &[], seeds: &seeds, steps };
            let best = Estimate::of(&self.runs.sweep(&sweep)?.points);
            let best = best.ok_or_else(|| format!("{name}: every rate diverged on the proxy"))?;
            Ok(Horizon { steps, log2_rate: best.log2_value, on_edge: best.edge.is_some() })
        };
        let horizons = [SAME.part, TEN_TIMES.part, WHOLE.part].into_iter().map(horizon);
        Ok(Pilot { horizons: horizons.collect::<Result<_, _>>()? })
    }
}

impl Pilot {
    /// Octaves by which the best rate of so many steps lies above that of whole runs; 0 for a length that was not tried.
    pub(super) fn shift(&self, steps: usize) -> f64 {
        let short = self.horizons.iter().find(|horizon| horizon.steps == steps);
        short.zip(self.horizons.last()).map_or(0.0, |(short, whole)| short.log2_rate - whole.log2_rate)
    }
}

impl fmt::Display for Pilot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| steps of the proxy | log₂ of its best rate | above that of whole runs, in octaves |\n|---|---|---|"
        )?;
        for Horizon { steps, log2_rate, on_edge } in &self.horizons {
            let edge = if *on_edge { ", on the edge of what was tried" } else { "" };
            writeln!(f, "| {steps} | {log2_rate:.2}{edge} | {:+.2} |", self.shift(*steps))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_lowered_by_what_the_horizon_is_worth_and_an_edge_is_said() {
        let horizon = |steps, log2_rate, on_edge| Horizon { steps, log2_rate, on_edge };
        let pilot =
            Pilot { horizons: vec![horizon(20, -6.0, false), horizon(100, -6.5, true), horizon(800, -7.5, false)] };
        let shifts: Vec<f64> = [20, 100, 800].into_iter().map(|steps| pilot.shift(steps)).collect();
        assert_eq!(shifts, [1.5, 1.0, 0.0]);
        let said = pilot.to_string();
        assert!(said.contains("| 20 | -6.00 | +1.50 |"), "{said}");
        assert!(said.contains("| 100 | -6.50, on the edge of what was tried | +1.00 |"), "{said}");
    }
}
