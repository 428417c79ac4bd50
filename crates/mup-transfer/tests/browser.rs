//! The report in a real browser: it renders, nothing overflows, and where a figure is there is a figure.

mod synthetic;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use mup_transfer::report::Report;
use synthetic::reports::{complete, of_study};
use synthetic::{gpt, gpt3_study};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const WINDOW: (u32, u32) = (1200, 6000);

/// Writes where everything is into the page, where `--dump-dom` can be read; the page itself has no script.
const MEASURE: &str = r#"<script>
const lines = [`wide ${document.documentElement.scrollWidth}`];
for (const figure of document.querySelectorAll("figure")) {
    const svg = figure.querySelector("svg");
    const box = svg.getBoundingClientRect();
    const shapes = svg.querySelectorAll("circle, polyline, polygon, rect, text").length;
    lines.push(`figure ${figure.id} ${box.left} ${box.top} ${box.right} ${box.bottom} ${shapes}`);
}
document.body.dataset.measured = lines.join("|");
</script>"#;

/// None if there is none, unless one is required.
fn browser() -> Option<&'static str> {
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let found = BROWSERS.into_iter().find(runs);
    if found.is_none() {
        let required = std::env::var("MUP_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
        assert!(!required, "MUP_REQUIRE_BROWSER=1, and none of {} runs", BROWSERS.join(", "));
        eprintln!("skipped: none of {} runs", BROWSERS.join(", "));
    }
    found
}

/// Runs the browser on a page; what it wrote to standard output, and what the page's console said.
fn browse(browser: &str, page: &Path, options: &[&str]) -> (String, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={},{}", WINDOW.0, WINDOW.1))
        .args(options)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{browser}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned(), console)
}

#[derive(Debug)]
struct Shown {
    name: String,
    /// Left, top, right, bottom.
    edges: [f64; 4],
    shapes: usize,
}

/// Where the figures are, and how wide the page is.
fn measure(dom: &str) -> (u32, Vec<Shown>) {
    let measured = dom.split_once("data-measured=\"").expect("the page ran no script").1.split('"').next().unwrap();
    let mut lines = measured.split('|');
    let wide = lines.next().unwrap().strip_prefix("wide ").unwrap().parse().unwrap();
    let shown = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |i: usize| words[i].parse::<f64>().unwrap();
        let edges = [2, 3, 4, 5].map(number);
        Shown { name: words[1].to_owned(), edges, shapes: words[6].parse().unwrap() }
    };
    (wide, lines.map(shown).collect())
}

struct Screenshot {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

impl Screenshot {
    fn read(path: &Path) -> Self {
        let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        let (width, height, channels) = (info.width as usize, info.height as usize, info.color_type.samples());
        Self { width, height, channels, bytes }
    }

    /// Number of different colors in a part, and the share of it that is not white.
    fn colors(&self, [left, top, right, bottom]: [f64; 4]) -> (usize, f64) {
        let (mut colors, mut dark, mut all) = (BTreeSet::new(), 0, 0);
        for y in top.max(0.0) as usize..(bottom as usize).min(self.height) {
            for x in left.max(0.0) as usize..(right as usize).min(self.width) {
                let at = (y * self.width + x) * self.channels;
                let color = &self.bytes[at..at + 3];
                dark += usize::from(color != [255; 3]);
                all += 1;
                colors.insert(color);
            }
        }
        (colors.len(), dark as f64 / all as f64)
    }
}

fn look_at(report: &Report, browser: &str) {
    let folder = tempfile::tempdir().unwrap();
    report.write(folder.path()).unwrap();
    let page = folder.path().join("report.html");
    let screenshot = folder.path().join("screenshot.png");
    let (_, console) = browse(browser, &page, &[&format!("--screenshot={}", screenshot.display())]);
    assert!(console.is_empty(), "the page complains: {console:?}");
    let measured = folder.path().join("measured.html");
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&measured, text.replace("</body>", &format!("{MEASURE}</body>"))).unwrap();
    let (dom, console) = browse(browser, &measured, &["--dump-dom"]);
    assert!(console.is_empty(), "the page complains: {console:?}");
    let (wide, shown) = measure(&dom);
    assert!(wide <= WINDOW.0, "the page is {wide} pixels wide: something overflows");
    let names: Vec<&str> = shown.iter().map(|figure| figure.name.as_str()).collect();
    let expected: Vec<&str> = report.figures().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, expected);
    let screenshot = Screenshot::read(&screenshot);
    assert_eq!((screenshot.width, screenshot.height), (WINDOW.0 as usize, WINDOW.1 as usize));
    for figure in shown {
        let [left, top, right, bottom] = figure.edges;
        assert!(right - left > 700.0 && bottom - top > 50.0 && bottom < f64::from(WINDOW.1), "{figure:?}");
        let (colors, dark) = screenshot.colors(figure.edges);
        // An empty frame with axes has a few grays and a hundredth of ink; a page that hides everything is all ink.
        assert!(
            colors > 30 && (0.01..0.6).contains(&dark) && figure.shapes > 10,
            "{figure:?}: {colors} colors, {dark}"
        );
    }
}

#[test]
fn a_browser_shows_every_figure_of_a_complete_report() {
    if let Some(browser) = browser() {
        look_at(&complete(), browser);
    }
}

#[test]
fn a_browser_shows_the_report_of_a_study_alone() {
    if let Some(browser) = browser() {
        look_at(&of_study(&gpt3_study(), gpt), browser);
    }
}
