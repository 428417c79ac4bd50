//! From text to a folder of tokens, in one pass, on all cores and in little memory.

use std::io::Write;
use std::path::Path;

use mup_files::{Sha256, WholeFile, create_folders, sha256_of_file, write_durably};

use super::description::{Description, PartDescription, VERSION};
use super::{DATA, DataSet, TOKENIZER, TRAIN, VALIDATION, file};
use crate::text::{Piece, Stream};
use crate::{DataError, Difference, Text, TokenWidth, Tokenizer};

/// Writes `train.bin` and `validation.bin` (the last `validation_share` of the text), `tokenizer.json` and `data.json`
/// to `folder`, which is created.
///
/// The same text, tokenizer and share give the same bytes, and nothing is done if they are there already. A process
/// that was killed is simply run again. Files of anything else are never overwritten. Text from [`Text::open`] is read
/// in pieces, so it may be larger than memory.
///
/// # Errors
///
/// [`DataError::OtherData`] with the differences if the folder holds other data, [`DataError::WrongHash`] if it holds
/// this data damaged, [`DataError::ValidationShare`], [`DataError::UnknownCharacter`], [`DataError::Changed`] if the
/// text changes meanwhile, [`DataError::File`] for a full disk and the like.
pub fn prepare(text: &Text, tokenizer: &Tokenizer, folder: &Path, validation_share: f64) -> Result<DataSet, DataError> {
    let start = text.validation_start(validation_share, tokenizer.boundary())?;
    create_folders(folder).map_err(DataError::file("create", folder))?;
    let recorded = exists(folder, DATA)?.then(|| Description::read(folder)).transpose()?;
    if let Some(recorded) = &recorded {
        // What the text becomes is not known yet: compare what it is made from.
        let (train, validation) = (recorded.train.clone(), recorded.validation.clone());
        compare(folder, recorded, &describe(text, tokenizer, validation_share, train, validation))?;
        if DataSet::is_complete(folder)? {
            let there = DataSet::open(folder)?;
            there.verify()?;
            return Ok(there);
        }
    }
    let mut stream = Stream::new(text);
    let train = Encoded::write(&mut stream, start, text, tokenizer, &file(folder, TRAIN))?;
    let validation = Encoded::write(&mut stream, text.n_bytes(), text, tokenizer, &file(folder, VALIDATION))?;
    stream.finish()?;
    let description = describe(text, tokenizer, validation_share, train.part.clone(), validation.part.clone());
    if let Some(recorded) = &recorded {
        compare(folder, recorded, &description)?;
    }
    let wanted = [
        (TRAIN, train.part.sha256.clone()),
        (VALIDATION, validation.part.sha256.clone()),
        (TOKENIZER, tokenizer.fingerprint()),
    ];
    refuse_other_files(folder, &wanted)?;
    // First what tells whose the others are: whatever is there without it is somebody else's.
    let path = file(folder, DATA);
    write_durably(&path, description.to_json().as_bytes()).map_err(DataError::file("write", &path))?;
    tokenizer.save(&file(folder, TOKENIZER))?;
    train.commit(&file(folder, TRAIN))?;
    validation.commit(&file(folder, VALIDATION))?;
    DataSet::open(folder)
}

/// One `.bin` file, complete but not yet under its name.
struct Encoded {
    file: WholeFile,
    part: PartDescription,
}

impl Encoded {
    /// Encodes the text up to byte `end`.
    fn write(
        stream: &mut Stream<'_>,
        end: u64,
        text: &Text,
        tokenizer: &Tokenizer,
        path: &Path,
    ) -> Result<Self, DataError> {
        let width = TokenWidth::for_vocabulary(tokenizer.vocab_size());
        let (mut file, mut hash, mut n_bytes) =
            (WholeFile::create(path).map_err(DataError::file("write", path))?, Sha256::default(), 0);
        let mut rest = Vec::new();
        loop {
            let mut pieces = Vec::new();
            while pieces.len() < side_by_side() {
                let Some(piece) = stream.piece(end, tokenizer.boundary(), &mut rest)? else { break };
                pieces.push(piece);
            }
            if pieces.is_empty() {
                let tokens = n_bytes / width.bytes() as u64;
                return Ok(Self { file, part: PartDescription { tokens, sha256: hash.finish() } });
            }
            for bytes in encode(&pieces, text.name(), tokenizer, width)? {
                n_bytes += bytes.len() as u64;
                hash.update(&bytes);
                file.write_all(&bytes).map_err(DataError::file("write", path))?;
            }
        }
    }

    fn commit(self, path: &Path) -> Result<(), DataError> {
        self.file.commit().map_err(DataError::file("write", path))
    }
}

/// Pieces that are encoded at once, which takes some megabytes each.
fn side_by_side() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(64))
}

/// The bytes of the tokens of each piece, in order; the first error in order.
fn encode(pieces: &[Piece], name: &str, tokenizer: &Tokenizer, width: TokenWidth) -> Result<Vec<Vec<u8>>, DataError> {
    let encode = |piece| {
        let mut bytes = Vec::new();
        tokenizer.encode_piece(piece, name, &mut |token| width.write(token, &mut bytes))?;
        Ok(bytes)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = pieces.iter().map(|piece| scope.spawn(move || encode(piece))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<_, _>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

fn describe(
    text: &Text,
    tokenizer: &Tokenizer,
    validation_share: f64,
    train: PartDescription,
    validation: PartDescription,
) -> Description {
    let vocab_size = tokenizer.vocab_size();
    Description {
        version: VERSION,
        tokenizer: tokenizer.describe(),
        tokenizer_fingerprint: tokenizer.fingerprint(),
        vocab_size,
        width: TokenWidth::for_vocabulary(vocab_size),
        text_bytes: text.n_bytes(),
        text_sha256: text.sha256().to_owned(),
        validation_share,
        train,
        validation,
    }
}

fn compare(folder: &Path, there: &Description, asked: &Description) -> Result<(), DataError> {
    let differences = there.differences(asked);
    if differences.is_empty() {
        return Ok(());
    }
    Err(DataError::OtherData { folder: folder.to_owned(), differences })
}

/// Files of these names may only be there with exactly the content that they are about to get.
fn refuse_other_files(folder: &Path, wanted: &[(&str, String)]) -> Result<(), DataError> {
    let mut differences = Vec::new();
    for (name, asked) in wanted {
        if exists(folder, name)? {
            let path = file(folder, name);
            let there = sha256_of_file(&path).map_err(DataError::file("read", &path))?;
            if there != *asked {
                differences.push(Difference { what: format!("{name}'s SHA-256"), there, asked: asked.clone() });
            }
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(DataError::OtherData { folder: folder.to_owned(), differences })
}

pub(super) fn exists(folder: &Path, name: &str) -> Result<bool, DataError> {
    let path = file(folder, name);
    path.try_exists().map_err(DataError::file("look at", &path))
}
