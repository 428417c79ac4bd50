//! Names as wrappers of PyTorch leave them, prefixes at the root, and files in which every size is a number.

use mup_shapes::{BaseShapes, Bsh, BshProblem, ModuleShapes, ParamSpec, PyTorchNames, ShapeError};

use crate::param;

/// 3072 inputs, 10 classes, no biases; below `root`.
fn below(root: &str, width: usize) -> ModuleShapes {
    let weight =
        |name: &str, dims: [usize; 2]| param("Linear", &format!("{root}{name}.weight"), &dims, ParamSpec::weight());
    ModuleShapes::new(vec![weight("fc_1", [3072, width]), weight("fc_2", [width, width]), weight("fc_3", [width, 10])])
}

fn mlp(width: usize) -> ModuleShapes {
    below("", width)
}

fn inferred(root: &str) -> BaseShapes {
    BaseShapes::infer(&below(root, 64), &below(root, 128)).unwrap()
}

fn file(prefix: &str) -> Bsh {
    let entry = |name: &str, dims: &str| format!("{prefix}{name}.weight: {dims}\n");
    let text = entry("fc_1", "[64, null]") + &entry("fc_2", "[64, 64]") + &entry("fc_3", "[null, 64]");
    Bsh::from_yaml(&text).unwrap()
}

fn problems<T: std::fmt::Debug>(result: Result<T, ShapeError>) -> Vec<BshProblem> {
    let error = result.unwrap_err();
    let ShapeError::Bsh(problems) = error else { panic!("expected problems of a .bsh, got {error}") };
    problems
}

#[test]
fn what_wrappers_and_lightning_put_before_names_is_read() {
    for prefix in [
        "",
        "module.",
        "module.module.",
        "_orig_mod.",
        "_orig_mod.module.",
        "module._orig_mod.",
        "module._orig_mod.module.",
        "_fsdp_wrapped_module.",
        "_fsdp_wrapped_module._orig_mod.",
        "_forward_module.",
        "model.",
        "model._orig_mod.",
        "_forward_module.model.",
        "module.model.",
        "net.student.",
    ] {
        assert_eq!(file(prefix).base_shapes(&mlp(1024)).unwrap(), inferred(""), "{prefix}");
    }
}

#[test]
fn wrappers_inside_a_model_are_read() {
    let text = "blocks.0._orig_mod.up._checkpoint_wrapped_module.weight: [64, null]\n\
                blocks.1._fsdp_wrapped_module.up.weight: [null, 64]\n";
    let module = |d: usize| {
        ModuleShapes::new(vec![
            param("Linear", "blocks.0.up.weight", &[5, d], ParamSpec::weight()),
            param("Linear", "blocks.1.up.weight", &[d, 7], ParamSpec::weight()),
        ])
    };
    let base = Bsh::from_yaml(text).unwrap().base_shapes(&module(256)).unwrap();
    assert_eq!(base, BaseShapes::infer(&module(64), &module(128)).unwrap());
}

#[test]
fn names_that_only_wrappers_tell_apart_are_kept_apart() {
    let text =
        "fc_1.weight: [64, null]\n_orig_mod.fc_1.weight: [32, null]\nfc_2.weight: [64, 64]\nfc_3.weight: [null, 64]\n";
    let extra = BshProblem::Extra { name: "_orig_mod.fc_1.weight".to_owned() };
    assert_eq!(problems(Bsh::from_yaml(text).unwrap().base_shapes(&mlp(1024))), [extra]);
}

#[test]
fn a_prefix_at_the_root_can_be_said() {
    let names = PyTorchNames::new().rename("", "model");
    assert_eq!(names.base_shapes(&file("model."), &mlp(1024)).unwrap(), inferred(""));
    let names = PyTorchNames::new().rename("", "model").rename("fc_3", "head");
    let text = file("model.").to_yaml().replace("model.fc_3", "head");
    assert_eq!(names.base_shapes(&Bsh::from_yaml(&text).unwrap(), &mlp(1024)).unwrap(), inferred(""));
    let names = PyTorchNames::new().rename("net", "");
    assert_eq!(names.base_shapes(&file(""), &below("net.", 1024)).unwrap(), inferred("net."));
    let names = PyTorchNames::new().rename("net", "model");
    assert_eq!(names.base_shapes(&file("model."), &below("net.", 1024)).unwrap(), inferred("net."));
    let written = PyTorchNames::new().rename("", "model").bsh(&inferred(""), &mlp(64)).unwrap();
    assert_eq!(written, file("model."));
}

#[test]
fn prefixes_that_differ_are_one_sentence_with_the_remedy() {
    let prefix = BshProblem::Prefix { here: "net".into(), there: "model".into(), n: 3, total: 3 };
    let found = problems(file("model.").base_shapes(&below("net.", 1024)));
    assert_eq!(found, [prefix]);
    assert!(found[0].to_string().contains("PyTorchNames::new().rename(\"net\", \"model\")"), "{}", found[0]);
}

#[test]
fn a_prefix_and_another_name_are_two_sentences() {
    let text = file("model.").to_yaml().replace("model.fc_3", "model.head");
    let found = problems(Bsh::from_yaml(&text).unwrap().base_shapes(&mlp(1024)));
    let expected = [
        BshProblem::Prefix { here: String::new(), there: "model".into(), n: 2, total: 3 },
        BshProblem::Missing { path: "fc_3.weight".into(), name: "fc_3.weight".into() },
        BshProblem::Extra { name: "head.weight".into() },
    ];
    assert_eq!(found, expected);
    assert!(found[0].to_string().contains("rename(\"\", \"model\")"), "{}", found[0]);
}

#[test]
fn names_that_have_nothing_to_do_with_each_other_are_listed_as_before() {
    let found = problems(Bsh::from_yaml("a.bias: [64]\nb.bias: [64]\n").unwrap().base_shapes(&mlp(1024)));
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(!found.iter().any(|problem| matches!(problem, BshProblem::Prefix { .. })));
}

#[test]
fn a_long_name_of_dots_costs_nothing() {
    let text = format!("? {}\n: [64]\n", "a.".repeat(500_000));
    assert_eq!(problems(Bsh::from_yaml(&text).unwrap().base_shapes(&mlp(1024))).len(), 4);
}

#[test]
fn a_file_in_which_every_size_is_a_number_is_refused_with_the_reason() {
    let bsh = Bsh::from_yaml("fc_1.weight: [64, 3072]\nfc_2.weight: [64, 64]\nfc_3.weight: [10, 64]\n").unwrap();
    for width in [64, 1024] {
        let found = problems(bsh.base_shapes(&mlp(width)));
        assert_eq!(found, [BshProblem::EveryNumber { path: "fc_1.weight".into(), axis: 0, dim: 3072 }]);
        assert!(found[0].to_string().contains("finite dimensions are `null`"), "{}", found[0]);
    }
}

#[test]
fn a_stack_of_hidden_matrices_that_all_grow_needs_no_null() {
    let module = |d: usize| {
        ModuleShapes::new(vec![
            param("Linear", "up.weight", &[d, 4 * d], ParamSpec::weight()),
            param("Linear", "up.bias", &[4 * d], ParamSpec::bias()),
        ])
    };
    let bsh = Bsh::from_yaml("up.weight: [256, 64]\nup.bias: [256]\n").unwrap();
    assert_eq!(bsh.base_shapes(&module(128)).unwrap(), BaseShapes::infer(&module(64), &module(96)).unwrap());
    assert!(matches!(problems(bsh.base_shapes(&module(64)))[..], [BshProblem::EveryNumber { axis: 0, .. }]));
}

#[test]
fn a_matrix_that_pytorch_packs_is_named_as_such() {
    let text = file("").to_yaml() + "attention.in_proj_weight:\n- 192\n- 64\n";
    let found = problems(Bsh::from_yaml(&text).unwrap().base_shapes(&mlp(1024)));
    assert!(found.len() == 1 && found[0].to_string().contains("packs several matrices"), "{found:?}");
}
