//! Training continues from its records, in a new process and in a fresh model.

use std::path::Path;
use std::process::Command;

use burn::module::Module;
use burn::optim::{AdamWConfig, ModuleOptimizer};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{OptimizerKind, Parametrization};

use crate::model::{Net, Values, assert_close, mup, plan, values};

const FOLDER: &str = "MUP_OPTIM_RESUME_FOLDER";
const RATE: f64 = 0.02;

fn optimizers(net: &Net) -> [(&'static str, ModuleOptimizer); 3] {
    let (adam, sgd) = (mup(OptimizerKind::AdamLike), mup(OptimizerKind::SgdLike));
    [
        ("adamw", MupAdamWConfig::new().with_epsilon(1e-3).with_weight_decay(0.5).init(&adam, net).unwrap()),
        ("adam", MupAdamConfig::new().with_epsilon(1e-3).with_l2(0.1).init(&adam, net).unwrap()),
        ("sgd", MupSgdConfig::new().with_momentum(0.9).with_nesterov(true).init(&sgd, net).unwrap()),
    ]
}

fn three_steps(mut optimizer: ModuleOptimizer, mut net: Net) -> (ModuleOptimizer, Net) {
    for _ in 0..3 {
        let gradients = net.gradients();
        net = optimizer.step(RATE, net, gradients);
    }
    (optimizer, net)
}

fn next_step(mut optimizer: ModuleOptimizer, net: Net) -> Values {
    let gradients = net.gradients();
    values(&optimizer.step(RATE, net, gradients))
}

fn load(folder: &Path, name: &str, optimizer: ModuleOptimizer) -> Values {
    let net = Net::target().load_file(folder.join(format!("{name}.model.bpk")));
    next_step(optimizer.load(folder.join(format!("{name}.optim.bpk"))).unwrap(), net)
}

/// The other half of `training_resumes_in_a_new_process_with_the_same_next_step_to_the_bit`.
fn continue_in(folder: &Path) {
    for (name, optimizer) in optimizers(&Net::target()) {
        let next = serde_json::to_string(&load(folder, name, optimizer)).unwrap();
        std::fs::write(folder.join(format!("{name}.json")), next).unwrap();
    }
}

#[test]
fn training_resumes_in_a_new_process_with_the_same_next_step_to_the_bit() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return continue_in(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let start = Net::target();
    let wanted = optimizers(&start).map(|(name, optimizer)| {
        let (optimizer, net) = three_steps(optimizer, start.clone());
        net.clone().save_file(folder.path().join(format!("{name}.model.bpk"))).unwrap();
        optimizer.save(folder.path().join(format!("{name}.optim.bpk"))).unwrap();
        (name, next_step(optimizer, net))
    });
    let this = "resume::training_resumes_in_a_new_process_with_the_same_next_step_to_the_bit";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", this]).env(FOLDER, folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    for (name, wanted) in wanted {
        let found = std::fs::read_to_string(folder.path().join(format!("{name}.json"))).unwrap();
        // serde_json writes an f32 with enough digits to read the same f32 back.
        assert_eq!(serde_json::from_str::<Values>(&found).unwrap(), wanted, "{name}");
    }
}

/// Ids differ in every construction, and the fresh model takes those of the file: groups by id would be lost.
#[test]
fn groups_survive_loading_a_checkpoint_into_a_fresh_model() {
    let folder = tempfile::tempdir().unwrap();
    let start = Net::target();
    for (name, optimizer) in optimizers(&start) {
        let (optimizer, net) = three_steps(optimizer, start.clone());
        net.clone().save_file(folder.path().join(format!("{name}.model.bpk"))).unwrap();
        optimizer.save(folder.path().join(format!("{name}.optim.bpk"))).unwrap();
        let fresh = Net::target();
        assert_ne!(fresh.up.weight.id, net.up.weight.id);
        let (_, made_from_fresh) = optimizers(&fresh).into_iter().find(|(other, _)| *other == name).unwrap();
        assert_eq!(load(folder.path(), name, made_from_fresh), next_step(optimizer, net), "{name}");
    }
}

/// A checkpoint of the model alone: fresh state, but the plan's rates.
#[test]
fn a_model_without_optimizer_state_still_trains_by_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bpk");
    let first = Net::target();
    first.clone().save_file(&path).unwrap();
    let fresh = Net::target();
    for (name, optimizer) in optimizers(&fresh) {
        let loaded = Net::target().load_file(&path);
        let (_, other) = optimizers(&first).into_iter().find(|(other, _)| *other == name).unwrap();
        assert_eq!(next_step(optimizer, loaded), next_step(other, first.clone()), "{name}");
    }
}

#[derive(Module, Debug)]
struct Wrapped {
    net: Net,
}

/// The record says `net.up.weight`, the plan `up.weight`, with one id: the parameter must not fall to the base
/// group, which refuses it.
#[test]
fn the_record_of_a_renamed_parameter_is_dropped() {
    let net = Net::target();
    let (wrapped, folder) = (Wrapped { net: net.clone() }, tempfile::tempdir().unwrap());
    let mut burns = AdamWConfig::new().init();
    drop(burns.step(RATE, wrapped, net.gradients()));
    burns.save(folder.path().join("optim.bpk")).unwrap();
    for (name, fresh) in optimizers(&net) {
        let loaded = fresh.clone().load(folder.path().join("optim.bpk")).unwrap();
        assert_eq!(next_step(loaded, net.clone()), next_step(fresh, net.clone()), "{name}");
    }
}

/// State and checkpoint format are Burn's: at base width a run can move between its AdamW and ours.
#[test]
fn a_record_of_burns_adamw_continues_in_ours() {
    let net = Net::base();
    let plan = plan(&net, Parametrization::mup(), OptimizerKind::AdamLike);
    let ours = MupAdamWConfig::new().with_weight_decay(0.5).init(&plan, &net).unwrap();
    let burns = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.5).init();
    let (burns, net) = three_steps(burns, net);
    let ours = ours.load_record(burns.to_record());
    // Burn's β₂ is rounded to f32, ours is not.
    assert_close(&next_step(ours, net.clone()), &next_step(burns, net), 1e-6);
}
