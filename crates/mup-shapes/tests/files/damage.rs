//! No text makes a reader panic or hang, and no damage changes a value unnoticed into nonsense.

use mup_shapes::{BaseShapes, Bsh, PyTorchNames, ShapeError};
use proptest::prelude::*;

use crate::mlp;

fn toml() -> String {
    BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap().to_toml()
}

fn yaml() -> String {
    let base = BaseShapes::infer(&mlp(4, 6), &mlp(8, 9)).unwrap();
    PyTorchNames::new().bsh(&base, &mlp(4, 6)).unwrap().to_yaml()
}

/// Reads with both readers, and uses what they accept.
fn read(text: &str) {
    check(BaseShapes::from_toml(text));
    match Bsh::from_yaml(text) {
        Ok(bsh) => {
            assert_eq!(Bsh::from_yaml(&bsh.to_yaml()).unwrap(), bsh);
            check(bsh.base_shapes(&mlp(8, 9)));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// An accepted base is usable: applying it succeeds or names the mismatch, and multipliers are finite.
fn check(base: Result<BaseShapes, ShapeError>) {
    match base {
        Ok(base) => {
            assert_eq!(BaseShapes::from_toml(&base.to_toml()).unwrap(), base);
            if let Ok(shapes) = base.apply(&mlp(8, 9)) {
                for shape in &shapes {
                    let _ = (shape.base_fan_in(), shape.base_fan_out(), shape.fan_in(), shape.n_elements());
                    assert!(shape.fan_in_mult() > 0.0 && shape.fan_out_mult().is_finite());
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Text of the characters that mean something in YAML and TOML.
fn syntax() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b.c",
        "1",
        "0",
        "64",
        "null",
        "~",
        ": ",
        ":",
        "\n",
        "\n- ",
        "\n  ",
        " ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "- ",
        "? ",
        "&x ",
        "*x",
        "!",
        "!!int ",
        "|\n",
        ">-\n",
        "\"",
        "'",
        "#",
        "%",
        "%YAML 1.2\n",
        "%TAG ! !\n",
        "---\n",
        "...\n",
        "@",
        "`",
        "\\",
        "\\u",
        "\r",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{0}",
        "=",
        "<<",
        "params",
        "dims",
        "[[",
        "format = \"mup-base-shapes\"\n",
        "version = 1\n",
        "\"\"\"",
        "é",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// One change to a valid file: a cut, a replaced, an inserted or a repeated piece.
fn damaged(text: String) -> impl Strategy<Value = String> {
    let chars: Vec<char> = text.chars().collect();
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), syntax(), 0..4).prop_map(move |(a, b, piece, how)| {
        let (a, b) = (a.index(chars.len() + 1), b.index(chars.len() + 1));
        let (a, b) = (a.min(b), a.max(b));
        let text = |range: &[char]| range.iter().collect::<String>();
        match how {
            0 => text(&chars[..a]),
            1 => text(&chars[..a]) + &text(&chars[b..]),
            2 => text(&chars[..a]) + &piece + &text(&chars[a..]),
            _ => text(&chars[..b]) + &text(&chars[a..]),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
        check(BaseShapes::load(file.path()));
        let _ = Bsh::read(file.path()).map_err(|error| assert!(error.to_string().contains(".tmp")));
    }

    #[test]
    fn any_syntax_is_read_or_refused(text in syntax()) {
        read(&text);
    }

    #[test]
    fn any_damage_to_our_file_is_read_or_refused(text in damaged(toml())) {
        read(&text);
    }

    #[test]
    fn any_damage_to_mups_file_is_read_or_refused(text in damaged(yaml())) {
        read(&text);
    }
}

#[test]
fn a_truncated_file_of_ours_never_loads_as_something_else() {
    let toml = toml();
    let whole = BaseShapes::from_toml(&toml).unwrap();
    for end in 0..toml.len() {
        if let Ok(base) = BaseShapes::from_toml(&toml[..end]) {
            assert_eq!(base, whole, "cut at {end}");
        }
    }
}

#[test]
fn a_truncated_file_of_mups_never_fits_the_module_with_fewer_parameters() {
    let yaml = yaml();
    let whole = Bsh::from_yaml(&yaml).unwrap();
    let lines: Vec<&str> = yaml.lines().collect();
    for end in 0..lines.len() {
        let Ok(bsh) = Bsh::from_yaml(&lines[..end].join("\n")) else { continue };
        assert_ne!(bsh, whole);
        bsh.base_shapes(&mlp(8, 9)).unwrap_err();
    }
}
