//! Choices on the command line that several tasks share.

use clap::ValueEnum;
use mup_rules::{OptimizerKind, Parametrization};

/// A model of `mup-models`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// Multilayer perceptron whose middle layer is twice as wide.
    Mlp,
    /// GPT with relative attention; heads grow in number, their width is fixed.
    Gpt,
    /// Two convolutions and a readout.
    ConvNet,
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
    pub(crate) fn kind(self) -> OptimizerKind {
        match self {
            Self::Sgd => OptimizerKind::SgdLike,
            Self::Adam | Self::Adamw => OptimizerKind::AdamLike,
        }
    }
}

/// A preset of `mup-rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// The recommended maximal update parametrization.
    Mup,
    /// The paper to the letter.
    TensorProgramsV,
    /// microsoft/mup 1.0.0 to the letter.
    MupPackage,
    /// The standard parametrization, the negative control.
    Standard,
}

impl Preset {
    pub(crate) fn parametrization(self) -> Parametrization {
        match self {
            Self::Mup => Parametrization::mup(),
            Self::TensorProgramsV => Parametrization::tensor_programs_v(),
            Self::MupPackage => Parametrization::mup_package(),
            Self::Standard => Parametrization::standard(),
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
display_as_on_the_command_line!(Model, Optimizer, Preset);
pub(crate) use display_as_on_the_command_line;
