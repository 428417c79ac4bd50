//! The measurements: one curve each, in rounds over its sizes, so that no size has the quiet minutes to itself.

use std::hint::black_box;
use std::time::Instant;

use burn::tensor::Device;
use mup_init::{InitSpec, initialize};
use mup_models::{GptConfig, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use super::measured::{Curve, Point, What};
use crate::Outcome;
use crate::model::draw;
use crate::shape::Shape;
use crate::training::{Phases, Training, plan as plan_of_shape};

/// The sizes of every curve.
pub(super) struct Sizes {
    widths: Vec<usize>,
    depths: Vec<usize>,
    lengths: Vec<usize>,
    batches: Vec<usize>,
    /// Widths of models that are initialized.
    drawn: Vec<usize>,
    /// Layers and widths of models that are planned, with heads of 128.
    planned: Vec<(usize, usize)>,
    /// What the curves of steps vary.
    middle: Shape,
    /// Where µP and SP are compared; wider than the base, so that they differ.
    pub(super) paired: Shape,
}

impl Sizes {
    /// Powers of two, and the models of GPT-3 (Brown et al. 2020, arXiv:2005.14165, Table 2.1), heads of 128 throughout.
    pub(super) fn full() -> Self {
        let middle = Shape::gpt(128, 4, 8, 128);
        Self {
            widths: vec![32, 64, 128, 256, 512],
            depths: vec![1, 2, 4, 8, 16],
            lengths: vec![32, 64, 128, 256, 512],
            batches: vec![1, 2, 4, 8, 16, 32],
            drawn: vec![32, 64, 128, 256, 512, 1024],
            planned: vec![(12, 768), (24, 1024), (24, 2048), (32, 4096), (40, 5120), (96, 12_288)],
            middle,
            paired: middle,
        }
    }

    pub(super) fn tiny() -> Self {
        let middle = Shape::gpt(64, 1, 2, 16);
        Self {
            widths: vec![32, 64],
            depths: vec![1, 2],
            lengths: vec![8, 16],
            batches: vec![1, 2],
            drawn: vec![32, 64],
            planned: vec![(2, 256), (4, 512)],
            middle,
            paired: Shape { d_model: 128, ..middle },
        }
    }

    fn by_length(&self, length: usize) -> Shape {
        Shape { length, ..self.middle }
    }
}

/// Times each of some things in rounds, after one that is not counted.
fn in_rounds<T>(
    repetitions: usize,
    things: &mut [(f64, T)],
    mut time: impl FnMut(&mut T) -> Outcome<f64>,
) -> Outcome<Vec<Point>> {
    let mut times = vec![Vec::with_capacity(repetitions); things.len()];
    for round in 0..=repetitions {
        for ((_, thing), times) in things.iter_mut().zip(&mut times) {
            let milliseconds = time(thing)?;
            times.extend((round > 0).then_some(milliseconds));
        }
    }
    Ok(things.iter().zip(&times).map(|((size, _), times)| Point::of(*size, times)).collect())
}

fn milliseconds<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let start = Instant::now();
    black_box(work()?);
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// The whole way to a plan: three lazy models, read, compared, every row.
pub(super) fn plan(sizes: &Sizes, repetitions: usize) -> Outcome<Curve> {
    eprintln!("plans");
    let config = |n_layer, width: usize| GptConfig::new(50_257, 2048, n_layer, width, width / 128, 128, 4 * width);
    let of_family = |n_layer, width| [256, 512, width].map(|width| config(n_layer, width));
    let models = sizes.planned.iter().map(|(n_layer, width)| of_family(*n_layer, *width));
    let mut models: Vec<_> = models.map(|family| (family[2].parameter_count() as f64, family)).collect();
    // Fast and noisy, unlike everything else.
    let points = in_rounds(4 * repetitions, &mut models, |[base, delta, target]| {
        milliseconds(|| {
            let device = Device::flex();
            let shapes = shape_reader().infer(&base.init(&device)?, &delta.init(&device)?, &target.init(&device)?)?;
            Ok(ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?)
        })
    })?;
    Ok(Curve { what: What::PlanByParameters, device: None, points })
}

/// Drawing every parameter of a planned model.
pub(super) fn init(sizes: &Sizes, name: &str, device: &Device, repetitions: usize) -> Outcome<Curve> {
    let shapes = sizes.drawn.iter().map(|d_model| Shape { d_model: *d_model, ..sizes.middle });
    let planned: Outcome<Vec<_>> = shapes
        .map(|shape| Ok((shape.n_parameters() as f64, (shape, plan_of_shape(shape, Parametrization::mup())?))))
        .collect();
    let points = in_rounds(repetitions, &mut planned?, |(shape, plan)| {
        milliseconds(|| {
            let model = initialize(shape.config().init(device)?, plan, &InitSpec::new(), 0)?;
            draw(&model);
            device.sync()?;
            Ok(model)
        })
    })?;
    Ok(Curve { what: What::InitByParameters, device: Some(name.to_owned()), points })
}

/// The curves that train.
pub(super) fn steps(sizes: &Sizes, name: &str, device: &Device, repetitions: usize) -> Outcome<Vec<Curve>> {
    let curve = |what, shapes: Vec<(f64, Shape)>| -> Outcome<[Curve; 2]> {
        eprintln!("{name}: {what}");
        let mut trainings = Vec::new();
        for (size, shape) in shapes {
            trainings.push((size, (shape, Training::new(shape, device, Parametrization::mup())?, Vec::new())));
        }
        let points = in_rounds(repetitions, &mut trainings, |(_, training, optimizer)| {
            let phases: Phases = training.repetition(1, 2)?;
            optimizer.push(phases.optimizer);
            Ok(phases.step())
        })?;
        let optimizer = |(_, (shape, _, times)): &(f64, (Shape, Training, Vec<f64>))| {
            Point::of(shape.n_parameters() as f64, &times[1..])
        };
        let optimizer = trainings.iter().map(optimizer).collect();
        let device = || Some(name.to_owned());
        Ok([
            Curve { what, device: device(), points },
            Curve { what: What::OptimizerByParameters, device: device(), points: optimizer },
        ])
    };
    let middle = sizes.middle;
    let of = |values: &[usize], shape: &dyn Fn(usize) -> Shape| -> Vec<(f64, Shape)> {
        values.iter().map(|value| (*value as f64, shape(*value))).collect()
    };
    let widths = of(&sizes.widths, &|d_model| Shape { d_model, ..middle });
    let [width, optimizer] = curve(What::StepByWidth, widths)?;
    let [depth, _] = curve(What::StepByDepth, of(&sizes.depths, &|n_layer| Shape { n_layer, ..middle }))?;
    let [length, _] = curve(What::StepByLength, of(&sizes.lengths, &|length| sizes.by_length(length)))?;
    let [batch, _] = curve(What::StepByBatch, of(&sizes.batches, &|batch| Shape { batch, ..middle }))?;
    Ok(vec![width, depth, length, batch, optimizer])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_measured_as_often_as_asked_and_the_first_time_is_not_counted() {
        let mut calls = vec![(1.0, 0), (2.0, 0)];
        let points = in_rounds(3, &mut calls, |calls| {
            *calls += 1;
            Ok(if *calls == 1 { 1e9 } else { f64::from(*calls) })
        });
        let points = points.expect("nothing fails");
        assert!(calls.iter().all(|(_, n)| *n == 4));
        assert!((points[1].size - 2.0).abs() < 1e-9 && (points[1].milliseconds - 3.0).abs() < 1e-9);
        assert!((points[0].low - 2.0).abs() < 1e-9 && (points[0].high - 4.0).abs() < 1e-9);
    }
}
