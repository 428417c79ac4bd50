//! What Burn's `Learner` keeps of a plan: from the start, from a checkpoint, on several devices.
#![recursion_limit = "256"]

mod bad_input;
mod data_parallel;
mod gpt;
mod mlp;
mod transformer;

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use learner::Training;

/// All values of a model, in one order.
fn values<M: Module>(model: &M) -> Vec<f32> {
    struct Reader(Vec<f32>);
    impl ModuleVisitor for Reader {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().try_into_vec::<f32>().unwrap());
        }
    }
    let mut reader = Reader(Vec::new());
    model.visit(&mut reader);
    reader.0
}

fn training(folder: &Path, epochs: usize, device: &Device) -> Training {
    Training { folder: folder.to_owned(), epochs, resume: None, dashboard: false, devices: vec![device.clone()] }
}
