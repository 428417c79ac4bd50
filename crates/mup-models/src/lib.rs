//! mup-models.
