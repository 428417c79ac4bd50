//! The targets of speed and memory, and whether the numbers reach them.

use serde::{Deserialize, Serialize};

use super::measured::{AtShape, Contender, Kind, Measured};
use crate::shape::Decoder;

/// How many repetitions a verdict needs.
pub(crate) const REPETITIONS: usize = 5;

/// One target at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) at: String,
    /// What was measured.
    pub(crate) found: f64,
    /// The bound, and the side of it that is good.
    pub(crate) needed: Needed,
}

/// A bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Needed {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Target {
    /// Whether the number is on the good side; NaN is on neither.
    pub(crate) fn reached(&self) -> bool {
        match self.needed {
            Needed::AtLeast(bound) => self.found >= bound,
            Needed::AtMost(bound) => self.found <= bound,
        }
    }
}

/// Every target of `bench peers`, for each of our devices on the processor at each shape: none is set for GPUs.
pub(crate) fn targets(measured: &Measured) -> Vec<Target> {
    let ours = |at: &AtShape| -> Vec<Contender> {
        let judged = |it: &&Contender| it.kind == Kind::Ours && it.gpu.is_none();
        let beside_a_gpu = at.of_kind(Kind::Eager).is_some_and(|eager| eager.gpu.is_some());
        if beside_a_gpu { Vec::new() } else { at.contenders.iter().filter(judged).cloned().collect() }
    };
    let all = measured.shapes.iter().flat_map(|at| ours(at).into_iter().map(move |it| (at, it)));
    let mut targets: Vec<Target> = all.flat_map(|(at, it)| of_contender(at, &it)).collect();
    // One kind of target after the other, each over all shapes.
    targets.sort_by_key(|target| KINDS.iter().position(|kind| target.what.ends_with(kind)));
    targets
}

/// Kinds of targets, in the order of the table.
const KINDS: [&str; 5] = [
    "step, times PyTorch eager's speed",
    "step, times compiled PyTorch's speed",
    "optimizer, times fused AdamW's time",
    "peak memory of the process, times PyTorch eager's",
    "peak memory above the start, times PyTorch eager's",
];

fn of_contender(at: &AtShape, it: &Contender) -> Vec<Target> {
    let [speed_of, compiled_of, optimizer_of, memory_of, added_of] = KINDS;
    let llama = at.shape.model == Decoder::Llama;
    let target = |what: &str, found: f64, needed| Target {
        what: format!("{}: {what}", it.name),
        at: at.shape.to_string(),
        found,
        needed,
    };
    let mut targets = Vec::new();
    if let Some(speed) = at.speed(it) {
        let needed = if llama { LLAMA_SPEED } else { speed_needed(&it.name, at.shape.d_model) };
        targets.push(target(speed_of, speed.median, Needed::AtLeast(needed)));
    }
    if let Some(speed) = at.speed_beside(Kind::Compiled, it).filter(|_| llama) {
        targets.push(target(compiled_of, speed.median, Needed::AtLeast(1.0)));
    }
    let memory_needed = Needed::AtMost(if llama { LLAMA_MEMORY } else { 1.0 });
    let eager = at.of_kind(Kind::Eager);
    let memory = |of: fn(&Contender) -> Option<u64>| Some(of(it)? as f64 / of(eager?)? as f64);
    if let Some(ratio) = memory(|it| it.memory.peak) {
        targets.push(target(memory_of, ratio, memory_needed));
    }
    if let Some(ratio) = memory(|it| it.memory.added()) {
        targets.push(target(added_of, ratio, memory_needed));
    }
    if let Some(fused) = at.of_kind(Kind::Fused) {
        let time = |of: &Contender| of.spread(|phases| phases.optimizer).median;
        targets.push(target(optimizer_of, time(it) / time(fused), Needed::AtMost(1.0)));
    }
    targets
}

/// Beside transformers' Llama, at every shape.
const LLAMA_SPEED: f64 = 1.2;
const LLAMA_MEMORY: f64 = 0.8;

/// Flex has to hold PyTorch's speed up to width 256 and 0.8 of it beyond, where its matrix products decide; every other
/// device everywhere.
fn speed_needed(device: &str, d_model: usize) -> f64 {
    if device == "flex" && d_model > 256 { 0.8 } else { 1.0 }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::machine::Machine;
    use crate::memory::Memory;
    use crate::peers::measured::Product;
    use crate::shape::SHAPES;
    use crate::training::Phases;

    fn contender(name: &str, kind: Kind, step: f64, optimizer: f64, peak: u64) -> Contender {
        let phases = Phases { forward: (step - optimizer) / 2.0, backward: (step - optimizer) / 2.0, optimizer };
        Contender {
            losses: vec![5.5, 5.4, 5.3, 5.2],
            repetitions: vec![phases; REPETITIONS],
            memory: Memory { before: Some(10 << 20), peak: Some(peak << 20), device: None },
            ..Contender::unmeasured(name, kind)
        }
    }

    /// A run in which flex takes `step` ms where PyTorch takes 100.
    pub(crate) fn run(step: f64) -> Measured {
        let contenders = vec![
            contender("flex", Kind::Ours, step, 4.0, 60),
            contender("PyTorch eager", Kind::Eager, 100.0, 8.0, 110),
            contender("PyTorch eager, fused AdamW", Kind::Fused, 97.0, 5.0, 110),
        ];
        let at = |shape: crate::shape::Shape| AtShape {
            shape,
            parameters: shape.n_parameters(),
            flops: shape.flops(),
            steps: 7,
            contenders: contenders.clone(),
            disagreements: Vec::new(),
        };
        let machine = Machine {
            command: "cargo xtask bench peers".to_owned(),
            date: "2026-11-25".to_owned(),
            commit: "0123456789ab".to_owned(),
            processor: "a processor".to_owned(),
            cores: 2,
            threads: 2,
            system: "linux x86_64".to_owned(),
            versions: BTreeMap::from([("torch".to_owned(), "2.15.0".to_owned())]),
            gpu: None,
            devices: BTreeMap::new(),
        };
        let product = |name: &str, gflops| Product { name: name.to_owned(), size: 1024, gflops };
        let products = vec![product("flex", 150.0), product("PyTorch", 250.0)];
        Measured { machine, products, shapes: SHAPES.map(at).to_vec(), left_out: Vec::new() }
    }

    fn speeds(step: f64) -> Vec<bool> {
        targets(&run(step)).iter().filter(|target| target.what.contains("speed")).map(Target::reached).collect()
    }

    #[test]
    fn flex_has_to_be_as_fast_as_pytorch_but_at_width_512() {
        assert_eq!(speeds(99.0), [true; 5]);
        assert_eq!(speeds(101.0), [false, false, false, true, false]);
        assert_eq!(speeds(126.0), [false; 5]);
    }

    #[test]
    fn a_llama_has_to_be_faster_than_eager_as_fast_as_compiled_and_in_less_memory() {
        let mut measured = run(90.0);
        measured.shapes.iter_mut().for_each(|at| at.shape = at.shape.of(Decoder::Llama));
        let found = targets(&measured);
        let needed = |what: &str| {
            let of_kind: Vec<Needed> =
                found.iter().filter(|target| target.what.ends_with(what)).map(|target| target.needed).collect();
            assert!(!of_kind.is_empty() && of_kind.iter().all(|needed| *needed == of_kind[0]), "{what}: {of_kind:?}");
            of_kind[0]
        };
        assert_eq!(needed("PyTorch eager's speed"), Needed::AtLeast(1.2));
        assert_eq!(needed("peak memory of the process, times PyTorch eager's"), Needed::AtMost(0.8));
        assert!(!targets(&run(90.0)).iter().any(|target| target.what.contains("compiled")), "of a GPT none is set");
    }

    #[test]
    fn every_other_device_has_to_be_as_fast_everywhere() {
        assert!((speed_needed("libtorch", 512) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn targets_of_the_processor_are_set_for_no_gpu_and_beside_none() {
        let targets_with = |index: usize| {
            let mut measured = run(126.0);
            measured.shapes.iter_mut().for_each(|at| at.contenders[index].gpu = Some(0));
            targets(&measured)
        };
        assert_eq!((targets_with(0), targets_with(1)), (Vec::new(), Vec::new()));
        assert!(!targets_with(2).is_empty());
    }

    #[test]
    fn memory_and_optimizer_are_held_against_the_right_peer() {
        let found = |what: &str| {
            let all = targets(&run(99.0));
            all.into_iter().find(|target| target.what.contains(what)).map(|target| target.found).expect(what)
        };
        assert!((found("memory of the process") - 60.0 / 110.0).abs() < 1e-12);
        assert!((found("memory above the start") - 0.5).abs() < 1e-12);
        assert!((found("optimizer") - 0.8).abs() < 1e-12);
    }

    #[test]
    fn what_was_not_measured_reaches_nothing() {
        let target = |found| Target { what: String::new(), at: String::new(), found, needed: Needed::AtMost(1.0) };
        assert!(!target(f64::NAN).reached());
        let mut alone = run(99.0);
        alone.shapes.iter_mut().for_each(|at| at.contenders.truncate(1));
        assert!(targets(&alone).is_empty());
    }
}
