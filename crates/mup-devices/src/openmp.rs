//! Two pools of threads in one process: LibTorch's, of OpenMP, and the one that our kernels and Burn's flex use.

/// How often an idle OpenMP thread looks for work before it sleeps: some microseconds.
pub const SPIN_COUNT: &str = "1000";

/// The variable that OpenMP reads it from, once, before `main`.
pub const SPIN_VARIABLE: &str = "GOMP_SPINCOUNT";

/// Begins this program again with [`SPIN_COUNT`], unless the user has set one; call it first in `main`.
///
/// After each operation OpenMP's threads spin for about a millisecond by default, on the cores that the fused kernels need:
/// that takes a fourth to a third of a training step on LibTorch (docs/performance.md). Without LibTorch compiled in this does nothing.
pub fn let_openmp_sleep() {
    #[cfg(all(feature = "libtorch", unix))]
    {
        use std::os::unix::process::CommandExt;
        let is_set = |name: &str| std::env::var_os(name).is_some();
        if is_set(SPIN_VARIABLE) || is_set("OMP_WAIT_POLICY") {
            return;
        }
        let Ok(program) = std::env::current_exe() else { return };
        let mut again = std::process::Command::new(program);
        // It only returns if it fails, and then this process goes on, slower.
        let _ = again.args(std::env::args_os().skip(1)).env(SPIN_VARIABLE, SPIN_COUNT).exec();
    }
}
