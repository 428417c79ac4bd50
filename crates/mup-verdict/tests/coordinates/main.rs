//! The coordinate check, from outside the crate.

mod bad_input;
mod controls;
mod depth;
mod folder;
mod golden;
mod logits;
mod net;
mod of_family;
mod parallel;
mod report;
mod sources;
mod untrained;
mod verdicts;
