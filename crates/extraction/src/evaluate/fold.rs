//! How the scorer compares names: coarser than the extractor's own folding, so that neither side gains by
//! spelling.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The words of a text: lower case, without accents, every run of characters other than letters of the English
/// alphabet, digits, `+` and `#` as one break.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let lower = text.to_lowercase();
    for c in lower.nfkd().filter(|c| canonical_combining_class(*c) == 0) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '+' || c == '#' {
            if let Some(word) = words.last_mut() {
                word.push(c);
            }
        } else if words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
    }
    if words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    words
}

/// [`words`], sorted, joined by spaces: two names are equal where this is.
pub fn fold(text: &str) -> String {
    let mut words = words(text);
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_signs_and_word_order_do_not_count() {
        assert_eq!(fold("Programación  ÁGIL"), "agil programacion");
        assert_eq!(fold("CI/CD"), fold("cd-ci"));
        assert_eq!(fold("C++ / C#"), "c# c++");
        // What folding opens into capitals (TM) is no letter to the Python scorer either.
        assert_eq!(fold("Node.js™"), "js node");
        assert_eq!(fold("ﬁnanzas ２"), "2 finanzas");
        // The dot that lower case gives to a capital I with one is a combining sign.
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold("¿…?"), "");
    }
}
