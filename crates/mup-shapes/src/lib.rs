//! mup-shapes.
