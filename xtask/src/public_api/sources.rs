//! The modules of a crate, as they are written.

use std::path::Path;

use syn::{Attribute, Item};

use super::Error;

/// A module with its items, those of its inner modules apart.
pub(super) struct Module {
    /// Whether it is reached by its own name from the crate's root: `pub mod`, all the way.
    pub(super) path: Option<Vec<String>>,
    pub(super) items: Vec<Item>,
}

/// The crate with this root file, module by module.
///
/// # Errors
///
/// Files that cannot be read or are no Rust.
pub(super) fn read(root: &Path) -> Result<Vec<Module>, Error> {
    let folder = root.parent().unwrap_or(root).to_owned();
    let mut modules = Vec::new();
    let mut open = vec![(root.to_owned(), folder, Some(Vec::new()))];
    while let Some((file, folder, path)) = open.pop() {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let (inner, items): (Vec<Item>, Vec<Item>) =
            parsed.items.into_iter().partition(|item| matches!(item, Item::Mod(module) if module.content.is_none()));
        for item in inner {
            let Item::Mod(module) = item else { continue };
            if is_test(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let public = matches!(module.vis, syn::Visibility::Public(_)).then_some(()).and(path.clone());
            let path = public.map(|path| [path, vec![name.clone()]].concat());
            let inside = folder.join(&name);
            let flat = folder.join(format!("{name}.rs"));
            open.push((if flat.exists() { flat } else { inside.join("mod.rs") }, inside, path));
        }
        modules.push(Module { path, items });
    }
    Ok(modules)
}

/// `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[cfg(doctest)]`.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|one| one.path().is_ident("cfg")).any(|one| {
        let condition = quote::quote!(#one).to_string();
        condition.contains("test") && !condition.contains("not")
    })
}
