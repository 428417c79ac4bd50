//! The commands of the book are run as they are written, each chapter's in a folder of its own, block after block.
//!
//! What stands behind `sh` or `text` at a block's fence is for this test alone, and no reader sees it: why the block is
//! not run ([`block::EXCUSES`]), or smaller values for its options, so that it ends in seconds. What has neither is run.
#![cfg(target_os = "linux")]

mod block;
mod chapter;
mod place;

use chapter::Chapter;
use place::Place;

#[test]
fn every_block_of_commands_in_the_book_runs_as_it_is_written() {
    let (mut commands, mut problems) = (0, Vec::new());
    for (name, text) in mup_documents::book() {
        match Chapter::read(&name, &text).and_then(|chapter| chapter.run(&Place::new(&name))) {
            Ok(ran) => commands += ran,
            Err(problem) => problems.push(problem),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(commands > 0, "the book shows no command");
}

#[test]
fn the_program_of_the_transcripts_is_the_one_that_their_chapter_shows() {
    let read = |name: &str| std::fs::read_to_string(mup_documents::root().join(name)).expect("text");
    let (chapter, program) = (read("docs/your-model.md"), read("examples/own-model/src/bin/waves.rs"));
    let block = chapter.split_once("```rust,no_run\n").and_then(|(_, rest)| rest.split_once("\n```"));
    // The comment of the first line is of the file there, and of the block here.
    let shown = block.and_then(|(shown, _)| shown.strip_prefix("//")).expect("it shows one");
    assert_eq!(program.strip_prefix("//!").map(str::trim_end), Some(shown));
}
