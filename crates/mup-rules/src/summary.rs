//! The plan in short: layers that repeat become one line.

use std::collections::{BTreeSet, HashMap};

use crate::depth::is_number;
use crate::{PlanRow, ScalingPlan};

/// Rows of a plan that differ in nothing but the numbers in their paths; prints on one screen, with what is prescribed alike
/// in one place.
///
/// A 96-layer model has the rows of one layer here, with `blocks.*.` in their paths.
#[derive(Clone, Debug)]
pub struct PlanSummary<'a> {
    pub(crate) plan: &'a ScalingPlan,
    pub(crate) groups: Vec<RowGroup<'a>>,
}

/// Rows with the same prescription and the same path up to numbers.
#[derive(Clone, Debug)]
pub struct RowGroup<'a> {
    /// Their path, with `*` in place of the numbers in which they differ.
    pub pattern: String,
    /// The rows, in the order of the plan.
    pub rows: Vec<&'a PlanRow>,
}

impl ScalingPlan {
    /// The plan in short: rows with the same prescription, grouped by their path up to numbers.
    ///
    /// Where layers of the same name are prescribed differently, their numbers are listed: `blocks.{0,2}.…`.
    #[must_use]
    pub fn summary(&self) -> PlanSummary<'_> {
        let mut groups: Vec<RowGroup> = Vec::new();
        let mut known = HashMap::new();
        for row in self.rows() {
            let group = *known.entry((row.in_any_block(), prescription(row))).or_insert(groups.len());
            match groups.get_mut(group) {
                Some(group) => group.rows.push(row),
                None => groups.push(RowGroup { pattern: row.in_any_block(), rows: vec![row] }),
            }
        }
        name_apart(&mut groups);
        PlanSummary { plan: self, groups }
    }
}

impl<'a> PlanSummary<'a> {
    /// The groups, in the order of their first rows.
    #[must_use]
    pub fn groups(&self) -> &[RowGroup<'a>] {
        &self.groups
    }
}

/// All that two rows of one group have in common.
fn prescription(row: &PlanRow) -> String {
    let numbers: Vec<String> = row.columns().map(|(_, factor)| format!("{factor:?}")).collect();
    format!(
        "{} {} {:?} {:?} {:?} {:?} {:?} {:?} {}",
        row.optimizer,
        row.frozen,
        row.kind,
        row.role,
        row.form,
        row.axes,
        row.dims,
        row.doubts,
        numbers.join(" ")
    )
}

/// A group of one row gets its path; groups that share a pattern get the numbers of their layers.
fn name_apart(groups: &mut [RowGroup]) {
    let mut shared: HashMap<String, usize> = HashMap::new();
    for group in groups.iter() {
        *shared.entry(group.pattern.clone()).or_default() += 1;
    }
    for group in groups {
        if group.rows.len() == 1 {
            group.pattern.clone_from(&group.rows[0].path);
        } else if shared[&group.pattern] > 1 {
            group.pattern = numbered(&group.rows);
        }
    }
}

fn numbered(rows: &[&PlanRow]) -> String {
    let paths: Vec<Vec<&str>> = rows.iter().map(|row| row.path.split('.').collect()).collect();
    let segment = |(idx, first): (usize, &&str)| {
        if !is_number(first) {
            return (*first).to_owned();
        }
        let numbers: BTreeSet<u64> = paths.iter().filter_map(|path| path[idx].parse().ok()).collect();
        let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
        if numbers.len() == 1 { numbers[0].clone() } else { format!("{{{}}}", numbers.join(",")) }
    };
    let segments: Vec<String> = paths[0].iter().enumerate().map(segment).collect();
    segments.join(".")
}
