//! Folded text: lower case, without accents; what rules and fingerprints compare.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower-cases and strips accents; punctuation and whitespace stay, so words keep their neighbours.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|b| b >= 0x80).unwrap_or(rest.len());
        let start = out.len();
        out.push_str(&rest[..ascii]);
        out[start..].make_ascii_lowercase();
        rest = &rest[ascii..];
        let Some(c) = rest.chars().next() else { break };
        push_folded(&mut out, c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn push_folded(out: &mut String, c: char) {
    let plain = match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'Á' | 'À' | 'Â' | 'Ä' | 'Ã' | 'Å' | 'ª' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'Í' | 'Ì' | 'Î' | 'Ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' | 'º' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'Ú' | 'Ù' | 'Û' | 'Ü' => 'u',
        'ñ' | 'Ñ' => 'n',
        'ç' | 'Ç' => 'c',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '–' | '—' => '-',
        '•' | '…' | '¿' | '¡' | '·' | '▪' | '●' => return out.push(c),
        _ => return push_decomposed(out, c),
    };
    out.push(plain);
}

fn push_decomposed(out: &mut String, c: char) {
    let lower = c.to_lowercase().nfd().filter(|c| !is_combining_mark(*c));
    out.extend(lower.map(|c| if c == 'ß' { 's' } else { c }));
}

/// A word of a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

/// Words: runs of letters and digits.
pub(crate) fn words(folded: &str) -> impl Iterator<Item = Word<'_>> {
    let bytes = folded.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let length = word_length(folded, at);
            if length > 0 {
                let word = Word { text: &folded[at..at + length], start: at };
                at += length;
                return Some(word);
            }
            at += folded[at..].chars().next().map_or(1, char::len_utf8);
        }
        None
    })
}

fn word_length(folded: &str, start: usize) -> usize {
    let bytes = folded.as_bytes();
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x80 {
            if !byte.is_ascii_alphanumeric() {
                break;
            }
            at += 1;
        } else {
            match folded[at..].chars().next() {
                Some(c) if c.is_alphanumeric() => at += c.len_utf8(),
                _ => break,
            }
        }
    }
    at - start
}

/// A 64-bit hash of a word, the same on every machine and in every version.
///
/// Eight bytes at a time through the multiply-and-fold step of wyhash (Wang Yi, 2019).
pub(crate) fn hash(word: &str) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ word.len() as u64;
    for chunk in word.as_bytes().chunks(8) {
        let mut block = [0; 8];
        block[..chunk.len()].copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(block), 0xA076_1D64_78BD_642F);
    }
    mix(state, 0xE703_7ED1_A0B4_28DB)
}

/// The halves of a 128-bit product, folded onto each other.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_removes_case_and_accents_and_keeps_punctuation() {
        assert_eq!(fold("¿Años de EXPERIENCIA, Ñandú & “C++”?"), "¿anos de experiencia, nandu & \"c++\"?");
        assert_eq!(fold("Ação Łódź Straße"), "acao łodz strase");
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        let found: Vec<&str> = words("l'equipe, 2 anos; c++ • x").map(|word| word.text).collect();
        assert_eq!(found, ["l", "equipe", "2", "anos", "c", "x"]);
    }

    #[test]
    fn a_hash_never_changes_between_versions() {
        assert_eq!(hash("experiencia"), hash("experiencia"));
        assert_ne!(hash("experiencia"), hash("experiencias"));
    }
}
