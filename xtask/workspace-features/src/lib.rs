//! Nothing but its `Cargo.toml`: see there.
