//! Texts with placeholders: `{name}`, `{name|filter}`, `{/json/pointer}`, `{/may/be/missing?}`.

use std::borrow::Cow;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::pointer::Pointer;

/// How a value is written into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// As the surrounding asks for it: search words are encoded, all else stays as it is.
    Default,
    /// As it is.
    Raw,
    /// Percent-encoded.
    Url,
    /// Lower case ASCII words joined by hyphens.
    Slug,
    /// Escaped for the inside of a JSON string.
    Json,
    /// Lower case.
    Lower,
}

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Name(String, Filter),
    /// With whether it may be missing.
    Pointer(Pointer, Filter, bool),
}

/// A text with placeholders. A brace that opens no placeholder is itself, so JSON can be written plainly.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// Search words inside JSON are escaped, inside an address they are percent-encoded.
    json: bool,
}

impl Template {
    pub(crate) fn parse(text: &str, json: bool) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            literal.push_str(&rest[..open]);
            let inside = &rest[open + 1..];
            let Some(close) = inside.find(['{', '}', '"']).filter(|at| inside.as_bytes()[*at] == b'}') else {
                literal.push('{');
                rest = inside;
                continue;
            };
            let (name, filter) = match inside[..close].split_once('|') {
                Some((name, filter)) => (name, parse_filter(filter)?),
                None => (&inside[..close], Filter::Default),
            };
            if !name.starts_with(|c: char| c.is_ascii_lowercase() || c == '/') {
                literal.push('{');
                rest = inside;
                continue;
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(if name.starts_with('/') {
                let optional = name.ends_with('?');
                Part::Pointer(Pointer::parse(name.trim_end_matches('?'))?, filter, optional)
            } else {
                Part::Name(name.to_owned(), filter)
            });
            rest = &inside[close + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts, json })
    }

    /// Names that it needs.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name, _) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text, or none where a placeholder has no value.
    pub(crate) fn render(&self, value_of: &dyn Fn(&str) -> Option<String>, json: Option<&Value>) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Name(name, filter) => {
                    let value = value_of(name)?;
                    let filter = match filter {
                        Filter::Default if name == "query" && self.json => Filter::Json,
                        Filter::Default if name == "query" => Filter::Url,
                        other => *other,
                    };
                    out.push_str(&filter.apply(&value));
                }
                Part::Pointer(pointer, filter, optional) => match pointer.texts(json?).into_iter().next() {
                    Some((_, value)) => out.push_str(&filter.apply(&value)),
                    None if *optional => {}
                    None => return None,
                },
            }
        }
        Some(out)
    }
}

fn parse_filter(name: &str) -> Result<Filter, String> {
    Ok(match name {
        "raw" => Filter::Raw,
        "url" => Filter::Url,
        "slug" => Filter::Slug,
        "json" => Filter::Json,
        "lower" => Filter::Lower,
        other => return Err(format!("there is no filter `{other}`; there are raw, url, slug, json, lower")),
    })
}

impl Filter {
    fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Default | Self::Raw => Cow::Borrowed(text),
            Self::Url => byte_serialize(text.as_bytes()).collect::<String>().into(),
            Self::Slug => slug(text).into(),
            Self::Json => {
                let quoted = Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned().into()
            }
            Self::Lower => text.to_lowercase().into(),
        }
    }
}

/// Lower case ASCII words joined by hyphens, as portals write search words into addresses.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        let plain = match c {
            'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
            'é' | 'è' | 'ë' | 'ê' => 'e',
            'í' | 'ì' | 'ï' | 'î' => 'i',
            'ó' | 'ò' | 'ö' | 'ô' | 'õ' => 'o',
            'ú' | 'ù' | 'ü' | 'û' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            c if c.is_ascii_alphanumeric() => c,
            _ => '-',
        };
        if plain != '-' {
            out.push(plain);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(template: &str, json: bool) -> Option<String> {
        let template = Template::parse(template, json).unwrap();
        let value_of = |name: &str| (name == "query").then(|| "C++ \"años\"".to_owned());
        template.render(&value_of, Some(&json!({"id": 7, "t": "Año Nuevo"})))
    }

    #[test]
    fn search_words_are_encoded_for_where_they_stand() {
        assert_eq!(render("https://a/?q={query}", false).unwrap(), "https://a/?q=C%2B%2B+%22a%C3%B1os%22");
        assert_eq!(render(r#"{"q":"{query}","f":{}}"#, true).unwrap(), r#"{"q":"C++ \"años\"","f":{}}"#);
        assert_eq!(render("/de-{query|slug}", false).unwrap(), "/de-c-anos");
    }

    #[test]
    fn a_pointer_reads_the_item_and_a_missing_value_gives_nothing() {
        assert_eq!(render("/{/t|slug}-{/id}", false).unwrap(), "/ano-nuevo-7");
        assert_eq!(render("/{/none}", false), None);
        assert_eq!(render("/{host}", false), None);
    }

    #[test]
    fn an_unknown_filter_is_named() {
        assert!(Template::parse("{query|upper}", false).unwrap_err().contains("`upper`"));
    }
}
