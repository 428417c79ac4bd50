//! Patterns over parameter paths.

use serde::{Deserialize, Serialize};

/// A pattern over parameter paths: `*` stands for one segment, `**` for any number of segments.
///
/// ```
/// # use mup_shapes::PathPattern;
/// assert!(PathPattern::new("blocks.*.attention.query.weight").matches("blocks.3.attention.query.weight"));
/// assert!(PathPattern::new("**.query.weight").matches("blocks.3.attention.query.weight"));
/// assert!(!PathPattern::new("blocks.1").matches("blocks.10"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathPattern(String);

impl PathPattern {
    /// A pattern; a plain path matches itself only.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// The pattern of a path in whatever block it lies in: `*` in place of its numbers.
    ///
    /// ```
    /// # use mup_shapes::PathPattern;
    /// assert_eq!(PathPattern::in_any_block("blocks.3.up.weight").as_str(), "blocks.*.up.weight");
    /// ```
    #[must_use]
    pub fn in_any_block(path: &str) -> Self {
        let segments: Vec<&str> =
            path.split('.').map(|segment| if is_number(segment) { "*" } else { segment }).collect();
        Self(segments.join("."))
    }

    /// Whether the whole path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('.').collect();
        let path: Vec<&str> = path.split('.').collect();
        matches_segments(&pattern, &path)
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a segment of a path is an element of a list.
pub(crate) fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

fn matches_segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.first(), path.first()) {
        (None, None) => true,
        (Some(&"**"), _) => {
            matches_segments(&pattern[1..], path) || (!path.is_empty() && matches_segments(pattern, &path[1..]))
        }
        (Some(&segment), Some(&name)) if segment == "*" || segment == name => {
            matches_segments(&pattern[1..], &path[1..])
        }
        _ => false,
    }
}

/// A few paths to correct a pattern by: those that end alike, or else the first.
pub(crate) fn some_paths(pattern: &PathPattern, paths: &[String]) -> String {
    const SHOWN: usize = 8;
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let alike: Vec<&String> = paths.iter().filter(|path| last(path) == last(pattern.as_str())).collect();
    let (shown, total) = if alike.is_empty() { (paths.iter().collect(), paths.len()) } else { (alike, paths.len()) };
    let listed = shown.iter().take(SHOWN).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    match total.saturating_sub(shown.len().min(SHOWN)) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

impl From<&str> for PathPattern {
    fn from(pattern: &str) -> Self {
        Self::new(pattern)
    }
}

impl From<String> for PathPattern {
    fn from(pattern: String) -> Self {
        Self::new(pattern)
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
