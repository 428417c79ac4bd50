//! Weights as a safetensors file, for other programs.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::kind::Basic;
use burn::tensor::{Bool, DType, Int, Tensor, TensorData};
use mup_files::write_durably;
use mup_shapes::PathPattern;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::TrainError;
use crate::error::io_error;
use crate::running::settle;

/// Writes a module's parameters to a safetensors file, whole or not at all.
///
/// Names are the parameters' paths. Layouts are Burn's: `Linear` is `[d_input, d_output]`, the transpose of PyTorch's.
/// What is returned says whether any tensor's layout is not PyTorch's; the file says it too, by its `format`.
/// Parameters that match `without` are left out, such as the multipliers of a folded GPT
/// (`mup_models::GptConfig::multipliers`).
///
/// # Errors
///
/// [`TrainError::Io`]; [`TrainError::Unusable`] for an element type that the format does not have.
///
/// # Reference
///
/// <https://github.com/huggingface/safetensors>
pub fn write_safetensors<M: Module>(model: &M, path: &Path, without: &[PathPattern]) -> Result<Layouts, TrainError> {
    settle(model);
    let mut collector = Collector { without, place: Vec::new(), tensors: Vec::new(), layouts: Layouts::PyTorch };
    model.visit(&mut collector);
    write_tensors(&collector.tensors, collector.layouts.metadata(), path)?;
    Ok(collector.layouts)
}

/// Writes tensors by name to a safetensors file, whole or not at all.
///
/// # Errors
///
/// [`TrainError::Io`]; [`TrainError::Unusable`] for an element type that the format does not have.
pub fn write_tensors(
    tensors: &[(String, TensorData)],
    metadata: HashMap<String, String>,
    path: &Path,
) -> Result<(), TrainError> {
    let unusable = |problem: String| TrainError::Unusable { path: path.to_owned(), problem };
    let views: Result<Vec<(&str, TensorView<'_>)>, String> =
        tensors.iter().map(|(name, data)| Ok((name.as_str(), view(name, data)?))).collect();
    let bytes = safetensors::serialize(views.map_err(unusable)?, Some(metadata));
    let bytes = bytes.map_err(|error| unusable(error.to_string()))?;
    write_durably(path, &bytes).map_err(io_error("write", path))
}

/// Whose layouts the tensors of an exported file have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layouts {
    /// PyTorch's: vectors, embeddings and convolutions are the same in Burn. The file's `format` is `pt`, which
    /// transformers' loaders ask for.
    PyTorch,
    /// Burn's: some matrix is, or may be, the transpose of PyTorch's. The file's `format` is `burn`.
    Burn,
}

impl Layouts {
    fn metadata(self) -> HashMap<String, String> {
        let format = if self == Self::PyTorch { "pt" } else { "burn" };
        [("format", format.to_owned()), ("layouts", self.to_string())]
            .map(|(name, text)| (name.to_owned(), text))
            .into()
    }
}

/// A sentence, with the remedy.
impl fmt::Display for Layouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PyTorch => "layouts are PyTorch's",
            Self::Burn => {
                "matrices of Linear layers are [d_input, d_output], the transpose of PyTorch's: read the file with \
                 safetensors.torch.load_file, transpose them (tensor.T.contiguous()), and save it with \
                 metadata={'format': 'pt'}, without which transformers refuses it"
            }
        })
    }
}

/// Modules of burn-nn whose tensors of two and more axes are laid out as PyTorch's of the same name.
const LIKE_PYTORCH: [&str; 7] = [
    "Struct:Embedding",
    "Struct:Conv1d",
    "Struct:Conv2d",
    "Struct:Conv3d",
    "Struct:ConvTranspose1d",
    "Struct:ConvTranspose2d",
    "Struct:ConvTranspose3d",
];

fn view<'a>(name: &str, data: &'a TensorData) -> Result<TensorView<'a>, String> {
    let dtype = match data.dtype() {
        DType::F64 => Dtype::F64,
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        other => {
            return Err(format!("`{name}` is of type {other:?}, which this export does not know; cast the module"));
        }
    };
    TensorView::new(dtype, data.shape().to_vec(), data.as_bytes()).map_err(|error| format!("`{name}`: {error}"))
}

struct Collector<'a> {
    without: &'a [PathPattern],
    place: Vec<(String, String)>,
    tensors: Vec<(String, TensorData)>,
    layouts: Layouts,
}

impl Collector<'_> {
    fn collect<const D: usize, K: Basic>(&mut self, value: impl FnOnce() -> Tensor<D, K>) {
        let names: Vec<&str> = self.place.iter().map(|(name, _)| name.as_str()).collect();
        let path = names.join(".");
        if self.without.iter().any(|pattern| pattern.matches(&path)) {
            return;
        }
        let of = self.place.last().map_or("", |(_, container)| container);
        if D >= 2 && !LIKE_PYTORCH.contains(&of) {
            self.layouts = Layouts::Burn;
        }
        self.tensors.push((path, value().into_data()));
    }
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.collect(|| param.val());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.collect(|| param.val());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.collect(|| param.val());
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.pop();
    }
}
