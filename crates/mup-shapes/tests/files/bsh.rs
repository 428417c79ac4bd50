//! microsoft/mup's base-shape file: names, axes, what only Burn has, and bad files.

use mup_shapes::{
    Axes, BaseShapes, Bsh, BshProblem, FileError, FileProblem, Kind, ModuleShapes, ParamSpec, PyTorchNames, ShapeError,
};

use crate::{mlp, param};

fn problems<T: std::fmt::Debug>(result: Result<T, ShapeError>) -> Vec<BshProblem> {
    let error = result.unwrap_err();
    match error {
        ShapeError::Bsh(problems) => problems,
        other => panic!("expected problems of a .bsh, got {other}"),
    }
}

fn refused(text: &str) -> (Option<usize>, FileProblem) {
    match Bsh::from_yaml(text).unwrap_err() {
        ShapeError::File(FileError { file: None, line, problem }) => (line, problem),
        other => panic!("expected a file error, got {other}"),
    }
}

fn bsh() -> Bsh {
    PyTorchNames::new().bsh(&BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap(), &mlp(4, 6)).unwrap()
}

#[test]
fn writing_and_reading_is_the_identity_and_the_readout_multiplier_comes_from_its_weight() {
    let inferred = BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.bsh");
    inferred.write_bsh(&file, &mlp(40, 60)).unwrap();
    let read = Bsh::read(&file).unwrap();
    assert!(read.get("readout.multiplier").is_none());
    assert_eq!(read.get("readout.weight"), Some(&[None, Some(4)][..]));
    assert_eq!(read.get("up.weight"), Some(&[Some(6), Some(4)][..]));
    assert_eq!(read.base_shapes(&mlp(40, 60)).unwrap(), inferred);
}

fn attention(d_model: usize, d_head: usize) -> ModuleShapes {
    let scale = ParamSpec::new(Axes::vector(1), Kind::LogitScale);
    let tied = ParamSpec::new(Axes::multiplier(), Kind::Multiplier);
    ModuleShapes::new(vec![
        param("Embedding", "embedding.weight", &[100, d_model], ParamSpec::weight()),
        param("Attention", "blocks.0.logit_scale", &[d_head], scale),
        param("TiedReadout", "readout.multiplier", &[d_model], tied),
    ])
}

#[test]
fn what_pytorch_does_not_have_must_be_stated() {
    let bsh = Bsh::from_yaml("embedding.weight: [null, 4]").unwrap();
    let expected = [
        BshProblem::NoBase { path: "blocks.0.logit_scale".to_owned(), kind: Kind::LogitScale, dims: vec![16] },
        BshProblem::NoBase { path: "readout.multiplier".to_owned(), kind: Kind::Multiplier, dims: vec![8] },
    ];
    assert_eq!(problems(bsh.base_shapes(&attention(8, 16))), expected);
    let names = PyTorchNames::new().base("blocks.*.logit_scale", [None]).base("readout.multiplier", [Some(4)]);
    let base = names.base_shapes(&bsh, &attention(8, 16)).unwrap();
    assert_eq!(base, BaseShapes::infer(&attention(4, 16), &attention(6, 16)).unwrap());
    let growing = PyTorchNames::new().base("**.logit_scale", [Some(8)]).base("readout.multiplier", [Some(4)]);
    let base = growing.base_shapes(&bsh, &attention(8, 16)).unwrap();
    assert_eq!(base, BaseShapes::infer(&attention(4, 8), &attention(6, 12)).unwrap());
}

#[test]
fn a_stated_base_of_another_rank_is_an_error() {
    let bsh = Bsh::from_yaml("embedding.weight: [null, 4]").unwrap();
    let names = PyTorchNames::new().base("**.logit_scale", [None, None]).base("readout.multiplier", [Some(4)]);
    let expected = BshProblem::BaseRank { path: "blocks.0.logit_scale".to_owned(), rank: 1, stated: 2 };
    assert_eq!(problems(names.base_shapes(&bsh, &attention(8, 16))), [expected]);
}

#[test]
fn a_multiplier_beside_weights_that_disagree_must_be_stated() {
    let module = |d: usize| {
        ModuleShapes::new(vec![
            param("Readout", "readout.weight", &[d, 10], ParamSpec::weight()),
            param("Readout", "readout.second", &[d, 10], ParamSpec::weight()),
            param("Readout", "readout.multiplier", &[d], ParamSpec::new(Axes::multiplier(), Kind::Multiplier)),
        ])
    };
    let agree = Bsh::from_yaml("readout.weight: [null, 4]\nreadout.second: [null, 4]").unwrap();
    agree.base_shapes(&module(8)).unwrap();
    let disagree = Bsh::from_yaml("readout.weight: [null, 4]\nreadout.second: [null, null]").unwrap();
    let problems = problems(disagree.base_shapes(&module(8)));
    assert!(matches!(&problems[..], [BshProblem::NoBase { path, .. }] if path == "readout.multiplier"));
}

#[test]
fn norms_and_slopes_have_other_names_in_pytorch_but_not_in_a_layer_of_ones_own() {
    let both = |layer: &str, width: usize| {
        ModuleShapes::new(vec![
            param(layer, "norm.gamma", &[width], ParamSpec::gain()),
            param(layer, "norm.beta", &[width], ParamSpec::bias()),
        ])
    };
    for (layer, names) in [
        ("BatchNorm", ["norm.bias", "norm.weight"]),
        ("LayerNorm", ["norm.bias", "norm.weight"]),
        ("GroupNorm", ["norm.bias", "norm.weight"]),
        ("RmsNorm", ["norm.bias", "norm.weight"]),
        ("InstanceNorm", ["norm.bias", "norm.weight"]),
        ("MyNorm", ["norm.beta", "norm.gamma"]),
    ] {
        let base = BaseShapes::infer(&both(layer, 4), &both(layer, 8)).unwrap();
        let bsh = PyTorchNames::new().bsh(&base, &both(layer, 4)).unwrap();
        assert_eq!(bsh.iter().map(|(name, _)| name).collect::<Vec<_>>(), names, "{layer}");
        assert_eq!(bsh.base_shapes(&both(layer, 12)).unwrap(), base);
    }
}

#[test]
fn renames_apply_to_whole_path_segments_and_the_longest_wins() {
    let names = PyTorchNames::new()
        .rename("up", "blocks.0.fc1")
        .rename("down", "blocks.0")
        .rename("down.bias", "shift")
        .rename("inp", "wrong");
    let inferred = BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap();
    let unused = BshProblem::Unused { method: "rename", pattern: "inp".to_owned() };
    assert_eq!(problems(names.bsh(&inferred, &mlp(4, 6))), [unused]);
    let names =
        PyTorchNames::new().rename("up", "blocks.0.fc1").rename("down", "blocks.0").rename("down.bias", "shift");
    let bsh = names.bsh(&inferred, &mlp(4, 6)).unwrap();
    for name in ["blocks.0.fc1.weight", "blocks.0.fc1.bias", "blocks.0.weight", "shift", "input.weight"] {
        assert!(bsh.get(name).is_some(), "{name} is missing in {bsh:?}");
    }
    assert_eq!(names.base_shapes(&bsh, &mlp(12, 12)).unwrap(), inferred);
}

#[test]
fn two_parameters_of_one_pytorch_name_are_an_error() {
    let inferred = BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap();
    let names = PyTorchNames::new().rename("up.bias", "shift").rename("down.bias", "shift");
    let same = BshProblem::SameName { name: "shift".into(), first: "up.bias".into(), second: "down.bias".into() };
    assert_eq!(problems(names.bsh(&inferred, &mlp(4, 6))), [same]);
}

#[test]
fn an_own_parameter_may_have_the_same_axis_order_in_pytorch() {
    let module = |d| ModuleShapes::new(vec![param("Mixer", "mixer.matrix", &[3, d], ParamSpec::weight())]);
    let names = PyTorchNames::new().same_order("mixer.matrix");
    let base = names.base_shapes(&Bsh::from_yaml("mixer.matrix: [null, 4]").unwrap(), &module(8)).unwrap();
    assert_eq!(base, BaseShapes::infer(&module(4), &module(6)).unwrap());
    assert_eq!(names.bsh(&base, &module(8)).unwrap().get("mixer.matrix"), Some(&[None, Some(4)][..]));
}

#[test]
fn statements_that_match_nothing_are_errors() {
    let names = PyTorchNames::new().same_order("x.*").base("up.weight", [None]).base("y", [None]);
    let unused = |method, pattern: &str| BshProblem::Unused { method, pattern: pattern.to_owned() };
    let expected = [unused("same_order", "x.*"), unused("base", "up.weight"), unused("base", "y")];
    assert_eq!(problems(names.base_shapes(&bsh(), &mlp(8, 9))), expected);
}

#[test]
fn missing_extra_and_other_ranks_are_reported_together() {
    let text = bsh()
        .to_yaml()
        .replace("up.bias:\n- 6\n", "up.shift:\n- 6\n")
        .replace("down.bias:\n- 4", "down.bias:\n- 4\n- 4");
    let expected = [
        BshProblem::Rank { path: "down.bias".into(), name: "down.bias".into(), rank: 1, file_rank: 2 },
        BshProblem::Missing { path: "up.bias".into(), name: "up.bias".into() },
        BshProblem::Extra { name: "up.shift".into() },
    ];
    assert_eq!(problems(Bsh::from_yaml(&text).unwrap().base_shapes(&mlp(8, 9))), expected);
}

#[test]
fn a_file_in_which_nothing_grows_is_refused() {
    let text = bsh().to_yaml().replace("- 4", "- null").replace("- 6", "- null");
    assert_eq!(problems(Bsh::from_yaml(&text).unwrap().base_shapes(&mlp(8, 9))), [BshProblem::NothingInfinite]);
}

#[test]
fn base_shapes_of_another_module_are_not_written() {
    let inferred = BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap();
    let error = PyTorchNames::new().bsh(&inferred, &attention(4, 8)).unwrap_err();
    let ShapeError::Mismatch(problems) = error else { panic!("{error}") };
    // Both have a `readout.multiplier`; 7 parameters are the MLP's alone and 2 the other module's.
    assert_eq!(problems.len(), 7 + 2);
}

#[test]
fn a_module_of_which_everything_lies_in_module_needs_no_data_parallel() {
    let module = |d| ModuleShapes::new(vec![param("Linear", "module.up.weight", &[3, d], ParamSpec::weight())]);
    let inferred = BaseShapes::infer(&module(4), &module(6)).unwrap();
    for text in ["module.up.weight: [4, null]", "up.weight: [4, null]"] {
        assert_eq!(Bsh::from_yaml(text).unwrap().base_shapes(&module(8)).unwrap(), inferred, "{text}");
    }
}

#[test]
fn every_spelling_of_null_and_both_styles_of_list_are_read() {
    let spellings =
        "a:\n  - null\n  - ~\n  - Null\n  - NULL\n  -\n  - 12\nb: [null, 12]\n\"c\\u002e1\": []\n'd e': [1]\n";
    let bsh = Bsh::from_yaml(spellings).unwrap();
    assert_eq!(bsh.get("a"), Some(&[None, None, None, None, None, Some(12)][..]));
    assert_eq!(bsh.get("b"), Some(&[None, Some(12)][..]));
    assert_eq!(bsh.get("c.1"), Some(&[][..]));
    assert_eq!(bsh.get("d e"), Some(&[Some(1)][..]));
}

#[test]
fn other_forms_are_refused_with_their_line() {
    for (text, line, found) in [
        ("- a\n- b\n", 1, "a list"),
        ("just text\n", 1, "`just text`"),
        ("a: 1\n", 1, "`1`"),
        ("a:\n- 1\nb:\n  c:\n  - 1\n", 4, "a mapping"),
        ("a:\n- 1\n- [2]\n", 3, "a list"),
        ("a:\n- 1\n- -2\n", 3, "`-2`"),
        ("a:\n- 1.5\n", 2, "`1.5`"),
        ("a:\n- 0x10\n", 2, "`0x10`"),
        ("a:\n- 010\n", 2, "`010`"),
        ("a:\n- '64'\n", 2, "the text \"64\""),
        ("a:\n- 64.0\n", 2, "`64.0`"),
        ("a:\n- +64\n", 2, "`+64`"),
        ("a:\n- 1_024\n", 2, "`1_024`"),
        ("a:\n- None\n", 2, "`None`"),
        ("a:\n- true\n", 2, "`true`"),
        ("a:\n- 99999999999999999999999\n", 2, "`99999999999999999999999`"),
        ("a: &x [1]\nb: [*x]\n", 2, "an alias of something else"),
        ("a: [&x 1]\nb: *x\n", 2, "an alias of something else"),
        ("? &x a\n: [1]\n? *x\n: [1]\n", 3, "an alias of something else"),
        ("a: &x [1]\nb:\n  <<: *x\n", 3, "a mapping"),
        ("[a]: [1]\n", 1, "a list"),
        ("a: [1]\n---\nb: [1]\n", 2, "a second document"),
    ] {
        let (at, problem) = refused(text);
        let FileProblem::BshForm { found: what, .. } = &problem else { panic!("{text:?}: {problem}") };
        assert_eq!((at, what.as_str()), (Some(line), found), "{text:?}");
    }
}

#[test]
fn empty_files_duplicates_zeros_and_bad_syntax_are_refused() {
    for text in ["", "\u{feff}", "# a comment\n", "---\n", "---\n...\n", "{}"] {
        assert!(Bsh::from_yaml(text).is_err(), "{text:?}");
    }
    assert_eq!(refused("").1, FileProblem::Empty);
    assert_eq!(refused("{}").1, FileProblem::Empty);
    assert_eq!(refused("a: [1]\nb: [1]\na: [2]\n"), (Some(3), FileProblem::Duplicate { name: "a".to_owned() }));
    assert_eq!(refused("a:\n- 1\n- 0\n"), (Some(3), FileProblem::ZeroDimension { path: "a".to_owned(), axis: 1 }));
    let (line, problem) = refused("a: [1\nb: [2]\n");
    assert!(matches!(problem, FileProblem::Syntax { format: "YAML", .. }), "{problem}");
    assert!(line.is_some());
}

#[test]
fn an_alias_bomb_and_deep_nesting_cost_nothing() {
    let mut bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 'b'..='z' {
        let below = char::from_u32(level as u32 - 1).unwrap();
        bomb.push_str(&format!("{level}: &{level} [*{below}, *{below}, *{below}, *{below}, *{below}, *{below}]\n"));
    }
    assert!(matches!(refused(&bomb).1, FileProblem::BshForm { .. }));
    refused(&format!("a: {}", "[".repeat(1_000_000)));
    refused(&format!("a: {}", "- ".repeat(1_000_000)));
    refused(&"a:\n ".repeat(100_000));
    refused(&"? ".repeat(1_000_000));
}

#[test]
fn odd_names_survive_writing_and_reading() {
    let odd = [
        "0",
        "1e5",
        "null",
        "on",
        "y",
        "a b",
        "a: b",
        "a\nb",
        "é",
        "\u{7f}",
        "\u{2028}",
        "\u{1f600}",
        "\\",
        "\"",
        "#",
        "-",
        "",
        " ",
        "0.weight",
        "_a",
        "1:20",
        "=",
        "a'b",
        "{a}",
    ];
    let long = "x".repeat(2000);
    let text: String =
        odd.iter().chain([&long.as_str()]).map(|name| format!("? {}\n: [null, 3]\n", quoted(name))).collect();
    let bsh = Bsh::from_yaml(&text).unwrap();
    assert_eq!(bsh.iter().count(), odd.len() + 1);
    assert_eq!(Bsh::from_yaml(&bsh.to_yaml()).unwrap(), bsh);
}

fn quoted(name: &str) -> String {
    let escaped: String = name.chars().map(|char| format!("\\U{:08X}", u32::from(char))).collect();
    format!("\"{escaped}\"")
}
