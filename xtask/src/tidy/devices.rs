//! Features that compile devices in: every package with Burn has them all and passes them on, so that
//! `--features wgpu` on one program is enough; a program's CubeCL devices fuse and tune, as Burn's defaults have it.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata};
use mup_devices::Backend;

/// Problems in the features of the workspace's packages.
pub(crate) fn check(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let described = packages.iter().map(|package| {
        let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
        let dependencies = normal.map(|d| d.name.clone()).collect();
        (package.name.to_string(), Package { features: package.features.clone(), dependencies })
    });
    problems(&described.collect())
}

/// The package that every program takes its devices from.
const DEVICES: &str = "mup-devices";
/// What Burn's default features give its users' CubeCL devices; the workspace takes Burn without its defaults.
const BURNS_DEFAULTS: [&str; 2] = ["fusion", "autotune"];

/// Whether a device is one of CubeCL's.
fn is_cubecl(backend: Backend) -> bool {
    !matches!(backend, Backend::Flex | Backend::NdArray | Backend::LibTorch)
}

/// What matters here of a package.
struct Package {
    features: BTreeMap<String, Vec<String>>,
    dependencies: Vec<String>,
}

type Packages = BTreeMap<String, Package>;

fn problems(packages: &Packages) -> Vec<String> {
    // The door has devices to pass on, and no tensor of its own.
    let with_burn = packages.iter().filter(|(_, package)| {
        package.dependencies.iter().any(|name| name == "burn") || package.features.contains_key("flex")
    });
    let mut problems = Vec::new();
    for (name, package) in with_burn {
        if !package.features.get("default").is_some_and(|default| default.iter().any(|feature| feature == "flex")) {
            problems.push(format!("{name}: flex is not among its default features"));
        }
        for (backend, feature) in Backend::ALL.iter().map(|backend| (*backend, backend.feature())) {
            let enabled = enabled(packages, name, feature);
            let untuned = BURNS_DEFAULTS.into_iter().filter(|wanted| {
                name == DEVICES && is_cubecl(backend) && !enabled.contains(&("burn".to_owned(), (*wanted).to_owned()))
            });
            problems.extend(
                untuned.map(|wanted| format!("{name}: its feature `{feature}` does not turn on `burn/{wanted}`")),
            );
            let burns = if feature == "libtorch" { "tch" } else { feature };
            let missing = reachable(packages, name).into_iter().filter(|name| {
                packages[*name].dependencies.iter().any(|name| name == "burn")
                    && !enabled.contains(&((*name).to_owned(), feature.to_owned()))
            });
            problems.extend(missing.map(|missing| {
                format!(
                    "{name}: its feature `{feature}` does not turn on `{missing}/{feature}`: pass it on in Cargo.toml"
                )
            }));
            if !enabled.contains(&("burn".to_owned(), burns.to_owned())) {
                problems.push(format!("{name}: its feature `{feature}` does not turn on `burn/{burns}`"));
            }
        }
    }
    problems
}

/// The package and everything of the workspace that it depends on.
fn reachable<'a>(packages: &'a Packages, name: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![name]);
    while let Some(name) = open.pop() {
        if let Some((name, package)) = packages.get_key_value(name)
            && seen.insert(name.as_str())
        {
            open.extend(package.dependencies.iter().map(String::as_str));
        }
    }
    seen
}

/// Every (package, feature) that a feature turns on, itself included if it exists.
fn enabled(packages: &Packages, name: &str, feature: &str) -> BTreeSet<(String, String)> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![(name.to_owned(), feature.to_owned())]);
    while let Some((name, feature)) = open.pop() {
        let items = match packages.get(&name) {
            Some(package) => package.features.get(&feature).cloned(),
            None => Some(Vec::new()),
        };
        let Some(items) = items else { continue };
        if seen.insert((name.clone(), feature)) {
            open.extend(items.iter().filter(|item| !item.starts_with("dep:")).map(|item| match item.split_once('/') {
                Some((package, feature)) => (package.trim_end_matches('?').to_owned(), feature.to_owned()),
                None => (name.clone(), item.clone()),
            }));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library with Burn and a program on it; `pass` says how the program's feature reads.
    fn packages(pass: impl Fn(&str) -> Vec<String>) -> Packages {
        let features = |items: &dyn Fn(&str) -> Vec<String>| {
            let default = ("default".to_owned(), vec!["flex".to_owned()]);
            let each = Backend::ALL.iter().map(|backend| (backend.feature().to_owned(), items(backend.feature())));
            each.chain([default]).collect::<BTreeMap<_, _>>()
        };
        let burn = |feature: &str| vec![format!("burn/{}", if feature == "libtorch" { "tch" } else { feature })];
        let library = Package { features: features(&burn), dependencies: vec!["burn".to_owned()] };
        let dependencies = vec!["burn".to_owned(), "library".to_owned()];
        let program = Package { features: features(&pass), dependencies };
        BTreeMap::from([("library".to_owned(), library), ("program".to_owned(), program)])
    }

    #[test]
    fn a_device_of_cubecl_without_fusion_or_tuning_is_a_problem_of_the_crate_of_devices() {
        let named = |items: &dyn Fn(&str) -> Vec<String>| {
            let library = packages(items).remove("program").expect("is there");
            let features = library.features;
            BTreeMap::from([(DEVICES.to_owned(), Package { features, dependencies: vec!["burn".to_owned()] })])
        };
        let burn = |feature: &str| format!("burn/{}", if feature == "libtorch" { "tch" } else { feature });
        let missing = problems(&named(&|feature| vec![burn(feature), "burn/fusion".to_owned()]));
        assert_eq!(missing.len(), 5, "{missing:?}");
        assert!(missing.contains(&"mup-devices: its feature `cuda` does not turn on `burn/autotune`".to_owned()));
        let both = ["burn/fusion", "burn/autotune"].map(str::to_owned);
        assert!(problems(&named(&|feature| [vec![burn(feature)], both.to_vec()].concat())).is_empty());
    }

    #[test]
    fn a_feature_that_is_passed_on_is_no_problem() {
        assert_eq!(problems(&packages(|feature| vec![format!("library/{feature}")])), Vec::<String>::new());
    }

    #[test]
    fn a_feature_that_stays_in_a_program_is_a_problem_for_each_device() {
        let kept = problems(&packages(|feature| vec![format!("burn/{feature}")]));
        assert!(kept.iter().any(|problem| problem.contains("`library/wgpu`")), "{kept:?}");
        assert!(kept.iter().any(|problem| problem.contains("`burn/tch`")), "{kept:?}");
        let mut without = packages(|feature| vec![format!("library/{feature}")]);
        without.get_mut("program").expect("is there").features.remove("cuda");
        assert_eq!(problems(&without).len(), 3);
    }
}
