//! How a model reports its activations by name, at no cost when nobody looks.

use std::fmt::Display;

use burn::tensor::Tensor;

/// Sees the named activations of a forward pass.
///
/// A model of your own takes part by accepting `&mut impl Probe` and reporting what matters:
///
/// ```
/// use burn::{nn::Linear, tensor::{Tensor, activation::relu}};
/// use mup_probe::{Probe, Scope};
///
/// fn forward_probed(layers: &[Linear], mut x: Tensor<2>, probe: &mut impl Probe) -> Tensor<2> {
///     for (i, layer) in layers.iter().enumerate() {
///         let mut scope = Scope::new(probe, format_args!("layers.{i}")); // formats only for an enabled probe
///         x = layer.forward(x);
///         scope.observe("preactivation", &x); // seen as `layers.0.preactivation`
///         x = relu(x);
///     }
///     probe.observe_logits("head", &x); // the model's output: it may be small before training
///     x
/// }
/// ```
pub trait Probe {
    /// Whether activations are looked at; a model skips work that only a probe would see when false.
    const ENABLED: bool = true;

    /// Called with each activation, in the order of the forward pass.
    fn observe<const D: usize>(&mut self, name: &str, activation: &Tensor<D>);

    /// Called with the model's output and with attention logits, instead of [`observe`](Self::observe).
    ///
    /// They are a fixed number of sums over a dimension that grows. With random weights such a sum of n independent
    /// terms over n is Θ(1/√n), so before training they may shrink with width, as nothing else may (Tensor Programs V,
    /// arXiv:2203.03466v2, Appendix D.2). Who looks cannot tell them by their name. A probe to which it is all the same
    /// sees them like any activation.
    fn observe_logits<const D: usize>(&mut self, name: &str, logits: &Tensor<D>) {
        self.observe(name, logits);
    }

    /// Called with the residual stream `x ← x + F(x)`, instead of [`observe`](Self::observe): before the first block, and
    /// after each one or at least after the last, in front of a norm.
    ///
    /// A check along depth compares its two ends. Which activation it is, who looks cannot tell by its name; a probe to which
    /// it is all the same sees it like any activation.
    fn observe_stream<const D: usize>(&mut self, name: &str, stream: &Tensor<D>) {
        self.observe(name, stream);
    }
}

/// Looks at nothing, and costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    const ENABLED: bool = false;

    fn observe<const D: usize>(&mut self, _name: &str, _activation: &Tensor<D>) {}
}

/// A probe that prefixes names with the path of a part of the model.
#[derive(Debug)]
pub struct Scope<'a, P: Probe> {
    probe: &'a mut P,
    prefix: String,
}

impl<'a, P: Probe> Scope<'a, P> {
    /// Names observed through the scope become `path.name`. The path is formatted only for an enabled probe.
    pub fn new(probe: &'a mut P, path: impl Display) -> Self {
        let prefix = if P::ENABLED { path.to_string() } else { String::new() };
        Self { probe, prefix }
    }

    /// Reports the residual stream as the part leaves it, under the part's path.
    pub fn observe_own_stream<const D: usize>(&mut self, stream: &Tensor<D>) {
        if P::ENABLED {
            self.probe.observe_stream(&self.prefix, stream);
        }
    }
}

impl<P: Probe> Probe for Scope<'_, P> {
    const ENABLED: bool = P::ENABLED;

    fn observe<const D: usize>(&mut self, name: &str, activation: &Tensor<D>) {
        if P::ENABLED {
            self.probe.observe(&format!("{}.{name}", self.prefix), activation);
        }
    }

    fn observe_logits<const D: usize>(&mut self, name: &str, logits: &Tensor<D>) {
        if P::ENABLED {
            self.probe.observe_logits(&format!("{}.{name}", self.prefix), logits);
        }
    }

    fn observe_stream<const D: usize>(&mut self, name: &str, stream: &Tensor<D>) {
        if P::ENABLED {
            self.probe.observe_stream(&format!("{}.{name}", self.prefix), stream);
        }
    }
}

/// Keeps every activation, detached from the gradient, in the order of the forward pass.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    activations: Vec<Collected>,
}

#[derive(Clone, Debug)]
struct Collected {
    name: String,
    dims: Vec<usize>,
    values: Tensor<1>,
}

impl Collector {
    /// A collector that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names and dimensions in the order in which they were observed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.activations.iter().map(|seen| (seen.name.as_str(), seen.dims.as_slice()))
    }

    /// The last activation of that name and rank.
    #[must_use]
    pub fn get<const D: usize>(&self, name: &str) -> Option<Tensor<D>> {
        let seen = self.activations.iter().rev().find(|seen| seen.name == name)?;
        let dims: [usize; D] = seen.dims.as_slice().try_into().ok()?;
        Some(seen.values.clone().reshape(dims))
    }

    /// The last activation of that name, flattened.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<Tensor<1>> {
        self.activations.iter().rev().find(|seen| seen.name == name).map(|seen| seen.values.clone())
    }
}

impl Probe for Collector {
    fn observe<const D: usize>(&mut self, name: &str, activation: &Tensor<D>) {
        let dims = activation.dims().to_vec();
        let values = activation.clone().detach().flatten::<1>(0, D - 1);
        self.activations.push(Collected { name: name.to_owned(), dims, values });
    }
}
