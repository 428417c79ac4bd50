//! Names of presets, as people write them.

use mup_shapes::PathPattern;

/// As presets are called: `complete-p`, where code writes `complete_p()`.
pub(crate) fn plain(name: &str) -> String {
    let name = name.trim();
    name.strip_suffix("()").unwrap_or(name).replace('_', "-").to_lowercase()
}

/// The name that a mistyped one is near to.
pub(crate) fn meant(name: &str, known: &[&str]) -> Option<String> {
    PathPattern::from(plain(name)).nearest(known.iter().copied()).map(|meant| meant.to_string())
}
