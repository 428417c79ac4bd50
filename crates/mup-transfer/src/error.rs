//! What can be wrong with a transfer.

/// Plans between which nothing transfers.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferError {
    /// They were made for different rules or optimizers.
    #[error("the proxy was planned with {proxy}, the target with {target}: plan both alike")]
    OtherRules {
        /// The proxy's.
        proxy: String,
        /// The target's.
        target: String,
    },
    /// They have different parameters, so they differ in more than width and number of blocks.
    #[error(
        "proxy and target differ in more than width and number of blocks; only in the proxy: [{}]; only in the target: [{}]",
        only_proxy.join(", "),
        only_target.join(", ")
    )]
    OtherParameters {
        /// Paths only in the proxy.
        only_proxy: Vec<String>,
        /// Paths only in the target.
        only_target: Vec<String>,
    },
    /// A parameter has another base or another finite dimension.
    #[error("proxy and target have different base shapes: {}", paths.join(", "))]
    OtherBase {
        /// The parameters concerned.
        paths: Vec<String>,
    },
}
