//! Pipeline A: the skills that an ad names, each with its place, concept and confidence.
//!
//! An ad is one text whose first line is its title, as `combined_text` is stored; [`combine`] joins the two
//! the same way for callers that have them apart. Every span refers to that text.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::confidence::{Features, Model};
use crate::context::{self, Evidence, Lexicon, Spelling, Surroundings};
use crate::coordination;
use crate::demand::{self, Demand, Necessity};
use crate::emerging::{self, Candidate};
use crate::esco::EscoConcept;
use crate::labels::{self, LabelSet, Origin};
use crate::matcher::{Match, Matcher, Scratch};
use crate::sections::{self, Section};
use crate::tagger::{self, Tagger};
use crate::taxonomy::Taxonomy;
use crate::text::tokens::Token;

/// Version of the extraction rules and weights, raised with every change of them; stored with every skill.
pub const EXTRACTOR_VERSION: &str = "rules-2";

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

/// The rule that found a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A label of the taxonomy.
    Label,
    /// Its plural, or with a version behind it.
    LabelForm,
    /// A label that shares words with another one: "pruebas unitarias y de integración".
    Coordinated,
    /// ESCO's preferred label.
    EscoPreferred,
    /// Another label of ESCO.
    EscoAlternative,
    /// A statistical tagger; no label names it.
    Tagged,
    /// What the taxonomy says is asked for wherever another skill is.
    Implied,
}

impl Rule {
    fn describe(self) -> &'static str {
        match self {
            Self::Label => "taxonomy label",
            Self::LabelForm => "form of a taxonomy label",
            Self::Coordinated => "shares words with the label before or behind it",
            Self::EscoPreferred => "preferred ESCO label",
            Self::EscoAlternative => "alternative ESCO label",
            Self::Tagged => "found by the tagger, in no taxonomy",
            Self::Implied => "implied",
        }
    }
}

/// A mention of a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    /// `urn:observatory:skill:<id>` or the ESCO URI.
    pub concept_uri: Arc<str>,
    /// Canonical name (ESCO: the preferred English label).
    pub name: Arc<str>,
    /// The name in Spanish, where it has another one.
    pub name_es: Option<Arc<str>>,
    /// The words in the text: exactly `text[span]`.
    pub surface: String,
    /// For a label that shares words with another one: the label as a whole, which stands nowhere in one piece.
    pub whole: Option<String>,
    /// Kind of the taxonomy; for ESCO concepts `knowledge`, `skill/competence` or empty.
    pub kind: Arc<str>,
    /// How it was found.
    pub method: Method,
    /// Its label is one of ESCO too: looking for ESCO alone finds it.
    pub of_esco: bool,
    /// The rule that found it.
    pub rule: Rule,
    /// For an implied skill: the name of the one that implies it, whose place is its span.
    pub implied_by: Option<Arc<str>>,
    /// What stands around it.
    pub evidence: Evidence,
    /// Years, level and necessity, where the ad states them.
    pub demand: Demand,
    /// The version, as written, where the ad states one.
    pub version: Option<String>,
    /// 0 to 1: the share of such skills that a reader of the ad would write down as asked for.
    pub confidence: f32,
    /// Part of the ad.
    pub section: Section,
    /// Where it stands.
    pub span: Span,
    /// The ESCO concept of the same meaning.
    pub esco_uri: Option<Arc<str>>,
}

impl Skill {
    /// Whether a method finds it when it runs alone.
    pub fn found_by(&self, method: Method) -> bool {
        self.method == method || method == Method::Esco && self.of_esco && self.implied_by.is_none()
    }

    /// Whether it must or may be brought: as the words around it say, else as its section does.
    pub fn necessity(&self) -> Necessity {
        match (self.demand.necessity, self.section) {
            (Necessity::Unstated, Section::Desirable) => Necessity::Desirable,
            (Necessity::Unstated, Section::Requirements) => Necessity::Required,
            (stated, _) => stated,
        }
    }

    /// Why it counts, in a few words: the rule and the context that spoke for it.
    pub fn reason(&self) -> String {
        let mut reason = match &self.implied_by {
            Some(by) => format!("implied by {by}"),
            None => self.rule.describe().to_owned(),
        };
        for part in self.evidence.describe() {
            reason.push_str("; ");
            reason.push_str(part);
        }
        reason
    }
}

/// What an ad names: all mentions, by place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extraction {
    /// Mentions by place; those of one text do not overlap, implied ones stand where their cause does.
    pub skills: Vec<Skill>,
    /// Where asked for: what was found and does not count.
    pub dismissed: Vec<Dismissed>,
    /// Where asked for: what may be a skill that neither the taxonomy nor ESCO knows.
    pub candidates: Vec<Candidate>,
}

/// What [`Extractor::extract_with`] gives beside the skills.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras {
    /// What was found and does not count, with the reason.
    pub dismissed: bool,
    /// What may be a skill that is not known yet.
    pub candidates: bool,
}

/// A label that stands in the text and does not count as a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct Dismissed {
    /// URI of its concept.
    pub concept_uri: Arc<str>,
    /// Canonical name of its concept.
    pub name: Arc<str>,
    /// Kind of its concept.
    pub kind: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// Why not.
    pub reason: &'static str,
}

impl Extraction {
    /// Keeps what these methods find when no other runs, and says which of them did; none: all methods.
    pub fn only(&mut self, methods: &[Method]) {
        if methods.is_empty() {
            return;
        }
        self.skills.retain(|skill| methods.iter().any(|method| skill.found_by(*method)));
        for skill in &mut self.skills {
            if !methods.contains(&skill.method) {
                skill.method = Method::Esco;
            }
        }
    }

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
    model: Model,
    tagger: Option<Arc<dyn Tagger>>,
    taxonomy_version: String,
}

/// What reading a text gives: mentions by place, and what the ad states of each.
#[derive(Default)]
struct Read {
    mentions: Vec<Mention>,
    demands: Vec<Demand>,
}

/// A mention before it is written out.
#[derive(Clone, Copy)]
struct Mention {
    label: u32,
    rule: Rule,
    evidence: Evidence,
    span: Span,
    section: Section,
}

impl Extractor {
    /// Compiles the labels of the own taxonomy and of ESCO (which may be empty).
    pub fn new(taxonomy: &Taxonomy, esco: &[EscoConcept]) -> Self {
        let labels = LabelSet::new(taxonomy, esco);
        let extra: Vec<&str> = context::words().collect();
        let matcher = Matcher::new(&labels.patterns(), &extra);
        let lexicon = Lexicon::new(&matcher);
        let taxonomy_version = taxonomy.version().to_owned();
        Self { lexicon, matcher, labels, model: Model::embedded(), tagger: None, taxonomy_version }
    }

    /// Adds a tagger, whose finds are skills of method `ner`.
    #[must_use]
    pub fn with_tagger(mut self, tagger: Arc<dyn Tagger>) -> Self {
        self.tagger = Some(tagger);
        self
    }

    /// Whether it has a tagger.
    pub fn has_tagger(&self) -> bool {
        self.tagger.is_some()
    }

    /// Version of the rules, and of the tagger where there is one; stored with every skill.
    pub fn version(&self) -> String {
        let tagger = self.tagger.as_ref().map(|tagger| format!(" ner {}", tagger.version()));
        format!("{EXTRACTOR_VERSION}{}", tagger.unwrap_or_default())
    }

    /// Version of the taxonomy that it was built from.
    pub fn taxonomy_version(&self) -> &str {
        &self.taxonomy_version
    }

    /// Whether a skill is sure enough to be counted as asked for.
    pub fn is_asked(&self, skill: &Skill) -> bool {
        // A tagger brings its own bar.
        skill.method == Method::Ner || skill.confidence >= self.model.threshold(&skill.kind)
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
        self.extract_with(text, title_len, Extras::default(), &mut Scratch::default())
    }

    /// As [`Extractor::extract`], with extras, reusing memory between texts.
    pub fn extract_with(&self, text: &str, title_len: usize, extras: Extras, scratch: &mut Scratch) -> Extraction {
        let mut extraction = Extraction::default();
        let read = self.read(text, title_len, extras, scratch, &mut extraction);
        let findings = self.findings(&read.mentions);
        extraction.skills.reserve(read.mentions.len() * 2);
        for finding in &findings {
            let confidence = self.model.confidence(&finding.features);
            for &at in &finding.mentions {
                let mut skill = self.skill(text, &read.mentions[at], &read.demands[at], finding.concept);
                skill.confidence = confidence;
                if let Some(by) = finding.implied_by {
                    skill.rule = Rule::Implied;
                    skill.implied_by = Some(Arc::clone(&self.labels.concept(by).name));
                }
                extraction.skills.push(skill);
            }
        }
        if let Some(tagger) = &self.tagger {
            let ranges = sections::sections(text, title_len);
            let unlisted = tagger::unlisted(&**tagger, text, &ranges, &extraction.skills);
            extraction.skills.extend(unlisted);
        }
        extraction.skills.sort_by(|a, b| (a.span, a.rule, &a.concept_uri).cmp(&(b.span, b.rule, &b.concept_uri)));
        extraction
    }

    /// The features of each concept found or implied, by its URI: what the confidence model is fitted to.
    pub fn features(&self, text: &str, title_len: usize) -> Vec<(Arc<str>, Features)> {
        let (mut scratch, mut extraction) = (Scratch::default(), Extraction::default());
        let read = self.read(text, title_len, Extras::default(), &mut scratch, &mut extraction);
        let findings = self.findings(&read.mentions);
        findings.into_iter().map(|f| (Arc::clone(&self.labels.concept(f.concept).uri), f.features)).collect()
    }

    /// Finds and judges all mentions; extras go into `out`.
    fn read(&self, text: &str, title_len: usize, extras: Extras, scratch: &mut Scratch, out: &mut Extraction) -> Read {
        self.find(text, scratch);
        if scratch.matches.is_empty() {
            return Read::default();
        }
        let ranges = sections::sections(text, title_len);
        let tokens = &scratch.tokens;
        let mut mentions: Vec<Mention> = Vec::with_capacity(scratch.matches.len());
        let mut kept: Vec<Match> = Vec::with_capacity(scratch.matches.len());
        let certain = |m: &Match| m.layer == labels::OWN && !self.labels.get(m.label).needs_context;
        for layer in [labels::OWN, labels::ESCO] {
            let free = scratch.matches.iter().filter(|m| m.layer == layer && !overlaps(&kept, m));
            let mut all: Vec<Match> = free.chain(&kept).copied().collect();
            all.sort_unstable_by_key(|m| m.token_start);
            let surroundings = Surroundings { text, tokens, matches: &all, certain: &certain };
            for (found, mut evidence) in all.iter().zip(surroundings.evidence(&self.lexicon)) {
                if found.layer != layer {
                    continue;
                }
                let span = span(tokens, found.token_start, found.token_end);
                let section = sections::section_at(&ranges, span.byte_start);
                evidence.spelling = self.spelling(text, found.label, span);
                let letters = span.char_end - span.char_start;
                if self.labels.get(found.label).needs_context && !evidence.supports(section, letters) {
                    if extras.dismissed {
                        out.dismissed.push(self.dismissed(
                            found.label,
                            span,
                            "an ordinary word too, and nothing speaks for the skill",
                        ));
                    }
                    continue;
                }
                kept.push(*found);
                mentions.push(Mention { label: found.label, rule: self.rule(found), evidence, span, section });
            }
            kept.sort_unstable_by_key(|m| m.token_start);
        }
        for shared in coordination::coordinated(&self.matcher, text, tokens, &kept) {
            if self.labels.get(shared.label).needs_context {
                continue;
            }
            let span = span(tokens, shared.token_start, shared.token_end);
            // What it covers is a piece of it.
            mentions.retain(|m| m.span.byte_end <= span.byte_start || m.span.byte_start >= span.byte_end);
            let section = sections::section_at(&ranges, span.byte_start);
            let evidence = Evidence { listed: context::Listed::WithCertain, ..Evidence::default() };
            mentions.push(Mention { label: shared.label, rule: Rule::Coordinated, evidence, span, section });
        }
        mentions.sort_unstable_by_key(|m| m.span);
        if extras.candidates {
            let surroundings = Surroundings { text, tokens, matches: &kept, certain: &certain };
            let known = |words: &[Token]| self.matcher.label_of(words.iter().map(|t| t.id), labels::OWN).is_some();
            let free = |c: &Candidate| {
                mentions.iter().all(|m| m.span.byte_end <= c.span.byte_start || c.span.byte_end <= m.span.byte_start)
            };
            out.candidates = emerging::candidates(&surroundings, &self.lexicon, &ranges, known);
            out.candidates.retain(free);
        }
        self.without_negated(text, mentions, extras, out)
    }

    /// What the ad states of each mention; those that it says are not asked for fall away.
    fn without_negated(&self, text: &str, mentions: Vec<Mention>, extras: Extras, out: &mut Extraction) -> Read {
        let spans: Vec<(usize, usize)> = mentions.iter().map(|m| (m.span.byte_start, m.span.byte_end)).collect();
        let mut read =
            Read { mentions: Vec::with_capacity(mentions.len()), demands: Vec::with_capacity(mentions.len()) };
        for (mention, demand) in mentions.into_iter().zip(demand::demands(text, &spans)) {
            if !demand.negated {
                read.mentions.push(mention);
                read.demands.push(demand);
            } else if extras.dismissed {
                out.dismissed.push(self.dismissed(mention.label, mention.span, "the ad says that it is not asked for"));
            }
        }
        read
    }

    fn dismissed(&self, label: u32, span: Span, reason: &'static str) -> Dismissed {
        let concept = self.labels.concept_of(label);
        Dismissed {
            concept_uri: Arc::clone(&concept.uri),
            name: Arc::clone(&concept.name),
            kind: Arc::clone(&concept.kind),
            span,
            reason,
        }
    }

    /// The mentions by concept, and the concepts that they imply.
    fn findings(&self, mentions: &[Mention]) -> Vec<Finding> {
        let mut place: FxHashMap<u32, usize> = FxHashMap::default();
        let mut findings: Vec<Finding> = Vec::new();
        for (at, mention) in mentions.iter().enumerate() {
            let concept = self.labels.get(mention.label).concept;
            let i = *place.entry(concept).or_insert_with(|| {
                findings.push(Finding::new(concept));
                findings.len() - 1
            });
            findings[i].mentions.push(at);
        }
        for i in 0..findings.len() {
            let (by, first) = (findings[i].concept, findings[i].mentions[0]);
            for &concept in &self.labels.concept(by).implies {
                let at = *place.entry(concept).or_insert_with(|| {
                    findings.push(Finding { mentions: vec![first], implied_by: Some(by), ..Finding::new(concept) });
                    findings.len() - 1
                });
                findings[at].implying += 1;
            }
        }
        for finding in &mut findings {
            finding.features = self.describe(finding, mentions);
        }
        findings
    }

    fn describe(&self, finding: &Finding, mentions: &[Mention]) -> Features {
        let mut features =
            Features::new(self.labels.concept(finding.concept), finding.implied_by.is_some(), finding.implying);
        for mention in finding.mentions.iter().map(|&at| &mentions[at]) {
            let label = self.labels.get(mention.label);
            features.add(
                mention.section,
                mention.rule,
                &mention.evidence,
                label,
                mention.span.char_end - mention.span.char_start,
            );
        }
        features.finish();
        features
    }

    fn find(&self, text: &str, scratch: &mut Scratch) {
        self.matcher.find(text, scratch, |label, surface| {
            let label = self.labels.get(label);
            !label.exact_case || label.text == surface
        });
    }

    fn spelling(&self, text: &str, label: u32, span: Span) -> Spelling {
        let surface = text.get(span.byte_start..span.byte_end).unwrap_or_default();
        let label = &self.labels.get(label).text;
        if surface == label {
            Spelling::Same
        } else if surface.to_lowercase() == label.to_lowercase() {
            Spelling::OtherCase
        } else {
            Spelling::OtherLetters
        }
    }

    fn rule(&self, found: &Match) -> Rule {
        match self.labels.get(found.label).origin {
            Origin::Own if found.inflected => Rule::LabelForm,
            Origin::Own => Rule::Label,
            Origin::EscoPreferred => Rule::EscoPreferred,
            Origin::EscoAlternative => Rule::EscoAlternative,
        }
    }

    fn skill(&self, text: &str, mention: &Mention, demand: &Demand, concept: u32) -> Skill {
        let entry = self.labels.concept(concept);
        let span = mention.span;
        Skill {
            concept_uri: Arc::clone(&entry.uri),
            name: Arc::clone(&entry.name),
            name_es: entry.name_es.clone(),
            surface: text.get(span.byte_start..span.byte_end).unwrap_or_default().to_owned(),
            whole: (mention.rule == Rule::Coordinated).then(|| self.labels.get(mention.label).text.clone()),
            kind: Arc::clone(&entry.kind),
            method: match mention.rule {
                Rule::EscoPreferred | Rule::EscoAlternative => Method::Esco,
                _ => Method::Regex,
            },
            of_esco: self.labels.get(mention.label).of_esco,
            rule: mention.rule,
            implied_by: None,
            evidence: mention.evidence,
            demand: *demand,
            version: demand.version_in(text).map(str::to_owned).or_else(|| version_inside(text, span, &entry.name)),
            confidence: 0.0,
            section: mention.section,
            span,
            esco_uri: entry.esco_uri.clone(),
        }
    }
}

/// A concept of an ad: its mentions, and what they say together.
struct Finding {
    concept: u32,
    mentions: Vec<usize>,
    features: Features,
    implied_by: Option<u32>,
    /// How many concepts of the ad imply it.
    implying: u32,
}

impl Finding {
    fn new(concept: u32) -> Self {
        Self { concept, mentions: Vec::new(), features: Features::default(), implied_by: None, implying: 0 }
    }
}

/// The version that is part of a label ("Java 8"), with the plus behind it; none where it is part of the name.
fn version_inside(text: &str, span: Span, name: &str) -> Option<String> {
    let (_, last) = text.get(span.byte_start..span.byte_end)?.rsplit_once(' ')?;
    let version = last.starts_with(|c: char| c.is_ascii_digit()) && last.len() <= 4;
    if !version || name.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plus = if text[span.byte_end..].starts_with('+') { "+" } else { "" };
    Some(format!("{last}{plus}"))
}

/// The place of tokens `start..end`, which are at least one.
pub(crate) fn span(tokens: &[Token], start: u32, end: u32) -> Span {
    let (first, last) = (&tokens[start as usize], &tokens[end as usize - 1]);
    Span {
        byte_start: first.start as usize,
        byte_end: last.end as usize,
        char_start: first.char_start as usize,
        char_end: last.char_end as usize,
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
    fn a_version_in_a_label_is_told() {
        let file = TAXONOMY.replace("name = \"Python\"", "name = \"Python\"\naliases = [\"Python 3\"]");
        let extractor = Extractor::new(&Taxonomy::from_files([("t.toml", file.as_str())]).unwrap(), &[]);
        let versions = |text| extractor.extract(text, 0).skills.iter().map(|s| s.version.clone()).collect::<Vec<_>>();
        assert_eq!(versions("Python 3+ y Node.js"), [Some("3+".to_owned()), None]);
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
        let about = EXTRACTOR.extract("Sobre nosotros:\nPython", 0);
        assert!(about.skills[0].confidence < found.skills[2].confidence);
        assert_eq!(found.distinct().len(), 1);
        assert_eq!(super::title_len(&text), title_len);
    }

    struct Digits;

    impl Tagger for Digits {
        fn version(&self) -> String {
            "digits 1".into()
        }

        fn tag(&self, text: &str) -> Vec<tagger::Tagged> {
            let places = text.match_indices("Zorblax").chain(text.match_indices("Python"));
            places.map(|(at, w)| tagger::Tagged { byte_start: at, byte_end: at + w.len(), score: 0.9 }).collect()
        }
    }

    #[test]
    fn a_tagger_adds_what_no_label_names() {
        let taxonomy = Taxonomy::from_files([("t.toml", TAXONOMY)]).unwrap();
        let extractor = Extractor::new(&taxonomy, &[]).with_tagger(Arc::new(Digits));
        let mut found = extractor.extract("Ñ Python y Zorblax", 0);
        let methods: Vec<_> = found.skills.iter().map(|s| (&*s.surface, s.method, s.span.char_start)).collect();
        assert_eq!(methods, [("Python", Method::Regex, 2), ("Zorblax", Method::Ner, 11)]);
        assert_eq!(&*found.skills[1].concept_uri, "urn:observatory:unlisted:zorblax");
        assert!(extractor.version().ends_with(" ner digits 1"));
        found.only(&[Method::Ner]);
        assert_eq!(found.skills.len(), 1);
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
