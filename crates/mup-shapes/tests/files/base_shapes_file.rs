//! This crate's base-shape file.

use std::fs;

use mup_shapes::{BaseShapes, FileError, FileProblem, ShapeError};

use crate::mlp;

fn base() -> BaseShapes {
    BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap()
}

fn refused(text: &str) -> (Option<usize>, FileProblem) {
    match BaseShapes::from_toml(text).unwrap_err() {
        ShapeError::File(FileError { file: None, line, problem }) => (line, problem),
        other => panic!("expected a file error, got {other}"),
    }
}

/// The line of the first occurrence, from 1.
fn line_of(text: &str, needle: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(needle)).map(|line| line + 1)
}

#[test]
fn saving_and_loading_is_the_identity() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.toml");
    base().save(&file).unwrap();
    assert_eq!(BaseShapes::load(&file).unwrap(), base());
    base().save(&file).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
}

#[test]
fn the_file_is_readable_by_people() {
    let toml = base().to_toml();
    let readout = "[params.\"readout.weight\"]\ndims = [4, 10]\ninfinite = [true, false]\naxes = [\"in\", \"out\"]\n";
    assert!(toml.contains(readout), "{toml}");
    assert!(toml.contains("format = \"mup-base-shapes\"\nversion = 1\nn_params = 8\n"), "{toml}");
}

#[test]
fn a_failed_save_names_the_file_and_keeps_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none").join("base.toml");
    let text = base().save(&file).unwrap_err().to_string();
    assert!(text.starts_with(&file.display().to_string()) && text.contains("check that the folder exists"), "{text}");
    let is_folder = folder.path().join("folder");
    fs::create_dir_all(is_folder.join("content")).unwrap();
    base().save(&is_folder).unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for file in [folder.path().join("none.toml"), folder.path().to_owned()] {
        let error = BaseShapes::load(&file).unwrap_err();
        let ShapeError::File(error) = error else { panic!("{error}") };
        assert_eq!(error.file.as_deref(), Some(file.as_path()));
        assert!(matches!(error.problem, FileProblem::Read { .. }));
    }
}

#[test]
fn a_huge_file_is_refused_before_it_is_parsed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.toml");
    fs::File::create(&file).unwrap().set_len((64 << 20) + 1).unwrap();
    let ShapeError::File(error) = BaseShapes::load(&file).unwrap_err() else { panic!() };
    assert_eq!(error.problem, FileProblem::TooLarge { limit: 64 << 20 });
}

#[test]
fn a_binary_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.toml");
    fs::write(&file, b"format\xff\xfe").unwrap();
    let ShapeError::File(error) = BaseShapes::load(&file).unwrap_err() else { panic!() };
    assert_eq!(error.problem, FileProblem::NotUtf8 { offset: 6 });
}

#[test]
fn a_future_version_is_refused_whatever_else_it_contains() {
    let text = "format = \"mup-base-shapes\"\nversion = 2\nnew_field = { a = 1 }\n[other]\nx = 1\n";
    assert_eq!(refused(text), (Some(2), FileProblem::FutureVersion { found: 2, known: 1 }));
}

#[test]
fn another_format_and_a_wrong_version_are_named() {
    let (line, problem) = refused("format = \"safetensors\"\nversion = 1\n");
    assert_eq!((line, problem), (Some(1), FileProblem::ForeignFormat { found: "\"safetensors\"".to_owned() }));
    let missing = || "missing".to_owned();
    assert_eq!(refused("[package]\nname = \"x\"\n"), (None, FileProblem::ForeignFormat { found: missing() }));
    assert_eq!(refused("format = \"mup-base-shapes\"\n"), (None, FileProblem::InvalidVersion { found: missing() }));
    for version in ["0", "-3", "1.0"] {
        let text = format!("format = \"mup-base-shapes\"\nversion = {version}\n");
        assert_eq!(refused(&text), (Some(2), FileProblem::InvalidVersion { found: version.to_owned() }));
    }
}

#[test]
fn a_file_cut_between_two_tables_is_noticed() {
    let toml = base().to_toml();
    let cut = &toml[..toml.find("[params.\"up.bias\"]").unwrap()];
    assert_eq!(refused(cut), (line_of(cut, "n_params"), FileProblem::Count { announced: 8, found: 6 }));
}

#[test]
fn wrong_types_and_unknown_fields_are_named_with_their_line() {
    let toml = base().to_toml();
    for (good, bad) in [
        ("dims = [4, 10]", "dims = [4, \"ten\"]"),
        ("dims = [4, 10]", "dims = [4, -10]"),
        ("infinite = [true, false]\naxes = [\"in\", \"out\"]\n\n[params.\"up.bias\"]", "infinite = [1, 0]"),
        ("axes = [\"in\", \"out\"]", "axes = [\"in\", \"up\"]"),
        ("dims = [4, 10]", "dims = [4, 10]\nlayer = \"Linear\""),
        ("dims = [4, 10]", "dims = [4, 10"),
    ] {
        let text = toml.replacen(good, bad, 1);
        assert_ne!(text, toml);
        let (line, problem) = refused(&text);
        assert!(matches!(&problem, FileProblem::Syntax { format: "TOML", .. }), "{problem}");
        assert!(line.is_some_and(|line| line >= 5), "{line:?} {problem}");
    }
}

#[test]
fn lists_of_different_lengths_are_named_with_path_and_line() {
    let text = base().to_toml().replacen("dims = [4, 10]", "dims = [4, 10, 3]", 1);
    let (line, problem) = refused(&text);
    let expected = FileProblem::Lengths { path: "readout.weight".to_owned(), dims: 3, infinite: 2, axes: 2 };
    assert_eq!((line, problem), (line_of(&text, "readout.weight"), expected));
}

#[test]
fn a_base_dimension_of_zero_is_refused() {
    let text = base().to_toml().replacen("dims = [4, 10]", "dims = [4, 0]", 1);
    let expected = FileProblem::ZeroDimension { path: "readout.weight".to_owned(), axis: 1 };
    assert_eq!(refused(&text), (line_of(&text, "readout.weight"), expected));
}

#[test]
fn a_file_in_which_nothing_grows_is_refused() {
    let text = base().to_toml().replace("true", "false");
    assert_eq!(refused(&text), (None, FileProblem::NothingInfinite));
    let empty = "format = \"mup-base-shapes\"\nversion = 1\nn_params = 0\n";
    assert_eq!(refused(empty), (None, FileProblem::Empty));
}

#[test]
fn json_of_base_shapes_is_checked_too() {
    let json = serde_json::to_string(&base()).unwrap();
    assert_eq!(serde_json::from_str::<BaseShapes>(&json).unwrap(), base());
    let bad = json.replacen("[4,10]", "[4]", 1);
    assert_ne!(bad, json);
    let text = serde_json::from_str::<BaseShapes>(&bad).unwrap_err().to_string();
    assert!(text.contains("one entry per tensor axis"), "{text}");
}
