//! Where a traversal of a Burn module stands: the parameter path, the owning layer, and every float
//! parameter listed by path. It asks no parameter for its value.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use crate::{Kind, LayerTable};

/// Paths and ids of the float parameters of a module, in traversal order, without running statistics.
///
/// Ids are random for each construction, so they serve to find a parameter in *this* module, for
/// example to give its optimizer state a group; key everything that outlives the module by path.
/// Multipliers and logit scales are listed too: whether a parameter is trained is said by its
/// [`Kind`], which [`ShapeReader`](crate::ShapeReader) reads. No parameter is initialized.
///
/// # Example
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// let linear = LinearConfig::new(4, 2).init(&Device::flex());
/// let paths: Vec<String> = mup_shapes::param_paths(&linear).into_iter().map(|(path, _)| path).collect();
/// assert_eq!(paths, ["weight", "bias"]);
/// ```
#[must_use]
pub fn param_paths<M: Module>(module: &M) -> Vec<(String, ParamId)> {
    let mut lister = Lister { table: LayerTable::burn(), place: ModulePath::default(), params: Vec::new() };
    module.visit(&mut lister);
    lister.params
}

/// The names and containers that a visitor has entered: the path so far, and where in it each of them begins.
#[derive(Debug, Default)]
pub(crate) struct ModulePath {
    path: String,
    frames: Vec<Frame>,
}

/// One step down: the length of the path before it, where its name begins, and the container that owns the name.
#[derive(Debug)]
struct Frame {
    before: usize,
    name: usize,
    container: String,
}

impl ModulePath {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        let before = self.path.len();
        if !self.frames.is_empty() {
            self.path.push('.');
        }
        self.frames.push(Frame { before, name: self.path.len(), container: container.to_owned() });
        self.path.push_str(name);
    }

    pub(crate) fn exit(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.path.truncate(frame.before);
        }
    }

    /// The path, joined by dots.
    pub(crate) fn join(&self) -> &str {
        &self.path
    }

    /// The innermost struct or enum that owns the current parameter, and its field or variant.
    pub(crate) fn owner(&self) -> (&str, &str) {
        self.owners().next().unwrap_or(("", ""))
    }

    /// The struct or enum that the owner is a field of; empty for the root.
    pub(crate) fn within(&self) -> &str {
        self.owners().nth(1).map_or("", |(module, _)| module)
    }

    /// Every struct or enum on the way out, with its field or variant: no index of a list or tuple in between.
    fn owners(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut end = self.path.len();
        self.frames.iter().rev().filter_map(move |frame| {
            let container = frame.container.as_str();
            let module = container.strip_prefix("Struct:").or_else(|| container.strip_prefix("Enum:"));
            let field = &self.path[frame.name..end];
            end = frame.before;
            module.map(|module| (module, field))
        })
    }
}

struct Lister {
    table: LayerTable,
    place: ModulePath,
    params: Vec<(String, ParamId)>,
}

impl ModuleVisitor for Lister {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (layer, field) = self.place.owner();
        let spec = self.table.get(layer, field);
        if spec.is_none_or(|spec| spec.kind != Kind::RunningStatistic) {
            self.params.push((self.place.join().to_owned(), param.id));
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.exit();
    }
}
