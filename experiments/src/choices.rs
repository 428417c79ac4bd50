//! Choices on the command line that several tasks share.

use clap::ValueEnum;
use mup_rules::OptimizerId;

/// A model under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// Multilayer perceptron whose middle layer is twice as wide.
    Mlp,
    /// The same, with a middle layer that grows like the square of the others.
    MlpUneven,
    /// Two convolutions and a readout.
    ConvNet,
    /// GPT with relative attention.
    Gpt,
    /// GPT with learned absolute positions.
    GptAbsolute,
    /// GPT whose readout shares the token embedding's weight.
    GptTied,
    /// Llama: RMS norms, SwiGLU, rotary positions, two heads of queries for each of keys.
    Llama,
    /// Qwen3: Llama with queries and keys normalized by head.
    Qwen3,
    /// Mixtral: Llama with four experts, of which a token goes to two.
    Mixtral,
    /// burn-nn's `TransformerEncoder`, unchanged.
    BurnTransformer,
    /// The same, with a query that takes out what Burn's 1/√d_head attention multiplies too much.
    BurnTransformerAbsorbed,
}

impl Model {
    /// Whether it has blocks, of which there may be more.
    pub(crate) fn is_transformer(self) -> bool {
        !matches!(self, Self::Mlp | Self::MlpUneven | Self::ConvNet)
    }

    /// Whether its heads share keys.
    pub(crate) fn is_grouped(self) -> bool {
        matches!(self, Self::Llama | Self::Qwen3 | Self::Mixtral)
    }
}

/// What grows with the width of a transformer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scaling {
    /// d_model, d_ffn and the number of heads; their width is fixed. Also whatever grows in other models.
    Heads,
    /// d_model, d_ffn and the width of a head; the number of heads is fixed.
    DHead,
    /// Only d_ffn.
    DFfn,
}

/// An optimizer of `mup-optim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Optimizer {
    /// Without momentum.
    Sgd,
    /// Without weight decay.
    Adam,
    /// With decoupled weight decay.
    Adamw,
}

impl Optimizer {
    pub(crate) fn kind(self) -> OptimizerId {
        match self {
            Self::Sgd => OptimizerId::SGD,
            Self::Adam => OptimizerId::ADAM,
            Self::Adamw => OptimizerId::ADAMW,
        }
    }
}

/// Prints a choice as it is written on the command line.
macro_rules! display_as_on_the_command_line {
    ($($choice:ty),*) => {$(
        impl std::fmt::Display for $choice {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(clap::ValueEnum::to_possible_value(self).as_ref().map_or("", |value| value.get_name()))
            }
        }
    )*};
}
display_as_on_the_command_line!(Model, Scaling, Optimizer);
