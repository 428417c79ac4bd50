//! Files that are generated: tables in documents, and the header of golden data.

use std::path::Path;

use mup_files::Sha256;

/// Problems in generated files of the workspace at `root`.
pub(crate) fn check(root: &Path) -> std::io::Result<Vec<String>> {
    let mut problems = Vec::new();
    let rules = std::fs::read_to_string(root.join("docs/rules.md"))?;
    if rules != mup_rules::rules_markdown() {
        problems.push("docs/rules.md is not what the code says: cargo xtask rules > docs/rules.md".to_owned());
    }
    if !std::fs::read_to_string(root.join("docs/ablation.md"))?.contains(&mup_experiments::claims_of_ablations()) {
        problems.push(
            "docs/ablation.md lists other rules than the code: cargo xtask coord-check --ablate --out docs/ablation.md"
                .to_owned(),
        );
    }
    problems.extend(golden(root, "", "all.py")?);
    problems.extend(golden(root, "depth", "depth/*.py")?);
    problems.extend(golden(root, "hugging_face", "hugging_face/*.py")?);
    problems.extend(golden(root, "checkpoints", "checkpoints/write.py")?);
    problems.extend(performance(root)?);
    Ok(problems)
}

/// What was measured, and the document about it.
fn performance(root: &Path) -> std::io::Result<Option<String>> {
    let docs = root.join("docs");
    let generated = match mup_benches::document(&docs) {
        Ok(text) => text,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let stale = docs.join("performance.json").exists()
        && std::fs::read_to_string(root.join(mup_benches::DOCUMENT))? != generated;
    Ok(stale.then(|| format!("{} is not what its parts say: cargo xtask bench document", mup_benches::DOCUMENT)))
}

/// Every JSON file of a folder of `golden/data` names the generators of the same folder of `golden/generate` by hash.
fn golden(root: &Path, folder: &str, generator: &str) -> std::io::Result<Vec<String>> {
    let hash = generator_hash(&root.join("golden/generate").join(folder))?;
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(root.join("golden/data").join(folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json")
            && !std::fs::read_to_string(&path)?.contains(&hash)
        {
            problems.push(format!(
                "{}: written by another version of golden/generate; run `python golden/generate/{generator}` (golden/README.md)",
                path.display()
            ));
        }
    }
    Ok(problems)
}

/// SHA-256 over name, newline and contents of each Python file, sorted by name.
fn generator_hash(folder: &Path) -> std::io::Result<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    files.sort();
    let mut hasher = Sha256::default();
    for path in files {
        hasher.update(path.file_name().unwrap_or_default().to_string_lossy().as_bytes());
        hasher.update(b"\n");
        hasher.update(std::fs::read(path)?);
    }
    Ok(hasher.finish())
}
