//! Which skills mean the same: spellings, acronyms, labels of one concept, vectors that nearly meet.
//!
//! A rule accepts only what is certain. Everything else is proposed, unless something speaks against it: siblings such
//! as Java and JavaScript are near in any embedding.

use std::collections::{BTreeMap, BTreeSet};

use observatory_extraction::text::fold::{fold_phrase, stem_phrase};
use observatory_store::embeddings::{Concept, Named, Pair};
use rustc_hash::{FxHashMap, FxHashSet};

/// From this calibrated similarity on, vectors alone make a proposal.
pub const NEAR: f32 = 0.85;
/// What an acronym's vector must say at least, where there is one: initials alone fit many names.
const ACRONYM: f32 = 0.2;

/// Words between the words of a name.
const JOINING: &[&str] =
    &["de", "del", "la", "el", "los", "las", "y", "e", "en", "para", "of", "and", "the", "for", "in", "to"];

/// Words that say what sort of thing a name is, and nothing else.
const GENERIC: &[&str] = &[
    "lenguaje",
    "language",
    "framework",
    "software",
    "herramienta",
    "tool",
    "plataforma",
    "platform",
    "conocimiento",
    "knowledge",
    "habilidad",
    "habilidades",
    "skill",
    "skills",
    "manejo",
    "uso",
    "programacion",
    "programming",
];

/// Words of opposite or parallel meaning: what differs only in them differs.
const OPPOSITES: &[(&str, &str)] = &[
    ("front", "back"),
    ("frontend", "backend"),
    ("front end", "back end"),
    ("manual", "automatizada"),
    ("manual", "automated"),
    ("manual", "automation"),
    ("interna", "externa"),
    ("interno", "externo"),
    ("internal", "external"),
    ("entrada", "salida"),
    ("input", "output"),
    ("oral", "escrita"),
    ("verbal", "written"),
    ("online", "offline"),
    ("horizontal", "vertical"),
    ("supervisado", "no supervisado"),
    ("android", "ios"),
    ("compras", "ventas"),
    ("hardware", "software"),
    ("entrante", "saliente"),
    ("inbound", "outbound"),
    ("white", "black"),
    ("blanca", "negra"),
    ("upper", "lower"),
    ("nacional", "internacional"),
];

/// Labels of concepts, by their folded words.
#[derive(Default)]
pub struct Labels {
    by_label: FxHashMap<String, Vec<Meaning>>,
}

/// A concept that a label stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meaning {
    concept: u32,
    role: Role,
    is_esco: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Name,
    Spanish,
    Other,
}

impl Labels {
    /// The labels of these concepts. An own concept and the ESCO concept that it names are one.
    pub fn new(concepts: &[Concept]) -> Self {
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let mut labels = Self::default();
        for concept in concepts {
            let uri = if concept.esco_uri.is_empty() { &concept.concept_uri } else { &concept.esco_uri };
            let next = numbers.len() as u32;
            let number = *numbers.entry(uri).or_insert(next);
            labels.add(&concept.name, Meaning { concept: number, role: Role::Name, is_esco: concept.is_esco });
            labels.add(&concept.name_es, Meaning { concept: number, role: Role::Spanish, is_esco: concept.is_esco });
            for label in &concept.labels {
                labels.add(label, Meaning { concept: number, role: Role::Other, is_esco: concept.is_esco });
            }
        }
        labels
    }

    fn add(&mut self, label: &str, meaning: Meaning) {
        let key = fold_phrase(label);
        if !key.is_empty() {
            let meanings = self.by_label.entry(key).or_default();
            if !meanings.iter().any(|m| m.concept == meaning.concept) {
                meanings.push(meaning);
            }
        }
    }

    fn of(&self, text: &str) -> &[Meaning] {
        self.by_label.get(&fold_phrase(text)).map_or(&[], Vec::as_slice)
    }
}

/// Calibrated similarity of two skills, by their places; none where one has no vector.
pub type Similarity<'a> = dyn Fn(usize, usize) -> Option<f32> + 'a;

/// The pairs among these skills, those of most ads first in `skills`; `near` are places of skills whose vectors lie
/// near each other. Each pair once, the skill of more ads is the one that stays.
pub fn find(skills: &[Named], labels: &Labels, near: &[(usize, usize)], similarity: &Similarity<'_>) -> Vec<Pair> {
    let mut found = Found { skills, labels, similarity, pairs: BTreeMap::new() };
    found.spellings();
    found.concepts();
    found.acronyms();
    let near: BTreeSet<(usize, usize)> = near.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
    found.vectors(&near);
    found.pairs.into_values().collect()
}

struct Found<'a> {
    skills: &'a [Named],
    labels: &'a Labels,
    similarity: &'a Similarity<'a>,
    pairs: BTreeMap<(usize, usize), Pair>,
}

impl Found<'_> {
    /// The first of a group stays.
    fn groups(&self, key: impl Fn(&str) -> Vec<String>) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, skill) in self.skills.iter().enumerate() {
            for key in key(&skill.skill_text) {
                groups.entry(key).or_default().push(at);
            }
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }

    fn spellings(&mut self) {
        for group in self.groups(spelling_keys) {
            for other in &group[1..] {
                let certain = !self.differ(group[0], *other);
                self.add(group[0], *other, "spelling", "they differ in spelling only", certain);
            }
        }
    }

    fn concepts(&mut self) {
        let labels = self.labels;
        let groups = self.groups(|text| labels.of(text).iter().map(|m| m.concept.to_string()).collect());
        for group in groups {
            for other in &group[1..] {
                self.concept_pair(group[0], *other);
            }
        }
    }

    fn concept_pair(&mut self, stays: usize, goes: usize) {
        let (a, b) = (self.text(stays), self.text(goes));
        if numbers_clash(a, b) {
            return;
        }
        let (of_a, of_b) = (self.labels.of(a), self.labels.of(b));
        let shared = of_a.iter().find_map(|m| of_b.iter().find(|n| n.concept == m.concept).map(|n| (m, n)));
        let Some((m, n)) = shared else { return };
        // ESCO's other labels are loose, and a label of two concepts says too little.
        let loose = |m: &Meaning| m.is_esco && m.role == Role::Other;
        let certain = of_a.len() == 1 && of_b.len() == 1 && !loose(m) && !loose(n);
        let translated = matches!((m.role, n.role), (Role::Name, Role::Spanish) | (Role::Spanish, Role::Name));
        self.add(stays, goes, "concept", "both are labels of one concept", certain);
        if translated {
            self.add(stays, goes, "translation", "one is the Spanish name of the other", certain);
        }
    }

    fn acronyms(&mut self) {
        let mut by_initials: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (at, skill) in self.skills.iter().enumerate() {
            for initials in initials(&skill.skill_text) {
                by_initials.entry(initials).or_default().push(at);
            }
        }
        for (at, skill) in self.skills.iter().enumerate() {
            let text = skill.skill_text.trim();
            let is_acronym = (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
            let of_initials = if is_acronym { by_initials.get(&text.to_lowercase()) } else { None };
            for whole in of_initials.into_iter().flatten() {
                let unlike = self.similarity(at, *whole).is_some_and(|similarity| similarity < ACRONYM);
                if !unlike && !self.known_apart(at, *whole) {
                    let reason = format!("{text} are its initials");
                    self.add(at.min(*whole), at.max(*whole), "acronym", &reason, false);
                }
            }
        }
    }

    fn vectors(&mut self, near: &BTreeSet<(usize, usize)>) {
        for (a, b) in near.iter().copied() {
            let similarity = self.similarity(a, b).unwrap_or(0.0);
            let (first, second) = (self.text(a), self.text(b));
            if similarity >= NEAR && !siblings(first, second) && !self.known_apart(a, b) {
                let reason = format!("their vectors nearly meet (similarity {similarity:.2})");
                self.add(a, b, "vector", &reason, false);
            }
        }
    }

    fn text(&self, at: usize) -> &str {
        &self.skills[at].skill_text
    }

    fn similarity(&self, a: usize, b: usize) -> Option<f32> {
        (self.similarity)(a, b)
    }

    /// True where ads were found to name two concepts of their own.
    fn differ(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.skills[a].concept_uri, &self.skills[b].concept_uri);
        !a.is_empty() && !b.is_empty() && a != b
    }

    /// True where one taxonomy has both, as two concepts.
    fn known_apart(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.labels.of(self.text(a)), self.labels.of(self.text(b)));
        let in_one = |esco: bool| a.iter().any(|m| m.is_esco == esco) && b.iter().any(|m| m.is_esco == esco);
        let shared = a.iter().any(|m| b.iter().any(|n| n.concept == m.concept));
        !shared && (in_one(false) || in_one(true))
    }

    fn add(&mut self, stays: usize, goes: usize, evidence: &str, reason: &str, certain: bool) {
        let similarity = self.similarity(stays, goes);
        let (skill, canonical) = (self.text(goes).to_string(), self.text(stays).to_string());
        let pair = self.pairs.entry((stays, goes)).or_insert_with(|| Pair {
            skill_text: skill,
            canonical_text: canonical,
            similarity: similarity.unwrap_or(0.0),
            evidence: Vec::new(),
            reason: String::new(),
            accepted: false,
        });
        if certain {
            pair.accepted = true;
            pair.similarity = 1.0;
        }
        if pair.evidence.iter().any(|known| known == evidence) {
            return;
        }
        pair.evidence.push(evidence.to_string());
        if !pair.reason.is_empty() {
            pair.reason.push_str("; ");
        }
        pair.reason.push_str(reason);
    }
}

/// Texts that share one differ in case, accents, signs and spaces only, or in plurals too. `+` and `#` are part of names.
fn spelling_keys(text: &str) -> Vec<String> {
    let solid =
        |text: String| -> String { text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '+' | '#')).collect() };
    let (plain, stemmed) = (solid(fold_phrase(text)), solid(stem_phrase(text)));
    // Stems of several words are kept apart from words: no word has this sign in front.
    if plain.is_empty() { Vec::new() } else { vec![plain, format!("~{stemmed}")] }
}

fn words(text: &str) -> Vec<String> {
    let stemmed = stem_phrase(text);
    let words =
        stemmed.split(' ').map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#'));
    words.filter(|word| !word.is_empty() && !JOINING.contains(word)).map(str::to_string).collect()
}

/// The initials of a name of several words, in lower case, with and without the words between.
fn initials(text: &str) -> Vec<String> {
    let folded = fold_phrase(text);
    let all: Vec<&str> = folded.split(' ').filter(|word| word.starts_with(char::is_alphanumeric)).collect();
    let meaning: Vec<&str> = all.iter().copied().filter(|word| !JOINING.contains(word)).collect();
    let first = |words: &[&str]| words.iter().filter_map(|word| word.chars().next()).collect::<String>();
    let mut initials = vec![first(&all), first(&meaning)];
    initials.retain(|letters| letters.chars().count() > 1);
    initials.dedup();
    initials
}

fn numbers(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_string).collect()
}

/// True where both have numbers, and others.
fn numbers_clash(a: &str, b: &str) -> bool {
    let (a, b) = (numbers(a), numbers(b));
    !a.is_empty() && !b.is_empty() && a != b
}

/// True where names that look or sound alike are known to mean different things.
fn siblings(a: &str, b: &str) -> bool {
    let signs = |text: &str| text.chars().filter(|c| matches!(c, '+' | '#')).collect::<String>();
    if numbers(a) != numbers(b) || signs(a) != signs(b) {
        return true;
    }
    let (a, b) = (words(a), words(b));
    let of_a: FxHashSet<&str> = a.iter().map(String::as_str).collect();
    let of_b: FxHashSet<&str> = b.iter().map(String::as_str).collect();
    let mut only_a: Vec<&str> = of_a.difference(&of_b).copied().filter(|word| !is_generic(word)).collect();
    let mut only_b: Vec<&str> = of_b.difference(&of_a).copied().filter(|word| !is_generic(word)).collect();
    only_a.sort_unstable();
    only_b.sort_unstable();
    match (only_a.as_slice(), only_b.as_slice()) {
        // They differ in generic words only.
        ([], []) => false,
        // One is more special: SQL and SQL Server.
        ([], _) | (_, []) => true,
        ([a], [b]) => a.starts_with(b) || b.starts_with(a) || opposite(a, b),
        (a, b) => opposite(&a.join(" "), &b.join(" ")),
    }
}

fn is_generic(word: &str) -> bool {
    GENERIC.iter().any(|generic| *generic == word || stem_phrase(generic) == word)
}

fn opposite(a: &str, b: &str) -> bool {
    OPPOSITES.iter().any(|(x, y)| {
        let (x, y) = (stem_phrase(x), stem_phrase(y));
        (x == a && y == b) || (x == b && y == a)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concept(name: &str, name_es: &str, labels: &[&str], is_esco: bool) -> Concept {
        Concept {
            skill_id: name.into(),
            concept_uri: format!("urn:{is_esco}:{name}"),
            name: name.into(),
            name_es: name_es.into(),
            kind: String::new(),
            esco_uri: if is_esco { format!("urn:{is_esco}:{name}") } else { String::new() },
            labels: labels.iter().map(|label| (*label).to_string()).collect(),
            is_esco,
        }
    }

    /// All skills are near each other, so that only the guards keep them apart.
    fn pairs(texts: &[&str], concepts: &[Concept]) -> Vec<(String, String, String, bool)> {
        let named = |text: &&str| Named { skill_text: (*text).into(), concept_uri: String::new(), job_count: 1 };
        let skills: Vec<Named> = texts.iter().map(named).collect();
        let near: Vec<_> = (0..texts.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let found = find(&skills, &Labels::new(concepts), &near, &|_, _| Some(0.95));
        found.into_iter().map(|p| (p.skill_text, p.canonical_text, p.evidence.join("+"), p.accepted)).collect()
    }

    fn evidence(stays: &str, goes: &str, concepts: &[Concept]) -> Option<(String, bool)> {
        let found = pairs(&[stays, goes], concepts);
        found.into_iter().next().map(|(skill, canonical, evidence, accepted)| {
            assert_eq!((skill.as_str(), canonical.as_str()), (goes, stays));
            (evidence, accepted)
        })
    }

    #[test]
    fn spellings_of_one_name_are_accepted_by_rule() {
        for (a, b) in [
            ("Node.js", "nodejs"),
            ("bases de datos", "Base de Datos"),
            ("CI/CD", "ci cd"),
            ("Programación", "programacion"),
            ("e-commerce", "ecommerce"),
            ("API REST", "apis rest"),
        ] {
            let (evidence, accepted) = evidence(a, b, &[]).unwrap_or_else(|| panic!("{a} = {b}"));
            assert!(evidence.starts_with("spelling") && accepted, "{a} = {b}: {evidence}");
        }
    }

    #[test]
    fn siblings_are_never_a_pair_however_near_their_vectors() {
        let known = [concept("SQL Server", "", &[], false), concept("MySQL", "", &[], false)];
        for (a, b) in [
            ("Java", "JavaScript"),
            ("C", "C++"),
            ("C++", "C#"),
            ("C", "C#"),
            ("Angular", "AngularJS"),
            ("SQL Server", "MySQL"),
            ("SQL", "SQL Server"),
            ("Python 2", "Python 3"),
            ("desarrollo frontend", "desarrollo backend"),
            ("Front End", "Back End"),
            ("React", "React Native"),
            ("pruebas manuales", "pruebas automatizadas"),
            ("Windows Server 2016", "Windows Server 2019"),
            ("Spring", "Spring Boot"),
        ] {
            assert_eq!(evidence(a, b, &known), None, "{a} / {b}");
        }
    }

    #[test]
    fn labels_of_one_concept_are_a_pair_and_its_names_a_translation() {
        let known = [
            concept("Databases", "Bases de datos", &["BBDD"], false),
            concept("manage people", "gestionar personas", &["lead staff"], true),
            concept("Kafka", "", &["streaming"], false),
            concept("Flink", "", &["streaming"], false),
        ];
        let of = |a, b| evidence(a, b, &known).unwrap();
        let (found, accepted) = of("Bases de datos", "databases");
        assert!(found.contains("concept+translation") && accepted, "{found}");
        assert_eq!(of("databases", "BBDD"), ("concept+vector".into(), true));
        assert_eq!(
            of("manage people", "lead staff"),
            ("concept+vector".into(), false),
            "ESCO's other labels are loose"
        );
        assert_eq!(of("Kafka", "streaming"), ("concept+vector".into(), false), "a label of two concepts");
    }

    #[test]
    fn initials_and_near_vectors_are_only_proposed() {
        assert_eq!(
            evidence("procesamiento de lenguaje natural", "PLN", &[]).unwrap(),
            ("acronym+vector".into(), false)
        );
        assert_eq!(evidence("Amazon Web Services", "AWS", &[]).unwrap(), ("acronym+vector".into(), false));
        assert_eq!(evidence("trabajo en equipo", "teamwork", &[]).unwrap(), ("vector".into(), false));
        assert_eq!(evidence("Java", "lenguaje Java", &[]).unwrap(), ("vector".into(), false));
    }

    #[test]
    fn each_pair_stands_once_and_the_skill_of_more_ads_stays() {
        let found = pairs(&["NodeJS", "Node.js", "node js"], &[]);
        let texts: Vec<_> = found.iter().map(|(a, b, ..)| (a.as_str(), b.as_str())).collect();
        assert_eq!(&texts[..2], [("Node.js", "NodeJS"), ("node js", "NodeJS")]);
        let unique: FxHashSet<_> = texts.iter().collect();
        assert_eq!(unique.len(), texts.len());
        assert!(pairs(&[], &[]).is_empty());
        assert!(pairs(&["", "  ", "¿?"], &[]).iter().all(|(_, _, evidence, _)| evidence == "vector"));
    }

    #[test]
    fn unlike_vectors_speak_against_initials() {
        let skills =
            ["project manager", "PM"].map(|t| Named { skill_text: t.into(), concept_uri: String::new(), job_count: 1 });
        let find = |similarity| find(&skills, &Labels::default(), &[], &move |_, _| similarity).len();
        assert_eq!((find(Some(0.1)), find(Some(0.5)), find(None)), (0, 1, 1));
    }
}
