//! Pipeline A: the skills that an ad names, each with its place, concept and confidence.
//!
//! An ad is one text whose first line is its title, as `combined_text` is stored; [`combine`] joins the two
//! the same way for callers that have them apart. Every span refers to that text.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::context::{self, Lexicon, Spelling, Surroundings};
use crate::esco::EscoConcept;
use crate::labels::{self, LabelSet, Origin};
use crate::matcher::{Match, Matcher, Scratch};
use crate::sections::{self, Section};
use crate::taxonomy::Taxonomy;
use crate::text::tokens::Token;

/// Version of the extraction rules; stored with every skill.
pub const EXTRACTOR_VERSION: &str = concat!("rules-", env!("CARGO_PKG_VERSION"));

/// How a skill was found. The names are those of `extraction_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// A statistical tagger.
    Ner,
    /// The project's own taxonomy and patterns.
    Regex,
    /// A label of ESCO.
    Esco,
}

impl Method {
    /// The name stored as `extraction_method`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ner => "ner",
            Self::Regex => "regex",
            Self::Esco => "esco",
        }
    }
}

/// A stretch of the text, half open, counted both ways. `text[byte_start..byte_end]` is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte (UTF-8).
    pub byte_start: usize,
    /// Byte after the last.
    pub byte_end: usize,
    /// First code point: what Python, SQL and the API count.
    pub char_start: usize,
    /// Code point after the last.
    pub char_end: usize,
}

/// A mention of a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    /// `urn:observatory:skill:<id>` or the ESCO URI.
    pub concept_uri: Arc<str>,
    /// Canonical name (ESCO: the preferred English label).
    pub name: Arc<str>,
    /// The words in the text: exactly `text[span]`.
    pub surface: String,
    /// Kind of the taxonomy; for ESCO concepts `knowledge`, `skill/competence` or empty.
    pub kind: Arc<str>,
    /// How it was found.
    pub method: Method,
    /// 0 to 1.
    pub confidence: f32,
    /// Part of the ad.
    pub section: Section,
    /// Where it stands.
    pub span: Span,
    /// The ESCO concept of the same meaning.
    pub esco_uri: Option<Arc<str>>,
    /// Why it counts, in a few words.
    pub reason: &'static str,
}

/// What an ad names: all mentions, by place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extraction {
    /// Mentions by `byte_start`; they do not overlap.
    pub skills: Vec<Skill>,
}

impl Extraction {
    /// The most confident mention of each concept, in order of first appearance.
    pub fn distinct(&self) -> Vec<&Skill> {
        let mut place: FxHashMap<&str, usize> = FxHashMap::default();
        let mut best: Vec<&Skill> = Vec::new();
        for skill in &self.skills {
            match place.get(&*skill.concept_uri) {
                Some(&i) if best[i].confidence < skill.confidence => best[i] = skill,
                Some(_) => {}
                None => {
                    place.insert(&skill.concept_uri, best.len());
                    best.push(skill);
                }
            }
        }
        best
    }
}

/// Joins a title and a text as `combined_text` is stored; gives the text and the title's length in bytes,
/// as [`Extractor::extract`] takes them.
pub fn combine(title: &str, text: &str) -> (String, usize) {
    if title.is_empty() {
        return (text.to_owned(), 0);
    }
    if text.is_empty() {
        return (title.to_owned(), title.len());
    }
    (format!("{title}\n{text}"), title.len())
}

/// Length in bytes of the title of a stored `combined_text`: its first line.
pub fn title_len(combined_text: &str) -> usize {
    combined_text.find('\n').unwrap_or(0)
}

/// Finds skills. Build it once, share it in an `Arc`: searching needs no lock.
pub struct Extractor {
    labels: LabelSet,
    matcher: Matcher,
    lexicon: Lexicon,
    taxonomy_version: String,
}

impl Extractor {
    /// Compiles the labels of the own taxonomy and of ESCO (which may be empty).
    pub fn new(taxonomy: &Taxonomy, esco: &[EscoConcept]) -> Self {
        let labels = LabelSet::new(taxonomy, esco);
        let extra: Vec<&str> = context::words().collect();
        let matcher = Matcher::new(&labels.patterns(), &extra);
        Self { lexicon: Lexicon::new(&matcher), matcher, labels, taxonomy_version: taxonomy.version().to_owned() }
    }

    /// Version of the taxonomy that it was built from.
    pub fn taxonomy_version(&self) -> &str {
        &self.taxonomy_version
    }

    /// Number of labels that it looks for.
    pub fn label_count(&self) -> usize {
        self.matcher.len()
    }

    /// The labels that it looks for, as written.
    pub fn label_texts(&self) -> impl Iterator<Item = &str> {
        self.labels.texts()
    }

    /// Number of raw label matches in a text, before any judgement: what benchmarks of matching measure.
    pub fn count_matches(&self, text: &str, scratch: &mut Scratch) -> usize {
        self.find(text, scratch);
        scratch.matches.len()
    }

    /// The skills that `text` names. Its first `title_len` bytes are the title (0: it has none).
    pub fn extract(&self, text: &str, title_len: usize) -> Extraction {
        self.extract_with(text, title_len, &mut Scratch::default())
    }

    /// As [`Extractor::extract`], reusing memory between texts.
    pub fn extract_with(&self, text: &str, title_len: usize, scratch: &mut Scratch) -> Extraction {
        self.find(text, scratch);
        if scratch.matches.is_empty() {
            return Extraction::default();
        }
        let ranges = sections::sections(text, title_len);
        let tokens = &scratch.tokens;
        let mut skills = Vec::with_capacity(scratch.matches.len());
        let mut kept: Vec<Match> = Vec::with_capacity(scratch.matches.len());
        for layer in [labels::OWN, labels::ESCO] {
            let found = scratch.matches.iter().filter(|m| m.layer == layer);
            let free: Vec<Match> = found.filter(|m| !overlaps(&kept, m)).copied().collect();
            let mut all = free;
            all.extend_from_slice(&kept);
            all.sort_unstable_by_key(|m| m.token_start);
            let judged = self.judge_layer(layer, text, tokens, &all);
            for (found, confidence, reason) in judged {
                kept.push(found);
                skills.push(self.skill(text, tokens, &ranges, &found, confidence, reason));
            }
            kept.sort_unstable_by_key(|m| m.token_start);
        }
        skills.sort_by_key(|s| s.span);
        Extraction { skills }
    }

    /// The matches of one layer that count, out of `all` matches known so far.
    fn judge_layer(&self, layer: u8, text: &str, tokens: &[Token], all: &[Match]) -> Vec<(Match, f32, &'static str)> {
        let certain = |m: &Match| m.layer == labels::OWN && !self.labels.get(m.label).needs_context;
        let mut judged = Vec::with_capacity(all.len());
        for (index, found) in all.iter().enumerate().filter(|(_, m)| m.layer == layer) {
            let verdict = if self.labels.get(found.label).needs_context {
                let spelling = self.spelling(text, tokens, found);
                let at = Surroundings { text, tokens, matches: all, index, certain: &certain, spelling };
                context::judge(&self.lexicon, &at).map(|j| (j.confidence, j.reason))
            } else {
                Some(self.plain_confidence(found))
            };
            judged.extend(verdict.map(|(confidence, reason)| (*found, confidence, reason)));
        }
        judged
    }

    fn find(&self, text: &str, scratch: &mut Scratch) {
        self.matcher.find(text, scratch, |label, surface| {
            let label = self.labels.get(label);
            !label.exact_case || label.text == surface
        });
    }

    fn spelling(&self, text: &str, tokens: &[Token], found: &Match) -> Spelling {
        let start = tokens[found.token_start as usize].start as usize;
        let end = tokens[found.token_end as usize - 1].end as usize;
        let surface = text.get(start..end).unwrap_or_default();
        let label = &self.labels.get(found.label).text;
        if surface == label {
            Spelling::Same
        } else if surface.to_lowercase() == label.to_lowercase() {
            Spelling::OtherCase
        } else {
            Spelling::OtherLetters
        }
    }

    fn plain_confidence(&self, found: &Match) -> (f32, &'static str) {
        let words = found.token_end - found.token_start;
        match (self.labels.get(found.label).origin, words) {
            (Origin::Own, _) if found.inflected => (0.9, "form of a taxonomy label"),
            (Origin::Own, _) => (0.95, "taxonomy label"),
            (Origin::EscoPreferred, 2..) => (0.8, "preferred ESCO label"),
            (Origin::EscoAlternative, 2..) => (0.7, "alternative ESCO label"),
            _ => (0.6, "one-word ESCO label"),
        }
    }

    fn skill(
        &self,
        text: &str,
        tokens: &[Token],
        ranges: &[sections::SectionRange],
        found: &Match,
        confidence: f32,
        reason: &'static str,
    ) -> Skill {
        let first = &tokens[found.token_start as usize];
        let last = &tokens[found.token_end as usize - 1];
        let span = Span {
            byte_start: first.start as usize,
            byte_end: last.end as usize,
            char_start: first.char_start as usize,
            char_end: last.char_end as usize,
        };
        let section = sections::section_at(ranges, span.byte_start);
        let label = self.labels.get(found.label);
        let concept = self.labels.concept(label);
        Skill {
            concept_uri: Arc::clone(&concept.uri),
            name: Arc::clone(&concept.name),
            surface: text.get(span.byte_start..span.byte_end).unwrap_or_default().to_owned(),
            kind: Arc::clone(&concept.kind),
            method: if label.origin == Origin::Own { Method::Regex } else { Method::Esco },
            confidence: in_section(confidence, section),
            section,
            span,
            esco_uri: concept.esco_uri.clone(),
            reason,
        }
    }
}

/// What the employer says of itself or offers is rarely asked for.
fn in_section(confidence: f32, section: Section) -> f32 {
    match section {
        Section::Benefits | Section::About => confidence * 0.75,
        _ => confidence,
    }
}

/// Whether a match shares a token with one of `kept`, which are in order and do not overlap.
fn overlaps(kept: &[Match], found: &Match) -> bool {
    let next = kept.partition_point(|k| k.token_end <= found.token_start);
    kept.get(next).is_some_and(|k| k.token_start < found.token_end)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::esco::SkillType;

    const TAXONOMY: &str = r#"
        kind = "programming_language"
        [[concept]]
        id = "go"
        name = "Go"
        aliases = ["Golang"]
        ambiguous = "a word"
        case_sensitive = ["Go"]
        [[concept]]
        id = "excel"
        name = "Excel"
        ambiguous = "a verb"
        kind = "office"
        [[concept]]
        id = "python"
        name = "Python"
        [[concept]]
        id = "nodejs"
        name = "Node.js"
        [[concept]]
        id = "cpp"
        name = "C++"
        [[concept]]
        id = "databases"
        name = "Databases"
        es = ["bases de datos"]"#;

    fn concept(uri: &str, label: &str, es: &str) -> EscoConcept {
        EscoConcept {
            concept_uri: uri.to_owned(),
            skill_type: SkillType::Knowledge,
            preferred_label_en: label.to_owned(),
            preferred_label_es: Some(es.to_owned()),
            ..EscoConcept::default()
        }
    }

    static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
        let taxonomy = Taxonomy::from_files([("t.toml", TAXONOMY)]).unwrap();
        let esco = [
            concept("esco:python", "Python (computer programming)", "Python (programación)"),
            concept("esco:nn", "artificial neural networks", "redes neuronales artificiales"),
            concept("esco:uses", "Python neural pipelines", "uso de bases de datos"),
        ];
        Extractor::new(&taxonomy, &esco)
    });

    fn names(text: &str) -> Vec<String> {
        EXTRACTOR.extract(text, 0).skills.iter().map(|s| s.name.to_string()).collect()
    }

    #[test]
    fn spans_count_bytes_and_code_points() {
        let text = "Ñandú 🐍 programación en Python";
        let skill = &EXTRACTOR.extract(text, 0).skills[0];
        let Span { byte_start, byte_end, char_start, char_end } = skill.span;
        assert_eq!(&text[byte_start..byte_end], "Python");
        let chars: String = text.chars().skip(char_start).take(char_end - char_start).collect();
        assert_eq!(chars, "Python");
    }

    #[test]
    fn an_own_concept_wins_over_esco_and_carries_its_uri() {
        let skills = EXTRACTOR.extract("Python y redes neuronales artificiales", 0).skills;
        assert_eq!(&*skills[0].concept_uri, "urn:observatory:skill:python");
        assert_eq!(skills[0].esco_uri.as_deref(), Some("esco:python"));
        assert_eq!((skills[0].method, skills[1].method), (Method::Regex, Method::Esco));
        assert_eq!(names("uso de bases de datos"), ["Databases"]);
    }

    #[test]
    fn ambiguous_words_need_their_surroundings() {
        assert_eq!(names("Ready to go? Go home. We excel at this."), [""; 0]);
        assert_eq!(names("Python, Go"), ["Python", "Go"]);
        assert_eq!(names("python y go"), ["Python"]);
        assert_eq!(names("Manejo de excel"), ["Excel"]);
        assert_eq!(names("experiencia en Golang"), ["Go"]);
    }

    #[test]
    fn signs_inside_a_name_may_be_missing() {
        assert_eq!(names("NodeJS, node.js, Node JS, node-js"), ["Node.js"; 4]);
    }

    #[test]
    fn every_mention_is_kept_with_its_section_and_distinct_gives_the_best() {
        let (text, title_len) = combine("Dev Python", "Requisitos:\nPython\nSobre nosotros:\nPython");
        let found = EXTRACTOR.extract(&text, title_len);
        let sections: Vec<_> = found.skills.iter().map(|s| s.section).collect();
        assert_eq!(sections, [Section::Title, Section::Requirements, Section::About]);
        assert!(found.skills[2].confidence < found.skills[1].confidence);
        assert_eq!(found.distinct().len(), 1);
        assert_eq!(super::title_len(&text), title_len);
    }

    fn check(text: &str, title_len: usize) -> Result<(), TestCaseError> {
        let found = EXTRACTOR.extract(text, title_len);
        prop_assert_eq!(&found, &EXTRACTOR.extract(text, title_len));
        let mut end = 0;
        for skill in &found.skills {
            let span = skill.span;
            prop_assert!(span.byte_start >= end && span.byte_start < span.byte_end);
            prop_assert_eq!(text.get(span.byte_start..span.byte_end), Some(skill.surface.as_str()));
            prop_assert_eq!(text[..span.byte_start].chars().count(), span.char_start);
            prop_assert_eq!(text[..span.byte_end].chars().count(), span.char_end);
            end = span.byte_end;
        }
        Ok(())
    }

    fn piece() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "Python",
            "PYTHON\u{301}",
            "Go",
            ".NET",
            "C++",
            "Node.js",
            "bases de datos",
            "basés\u{AD} de datos",
            "İ",
            "ß",
            "ﬁ",
            "\0",
            "مرحبا",
            "🐍",
            "\u{200D}",
            "e\u{301}",
            "@",
            "://",
            "www.",
            "x@y.z",
            ".",
            "..",
            "Requisitos:",
            "¿Qué ofrecemos?",
            " ",
            "\n",
            "-",
            " - ",
            "/",
            "+",
            "#",
            "&",
            ",",
            "™",
            "Excel",
            "redes neuronales artificiales",
            "Python12",
        ]);
        prop_oneof![known.prop_map(str::to_owned), any::<String>()]
    }

    proptest! {
        #[test]
        fn spans_are_exact_in_any_text(pieces in prop::collection::vec(piece(), 0..24), title_len in 0usize..64) {
            check(&pieces.concat(), title_len)?;
        }
    }
}
