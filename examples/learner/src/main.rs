//! Trains a µP model with Burn's `Learner` and its dashboard.
#![recursion_limit = "256"]

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::tensor::Device;
use burn::train::Learner;
use clap::{Args, Parser, Subcommand};
use learner::text::{BATCH, Text};
use learner::{Training, gpt, mlp, text, transformer};

type Failure = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
#[command(version, about = "Trains a µP model with Burn's Learner and its dashboard")]
struct Arguments {
    #[command(subcommand)]
    model: Model,
}

#[derive(Debug, Subcommand)]
enum Model {
    /// A relative-attention GPT on text
    Gpt {
        /// A file to learn instead of this repository's documents
        text: Option<PathBuf>,
        #[command(flatten)]
        options: Options,
    },
    /// A perceptron of Burn's own layers on a surface
    Mlp(Options),
    /// Burn's own transformer on sequences, matrices by Muon and the rest by AdamW
    Transformer(Options),
}

#[derive(Debug, Args)]
struct Options {
    /// Width of the model; the learning rate need not change with it
    #[arg(long, default_value_t = 64)]
    width: usize,
    /// Epochs to train, and the horizon of the cosine schedule
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    /// Peak learning rate at base width
    #[arg(long, default_value_t = 0.01)]
    rate: f64,
    /// Seed of weights and order
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder for checkpoints and logs
    #[arg(long, default_value = "runs/learner")]
    folder: PathBuf,
    /// Continue after the checkpoint of this epoch
    #[arg(long, value_name = "EPOCH")]
    resume: Option<usize>,
    /// Print a line per epoch instead of the dashboard, as when standard output is no terminal
    #[arg(long)]
    no_dashboard: bool,
}

fn main() -> ExitCode {
    let trained = match Arguments::parse().model {
        Model::Gpt { text, options } => train_gpt(text, &options),
        Model::Mlp(options) => train_mlp(&options),
        Model::Transformer(options) => train_transformer(&options),
    };
    match trained {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train_gpt(text: Option<PathBuf>, options: &Options) -> Result<(), Failure> {
    let device = Device::flex().autodiff();
    let text = Text::load(text.as_deref(), options.seed)?;
    let plan = gpt::plan(options.width, &device)?;
    let model = gpt::initialized(&plan, options.width, options.seed, &device)?;
    let optimizer = gpt::optimizer(&plan, &model)?;
    let steps = options.epochs * text.train.len() / BATCH;
    let schedule = schedule(options, steps)?;
    let learner = Learner::new(model, optimizer, schedule);
    let loader = |windows| text::loader(windows, BATCH, &device);
    training(options, &device).run(&plan, learner, loader(text.train), loader(text.validation))?;
    Ok(())
}

fn train_mlp(options: &Options) -> Result<(), Failure> {
    let device = Device::flex().autodiff();
    let n_batches = 8;
    let plan = mlp::plan(options.width, &device);
    let model = mlp::initialized(&plan, options.width, options.seed, &device);
    let optimizer = mlp::optimizer(&plan, &model)?;
    let schedule = schedule(options, n_batches * options.epochs)?;
    let learner = Learner::new(model, optimizer, schedule);
    let loader = |n| mlp::loader(mlp::points(n * mlp::BATCH), &device);
    training(options, &device).run(&plan, learner, loader(n_batches), loader(1))?;
    Ok(())
}

fn train_transformer(options: &Options) -> Result<(), Failure> {
    let device = Device::flex().autodiff();
    let n_batches = 16;
    let plan = transformer::plan(options.width, &device)?;
    let model = transformer::initialized(&plan, options.width, options.seed, &device);
    let optimizer = transformer::optimizer(&plan, &model)?;
    let schedule = schedule(options, n_batches * options.epochs)?;
    let learner = Learner::new(model, optimizer, schedule);
    let loader = |n| transformer::loader(transformer::sequences(n * transformer::BATCH), &device);
    training(options, &device).run(&plan, learner, loader(n_batches), loader(1))?;
    Ok(())
}

fn schedule(options: &Options, steps: usize) -> Result<ModuleLrScheduler, Failure> {
    let (rate, epochs) = (options.rate, options.epochs);
    if !(rate > 0.0 && rate <= 1.0) || epochs == 0 {
        return Err(format!("--rate {rate} must be within (0, 1], and --epochs {epochs} at least 1").into());
    }
    Ok(CosineAnnealingLrSchedulerConfig::new(rate, steps).init()?)
}

fn training(options: &Options, device: &Device) -> Training {
    Training {
        folder: options.folder.clone(),
        epochs: options.epochs,
        resume: options.resume,
        dashboard: !options.no_dashboard && std::io::stdout().is_terminal(),
        devices: vec![device.clone()],
    }
}
