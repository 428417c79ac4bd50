//! Windows of tokens, with the tokens that follow as targets.

use crate::{DataError, Tokens};

/// What a model reads in one step and what it should predict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Windows, row by row.
    pub tokens: Vec<i32>,
    /// For each token, the one after it.
    pub targets: Vec<i32>,
    /// Of both: `[batch, context]`.
    pub shape: [usize; 2],
}

impl Batch {
    /// The windows of `context` tokens that begin at `starts`.
    pub(crate) fn at(tokens: &Tokens, starts: &[u64], context: usize) -> Result<Self, DataError> {
        tokens.check_unchanged()?;
        let shape = [starts.len(), context];
        let capacity = starts.len() * context;
        let (mut inputs, mut targets) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
        let (mut bytes, mut window) = (Vec::new(), Vec::with_capacity(context + 1));
        for start in starts {
            window.clear();
            tokens.append_window(*start, context + 1, &mut bytes, &mut window)?;
            inputs.extend_from_slice(&window[..context]);
            targets.extend_from_slice(&window[1..]);
        }
        Ok(Self { tokens: inputs, targets, shape })
    }
}
