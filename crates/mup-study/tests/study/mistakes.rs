//! Mistakes in a `study.toml` that a person wrote: each is one sentence with its line and its remedy.

use mup_study::{Mistake, StudyConfig};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const STUDY: &str = r#"version = 2
seed = 3
search = "random"
round = 8
seeds = [0, 1]
last-share = 0.1
stages = [
    { steps = 200, trials = 8 },
    { steps = 800, best = 3 },
]

[space]
preset = "rate"
learning-rate = { log-uniform = [1e-4, 1e-1] }
"model.lr" = { uniform = [0.0, 1.0] }
heads = { integer = [1, 8] }
schedule = { categorical = ["linear", "cosine", true, 2] }
scale = { grid = [0.5, 1, 2] }
decay = { fixed = 0.1 }

[program]
command = ["python3", "trial.py", "--rate={learning-rate}", "{file}"]
timeout-seconds = 600
threads = 2

[proxy]
width = 64
layers = { kinds = ["a", "b"], deep = { x = 1.5 } }

[target]
width = 256
"#;

/// What only a parser says.
const JARGON: [&str; 24] = [
    "variant",
    "untagged",
    "enum ",
    "sequence",
    "expected",
    "invalid ",
    "deserializ",
    "unit ",
    "newtype",
    "struct",
    "serde",
    "parse",
    "unquoted",
    "newline",
    "token",
    "eof",
    "i64",
    "u64",
    "f64",
    "usize",
    "some(",
    "none)",
    "utf8",
    "delete",
];

fn read(text: &str) -> Result<StudyConfig, Mistake> {
    StudyConfig::from_toml(text)
}

/// One sentence, in words of this tool, about a line that there is.
fn assert_helps(mistake: &Mistake, text: &str) {
    let said = mistake.to_string();
    assert!(!said.contains('\n') && said.chars().count() < 500, "{said}");
    assert!((1..=text.matches('\n').count() + 1).contains(&mistake.line), "{said}\n{text}");
    let words = said.to_lowercase();
    for jargon in JARGON.iter().filter(|jargon| !text.to_lowercase().contains(**jargon)) {
        assert!(!words.contains(jargon), "`{jargon}` in: {said}\n{text}");
    }
    assert!(!said.chars().any(char::is_control), "{said:?}");
}

#[test]
fn a_mistake_is_named_with_its_line_and_what_to_write() {
    read(STUDY).expect("it makes sense");
    for (from, to, line, said) in [
        ("version = 2", "version = 9", 1, &["version 9", "version = 1 to 2"][..]),
        ("version = 2\n", "", 1, &["`version` is missing", "version = 2"]),
        ("seed = 3", "sede = 3", 2, &["`sede` is unknown", "`seed`"]),
        ("seed = 3", "seed = -3", 2, &["`seed` is -3", "not negative"]),
        ("seed = 3", "seed = 3\nseed = 4", 3, &["`seed` is there a second time"]),
        ("\"random\"", "\"rnadom\"", 3, &["`rnadom`", "random, sobol, grid and tpe"]),
        ("\"random\"", "random", 3, &["search = random", "quotes"]),
        ("\"random\"", "\"grid\"", 14, &["grid search", "`learning-rate`"]),
        ("round = 8", "round = 0", 4, &["`round` is 0"]),
        ("[0, 1]", "[0, 0]", 5, &["`seeds`", "0 twice"]),
        ("[0, 1]", "[]", 5, &["`seeds` is empty"]),
        ("[0, 1]", "3", 5, &["`seeds` is 3", "seeds = [0, 1]"]),
        ("[0, 1]", "[0, 99999999999999999999]", 5, &["too many digits"]),
        ("last-share", "last_share", 6, &["`last_share` is unknown", "`last-share`"]),
        ("timeout-seconds", "timeout", 23, &["`timeout` of [program] is unknown: is it `timeout-seconds`?"]),
        ("seed = 3", "timeout = 3", 2, &["`timeout` is unknown: is it `timeout-seconds`? it belongs into [program]"]),
        ("0.1\nstages", "1.5\nstages", 6, &["`last-share` is 1.5"]),
        ("trials = 8", "trials = 0", 8, &["stage 0", "`trials` is 0"]),
        ("trials = 8", "trials = \"8\"", 8, &["`trials` of stage 0", "without quotes, 8"]),
        ("trials = 8", "trials = 1000000000000", 8, &["stage 0", "at most"]),
        ("trials = 8", "trails = 8", 8, &["`trails` of stage 0", "`trials`"]),
        ("steps = 200", "steps = 1e3", 8, &["1e3", "a whole number, 1000"]),
        ("steps = 200", "steps = 0", 8, &["`steps` is 0"]),
        ("best = 3", "best = 9", 9, &["stage 1", "8 samples, fewer than 9"]),
        ("steps = 800", "steps = 200", 9, &["stage 1", "an earlier stage has 200 steps too"]),
        ("steps = 800", "steps = 100", 9, &["stage 1", "fewer than the 200"]),
        ("preset = \"rate\"", "preset = \"gtp-3\"", 13, &["`gtp-3`", "gpt-3 and rate"]),
        ("log-uniform", "normal", 14, &["`normal` of `learning-rate`", "log-uniform"]),
        ("log-uniform", "log_uniform", 14, &["is it `log-uniform`?"]),
        ("log-uniform = [1e-4, 1e-1]", "log-uniform = [1e-4]", 14, &["[1e-4]", "the low and the high end"]),
        ("log-uniform = [1e-4, 1e-1]", "log-uniform = [1e-1, 1e-4]", 14, &["`learning-rate`", "the lower one first"]),
        ("{ log-uniform = [1e-4, 1e-1] }", "[1e-4, 1e-1]", 14, &["{ log-uniform = [1e-4, 1e-1] }"]),
        ("{ log-uniform = [1e-4, 1e-1] }", "0.1", 14, &["{ fixed = 0.1 }"]),
        ("{ log-uniform = [1e-4, 1e-1] }", "{}", 14, &["`learning-rate`", "has no values"]),
        ("[1e-4, 1e-1] }", "[1e-4, 1e-1], grid = [1] }", 14, &["either `log-uniform` or `grid`"]),
        ("\"model.lr\"", "seed", 15, &["`seed`", "my-seed"]),
        ("\"model.lr\"", "\"model=lr\"", 15, &["`model=lr`", "`=`"]),
        ("\"model.lr\"", "\" \"", 15, &["needs a name"]),
        ("\"model.lr\"", "learning_rate", 15, &["`learning_rate`", "`learning-rate`", "MUP_LEARNING_RATE"]),
        ("[1, 8]", "[1.5, 8]", 16, &["number 1 of `integer`", "whole number"]),
        ("true, 2", "[3], 2", 17, &["number 3 of `categorical`", "true or false"]),
        ("[0.5, 1, 2]", "[0.5, 1, 1.0]", 18, &["`scale`", "twice"]),
        ("[space]\n", "[space]\nstages = 3\n", 13, &["`stages`", "above the first [table]"]),
        ("[space]", "space = \"gtp\"\n[sapce]", 13, &["`sapce`"]),
        (
            "[\"python3\", \"trial.py\", \"--rate={learning-rate}\", \"{file}\"]",
            "\"python3 trial.py {file}\"",
            22,
            &["in quotes of its own", "command = [\"python3\", \"trial.py\", \"{file}\"]"],
        ),
        ("\"{file}\"]", "\"{file}\", 3]", 22, &["word 5 of `command`", "\"3\""]),
        ("{learning-rate}\"", "{learning-rat}\"", 22, &["`{learning-rat}`", "{learning-rate}", "{{learning-rat}}"]),
        ("timeout-seconds = 600", "timeout = 600", 23, &["`timeout` of [program]"]),
        ("timeout-seconds = 600", "timeout-seconds = 0", 23, &["`timeout-seconds` is 0"]),
        ("timeout-seconds = 600", "timeout-seconds = 1m", 23, &["timeout-seconds = 1m"]),
        ("timeout-seconds = 600", "seeds = [1]", 23, &["`seeds` of [program]", "above the first [table]"]),
        ("threads = 2", "threads = 0", 24, &["`threads` is 0"]),
        ("width = 64", "width = 64,", 27, &["width = 64,"]),
        (
            "    { steps = 800, best = 3 },\n]",
            "    { steps = 800, best = 3 },",
            12,
            &["`preset = \"rate\"`", "is not closed"],
        ),
    ] {
        assert!(STUDY.contains(from), "{from}");
        let text = STUDY.replacen(from, to, 1);
        let mistake = read(&text).expect_err(to);
        assert!(said.iter().all(|said| mistake.reason.contains(said)), "{to}: {mistake}");
        assert_eq!(mistake.line, line, "{to}: {mistake}");
        assert_helps(&mistake, &text);
    }
}

#[test]
fn names_with_dots_may_stand_without_quotes_and_booleans_are_values() {
    let text = STUDY.replace("\"model.lr\"", "model.lr").replace("decay = ", "optimizer.adam.decay = ");
    let config = read(&text).unwrap();
    let names: Vec<&str> = config.space.0.keys().map(String::as_str).collect();
    assert_eq!(names, ["heads", "learning-rate", "model.lr", "optimizer.adam.decay", "scale", "schedule"]);
    let schedule = config.space.0["schedule"].settings().unwrap();
    assert_eq!(schedule.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linear", "cosine", "true", "2"]);
    assert_eq!(read(&config.to_toml()), Ok(config));
}

const PIECES: [&str; 44] = [
    "-1",
    "0",
    "1e3",
    "1e999",
    "-inf",
    "nan",
    "9223372036854775807",
    "99999999999999999999",
    "0x10",
    "true",
    "\"x\"",
    "[]",
    "{}",
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "=",
    ",",
    ".",
    "\n",
    "\r\n",
    "#",
    "\0",
    "é",
    "\u{1b}[31m",
    "\u{feff}",
    "[space]",
    "[[stages]]",
    "[program]",
    "2026-11-27",
    "{seed}",
    "{x}",
    " ",
    "_",
    "+",
    "\\u0000",
    "\\",
    "1_000",
];

/// The text with one to four slips.
fn mutated(random: &mut ChaCha8Rng) -> String {
    let mut letters: Vec<char> = STUDY.chars().collect();
    let mut below = |n: usize| (random.next_u64() % n.max(1) as u64) as usize;
    for _ in 0..=below(4) {
        let at = below(letters.len() + 1);
        let longest = [2, 8, 40][below(3)];
        let length = below(longest);
        let end = (at + length).min(letters.len());
        let piece: Vec<char> = match below(4) {
            0 => Vec::new(),
            1 => letters[at..end].iter().copied().chain(letters[at..end].iter().copied()).collect(),
            2 => letters[at..end].iter().rev().copied().collect(),
            _ => {
                let piece = below(PIECES.len());
                PIECES[piece].chars().collect()
            }
        };
        letters.splice(at..end, piece);
    }
    letters.into_iter().collect()
}

#[test]
fn a_hundred_thousand_slips_are_read_or_refused_in_one_sentence_with_a_line() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let mut refused = 0;
    for _ in 0..100_000 {
        let text = mutated(&mut random);
        match read(&text) {
            // As text: a NaN under [proxy] is not equal to itself.
            Ok(config) => assert_eq!(read(&config.to_toml()).unwrap().to_toml(), config.to_toml(), "{text}"),
            Err(mistake) => {
                refused += 1;
                assert_helps(&mistake, &text);
            }
        }
    }
    assert!(
        (20_000..99_000).contains(&refused),
        "{refused} of 100000 were refused: the slips are too coarse or too fine"
    );
}
