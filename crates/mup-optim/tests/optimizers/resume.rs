//! Training continues from its records, in a new process and in a fresh model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use burn::module::Module;
use burn::optim::{AdamWConfig, ModuleOptimizer};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig, resume};
use mup_rules::{OptimizerId, Parametrization};

use crate::model::{Net, Values, assert_close, device, mup, plan, values, with_values};

const FOLDER: &str = "MUP_OPTIM_RESUME_FOLDER";
const RATE: f64 = 0.02;

fn optimizers(net: &Net) -> [(&'static str, ModuleOptimizer); 3] {
    let [adamw, adam, sgd] = [OptimizerId::ADAMW, OptimizerId::ADAM, OptimizerId::SGD].map(mup);
    [
        ("adamw", MupAdamWConfig::new().with_epsilon(1e-3).with_weight_decay(0.5).init(&adamw, net).unwrap()),
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

/// The same weights under other ids, as weights have that come from another file.
fn copied(net: &Net) -> Net {
    let copy = with_values(Net::target(), &values(net));
    assert_ne!(copy.up.weight.id, net.up.weight.id);
    copy
}

#[test]
fn weights_that_came_another_way_than_by_burns_record_continue_by_path_to_the_bit() {
    let start = Net::target();
    for (name, optimizer) in optimizers(&start) {
        let (optimizer, net) = three_steps(optimizer, start.clone());
        let saved = optimizer.to_record();
        let (tensors, copy) = (saved.len(), copied(&net));
        let (_, fresh) = optimizers(&copy).into_iter().find(|(other, _)| *other == name).unwrap();
        let resumed = resume(fresh, saved, &copy).unwrap();
        assert_eq!(resumed.to_record().len(), tensors, "{name}: before the next step");
        let (resumed, copy) = three_steps(resumed, copy);
        assert_eq!(resumed.to_record().len(), tensors, "{name}: no state more than parameters");
        assert_eq!(values(&copy), values(&three_steps(optimizer, net).1), "{name}");
    }
}

/// What `action` says when it panics.
fn panics<T>(action: impl FnOnce() -> T) -> String {
    let Err(said) = catch_unwind(AssertUnwindSafe(action)) else { panic!("it did not panic") };
    said.downcast_ref::<String>().unwrap().clone()
}

/// Burn matches by id and cannot fail: without a word, the moments would begin anew, and the record grow by as many as
/// there are parameters with each launch.
#[test]
fn a_record_that_burn_would_match_with_nothing_is_refused_at_the_next_step() {
    let start = Net::target();
    for (name, optimizer) in optimizers(&start) {
        let (optimizer, net) = three_steps(optimizer, start.clone());
        let copy = copied(&net);
        let (_, fresh) = optimizers(&copy).into_iter().find(|(other, _)| *other == name).unwrap();
        let loaded = fresh.load_record(optimizer.to_record());
        let said = panics(|| next_step(loaded, copy));
        assert!(
            said.contains("its state of `input.weight` is of another id") && said.contains("mup_optim::resume"),
            "{said}"
        );
    }
}

/// The states of the copy wait to be used when the original steps for the first time.
#[test]
fn an_optimizer_trains_on_after_a_copy_of_it_was_resumed() {
    let start = Net::target();
    for (name, optimizer) in optimizers(&start) {
        let (trained, net) = three_steps(optimizer.clone(), start.clone());
        let resumed = resume(optimizer.clone(), trained.to_record(), &net).unwrap();
        assert_eq!(next_step(optimizer, start.clone()), next_step(optimizers_named(name, &start), start.clone()));
        assert_eq!(next_step(resumed, net.clone()), next_step(trained, net), "{name}");
    }
}

fn optimizers_named(name: &str, net: &Net) -> ModuleOptimizer {
    optimizers(net).into_iter().find(|(other, _)| *other == name).unwrap().1
}

#[derive(Module, Debug)]
struct Wrapped {
    net: Net,
}

/// The record says `net.up.weight`, the plan `up.weight`, with one id.
#[test]
fn the_record_of_a_renamed_parameter_is_refused_by_path() {
    let net = Net::target();
    let wrapped = Wrapped { net: net.clone() };
    let mut burns = AdamWConfig::new().init();
    drop(burns.step(RATE, wrapped, net.gradients()));
    for (name, fresh) in optimizers(&net) {
        let refused = resume(fresh.clone(), burns.to_record(), &net).err().unwrap();
        assert!(
            refused.to_string().contains("the state of `net.down.bias`, but the module has no such"),
            "{name}: {refused}"
        );
        let said = panics(|| fresh.load_record(burns.to_record()));
        assert!(said.contains("no row in the plan"), "{name}: {said}");
    }
}

#[test]
fn the_record_of_another_optimizer_is_refused_and_not_dropped() {
    let start = Net::target();
    let trained = optimizers(&start).map(|(name, optimizer)| (name, three_steps(optimizer, start.clone())));
    for (wrote, (writer, net)) in &trained {
        for (reads, reader) in optimizers(net) {
            let resumed = resume(reader.clone(), writer.to_record(), net);
            if *wrote == reads {
                resumed.unwrap();
                continue;
            }
            let refused = resumed.err().unwrap().to_string();
            assert!(refused.contains("this optimizer keeps no `"), "{wrote} by {reads}: {refused}");
            assert!(refused.contains("; make the optimizer that wrote the record (likewise `"), "{refused}");
            // Told once, however many states there are.
            assert_eq!(refused.matches("this optimizer keeps no").count(), 1, "{refused}");
            assert!(refused.ends_with(" and 4 more)"), "{refused}");
            let said = panics(|| next_step(reader.clone().load_record(writer.to_record()), net.clone()));
            assert!(said.contains("the record's state of `input.weight` is not that of"), "{wrote} by {reads}: {said}");
            // Saved before a step, it would be a record without state in the place of the good one.
            let said = panics(|| reader.load_record(writer.to_record()).to_record().len());
            assert!(said.contains("is not that of"), "{wrote} by {reads}: {said}");
        }
    }
}

/// It says nothing of itself, and SGD without momentum remembers nothing that could be missing.
#[test]
fn a_record_of_burns_adamw_is_not_taken_for_one_of_sgd() {
    let net = Net::target();
    let (burns, net) = three_steps(AdamWConfig::new().init(), net);
    let sgd = || MupSgdConfig::new().init(&mup(OptimizerId::SGD), &net).unwrap();
    assert!(resume(sgd(), burns.to_record(), &net).is_err());
    let said = panics(|| next_step(sgd().load_record(burns.to_record()), net.clone()));
    assert!(said.contains("is not that of sgd"), "{said}");
}

#[test]
fn the_record_of_another_width_is_refused_with_both_shapes() {
    let (_, optimizer) = optimizers(&Net::target()).into_iter().next().unwrap();
    let (optimizer, _) = three_steps(optimizer, Net::target());
    let wider = Net::new(8, 32, &device());
    let refused = resume(AdamWConfig::new().init(), optimizer.to_record(), &wider).err().unwrap().to_string();
    assert!(refused.contains("of `down.weight` is [16, 8], and the parameter [32, 8]"), "{refused}");
}

/// State and checkpoint format are Burn's: at base width a run can move between its AdamW and ours.
#[test]
fn a_record_of_burns_adamw_continues_in_ours() {
    let net = Net::base();
    let plan = plan(&net, Parametrization::mup(), OptimizerId::ADAMW);
    let ours = MupAdamWConfig::new().with_weight_decay(0.5).init(&plan, &net).unwrap();
    let burns = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.5).init();
    let (burns, net) = three_steps(burns, net);
    let ours = resume(ours, burns.to_record(), &net).unwrap();
    // Burn's β₂ is rounded to f32, ours is not.
    assert_close(&next_step(ours, net.clone()), &next_step(burns, net), 1e-6);
}
