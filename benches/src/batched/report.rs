//! The numbers as a table and as JSON.

use std::fmt;

use serde::Serialize;

use super::ways::Way;
use crate::shape::Shape;
use crate::statistics::Spread;
use crate::training::Phases;

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    shape: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    way: &'static str,
    trials_at_a_time: usize,
    /// Trial-steps a second: median, least and most of the repetitions.
    throughput: [f64; 3],
    /// Median milliseconds of a process's step.
    forward: f64,
    backward: f64,
    optimizer: f64,
    /// Seconds until the models are built and have made a step.
    start: f64,
    peak_memory: Option<u64>,
}

impl Report {
    /// The report of ways that were all repeated.
    pub(super) fn new(shape: Shape, ways: &[Way]) -> Self {
        let Shape { d_model, n_layer, batch, length, .. } = shape;
        let shape = format!("width {d_model}, {n_layer} layers, batch {batch} × {length}");
        let rows = ways.iter().map(|way| {
            let phase = |of: fn(&Phases) -> f64| Spread::of(&way.phases.iter().map(of).collect::<Vec<_>>()).median;
            let Spread { median, low, high } = Spread::of(&way.throughput);
            Row {
                way: way.name,
                trials_at_a_time: way.trials,
                throughput: [median, low, high],
                forward: phase(|phases| phases.forward),
                backward: phase(|phases| phases.backward),
                optimizer: phase(|phases| phases.optimizer),
                start: way.start,
                peak_memory: way.peak_memory(),
            }
        });
        Self { shape, rows: rows.collect() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.shape)?;
        writeln!(
            f,
            "| way | trials at a time | trial-steps/s (least–most) | to the first row | ms a step: forward, backward, \
             optimizer | start, s | memory, MB |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        let first = self.rows.first().map_or(1.0, |row| row.throughput[0]);
        for row in &self.rows {
            let [median, least, most] = row.throughput;
            let memory = row.peak_memory.map_or_else(|| "–".to_owned(), |bytes| (bytes / 1_000_000).to_string());
            writeln!(
                f,
                "| {} | {} | {median:.1} ({least:.1}–{most:.1}) | {:.2}× | {:.1}, {:.1}, {:.1} | {:.1} | {memory} |",
                row.way,
                row.trials_at_a_time,
                median / first,
                row.forward,
                row.backward,
                row.optimizer,
                row.start
            )?;
        }
        Ok(())
    }
}
