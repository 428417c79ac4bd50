// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    #[cfg(feature = "cli")]
    pub use mup_cli as cli;
    pub use mup_data as data;
    pub use mup_devices as devices;
    pub use mup_figure as figure;
    pub use mup_hugging_face as hugging_face;
    pub use mup_init as init;
    pub use mup_kernels as kernels;
    pub use mup_models as models;
    pub use mup_optim as optim;
    pub use mup_probe as probe;
    pub use mup_rules as rules;
    pub use mup_shapes as shapes;
    #[cfg(feature = "cli")]
    pub use mup_study as study;
    pub use mup_sweep as sweep;
    pub use mup_train as train;
    #[cfg(feature = "cli")]
    pub use mup_transfer as transfer;
    pub use mup_verdict as verdict;
    #[cfg(feature = "cli")]
    pub use mup_cli::main;
}
pub mod prelude {
    pub use mup_init::{Distribution, InitSpec, initialize};
    pub use mup_optim::{
        MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig,
        MupAdanConfig, MupLambConfig, MupLionConfig, MupMuonConfig, MupOptimizer,
        MupRmsPropConfig, MupSgdConfig, MupStack, clip_by_global_norm, resume,
    };
    pub use mup_probe::{Collector, NoProbe, Probe};
    pub use mup_rules::{
        OptimizerId, Overrides, Parametrization, Run, RunLaw, ScalingPlan,
    };
    pub use mup_shapes::{
        InfShapes, Kind, ParamSpec, Place, Places, Role, ShapeReader, infer,
    };
    pub use mup_train::{
        Decay, Family, FamilyError, MicroBatch, RunFolder, Schedule, Size, SizeError,
        Task, Trainer, Training, write_safetensors,
    };
}
