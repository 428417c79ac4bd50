//! Redraws the parameters of a module as a plan prescribes.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, FloatDType, Shape, Tensor, TensorData};
use mup_rules::{PlanRow, ScalingPlan};
use mup_shapes::{param_mappers, param_paths};

use crate::{Draw, InitError, InitSpec, PlanMismatch, Stream};

/// Redraws every parameter of `module`, and sets its forward multipliers.
///
/// The values depend on `plan`, `spec`, `seed` and each parameter's path, never on the values before: twice
/// equals once. Parameter ids, devices, element types and frozen parameters stay what they were, and nothing is drawn
/// until a parameter is first used, so that loading a record afterwards costs nothing and is the last word.
/// Multipliers and logit scales get the plan's value and are not trained.
///
/// A module in another type than its device's usual one (`mup_optim::cast_parameters`) has the same values, cast: before or
/// after makes no difference to a bit. Weights that are loaded into it later are cast too.
///
/// # Errors
///
/// [`InitError::Mismatch`] with every path or shape in which plan and module differ; [`InitError::Spec`],
/// see [`InitSpec::draws`].
pub fn initialize<M: Module>(module: M, plan: &ScalingPlan, spec: &InitSpec, seed: u64) -> Result<M, InitError> {
    let paths = compare(&module, plan)?;
    let draws = spec.draws(plan)?;
    let rows = plan.rows().iter().zip(draws);
    let mut chosen: HashMap<&str, (&PlanRow, Draw)> =
        rows.map(|(row, draw)| (row.path.as_str(), (row, draw))).collect();
    let chosen = paths.into_iter().filter_map(|(id, path)| {
        let (row, draw) = chosen.remove(path.as_str())?;
        Some((id, Prescription { draw, stream: Stream::new(seed, &path), trained: row.is_trained() }))
    });
    let mut mapper = Initializer(chosen.collect());
    Ok(module.map(&mut mapper))
}

/// The paths of the module's parameters by id, once plan and module agree.
fn compare<M: Module>(module: &M, plan: &ScalingPlan) -> Result<HashMap<ParamId, String>, InitError> {
    let mut problems = Vec::new();
    let mut reader = Reader { paths: HashMap::new(), dims: HashMap::new() };
    for (path, id) in param_paths(module) {
        if let Some(first) = reader.paths.insert(id, path.clone()) {
            problems.push(PlanMismatch::TiedByClone { path, first });
        }
    }
    module.visit(&mut reader);
    for row in plan.rows() {
        let (path, plan) = (row.path.clone(), row.dims.iter().map(|dim| dim.size()).collect::<Vec<_>>());
        match reader.dims.remove(&path) {
            None => problems.push(PlanMismatch::Missing { path }),
            Some(module) if module != plan => problems.push(PlanMismatch::Shape { path, plan, module }),
            Some(_) => {}
        }
    }
    let mut extra: Vec<_> = reader.dims.into_iter().collect();
    extra.sort();
    problems.extend(extra.into_iter().map(|(path, dims)| PlanMismatch::Extra { path, dims }));
    if problems.is_empty() { Ok(reader.paths) } else { Err(InitError::Mismatch(problems)) }
}

struct Reader {
    paths: HashMap<ParamId, String>,
    dims: HashMap<String, Vec<usize>>,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(path) = self.paths.get(&param.id) {
            self.dims.insert(path.clone(), param.lazy_shape().to_vec());
        }
    }
}

struct Prescription {
    draw: Draw,
    stream: Stream,
    trained: bool,
}

/// Keyed by id, which is fixed while one module is traversed; a running statistic has no entry.
struct Initializer(HashMap<ParamId, Prescription>);

impl ModuleMapper for Initializer {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.0.remove(&param.id) {
            Some(prescription) => redraw(param, prescription),
            None => param,
        }
    }
}

fn redraw<const D: usize>(param: Param<Tensor<D>>, prescription: Prescription) -> Param<Tensor<D>> {
    let Prescription { draw, stream, trained } = prescription;
    let (shape, before) = (param.lazy_shape(), Before::of(&param));
    if before.keeps_mapper {
        return param.init_mapper(move |old| {
            let trained = trained && old.is_require_grad();
            tensor(draw, &stream, &shape, &old.device()).cast(old.dtype()).set_require_grad(trained)
        });
    }
    let trained = trained && before.trained;
    let (id, device, fresh_shape, dtype) = (param.id, param.lazy_device(), shape.clone(), before.dtype);
    let fresh = move |device: &Device| match dtype {
        None => device.memory_persistent_allocations((), |()| tensor(draw, &stream, &shape, device)),
        Some(dtype) => {
            let drawn = tensor(draw, &stream, &shape, device);
            device.memory_persistent_allocations(drawn, |drawn: Tensor<D>| drawn.cast(dtype))
        }
    };
    let fresh = move |device: &Device, trained: bool| fresh(device).set_require_grad(trained);
    let param = Param::uninitialized(id, fresh, device, trained, fresh_shape);
    match dtype {
        None => param,
        Some(dtype) => param.load_mapper(move |tensor| tensor.cast(dtype)),
    }
}

/// In the device's own type.
fn tensor<const D: usize>(draw: Draw, stream: &Stream, shape: &Shape, device: &Device) -> Tensor<D> {
    if let Draw::Constant { value } = draw {
        return Tensor::full(shape.clone(), value, device);
    }
    let values = draw.values(stream, shape.num_elements());
    Tensor::from_data(TensorData::new(values, shape.clone()), device)
}

/// What is known of a parameter without initializing it.
struct Before {
    /// Whether it is trained, or will be after `train()`.
    trained: bool,
    /// Its type, if it is not the device's own.
    dtype: Option<FloatDType>,
    /// A load or save mapper that is not ours can only be kept through `init_mapper`, which draws Burn's own values
    /// first; so does what cannot be told.
    keeps_mapper: bool,
}

impl Before {
    /// Burn shows flag and type of a lazy parameter to nobody. But it hands the flag to a value loaded into a clone, where
    /// one entry is enough, and `mup_optim::cast_parameters` leaves a load mapper that casts the value.
    fn of<const D: usize>(param: &Param<Tensor<D>>) -> Self {
        let entry = Tensor::zeros([1; D], &param.lazy_device());
        let usual = entry.dtype();
        let loaded = param.clone().transform_for_load(entry, param.id);
        let dtype = if param.is_initialized() { param.base().dtype() } else { loaded.dtype() };
        let cast = dtype != usual;
        let keeps_mapper = match param_mappers(param) {
            Some((load, save)) => save || load && !cast,
            None => true,
        };
        Self { trained: loaded.train().is_require_grad(), dtype: cast.then(|| dtype.into()), keeps_mapper }
    }
}
