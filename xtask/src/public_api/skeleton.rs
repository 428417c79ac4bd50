//! What is public of a crate's items: signatures without bodies, public fields, variants, implemented traits.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Attribute, Field, Fields, File, ImplItem, Item, ItemImpl, ItemMod, Path, TraitItem, Type, Visibility};

use super::sources::{Module, is_test};

/// As one Rust file without bodies: first by which names and paths things are reached, then the things by name.
pub(super) fn of(modules: &[Module]) -> String {
    let items = || modules.iter().flat_map(|module| &module.items).filter(|item| !is_test(attributes(item)));
    let names: BTreeSet<String> = items().filter(|item| is_public(item)).filter_map(name).collect();
    let mut reached: Vec<(Vec<String>, Item)> = modules.iter().filter_map(exports).collect();
    reached.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut things: Vec<(String, String, Item)> = items()
        .filter_map(|item| public(item, &names))
        .map(|item| (name(&item).unwrap_or_default(), item.to_token_stream().to_string(), item))
        .collect();
    things.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let items = reached.into_iter().map(|(_, item)| item).chain(things.into_iter().map(|(_, _, item)| item));
    let file = File { items: items.collect(), ..syn::parse_quote!() };
    let text = prettyplease::unparse(&file);
    format!("// Written by `cargo xtask public-api`. No program: what is public, without bodies.\n\n{text}")
}

/// What a public module exports of others, as a module of its path; the root is `crate_root`.
fn exports(module: &Module) -> Option<(Vec<String>, Item)> {
    let path = module.path.as_ref()?;
    let exported = module.items.iter().filter(|item| matches!(item, Item::Use(one) if is_visible(&one.vis)));
    let items: Vec<Item> = exported.cloned().map(undocumented).collect();
    let name = if path.is_empty() { "crate_root".to_owned() } else { path.join("_") };
    let name = syn::Ident::new(&name, proc_macro2::Span::call_site());
    let module: ItemMod = syn::parse_quote!(pub mod #name { #(#items)* });
    Some((path.clone(), Item::Mod(module)))
}

fn is_visible(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_public(item: &Item) -> bool {
    match item {
        Item::Const(one) => is_visible(&one.vis),
        Item::Enum(one) => is_visible(&one.vis),
        Item::Fn(one) => is_visible(&one.vis),
        Item::Static(one) => is_visible(&one.vis),
        Item::Struct(one) => is_visible(&one.vis),
        Item::Trait(one) => is_visible(&one.vis),
        Item::Type(one) => is_visible(&one.vis),
        _ => false,
    }
}

/// By what name it is sorted: its own, or its type's.
fn name(item: &Item) -> Option<String> {
    match item {
        Item::Const(one) => Some(one.ident.to_string()),
        Item::Enum(one) => Some(one.ident.to_string()),
        Item::Fn(one) => Some(one.sig.ident.to_string()),
        Item::Static(one) => Some(one.ident.to_string()),
        Item::Struct(one) => Some(one.ident.to_string()),
        Item::Trait(one) => Some(one.ident.to_string()),
        Item::Type(one) => Some(one.ident.to_string()),
        Item::Impl(one) => type_name(&one.self_ty),
        _ => None,
    }
}

fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => last(&path.path),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

fn last(path: &Path) -> Option<String> {
    path.segments.last().map(|segment| segment.ident.to_string())
}

/// The item without what is private.
fn public(item: &Item, names: &BTreeSet<String>) -> Option<Item> {
    let mut item = match item {
        Item::Impl(one) => Item::Impl(public_impl(one, names)?),
        // A macro that makes something public, and where it does.
        Item::Macro(one) => {
            let text = one.to_token_stream().to_string();
            return (one.ident.is_some() && text.contains("pub fn")).then(|| undocumented(item.clone()));
        }
        item if is_public(item) => item.clone(),
        _ => return None,
    };
    match &mut item {
        Item::Struct(one) => {
            let fields = one.fields.len();
            keep_public(&mut one.fields);
            if matches!(one.fields, Fields::Named(_)) && one.fields.len() < fields {
                one.attrs.push(syn::parse_quote!(#[private_fields]));
            }
        }
        Item::Fn(one) => one.block = syn::parse_quote!({}),
        Item::Trait(one) => one.items.iter_mut().for_each(|item| {
            if let TraitItem::Fn(method) = item {
                method.default = method.default.as_ref().map(|_| syn::parse_quote!({}));
            }
        }),
        _ => {}
    }
    Some(undocumented(item))
}

/// Fields without names keep their places.
fn keep_public(fields: &mut Fields) {
    match fields {
        Fields::Named(named) => {
            let kept = named.named.iter().filter(|field| is_visible(&field.vis));
            named.named = kept.cloned().collect();
        }
        Fields::Unnamed(unnamed) => {
            unnamed.unnamed.iter_mut().filter(|field| !is_visible(&field.vis)).for_each(|field| {
                (field.vis, field.ty) = (Visibility::Inherited, syn::parse_quote!(_));
            })
        }
        Fields::Unit => {}
    }
}

/// Of a type of its own, its public functions; of a trait, that it is implemented.
fn public_impl(one: &ItemImpl, names: &BTreeSet<String>) -> Option<ItemImpl> {
    let of_ours = type_name(&one.self_ty).is_some_and(|name| names.contains(&name));
    let mut kept = one.clone();
    if let Some((implemented, _)) = &one.trait_ {
        let blanket = last(implemented).is_some_and(|name| names.contains(&name)) && is_parameter(one);
        kept.items.retain(|item| matches!(item, ImplItem::Type(_)));
        return (of_ours || blanket).then_some(kept);
    }
    kept.items.retain(|item| match item {
        ImplItem::Fn(method) => is_visible(&method.vis) && !is_test(&method.attrs),
        ImplItem::Const(constant) => is_visible(&constant.vis),
        _ => false,
    });
    for item in &mut kept.items {
        if let ImplItem::Fn(method) = item {
            method.block = syn::parse_quote!({});
        }
    }
    (of_ours && !kept.items.is_empty()).then_some(kept)
}

/// Whether it is for any type.
fn is_parameter(one: &ItemImpl) -> bool {
    let name = type_name(&one.self_ty);
    one.generics.type_params().any(|parameter| Some(parameter.ident.to_string()) == name)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(one) => &one.attrs,
        Item::Enum(one) => &one.attrs,
        Item::Fn(one) => &one.attrs,
        Item::Impl(one) => &one.attrs,
        Item::Macro(one) => &one.attrs,
        Item::Mod(one) => &one.attrs,
        Item::Static(one) => &one.attrs,
        Item::Struct(one) => &one.attrs,
        Item::Trait(one) => &one.attrs,
        Item::Type(one) => &one.attrs,
        Item::Use(one) => &one.attrs,
        _ => &[],
    }
}

/// Without what binds nobody: documentation, lints, texts of errors and of help.
fn undocumented(mut item: Item) -> Item {
    let field = |field: &mut Field| keep_binding(&mut field.attrs);
    match &mut item {
        Item::Const(one) => keep_binding(&mut one.attrs),
        Item::Enum(one) => {
            keep_binding(&mut one.attrs);
            one.variants.iter_mut().for_each(|variant| {
                keep_binding(&mut variant.attrs);
                variant.fields.iter_mut().for_each(field);
            });
        }
        Item::Fn(one) => keep_binding(&mut one.attrs),
        Item::Impl(one) => {
            keep_binding(&mut one.attrs);
            one.items.iter_mut().for_each(|item| match item {
                ImplItem::Fn(method) => keep_binding(&mut method.attrs),
                ImplItem::Const(constant) => keep_binding(&mut constant.attrs),
                _ => {}
            });
        }
        Item::Macro(one) => keep_binding(&mut one.attrs),
        Item::Static(one) => keep_binding(&mut one.attrs),
        Item::Struct(one) => {
            keep_binding(&mut one.attrs);
            one.fields.iter_mut().for_each(field);
        }
        Item::Trait(one) => {
            keep_binding(&mut one.attrs);
            one.items.iter_mut().for_each(|item| match item {
                TraitItem::Fn(method) => keep_binding(&mut method.attrs),
                TraitItem::Const(constant) => keep_binding(&mut constant.attrs),
                TraitItem::Type(inner) => keep_binding(&mut inner.attrs),
                _ => {}
            });
        }
        Item::Type(one) => keep_binding(&mut one.attrs),
        Item::Use(one) => keep_binding(&mut one.attrs),
        _ => {}
    }
    item
}

const UNBINDING: [&str; 10] =
    ["doc", "allow", "expect", "must_use", "error", "arg", "command", "group", "diagnostic", "inline"];

fn keep_binding(attributes: &mut Vec<Attribute>) {
    attributes.retain(|one| {
        let hidden = one.path().is_ident("doc") && one.to_token_stream().to_string().contains("hidden");
        let first = one.path().segments.first().map(|segment| segment.ident.to_string());
        hidden || !first.is_some_and(|name| UNBINDING.contains(&name.as_str()))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skeleton(text: &str) -> String {
        let items = syn::parse_file(text).expect("Rust").items;
        let text = of(&[Module { path: Some(Vec::new()), items }]);
        text.split_once("\n\n").expect("a heading").1.to_owned()
    }

    #[test]
    fn bodies_documentation_and_private_parts_are_left_out() {
        let found = skeleton(
            "/// Why.\n#[derive(Clone)]\n#[non_exhaustive]\npub struct A { /// What.\n pub b: usize, c: u8 }\n\
             pub struct W(u8, pub u8);\nstruct P;\nimpl P { pub fn f() {} }\n\
             impl A { pub fn new(b: usize) -> Self { Self { b, c: 0 } } fn inner(&self) {} }\n\
             impl std::fmt::Display for A { fn fmt(&self) { 1; } }\nimpl std::fmt::Display for P { fn fmt(&self) {} }\n\
             #[cfg(test)]\npub fn test() {}\npub use other::Name;\n",
        );
        let wanted = "pub mod crate_root {\n    pub use other::Name;\n}\n\
                      #[derive(Clone)]\n#[non_exhaustive]\n#[private_fields]\npub struct A {\n    pub b: usize,\n}\n\
                      impl A {\n    pub fn new(b: usize) -> Self {}\n}\nimpl std::fmt::Display for A {}\n\
                      pub struct W(_, pub u8);\n";
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_trait_keeps_what_must_be_written_and_what_has_a_default_apart() {
        let found = skeleton(
            "pub trait T { type B: 'static; fn must(&self); fn may(&self) -> u8 { 1 } }\nimpl<F: Q> T for F {}",
        );
        let wanted = "pub mod crate_root {}\nimpl<F: Q> T for F {}\n\
                      pub trait T {\n    type B: 'static;\n    fn must(&self);\n    fn may(&self) -> u8 {}\n}\n";
        assert_eq!(found, wanted);
    }
}
