//! What a model answers, read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

// The keys of an answer. Schemas travel as JSON objects with sorted keys, and servers hold models to that order: by
// their names, what matters most is written first.
/// Key of the technical skills.
pub(crate) const TECHNICAL: &str = "technical";
/// Key of the personal ones.
pub(crate) const SOFT: &str = "traits";
/// Key of the implied ones.
pub(crate) const IMPLIED: &str = "unnamed";
/// Key of the usual names.
pub(crate) const NAMES: &str = "usual";
/// Key of the duplicates; [`IMPLIED`] and [`NAMES`] stand behind it too.
pub(crate) const DUPLICATES: &str = "duplicates";

/// Most entries of each list; what stands behind is passed over.
const MOST: usize = 300;
/// Most characters of an entry.
const LONGEST: usize = 300;

/// The parts of an answer, in the model's words and order; nothing of it is checked against the ad yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Technical skills.
    pub technical: Vec<String>,
    /// Personal skills.
    pub soft: Vec<String>,
    /// Usual names of skills that the ad words otherwise.
    pub names: Vec<Renamed>,
    /// Skills that the ad does not name.
    pub implied: Vec<Implied>,
    /// Pairs of which the first repeats the second.
    pub duplicates: Vec<Duplicate>,
}

/// The usual name of a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// Its words.
    pub text: String,
    /// The name.
    pub name: String,
}

/// A skill that another one implies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Implied {
    /// Its name.
    pub name: String,
    /// The words of the one that implies it.
    pub from: String,
    /// Why.
    pub reason: String,
}

/// A skill that repeats another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// Its words.
    pub text: String,
    /// Those of the one that it repeats.
    pub of: String,
}

/// An answer that is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model's answer can't be read: {why}")]
pub struct Malformed {
    /// What is wrong with it.
    pub why: String,
    /// All that the model wrote.
    pub raw: String,
}

/// Reads an answer: one JSON object, whatever stands around it. Missing lists are empty.
///
/// # Errors
/// No JSON object, or one with other types than those asked for.
pub fn read_answer(text: &str) -> Result<Answer, Malformed> {
    let malformed = |why: String| Malformed { why, raw: text.to_owned() };
    let start = text.find('{').ok_or_else(|| malformed("there is no JSON object".into()))?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => from_value(&value).map_err(malformed),
        Some(Err(error)) => Err(malformed(error.to_string())),
        None => Err(malformed("there is no JSON object".into())),
    }
}

/// Reads what is whole of an answer that broke off, or that is still being written: the entries of its lists up to
/// the last complete one. None where not even a list has begun.
pub fn salvage(text: &str) -> Option<Answer> {
    let start = text.find('{')?;
    let text = &text[start..];
    let mut open: Vec<u8> = Vec::new();
    let mut whole: Option<(usize, Vec<u8>)> = None;
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_string = false;
                    if open.last() == Some(&b']') {
                        whole = Some((at + 1, open.clone()));
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' => open.push(b'}'),
            b'[' => {
                open.push(b']');
                whole = Some((at + 1, open.clone()));
            }
            b'}' | b']' => {
                if open.pop() != Some(byte) {
                    break;
                }
                if byte == b']' || open.last() == Some(&b']') {
                    whole = Some((at + 1, open.clone()));
                }
                if open.is_empty() {
                    break;
                }
            }
            _ => {}
        }
    }
    let (end, open) = whole?;
    let closed: String = text[..end].chars().chain(open.iter().rev().map(|b| char::from(*b))).collect();
    from_value(&serde_json::from_str(&closed).ok()?).ok()
}

fn from_value(value: &Value) -> Result<Answer, String> {
    let renamed = |item: &Value| Some(Renamed { text: field(item, "text")?, name: field(item, "name")? });
    let implied = |item: &Value| {
        Some(Implied { name: field(item, "name")?, from: field(item, "from")?, reason: field(item, "reason")? })
    };
    let duplicate = |item: &Value| Some(Duplicate { text: field(item, "text")?, of: field(item, "of")? });
    Ok(Answer {
        technical: list(value, TECHNICAL, text)?,
        soft: list(value, SOFT, text)?,
        names: list(value, NAMES, renamed)?,
        implied: list(value, IMPLIED, implied)?,
        duplicates: list(value, DUPLICATES, duplicate)?,
    })
}

fn list<T>(value: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, String> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            let read = |item| read(item).ok_or_else(|| format!("{name:?} holds something that is no entry of it"));
            items.iter().take(MOST).map(read).collect()
        }
        Some(_) => Err(format!("{name:?} is no list")),
    }
}

fn field(item: &Value, name: &str) -> Option<String> {
    text(item.get(name)?)
}

fn text(item: &Value) -> Option<String> {
    let trimmed: String = item.as_str()?.trim().chars().take(LONGEST).collect();
    Some(trimmed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: &str = r#"{"technical":["Python","pruebas \"unitarias\""],"traits":["comunicación"],"unnamed":[{"from":"k8s","name":"Docker","reason":"It runs containers."}],"usual":[{"name":"Kubernetes","text":"k8s"}]}"#;

    #[test]
    fn an_answer_is_read_with_whatever_stands_around_it() {
        let answer = read_answer(&format!("Here it is:\n```json\n{WHOLE}\n```\nAnything else? {{}}")).unwrap();
        assert_eq!(answer.technical, ["Python", "pruebas \"unitarias\""]);
        assert_eq!(answer.implied[0].from, "k8s");
        assert_eq!(read_answer("{}").unwrap(), Answer::default());
    }

    #[test]
    fn what_is_no_answer_is_told_and_kept() {
        for (raw, why) in [
            ("I can't help with that.", "no JSON object"),
            (r#"{"technical":"Python"}"#, "\"technical\" is no list"),
            (r#"{"traits":[1]}"#, "\"traits\" holds"),
            (r#"{"technical":["Python""#, "EOF"),
        ] {
            let malformed = read_answer(raw).unwrap_err();
            assert!(malformed.why.contains(why), "{}", malformed.why);
            assert_eq!(malformed.raw, raw);
        }
    }

    #[test]
    fn the_whole_entries_of_a_broken_answer_are_saved() {
        let at = |text: &str| salvage(&WHOLE[..WHOLE.find(text).unwrap()]);
        assert_eq!(at("ebas").unwrap().technical, ["Python"]);
        assert_eq!(at("hon\"").unwrap().technical, [""; 0]);
        assert_eq!(
            at("traits"),
            Some(Answer { technical: read_answer(WHOLE).unwrap().technical, ..Answer::default() })
        );
        let implied = at("Kubernetes").unwrap();
        assert_eq!((implied.implied.len(), implied.names.len()), (1, 0));
        assert_eq!(at("technical"), None);
        assert_eq!(salvage(WHOLE), read_answer(WHOLE).ok());
    }

    proptest! {
        #[test]
        fn any_cut_of_an_answer_gives_only_entries_of_it(end in 0usize..WHOLE.len()) {
            let whole = read_answer(WHOLE).unwrap();
            if let Some(part) = WHOLE.get(..end).and_then(salvage) {
                prop_assert!(whole.technical.starts_with(&part.technical) && whole.soft.starts_with(&part.soft));
                prop_assert!(whole.names.starts_with(&part.names) && whole.implied.starts_with(&part.implied));
            }
        }

        #[test]
        fn no_words_break_the_reader(text in "[\\[\\]{}\",:a\\\\ ]{0,60}") {
            let _ = (read_answer(&text), salvage(&text));
        }
    }
}
