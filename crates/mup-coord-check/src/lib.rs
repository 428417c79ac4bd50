//! mup-coord-check.
