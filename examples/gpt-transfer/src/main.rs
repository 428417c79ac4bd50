//! gpt-transfer.

fn main() {}
