//! An optimizer that continues from its record, or says why not.

use std::collections::{BTreeMap, HashMap};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::{DType, Tensor, TensorData};
use burn_pack::{Reader, Scalar, Writer};
use mup_shapes::param_paths;

use crate::half::is_half;
use crate::master_weights::MASTER;
use crate::tracked::BY_PATH;
use crate::{OptimError, RecordProblem};

/// Continues `optimizer` from `record`, whose states are matched with the parameters of `module` by path: however its
/// weights came, by Burn's record, from safetensors, or as a copy.
///
/// `ModuleOptimizer::load_record` matches by `ParamId`, which only Burn's record of the model restores, and cannot fail.
/// This does: unless every state of the record is in the optimizer afterwards, in the type in which it was saved, nothing
/// is continued. `module` is the one that will be trained, with its weights as loaded. For optimizers of this crate and
/// Burn's own.
///
/// A parameter of which the record holds nothing begins anew, as it would have without the pause: before its first gradient
/// it has no state (an expert that no token has reached, a layer that was frozen).
///
/// # Errors
///
/// [`OptimError::Record`] with every state that has no parameter, or another shape, or that the optimizer does not keep, and
/// every master whose parameter has other weights.
///
/// # Example
///
/// ```
/// use burn::{nn::LinearConfig, optim::{AdamWConfig, GradientsParams}, tensor::{Device, Tensor}};
///
/// let device = Device::flex().autodiff();
/// let model = LinearConfig::new(4, 2).init(&device);
/// let mut optimizer = AdamWConfig::new().init();
/// let loss = model.forward(Tensor::<2>::ones([3, 4], &device)).square().mean();
/// let gradients = GradientsParams::from_grads(loss.backward(), &model);
/// let model = optimizer.step(1e-3, model, gradients);
///
/// let copied = LinearConfig::new(4, 2).init(&device); // with other ids, whatever its weights
/// let optimizer = mup_optim::resume(AdamWConfig::new().init(), optimizer.to_record(), &copied)?;
/// assert_eq!(optimizer.to_record().len(), 4); // two moments of weight and bias
/// # Ok::<(), mup_optim::OptimError>(())
/// ```
pub fn resume<M: Module>(
    optimizer: ModuleOptimizer,
    record: OptimizerRecord,
    module: &M,
) -> Result<ModuleOptimizer, OptimError> {
    resume_trials(optimizer, record, module, None)
}

/// [`resume`], of as many trials as are stacked.
pub(crate) fn resume_trials<M: Module>(
    optimizer: ModuleOptimizer,
    record: OptimizerRecord,
    module: &M,
    trials: Option<usize>,
) -> Result<ModuleOptimizer, OptimError> {
    let pack = Pack::of(record)?;
    if let Some(trials) = trials {
        pack.check_trials(trials)?;
    }
    let pack = pack.with_ids_of(module)?;
    let optimizer = optimizer.load_record(pack.clone().marked().into_record()?);
    let problems = pack.lost_in(&Pack::of(optimizer.to_record())?);
    if problems.is_empty() { Ok(optimizer) } else { Err(OptimError::Record(problems)) }
}

/// The content of a record. Tensors and scalars are called `id.name`.
#[derive(Clone)]
struct Pack {
    tensors: Vec<burn_pack::Tensor>,
    scalars: BTreeMap<String, Scalar>,
    paths: BTreeMap<String, String>,
}

impl Pack {
    fn of(record: OptimizerRecord) -> Result<Self, OptimError> {
        let reader = Reader::from_bytes(record.into_bytes().map_err(unreadable)?).map_err(unreadable)?;
        let (scalars, paths) = (reader.scalars().clone(), reader.metadata().clone());
        Ok(Self { scalars, paths, tensors: reader.into_tensors().map_err(unreadable)? })
    }

    fn into_record(self) -> Result<OptimizerRecord, OptimError> {
        let mut writer = Writer::new(self.tensors);
        for (name, value) in &self.scalars {
            writer = writer.with_scalar(name, *value);
        }
        for (id, path) in &self.paths {
            writer = writer.with_metadata(id, path);
        }
        OptimizerRecord::from_bytes(writer.into_bytes().map_err(unreadable)?).map_err(unreadable)
    }

    /// A state of one trial would fit every number of them: dimensions that were averaged over are 1 too.
    fn check_trials(&self, trials: usize) -> Result<(), OptimError> {
        let first = |tensor: &burn_pack::Tensor| tensor.shape.to_vec().first().copied();
        match self.tensors.iter().filter_map(first).find(|saved| *saved != trials) {
            Some(saved) => Err(OptimError::Record(vec![RecordProblem::Trials { saved, trials }])),
            None => Ok(()),
        }
    }

    /// With the word that every state is that of its parameter.
    fn marked(mut self) -> Self {
        self.scalars.extend(self.paths.keys().map(|id| (format!("{id}.{BY_PATH}"), Scalar::from(true))));
        self
    }

    /// The same states under the ids that their paths have in `module`.
    fn with_ids_of<M: Module>(self, module: &M) -> Result<Self, OptimError> {
        let parameters = Parameters::of(module);
        let (mut ids, mut problems) = (HashMap::new(), Vec::new());
        for (id, path) in &self.paths {
            match parameters.0.get(path) {
                None => problems.push(RecordProblem::NoParameter { path: path.clone() }),
                Some(_) if ids.values().any(|(known, _)| *known == path) => {
                    problems.push(RecordProblem::Twice { path: path.clone() });
                }
                Some(parameter) => drop(ids.insert(id.as_str(), (path, parameter))),
            }
        }
        for tensor in &self.tensors {
            let Some((path, parameter)) = ids.get(split(&tensor.name).0) else { continue };
            problems.extend(parameter.problem(path, tensor)?);
        }
        if !problems.is_empty() {
            return Err(OptimError::Record(problems));
        }
        let renamed = |name: &str| {
            let (old, leaf) = split(name);
            ids.get(old).map_or_else(|| name.to_owned(), |(_, parameter)| format!("{}.{leaf}", parameter.id.val()))
        };
        let scalars = self.scalars.iter().map(|(name, value)| (renamed(name), *value)).collect();
        let paths = ids.values().map(|(path, parameter)| (parameter.id.val().to_string(), (*path).clone())).collect();
        let rename = |tensor: &burn_pack::Tensor| {
            let id = ids.get(split(&tensor.name).0).map(|(_, parameter)| parameter.id.val()).or(tensor.param_id);
            let mut renamed_tensor = tensor.clone();
            (renamed_tensor.name, renamed_tensor.param_id) = (renamed(&tensor.name), id);
            renamed_tensor
        };
        let tensors = self.tensors.iter().map(rename).collect();
        Ok(Self { tensors, scalars, paths })
    }

    /// What is here and not in `loaded`. A loaded optimizer may say more of itself.
    fn lost_in(&self, loaded: &Self) -> Vec<RecordProblem> {
        let found: HashMap<&str, DType> =
            loaded.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.dtype)).collect();
        let named = |name: &str| {
            let (id, leaf) = split(name);
            (self.paths.get(id).cloned().unwrap_or_else(|| id.to_owned()), leaf.to_owned())
        };
        let tensors = self.tensors.iter().filter_map(|tensor| {
            let (path, state) = named(&tensor.name);
            match found.get(tensor.name.as_str()) {
                Some(dtype) if *dtype == tensor.dtype => None,
                Some(dtype) => {
                    let (saved, loaded) = (format!("{:?}", tensor.dtype), format!("{dtype:?}"));
                    Some(RecordProblem::Type { path, state, saved, loaded })
                }
                None => Some(RecordProblem::NotKept { path, state }),
            }
        });
        let scalars = self.scalars.iter().filter(|(name, value)| loaded.scalars.get(*name) != Some(value));
        let scalars = scalars.map(|(name, _)| {
            let (path, state) = named(name);
            RecordProblem::NotKept { path, state }
        });
        tensors.chain(scalars).collect()
    }
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, ""))
}

fn unreadable(error: impl std::fmt::Display) -> OptimError {
    OptimError::Record(vec![RecordProblem::Unreadable { problem: error.to_string() }])
}

/// The parameters of a module by path.
struct Parameters(HashMap<String, Parameter>);

struct Parameter {
    id: ParamId,
    dims: Vec<usize>,
    /// None before it is drawn.
    dtype: Option<DType>,
    /// Whether a master, in the parameter's type, is the parameter.
    is_of: Box<dyn Fn(TensorData) -> bool>,
}

impl Parameters {
    fn of<M: Module>(module: &M) -> Self {
        let mut reader = ById(HashMap::new());
        module.visit(&mut reader);
        let known = param_paths(module).into_iter().filter_map(|(path, id)| Some((path, reader.0.remove(&id)?)));
        Self(known.collect())
    }
}

impl Parameter {
    /// A state's tensor has the parameter's sizes, or 1 where it was averaged over; its type is the parameter's, or f32
    /// where that has 16 bits.
    fn problem(&self, path: &str, tensor: &burn_pack::Tensor) -> Result<Option<RecordProblem>, OptimError> {
        let (path, state) = (path.to_owned(), split(&tensor.name).1.to_owned());
        let (saved, parameter) = (tensor.shape.to_vec(), self.dims.clone());
        let fits = saved.len() == parameter.len() && saved.iter().zip(&parameter).all(|(s, p)| s == p || *s == 1);
        if !fits {
            return Ok(Some(RecordProblem::Shape { path, state, saved, parameter }));
        }
        let half = self.dtype.is_some_and(is_half);
        let alike = self.dtype.is_none_or(|dtype| dtype == tensor.dtype || half && tensor.dtype == DType::F32);
        if !alike {
            let (saved, weight) = (format!("{:?}", tensor.dtype), format!("{:?}", self.dtype));
            let weight = weight.replace("Some(", "").replace(')', "");
            return Ok(Some(RecordProblem::OtherType { path, state, saved, weight }));
        }
        if state != MASTER {
            return Ok(None);
        }
        let bytes = tensor.to_bytes().map_err(unreadable)?;
        let master = TensorData::from_bytes(bytes, tensor.shape.clone(), tensor.dtype);
        Ok((!(self.is_of)(master)).then_some(RecordProblem::OtherWeights { path }))
    }
}

struct ById(HashMap<ParamId, Parameter>);

impl ModuleVisitor for ById {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let dtype = param.is_initialized().then(|| param.base().dtype());
        // What was not drawn yet was not loaded either.
        let weight = dtype.map(|dtype| (param.base().detach(), dtype));
        let is_of = Box::new(move |master: TensorData| {
            weight.as_ref().is_some_and(|(weight, dtype)| {
                // As the step rounds it.
                let master = Tensor::<D>::from_data(master, (&weight.device(), DType::F32)).cast(*dtype);
                master.into_data().bytes() == weight.to_data().bytes()
            })
        });
        self.0.insert(param.id, Parameter { id: param.id, dims: param.lazy_shape().to_vec(), dtype, is_of });
    }
}
