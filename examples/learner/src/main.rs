//! Trains a µP perceptron with Burn's `Learner`.
#![recursion_limit = "256"]

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::tensor::Device;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    let (width, epochs) = (64, 12);
    let plan = learner::plan(width, &device);
    println!("{plan}");
    let model = learner::initialized(&plan, width, 42, &device);
    let optimizer = learner::optimizer(&plan, &model)?;
    let schedule = CosineAnnealingLrSchedulerConfig::new(0.03, 8 * epochs).init()?;
    let folder = std::env::temp_dir().join("mup-learner");
    learner::train(&folder, model, optimizer, schedule, None, epochs);
    println!("checkpoints and logs are in {}", folder.display());
    Ok(())
}
