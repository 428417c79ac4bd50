//! The tensors of a folder: one safetensors file, or several with an index. Headers are read and checked first, tensors by
//! position when they are asked for, so no more is in memory than one of them; what a header says is held against the
//! file's length before anything is allocated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use burn::tensor::{DType, TensorData};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use serde_json::Value;

use crate::HuggingFaceError as Error;

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
/// Of the format.
const LARGEST_HEADER: u64 = 100_000_000;

/// Where each tensor is.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    tensors: BTreeMap<String, Stored>,
}

#[derive(Debug)]
struct Stored {
    file: PathBuf,
    shape: Vec<usize>,
    dtype: Dtype,
    start: u64,
    bytes: usize,
}

impl Checkpoint {
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let (weights, index) = (folder.join(WEIGHTS), folder.join(INDEX));
        if weights.exists() {
            return Ok(Self { tensors: header(&weights)? });
        }
        if !index.exists() {
            return Err(Error::NoWeights { path: folder.to_owned() });
        }
        Self::sharded(folder, &index)
    }

    fn sharded(folder: &Path, index: &Path) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Index { path: index.to_owned(), problem };
        let file_of = weight_map(index)?;
        let mut files: Vec<&str> = file_of.values().map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        if let Some(outside) = files.iter().find(|name| !is_plain(name)) {
            return Err(wrong(format!("`{outside}` is not the name of a file in this folder")));
        }
        let mut tensors = BTreeMap::new();
        for file in files {
            for (name, stored) in header(&folder.join(file))? {
                if file_of.get(&name).map(String::as_str) != Some(file) {
                    return Err(wrong(format!("{file} has `{name}`, which the index does not say")));
                }
                tensors.insert(name, stored);
            }
        }
        match file_of.keys().find(|name| !tensors.contains_key(*name)) {
            Some(absent) => Err(wrong(format!("{} has no `{absent}`", file_of[absent]))),
            None => Ok(Self { tensors }),
        }
    }

    /// With a prefix for every name but those of the readout, where no name has it: a file of the class without a readout.
    pub(crate) fn with_prefix(mut self, prefix: &str) -> Self {
        if !self.tensors.keys().any(|name| name.starts_with(prefix)) {
            let named = |name: String| if name.starts_with("lm_head.") { name } else { format!("{prefix}{name}") };
            self.tensors = self.tensors.into_iter().map(|(name, stored)| (named(name), stored)).collect();
        }
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.tensors.keys()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Numbers in all tensors.
    pub(crate) fn numbers(&self) -> usize {
        self.tensors.values().map(|stored| stored.shape.iter().product::<usize>()).sum()
    }

    /// Its shape; `None` if it is not there.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(&self.tensors.get(name)?.shape)
    }

    /// Its element type in Burn's words.
    pub(crate) fn dtype(&self, name: &str) -> Result<DType, Error> {
        match self.tensors[name].dtype {
            Dtype::F64 => Ok(DType::F64),
            Dtype::F32 => Ok(DType::F32),
            Dtype::F16 => Ok(DType::F16),
            Dtype::BF16 => Ok(DType::BF16),
            other => Err(Error::ElementType { tensor: name.to_owned(), dtype: format!("{other:?}") }),
        }
    }

    /// Its numbers, a vector as one row.
    pub(crate) fn read(&self, name: &str) -> Result<TensorData, Error> {
        let (stored, dtype) = (&self.tensors[name], self.dtype(name)?);
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&stored.file)?;
            file.seek(SeekFrom::Start(stored.start))?;
            let mut bytes = vec![0; stored.bytes];
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|source| Error::Io { action: "read", path: stored.file.clone(), source })?;
        let shape = match *stored.shape {
            [width] => vec![1, width],
            _ => stored.shape.clone(),
        };
        Ok(TensorData::from_bytes_vec(bytes, shape, dtype))
    }
}

/// Which file each tensor is in.
fn weight_map(index: &Path) -> Result<BTreeMap<String, String>, Error> {
    let wrong = |problem: String| Error::Json { path: index.to_owned(), problem };
    let bytes = std::fs::read(index).map_err(|source| Error::Io { action: "read", path: index.to_owned(), source })?;
    let content: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let map = content.get("weight_map").cloned().ok_or_else(|| wrong("it has no `weight_map`".to_owned()))?;
    serde_json::from_value(map).map_err(|error| wrong(format!("`weight_map`: {error}")))
}

/// A file's own name: no folder, not the one above.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

/// The tensors of a file.
fn header(path: &Path) -> Result<BTreeMap<String, Stored>, Error> {
    let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let wrong = |problem: String| Error::Damaged { path: path.to_owned(), problem };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if size < 8 {
        return Err(wrong(format!("it has {size} bytes, and the length of its header alone takes 8")));
    }
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(io)?;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_HEADER || length > size - 8 {
        return Err(wrong(format!("its header claims {length} bytes, and the file has {size}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(io)?;
    let metadata: Metadata =
        serde_json::from_slice(&header).map_err(|error| wrong(format!("its header is none: {error}")))?;
    let (start, tensors) = (8 + length, metadata.data_len() as u64);
    if tensors != size - start {
        return Err(wrong(format!("its tensors take {tensors} bytes, and it has {}", size - start)));
    }
    let format = metadata.metadata().as_ref().and_then(|metadata| metadata.get("format"));
    if let Some(format) = format.filter(|format| *format != "pt") {
        return Err(Error::Foreign { path: path.to_owned(), format: format.clone() });
    }
    let stored = |(name, info): (String, &safetensors::tensor::TensorInfo)| {
        let (first, last) = info.data_offsets;
        let (shape, dtype, file) = (info.shape.clone(), info.dtype, path.to_owned());
        (name, Stored { file, shape, dtype, start: start + first as u64, bytes: last - first })
    };
    Ok(metadata.tensors().into_iter().map(stored).collect())
}
