//! A report on disk: for people, for machines, and every number behind it.

use std::{
    io,
    path::{Path, PathBuf},
};

use mup_files::{create_folders, write_durably};
use serde::Serialize;

use super::{
    CheckError, Criteria, DamagedTrial, Finding, Report, Source, Summary, Untrained, Verdict, page::page, plot,
};
use crate::Answer;

/// The report as machines read it; a type of its own, so that [`Report`] may change without breaking readers.
#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    answer: Answer,
    exit_code: u8,
    verdict: Verdict,
    untrained: Option<Untrained>,
    unchanged: &'a [Source],
    widths: &'a [usize],
    n_seeds: usize,
    criteria: &'a Criteria,
    summaries: &'a [Summary],
    findings: &'a [Finding],
    damaged: &'a [DamagedTrial],
}

impl Report {
    /// Everything but the records as JSON: answer, exit code, criteria, summaries, findings.
    ///
    /// Numbers that are not finite are the texts `NaN`, `inf` and `-inf`, because JSON has no others for them.
    ///
    /// # Panics
    ///
    /// bug: a report consists of texts, numbers and lists.
    #[must_use]
    pub fn to_json(&self, title: &str) -> String {
        let document = Document {
            title,
            answer: self.answer(),
            exit_code: self.exit_code(),
            verdict: self.verdict(),
            untrained: self.untrained(),
            unchanged: &self.unchanged(),
            widths: self.widths(),
            n_seeds: self.n_seeds(),
            criteria: self.criteria(),
            summaries: self.summaries(),
            findings: self.findings(),
            damaged: self.records().damaged(),
        };
        serde_json::to_string_pretty(&document).expect("bug: a report consists of texts, numbers and lists")
    }

    /// One page with everything a reader needs, figure inline, nothing fetched.
    ///
    /// # Errors
    ///
    /// [`CheckError::Draw`].
    pub fn to_html(&self, title: &str) -> Result<String, CheckError> {
        let svg = plot::svg(self, title)?;
        Ok(page(self, title, &svg))
    }

    /// Writes `coord-check.{html,txt,json,svg,png}` and `records.{csv,json}` into a folder, created if absent; returns
    /// the files.
    ///
    /// # Errors
    ///
    /// [`CheckError::Write`] with the file that could not be written, [`CheckError::Draw`].
    pub fn write_to(&self, folder: &Path, title: &str) -> Result<Vec<PathBuf>, CheckError> {
        let failed =
            |path: &Path, source: io::Error| CheckError::Write { path: path.to_owned(), source: source.into() };
        create_folders(folder).map_err(|source| failed(folder, source))?;
        let texts = [
            ("coord-check.html", self.to_html(title)?),
            ("coord-check.txt", format!("{title}\n{self}\n")),
            ("coord-check.json", self.to_json(title)),
            ("coord-check.svg", plot::svg(self, title)?),
        ];
        let mut files = Vec::new();
        for (name, text) in texts {
            let path = folder.join(name);
            write_durably(&path, text.as_bytes()).map_err(|source| failed(&path, source))?;
            files.push(path);
        }
        let [png, csv, json] = ["coord-check.png", "records.csv", "records.json"].map(|name| folder.join(name));
        plot::write_png(self, title, &png)?;
        self.records().write_csv(&csv)?;
        self.records().write_json(&json)?;
        files.extend([png, csv, json]);
        Ok(files)
    }
}
