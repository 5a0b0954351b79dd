//! Mentions beside the knowledge spans of SkillSpan: English sentences with a tag per word.

use std::io::BufRead;

use serde::Serialize;
use serde_json::Value;

use super::EvaluationError;
use super::gold::{Fields, objects};
use super::predict::{Thresholds, class_of};
use super::score::{Class, Counts, Prf};
use crate::extract::{Extractor, Rule};

/// A stretch of a sentence, in code points, half open.
pub type Stretch = (usize, usize);

/// A sentence with its spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Its words, joined by single spaces.
    pub text: String,
    /// The knowledge spans, in order.
    pub knowledge: Vec<Stretch>,
    /// Where the ads come from: `tech` or `house`.
    pub source: String,
}

/// The figures of one program.
#[derive(Clone, Debug, Serialize)]
pub struct SpanReport {
    /// Sentences.
    pub sentences: usize,
    /// `tech`, `house`, or `all`.
    pub source: String,
    /// Spans equal to the letter.
    pub exact: Prf,
    /// Spans that share a character, each with one other at most.
    pub overlapping: Prf,
    /// Sums of the exact ones.
    pub counts: Counts,
}

/// Reads `dev.json`: one JSON object a line with `tokens` and `tags_knowledge` (B, I, O).
///
/// # Errors
/// The first line at fault, with its field.
pub fn read_sentences(reader: impl BufRead) -> Result<Vec<Sentence>, EvaluationError> {
    let sentences: Vec<Sentence> = objects(reader)
        .map(|object| {
            let (line, object) = object?;
            let fields = Fields { line, object: &object };
            let (tokens, tags) = (fields.list("tokens")?, fields.list("tags_knowledge")?);
            if tokens.len() != tags.len() {
                return Err(fields.fault("tags_knowledge", "a tag for every token is needed"));
            }
            let source = fields.text("source", false)?;
            Ok(Sentence { text: tokens.join(" "), knowledge: spans_of(&tokens, &tags), source })
        })
        .collect::<Result<_, _>>()?;
    if sentences.is_empty() { Err(EvaluationError::Empty { what: "sentences" }) } else { Ok(sentences) }
}

fn spans_of(tokens: &[String], tags: &[String]) -> Vec<Stretch> {
    let mut spans: Vec<Stretch> = Vec::new();
    let (mut at, mut inside) = (0, false);
    for (token, tag) in tokens.iter().zip(tags) {
        let end = at + token.chars().count();
        match (tag.as_bytes().first(), spans.last_mut()) {
            (Some(b'I'), Some(last)) if inside => last.1 = end,
            (Some(b'B' | b'I'), _) => spans.push((at, end)),
            _ => {}
        }
        inside = tag != "O";
        at = end + 1;
    }
    spans
}

/// Reads another program's spans: a line `{"spans": [[start, end], ...]}` (code points) for every sentence.
///
/// # Errors
/// The first line at fault.
pub fn read_spans(reader: impl BufRead) -> Result<Vec<Vec<Stretch>>, EvaluationError> {
    objects(reader)
        .map(|object| {
            let (line, object) = object?;
            let fields = Fields { line, object: &object };
            let fault = || fields.fault("spans", "a list of pairs of whole numbers is needed");
            let Some(Value::Array(items)) = object.get("spans") else {
                return Err(fault());
            };
            let number = |v: Option<&Value>| v.and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            let pair = |item: &Value| Some((number(item.get(0))?, number(item.get(1))?));
            let mut spans: Vec<Stretch> =
                items.iter().map(|item| pair(item).ok_or_else(fault)).collect::<Result<_, _>>()?;
            spans.sort_unstable();
            Ok(spans)
        })
        .collect()
}

/// The places where hard skills are named with enough confidence.
pub fn find(extractor: &Extractor, sentence: &str, thresholds: Thresholds) -> Vec<Stretch> {
    let found = extractor.extract(sentence, 0);
    let counts = |kind: &str, confidence: f32| {
        class_of(kind) == Some(Class::Hard) && confidence >= thresholds.of_class(Class::Hard)
    };
    let mut spans: Vec<Stretch> = found
        .skills
        .iter()
        .filter(|s| s.rule != Rule::Implied && counts(&s.kind, s.confidence))
        .map(|s| (s.span.char_start, s.span.char_end))
        .collect();
    spans.sort_unstable();
    spans
}

/// Counts the spans of all sentences, and of each source.
///
/// # Errors
/// Where there are not as many lists as sentences.
pub fn score(sentences: &[Sentence], found: &[Vec<Stretch>]) -> Result<Vec<SpanReport>, EvaluationError> {
    if sentences.len() != found.len() {
        let line = found.len().min(sentences.len()) as u64 + 1;
        return Err(EvaluationError::Field { line, field: "spans", expected: "one line per sentence is needed" });
    }
    let mut sources: Vec<&str> = sentences.iter().map(|s| s.source.as_str()).filter(|s| !s.is_empty()).collect();
    sources.sort_unstable();
    sources.dedup();
    let of = |source: Option<&str>| report(sentences, found, source);
    Ok(std::iter::once(None).chain(sources.into_iter().map(Some)).map(of).collect())
}

fn report(sentences: &[Sentence], found: &[Vec<Stretch>], source: Option<&str>) -> SpanReport {
    let (mut exact, mut overlapping, mut n) = (Counts::default(), Counts::default(), 0);
    for (sentence, spans) in sentences.iter().zip(found).filter(|(s, _)| source.is_none_or(|name| s.source == name)) {
        n += 1;
        let sizes = Counts { right: 0, predicted: spans.len(), labels: sentence.knowledge.len() };
        let same = spans.iter().filter(|span| sentence.knowledge.contains(span)).count();
        exact.add(Counts { right: same, ..sizes });
        overlapping.add(Counts { right: pairs(spans, &sentence.knowledge), ..sizes });
    }
    SpanReport {
        sentences: n,
        source: source.unwrap_or("all").to_owned(),
        exact: exact.prf(),
        overlapping: overlapping.prf(),
        counts: exact,
    }
}

/// Most pairs of overlapping spans, each in one pair at most. Both lists are in order.
fn pairs(a: &[Stretch], b: &[Stretch]) -> usize {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if x.0 < y.1 && y.0 < x.1 {
            n += 1;
            i += 1;
            j += 1;
        } else if x.1 <= y.1 {
            i += 1;
        } else {
            j += 1;
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"tokens":["Ünder","C","plus","or","Java","Go"],"tags_knowledge":["O","B","I","O","B","B"],"source":"tech"}"#;

    #[test]
    fn tags_become_spans_in_code_points() {
        let sentence = &read_sentences(LINE.as_bytes()).unwrap()[0];
        assert_eq!(sentence.knowledge, [(6, 12), (16, 20), (21, 23)]);
        let broken = LINE.replace("\"Go\"", "\"Go\",\"x\"");
        assert_eq!(
            read_sentences(broken.as_bytes()).unwrap_err().to_string(),
            "line 1: field \"tags_knowledge\": a tag for every token is needed"
        );
    }

    #[test]
    fn a_span_pairs_with_one_other_at_most() {
        assert_eq!(pairs(&[(0, 10)], &[(0, 3), (4, 8)]), 1);
        assert_eq!(pairs(&[(0, 2), (3, 9)], &[(1, 5), (8, 12)]), 2);
        assert_eq!(pairs(&[(0, 2)], &[(2, 4)]), 0);
    }

    #[test]
    fn exact_and_overlapping_are_counted_apart_and_by_source() {
        let sentences = read_sentences(format!("{LINE}\n{}", LINE.replace("tech", "house")).as_bytes()).unwrap();
        let found = read_spans(&b"{\"spans\":[[16,20],[6,7],[0,5]]}\n{\"spans\":[]}"[..]).unwrap();
        let reports = score(&sentences, &found).unwrap();
        assert_eq!(reports.iter().map(|r| r.source.as_str()).collect::<Vec<_>>(), ["all", "house", "tech"]);
        assert_eq!(reports[0].counts, Counts { right: 1, predicted: 3, labels: 6 });
        assert!((reports[2].overlapping.precision - 2.0 / 3.0).abs() < 1e-9);
        assert!((reports[2].overlapping.recall - 2.0 / 3.0).abs() < 1e-9);
        assert!(score(&sentences, &found[..1]).is_err());
    }
}
