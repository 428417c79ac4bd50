//! A `.bsh` file as editors, shells, forks and people leave it: read as `PyYAML` reads it, or refused by name.

use mup_shapes::{BaseShapes, Bsh, FileError, FileProblem, ShapeError};

/// As mup writes it.
const PLAIN: &str = "\
# This is a base shape file encoded in yaml
fc_1.weight:
- 64
- null
fc_2.weight:
- 64
- 64
fc_3.weight:
- null
- 64
";

fn plain() -> Bsh {
    Bsh::from_yaml(PLAIN).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<Bsh, ShapeError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.bsh");
    std::fs::write(&file, bytes).unwrap();
    Bsh::read(&file)
}

fn problem(error: ShapeError) -> (Option<usize>, FileProblem) {
    let ShapeError::File(FileError { line, problem, .. }) = error else { panic!("expected a file error, got {error}") };
    (line, problem)
}

#[test]
fn marks_and_line_ends_of_editors_are_no_content() {
    let crlf = PLAIN.replace('\n', "\r\n");
    let uncommented = PLAIN.split_once('\n').unwrap().1.to_owned();
    for text in [
        format!("\u{feff}{PLAIN}"),
        format!("\u{feff}{uncommented}"),
        format!("\u{feff}{crlf}"),
        crlf,
        PLAIN.replace('\n', "\r"),
        format!("---\n{PLAIN}"),
        format!("{PLAIN}...\n"),
        format!("--- # base\n{PLAIN}...\n# end\n"),
        format!("%YAML 1.1\n---\n{PLAIN}"),
        PLAIN.replace("\n- ", "\n  -   ").replace("64\n", "64   # width\n"),
        PLAIN.replace("null\n", "null   \n").replace("fc_2", "\n\n# hidden\n\nfc_2"),
        PLAIN.trim_end().to_owned(),
    ] {
        assert_eq!(read_bytes(text.as_bytes()).unwrap(), plain(), "{text:?}");
    }
}

#[test]
fn flow_style_json_and_quoted_names_are_read() {
    for text in [
        "fc_1.weight: [64, null]\nfc_2.weight: [64, 64]\nfc_3.weight: [null, 64]\n",
        "{fc_1.weight: [64, null], fc_2.weight: [64, 64], fc_3.weight: [null, 64]}",
        r#"{"fc_1.weight": [64, null], "fc_2.weight": [64, 64], "fc_3.weight": [null, 64]}"#,
        "'fc_1.weight': [64, ~]\n\"fc_2.weight\":\n    - 64\n    - 64\n? fc_3.weight\n: [null,\n   64,]\n",
        "!!map\nfc_1.weight: !!seq [!!int 64, !!null null]\n!!str fc_2.weight: [64, !!int \"64\"]\nfc_3.weight: [null, 64]\n",
    ] {
        assert_eq!(Bsh::from_yaml(text).unwrap(), plain(), "{text}");
    }
}

#[test]
fn a_list_that_tied_parameters_share_is_an_anchor_and_its_alias() {
    let bsh = Bsh::from_yaml("decoder.weight: &id001\n- null\n- 256\nencoder.weight: *id001\n").unwrap();
    assert_eq!(bsh.get("decoder.weight"), Some(&[None, Some(256)][..]));
    assert_eq!(bsh.get("encoder.weight"), bsh.get("decoder.weight"));
    // An anchor that is given again stands for the later list.
    let bsh = Bsh::from_yaml("a: &x [1]\nb: &x [2]\nc: *x\n").unwrap();
    assert_eq!(bsh.get("c"), Some(&[Some(2)][..]));
}

#[test]
fn a_width_written_once_and_referred_to_is_read() {
    let text = "fc_1.weight: [&width 64, &none null]\nfc_2.weight: [*width, *width]\nfc_3.weight: [*none, *width]\n";
    assert_eq!(Bsh::from_yaml(text).unwrap(), plain());
}

#[test]
fn tuples_are_lists() {
    let text = PLAIN.replace("weight:\n", "weight: !!python/tuple\n");
    assert_eq!(Bsh::from_yaml(&text).unwrap(), plain());
}

#[test]
fn objects_of_python_are_refused_by_their_tag() {
    for (text, tag) in [
        ("a: !!python/object/apply:torch.Size\n- - 64\n  - 3072\n", "!!python/object/apply:torch.Size"),
        (
            "!!python/object/apply:collections.OrderedDict\n- - - a\n    - - 64\n",
            "!!python/object/apply:collections.OrderedDict",
        ),
        ("a:\n- !!float 64\n", "!!float"),
        ("a:\n- !width 64\n", "!width"),
    ] {
        let (line, problem) = problem(Bsh::from_yaml(text).unwrap_err());
        let FileProblem::BshTag { tag: found, .. } = &problem else { panic!("{problem}") };
        assert!(line.is_some() && found == tag, "{text}: {problem}");
        assert!(problem.to_string().contains("[int(dim) for dim in dims]"), "{problem}");
    }
}

#[test]
fn utf_16_and_32_are_refused_by_name() {
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for (bytes, name) in [
        (wide(&format!("\u{feff}{PLAIN}"), u16::to_le_bytes), "UTF-16 (little-endian)"),
        (wide(&format!("\u{feff}{PLAIN}"), u16::to_be_bytes), "UTF-16 (big-endian)"),
        (wide(PLAIN, u16::to_le_bytes), "UTF-16 (little-endian)"),
        (wide(PLAIN, u16::to_be_bytes), "UTF-16 (big-endian)"),
        (format!("\u{feff}{PLAIN}").chars().flat_map(|char| u32::from(char).to_le_bytes()).collect(), "UTF-32"),
    ] {
        let error = read_bytes(&bytes).unwrap_err();
        assert!(error.to_string().contains(name) && error.to_string().contains("base.bsh"), "{error}");
        assert!(matches!(problem(error).1, FileProblem::Encoding { encoding } if encoding == name));
    }
    assert!(matches!(problem(read_bytes(b"a: [\xff]\n").unwrap_err()).1, FileProblem::NotUtf8 { offset: 4 }));
}

#[test]
fn a_base_shape_file_of_ours_may_have_a_mark_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.toml");
    let base = BaseShapes::infer(&crate::mlp(4, 6), &crate::mlp(8, 9)).unwrap();
    std::fs::write(&file, format!("\u{feff}{}", base.to_toml().replace('\n', "\r\n"))).unwrap();
    assert_eq!(BaseShapes::load(&file).unwrap(), base);
}

#[test]
fn a_tab_is_named() {
    for text in ["a:\n\t- 64\n", "a:\n- 64\nb:\n- 1\n\t- 2\n"] {
        let (line, problem) = problem(Bsh::from_yaml(text).unwrap_err());
        assert!(line.is_some() && problem.to_string().contains("tab"), "{text:?}: {problem}");
    }
}

#[test]
fn a_repeated_name_is_refused_where_pyyaml_takes_the_last() {
    let (line, problem) = problem(Bsh::from_yaml("a: [64]\nb: [1]\n'a': [128]\n").unwrap_err());
    assert_eq!((line, problem), (Some(3), FileProblem::Duplicate { name: "a".to_owned() }));
}

#[test]
fn aliases_cannot_make_a_small_file_large() {
    let long = format!("a: [{}]\n", "1, ".repeat(65));
    assert!(matches!(problem(Bsh::from_yaml(&long).unwrap_err()).1, FileProblem::BshForm { .. }));
    let most =
        format!("a: &x [{}]\n{}", "1, ".repeat(64), (0..1000).map(|i| format!("b{i}: *x\n")).collect::<String>());
    assert_eq!(Bsh::from_yaml(&most).unwrap().get("b999").map(<[_]>::len), Some(64));
}
