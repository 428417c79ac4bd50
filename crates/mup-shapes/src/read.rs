//! Burn module to shapes, without allocating a tensor: only `Param::lazy_shape` is asked.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use crate::evidence::{share, weigh};
use crate::module_path::ModulePath;
use crate::param_debug::param_mappers;
use crate::pattern::some_paths;
use crate::{
    BaseShapes, InfShapes, Kind, LayerTable, ModuleShapes, ParamShape, ParamSpec, PathPattern, Place, Places,
    ReadProblem, ShapeError,
};

/// Reads a module made of Burn's own layers.
///
/// # Errors
///
/// [`ShapeError::Read`] with every parameter whose axes are unknown; use [`ShapeReader`] to declare them.
pub fn read_shapes<M: Module>(module: &M) -> Result<ModuleShapes, ShapeError> {
    ShapeReader::new().read(module)
}

/// Compares base, delta and target modules made of Burn's own layers.
///
/// # Errors
///
/// [`ShapeError`] with every problem found; see [`ShapeReader::infer`].
///
/// # Example
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// let device = Device::flex();
/// let model = |width| LinearConfig::new(width, 10).init(&device);
/// let shapes = mup_shapes::infer(&model(64), &model(128), &model(1024))?;
/// assert_eq!(shapes.get("weight").unwrap().fan_in_mult(), 16.0);
/// # Ok::<(), mup_shapes::ShapeError>(())
/// ```
pub fn infer<M: Module>(base: &M, delta: &M, target: &M) -> Result<InfShapes, ShapeError> {
    ShapeReader::new().infer(base, delta, target)
}

/// Reads Burn modules into shapes: a layer table, and declarations by path, which win.
#[derive(Clone, Debug, Default)]
pub struct ShapeReader {
    table: LayerTable,
    /// Rows of the table that the caller stated; the others are Burn's, by the layer's name.
    own: Vec<(String, String)>,
    /// By the type of the module that a layer is a field of.
    within: Vec<(String, PathPattern, ParamSpec)>,
    declarations: Vec<(PathPattern, ParamSpec)>,
    places: Places,
}

impl ShapeReader {
    /// A reader that knows Burn's own layers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row for a layer type of your own: `layer` is the struct's name, `field` the parameter's.
    ///
    /// Burn tells a struct's bare name only. If yours has the name of one of Burn's layers (`Linear`) and both are
    /// in the model, declare yours by path.
    #[must_use]
    pub fn with_layer(mut self, layer: &str, field: &str, spec: ParamSpec) -> Self {
        self.own.push((layer.to_owned(), field.to_owned()));
        self.table = self.table.with(layer, field, spec);
        self
    }

    /// States what the parameters at these paths are where their layer is a field of a module of this type: wins over the
    /// table, and a declaration by path wins over it. A model without such a module is no error. For whoever writes a module
    /// of layers: its users say nothing.
    ///
    /// Burn tells a struct's bare name only, so this speaks of any crate's module of that name, whatever its layers are:
    /// of one that is not meant, declare by path what it is.
    ///
    /// ```
    /// use mup_shapes::{ParamSpec, ShapeReader};
    /// // Keys of a fixed number of heads are no readout.
    /// let reader = ShapeReader::new().within("Attention", "**.key.weight", ParamSpec::weight().inner());
    /// # let _ = reader;
    /// ```
    #[must_use]
    pub fn within(mut self, module: &str, pattern: impl Into<PathPattern>, spec: ParamSpec) -> Self {
        self.within.push((module.to_owned(), pattern.into(), spec));
        self
    }

    /// Declares the parameters at the paths that match; wins over the table, and over earlier declarations.
    #[must_use]
    pub fn declare(mut self, pattern: impl Into<PathPattern>, spec: ParamSpec) -> Self {
        self.declarations.push((pattern.into(), spec));
        self
    }

    /// States where the tensors at the paths that match stand relative to the residual stream; a later statement wins.
    #[must_use]
    pub fn place(mut self, pattern: impl Into<PathPattern>, place: Place) -> Self {
        self.places = self.places.place(pattern, place);
        self
    }

    /// States a set of places, such as [`Places::burn`].
    #[must_use]
    pub fn with_places(mut self, places: Places) -> Self {
        self.places = self.places.and(places);
        self
    }

    /// Reads a module without allocating: a lazy parameter is still lazy afterwards.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Read`] with every parameter that cannot be read, and every declaration or place that
    /// matches nothing.
    pub fn read<M: Module>(&self, module: &M) -> Result<ModuleShapes, ShapeError> {
        self.unplaced(module)?.placed(&self.places)
    }

    fn unplaced<M: Module>(&self, module: &M) -> Result<ModuleShapes, ShapeError> {
        let mut visitor = Visitor::new(self);
        module.visit(&mut visitor);
        visitor.finish()
    }

    /// Reads and compares three modules of one family: which dimensions grow, and by how much.
    ///
    /// # Errors
    ///
    /// [`ShapeError`] with every problem found, see [`BaseShapes::infer`] and [`BaseShapes::apply`].
    pub fn infer<M: Module>(&self, base: &M, delta: &M, target: &M) -> Result<InfShapes, ShapeError> {
        // A place of block 3 says nothing of a base of two blocks.
        let (base, delta, mut target) = (self.unplaced(base)?, self.unplaced(delta)?, self.read(target)?);
        share(&mut target, [&base, &delta]);
        BaseShapes::infer(&base, &delta)?.apply(&target)
    }
}

struct Visitor<'a> {
    reader: &'a ShapeReader,
    place: ModulePath,
    used: Vec<bool>,
    /// By id, the place among `params`.
    seen: HashMap<ParamId, usize>,
    /// Every path, for the message about a declaration that matches none.
    paths: Vec<String>,
    params: Vec<ParamShape>,
    /// Whether the parameter at the same index was declared by path.
    declared: Vec<bool>,
    problems: Vec<ReadProblem>,
}

impl<'a> Visitor<'a> {
    fn new(reader: &'a ShapeReader) -> Self {
        Self {
            reader,
            place: ModulePath::default(),
            used: vec![false; reader.declarations.len()],
            seen: HashMap::new(),
            paths: Vec::new(),
            params: Vec::new(),
            declared: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn declared(&mut self) -> Option<&'a ParamSpec> {
        let mut found = None;
        for (used, (pattern, spec)) in self.used.iter_mut().zip(&self.reader.declarations) {
            if pattern.matches(self.place.join()) {
                *used = true;
                found = Some(spec);
            }
        }
        found
    }

    /// What the module that the layer is a field of says of it.
    fn of_module(&self) -> Option<&'a ParamSpec> {
        let here = |(module, pattern, _): &&(String, PathPattern, ParamSpec)| {
            module == self.place.within() && pattern.matches(self.place.join())
        };
        self.reader.within.iter().rfind(here).map(|(_, _, spec)| spec)
    }

    fn spec(&self, dims: &[usize], said: Option<&'a ParamSpec>) -> Result<&'a ParamSpec, ReadProblem> {
        let (layer, field) = self.place.owner();
        let path = || self.place.join().to_owned();
        let Some(spec) = said.or_else(|| self.reader.table.get(layer, field)) else {
            let (layer, field) = (layer.to_owned(), field.to_owned());
            return Err(ReadProblem::UnknownAxes { path: path(), layer, field, dims: dims.to_vec() });
        };
        if spec.axes.rank() != dims.len() {
            let (declared, axes) = (spec.axes.rank(), spec.axes.to_string());
            return Err(ReadProblem::Rank { path: path(), rank: dims.len(), declared, axes });
        }
        Ok(spec)
    }

    fn read_param<const D: usize>(&mut self, param: &Param<Tensor<D>>) -> Result<(), ReadProblem> {
        if !self.used.is_empty() {
            self.paths.push(self.place.join().to_owned());
        }
        let dims = param.lazy_shape().to_vec();
        let declared = self.declared();
        let said = declared.or_else(|| self.of_module());
        let spec = self.spec(&dims, said)?;
        if spec.kind == Kind::RunningStatistic {
            return Ok(());
        }
        let (layer, field) = self.place.owner();
        let is_own = self.reader.own.iter().any(|(own, name)| own == layer && name == field);
        let (path, layer) = (self.place.join().to_owned(), layer.to_owned());
        if let Some(first) = self.seen.get(&param.id) {
            let first = self.params[*first].path.clone();
            return Err(ReadProblem::TiedByClone { path, first });
        }
        if D == 2 && layer == "Linear" {
            match param_mappers(param) {
                Some((true, true)) => return Err(ReadProblem::ColLayout { path }),
                // A load mapper alone may cast what is loaded; a layout must be undone when it is saved.
                Some(_) => {}
                None => return Err(ReadProblem::OtherBurn { path }),
            }
        }
        if dims.contains(&0) {
            return Err(ReadProblem::EmptyDimension { path, dims });
        }
        self.seen.insert(param.id, self.params.len());
        let by_name = declared.is_none() && !is_own;
        let within = self.place.within().to_owned();
        self.params.push(ParamShape { by_name, within, ..ParamShape::new(path, layer, dims, spec.clone()) });
        self.declared.push(declared.is_some());
        Ok(())
    }

    fn finish(mut self) -> Result<ModuleShapes, ShapeError> {
        for (_, (pattern, _)) in self.used.iter().zip(&self.reader.declarations).filter(|(used, _)| !**used) {
            let paths = some_paths(pattern, &self.paths);
            let meant = pattern.nearest(self.paths.iter().map(String::as_str));
            self.problems.push(ReadProblem::UnusedDeclaration { pattern: pattern.to_string(), meant, paths });
        }
        self.problems.extend(weigh(&mut self.params, &self.declared));
        if self.problems.is_empty() { Ok(ModuleShapes::new(self.params)) } else { Err(ShapeError::Read(self.problems)) }
    }
}

impl ModuleVisitor for Visitor<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Err(problem) = self.read_param(param) {
            self.problems.push(problem);
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.exit();
    }
}
