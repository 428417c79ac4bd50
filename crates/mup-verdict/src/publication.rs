//! A judgment as files: table, numbers, runs, figure, page.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use maud::{DOCTYPE, PreEscaped, html};
use mup_transfer::write_durably;
use serde::Serialize;

use crate::{
    Answer, VerdictError,
    figure::{self, Picture},
};

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #2d3139; background: #fff; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
.verdict { font-size: 1.1rem; padding: .8rem 1rem; background: #f6f7f9; border-left: 4px solid #8a8f98; }
.holds { background: #eef5fa; border-color: #0072b2; } .fails { background: #fdf1ea; border-color: #d55e00; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; }
pre { background: #f6f7f9; padding: .8rem; overflow-x: auto; font-size: .85rem; line-height: 1.35; }
summary { cursor: pointer; }
";

/// What can be published.
pub(crate) trait Judgment: Display + Serialize + Picture {
    /// Name of the files, without ending.
    const STEM: &'static str;
    /// What it comes to.
    fn answer(&self) -> Answer;
    /// The same in words.
    fn sentence(&self) -> String;
    /// The runs, one row each, with their header.
    fn rows(&self) -> Vec<Vec<String>>;
}

/// Writes `STEM.{csv,json,txt,svg,png,html}`.
pub(crate) fn write_to<J: Judgment>(judgment: &J, folder: &Path, title: &str) -> Result<Vec<PathBuf>, VerdictError> {
    fs::create_dir_all(folder).map_err(|source| VerdictError::Write { path: folder.to_owned(), source })?;
    let file = |ending: &str| folder.join(format!("{}.{ending}", J::STEM));
    let failed = |path: &Path, reason: String| VerdictError::Draw { path: path.to_owned(), reason };
    let json = serde_json::to_string_pretty(judgment).map_err(|error| failed(&file("json"), error.to_string()))?;
    let svg = figure::svg(judgment, title).map_err(|reason| failed(&file("svg"), reason))?;
    let csv = csv(&judgment.rows()).map_err(|error| failed(&file("csv"), error.to_string()))?;
    let texts = [
        ("csv", csv),
        ("json", json + "\n"),
        ("txt", format!("{title}\n\n{judgment}\n")),
        ("html", page(judgment, title, &svg)),
        ("svg", svg),
    ];
    let mut files = Vec::new();
    for (ending, text) in texts {
        let path = file(ending);
        write_durably(&path, text.as_bytes()).map_err(|source| VerdictError::Write { path: path.clone(), source })?;
        files.push(path);
    }
    figure::write_png(judgment, title, &file("png"))?;
    files.push(file("png"));
    Ok(files)
}

fn csv(rows: &[Vec<String>]) -> Result<String, Box<dyn std::error::Error>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn page<J: Judgment>(judgment: &J, title: &str, svg: &str) -> String {
    let answer = judgment.answer().to_string();
    let rows = judgment.rows();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p class={ "verdict " (answer) } { strong { (answer) ". " } (judgment.sentence()) }
                figure { (PreEscaped(svg)) }
                h2 { "Numbers" }
                pre { (judgment) }
                details {
                    summary { "All " (rows.len().saturating_sub(1)) " rows" }
                    pre { @for row in &rows { (row.join("\t")) "\n" } }
                }
            }
        }
    };
    page.into_string()
}
