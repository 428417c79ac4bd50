//! Attention alone, both passes, in the shapes of the models here and in long contexts: one line for each shape.
//!
//! Two builds of it are compared by running them in turns, several times.

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use mup_kernels::{Heads, Positions, Relative, Rotary, causal_attention};

/// The allocator of `xtask` too (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const D_HEAD: usize = 32;

/// What is timed besides the plain one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Plain,
    Relative,
    Rotary,
    Grouped,
    Window,
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device).require_grad()
}

/// Milliseconds of a forward and of both passes, each the median of several.
fn time(kind: Kind, [batch, time, width]: [usize; 3]) -> [f64; 2] {
    let device = Device::flex().autodiff();
    let queries = width / D_HEAD;
    let heads = match kind {
        Kind::Grouped => Heads { queries, keys: (queries / 4).max(1), window: None },
        Kind::Window => Heads { window: Some(64), ..queries.into() },
        _ => queries.into(),
    };
    let qkv = random([batch, time, heads.columns(D_HEAD)], &device);
    let scale = Tensor::<1>::full([D_HEAD], (D_HEAD as f64).powf(-0.5), &device);
    let relative = Relative {
        keys: random([time + 1, width], &device),
        content_bias: random([width], &device),
        position_bias: random([width], &device),
    };
    let positions = match kind {
        Kind::Relative => Positions::Relative(relative),
        Kind::Rotary => Positions::Rotary(Rotary::new(10_000.0, D_HEAD)),
        _ => Positions::None,
    };
    let forward = || causal_attention::<3, 1, 2>(qkv.clone(), scale.clone(), positions.clone(), heads);
    let mut times = [Vec::new(), Vec::new()];
    let begin = Instant::now();
    while times[0].len() < 5 || (begin.elapsed().as_secs_f64() < 1.0 && times[0].len() < 200) {
        let start = Instant::now();
        let y = forward();
        times[0].push(start.elapsed().as_secs_f64() * 1e3);
        let gradients = y.sum().backward();
        times[1].push(start.elapsed().as_secs_f64() * 1e3);
        drop(gradients);
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn main() {
    let long = std::env::args().any(|argument| argument == "--long");
    let shapes: &[[usize; 3]] = match long {
        true => &[[1, 1024, 128], [1, 2048, 128], [1, 4096, 128]],
        false => {
            &[[8, 64, 64], [8, 128, 64], [8, 128, 128], [8, 128, 256], [8, 256, 256], [8, 128, 512], [8, 256, 512]]
        }
    };
    for kind in [Kind::Relative, Kind::Plain, Kind::Rotary, Kind::Grouped, Kind::Window] {
        for shape in shapes {
            let [forward, both] = time(kind, *shape);
            println!("{kind:?} {shape:?}: forward {forward:.3} ms, both {both:.3} ms");
        }
    }
}
