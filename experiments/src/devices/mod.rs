//! `cargo xtask devices`: whether every device computes what flex, PyTorch and microsoft/mup do.
//!
//! Each device is measured ([`measure`]) in a process of its own ([`process`]): a driver that crashes or hangs takes
//! nothing with it. The measurements are judged against those of flex ([`mod@judge`]) and written down ([`mod@document`]).

mod document;
mod judge;
mod measure;
mod process;

use std::{
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use burn::tensor::Device;
use mup_devices::{Backend, DeviceName};

use self::{
    document::Document,
    judge::{Judged, judge},
    measure::Measurement,
    process::{Apart, Missing, NO_ANSWER},
};
use mup_golden::Provenance;
use mup_golden::Wanted;

/// Arguments of `cargo xtask devices`.
#[derive(Debug, clap::Args)]
pub struct Devices {
    /// Only these, such as libtorch:0; one that does not answer is then a failure [default: all that are compiled in].
    #[arg(long, value_delimiter = ',')]
    device: Vec<DeviceName>,
    /// Replaces the table between the markers of this document.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Minutes after which a device counts as hung.
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u64,
    /// Has GPUs compute in f32 where they can: without it cuDNN's convolutions on libtorch:0 round factors to TF32. On
    /// cuda, CubeCL does so in every product, with it too.
    #[arg(long)]
    exact: bool,
    /// Leaves the coordinate checks out, which take most of the time on a software adapter.
    #[arg(long)]
    quick: bool,
    /// Measures one device, in float64 with `--double`, and writes CBOR: what this command starts for each.
    #[arg(long, hide = true, value_name = "FILE", requires = "device")]
    measure: Option<PathBuf>,
    /// See `--measure`.
    #[arg(long, hide = true, requires = "measure")]
    double: bool,
}

/// A device, and what it was found to compute or why it computes nothing.
#[derive(Debug)]
struct Found {
    name: DeviceName,
    measured: Result<Measurement, Missing>,
}

impl Devices {
    /// Measures every device and judges it, or measures one for a process that does.
    ///
    /// # Errors
    ///
    /// A measurement of flex that failed, and a document that cannot be written.
    pub fn run(&self) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
        if let (Some(file), [name]) = (&self.measure, self.device.as_slice()) {
            return measure_here(*name, self, file);
        }
        let commit = Provenance::of_this_program()?.commit;
        let apart = Apart {
            limit: Duration::from_secs(60 * self.minutes),
            wanted: if self.exact { Wanted::Exact } else { Wanted::AsItComes },
            quick: self.quick,
        };
        let found: Vec<Found> =
            self.names().map(|name| Found { name, measured: apart.measured(name, false) }).collect();
        let judged = judge_all(&found, &apart)?;
        let document = Document { judged: &judged, found: &found, commit: &commit };
        print!("{document}");
        if let Some(path) = &self.out {
            document.write_between_markers(path)?;
            eprintln!("wrote {}", path.display());
        }
        let missing = found.iter().any(|found| match &found.measured {
            Ok(_) => false,
            Err(Missing::NoAnswer(_)) => self.device.contains(&found.name),
            Err(Missing::Failed(_)) => true,
        });
        let right = judged.iter().all(Judged::is_right);
        Ok(if right && !missing { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Those asked for, or every backend's default device.
    fn names(&self) -> impl Iterator<Item = DeviceName> + use<> {
        let all = || Backend::ALL.iter().copied().map(DeviceName::from).collect();
        if self.device.is_empty() { all() } else { self.device.clone() }.into_iter()
    }
}

/// What [`Apart::measured`] starts.
fn measure_here(name: DeviceName, task: &Devices, file: &Path) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    // A device that has computed something keeps its float type.
    let device = if task.double { Ok(Device::flex()) } else { mup_devices::open(name) };
    match device {
        Ok(device) => {
            ciborium::into_writer(&measure::measure(device, task.double, task.quick)?, File::create(file)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("error: {error}");
            Ok(ExitCode::from(NO_ANSWER))
        }
    }
}

/// Judges those that answer; flex is measured if it is not among them.
fn judge_all(found: &[Found], apart: &Apart) -> Result<Vec<Judged>, Missing> {
    let flex = DeviceName::from(Backend::Flex);
    let answering: Vec<(DeviceName, &Measurement)> =
        found.iter().filter_map(|found| Some((found.name, found.measured.as_ref().ok()?))).collect();
    if answering.is_empty() {
        return Ok(Vec::new());
    }
    let measured = answering.iter().find(|(name, _)| *name == flex).map(|(_, measured)| (*measured).clone());
    let measured = measured.map_or_else(|| apart.measured(flex, false), Ok)?;
    let double = apart.measured(flex, true)?;
    Ok(answering.into_iter().map(|(name, here)| judge((name, apart.wanted), here, &measured, &double)).collect())
}
