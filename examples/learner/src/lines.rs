//! One line per epoch, where there is no dashboard; Burn's own plain renderer prints one per step, without the loss.

use std::io::Write;

use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::{MetricDefinition, MetricId, NumericEntry};
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation, MetricsRendererTraining,
};

/// Prints the mean loss of each epoch's training and validation.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    loss: Option<MetricId>,
    epochs: usize,
    train: Mean,
    validation: Mean,
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    n: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.n += 1;
    }

    fn take(&mut self) -> f64 {
        let Self { sum, n } = std::mem::take(self);
        sum / n as f64
    }
}

impl Lines {
    fn loss(&self, state: MetricState) -> Option<f64> {
        let MetricState::Numeric(entry, Some(NumericEntry::Aggregated { aggregated_value, .. })) = state else {
            return None;
        };
        (Some(&entry.metric_id) == self.loss.as_ref()).then_some(aggregated_value)
    }
}

impl MetricsRendererTraining for Lines {
    fn update_train(&mut self, state: MetricState) {
        if let Some(loss) = self.loss(state) {
            self.train.add(loss);
        }
    }

    fn update_valid(&mut self, state: MetricState) {
        if let Some(loss) = self.loss(state) {
            self.validation.add(loss);
        }
    }
}

impl TrainingProgressLogger for Lines {
    fn start(&mut self, epochs: usize, _: usize, _: Option<usize>, _: Option<&str>) {
        self.epochs = epochs;
    }

    fn update_epoch(&mut self, epoch: usize) {
        let (train, validation) = (self.train.take(), self.validation.take());
        let line = format!("epoch {epoch} of {}: loss {train:.4}, validation loss {validation:.4}", self.epochs);
        // Who closed the pipe wants no more lines, but the training.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn start_split(&mut self, _: &str, _: usize) {}
    fn update_split(&mut self, _: usize) {}
    fn end_split(&mut self) {}
    fn end(&mut self) {}
    fn log_event_training(&mut self, _: String) {}
}

impl MetricsRenderer for Lines {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        if definition.name.as_str() == "Loss" {
            self.loss = Some(definition.metric_id);
        }
    }
}

impl MetricsRendererEvaluation for Lines {
    fn update_test(&mut self, _: EvaluationName, _: MetricState) {}
}

impl EvaluationProgressLogger for Lines {
    fn start_global_progress(&mut self, _: usize) {}
    fn start_test(&mut self, _: &str, _: usize) {}
    fn update_test_progress(&mut self, _: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _: String) {}
}
