//! A plan as a JSON text: versioned, one line per parameter, exact to the last bit.

use mup_shapes::Stack;
use serde::{Deserialize, Serialize};

use crate::plan::PlanContents;
use crate::plan_file_v1::PlanFileV1;
use crate::{OptimizerId, Overrides, Parametrization, PlanRow, RuleError, RunScaling, ScalingPlan, Variable};

const FORMAT: &str = "mup-plan";
const VERSION: u64 = 3;

/// Read before anything else, so that another version is named as such, whatever else it contains.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    optimizers: Vec<OptimizerId>,
    parametrization: Parametrization,
    #[serde(default)]
    overrides: Overrides,
    #[serde(default)]
    run: Option<RunScaling>,
    #[serde(default)]
    variables: Vec<Variable>,
    #[serde(default)]
    streams: Vec<Stack>,
    rows: Vec<PlanRow>,
    warnings: Vec<String>,
}

impl ScalingPlan {
    /// The plan as JSON: a header with `format` and `version`, then one line per parameter.
    ///
    /// Numbers are written so that [`from_json`](Self::from_json) reads the same `f64` back.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = format!("{{\n\"format\": \"{FORMAT}\",\n\"version\": {VERSION},\n");
        text += &format!("\"optimizers\": {},\n", json(self.optimizers()));
        text += &format!("\"parametrization\": {},\n", json(self.parametrization()));
        text += &format!("\"overrides\": {},\n", json(self.overrides()));
        text += &format!("\"run\": {},\n", json(&self.run()));
        text += &format!("\"variables\": {},\n", json(self.variables()));
        text += &format!("\"streams\": {},\n", json(self.streams()));
        text += &format!("\"rows\": [{}],\n", lines(self.rows()));
        text += &format!("\"warnings\": [{}]\n}}\n", lines(self.warnings()));
        text
    }

    /// Reads what [`to_json`](Self::to_json) wrote, versions 1 and 2 too.
    ///
    /// The plan is made again from what it was made from, and every row must be what was stored, to a relative 1e-12: powers
    /// other than halves and whole numbers differ in their last bits between platforms. Formulas, reasons and warnings are
    /// those of this version of the library.
    ///
    /// A plan of version 1 was for Adam and AdamW alike; it is read as AdamW's, and one for SGD-like optimizers as SGD's.
    ///
    /// # Errors
    ///
    /// [`RuleError::NotAPlan`] with line and column, [`RuleError::OtherFormat`], [`RuleError::OtherVersion`];
    /// and for a file that was edited [`RuleError::Edited`], or the errors of a table, a row or a wish that cannot be:
    /// [`RuleError::TwoRules`], [`RuleError::BadFactor`], [`RuleError::BadAxes`],
    /// [`RuleError::DuplicatePath`], [`RuleError::NothingMatches`].
    pub fn from_json(text: &str) -> Result<Self, RuleError> {
        let header: Header = parse(text)?;
        if header.format != FORMAT {
            return Err(RuleError::OtherFormat { found: header.format, expected: FORMAT });
        }
        let contents = match header.version {
            // Version 3 adds places and rules of depth, which are left out where there are none.
            2 | VERSION => {
                let PlanFile {
                    optimizers, parametrization, overrides, run, variables, streams, rows, warnings, ..
                } = parse(text)?;
                PlanContents { optimizers, parametrization, overrides, run, variables, streams, rows, warnings }
            }
            1 => parse::<PlanFileV1>(text)?.into(),
            found => return Err(RuleError::OtherVersion { found, known: VERSION }),
        };
        contents.try_into()
    }
}

fn lines<T: Serialize>(items: &[T]) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("\n{}", json(item))).collect();
    lines.join(",")
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("bug: plans hold strings and finite numbers only")
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, RuleError> {
    serde_json::from_str(text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or(&reason).to_owned();
        RuleError::NotAPlan { reason, line: error.line(), column: error.column() }
    })
}
