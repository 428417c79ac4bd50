//! The crate graph of ARCHITECTURE.md: any other edge is a problem, and so is one that is listed and not there. What tests
//! alone depend on is free.

/// Every package of the workspace, with those that it may depend on.
const ALLOWED: [(&str, &[&str]); 28] = [
    ("mup-files", &[]),
    ("mup-documents", &[]),
    ("mup-sweep", &[]),
    ("mup-kernels", &[]),
    ("mup-devices", &[]),
    ("mup-probe", &[]),
    ("mup-shapes", &["mup-files"]),
    ("mup-figure", &["mup-files"]),
    ("mup-data", &["mup-files"]),
    ("mup-rules", &["mup-shapes"]),
    ("mup-study", &["mup-files", "mup-sweep"]),
    ("mup-init", &["mup-rules", "mup-shapes"]),
    ("mup-optim", &["mup-kernels", "mup-rules", "mup-shapes"]),
    ("mup-models", &["mup-kernels", "mup-probe", "mup-shapes"]),
    ("mup-transfer", &["mup-figure", "mup-files", "mup-rules", "mup-study", "mup-sweep", "mup-verdict"]),
    ("mup-train", &["mup-files", "mup-init", "mup-kernels", "mup-optim", "mup-probe", "mup-rules", "mup-shapes"]),
    ("mup-hugging-face", &["mup-files", "mup-models", "mup-train"]),
    ("mup-verdict", &["mup-figure", "mup-files", "mup-kernels", "mup-probe", "mup-shapes", "mup-sweep", "mup-train"]),
    (
        "mup-cli",
        &[
            "mup-devices",
            "mup-files",
            "mup-probe",
            "mup-rules",
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
            "mup-figure",
            "mup-hugging-face",
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
    (
        "gpt-text",
        &[
            "mup-data",
            "mup-files",
            "mup-hugging-face",
            "mup-init",
            "mup-models",
            "mup-optim",
            "mup-probe",
            "mup-rules",
            "mup-shapes",
            "mup-train",
            "workspace-features",
        ],
    ),
    (
        "gpt-transfer",
        &[
            "gpt-text",
            "mup-cli",
            "mup-data",
            "mup-devices",
            "mup-study",
            "mup-sweep",
            "mup-train",
            "workspace-features",
        ],
    ),
    ("own-model", &["burn-mup", "workspace-features"]),
    ("workspace-features", &[]),
    (
        "xtask",
        &[
            "gpt-text",
            "gpt-transfer",
            "mup-benches",
            "mup-cli",
            "mup-devices",
            "mup-experiments",
            "mup-files",
            "mup-rules",
            "mup-sweep",
            "mup-train",
            "mup-verdict",
            "workspace-features",
        ],
    ),
];

/// Problems in the packages of the workspace and the edges (from, to) between them.
pub(crate) fn check(packages: &[String], edges: &[(String, String)]) -> Vec<String> {
    let listed = |name: &str| ALLOWED.iter().any(|(listed, _)| *listed == name);
    let unlisted = packages
        .iter()
        .filter(|name| !listed(name))
        .map(|name| format!("{name} is in no row: say in ARCHITECTURE.md and graph.rs what it may depend on"));
    let gone = ALLOWED.iter().filter(|(name, _)| !packages.iter().any(|package| package == name));
    let gone = gone.map(|(name, _)| format!("there is no {name}: drop it from ARCHITECTURE.md and graph.rs"));
    let forbidden = edges.iter().filter_map(|(from, to)| forbidden(from, to));
    unlisted.chain(gone).chain(forbidden).chain(spare(edges)).collect()
}

fn forbidden(from: &str, to: &str) -> Option<String> {
    let allowed = ALLOWED.iter().find(|(name, _)| *name == from)?.1;
    (!allowed.contains(&to)).then(|| {
        format!(
            "{from} depends on {to}; it may depend on [{}]: change ARCHITECTURE.md and graph.rs first",
            allowed.join(", ")
        )
    })
}

/// What is listed and nowhere: a right that nobody uses is one that nobody thought about.
fn spare(edges: &[(String, String)]) -> Vec<String> {
    let rights = ALLOWED.iter().flat_map(|(from, allowed)| allowed.iter().map(move |to| (*from, *to)));
    let spare =
        rights.filter(|(from, to)| !edges.iter().any(|edge| (edge.0.as_str(), edge.1.as_str()) == (*from, *to)));
    spare
        .map(|(from, to)| format!("{from} may depend on {to}, and does not: drop it from ARCHITECTURE.md and graph.rs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, check};

    fn packages() -> Vec<String> {
        ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn edges() -> Vec<(String, String)> {
        let edges = ALLOWED.iter().flat_map(|(from, allowed)| allowed.iter().map(move |to| (*from, *to)));
        edges.map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
    }

    /// The problems of the graph with one more edge.
    fn with_edge(from: &str, to: &str) -> Vec<String> {
        check(&packages(), &[edges(), vec![(from.to_owned(), to.to_owned())]].concat())
    }

    #[test]
    fn an_edge_against_the_flow_is_a_problem() {
        assert_eq!(with_edge("mup-rules", "mup-init").len(), 1);
        assert_eq!(with_edge("mup-init", "mup-models").len(), 1);
        assert_eq!(with_edge("mup-study", "mup-transfer").len(), 1);
        assert_eq!(with_edge("mup-verdict", "mup-study").len(), 1);
        assert_eq!(with_edge("mup-cli", "mup-models").len(), 1);
        assert_eq!(with_edge("mup-benches", "mup-verdict").len(), 1);
        assert_eq!(with_edge("mup-golden", "mup-experiments").len(), 1);
        assert_eq!(with_edge("mup-cli", "burn-mup").len(), 1);
        assert_eq!(with_edge("gpt-text", "mup-cli").len(), 1);
        assert_eq!(with_edge("mup-transfer", "mup-documents").len(), 1);
        assert!(with_edge("mup-init", "mup-rules").is_empty());
    }

    #[test]
    fn a_package_in_no_row_and_a_row_of_no_package_are_problems() {
        let more = check(&[packages(), vec!["mup-utils".to_owned()]].concat(), &edges());
        assert!(more.len() == 1 && more[0].starts_with("mup-utils is in no row"), "{more:?}");
        let fewer: Vec<String> = packages().into_iter().filter(|name| name != "mup-documents").collect();
        assert!(check(&fewer, &edges()) == ["there is no mup-documents: drop it from ARCHITECTURE.md and graph.rs"]);
    }

    #[test]
    fn an_edge_that_is_listed_and_not_there_is_a_problem() {
        let fewer: Vec<(String, String)> = edges().into_iter().filter(|(from, _)| from != "mup-figure").collect();
        let found = check(&packages(), &fewer);
        assert!(found.len() == 1 && found[0].starts_with("mup-figure may depend on mup-files"), "{found:?}");
    }
}
