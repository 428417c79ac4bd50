//! What NVIDIA's driver says of a GPU: its name, and how much of its memory is in use.
//!
//! Burn and tch tell neither; `nvidia-smi` tells both sides alike. Where it is not there, nothing is said.

use std::process::Command;

use mup_devices::{Backend, DeviceName};

use mup_golden::printed;

/// Which GPU a device of ours is on, as the driver counts; nothing for the processor.
pub(crate) fn gpu_of(device: DeviceName) -> Option<usize> {
    match (device.backend(), device.index()) {
        (Backend::Flex | Backend::NdArray, _) | (Backend::LibTorch, None) => None,
        (_, index) => Some(index.unwrap_or(0)),
    }
}

/// Its name and its driver.
pub(crate) fn name(gpu: usize) -> Option<String> {
    parse_name(&query(gpu, "name,driver_version")?)
}

/// Bytes in use on it, by everyone.
pub(crate) fn memory_used(gpu: usize) -> Option<u64> {
    parse_memory(&query(gpu, "memory.used")?)
}

fn query(gpu: usize, fields: &str) -> Option<String> {
    let query = format!("--query-gpu={fields}");
    printed(Command::new("nvidia-smi").args([&query, "--format=csv,noheader,nounits", &format!("--id={gpu}")]))
}

fn parse_name(answer: &str) -> Option<String> {
    let (name, driver) = answer.split_once(',')?;
    Some(format!("{}, driver {}", name.trim(), driver.trim()))
}

fn parse_memory(answer: &str) -> Option<u64> {
    let mebibytes: u64 = answer.trim().parse().ok()?;
    Some(mebibytes << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_on_the_processor_have_no_gpu_and_others_have_the_one_they_name() {
        let gpu = |name: &str| gpu_of(name.parse().expect("a device"));
        assert_eq!([gpu("flex"), gpu("ndarray"), gpu("libtorch")], [None; 3]);
        assert_eq!([gpu("libtorch:1"), gpu("cuda"), gpu("vulkan:2")], [Some(1), Some(0), Some(2)]);
    }

    #[test]
    fn what_nvidia_smi_prints_is_read_and_anything_else_is_nothing() {
        let name = parse_name("NVIDIA H100 80GB HBM3, 580.65.06");
        assert_eq!(name.as_deref(), Some("NVIDIA H100 80GB HBM3, driver 580.65.06"));
        assert_eq!(parse_memory("614\n"), Some(614 << 20));
        assert_eq!(parse_name("No devices were found"), None);
        assert_eq!(parse_memory("[N/A]"), None);
    }
}
