//! The part of docs/performance.md about the peers.

use mup_golden::Precision;

use super::agreement::tolerance;
use super::measured::{AtShape, Contender, LeftOut, Measured};
use super::targets::{Needed, REPETITIONS, Target, targets};
use crate::shape::Decoder;
use crate::statistics::Spread;

/// Of the numbers, and of their picture.
pub(crate) fn names(model: Decoder) -> (&'static str, &'static str) {
    match model {
        Decoder::Gpt => ("performance", "peers"),
        Decoder::Llama => ("performance-llama", "peers-llama"),
    }
}

/// What is trained, under a title.
fn title_and_model(model: Decoder) -> [&'static str; 2] {
    match model {
        Decoder::Gpt => [
            "Beside PyTorch",
            "GPT (relative attention, heads of 32, biases, untied, 256 tokens, µP as microsoft/mup has it, AdamW)",
        ],
        Decoder::Llama => [
            "A Llama beside transformers",
            "Llama (RMS norms, SwiGLU of 3.5 widths, rotary positions, heads of 32 of which two share keys, untied, 256 tokens, \
             SP, AdamW; theirs `LlamaForCausalLM` with SDPA)",
        ],
    }
}

/// All of it.
pub(crate) fn of_peers(measured: &Measured) -> String {
    let ([title, model], (_, picture)) = (title_and_model(measured.model()), names(measured.model()));
    let mut text = format!("\n## {title}\n\n{}\n\n", measured.machine.line());
    text.push_str(&format!(
        "The same {model} \
         trained by every contestant in turns, after checking that all have the same loss, before and after three \
         steps. Milliseconds of one step, medians over repetitions; speed is the median ratio to PyTorch eager in the \
         same repetition, with its range.\n\n\
         ![Speed of a training step relative to PyTorch eager](pictures/{picture}.png)\n",
    ));
    for i in 0..measured.shapes.len() {
        text.push_str(&format!("\n{}", shape_table(measured, i)));
    }
    text.push_str(&left_out(measured));
    let targets = targets_table(measured);
    if !targets.is_empty() {
        text.push_str(&format!("\n### Targets\n\n{targets}"));
    }
    text.push_str(&format!("\n### Matrix products\n\n{}", products_table(measured)));
    text
}

/// The contestants at one shape.
pub(crate) fn shape_table(measured: &Measured, i: usize) -> String {
    let at = &measured.shapes[i];
    // A column for whoever is on a GPU; nobody's tables without one have it.
    let [title, rule] = if at.has_gpu() { [" GPU MiB |", "---|"] } else { [""; 2] };
    let mut text = format!(
        "### {}: {:.2} million parameters, {:.1} GFLOP a step\n\n\
         | | forward | backward | optimizer | step | tokens/s | speed | peak MiB | above start | share of peak |{title}\n\
         |---|---|---|---|---|---|---|---|---|---|{rule}\n",
        at.shape,
        at.parameters as f64 / 1e6,
        at.flops / 1e9
    );
    for contender in &at.contenders {
        text.push_str(&row(measured, at, contender));
    }
    for disagreement in &at.disagreements {
        text.push_str(&format!("\n**{disagreement}.**\n"));
    }
    if let Some(tf32) = at.contenders.iter().find(|it| it.precision == Precision::Tf32) {
        let [allowed, single] = [tf32.precision, Precision::Single].map(tolerance);
        text.push_str(&format!(
            "\nTF32 rounds the factors of products: its losses may differ by {allowed:e}, others by {single:e}.\n"
        ));
    }
    text
}

/// Who failed, with `--keep-going`.
pub(crate) fn left_out(measured: &Measured) -> String {
    let line = |it: &LeftOut| format!("- **{} was left out**, {}: {}\n", it.name, it.at, it.reason.replace('\n', " "));
    match measured.left_out.as_slice() {
        [] => String::new(),
        some => format!("\n{}", some.iter().map(line).collect::<String>()),
    }
}

fn row(measured: &Measured, at: &AtShape, it: &Contender) -> String {
    let [forward, backward, optimizer] = [
        it.spread(|phases| phases.forward).median,
        it.spread(|phases| phases.backward).median,
        it.spread(|phases| phases.optimizer).median,
    ];
    let mebibytes = |bytes: Option<u64>| bytes.map_or("–".to_owned(), |bytes| format!("{}", bytes >> 20));
    let ratio = |it: Spread| format!("{:.2}× ({:.2}–{:.2})", it.median, it.low, it.high);
    let gpu = if at.has_gpu() { format!(" {} |", mebibytes(it.memory.device)) } else { String::new() };
    format!(
        "| {} | {forward:.1} | {backward:.1} | {optimizer:.2} | {:.1} | {:.0} | {} | {} | {} | {} |{gpu}\n",
        it.name,
        it.step(),
        at.shape.tokens() as f64 / it.step() * 1e3,
        at.speed(it).map_or("–".to_owned(), ratio),
        mebibytes(it.memory.peak),
        mebibytes(it.memory.added()),
        measured.share(at, it).map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
    )
}

/// Every target with its verdict.
pub(crate) fn targets_table(measured: &Measured) -> String {
    let all = targets(measured);
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from("| target | at | needed | measured | |\n|---|---|---|---|---|\n");
    let verdict = |target: &Target| if target.reached() { "reached" } else { "**missed**" };
    for target in all {
        let Target { what, at, found, .. } = &target;
        text.push_str(&format!("| {what} | {at} | {} | {found:.2} | {} |\n", target.needed, verdict(&target)));
    }
    let repetitions = measured.shapes.iter().flat_map(|at| &at.contenders).map(|it| it.repetitions.len()).min();
    if repetitions.is_none_or(|n| n < REPETITIONS) {
        text.push_str(&format!("\nFewer than {REPETITIONS} repetitions: these verdicts do not count.\n"));
    }
    text
}

fn products_table(measured: &Measured) -> String {
    let mut text = String::from(
        "The fastest of several products of two square matrices in f32. The largest number is the peak of which the \
         tables above give shares; operations are counted in matrix products alone, three times the forward pass.\n\n\
         | | rows and columns | GFLOP/s |\n|---|---|---|\n",
    );
    for product in &measured.products {
        text.push_str(&format!("| {} | {} | {:.0} |\n", product.name, product.size, product.gflops));
    }
    text
}

impl std::fmt::Display for Needed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound:.2}"),
            Self::AtMost(bound) => write!(f, "≤ {bound:.2}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::targets::tests::run;

    #[test]
    fn verdicts_and_provenance_are_in_the_document() {
        let text = of_peers(&run(120.0));
        let missed =
            "| flex: step, times PyTorch eager's speed | d = 256, 4 layers, 8 × 128 | ≥ 1.00 | 0.83 | **missed** |";
        assert!(text.contains(missed), "{text}");
        let reached = "| d = 512, 4 layers, 8 × 128 | ≥ 0.80 | 0.83 | reached |";
        assert!(text.contains(reached), "{text}");
        assert!(text.contains("commit 0123456789ab, on a processor (2 cores"), "{text}");
        assert!(text.contains("| PyTorch | 1024 | 250 |"), "{text}");
        assert!(!text.contains("do not count"));
    }

    #[test]
    fn a_gpu_has_a_column_of_its_memory_and_tf32_and_failures_are_said() {
        let mut measured = run(90.0);
        assert!(!of_peers(&measured).contains("GPU MiB"));
        let it = &mut measured.shapes[0].contenders[0];
        (it.gpu, it.precision, it.memory.device) = (Some(0), Precision::Tf32, Some(700 << 20));
        measured.shapes[0].disagreements.push("flex and cuda do not compute the same: far".to_owned());
        let failure = ["vulkan", "matrix products", "it ended\nno adapter"].map(str::to_owned);
        let [name, at, reason] = failure;
        measured.left_out.push(LeftOut { name, at, reason });
        measured.machine.gpu = Some("NVIDIA H100, driver 580".to_owned());
        let text = of_peers(&measured);
        for part in [
            "share of peak | GPU MiB |",
            "| 700 |",
            "**flex and cuda do not compute the same: far.**",
            "its losses may differ by 1e-4, others by 1e-5",
            "- **vulkan was left out**, matrix products: it ended no adapter",
            "on a processor (2 cores, 2 threads used, linux x86_64) and NVIDIA H100, driver 580; torch",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn verdicts_of_too_few_repetitions_do_not_count() {
        let mut measured = run(90.0);
        measured.shapes[0].contenders[1].repetitions.truncate(4);
        assert!(targets_table(&measured).contains("do not count"));
    }
}
