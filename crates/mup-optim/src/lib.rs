//! mup-optim.
