//! What most programs say, beside `burn::prelude`, with which it shares no name: shapes to a plan, a plan to weights and
//! an optimizer, a family and its training.

pub use mup_init::{Distribution, InitSpec, initialize};
pub use mup_optim::{
    MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig, MupLionConfig,
    MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, MupStack, clip_by_global_norm, resume,
};
pub use mup_probe::{Collector, NoProbe, Probe};
pub use mup_rules::{OptimizerId, Overrides, Parametrization, Run, RunLaw, ScalingPlan};
pub use mup_shapes::{InfShapes, Kind, ParamSpec, Place, Places, Role, ShapeReader, infer};
pub use mup_train::{
    Decay, Family, FamilyError, MicroBatch, RunFolder, Schedule, Size, SizeError, Task, Trainer, Training,
    write_safetensors,
};
