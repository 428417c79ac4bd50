//! Two plans compared: what would train differently, and a fingerprint of what trains.

use std::cmp::Ordering;

use mup_shapes::PathPattern;

use crate::factor::four_digits;
use crate::{Column, Factor, PlanRow, ScalingPlan, WeightDecay};

/// One thing that two plans would train differently; prints as `` `path`: learning rate 0.25 = 1/m_in → 1 ``.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanDifference {
    /// They are for different optimizers.
    Optimizers {
        /// Names in the first plan.
        from: String,
        /// Names in the second plan.
        to: String,
    },
    /// A parameter that another of several optimizers trains.
    Optimizer {
        /// Path of the parameter.
        path: String,
        /// In the first plan.
        from: String,
        /// In the second plan.
        to: String,
    },
    /// They have different weight-decay conventions.
    WeightDecay {
        /// In the first plan.
        from: WeightDecay,
        /// In the second plan.
        to: WeightDecay,
    },
    /// Their runs change β otherwise.
    Beta {
        /// The exponent in the first plan.
        from: f64,
        /// The exponent in the second plan.
        to: f64,
    },
    /// A parameter of the first plan that the second does not have.
    Missing {
        /// Path of the parameter.
        path: String,
    },
    /// A parameter of the second plan that the first does not have.
    Added {
        /// Path of the parameter.
        path: String,
    },
    /// A parameter with another shape, role or kind.
    Parameter {
        /// Path of the parameter.
        path: String,
        /// Kind, role and shape in the first plan.
        from: String,
        /// Kind, role and shape in the second plan.
        to: String,
    },
    /// A number that changed.
    Factor {
        /// Path of the parameter.
        path: String,
        /// Which number.
        column: Column,
        /// In the first plan.
        from: Factor,
        /// In the second plan.
        to: Factor,
    },
}

impl PlanDifference {
    /// The same of whatever block: `*` for the numbers in its path.
    #[must_use]
    pub fn in_any_block(&self) -> Self {
        let mut general = self.clone();
        match &mut general {
            Self::Optimizers { .. } | Self::WeightDecay { .. } | Self::Beta { .. } => {}
            Self::Optimizer { path, .. }
            | Self::Missing { path }
            | Self::Added { path }
            | Self::Parameter { path, .. }
            | Self::Factor { path, .. } => *path = PathPattern::in_any_block(path).to_string(),
        }
        general
    }
}

impl ScalingPlan {
    /// What the other plan would train differently, by path; formulas alone, order and names do not count.
    ///
    /// ```
    /// # use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
    /// # use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};
    /// # let model = |n| {
    /// #     ModuleShapes::new(vec![ParamShape::new("hidden.weight", "Linear", [n, n], ParamSpec::weight())])
    /// # };
    /// # let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    /// # let plan = |table| ScalingPlan::new(&shapes, table, OptimizerId::ADAMW).unwrap();
    /// let (mup, standard) = (plan(Parametrization::mup()), plan(Parametrization::standard()));
    /// let differences = mup.diff(&standard);
    /// assert_eq!(differences[1].to_string(), "`hidden.weight`: learning rate 0.25 = 1/m_in → 1");
    /// ```
    #[must_use]
    pub fn diff(&self, other: &Self) -> Vec<PlanDifference> {
        let mut differences = Vec::new();
        let (from, to) = (self.optimizer_names(), other.optimizer_names());
        if from != to {
            differences.push(PlanDifference::Optimizers { from, to });
        }
        let mixed = self.optimizers().len() > 1 || other.optimizers().len() > 1;
        if self.weight_decay() != other.weight_decay() {
            differences.push(PlanDifference::WeightDecay { from: self.weight_decay(), to: other.weight_decay() });
        }
        let (from, to) = (self.beta_exponent(), other.beta_exponent());
        if from.to_bits() != to.to_bits() {
            differences.push(PlanDifference::Beta { from, to });
        }
        let (mut ours, mut theirs) = (self.rows_by_path().peekable(), other.rows_by_path().peekable());
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (None, None) => return differences,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(our), Some(their)) => our.path.cmp(&their.path),
            };
            let our = ours.next_if(|_| order.is_le());
            let their = theirs.next_if(|_| order.is_ge());
            match (our, their) {
                (Some(our), Some(their)) => row_differences(our, their, mixed, &mut differences),
                (Some(our), None) => differences.push(PlanDifference::Missing { path: our.path.clone() }),
                (None, Some(their)) => differences.push(PlanDifference::Added { path: their.path.clone() }),
                (None, None) => return differences,
            }
        }
    }

    /// Sixteen hexadecimal digits that are equal exactly when [`diff`](Self::diff) is empty (up to chance, 2⁻⁶⁴).
    ///
    /// The 64-bit FNV-1a hash of a UTF-8 text: `optimizers|weight decay` as they print, then `|β` and the bits of its exponent
    /// where the run changes it, then a line per
    /// parameter in the order of paths, `path|optimizer|kind|role|axes|dims|A|B|C|decay|ε` as they print, each number
    /// as the 16 hexadecimal digits of its bits; for constants A alone, for frozen tensors A and B. Every line ends in a
    /// line feed. The same on every platform. Not a cryptographic hash.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = format!("{}|{}", self.optimizer_names(), self.weight_decay());
        match self.beta_exponent().to_bits() {
            // As before plans had it.
            kept if kept == 1.0_f64.to_bits() => text.push('\n'),
            bits => text += &format!("|β{bits:016x}\n"),
        }
        for row in self.rows_by_path() {
            text += &format!("{}|{}|{}", row.path, row.optimizer, identity(row));
            text.extend(row.columns().map(|(_, factor)| format!("|{:016x}", factor.value.to_bits())));
            text.push('\n');
        }
        format!("{:016x}", fnv_1a(text.as_bytes()))
    }
}

fn row_differences(our: &PlanRow, their: &PlanRow, mixed: bool, differences: &mut Vec<PlanDifference>) {
    if mixed && our.optimizer != their.optimizer {
        let (path, from, to) = (our.path.clone(), our.optimizer.clone(), their.optimizer.clone());
        differences.push(PlanDifference::Optimizer { path, from, to });
    }
    let (from, to) = (identity(our), identity(their));
    if from != to {
        differences.push(PlanDifference::Parameter { path: our.path.clone(), from, to });
    }
    for ((column, from), (_, to)) in our.columns().zip(their.columns()) {
        if from.value.to_bits() != to.value.to_bits() {
            let (path, from, to) = (our.path.clone(), from.clone(), to.clone());
            differences.push(PlanDifference::Factor { path, column, from, to });
        }
    }
}

fn identity(row: &PlanRow) -> String {
    let dims: Vec<String> = row.dims.iter().map(ToString::to_string).collect();
    let frozen = if row.frozen { "|frozen" } else { "" };
    format!("{}|{}|{}|{}{frozen}", row.kind, row.role, row.axes, dims.join("×"))
}

/// Fowler, Noll, Vo: offset basis and prime of the 64-bit FNV-1a hash (IETF draft-eastlake-fnv).
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl std::fmt::Display for PlanDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Optimizers { from, to } => write!(f, "optimizer {from} → {to}"),
            Self::Optimizer { path, from, to } => write!(f, "`{path}`: optimizer {from} → {to}"),
            Self::WeightDecay { from, to } => write!(f, "weight decay {from} → {to}"),
            Self::Beta { from, to } => write!(f, "β to the power {} → {}", four_digits(*from), four_digits(*to)),
            Self::Missing { path } => write!(f, "`{path}`: only in the first plan"),
            Self::Added { path } => write!(f, "`{path}`: only in the second plan"),
            Self::Parameter { path, from, to } => {
                write!(f, "`{path}`: {} → {}", from.replace('|', " "), to.replace('|', " "))
            }
            Self::Factor { path, column, from, to } => write!(f, "`{path}`: {column} {from} → {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    /// Test vectors of the authors (draft-eastlake-fnv, isthe.com/chongo/tech/comp/fnv).
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(super::fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(super::fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(super::fnv_1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_difference_in_any_block_names_none() {
        let added = |path: &str| super::PlanDifference::Added { path: path.to_owned() };
        assert_eq!(added("blocks.3.experts.0.up").in_any_block(), added("blocks.*.experts.*.up"));
    }
}
