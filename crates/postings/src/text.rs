//! Comparing texts.

use unicode_normalization::UnicodeNormalization;

/// A text as it is compared: lower case, without accents and other combining
/// marks, white space collapsed.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).filter(|c| !is_mark(*c)) {
        if !c.is_whitespace() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Combining diacritical marks.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_case_and_accents() {
        assert_eq!(fold("  Programación\u{a0} en ÑANDÚ "), "programacion en nandu");
        assert_eq!(fold("C++ / C#"), "c++ / c#");
        assert_eq!(fold("e\u{301}"), fold("É"));
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold(" "), "");
        assert_eq!(fold(&fold("Ção")), fold("Ção"));
    }
}
