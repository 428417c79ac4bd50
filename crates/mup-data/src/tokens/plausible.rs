//! Noticing a file of tokens that is read with another width or byte order than it was written with.

use super::TokenWidth;

/// Fewer tokens tell nothing.
const FEWEST: u64 = 16;

/// What the bytes of a file have in common, by their place within eight: every width and order shows in it.
pub(super) struct Lanes {
    n_bytes: u64,
    /// How often each byte stands in each place.
    counts: Box<[[u64; 256]; 8]>,
}

/// How tokens seem to have been written instead: what shows it, and what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misread {
    pub(super) evidence: &'static str,
    pub(super) remedy: &'static str,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self { n_bytes: 0, counts: Box::new([[0; 256]; 8]) }
    }

    /// The next bytes, which follow a multiple of eight.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.n_bytes += bytes.len() as u64;
        for eight in bytes.chunks(8) {
            self.counts.iter_mut().zip(eight).for_each(|(counts, byte)| counts[usize::from(*byte)] += 1);
        }
    }

    /// How tokens of a width seem to have been written, if not so; `fits` says whether they are all in the vocabulary,
    /// and `fits_swapped` whether they are in the other byte order.
    pub(super) fn misread(&self, width: TokenWidth, fits: bool, fits_swapped: bool) -> Option<Misread> {
        let n_tokens = self.n_bytes / width.bytes() as u64;
        if n_tokens < FEWEST || self.zero_from(&[0, 1, 2, 3, 4, 5, 6, 7]) {
            return None;
        }
        let found = match width {
            TokenWidth::U8 => self.misread_u8(),
            TokenWidth::U16 => self.misread_u16(),
            TokenWidth::U32 => self.misread_u32(),
        };
        found.or_else(|| {
            let swapped = width != TokenWidth::U8 && fits_swapped && (!fits || self.looks_swapped(width, n_tokens));
            swapped.then_some(BIG_ENDIAN)
        })
    }

    fn misread_u8(&self) -> Option<Misread> {
        let odd = self.zero_from(&[1, 3, 5, 7]);
        odd.then_some(Misread {
            evidence: "every second byte is 0, as where uint16 tokens are read as bytes",
            remedy: "read it as uint16, or uint32",
        })
    }

    fn misread_u16(&self) -> Option<Misread> {
        let wide = |remedy| Misread { evidence: "every second token is 0, as where int32 is read as uint16", remedy };
        if self.zero_from(&[2, 3, 4, 5, 6, 7]) {
            let evidence = "three of four tokens are 0, as where int64 is read as uint16";
            return Some(Misread { evidence, remedy: OF_INT64 });
        }
        if self.zero_from(&[2, 3, 6, 7]) {
            return Some(wide(OF_INT32));
        }
        if self.zero_from(&[0, 1, 4, 5]) {
            return Some(wide("it is big endian besides: write it as little-endian uint16, NumPy's astype('<u2')"));
        }
        if self.zero_from(&[0, 2, 4, 6]) {
            return Some(BIG_ENDIAN);
        }
        self.is_printable().then_some(TEXT)
    }

    fn misread_u32(&self) -> Option<Misread> {
        let evidence = "every second token is 0, as where int64 is read as uint32";
        if self.zero_from(&[4, 5, 6, 7]) {
            return Some(Misread { evidence, remedy: "write the tokens as uint32" });
        }
        if self.zero_from(&[0, 1, 2, 3]) {
            return Some(Misread { evidence, remedy: "it is big endian besides: write it as little-endian uint32" });
        }
        if self.zero_from(&[0, 4]) {
            return Some(BIG_ENDIAN);
        }
        if self.is_printable() {
            return Some(TEXT);
        }
        // The upper half of what is two tokens is a token, and no vocabulary has 2²⁴ of them.
        let two = self.share_of_zeros(&[3, 7]) < 0.5 || (self.zero_from(&[1, 3, 5, 7]) && !self.zero_from(&[2, 6]));
        two.then_some(Misread {
            evidence: "its tokens are far above every vocabulary, as where uint16 is read as uint32",
            remedy: "read it as uint16, as vocabularies up to 65536 are",
        })
    }

    /// The bytes of u16 have changed places: the first, which should take all values, takes few, as the upper byte of a
    /// token does. A few distinct tokens tell nothing.
    fn looks_swapped(&self, width: TokenWidth, n_tokens: u64) -> bool {
        let (low, high) = (self.merged(0), self.merged(1));
        if width != TokenWidth::U16 || high.iter().filter(|n| **n > 0).count() < 32 {
            return false;
        }
        let largest = |counts: &[u64; 256]| counts.iter().rposition(|n| *n > 0).unwrap_or(0);
        let (low_bits, high_bits) = (entropy(&low), entropy(&high));
        let narrow = n_tokens >= 256 && largest(&low) + 16 <= largest(&high) && low_bits < high_bits;
        narrow || (n_tokens >= 1024 && low_bits + 0.25 < high_bits)
    }

    /// Counts of every second place.
    fn merged(&self, first: usize) -> [u64; 256] {
        std::array::from_fn(|byte| self.counts.iter().skip(first).step_by(2).map(|counts| counts[byte]).sum())
    }

    fn zero_from(&self, places: &[usize]) -> bool {
        places.iter().all(|place| self.counts[*place][1..].iter().all(|n| *n == 0))
    }

    fn share_of_zeros(&self, places: &[usize]) -> f64 {
        let zeros: u64 = places.iter().map(|place| self.counts[*place][0]).sum();
        let all: u64 = places.iter().map(|place| self.counts[*place].iter().sum::<u64>()).sum();
        zeros as f64 / all as f64
    }

    /// Hardly anything but printable ASCII and no zero byte, which tokens of more than a byte cannot be.
    fn is_printable(&self) -> bool {
        let printable = |counts: &[u64; 256]| {
            [b'\t', b'\n', b'\r'].map(usize::from).map(|byte| counts[byte]).iter().sum::<u64>()
                + counts[32..127].iter().sum::<u64>()
        };
        let n_printable: u64 = self.counts.iter().map(printable).sum();
        n_printable as f64 > 0.9 * self.n_bytes as f64 && self.counts.iter().all(|counts| counts[0] == 0)
    }
}

const BIG_ENDIAN: Misread = Misread {
    evidence: "its bytes have changed places, as where big endian is read as little endian",
    remedy: "write it little endian, in NumPy with tokens.astype('<u2') or '<u4'",
};

/// As wide as no width that is read.
const OF_INT64: &str =
    "write its tokens as uint16, in NumPy tokens.astype('<u2'), or as uint32, '<u4', of a vocabulary above 65536";

/// The width that is read follows from the vocabulary, which nobody should enlarge for it.
const OF_INT32: &str = "write its tokens as uint16, in NumPy tokens.astype('<u2'); if its vocabulary is above 65536, \
                        read it as uint32 instead";

const TEXT: Misread = Misread {
    evidence: "its bytes are printable ASCII, as in a text",
    remedy: "make tokens of it first, or give it as the text that it is",
};

/// In bits.
fn entropy(counts: &[u64; 256]) -> f64 {
    let all: u64 = counts.iter().sum();
    let share = |n: &u64| *n as f64 / all as f64;
    counts.iter().filter(|n| **n > 0).map(|n| -share(n) * share(n).log2()).sum()
}
