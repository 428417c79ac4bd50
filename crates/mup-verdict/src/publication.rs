//! A judgment as files: table, numbers, runs, figure, page.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use maud::{PreEscaped, html};
use mup_figure::FigureError;
use mup_files::{create_folders, write_durably};
use serde::Serialize;

use crate::{
    Answer, VerdictError,
    figure::{Panel, Panels},
    page::page,
};

const STYLE: &str = "
body { max-width: 66rem; }
.verdict { font-size: 1.1rem; background: #f6f7f9; border-color: #8a8f98; }
.holds { background: #eef5fa; border-color: #0072b2; } .fails { background: #fdf1ea; border-color: #d55e00; }
pre { background: #f6f7f9; padding: .8rem; overflow-x: auto; font-size: .85rem; line-height: 1.35; }
summary { cursor: pointer; }
";

/// What is published of a judgment, beside what it prints and serializes.
pub(crate) struct Publication<'a, P> {
    /// Name of the files, without ending.
    pub(crate) stem: &'static str,
    /// The panels of the figure, from left to right.
    pub(crate) panels: Vec<&'a P>,
    /// What it comes to.
    pub(crate) answer: Answer,
    /// The same in words.
    pub(crate) sentence: String,
    /// The runs, one row each, with their header.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Writes `STEM.{csv,json,txt,svg,png,html}`.
pub(crate) fn write_to<P: Panel>(
    judgment: &(impl Display + Serialize),
    publication: Publication<'_, P>,
    folder: &Path,
    title: &str,
) -> Result<Vec<PathBuf>, VerdictError> {
    let Publication { stem, panels, answer, sentence, rows } = publication;
    create_folders(folder).map_err(|source| VerdictError::Write { path: folder.to_owned(), source })?;
    let file = |ending: &str| folder.join(format!("{stem}.{ending}"));
    let failed = |path, reason: String| VerdictError::Write { path, source: std::io::Error::other(reason) };
    let json = serde_json::to_string_pretty(judgment).map_err(|error| failed(file("json"), error.to_string()))?;
    let panels = Panels { panels, title };
    let svg = mup_figure::svg(&panels).map_err(|reason| FigureError::Draw { path: file("svg"), reason })?;
    let csv = csv(&rows).map_err(|error| failed(file("csv"), error.to_string()))?;
    let texts = [
        ("csv", csv),
        ("json", json + "\n"),
        ("txt", format!("{title}\n\n{judgment}\n")),
        ("html", html_page(judgment, (answer, &sentence, &rows), title, &svg)),
        ("svg", svg),
    ];
    let mut files = Vec::new();
    for (ending, text) in texts {
        let path = file(ending);
        write_durably(&path, text.as_bytes()).map_err(|source| VerdictError::Write { path: path.clone(), source })?;
        files.push(path);
    }
    mup_figure::write_png(&panels, &file("png"))?;
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

fn html_page(
    judgment: &impl Display,
    (answer, sentence, rows): (Answer, &str, &[Vec<String>]),
    title: &str,
    svg: &str,
) -> String {
    let body = html! {
        p class={ "verdict " (answer) } { strong { (answer) ". " } (sentence) }
        figure { (PreEscaped(svg)) }
        h2 { "Numbers" }
        pre { (judgment) }
        details {
            summary { "All " (rows.len().saturating_sub(1)) " rows" }
            pre { @for row in rows { (row.join("\t")) "\n" } }
        }
    };
    page(title, STYLE, &body)
}
