//! The crate graph of ARCHITECTURE.md: any other edge is a problem.

/// Which packages of the workspace a crate may depend on, and those rooms beside the crates that would know too much.
const ALLOWED: [(&str, &[&str]); 21] = [
    ("mup-files", &[]),
    ("mup-sweep", &[]),
    ("mup-kernels", &[]),
    ("mup-devices", &[]),
    ("mup-probe", &[]),
    ("mup-shapes", &["mup-files"]),
    ("mup-figure", &["mup-files"]),
    ("mup-data", &["mup-files"]),
    ("mup-rules", &["mup-shapes"]),
    ("mup-study", &["mup-files", "mup-sweep"]),
    ("mup-init", &["mup-shapes", "mup-rules"]),
    ("mup-optim", &["mup-shapes", "mup-rules", "mup-kernels"]),
    ("mup-models", &["mup-shapes", "mup-rules", "mup-kernels", "mup-probe"]),
    ("mup-transfer", &["mup-files", "mup-figure", "mup-sweep", "mup-rules", "mup-study", "mup-verdict"]),
    ("mup-train", &["mup-files", "mup-kernels", "mup-probe", "mup-shapes", "mup-rules", "mup-init", "mup-optim"]),
    ("mup-verdict", &["mup-files", "mup-figure", "mup-sweep", "mup-kernels", "mup-probe", "mup-shapes", "mup-train"]),
    (
        "mup-cli",
        &[
            "mup-devices",
            "mup-files",
            "mup-init",
            "mup-optim",
            "mup-probe",
            "mup-rules",
            "mup-shapes",
            "mup-study",
            "mup-sweep",
            "mup-train",
            "mup-transfer",
            "mup-verdict",
        ],
    ),
    (
        "burn-mup",
        &[
            "mup-cli",
            "mup-data",
            "mup-devices",
            "mup-init",
            "mup-kernels",
            "mup-models",
            "mup-optim",
            "mup-probe",
            "mup-rules",
            "mup-shapes",
            "mup-study",
            "mup-sweep",
            "mup-train",
            "mup-transfer",
            "mup-verdict",
        ],
    ),
    (
        "mup-golden",
        &["mup-devices", "mup-init", "mup-models", "mup-optim", "mup-rules", "mup-shapes", "workspace-features"],
    ),
    (
        "mup-benches",
        &[
            "mup-devices",
            "mup-figure",
            "mup-files",
            "mup-golden",
            "mup-init",
            "mup-models",
            "mup-optim",
            "mup-rules",
            "mup-shapes",
            "mup-train",
            "workspace-features",
        ],
    ),
    (
        "mup-experiments",
        &[
            "mup-cli",
            "mup-devices",
            "mup-figure",
            "mup-files",
            "mup-golden",
            "mup-init",
            "mup-models",
            "mup-optim",
            "mup-probe",
            "mup-rules",
            "mup-shapes",
            "mup-study",
            "mup-sweep",
            "mup-train",
            "mup-transfer",
            "mup-verdict",
            "workspace-features",
        ],
    ),
];

/// Problems in the edges (from, to) between packages of the workspace.
pub(crate) fn check(edges: &[(String, String)]) -> Vec<String> {
    edges.iter().filter_map(|(from, to)| problem(from, to)).collect()
}

fn problem(from: &str, to: &str) -> Option<String> {
    let allowed = ALLOWED.iter().find(|(name, _)| *name == from)?.1;
    (!allowed.contains(&to)).then(|| {
        format!(
            "{from} depends on {to}; it may depend on [{}]: change ARCHITECTURE.md and graph.rs first",
            allowed.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::check;

    fn edge(from: &str, to: &str) -> Vec<String> {
        check(&[(from.to_owned(), to.to_owned())])
    }

    #[test]
    fn an_edge_against_the_flow_is_a_problem() {
        assert_eq!(edge("mup-rules", "mup-init").len(), 1);
        assert_eq!(edge("mup-init", "mup-models").len(), 1);
        assert_eq!(edge("mup-study", "mup-transfer").len(), 1);
        assert_eq!(edge("mup-verdict", "mup-study").len(), 1);
        assert_eq!(edge("mup-cli", "mup-models").len(), 1);
        assert_eq!(edge("mup-benches", "mup-verdict").len(), 1);
        assert_eq!(edge("mup-golden", "mup-experiments").len(), 1);
        assert_eq!(edge("mup-cli", "burn-mup").len(), 1);
        assert!(edge("mup-init", "mup-rules").is_empty());
        assert!(edge("gpt-transfer", "mup-init").is_empty());
    }
}
