//! Character references: named, numeric and doubly escaped ones (HTML standard, section 13.2.5.72).

use html5ever::data::NAMED_ENTITIES;

/// The longest name in the standard's table, with its semicolon
/// (`CounterClockwiseContourIntegral;`).
const LONGEST_NAME: usize = 32;

/// How a character reference must end to count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Plain text: only with a semicolon, so that "AT&T" and "?a=1&copy=2" stay.
    Semicolon,
    /// HTML: the old names also without one ("informaci&oacuten"), as browsers read them.
    Lenient,
}

/// The reference at the start of `rest` (which begins with '&'): its characters and its length in bytes.
///
/// A doubly escaped one (`&amp;aacute;`, `&amp;amp;#243;`) is decoded to the end: no ad means to show `&aacute;`.
pub(super) fn decode(rest: &str, ending: Ending) -> Option<([char; 2], usize)> {
    let mut at = 1;
    while rest[at..].starts_with("amp;") {
        at += 4;
    }
    if at > 1 {
        let inner = single(&rest[at..], Ending::Semicolon);
        return Some(inner.map_or((['&', '\0'], at), |(chars, length)| (chars, at + length)));
    }
    single(&rest[1..], ending).map(|(chars, length)| (chars, 1 + length))
}

/// One reference, after its '&'. A second character of NUL means there is none.
fn single(name: &str, ending: Ending) -> Option<([char; 2], usize)> {
    if let Some(digits) = name.strip_prefix('#') {
        return numeric(digits, ending).map(|(c, length)| ([c, '\0'], 1 + length));
    }
    let bytes = name.as_bytes();
    let length = bytes.iter().take(LONGEST_NAME).take_while(|b| b.is_ascii_alphanumeric()).count();
    if length < 2 {
        return None;
    }
    if bytes.get(length) == Some(&b';')
        && let Some(found) = named(&name[..=length])
    {
        return Some((found, length + 1));
    }
    if ending == Ending::Semicolon {
        return None;
    }
    (2..=length.min(6)).rev().find_map(|end| {
        let found = named(&name[..end])?;
        // "&oacuten" is a word cut by its missing semicolon; "&copy=2" and "&region" are not references.
        let next = bytes.get(end).copied().unwrap_or(b' ');
        let glued = next.is_ascii_alphanumeric() || next == b'=';
        (!glued || found[0].is_alphabetic() && next != b'=').then_some((found, end))
    })
}

fn named(name: &str) -> Option<[char; 2]> {
    let &(first, second) = NAMED_ENTITIES.get(name)?;
    if first == 0 {
        return None; // an entry that is only the beginning of a longer name
    }
    Some([char::from_u32(first)?, char::from_u32(second).unwrap_or('\0')])
}

fn numeric(text: &str, ending: Ending) -> Option<(char, usize)> {
    let (digits, radix, skipped) = match text.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 1),
        None => (text, 10, 0),
    };
    let length = digits.bytes().take(10).take_while(|b| (*b as char).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    let closed = digits.as_bytes().get(length) == Some(&b';');
    if !closed && ending == Ending::Semicolon {
        return None;
    }
    let code = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    let c = windows_1252(code).or(char::from_u32(code)).unwrap_or('\u{FFFD}');
    Some((c, skipped + length + usize::from(closed)))
}

/// What a C1 control code was meant to be: text written as Windows-1252 and declared as Latin-1.
pub(super) fn windows_1252(code: u32) -> Option<char> {
    const TABLE: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    let index = code.checked_sub(0x80)?;
    TABLE.get(index as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str, ending: Ending) -> Option<(char, usize)> {
        decode(text, ending).map(|(chars, length)| (chars[0], length))
    }

    #[test]
    fn named_numeric_and_doubly_escaped_references_decode() {
        assert_eq!(one("&aacute;", Ending::Semicolon), Some(('á', 8)));
        assert_eq!(one("&#243;n", Ending::Semicolon), Some(('ó', 6)));
        assert_eq!(one("&#xF1;", Ending::Semicolon), Some(('ñ', 6)));
        assert_eq!(one("&amp;aacute;", Ending::Semicolon), Some(('á', 12)));
        assert_eq!(one("&amp;amp;#243;", Ending::Semicolon), Some(('ó', 14)));
        assert_eq!(one("&amp;D", Ending::Semicolon), Some(('&', 5)));
        assert_eq!(one("&#150;", Ending::Semicolon), Some(('–', 6)));
    }

    #[test]
    fn a_reference_without_semicolon_counts_only_in_html_and_not_in_addresses() {
        assert_eq!(one("&oacuten", Ending::Semicolon), None);
        assert_eq!(one("&oacuten", Ending::Lenient), Some(('ó', 7)));
        assert_eq!(one("&nbsp hola", Ending::Lenient), Some(('\u{a0}', 5)));
        assert_eq!(one("&copy=2", Ending::Lenient), None);
        assert_eq!(one("&region=mx", Ending::Lenient), None);
        assert_eq!(one("&T", Ending::Lenient), None);
    }

    #[test]
    fn impossible_code_points_become_the_replacement_character() {
        for text in ["&#xD800;", "&#9999999999;", "&#x110000;"] {
            assert_eq!(one(text, Ending::Semicolon).map(|(c, _)| c), Some('\u{FFFD}'));
        }
    }
}
