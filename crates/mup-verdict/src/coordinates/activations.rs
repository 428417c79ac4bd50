//! What one pass of a trial showed, on the host.

use burn::tensor::{Device, Tensor};
use mup_probe::Probe;

use super::Source;

/// What one pass of a trial showed: the probe that a trial hands to its model.
///
/// The check says which sources it wants; the others cost nothing, so a trial may offer all of them:
///
/// ```
/// use burn::{module::Module, optim::GradientsParams};
/// use mup_verdict::coordinates::Activations;
///
/// fn observe<M: Module>(seen: &mut Activations, model: &M, gradients: &GradientsParams) {
///     seen.observe_parameters(model); // before the optimizer's step
///     seen.observe_gradients(model, gradients);
/// }
/// ```
///
/// A model that does not know [`Probe`] can report with [`Activations::insert`] and [`Activations::insert_vectors`].
#[derive(Clone, Debug)]
pub struct Activations {
    sources: Vec<Source>,
    seen: Vec<Observed>,
    devices: Vec<Device>,
}

/// One observed tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Of what kind it is.
    pub source: Source,
    /// The name given, or the path of a parameter.
    pub module: String,
    /// The values, vector after vector.
    pub values: Vec<f32>,
    /// Length of a vector: the last axis. All other axes are the batch.
    pub d: usize,
}

impl Default for Activations {
    /// Wants everything.
    fn default() -> Self {
        Self::of(Source::ALL)
    }
}

impl Activations {
    pub(crate) fn of(sources: &[Source]) -> Self {
        Self { sources: sources.to_vec(), seen: Vec::new(), devices: Vec::new() }
    }

    /// Reports an activation as one vector; a module that runs several times per pass has several.
    pub fn insert(&mut self, module: &str, values: &[f32]) {
        self.insert_vectors(Source::Activation, module, values, values.len());
    }

    /// Reports values of any source: vectors of `d` coordinates, one after the other. Of logits, `d` is how many a model
    /// gives at a time, the same at every width.
    pub fn insert_vectors(&mut self, source: Source, module: &str, values: &[f32], d: usize) {
        self.push(source, module, d, || values.to_vec());
    }

    /// Reports what goes into a module, under the module's name.
    pub fn observe_input<const D: usize>(&mut self, module: &str, input: &Tensor<D>) {
        self.push_tensor(Source::Input, module, input);
    }

    /// Everything that was reported, in the order of the pass.
    pub fn iter(&self) -> std::slice::Iter<'_, Observed> {
        self.seen.iter()
    }

    /// What was reported under a name.
    #[must_use]
    pub fn get(&self, source: Source, module: &str) -> Option<&Observed> {
        self.iter().find(|seen| seen.source == source && seen.module == module)
    }

    /// Whether nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    pub(crate) fn wants(&self, source: Source) -> bool {
        self.sources.contains(&source)
    }

    /// Where the tensors were, each device once.
    pub(crate) fn devices(&self) -> &[Device] {
        &self.devices
    }

    pub(crate) fn push_tensor<const D: usize>(&mut self, source: Source, module: &str, tensor: &Tensor<D>) {
        let device = tensor.device().without_autodiff();
        if !self.devices.contains(&device) {
            self.devices.push(device);
        }
        let d = tensor.dims().last().copied().unwrap_or(1);
        self.push(source, module, d, || tensor.to_data().iter::<f32>().collect());
    }

    fn push(&mut self, source: Source, module: &str, d: usize, values: impl FnOnce() -> Vec<f32>) {
        if !self.wants(source) {
            return;
        }
        let values = values();
        match self.seen.iter_mut().find(|seen| seen.source == source && seen.module == module) {
            Some(seen) => {
                // Vectors of different lengths have no Gram matrix; they are taken as one vector.
                seen.d = if seen.d == d { d } else { seen.values.len() + values.len() };
                seen.values.extend(values);
            }
            None => self.seen.push(Observed { source, module: module.to_owned(), values, d }),
        }
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.seen.retain(|seen| keep(&seen.module));
    }
}

impl<'a> IntoIterator for &'a Activations {
    type Item = &'a Observed;
    type IntoIter = std::slice::Iter<'a, Observed>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Probe for Activations {
    fn observe<const D: usize>(&mut self, name: &str, activation: &Tensor<D>) {
        self.push_tensor(Source::Activation, name, activation);
    }

    fn observe_logits<const D: usize>(&mut self, name: &str, logits: &Tensor<D>) {
        self.push_tensor(Source::Logits, name, logits);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use mup_probe::Probe;

    use super::{Activations, Source};

    #[test]
    fn the_last_axis_is_the_vector_and_repeated_passes_are_joined() {
        let mut seen = Activations::default();
        let x = Tensor::<3>::ones([2, 3, 4], &Device::flex());
        seen.observe("x", &x);
        seen.observe("x", &x);
        seen.observe_input("x", &x);
        let lengths: Vec<(Source, usize, usize)> = seen.iter().map(|x| (x.source, x.values.len(), x.d)).collect();
        assert_eq!(lengths, [(Source::Activation, 48, 4), (Source::Input, 24, 4)]);
    }

    #[test]
    fn what_is_not_wanted_is_not_kept() {
        let mut seen = Activations::of(&[Source::Input]);
        seen.insert("x", &[1.0]);
        assert!(seen.is_empty());
    }
}
