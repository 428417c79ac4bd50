//! Reading `study.toml`, which a person may have written: every mistake with its line, and what to write instead.
//!
//! By hand instead of by serde, whose errors speak of its own types.

mod entry;
mod space;

use std::path::Path;

use toml::de::{DeTable, DeValue};

use self::entry::{Entry, Fields};
use super::config::{Program, STUDY_VERSION, Stage, StudyConfig};
use crate::near::nearest;
use crate::quote::quoted;
use crate::{Search, Space, StudyError};

const STUDY: [&str; 11] =
    ["version", "seed", "search", "round", "seeds", "last-share", "stages", "space", "program", "proxy", "target"];
/// Known, but nobody writes it by hand.
const MADE_WITH: &str = "made-with";
const STAGE: [&str; 3] = ["steps", "trials", "best"];
const PROGRAM: [&str; 3] = ["command", "timeout-seconds", "threads"];

/// What is wrong with a file that a person may have written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub reason: String,
}

impl Mistake {
    fn at(text: &str, at: usize, reason: String) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        Self { line: 1 + before.iter().filter(|byte| **byte == b'\n').count(), reason }
    }
}

impl StudyConfig {
    /// Reads what [`to_toml`](Self::to_toml) writes, or a person.
    ///
    /// # Errors
    ///
    /// [`Mistake`]: no such file, or no study that makes sense.
    pub fn from_toml(text: &str) -> Result<Self, Mistake> {
        read(text).map(|(config, _)| config)
    }
}

/// The study of a file and what is odd about it, unless the file is damaged or has a mistake.
pub(super) fn from_bytes(content: &[u8], path: &Path) -> Result<(StudyConfig, Vec<String>), StudyError> {
    let damaged = |reason: &str| StudyError::Unreadable { path: path.to_owned(), reason: reason.to_owned() };
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return Err(damaged("it is UTF-16, which some editors write; save it as UTF-8"));
    }
    let text = std::str::from_utf8(content).map_err(|_| damaged("it is no text (UTF-8)"))?;
    if text.trim_matches(['\0', ' ', '\n', '\r', '\t']).is_empty() {
        return Err(damaged("it is empty"));
    }
    read(text).map_err(|mistake| StudyError::Mistake { path: path.to_owned(), mistake })
}

/// A study that makes sense, and what is odd about it, which version 1 took.
fn read(text: &str) -> Result<(StudyConfig, Vec<String>), Mistake> {
    let root = DeTable::parse(text).map_err(|error| syntax(text, &error))?;
    let config = config(&Fields::of_file(&root, text))?;
    config.check().map_err(|problem| Mistake::at(text, place(root.get_ref(), &problem.entry), problem.reason))?;
    let oddities = config.oddities();
    Ok((config, oddities))
}

/// A space alone, which may still make no sense: what stands below `[space]` in a study, with that header or without.
pub(crate) fn read_space(text: &str) -> Result<Space, Mistake> {
    let root = DeTable::parse(text).map_err(|error| syntax(text, &error))?;
    let fields = Fields::of_file(&root, text);
    let Some(header) = fields.get("space").filter(space::is_header) else { return space::dimensions(&fields) };
    let alone = || "the file of a space has [space] alone, or what stands below it".to_owned();
    fields.only(&["space"], &|_| Some(alone()))?;
    space::space(&header)
}

fn config(fields: &Fields<'_>) -> Result<StudyConfig, Mistake> {
    let version = fields.need("version", "write version = 2 as the first line")?;
    let number = u32::try_from(version.whole()?).unwrap_or(u32::MAX);
    if !(1..=STUDY_VERSION).contains(&number) {
        let reason = format!("is for another version of this program, which knows version = 1 to {STUDY_VERSION}");
        return Err(Mistake { reason: format!("version {} {reason}", version.written()), ..version.mistake("") });
    }
    fields.only(&[&STUDY[..], &[MADE_WITH]].concat(), &belongs)?;
    let stages = fields.need("stages", "write for example stages = [{ steps = 200, trials = 64 }]")?;
    let space = fields.need("space", "write for example [space] and learning-rate = { log-uniform = [1e-4, 1e-1] }")?;
    let mut config = StudyConfig::new(space::space(&space)?, self::stages(&stages)?);
    config.version = number;
    if let Some(seed) = fields.get("seed") {
        config.seed = seed.whole()?;
    }
    if let Some(search) = fields.get("search") {
        config.search = self::search(&search)?;
    }
    if let Some(round) = fields.get("round") {
        config.round = size(&round)?;
    }
    if let Some(seeds) = fields.get("seeds") {
        config.seeds =
            seeds.list("write a list, seeds = [0, 1]")?.iter().map(Entry::whole).collect::<Result<_, _>>()?;
    }
    if let Some(share) = fields.get("last-share") {
        config.last_share = share.number()?;
    }
    config.program = fields.get("program").map(|program| self::program(&program)).transpose()?;
    for (name, table) in
        [("proxy", &mut config.proxy), ("target", &mut config.target), (MADE_WITH, &mut config.made_with)]
    {
        if let Some(entry) = fields.get(name) {
            *table = free_table(&entry, name)?;
        }
    }
    Ok(config)
}

/// Where a name of another table belongs.
fn belongs(key: &str) -> Option<String> {
    let places = [(PROGRAM, "[program]"), (STAGE, "a stage, stages = [{ steps = 200, trials = 64 }]")];
    places.into_iter().find_map(|(names, place)| {
        let name = nearest(key, &names)?;
        let question = if name == key { String::new() } else { format!("is it `{name}`? ") };
        Some(format!("{question}it belongs into {place}"))
    })
}

/// A name of the study after the header of a table belongs to that table.
fn belongs_above(key: &str) -> Option<String> {
    STUDY.contains(&key).then(|| "it belongs above the first [table]".to_owned())
}

fn size(entry: &Entry<'_>) -> Result<usize, Mistake> {
    usize::try_from(entry.whole()?).map_err(|_| entry.wrong("this machine cannot count so far"))
}

fn search(entry: &Entry<'_>) -> Result<Search, Mistake> {
    let DeValue::String(name) = entry.value else {
        return Err(entry.wrong("write \"random\", \"sobol\", \"grid\" or \"tpe\""));
    };
    name.parse().map_err(|reason: String| entry.mistake(&format!("names no search: {reason}")))
}

fn stages(entry: &Entry<'_>) -> Result<Vec<Stage>, Mistake> {
    let how = "write a list of stages, [{ steps = 200, trials = 64 }]";
    let stage = |(number, entry): (usize, &Entry<'_>)| {
        let entry = entry.clone().called(format!("stage {number}"));
        let fields = entry.table(&format!(" of stage {number}"), "write for example { steps = 200, trials = 64 }")?;
        fields.only(&STAGE, &belongs_above)?;
        let count = |key: &str| fields.get(key).map(|entry| size(&entry)).transpose();
        let steps = size(&fields.need("steps", "write for example { steps = 200, trials = 64 }")?)?;
        Ok(Stage { steps, trials: count("trials")?, best: count("best")? })
    };
    entry.list(how)?.iter().enumerate().map(stage).collect()
}

fn program(entry: &Entry<'_>) -> Result<Program, Mistake> {
    let fields = entry.table(" of [program]", "write [program] and below it command = [\"python3\", \"trial.py\"]")?;
    fields.only(&PROGRAM, &belongs_above)?;
    let command = command(&fields.need("command", "write command = [\"python3\", \"trial.py\", \"{file}\"]")?)?;
    let timeout_seconds = fields.get("timeout-seconds").map(|entry| entry.whole()).transpose()?;
    let threads = fields.get("threads").map_or(Ok(1), |entry| size(&entry))?;
    Ok(Program { command, timeout_seconds, threads })
}

fn command(entry: &Entry<'_>) -> Result<Vec<String>, Mistake> {
    let how = match entry.value {
        // Quotes within it are the shell's affair, and a guess could be wrong.
        DeValue::String(line) if !line.contains(['"', '\'', '\\', '$', '|', '>', '<', ';', '&']) => {
            let words: Vec<String> =
                line.split_whitespace().map(|word| format!("\"{}\"", quoted(word, 0, 60))).collect();
            format!("write every word in quotes of its own, command = [{}]", words.join(", "))
        }
        _ => "write a list of words, command = [\"python3\", \"trial.py\"], or for a shell's line \
              [\"sh\", \"-c\", \"LINE\"]"
            .to_owned(),
    };
    let word = |(i, word): (usize, &Entry<'_>)| {
        word.clone().called(format!("word {} of `command`", i + 1)).string().map(str::to_owned)
    };
    entry.list(&how)?.iter().enumerate().map(word).collect()
}

/// A table that is the user's own.
fn free_table(entry: &Entry<'_>, name: &str) -> Result<toml::Table, Mistake> {
    let how = format!("write [{name}] and below it NAME = VALUE, line by line");
    let fields = entry.table(&format!(" of [{name}]"), &how)?;
    fields.all().map(|(key, entry)| Ok((key.to_owned(), free(&entry)?))).collect()
}

fn free(entry: &Entry<'_>) -> Result<toml::Value, Mistake> {
    Ok(match entry.value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(_) => toml::Value::Integer(entry.integer()?),
        DeValue::Float(_) => toml::Value::Float(entry.number()?),
        DeValue::Boolean(value) => toml::Value::Boolean(*value),
        DeValue::Datetime(date) => toml::Value::Datetime(*date),
        DeValue::Array(_) => toml::Value::Array(entry.list("")?.iter().map(free).collect::<Result<Vec<_>, Mistake>>()?),
        DeValue::Table(_) => {
            let place = format!(" of {}", entry.name);
            let fields = entry.table(&place, "")?;
            let entries = fields.all().map(|(key, entry)| Ok((key.to_owned(), free(&entry)?)));
            toml::Value::Table(entries.collect::<Result<_, Mistake>>()?)
        }
    })
}

/// Where an entry stands, or the nearest above it.
fn place(table: &DeTable<'_>, path: &[String]) -> usize {
    let Some((key, rest)) = path.split_first() else { return 0 };
    let belongs = |name: &str| name == key || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let Some((name, value)) = table.iter().find(|(name, _)| belongs(name.get_ref())) else { return 0 };
    let at = name.span().start;
    let inner = match value.get_ref() {
        // `model.lr` without quotes is a table in a table.
        DeValue::Table(table) if name.get_ref() != key => {
            place(table, &[&[key[name.get_ref().len() + 1..].to_owned()], rest].concat())
        }
        DeValue::Table(table) => place(table, rest),
        DeValue::Array(array) => {
            let part = rest.first().and_then(|index| array.get(index.parse::<usize>().ok()?));
            part.map_or(0, |part| match part.get_ref() {
                DeValue::Table(table) => part.span().start.max(place(table, &rest[1..])),
                _ => part.span().start,
            })
        }
        _ => 0,
    };
    if inner == 0 { at } else { inner }
}

/// What is no TOML at all, with the line as it stands there: a parser's words would not help.
fn syntax(text: &str, error: &toml::de::Error) -> Mistake {
    let span = error.span().unwrap_or(text.len()..text.len());
    let at = span.start.min(text.len());
    let mistake = Mistake::at(text, at, String::new());
    let written = quoted(text.lines().nth(mistake.line - 1).unwrap_or_default().trim(), 0, 60);
    let reason = if error.message().contains("duplicate") {
        let key = quoted(text.get(span).unwrap_or_default().trim(), 0, 60);
        format!("`{key}` is there a second time: leave one")
    } else if written.is_empty() {
        "something before this line is not closed: look for a missing quote or bracket".to_owned()
    } else {
        format!(
            "`{written}` cannot be read: write NAME = VALUE with every text in quotes, and look whether a quote, a list or a \
             table is not closed, here or above"
        )
    };
    Mistake { reason, ..mistake }
}
