//! mup-transfer.
