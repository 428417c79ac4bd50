//! `metrics.jsonl`: one line a step and one an evaluation, each step once, whatever happens to the process.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use mup_files::{folder_of, sync_folder};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::io_error;
use crate::{Event, TrainError};

/// The file, open at its end.
#[derive(Debug)]
pub(crate) struct Metrics {
    path: PathBuf,
    file: File,
}

/// What a line is about.
#[derive(Deserialize)]
struct Line {
    step: usize,
    #[serde(default)]
    evaluation: Option<Value>,
}

impl Metrics {
    /// Opens the file and cuts it back to the lines of the first `step` steps.
    pub(crate) fn open(path: PathBuf, step: usize, mut warn: impl FnMut(String)) -> Result<Self, TrainError> {
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(io_error("open", &path))?;
        // Its name too has to reach the disk: checkpoints rely on its lines.
        let folder = folder_of(&path);
        sync_folder(folder).map_err(io_error("sync", folder))?;
        let (length, steps) = whole_lines(&file, step, &path)?;
        let cut = |file: &mut File| {
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length))
        };
        cut(&mut file).map_err(io_error("cut back", &path))?;
        if steps < step {
            let lost = step - steps;
            warn(format!(
                "{}: the lines of {lost} of the first {step} steps are lost; training goes on",
                path.display()
            ));
        }
        Ok(Self { path, file })
    }

    pub(crate) fn write(&mut self, event: &Event) -> Result<(), TrainError> {
        let line = match event {
            Event::Step(report) => json!(report),
            Event::Evaluated(evaluation) => json!({ "step": evaluation.step, "evaluation": evaluation.loss }),
            Event::NotFinite { step, loss } => json!({ "step": step, "loss": loss, "ended": "not finite" }),
            _ => return Ok(()),
        };
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(io_error("write", &self.path))
    }

    /// Makes all lines durable: a checkpoint must not know a step whose line is lost.
    pub(crate) fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(io_error("sync", &self.path))
    }
}

/// Bytes of the lines up to the first that is not whole or is beyond `step`, and the number of steps among them.
fn whole_lines(file: &File, step: usize, path: &Path) -> Result<(u64, usize), TrainError> {
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    let (mut length, mut steps, mut next) = (0, 0, 0);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(io_error("read", path))?;
        let Some(whole) = line.strip_suffix(b"\n") else { return Ok((length, steps)) };
        let Ok(parsed) = serde_json::from_slice::<Line>(whole) else { return Ok((length, steps)) };
        if parsed.evaluation.is_none() {
            if parsed.step >= step || parsed.step < next {
                return Ok((length, steps));
            }
            (steps, next) = (steps + 1, parsed.step + 1);
        } else if parsed.step > step {
            return Ok((length, steps));
        }
        length += read as u64;
    }
}
