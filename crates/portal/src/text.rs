//! Text: folding for search, slugs for addresses, markup to lines, escaping.

use unicode_normalization::UnicodeNormalization;

/// Tags that begin a new line for a reader.
const BLOCKS: [&str; 14] = ["p", "div", "li", "ul", "ol", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section"];

/// Words in lower case without accents, each with a blank before it: ` analista de datos`.
pub fn fold(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 1);
    let mut inside = false;
    for c in decode_letters(text).nfd().filter(|c| !('\u{300}'..'\u{370}').contains(c)) {
        if !c.is_alphanumeric() {
            inside = false;
            continue;
        }
        if !inside {
            words.push(' ');
            inside = true;
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// `&oacute;` to `o`, any other entity to a blank: enough for search.
fn decode_letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((name, after)) = rest.split_once(';').filter(|(name, _)| name.len() < 9 && !name.contains(' ')) else {
            out.push(' ');
            continue;
        };
        let accented = ["acute", "tilde", "uml", "grave"].iter().any(|accent| name[1.min(name.len())..] == **accent);
        out.push_str(if accented { &name[..1] } else { " " });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `Analista de Datos (Sr.)` as `analista-de-datos-sr`.
pub fn slug(text: &str) -> String {
    fold(text).trim_start().replace(' ', "-")
}

/// Whether every word of `query` (folded) begins a word of `words` (folded).
pub fn matches(words: &str, query: &str) -> bool {
    query.split_whitespace().all(|word| words.match_indices(word).any(|(at, _)| words[..at].ends_with(' ')))
}

/// Adds `text` with the characters that mean something in HTML escaped.
pub fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}

/// [`escape`] into a new string.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}

/// Whether `text` holds tags.
pub fn is_markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        text[at + 1..].starts_with(|c: char| c == '/' || c.is_ascii_alphabetic()) && text[at..].contains('>')
    })
}

/// The lines that a reader sees, ready to stand in HTML: tags gone, entities kept.
pub fn lines(text: &str) -> Vec<String> {
    let flat = if is_markup(text) { without_tags(text) } else { escaped(text) };
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.lines().map(line).filter(|line| !line.is_empty()).collect()
}

fn without_tags(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let closing = rest.starts_with('/');
        let name: String = rest.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let Some(end) = rest.find('>').filter(|_| !name.is_empty()) else {
            out.push_str("&lt;");
            continue;
        };
        rest = &rest[end + 1..];
        let name = name.to_ascii_lowercase();
        if !closing && (name == "script" || name == "style") {
            rest = rest.find(&format!("</{name}")).map_or("", |at| &rest[at..]);
        } else if BLOCKS.contains(&name.as_str()) {
            out.push('\n');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_drops_accents_case_and_entities() {
        assert_eq!(fold("Diseñador/a UX, Bogot&aacute; D.C."), " disenador a ux bogota d c");
        assert_eq!(slug("Analista de Datos (Sr.)"), "analista-de-datos-sr");
        assert_eq!(fold("I+D & m&aacute;s &nbsp; &;"), " i d mas");
    }

    #[test]
    fn a_query_matches_by_the_beginnings_of_all_its_words() {
        let words = fold("Desarrolladora Python");
        assert!(matches(&words, "python desarrollador") && matches(&words, ""));
        assert!(!matches(&words, "ython") && !matches(&words, "python java"));
    }

    #[test]
    fn markup_becomes_the_lines_a_reader_sees() {
        let dirty =
            "<style>p{}</style><p>Uno &amp; <b>dos</b></li><li>tres</div></div>< 4<br>cinco<script>x('<p>')</script>";
        assert_eq!(lines(dirty), ["Uno &amp; dos", "tres", "&lt; 4", "cinco"]);
        assert_eq!(lines("C & C++ <3\n\n a  b "), ["C &amp; C++ &lt;3", "a b"]);
    }
}
