//! JSON pointers (RFC 6901), with `*` for all elements of an array.

use std::borrow::Cow;

use serde_json::Value;

/// A JSON pointer. The step `*` stands for every element of an array, so one pointer can name many values.
#[derive(Debug, Clone)]
pub(crate) struct Pointer {
    steps: Vec<String>,
}

/// Values that one pointer may name; an answer with more is not a page of ads.
const MOST: usize = 50_000;

impl Pointer {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self { steps: Vec::new() });
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("the JSON pointer `{text}` doesn't start with `/`"));
        };
        Ok(Self { steps: rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect() })
    }

    /// All values named, each with its own path.
    pub(crate) fn values<'v>(&self, root: &'v Value) -> Vec<(String, &'v Value)> {
        let mut found = vec![(String::new(), root)];
        for step in &self.steps {
            let mut next = Vec::new();
            for (path, value) in found {
                match value {
                    Value::Array(items) if step == "*" => {
                        let room = MOST - next.len().min(MOST);
                        next.extend(items.iter().enumerate().take(room).map(|(at, v)| (format!("{path}/{at}"), v)));
                    }
                    Value::Array(items) => {
                        if let Some(item) = step.parse::<usize>().ok().and_then(|at| items.get(at)) {
                            next.push((format!("{path}/{step}"), item));
                        }
                    }
                    Value::Object(map) => {
                        if let Some(item) = map.get(step) {
                            next.push((format!("{path}/{step}"), item));
                        }
                    }
                    _ => {}
                }
            }
            found = next;
        }
        found
    }

    /// The named values that are text, numbers or booleans, as text.
    pub(crate) fn texts<'v>(&self, root: &'v Value) -> Vec<(String, Cow<'v, str>)> {
        let texts = self.values(root).into_iter();
        texts.filter_map(|(path, value)| text_of(value).map(|text| (path, text))).collect()
    }
}

pub(crate) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(Cow::Borrowed(text.as_str())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_names_every_element_with_its_own_path() {
        let value = json!({"tags": {"data": [{"n": "Go"}, {"n": null}, {"n": "Rust"}]}});
        let found = Pointer::parse("/tags/data/*/n").unwrap().texts(&value);
        assert_eq!(found, [("/tags/data/0/n".into(), "Go".into()), ("/tags/data/2/n".into(), "Rust".into())]);
    }

    #[test]
    fn escaped_steps_follow_the_standard() {
        let value = json!({"a/b": {"m~n": 1}});
        assert_eq!(Pointer::parse("/a~1b/m~0n").unwrap().texts(&value)[0].1, "1");
        assert!(Pointer::parse("a").is_err());
    }
}
