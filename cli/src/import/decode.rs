//! Bytes to text: UTF-8 where it is that, Windows-1252 where it can't be.

use std::borrow::Cow;

/// How the bytes of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Encoding {
    /// UTF-8; a line that isn't valid is read as Windows-1252, and said so.
    #[default]
    Auto,
    /// UTF-8; a line that isn't valid is refused.
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    /// Windows-1252, which includes ISO 8859-1, for the whole file.
    #[value(name = "latin-1", alias = "latin1", alias = "windows-1252", alias = "iso-8859-1")]
    Latin1,
}

/// Text, and what had to be done to get it.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without NUL characters.
    pub text: Cow<'a, str>,
    /// True where `Encoding::Auto` fell back to Windows-1252.
    pub fell_back: bool,
    /// True where NUL characters were taken out.
    pub had_nul: bool,
}

/// Decodes one line or field.
///
/// # Errors
/// Why the bytes are no UTF-8, under [`Encoding::Utf8`].
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Decoded<'_>, String> {
    let (text, fell_back) = match (encoding, std::str::from_utf8(bytes)) {
        (Encoding::Auto | Encoding::Utf8, Ok(text)) => (Cow::Borrowed(text), false),
        (Encoding::Utf8, Err(error)) => {
            let at = error.valid_up_to();
            return Err(format!("not UTF-8: byte 0x{:02X} at {}", bytes[at], at + 1));
        }
        (Encoding::Auto, Err(_)) => (windows_1252(bytes), true),
        (Encoding::Latin1, _) => (windows_1252(bytes), false),
    };
    let (text, had_nul) = without_nul(text);
    Ok(Decoded { text, fell_back, had_nul })
}

/// Takes NUL characters out, which the database can't hold.
pub fn without_nul(text: Cow<'_, str>) -> (Cow<'_, str>, bool) {
    if memchr::memchr(0, text.as_bytes()).is_none() {
        return (text, false);
    }
    (Cow::Owned(text.replace('\0', "")), true)
}

/// What is at the start of a file, if it decides how it must be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Start {
    /// Bytes of a UTF-8 byte order mark to pass over (0 or 3).
    Text(usize),
    /// A byte order mark of UTF-16 or UTF-32.
    Utf16,
    /// Gzip.
    Gzip,
}

/// Looks at the first bytes of a file.
pub fn start(bytes: &[u8]) -> Start {
    match bytes {
        [0x1f, 0x8b, ..] => Start::Gzip,
        [0xef, 0xbb, 0xbf, ..] => Start::Text(3),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 0, 0xfe, 0xff, ..] => Start::Utf16,
        _ => Start::Text(0),
    }
}

fn windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_utf8_stays_and_the_rest_becomes_windows_1252() {
        let good = decode("programación".as_bytes(), Encoding::Auto).unwrap();
        assert_eq!((good.text.as_ref(), good.fell_back), ("programación", false));
        let old = decode(b"programaci\xf3n \x93C\x94", Encoding::Auto).unwrap();
        assert_eq!((old.text.as_ref(), old.fell_back), ("programación “C”", true));
    }

    #[test]
    fn strict_utf8_says_where_it_breaks() {
        assert_eq!(decode(b"ab\xf3", Encoding::Utf8).unwrap_err(), "not UTF-8: byte 0xF3 at 3");
        assert_eq!(decode(b"\xf3", Encoding::Latin1).unwrap().text, "ó");
    }

    #[test]
    fn nul_characters_are_taken_out() {
        let decoded = decode(b"a\0b\0", Encoding::Auto).unwrap();
        assert_eq!((decoded.text.as_ref(), decoded.had_nul), ("ab", true));
    }

    #[test]
    fn the_start_of_a_file_tells_its_kind() {
        assert_eq!(start(&[0x1f, 0x8b, 8]), Start::Gzip);
        assert_eq!(start("\u{feff}a".as_bytes()), Start::Text(3));
        assert_eq!(start(&[0xff, 0xfe, b'a', 0]), Start::Utf16);
        assert_eq!(start(b"{"), Start::Text(0));
    }
}
