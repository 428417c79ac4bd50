//! What one forward pass showed, on the host.

use burn::tensor::Tensor;
use mup_models::Probe;

/// The named activations of one forward pass: the probe that a trial hands to its model.
///
/// A model that does not know [`Probe`] can report with [`Activations::insert`].
#[derive(Clone, Debug, Default)]
pub struct Activations(Vec<(String, Vec<f32>)>);

impl Activations {
    /// Reports values under a name; values of a module that runs several times per pass are joined.
    pub fn insert(&mut self, module: &str, values: &[f32]) {
        match self.0.iter_mut().find(|(name, _)| name == module) {
            Some((_, seen)) => seen.extend_from_slice(values),
            None => self.0.push((module.to_owned(), values.to_vec())),
        }
    }

    /// Names and values, in the order of the forward pass.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f32])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// The values of a module.
    #[must_use]
    pub fn get(&self, module: &str) -> Option<&[f32]> {
        self.iter().find(|(name, _)| *name == module).map(|(_, values)| values)
    }

    /// Whether nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }
}

impl Probe for Activations {
    fn observe<const D: usize>(&mut self, name: &str, activation: &Tensor<D>) {
        let values: Vec<f32> = activation.to_data().iter::<f32>().collect();
        self.insert(name, &values);
    }
}
