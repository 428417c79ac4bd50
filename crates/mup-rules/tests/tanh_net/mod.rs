//! A network of two tanh layers and a readout with hand-written gradients, trained as a plan prescribes.

use mup_rules::{Form, OptimizerId, Parametrization, PlanRow, ScalingPlan};
use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};

const BATCH: usize = 8;
const STEPS: i32 = 40;
const D_INPUT: usize = 5;
const D_OUTPUT: usize = 3;
/// m = 3 and m = 5: unequal, and no powers of two, whose scaling would be exact.
const BASE: [usize; 2] = [4, 4];
const TARGET: [usize; 2] = [12, 20];

/// What the user sets, at base width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Optimizer {
    pub(crate) kind: Kind,
    pub(crate) rate: f64,
    pub(crate) epsilon: f64,
    /// λ: decoupled under AdamW, coupled under Adam and SGD, beside the update under LAMB.
    pub(crate) decay: f64,
    /// SGD's momentum, Adam's β₁.
    pub(crate) momentum: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    AdamW,
    Adam,
    Sgd,
    Lamb,
}

impl Kind {
    fn id(self) -> OptimizerId {
        match self {
            Self::AdamW => OptimizerId::ADAMW,
            Self::Adam => OptimizerId::ADAM,
            Self::Sgd => OptimizerId::SGD,
            Self::Lamb => OptimizerId::LAMB,
        }
    }
}

/// The outputs before every step and after the last.
pub(crate) fn trajectory(table: &Parametrization, optimizer: Optimizer) -> Vec<Vec<f64>> {
    let multiplied = table.multiplied_form != Form::Plain;
    let plan = plan(table, optimizer.kind.id(), multiplied);
    let mut random = Random(17);
    let mut params: Vec<Tensor> = plan.rows().iter().map(|row| Tensor::new(row, &mut random)).collect();
    let mut normal = |n: usize| -> Vec<f64> { (0..n).map(|_| random.normal()).collect() };
    let (inputs, targets) = (normal(BATCH * D_INPUT), normal(BATCH * D_OUTPUT));
    let mut outputs = Vec::new();
    for step in 1..=STEPS {
        let (output, gradients) = forward_backward(&params, &inputs, &targets);
        outputs.push(output);
        for (param, gradient) in params.iter_mut().zip(gradients) {
            param.step(&gradient, optimizer, step);
        }
    }
    outputs.push(forward_backward(&params, &inputs, &targets).0);
    outputs
}

fn plan(table: &Parametrization, kind: OptimizerId, multiplied: bool) -> ScalingPlan {
    let model = |[one, two]: [usize; 2]| {
        let params = [
            ("input.weight", vec![D_INPUT, one], ParamSpec::weight()),
            ("input.bias", vec![one], ParamSpec::bias()),
            ("hidden.weight", vec![one, two], ParamSpec::weight()),
            ("hidden.bias", vec![two], ParamSpec::bias()),
            ("readout.weight", vec![two, D_OUTPUT], ParamSpec::weight()),
        ];
        let shape = |(path, dims, spec): (&str, Vec<usize>, ParamSpec)| {
            let spec = if multiplied { spec.multiplied() } else { spec };
            ParamShape::new(path, "Layer", dims, spec)
        };
        ModuleShapes::new(params.map(shape).to_vec())
    };
    let base = BaseShapes::infer(&model(BASE), &model(BASE.map(|n| n + 1))).expect("base shapes");
    let shapes = base.apply(&model(TARGET)).expect("shapes");
    ScalingPlan::new(&shapes, table.clone(), kind).expect("a plan")
}

/// A parameter with the state of its optimizer.
struct Tensor {
    row: PlanRow,
    values: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Tensor {
    fn new(row: &PlanRow, random: &mut Random) -> Self {
        let n: usize = row.dims.iter().map(|dim| dim.size()).product();
        let sigma = row.init_std.value / (row.base_fan_in as f64).sqrt();
        let values = (0..n).map(|_| sigma * random.normal()).collect();
        Self { row: row.clone(), values, first: vec![0.0; n], second: vec![0.0; n] }
    }

    /// The weights as the network sees them, A·W.
    fn effective(&self) -> Vec<f64> {
        self.values.iter().map(|value| self.row.multiplier.value * value).collect()
    }

    /// One step from the gradient for A·W; the gradient for W is A times that. PyTorch's AdamW, Adam and SGD, and LAMB
    /// as its authors have it (arXiv:1904.00962, Algorithm 2, φ the identity).
    fn step(&mut self, gradient: &[f64], optimizer: Optimizer, step: i32) {
        let row = &self.row;
        let rate = optimizer.rate * row.learning_rate.value;
        let decay = optimizer.decay * row.weight_decay.value;
        let epsilon = optimizer.epsilon * row.epsilon.value;
        let coupled = if optimizer.kind == Kind::Adam { decay } else { 0.0 };
        let gradient: Vec<f64> = gradient.iter().map(|gradient| row.multiplier.value * gradient).collect();
        if optimizer.kind == Kind::Sgd {
            for ((value, first), gradient) in self.values.iter_mut().zip(&mut self.first).zip(gradient) {
                *first = optimizer.momentum * *first + gradient + decay * *value;
                *value -= rate * *first;
            }
            return;
        }
        let (beta_1, beta_2) = (optimizer.momentum, 0.999_f64);
        let mut update = Vec::new();
        for (idx, gradient) in gradient.into_iter().enumerate() {
            let (value, first, second) = (self.values[idx], &mut self.first[idx], &mut self.second[idx]);
            let gradient = gradient + coupled * value;
            *first = beta_1 * *first + (1.0 - beta_1) * gradient;
            *second = beta_2 * *second + (1.0 - beta_2) * gradient * gradient;
            let deviation = (*second / (1.0 - beta_2.powi(step))).sqrt();
            update.push(*first / (1.0 - beta_1.powi(step)) / (deviation + epsilon));
        }
        let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let scale = match optimizer.kind {
            Kind::Lamb => {
                update.iter_mut().zip(&self.values).for_each(|(update, value)| *update += decay * value);
                rate * norm(&self.values) / norm(&update)
            }
            Kind::AdamW => {
                self.values.iter_mut().for_each(|value| *value -= rate * decay * *value);
                rate
            }
            Kind::Adam | Kind::Sgd => rate,
        };
        self.values.iter_mut().zip(update).for_each(|(value, update)| *value -= scale * update);
    }
}

/// Outputs, and the gradients of half the mean squared error for the effective weights.
fn forward_backward(params: &[Tensor], inputs: &[f64], targets: &[f64]) -> (Vec<f64>, [Vec<f64>; 5]) {
    let weights: Vec<Vec<f64>> = params.iter().map(Tensor::effective).collect();
    let [w_1, b_1, w_2, b_2, w_3] = [0, 1, 2, 3, 4].map(|idx| weights[idx].as_slice());
    let [one, two] = TARGET;
    let tanh = |x: Vec<f64>| -> Vec<f64> { x.into_iter().map(f64::tanh).collect() };
    let h_1 = tanh(add_bias(matmul(inputs, w_1, D_INPUT, one), b_1));
    let h_2 = tanh(add_bias(matmul(&h_1, w_2, one, two), b_2));
    let output = matmul(&h_2, w_3, two, D_OUTPUT);
    let d_output: Vec<f64> = output.iter().zip(targets).map(|(y, t)| (y - t) / BATCH as f64).collect();
    let through_tanh =
        |d: Vec<f64>, h: &[f64]| -> Vec<f64> { d.iter().zip(h).map(|(d, h)| d * (1.0 - h * h)).collect() };
    let d_2 = through_tanh(matmul(&d_output, &transpose(w_3, D_OUTPUT), D_OUTPUT, two), &h_2);
    let d_1 = through_tanh(matmul(&d_2, &transpose(w_2, two), two, one), &h_1);
    let weight_gradient = |x: &[f64], n: usize, d: &[f64], m: usize| matmul(&transpose(x, n), d, BATCH, m);
    let gradients = [
        weight_gradient(inputs, D_INPUT, &d_1, one),
        column_sums(&d_1, one),
        weight_gradient(&h_1, one, &d_2, two),
        column_sums(&d_2, two),
        weight_gradient(&h_2, two, &d_output, D_OUTPUT),
    ];
    (output, gradients)
}

/// `a` (rows × inner) times `b` (inner × columns).
fn matmul(a: &[f64], b: &[f64], inner: usize, columns: usize) -> Vec<f64> {
    let entry = |row: &[f64], column: usize| -> f64 { (0..inner).map(|k| row[k] * b[k * columns + column]).sum() };
    a.chunks(inner).flat_map(|row| (0..columns).map(move |column| entry(row, column))).collect()
}

fn transpose(a: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|column| a.iter().skip(column).step_by(columns).copied()).collect()
}

fn add_bias(mut x: Vec<f64>, bias: &[f64]) -> Vec<f64> {
    x.chunks_mut(bias.len()).for_each(|row| row.iter_mut().zip(bias).for_each(|(x, b)| *x += b));
    x
}

fn column_sums(x: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).map(|column| x.iter().skip(column).step_by(columns).sum()).collect()
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

/// The hand-written gradients are those of the loss: central differences.
#[test]
fn gradients_are_those_of_the_loss() {
    let plan = plan(&Parametrization::mup(), OptimizerId::ADAMW, true);
    let mut random = Random(3);
    let mut params: Vec<Tensor> = plan.rows().iter().map(|row| Tensor::new(row, &mut random)).collect();
    let inputs: Vec<f64> = (0..BATCH * D_INPUT).map(|_| random.normal()).collect();
    let targets: Vec<f64> = (0..BATCH * D_OUTPUT).map(|_| random.normal()).collect();
    let loss = |params: &[Tensor]| -> f64 {
        let output = forward_backward(params, &inputs, &targets).0;
        output.iter().zip(&targets).map(|(y, t)| (y - t).powi(2)).sum::<f64>() / (2.0 * BATCH as f64)
    };
    let gradients = forward_backward(&params, &inputs, &targets).1;
    // Truncation h² = 1e-10 and rounding 1e-16/h = 1e-11, times derivatives of size one.
    let h = 1e-5;
    for (param, gradient) in gradients.iter().enumerate() {
        for (idx, expected) in gradient.iter().enumerate() {
            let original = params[param].values[idx];
            let mut at = |value: f64| {
                params[param].values[idx] = value;
                loss(&params)
            };
            let slope = (at(original + h) - at(original - h)) / (2.0 * h);
            params[param].values[idx] = original;
            let expected = expected * params[param].row.multiplier.value;
            assert!((slope - expected).abs() < 1e-9, "{}[{idx}]: {slope} {expected}", params[param].row.path);
        }
    }
}
