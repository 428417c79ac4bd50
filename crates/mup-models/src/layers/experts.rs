//! A mixture of experts in place of the feed-forward branch.

mod router;

pub use router::{Balance, Router};

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use mup_kernels::{Routes, gated, gelu};

use super::{FeedForward, FeedForwardConfig, Hidden, Parameters};
use crate::ModelError;
use crate::error::Check;
use mup_probe::Probe;
use router::Routing;

/// Sizes of an [`Experts`].
#[derive(Config, Debug, PartialEq)]
pub struct ExpertsConfig {
    /// Number of experts.
    pub n_expert: usize,
    /// How many of them a token goes to (top k).
    pub n_chosen: usize,
    /// Width of an expert. Default: that of the feed-forward branch.
    pub d_expert: Option<usize>,
    /// Width of what every token goes through beside its experts (shared experts). Default: nothing.
    pub d_shared: Option<usize>,
    /// Whether the weights of a token's experts sum to 1. Default: true.
    #[config(default = true)]
    pub normalized: bool,
    /// What keeps experts equally busy. Default: a loss with a coefficient of 0.01.
    #[config(default = "Balance::Loss { coefficient: 0.01 }")]
    pub balance: Balance,
}

/// Σ of a token's experts e, each times its weight: down_e(f(gate_e(x)) ⊙ up_e(x)), without biases; and a shared branch for all.
///
/// No token is dropped, whatever the balance. The expert axis belongs to neither fan. A probe sees the logits of the `router`,
/// the `shared` branch and the `output`. `V`, `M` and `X` are the ranks of its vectors, matrices, and of experts and
/// activations: 1, 2 and 3, or one more in a stack of trials.
///
/// # Reference
///
/// Shazeer et al., arXiv:1701.06538; Jiang et al., "Mixtral", arXiv:2401.04088; Dai et al., "`DeepSeekMoE`", arXiv:2401.06066
/// (shared experts); Gale et al., arXiv:2211.15841 (none dropped).
#[derive(Module, Debug)]
pub struct Experts<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    /// Which experts a token goes to.
    pub router: Router<V, M>,
    /// `[expert, d_model, d_expert]`.
    pub up: Param<Tensor<X>>,
    /// `[expert, d_model, d_expert]`, of what multiplies `up`.
    pub gate: Option<Param<Tensor<X>>>,
    /// `[expert, d_expert, d_model]`.
    pub down: Param<Tensor<X>>,
    /// What every token goes through.
    pub shared: Option<FeedForward<V, M>>,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<V>>>,
    n_chosen: usize,
    normalized: bool,
    #[module(skip)]
    hidden: Hidden,
    #[module(skip)]
    balance: Balance,
}

impl ExpertsConfig {
    /// Builds the layer without allocating its parameters, in place of a feed-forward branch of this config.
    ///
    /// # Errors
    ///
    /// [`ModelError`] naming the field that describes no layer.
    pub fn init(&self, branch: &FeedForwardConfig, device: &Device) -> Result<Experts, ModelError> {
        Check("FeedForwardConfig").feed_forward(branch)?;
        Check("ExpertsConfig").experts(self, branch.output_norm)?;
        Ok(self.build(branch, &Parameters::of_one(device)))
    }

    /// Width of an expert in place of a branch of width `d_ffn`.
    #[must_use]
    pub fn width(&self, d_ffn: usize) -> usize {
        self.d_expert.unwrap_or(d_ffn)
    }

    /// The branch that every token goes through, in place of another.
    pub(crate) fn shared(&self, branch: &FeedForwardConfig) -> Option<FeedForwardConfig> {
        let of_width = |d_ffn| FeedForwardConfig { d_ffn, branch_factor: false, ..branch.clone() };
        self.d_shared.map(of_width)
    }

    pub(crate) fn build<const V: usize, const M: usize, const X: usize>(
        &self,
        branch: &FeedForwardConfig,
        parameters: &Parameters,
    ) -> Experts<V, M, X> {
        let (d_model, width) = (branch.d_model, self.width(branch.d_ffn));
        let matrices = |d_in, d_out| parameters.drawn(&[self.n_expert, d_in, d_out], d_in);
        Experts {
            router: Router::new(parameters, [d_model, self.n_expert], self.balance),
            up: matrices(d_model, width),
            gate: branch.hidden.gate().map(|_| matrices(d_model, width)),
            down: matrices(width, d_model),
            shared: self.shared(branch).map(|shared| shared.build(parameters)),
            branch_factor: branch.branch_factor.then(|| parameters.untrained(1.0, 1)),
            n_chosen: self.n_chosen,
            normalized: self.normalized,
            hidden: branch.hidden,
            balance: self.balance,
        }
    }
}

impl<const V: usize, const M: usize, const X: usize> Experts<V, M, X> {
    /// The branch's output `[.., d_model]`, and what its balance adds to the loss of each trial, `[trials]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<X>, probe: &mut impl Probe) -> (Tensor<X>, Option<Tensor<1>>) {
        let Routing { choices, weights, balance } =
            self.router.route(x.clone(), (self.n_chosen, self.normalized, self.balance), probe);
        let dims = self.up.dims();
        let trials = if V > 1 { dims[0] } else { 1 };
        let routes = Routes::new(choices, trials, dims[X - 3]);
        let mut output = routes.combine(self.rows(&routes, x.clone()), weights);
        if let Some(shared) = &self.shared {
            output = output + shared.forward(x, &mut mup_probe::Scope::new(probe, "shared"));
        }
        if let Some(factor) = &self.branch_factor {
            output = output
                * factor.val().reshape(std::array::from_fn::<usize, X, _>(|axis| if axis == 0 { trials } else { 1 }));
        }
        probe.observe("output", &output);
        (output, balance)
    }

    /// What the experts make of their rows.
    fn rows(&self, routes: &Routes, x: Tensor<X>) -> Tensor<2> {
        let rows = routes.gather(x);
        let apply = |rows: Tensor<2>, weight: &Param<Tensor<X>>| routes.linear(rows, weight.val(), None::<Tensor<M>>);
        let gate = self.gate.as_ref().map(|gate| apply(rows.clone(), gate));
        let up = apply(rows, &self.up);
        let hidden = match gate.zip(self.hidden.gate()) {
            Some((gate, by)) => gated(gate, up, by),
            None => gelu(up),
        };
        apply(hidden, &self.down)
    }

    /// The same function with the branch's factor in what closes it.
    pub(crate) fn folded(mut self) -> Self {
        if let Some(factor) = self.branch_factor.take().map(|factor| factor.val()) {
            let of_experts = factor.clone().reshape([1; X]);
            self.down = self.down.map(|down| down * of_experts);
            self.shared = self.shared.map(|mut shared| {
                shared.down = shared.down.scaled(&factor);
                shared
            });
        }
        self
    }
}
