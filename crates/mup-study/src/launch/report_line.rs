//! What a program reports: JSON objects, one a line.

use serde_json::{Map, Value};

use crate::Curve;

/// Reads a program's lines into a curve.
#[derive(Debug, Default)]
pub(super) struct Reports {
    pub(super) curve: Curve,
    /// Number of the last step that was reported, from 0.
    last_step: Option<usize>,
    /// The first line that is no report.
    pub(super) malformed: Option<String>,
}

impl Reports {
    /// Takes a line; returns step and loss if it has a loss. What does not begin with `{` is not for us.
    pub(super) fn take(&mut self, line: &str) -> Option<(usize, f64)> {
        let line = line.trim();
        if !line.starts_with('{') || self.malformed.is_some() {
            return None;
        }
        self.read(line).unwrap_or_else(|reason| {
            self.malformed = Some(format!("reported {reason}: {line}"));
            None
        })
    }

    /// Steps that the reports speak of.
    pub(super) fn steps(&self) -> usize {
        self.last_step.map_or(0, |step| step + 1)
    }

    fn read(&mut self, line: &str) -> Result<Option<(usize, f64)>, String> {
        let report = parse(line)?;
        for (name, field) in [("validation", &mut self.curve.validation), ("flops", &mut self.curve.flops)] {
            if let Some(value) = report.get(name) {
                *field = Some(number(name, value)?);
            }
        }
        for (name, field) in [("tokens", &mut self.curve.tokens), ("parameters", &mut self.curve.parameters)] {
            if let Some(value) = report.get(name) {
                *field = value.as_u64().ok_or_else(|| format!("`{name}` that is no count"))?;
            }
        }
        if let Some(sample) = report.get("sample").and_then(Value::as_str) {
            self.curve.sample = Some(sample.to_owned());
        }
        let Some(loss) = report.get("loss") else { return Ok(None) };
        let step = self.step(report.get("step"))?;
        let loss = number("loss", loss)?;
        self.last_step = Some(step);
        self.curve.losses.push(loss);
        Ok(Some((step, loss)))
    }

    fn step(&self, value: Option<&Value>) -> Result<usize, String> {
        let Some(value) = value else { return Ok(self.steps()) };
        let step = value.as_u64().and_then(|step| usize::try_from(step).ok());
        let step = step.ok_or("a `step` that is no count")?;
        match self.last_step {
            Some(last) if step <= last => Err(format!("step {step} after step {last}")),
            _ => Ok(step),
        }
    }
}

/// Python writes NaN and Infinity, which are not JSON.
fn parse(line: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(line).or_else(|error| {
        let strict = line.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null");
        serde_json::from_str(&strict).map_err(|_| format!("what is no JSON ({error})"))
    })
}

/// `null` and names such as "nan" are what is not finite.
fn number(name: &str, value: &Value) -> Result<f64, String> {
    match value {
        Value::Null => Ok(f64::NAN),
        Value::String(text) => text.parse().map_err(|_| format!("`{name}` that is no number")),
        value => value.as_f64().ok_or_else(|| format!("`{name}` that is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_come_in_order_and_what_is_not_for_us_is_skipped() {
        let mut reports = Reports::default();
        assert_eq!(reports.take("loading data"), None);
        assert_eq!(reports.take(r#"{"loss": 5.0}"#), Some((0, 5.0)));
        assert_eq!(reports.take(r#"  {"step": 10, "loss": 4, "rate": 0.1}"#), Some((10, 4.0)));
        assert_eq!(reports.take(r#"{"tokens": 512, "parameters": 7, "flops": 1e9, "validation": 3.5}"#), None);
        assert_eq!(reports.curve.losses, [5.0, 4.0]);
        assert_eq!((reports.curve.tokens, reports.curve.parameters), (512, 7));
        assert_eq!((reports.curve.flops, reports.curve.validation), (Some(1e9), Some(3.5)));
        assert_eq!(reports.steps(), 11);
        assert_eq!(reports.malformed, None);
    }

    #[test]
    fn what_is_not_finite_is_read_however_it_is_written() {
        for line in [r#"{"loss": NaN}"#, r#"{"loss": -Infinity}"#, r#"{"loss": null}"#, r#"{"loss": "nan"}"#] {
            let (_, loss) = Reports::default().take(line).expect(line);
            assert!(!loss.is_finite(), "{line}");
        }
    }

    #[test]
    fn a_line_that_is_no_report_is_shown_and_ends_the_reading() {
        for (line, said) in [
            (r#"{"loss": "#, "JSON"),
            (r#"{"loss": "low"}"#, "`loss`"),
            (r#"{"loss": [1]}"#, "`loss`"),
            (r#"{"step": -1, "loss": 1}"#, "`step`"),
            (r#"{"tokens": 0.5}"#, "`tokens`"),
        ] {
            let mut reports = Reports::default();
            assert_eq!(reports.take(line), None);
            let reason = reports.malformed.clone().expect(line);
            assert!(reason.contains(said) && reason.contains(line.trim()), "{reason}");
            assert_eq!(reports.take(r#"{"loss": 1.0}"#), None);
        }
        let mut reports = Reports::default();
        reports.take(r#"{"step": 5, "loss": 1}"#);
        reports.take(r#"{"step": 5, "loss": 1}"#);
        assert!(reports.malformed.unwrap().contains("step 5 after step 5"));
    }
}
