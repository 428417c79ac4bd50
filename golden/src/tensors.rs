//! `golden/data/<model>_w<k>.safetensors`, into and out of modules by parameter path.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};

use crate::case::data;
use crate::root::unreadable;

/// Tensors of one file, as f64 or i64.
#[derive(Clone, Debug, Default)]
pub struct Tensors(BTreeMap<String, (Vec<usize>, Vec<f64>)>);

impl Tensors {
    /// The tensors of one width of a model.
    ///
    /// # Panics
    ///
    /// When the file is missing or malformed: golden data belongs to the checkout.
    #[must_use]
    pub fn read(model: &str, width: usize) -> Self {
        let path = data().join(format!("{model}_w{width}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}", unreadable(&path, &error)));
        let file = SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tensors = file.tensors().into_iter().map(|(name, view)| {
            let values = match view.dtype() {
                Dtype::F32 => each(view.data(), |b| f64::from(f32::from_le_bytes(b))),
                Dtype::F64 => each(view.data(), f64::from_le_bytes),
                Dtype::I64 => each(view.data(), |b| i64::from_le_bytes(b) as f64),
                other => panic!("{name}: unexpected dtype {other:?}"),
            };
            (name, (view.shape().to_vec(), values))
        });
        Self(tensors.collect())
    }

    /// Shape and values of a tensor.
    ///
    /// # Panics
    ///
    /// When there is none of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> (&[usize], &[f64]) {
        let (shape, values) = self.0.get(name).unwrap_or_else(|| panic!("no golden tensor `{name}`"));
        (shape, values)
    }

    /// A float tensor on a device, in the device's float type.
    #[must_use]
    pub fn float<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        let (shape, values) = self.get(name);
        Tensor::from_data(TensorData::new(values.to_vec(), shape.to_vec()), device)
    }

    /// An integer tensor on a device.
    #[must_use]
    pub fn int<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D, burn::tensor::Int> {
        let (shape, values) = self.get(name);
        let values: Vec<i64> = values.iter().map(|value| *value as i64).collect();
        Tensor::from_data(TensorData::new(values, shape.to_vec()), device)
    }

    /// Names below a prefix, without it.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(prefix))
    }
}

fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|chunk| value(*chunk)).collect()
}

/// Sets every parameter that the file has below `prefix`; the others (the plan's constants) stay.
pub fn load_parameters<M: Module>(module: M, tensors: &Tensors, prefix: &str) -> M {
    let mut loader = Loader { tensors, prefix, path: Vec::new(), loaded: 0 };
    let module = module.map(&mut loader);
    assert_eq!(loader.loaded, tensors.below(prefix).count(), "every golden parameter has a place in the module");
    module
}

struct Loader<'a> {
    tensors: &'a Tensors,
    prefix: &'a str,
    path: Vec<String>,
    loaded: usize,
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        if !self.tensors.below(self.prefix).any(|name| name == path) {
            return param;
        }
        self.loaded += 1;
        let value = self.tensors.float::<D>(&format!("{}{path}", self.prefix), &param.lazy_device());
        assert_eq!(value.dims().to_vec(), param.lazy_shape().to_vec(), "{path}");
        let trained = param.lazy_device().is_autodiff();
        Param::initialized(param.id, if trained { value.require_grad() } else { value })
    }
}

/// Every float parameter of a module as f64, by path.
pub fn parameters<M: Module>(module: &M) -> BTreeMap<String, Vec<f64>> {
    let mut reader = Reader { path: Vec::new(), values: BTreeMap::new() };
    module.visit(&mut reader);
    reader.values
}

struct Reader {
    path: Vec<String>,
    values: BTreeMap<String, Vec<f64>>,
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val().into_data().iter::<f64>().collect();
        self.values.insert(self.path.join("."), values);
    }
}
