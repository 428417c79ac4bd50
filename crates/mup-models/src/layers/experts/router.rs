//! Which experts a token goes to.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Int, Tensor, activation::softmax};

use super::super::Parameters;
use mup_probe::Probe;

/// What keeps experts equally busy.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum Balance {
    /// Nothing.
    None,
    /// A term of the loss: the coefficient times the mean over blocks of E/k · Σ_e f_e p_e, with the share f_e of tokens that
    /// expert e of E got (k each) and the mean p_e of its probability; 1 times the coefficient in balance (Switch Transformer,
    /// arXiv:2101.03961, equations 4 to 6). `transformers`' coefficient counts k in balance: c there is about c · k here. The
    /// shares are those of a micro batch.
    Loss {
        /// Times the term; 0.01 in Switch Transformer, for the sum over blocks.
        coefficient: f64,
    },
    /// A bias on the probabilities that decides the choice alone, and not the weights: the optimizer of vectors trains it by
    /// a gradient of its own, f_e · E/k − 1, so that busy experts are chosen less. It is made so small that it counts for
    /// nothing in a clipped norm; with Adam a step is about the rate, whatever the gradient's size, as with the sign of the
    /// source (arXiv:2408.15664, Algorithm 1). SGD, or an ε of 1e-5 and more, hardly moves it.
    Bias,
}

/// Of the gradient of a bias on the choice.
const BIAS_GRADIENT: f64 = 1e-4;

/// softmax(x W) over the experts, and for balance a bias on the choice.
///
/// W maps a width to a fixed number of experts inside of the model: rules treat it as inner, in plain form.
#[derive(Module, Debug)]
pub struct Router<const V: usize = 1, const M: usize = 2> {
    /// `[d_model, expert]`.
    pub weight: Param<Tensor<M>>,
    /// `[expert]`, added to the probabilities for the choice alone.
    pub bias: Option<Param<Tensor<V>>>,
}

/// Where tokens go, of `[.., batch, time]` tokens.
pub(super) struct Routing<const X: usize> {
    /// `[.., batch, time, k]`, k different experts for each token.
    pub(super) choices: Tensor<X, Int>,
    /// `[.., batch, time, k]`.
    pub(super) weights: Tensor<X>,
    /// A term of the loss of each trial, `[trials]`.
    pub(super) balance: Option<Tensor<1>>,
}

impl<const V: usize, const M: usize> Router<V, M> {
    pub(super) fn new(parameters: &Parameters, [d_model, experts]: [usize; 2], balance: Balance) -> Self {
        let bias = || parameters.started(&[experts], &Initializer::Zeros);
        Self { weight: parameters.drawn(&[d_model, experts], d_model), bias: (balance == Balance::Bias).then(bias) }
    }

    /// The `chosen` likeliest experts of each token, with their probabilities, which sum to 1 where they are normalized.
    pub(super) fn route<const X: usize>(
        &self,
        x: Tensor<X>,
        (chosen, normalized, balance): (usize, bool, Balance),
        probe: &mut impl Probe,
    ) -> Routing<X> {
        let logits = mup_kernels::linear(x, self.weight.val(), None::<Tensor<V>>);
        probe.observe_logits("router", &logits);
        let probabilities = softmax(logits, X - 1);
        let choices = likeliest(self.scores(probabilities.clone().detach()), chosen);
        let weights = probabilities.clone().gather(X - 1, choices.clone());
        let weights = if normalized { weights.clone() / weights.sum_dim(X - 1) } else { weights };
        let balance = self.balance(&probabilities, &choices, balance);
        Routing { choices, weights, balance }
    }

    /// What the choice is made by.
    fn scores<const X: usize>(&self, probabilities: Tensor<X>) -> Tensor<X> {
        match &self.bias {
            Some(bias) => probabilities + of_experts(bias.val().detach()),
            None => probabilities,
        }
    }

    /// Mean probabilities and loads `[trials, experts]` become a term of the loss.
    fn balance<const X: usize>(
        &self,
        probabilities: &Tensor<X>,
        choices: &Tensor<X, Int>,
        balance: Balance,
    ) -> Option<Tensor<1>> {
        let (experts, chosen) = (probabilities.dims()[X - 1], choices.dims()[X - 1]);
        let trials = if V > 1 { probabilities.dims()[0] } else { 1 };
        let rows = probabilities.dims()[..X - 1].iter().product::<usize>() / trials;
        let load = loads(choices.clone().reshape([trials, rows * chosen, 1]), experts, probabilities);
        // 1 for each expert in balance.
        let load = load.mul_scalar(experts as f64 / (rows * chosen) as f64);
        match (balance, &self.bias) {
            (Balance::Loss { coefficient }, _) => {
                let mean =
                    probabilities.clone().reshape([trials, rows, experts]).mean_dim(1).reshape([trials, experts]);
                Some((load * mean).sum_dim(1).reshape([trials]).mul_scalar(coefficient))
            }
            (Balance::Bias, Some(bias)) => {
                let bias: Tensor<2> = bias.val().reshape([trials, experts]);
                // Nothing in value, and a multiple of `load − 1` in the gradient of the bias.
                let difference = bias.clone() - bias.detach();
                Some((difference * load.sub_scalar(1.0)).sum_dim(1).reshape([trials]).mul_scalar(BIAS_GRADIENT))
            }
            _ => None,
        }
    }
}

/// A vector `[expert]` beside activations: `[1, .., 1, expert]`, with the trials of a stack in front.
fn of_experts<const V: usize, const X: usize>(vector: Tensor<V>) -> Tensor<X> {
    let of_vector = vector.dims();
    let mut dims = [1; X];
    dims[0] = if V > 1 { of_vector[0] } else { 1 };
    dims[X - 1] = of_vector[V - 1];
    vector.reshape(dims)
}

/// The indices of the `count` largest scores along the last axis, largest first; of equals the first. By one search for each,
/// because sorting reads the scores back from a GPU.
fn likeliest<const X: usize>(mut scores: Tensor<X>, count: usize) -> Tensor<X, Int> {
    let (device, experts) = (scores.device(), scores.dims()[X - 1]);
    let mut dims = [1; X];
    dims[X - 1] = experts;
    let numbers = Tensor::<1, Int>::arange(0..experts as i64, &device).reshape(dims);
    let choices = (0..count).map(|_| {
        let best = scores.clone().argmax(X - 1);
        let taken = best.clone().equal(numbers.clone());
        scores = scores.clone().mask_fill(taken, f64::NEG_INFINITY);
        best
    });
    Tensor::cat(choices.collect(), X - 1)
}

/// How many tokens chose each expert, `[trials, experts]`, without a gradient.
fn loads<const X: usize>(choices: Tensor<3, Int>, experts: usize, like: &Tensor<X>) -> Tensor<2> {
    let [trials, rows, _] = choices.dims();
    let device = choices.device();
    let numbers = Tensor::<1, Int>::arange(0..experts as i64, &device).reshape([1, 1, experts]);
    let chosen = choices.expand([trials, rows, experts]).equal(numbers.expand([trials, rows, experts]));
    chosen.float().cast(like.dtype()).sum_dim(1).reshape([trials, experts])
}
