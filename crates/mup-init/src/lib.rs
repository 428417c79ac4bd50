//! mup-init.
