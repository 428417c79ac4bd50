//! mup-rules.
