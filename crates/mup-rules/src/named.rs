//! Paths of parameters in a sentence: the first ones, up to their numbers.

use mup_shapes::PathPattern;

use crate::PlanRow;

/// How many are named.
const N_NAMED: usize = 3;

/// The first paths up to their numbers, and how many more there are; none for no rows.
pub(crate) fn named<'a>(rows: impl Iterator<Item = &'a PlanRow>) -> Option<String> {
    let paths: Vec<&str> = rows.map(|row| row.path.as_str()).collect();
    (!paths.is_empty()).then(|| some(&paths))
}

/// The first paths up to their numbers, and how many more there are; "none" for no paths.
pub(crate) fn some(paths: &[impl AsRef<str>]) -> String {
    let mut patterns: Vec<String> = Vec::new();
    for pattern in paths.iter().map(|path| PathPattern::in_any_block(path.as_ref()).to_string()) {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    if patterns.is_empty() {
        return "none".to_owned();
    }
    let (first, rest) = patterns.split_at(patterns.len().min(N_NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", first.join(", "))
}
