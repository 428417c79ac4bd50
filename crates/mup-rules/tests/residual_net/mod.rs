//! A residual network with hand-written gradients: RMS norm, tanh, two maps and biases in each block; trained as a plan
//! prescribes, with AdamW. The network of the design's own measurements (`beyond_width.py`), in `f64`.

use std::collections::BTreeMap;

use mup_rules::{Parametrization, PlanRow, ScalingPlan};
use mup_shapes::{Axes, BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Places};

const VOCABULARY: usize = 11;
const NORM_EPSILON: f64 = 1e-6;
const BETAS: [f64; 2] = [0.9, 0.95];

/// Sizes, and what the blocks are like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) width: usize,
    pub(crate) tokens: usize,
    pub(crate) base_layers: usize,
    /// Whether a layer applies the branch's factor.
    pub(crate) multiplied: bool,
    /// Whether a norm stands behind the branch, and so closes it.
    pub(crate) sandwich: bool,
}

impl Size {
    fn model(self, n_layer: usize, width: usize) -> ModuleShapes {
        let mut params = vec![ParamShape::new("embedding", "Embedding", [VOCABULARY, width], ParamSpec::weight())];
        for idx in 0..n_layer {
            let mut add = |name: &str, dims: &[usize], spec: ParamSpec| {
                params.push(ParamShape::new(format!("blocks.{idx}.{name}"), "Block", dims, spec));
            };
            add("norm", &[width], ParamSpec::gain());
            add("up.weight", &[width, 2 * width], ParamSpec::weight());
            add("up.bias", &[2 * width], ParamSpec::bias());
            add("down.weight", &[2 * width, width], ParamSpec::weight());
            add("down.bias", &[width], ParamSpec::bias());
            if self.sandwich {
                add("behind", &[width], ParamSpec::gain());
            }
            if self.multiplied {
                add("factor", &[1], ParamSpec::new(Axes::multiplier(), Kind::BranchFactor));
            }
        }
        params.push(ParamShape::new("norm", "Norm", [width], ParamSpec::gain()));
        params.push(ParamShape::new("readout", "Linear", [width, VOCABULARY], ParamSpec::weight().readout()));
        ModuleShapes::new(params)
    }

    fn places(self) -> Places {
        let closing = if self.sandwich { "blocks.*.behind" } else { "blocks.*.down.*" };
        Places::new().inside("blocks.**").closing(closing)
    }

    pub(crate) fn shapes(self, n_layer: usize) -> InfShapes {
        let base = BaseShapes::infer(&self.model(self.base_layers, self.width), &self.model(1, self.width + 1));
        let target = self.model(n_layer, self.width).placed(&self.places()).expect("places");
        base.expect("base shapes").apply(&target).expect("shapes")
    }
}

/// What the user sets at the base.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdamW {
    pub(crate) rate: f64,
    pub(crate) epsilon: f64,
    pub(crate) decay: f64,
}

/// A parameter with its row and AdamW's moments.
struct Param {
    row: PlanRow,
    values: Vec<f64>,
    moments: [Vec<f64>; 2],
}

pub(crate) struct Net {
    size: Size,
    n_layer: usize,
    params: BTreeMap<String, Param>,
    tokens: Vec<usize>,
    targets: Vec<usize>,
}

/// What a forward pass leaves behind for the backward one.
pub(crate) struct Forward {
    /// The stream in front of each block, and behind the last: `[tokens, width]`.
    pub(crate) stream: Vec<Vec<f64>>,
    hidden: Vec<Vec<f64>>,
    /// The branch in front of the norm behind it.
    branch: Vec<Vec<f64>>,
    pub(crate) logits: Vec<f64>,
}

pub(crate) type Gradients = BTreeMap<String, Vec<f64>>;

impl Net {
    pub(crate) fn new(size: Size, n_layer: usize, table: &Parametrization, seed: u64) -> Self {
        let shapes = size.shapes(n_layer);
        let plan = ScalingPlan::of(&shapes, table.clone()).build().expect("a plan");
        let mut random = Random(seed);
        let mut some = || (0..size.tokens).map(|_| (random.uniform() * VOCABULARY as f64) as usize).collect();
        let (tokens, targets) = (some(), some());
        let param = |row: &PlanRow| {
            let n: usize = row.dims.iter().map(|dim| dim.size()).product();
            // Drawn at the base, gains at 1, and then as the plan has it; a constant of the forward pass is the plan's.
            let (sigma, mean) = match (row.path.as_str(), row.kind) {
                (_, Kind::BranchFactor) => (0.0, row.multiplier.value),
                (_, Kind::Gain) => (0.0, row.init_std.value),
                (_, Kind::Bias) => (0.1 * row.init_std.value, 0.0),
                ("embedding", _) => (row.init_std.value, 0.0),
                ("readout", _) => (0.3 * row.init_std.value / (row.base_fan_in as f64).sqrt(), 0.0),
                _ => (row.init_std.value / (row.base_fan_in as f64).sqrt(), 0.0),
            };
            let values = (0..n).map(|_| mean + sigma * random.normal()).collect();
            (row.path.clone(), Param { row: row.clone(), values, moments: [vec![0.0; n], vec![0.0; n]] })
        };
        // Both forms draw the same numbers for the same tensors.
        let (constants, trained): (Vec<&PlanRow>, Vec<&PlanRow>) =
            plan.rows().iter().partition(|row| row.kind == Kind::BranchFactor);
        let params = trained.into_iter().chain(constants).map(param).collect();
        Self { size, n_layer, params, tokens, targets }
    }

    fn get(&self, path: &str) -> &[f64] {
        &self.params[path].values
    }

    fn block(&self, idx: usize, name: &str) -> &[f64] {
        self.get(&format!("blocks.{idx}.{name}"))
    }

    fn factor(&self, idx: usize) -> f64 {
        if self.size.multiplied { self.block(idx, "factor")[0] } else { 1.0 }
    }

    pub(crate) fn forward(&self) -> Forward {
        let d = self.size.width;
        let mut x: Vec<f64> =
            self.tokens.iter().flat_map(|token| self.get("embedding")[token * d..][..d].to_vec()).collect();
        let (mut stream, mut hidden, mut branch) = (vec![x.clone()], Vec::new(), Vec::new());
        for idx in 0..self.n_layer {
            let normed = scaled(&rms(&x, d), self.block(idx, "norm"));
            let up = plus(matmul(&normed, self.block(idx, "up.weight"), d, 2 * d), self.block(idx, "up.bias"));
            let tanh: Vec<f64> = up.into_iter().map(f64::tanh).collect();
            let down = plus(matmul(&tanh, self.block(idx, "down.weight"), 2 * d, d), self.block(idx, "down.bias"));
            let out = if self.size.sandwich { scaled(&rms(&down, d), self.block(idx, "behind")) } else { down.clone() };
            let factor = self.factor(idx);
            x.iter_mut().zip(&out).for_each(|(x, out)| *x += factor * out);
            hidden.push(tanh);
            branch.push(down);
            stream.push(x.clone());
        }
        let logits = matmul(&scaled(&rms(&x, d), self.get("norm")), self.get("readout"), d, VOCABULARY);
        Forward { stream, hidden, branch, logits }
    }

    pub(crate) fn loss(&self) -> f64 {
        let logits = self.forward().logits;
        let of = |(logits, target): (&[f64], &usize)| {
            logits.iter().map(|logit| logit.exp()).sum::<f64>().ln() - logits[*target]
        };
        logits.chunks(VOCABULARY).zip(&self.targets).map(of).sum::<f64>() / self.targets.len() as f64
    }

    /// The gradient of the mean cross-entropy, by path.
    pub(crate) fn gradients(&self) -> Gradients {
        let (d, n) = (self.size.width, self.targets.len() as f64);
        let forward = self.forward();
        let mut found = Gradients::new();
        let d_logits: Vec<f64> = forward
            .logits
            .chunks(VOCABULARY)
            .zip(&self.targets)
            .flat_map(|(logits, target)| {
                let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
                let one = |idx: usize| if idx == *target { 1.0 } else { 0.0 };
                logits.iter().enumerate().map(|(idx, logit)| (logit.exp() / sum - one(idx)) / n).collect::<Vec<_>>()
            })
            .collect();
        let last = &forward.stream[self.n_layer];
        let normed = rms(last, d);
        found.insert("readout".to_owned(), outer(&scaled(&normed, self.get("norm")), &d_logits, d, VOCABULARY));
        let d_z = matmul_transposed(&d_logits, self.get("readout"), VOCABULARY, d);
        found.insert("norm".to_owned(), columns(&times(&d_z, &normed), d));
        let mut d_x = through_rms(last, &scaled(&d_z, self.get("norm")), d);
        for idx in (0..self.n_layer).rev() {
            let mut add = |name: &str, gradient: Vec<f64>| {
                found.insert(format!("blocks.{idx}.{name}"), gradient);
            };
            let factor = self.factor(idx);
            let mut d_out: Vec<f64> = d_x.iter().map(|gradient| factor * gradient).collect();
            if self.size.sandwich {
                let branch = &forward.branch[idx];
                add("behind", columns(&times(&d_out, &rms(branch, d)), d));
                d_out = through_rms(branch, &scaled(&d_out, self.block(idx, "behind")), d);
            }
            let (tanh, x) = (&forward.hidden[idx], &forward.stream[idx]);
            add("down.weight", outer(tanh, &d_out, 2 * d, d));
            add("down.bias", columns(&d_out, d));
            let d_tanh = matmul_transposed(&d_out, self.block(idx, "down.weight"), d, 2 * d);
            let d_up: Vec<f64> =
                d_tanh.iter().zip(tanh).map(|(gradient, tanh)| gradient * (1.0 - tanh * tanh)).collect();
            let normed = rms(x, d);
            add("up.weight", outer(&scaled(&normed, self.block(idx, "norm")), &d_up, d, 2 * d));
            add("up.bias", columns(&d_up, 2 * d));
            let d_normed = matmul_transposed(&d_up, self.block(idx, "up.weight"), 2 * d, d);
            add("norm", columns(&times(&d_normed, &normed), d));
            let through = through_rms(x, &scaled(&d_normed, self.block(idx, "norm")), d);
            d_x.iter_mut().zip(through).for_each(|(sum, branch)| *sum += branch);
        }
        let mut embedding = vec![0.0; VOCABULARY * d];
        for (token, gradient) in self.tokens.iter().zip(d_x.chunks(d)) {
            embedding[token * d..][..d].iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
        }
        found.insert("embedding".to_owned(), embedding);
        found
    }

    /// Steps of AdamW as PyTorch has it, on the tensors that `trains` says.
    pub(crate) fn train(&mut self, optimizer: AdamW, steps: i32, trains: impl Fn(&str) -> bool) {
        for step in 1..=steps {
            let gradients = self.gradients();
            for (path, gradient) in gradients.iter().filter(|(path, _)| trains(path)) {
                let param = self.params.get_mut(path).expect("a parameter");
                let row = &param.row;
                let (rate, epsilon) = (optimizer.rate * row.learning_rate.value, optimizer.epsilon * row.epsilon.value);
                let kept = 1.0 - rate * optimizer.decay * row.weight_decay.value;
                let [first, second] = &mut param.moments;
                for (idx, gradient) in gradient.iter().enumerate() {
                    first[idx] = BETAS[0] * first[idx] + (1.0 - BETAS[0]) * gradient;
                    second[idx] = BETAS[1] * second[idx] + (1.0 - BETAS[1]) * gradient * gradient;
                    let deviation = (second[idx] / (1.0 - BETAS[1].powi(step))).sqrt();
                    let update = first[idx] / (1.0 - BETAS[0].powi(step)) / (deviation + epsilon);
                    param.values[idx] = param.values[idx] * kept - rate * update;
                }
            }
        }
    }

    /// ε's factor.
    pub(crate) fn epsilon(&self, path: &str) -> f64 {
        self.params[path].row.epsilon.value
    }
}

/// The root of the mean of squares.
pub(crate) fn size(x: &[f64]) -> f64 {
    (x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64).sqrt()
}

pub(crate) fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn rms(x: &[f64], d: usize) -> Vec<f64> {
    x.chunks(d).flat_map(|row| row.iter().map(|x| x * inverse(row)).collect::<Vec<_>>()).collect()
}

fn inverse(row: &[f64]) -> f64 {
    (row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64 + NORM_EPSILON).sqrt().recip()
}

fn through_rms(x: &[f64], gradient: &[f64], d: usize) -> Vec<f64> {
    let row = |(row, gradient): (&[f64], &[f64])| {
        let r = inverse(row);
        let mean = row.iter().zip(gradient).map(|(x, g)| x * g).sum::<f64>() / row.len() as f64;
        row.iter().zip(gradient).map(|(x, g)| r * g - x * r * r * r * mean).collect::<Vec<_>>()
    };
    x.chunks(d).zip(gradient.chunks(d)).flat_map(row).collect()
}

fn times(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// Every row times a vector.
fn scaled(x: &[f64], gain: &[f64]) -> Vec<f64> {
    x.chunks(gain.len()).flat_map(|row| times(row, gain)).collect()
}

fn plus(mut x: Vec<f64>, bias: &[f64]) -> Vec<f64> {
    x.chunks_mut(bias.len()).for_each(|row| row.iter_mut().zip(bias).for_each(|(x, b)| *x += b));
    x
}

fn columns(x: &[f64], d: usize) -> Vec<f64> {
    x.chunks(d).fold(vec![0.0; d], |sum, row| sum.iter().zip(row).map(|(sum, x)| sum + x).collect())
}

/// `a` [rows, n] times `b` [n, m].
fn matmul(a: &[f64], b: &[f64], n: usize, m: usize) -> Vec<f64> {
    let mut product = vec![0.0; a.len() / n * m];
    for (row, out) in a.chunks(n).zip(product.chunks_mut(m)) {
        for (a, b) in row.iter().zip(b.chunks(m)) {
            out.iter_mut().zip(b).for_each(|(out, b)| *out += a * b);
        }
    }
    product
}

/// `a` [rows, m] times the transpose of `b` [n, m].
fn matmul_transposed(a: &[f64], b: &[f64], m: usize, n: usize) -> Vec<f64> {
    let mut product = Vec::with_capacity(a.len() / m * n);
    for row in a.chunks(m) {
        product.extend(b.chunks(m).map(|b| row.iter().zip(b).map(|(a, b)| a * b).sum::<f64>()));
    }
    product
}

/// The transpose of `a` [rows, n] times `b` [rows, m].
fn outer(a: &[f64], b: &[f64], n: usize, m: usize) -> Vec<f64> {
    let mut product = vec![0.0; n * m];
    for (a, b) in a.chunks(n).zip(b.chunks(m)) {
        for (a, out) in a.iter().zip(product.chunks_mut(m)) {
            out.iter_mut().zip(b).for_each(|(out, b)| *out += a * b);
        }
    }
    product
}

/// Knuth's MMIX generator; sums of twelve uniform numbers are normal enough.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// The hand-written gradients are those of the loss: central differences, in both forms and with a norm behind.
#[test]
fn gradients_are_those_of_the_loss() {
    for (multiplied, sandwich) in [(false, false), (true, false), (true, true)] {
        let size = Size { width: 4, tokens: 5, base_layers: 1, multiplied, sandwich };
        let mut net = Net::new(size, 3, &Parametrization::complete_p(), 5);
        let gradients = net.gradients();
        // Truncation h² = 1e-10 and rounding 1e-16/h = 1e-11, times derivatives of size one.
        let h = 1e-5;
        for (path, gradient) in gradients {
            for (idx, expected) in gradient.into_iter().enumerate() {
                let original = net.params[&path].values[idx];
                let mut at = |value: f64| {
                    net.params.get_mut(&path).expect("a parameter").values[idx] = value;
                    net.loss()
                };
                let slope = (at(original + h) - at(original - h)) / (2.0 * h);
                at(original);
                assert!((slope - expected).abs() < 1e-8, "{path}[{idx}]: {slope} {expected}");
            }
        }
    }
}
