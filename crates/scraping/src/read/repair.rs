//! JSON as pages hold it: often right, sometimes slightly broken.

use std::borrow::Cow;

use serde_json::Value;

/// Reads JSON; where it is broken in one of the usual ways, mends it first.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = strip(text);
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mended = mend(text);
    if let Ok(value) = serde_json::from_str(&mended) {
        return Some(value);
    }
    // Whole blocks escaped as HTML attributes are: quotes stand as entities.
    let plain = text.contains("&quot;").then(|| unescape(text))?;
    serde_json::from_str(&plain).or_else(|_| serde_json::from_str(&mend(&plain))).ok()
}

/// Drops what old pages put around scripts: comments, CDATA, a semicolon.
fn strip(text: &str) -> &str {
    let mut text = text.trim().trim_start_matches('\u{feff}');
    for open in ["<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA["] {
        text = text.strip_prefix(open).unwrap_or(text).trim_start();
    }
    for close in ["-->", "//]]>", "/*]]>*/", "]]>", "//"] {
        text = text.strip_suffix(close).unwrap_or(text).trim_end();
    }
    text.trim_end_matches(';').trim_end()
}

/// Escapes control characters inside strings, drops commas before a closing bracket, mends escapes that JSON lacks,
/// and escapes quotes that plainly stand inside a text. One pass.
fn mend(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() + 16);
    let mut in_string = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !in_string {
            match c {
                '"' => {
                    in_string = true;
                    out.push(c);
                }
                ',' if matches!(next_sign(bytes, at + 1), Some(b'}' | b']') | None) => {}
                _ => out.push(c),
            }
            continue;
        }
        match c {
            '"' if ends_string(bytes, at + 1) => {
                in_string = false;
                out.push(c);
            }
            '"' => out.push_str("\\\""),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u'))) => {
                    out.push('\\');
                    out.push(escaped);
                }
                Some((_, other)) if !other.is_control() => out.push(other),
                _ => out.push(' '),
            },
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The next byte that isn't space. Looks at a few only, so that mending stays linear.
fn next_sign(bytes: &[u8], from: usize) -> Option<u8> {
    bytes.iter().skip(from).take(256).copied().find(|b| !b.is_ascii_whitespace())
}

/// A quote ends its string where a sign of JSON's structure follows.
fn ends_string(bytes: &[u8], from: usize) -> bool {
    let mut rest = bytes.iter().enumerate().skip(from).take(256).filter(|(_, b)| !b.is_ascii_whitespace());
    match rest.next() {
        None | Some((_, b':' | b'}' | b']')) => true,
        // After a comma comes another value: `", "` inside a text isn't followed by one.
        Some((at, b',')) => matches!(
            next_sign(bytes, at + 1),
            None | Some(b'"' | b'{' | b'[' | b'}' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
        ),
        _ => false,
    }
}

/// Entities become what they stand for, once.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|b| b == b';');
        match end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((text, end)) => {
                out.push_str(&text);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<Cow<'static, str>> {
    if let Some(code) = name.strip_prefix('#') {
        let number = match code.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => code.parse().ok()?,
        };
        return char::from_u32(number).filter(|c| *c != '\0').map(|c| c.to_string().into());
    }
    // The names that HTML knows are many; these are those that job ads are written with.
    let known = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => "\u{a0}",
        "aacute" => "á",
        "eacute" => "é",
        "iacute" => "í",
        "oacute" => "ó",
        "uacute" => "ú",
        "uuml" => "ü",
        "ntilde" => "ñ",
        "Aacute" => "Á",
        "Eacute" => "É",
        "Iacute" => "Í",
        "Oacute" => "Ó",
        "Uacute" => "Ú",
        "Ntilde" => "Ñ",
        "iexcl" => "¡",
        "iquest" => "¿",
        "ndash" => "–",
        "mdash" => "—",
        "bull" => "•",
        "middot" => "·",
        "hellip" => "…",
        "laquo" => "«",
        "raquo" => "»",
        "ldquo" => "“",
        "rdquo" => "”",
        "lsquo" => "‘",
        "rsquo" => "’",
        "euro" => "€",
        "deg" => "°",
        "ordm" => "º",
        "ordf" => "ª",
        _ => return None,
    };
    Some(known.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_that_is_slightly_broken_is_mended() {
        for broken in [
            "{\"a\": \"one\ntwo\tthree\", \"b\": [1, 2,],}",
            "<!-- {\"a\":\"one\ntwo\tthree\",\"b\":[1,2]} -->",
            "//<![CDATA[\n{\"a\":\"one\\ntwo\\tthree\",\"b\":[1,2]};\n//]]>",
            "{&quot;a&quot;:&quot;one\\ntwo\\tthree&quot;,&quot;b&quot;:[1,2]}",
        ] {
            assert_eq!(parse(broken), Some(json!({"a": "one\ntwo\tthree", "b": [1, 2]})), "{broken}");
        }
        assert_eq!(parse(r#"{"a": "the "best" job\'s, really", "b": 1}"#).unwrap()["a"], "the \"best\" job's, really");
    }

    #[test]
    fn what_is_no_json_gives_nothing() {
        for text in ["", "window.x = {", "{\"a\":", "\u{0}", "{{{{", "\"\\"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn entities_are_read_once() {
        assert_eq!(unescape("a &amp;lt; b &lt;p&gt; &#243;&#xF3; &unknown; & &"), "a &lt; b <p> óó &unknown; & &");
    }
}
