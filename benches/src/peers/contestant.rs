//! Our side of `bench peers`: a process that builds one model and answers requests.

use std::process::ExitCode;
use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use serde::Serialize;
use serde_json::Value;

use crate::memory::{self, Memory};
use crate::protocol::{Built, Hello, Losses, Rate, Request, answer_requests};
use crate::shape::{Decoder, Shape};
use crate::training::Training;
use crate::{Outcome, device};

/// Arguments of the hidden command.
#[derive(Debug, clap::Args)]
pub(crate) struct Contestant {
    /// Where to train.
    #[arg(long)]
    device: String,
}

impl Contestant {
    /// Answers until the requests end.
    pub(crate) fn run(self) -> Outcome<ExitCode> {
        let device = device::open(&self.device)?;
        let description = mup_devices::describe(&device);
        let mut state = State { device: device.autodiff(), description, before: None, training: None };
        answer_requests(|request| state.answer(request))?;
        Ok(ExitCode::SUCCESS)
    }
}

struct State {
    device: Device,
    /// What the device calls itself.
    description: Option<String>,
    /// Memory before the model was built.
    before: Option<u64>,
    training: Option<Training>,
}

impl State {
    fn answer(&mut self, request: Request) -> Outcome<Value> {
        match request {
            Request::Hello => json(&Hello { device: self.description.clone(), ..Hello::default() }),
            Request::Build { shape, .. } => {
                // The weights in the file are drawn from the same seed, to the bit, on every device.
                settle(shape.shape.model, &self.device)?;
                self.before = memory::resident();
                let training = Training::new(shape.shape, &self.device, shape.shape.model.parametrization())?;
                self.training = Some(training);
                json(&Built { parameters: shape.shape.n_parameters() })
            }
            Request::Check { steps } => json(&Losses { losses: self.training()?.check(steps)? }),
            Request::Repetition { first, steps } => json(&self.training()?.repetition(first, steps)?),
            Request::Memory => json(&Memory { before: self.before, peak: memory::peak(), device: None }),
            Request::Matmul { size, repetitions } => json(&Rate { gflops: self.product(size, repetitions)? }),
        }
    }

    fn training(&mut self) -> Outcome<&mut Training> {
        self.training.as_mut().ok_or_else(|| "asked to train before a model was built".into())
    }

    /// The fastest of several products of two square matrices, in GFLOP/s.
    fn product(&self, size: usize, repetitions: usize) -> Outcome<f64> {
        let device = self.device.clone().inner();
        let random = || Tensor::<2>::random([size, size], Distribution::Uniform(0.0, 1.0), &device);
        let (left, right) = (random(), random());
        let mut fastest = f64::INFINITY;
        for _ in 0..=repetitions {
            device.sync()?;
            let start = Instant::now();
            let product = left.clone().matmul(right.clone());
            device.sync()?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
            drop(product);
        }
        Ok(2.0 * (size as f64).powi(3) / fastest / 1e9)
    }
}

/// One step of a tiny model, so that what is loaded on first use does not count as memory of the model.
fn settle(model: Decoder, device: &Device) -> Outcome<()> {
    let tiny = Shape::gpt(model.narrowest(), 1, 1, 8).of(model);
    Training::new(tiny, device, model.parametrization())?.check(1)?;
    Ok(())
}

fn json(answer: &impl Serialize) -> Outcome<Value> {
    Ok(serde_json::to_value(answer)?)
}
