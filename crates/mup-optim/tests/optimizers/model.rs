//! The model of these tests: base d = 2, f = 2; target d = 8, f = 16, so the multipliers are 4 and 8.

use std::collections::{BTreeMap, HashMap};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{InfShapes, param_paths};

pub(crate) type Values = BTreeMap<String, Vec<f32>>;

#[derive(Module, Debug)]
pub(crate) struct Net {
    pub(crate) input: Linear,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) readout: Linear,
}

impl Net {
    pub(crate) fn new(d: usize, f: usize, device: &Device) -> Self {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        Self { input: linear(3, d), up: linear(d, f), down: linear(f, d), readout: linear(d, 2) }
    }

    pub(crate) fn target() -> Self {
        Self::new(8, 16, &device())
    }

    pub(crate) fn base() -> Self {
        Self::new(2, 2, &device())
    }

    pub(crate) fn loss(&self, x: Tensor<2>) -> Tensor<1> {
        let x = self.input.forward(x).tanh();
        let x = x.clone() + self.down.forward(self.up.forward(x).tanh());
        (self.readout.forward(x) - 1.0).square().mean()
    }

    /// A fixed batch, in the type of the net.
    pub(crate) fn batch(&self) -> Tensor<2> {
        let x: Vec<f32> = (0_u8..12).map(|i| (f32::from(i) * 0.7).sin()).collect();
        let dtype = self.input.weight.val().dtype();
        Tensor::from_data(TensorData::new(x, [4, 3]), (&device(), dtype))
    }

    /// Gradients on it.
    pub(crate) fn gradients(&self) -> GradientsParams {
        GradientsParams::from_grads(self.loss(self.batch()).backward(), self)
    }
}

pub(crate) fn device() -> Device {
    Device::flex().autodiff()
}

pub(crate) fn mup(optimizer: OptimizerId) -> ScalingPlan {
    plan(&Net::target(), Parametrization::mup(), optimizer)
}

pub(crate) fn plan(target: &Net, parametrization: Parametrization, optimizer: OptimizerId) -> ScalingPlan {
    ScalingPlan::new(&shapes_of(target), parametrization, optimizer).expect("a rule for every role")
}

/// Of the target.
pub(crate) fn shapes() -> InfShapes {
    shapes_of(&Net::target())
}

fn shapes_of(target: &Net) -> InfShapes {
    mup_shapes::infer(&Net::base(), &Net::new(4, 6, &device()), target).expect("shapes of one family")
}

/// Every float parameter's values, by path.
pub(crate) fn values<M: Module>(module: &M) -> Values {
    let mut reader = Reader { paths: paths(module), values: Values::new() };
    module.visit(&mut reader);
    reader.values
}

/// Every float parameter's bits, whatever its type: an f64 holds them all.
pub(crate) fn bits<M: Module>(module: &M) -> Vec<u64> {
    struct Bits(Vec<u64>);
    impl ModuleVisitor for Bits {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f64>().map(f64::to_bits));
        }
    }
    let mut bits = Bits(Vec::new());
    module.visit(&mut bits);
    bits.0
}

/// The module with its parameters set by path.
pub(crate) fn with_values<M: Module>(module: M, values: &Values) -> M {
    let mut writer = Writer { paths: paths(&module), values };
    module.map(&mut writer)
}

/// Gradients with the given values, by path; parameters without an entry get none.
pub(crate) fn gradients_of<M: Module>(module: &M, values: &Values) -> GradientsParams {
    let mut register = Register { paths: paths(module), values, gradients: GradientsParams::new() };
    module.visit(&mut register);
    register.gradients
}

/// Gradients drawn at random, by path.
pub(crate) fn random_values<M: Module>(module: &M) -> Values {
    let device = Device::flex();
    let draw = |n: usize| Tensor::<1>::random([n], Distribution::Uniform(-1.0, 1.0), &device);
    values(module).into_iter().map(|(path, values)| (path, floats(draw(values.len())))).collect()
}

pub(crate) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32 values")
}

fn paths<M: Module>(module: &M) -> HashMap<ParamId, String> {
    param_paths(module).into_iter().map(|(path, id)| (id, path)).collect()
}

struct Reader {
    paths: HashMap<ParamId, String>,
    values: Values,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // Running statistics have no path.
        let Some(path) = self.paths.get(&param.id) else { return };
        self.values.insert(path.clone(), floats(param.val()));
    }
}

struct Writer<'a> {
    paths: HashMap<ParamId, String>,
    values: &'a Values,
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let data = self.values[&self.paths[&param.id]].clone();
        param.map(|tensor| {
            let (shape, device) = (tensor.shape(), tensor.device());
            Tensor::from_data(TensorData::new(data, shape), &device).require_grad()
        })
    }
}

struct Register<'a> {
    paths: HashMap<ParamId, String>,
    values: &'a Values,
    gradients: GradientsParams,
}

impl ModuleVisitor for Register<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(values) = self.paths.get(&param.id).and_then(|path| self.values.get(path)) else { return };
        let data = TensorData::new(values.clone(), param.lazy_shape());
        self.gradients.register(param.id, Tensor::<D>::from_data(data, &Device::flex()));
    }
}

/// # Panics
///
/// Panics, naming the parameter, if two values differ by more than `tolerance`, for weights of size one.
pub(crate) fn assert_close(a: &Values, b: &Values, tolerance: f32) {
    assert!(a.keys().eq(b.keys()));
    for (path, a) in a {
        for (a, b) in a.iter().zip(&b[path]) {
            assert!((a - b).abs() <= tolerance, "{path}: {a} and {b}");
        }
    }
}
