//! Running statistics (`BatchNorm`) as the last step left them.

use burn::module::Module;

/// Burn keeps the last update of a running statistic aside until the next forward pass in training (burn-core 0.22.1,
/// `src/module/param/running.rs`), and its records, visitors and clones have the value before: a model that was saved so
/// resumes with other statistics. `valid()` is the one public way to apply it, in the module itself too, whose clones share
/// it.
pub(crate) fn settle<M: Module>(model: &M) {
    drop(model.valid());
}
