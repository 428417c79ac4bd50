//! The program of the README; everything is in the library.

use std::process::ExitCode;

/// glibc's allocator gives large blocks back to the system after every step, which costs a quarter of the processor
/// time of a step on flex (docs/log.md, 2026-11-25).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gpt_transfer::main()
}
