//! What PyTorch's wrappers put into parameter names, and the prefix by which a file and a module differ.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::BshProblem;

type Dims<'a> = &'a [Option<usize>];

/// Segments that wrappers insert wherever they wrap: `torch.compile`, FSDP, activation checkpointing, Fabric.
const INSERTED: [&str; 4] = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"];

/// What `nn.DataParallel`, `DistributedDataParallel` and DeepSpeed put before every name, once per wrapper.
///
/// # Reference
///
/// microsoft/mup, `mup/shape.py::_dataparallel_hack`, commit 1981497, which strips the characters of
/// `module.` from both ends instead of the prefix.
const PARALLEL: &str = "module.";

/// The file's entries under the names that the module expects, and one sentence if a prefix is in the way.
///
/// Wrappers count for nothing on either side. Any other prefix is dropped, or added, only when every name then
/// agrees, so that nothing is guessed.
pub(crate) fn align<'a>(
    file: &'a crate::Bsh,
    names: &BTreeSet<&str>,
) -> (BTreeMap<String, Dims<'a>>, Option<BshProblem>) {
    let file = unwrapped(&file.iter().collect::<Vec<_>>());
    let names = unwrapped(&names.iter().map(|name| (*name, *name)).collect::<Vec<_>>());
    let wrapped = |file: BTreeMap<String, Dims<'a>>| {
        let original = |name: String| names.get(&name).map_or(name, |name| (*name).to_owned());
        file.into_iter().map(|(name, dims)| (original(name), dims)).collect::<BTreeMap<_, _>>()
    };
    let n_known = |file: &BTreeMap<String, Dims>| file.keys().filter(|name| names.contains_key(*name)).count();
    let Some((here, there)) = prefixes(&file, &names) else { return (wrapped(file), None) };
    let renamed: BTreeMap<String, Dims> = file.iter().map(|(name, dims)| (moved(name, &there, &here), *dims)).collect();
    let (before, after, total) = (n_known(&file), n_known(&renamed), names.len());
    let all = after == total && renamed.len() == total && file.len() == total;
    if all && (here.is_empty() || there.is_empty()) {
        return (wrapped(renamed), None);
    }
    if after <= before {
        return (wrapped(file), None);
    }
    (wrapped(renamed), Some(BshProblem::Prefix { here, there, n: after, total }))
}

/// Names without what wrappers put into them, unless two would become one.
fn unwrapped<T: Copy>(entries: &[(&str, T)]) -> BTreeMap<String, T> {
    let short = |(name, value): &(&str, T)| {
        let segments: Vec<&str> = name.split('.').filter(|segment| !INSERTED.contains(segment)).collect();
        (segments.join("."), *value)
    };
    let mut named: BTreeMap<String, T> = entries.iter().map(short).collect();
    if named.len() < entries.len() {
        named = entries.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    }
    while !named.is_empty() && named.keys().all(|name| name.starts_with(PARALLEL)) {
        named = named.into_iter().map(|(name, value)| (name[PARALLEL.len()..].to_owned(), value)).collect();
    }
    named
}

/// The leading modules by which most names differ: of the Burn module, and of the file.
fn prefixes(file: &BTreeMap<String, Dims>, names: &BTreeMap<String, &str>) -> Option<(String, String)> {
    let here = common(names.keys())?;
    let cores: BTreeSet<&str> = names.keys().map(|name| below(name, &here).unwrap_or(name)).collect();
    let deepest = cores.iter().map(|core| core.split('.').count()).max()?;
    let mut votes: HashMap<&str, usize> = HashMap::new();
    for name in file.keys() {
        let starts = name.rmatch_indices('.').map(|(dot, _)| dot + 1).chain([0]);
        for start in starts.take(deepest).filter(|start| cores.contains(&name[*start..])) {
            *votes.entry(name[..start].trim_end_matches('.')).or_default() += 1;
        }
    }
    let best = votes.into_iter().max_by_key(|(prefix, n)| (*n, std::cmp::Reverse((prefix.len(), *prefix))));
    let there = best?.0.to_owned();
    // `net.up` here and `model.up` there differ in `net` and `model` only.
    let (mut here, mut there): (Vec<&str>, Vec<&str>) = (segments(&here), segments(&there));
    while here.last().is_some() && here.last() == there.last() {
        here.pop();
        there.pop();
    }
    (here != there).then(|| (here.join("."), there.join(".")))
}

/// The modules that every name begins with; the last segment is the parameter's own.
fn common<'a>(mut names: impl Iterator<Item = &'a String>) -> Option<String> {
    let first: Vec<&str> = names.next()?.split('.').collect();
    let mut length = first.len() - 1;
    for name in names {
        let modules = name.split('.').count() - 1;
        let same = name.split('.').zip(&first).take_while(|(a, b)| a == *b).count();
        length = length.min(same).min(modules);
    }
    Some(first[..length].join("."))
}

fn segments(path: &str) -> Vec<&str> {
    if path.is_empty() { Vec::new() } else { path.split('.').collect() }
}

/// The name with its leading modules exchanged, if it has them.
fn moved(name: &str, from: &str, to: &str) -> String {
    match below(name, from) {
        Some(rest) if to.is_empty() => rest.to_owned(),
        Some(rest) => format!("{to}.{rest}"),
        None => name.to_owned(),
    }
}

/// What follows a leading module path; everything follows the empty one.
pub(crate) fn below<'a>(path: &'a str, module: &str) -> Option<&'a str> {
    if module.is_empty() {
        return Some(path);
    }
    path.strip_prefix(module)?.strip_prefix('.')
}
