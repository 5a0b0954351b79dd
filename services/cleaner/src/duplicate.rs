//! Near-duplicates: the same ad posted again, on another portal or with a changed date, contact or sentence.
//!
//! Texts are compared by the Jaccard similarity of their word shingles (Broder, "On the resemblance and containment of
//! documents", 1997), estimated by one permutation hashing (Li, Owen, Zhang 2012) with optimal densification
//! (Shrivastava 2017), one byte per value (b-bit minwise hashing, Li and König 2010). Bands of values are the keys by which a
//! store finds candidates (locality-sensitive hashing). As ads of one employer share their boilerplate, titles must agree too.

mod title;

use crate::fold::{Word, fold, hash, mix, words};
use title::{Agreement, Title};

/// Words per shingle.
const SHINGLE: usize = 3;
/// Values of a signature.
const VALUES: usize = 256;
/// Keys by which a store looks for candidates.
pub const BANDS: usize = 16;
/// Values per key.
const ROWS: usize = 8;
/// First byte of the serialised form; another value is another way of computing it.
const FORMAT: u8 = 1;

/// Texts at least this similar, under the same title, are one ad. Chosen on 7,457 real ads: reposts with another contact or
/// sentence lie above it, other ads of the same employer and title mostly below.
pub const SAME_TITLE_SIMILARITY: f32 = 0.80;

/// The same where one title says more than the other ("Ejecutivo Comercial", "Ejecutivo Comercial - Banca").
pub const PARTIAL_TITLE_SIMILARITY: f32 = 0.88;

/// What is kept of an ad to recognise it again.
///
/// The same ad gives the same signature on every machine and in every version with the same format byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    title: Title,
    /// Distinct-looking shingles seen, capped; 0 means that the ad has no text to compare.
    shingles: u16,
    values: Box<[u8; VALUES]>,
}

impl Signature {
    /// The signature of an ad with this title and this text (without the title), both cleaned.
    pub fn new(title: &str, text: &str) -> Self {
        let (title, text) = (fold(title), fold(text));
        Self::from_folded(&title, &shingle_words(&text, words(&text)))
    }

    /// From a folded title and the hashes of a folded text's words, as [`shingle_words`] gives them.
    pub(crate) fn from_folded(title: &str, words: &[u64]) -> Self {
        let mut minima = [u64::MAX; VALUES];
        let shingles = shingles(words, |shingle| {
            let bin = &mut minima[(shingle >> 56) as usize];
            *bin = (*bin).min(shingle);
        });
        let mut values = Box::new([0; VALUES]);
        if shingles > 0 {
            for (index, value) in values.iter_mut().enumerate() {
                *value = (mix(minima[filled_bin(&minima, index)], 0x8EBC_6AF0_9C88_C6E3) >> 56) as u8;
            }
        }
        Self { title: Title::new(title), shingles: shingles.min(usize::from(u16::MAX)) as u16, values }
    }

    /// The keys under which to look for candidates: two ads are worth comparing if any key is in both (`&&` of `bigint[]`).
    ///
    /// Finds more than 99 % of the ads with similarity 0.85, and all but a few in a million at 0.9. Empty for an ad without text.
    pub fn bands(&self) -> Vec<i64> {
        if self.shingles == 0 {
            return Vec::new();
        }
        let keys = self.values.chunks_exact(ROWS).take(BANDS).enumerate();
        keys.map(|(band, rows)| {
            let key = rows.iter().fold(0, |key, row| key << 8 | u64::from(*row));
            mix(key ^ (band as u64) << 59, 0x589F_CB5D_51D6_7A2B) as i64
        })
        .collect()
    }

    /// Estimated Jaccard similarity of the texts' shingles, 0 to 1 (standard error about 0.025 at 0.8).
    pub fn similarity(&self, other: &Self) -> f32 {
        if self.shingles == 0 || other.shingles == 0 {
            return 0.0;
        }
        let equal = self.values.iter().zip(other.values.iter()).filter(|(a, b)| a == b).count() as f32;
        let chance = 1.0 / 256.0; // two different minima with the same byte
        ((equal / VALUES as f32 - chance) / (1.0 - chance)).max(0.0)
    }

    /// The stored form: format, title fingerprint, values.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.shingles.to_le_bytes());
        bytes.extend_from_slice(self.values.as_slice());
        self.title.write(&mut bytes);
        bytes
    }

    /// Reads [`Self::to_bytes`]; nothing if it is of another format or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&FORMAT, rest) = bytes.split_first()? else { return None };
        let (shingles, rest) = rest.split_at_checked(2)?;
        let (values, rest) = rest.split_at_checked(VALUES)?;
        Some(Self {
            title: Title::read(rest)?,
            shingles: u16::from_le_bytes(shingles.try_into().ok()?),
            values: Box::new(values.try_into().ok()?),
        })
    }
}

/// Whether two ads are one ad posted twice.
///
/// Titles must be the same but for seniority spelled otherwise, gender, role synonyms and work mode ("Desarrollador Java Sr.",
/// "Desarrolladora Java Senior - Remoto") from [`SAME_TITLE_SIMILARITY`] on, or one may say more than the other from
/// [`PARTIAL_TITLE_SIMILARITY`] on. Titles that name different technologies, levels or places are never one ad's.
pub fn is_duplicate(a: &Signature, b: &Signature) -> bool {
    let needed = match a.title.compare(&b.title) {
        Agreement::Same => SAME_TITLE_SIMILARITY,
        Agreement::Partial => PARTIAL_TITLE_SIMILARITY,
        Agreement::Different => return false,
    };
    a.similarity(b) >= needed
}

/// Hashes of the words that shingles are made of. Addresses, links and long numbers (telephones, dates, ad codes) change
/// from post to post and are left out.
pub(crate) fn shingle_words<'a>(folded: &str, words: impl Iterator<Item = Word<'a>>) -> Vec<u64> {
    let bytes = folded.as_bytes();
    let mut hashes = Vec::with_capacity(folded.len() / 6);
    for word in words {
        let end = word.start + word.text.len();
        let in_address = bytes.get(end) == Some(&b'@') || word.start > 0 && bytes[word.start - 1] == b'@';
        let in_link = matches!(word.text, "http" | "https" | "www" | "com");
        let long_number = word.text.len() >= 4 && word.text.bytes().all(|b| b.is_ascii_digit());
        if !in_address && !in_link && !long_number {
            hashes.push(hash(word.text));
        }
    }
    hashes
}

/// Calls `each` with the hash of every shingle; returns their number. A text shorter than a shingle is one.
pub(crate) fn shingles(words: &[u64], mut each: impl FnMut(u64)) -> usize {
    if words.is_empty() {
        return 0;
    }
    if words.len() < SHINGLE {
        each(words.iter().fold(0, |state, word| mix(state ^ word, 0x1D8E_4E27_C47D_124F)));
        return 1;
    }
    for window in words.windows(SHINGLE) {
        let [a, b, c] = [window[0], window[1], window[2]];
        each(mix(a.rotate_left(21) ^ b.rotate_left(42) ^ c, 0xEB44_ACCA_B455_D165));
    }
    words.len() - SHINGLE + 1
}

/// The bin itself, or for an empty one the bin that its own random walk meets first, the same walk for every ad.
fn filled_bin(minima: &[u64; VALUES], index: usize) -> usize {
    let mut bin = index;
    let mut step = 0;
    while minima[bin] == u64::MAX {
        step += 1;
        bin = (mix((index as u64) << 32 | step, 0x2F65_83B1_9B1E_55C7) >> 56) as usize;
        if step > 16 * VALUES as u64 {
            // Unreachable in practice; a full scan keeps it certain.
            return minima.iter().position(|value| *value != u64::MAX).unwrap_or(index);
        }
    }
    bin
}

/// Whether two places, as portals write them, may be the same: the town (what
/// stands before the first comma) shares a word, or one of them names no town.
/// The same text for two towns is two vacancies.
pub fn same_place(a: &str, b: &str) -> bool {
    let (a, b) = (town(a), town(b));
    a.is_empty() || b.is_empty() || a.iter().any(|word| b.contains(word))
}

/// The words of a place's town; none where the work can be done anywhere.
fn town(location: &str) -> Vec<String> {
    const ANYWHERE: [&str; 8] = ["remoto", "remote", "remota", "hibrido", "hybrid", "teletrabajo", "casa", "home"];
    let folded = fold(location.split(',').next().unwrap_or_default());
    let words: Vec<String> = words(&folded).map(|word| word.text.to_string()).collect();
    if words.iter().any(|word| ANYWHERE.contains(&word.as_str())) { Vec::new() } else { words }
}

#[cfg(test)]
mod tests;
