//! What `mup-optim` promises, from outside the crate.
#![expect(clippy::float_cmp, reason = "equality to the bit is what these tests claim")]

mod base_width;
mod element_types;
mod families;
mod from_outside;
mod global_clip;
mod master_weights;
mod model;
mod muon;
mod partition;
mod planned;
mod rejected;
mod resume;
mod run;
mod scaling;
mod schedules;
mod sixteen_bits;
mod stack;
mod stack_clip;
mod stack_kinds;
mod torch;
mod untrained;
mod weight_decay;
mod width;
