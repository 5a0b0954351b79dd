//! From a phrase of an ad to the ESCO concepts that may say the same: words and letters in common, no model.
//!
//! Every label is a vector of its stemmed words and of the letter triples of its words, rare ones weighing more;
//! a phrase is compared with all labels by the cosine, and a concept counts by its best label. Descriptions and
//! the number of narrower concepts were tried as further evidence and made it worse (docs/evaluation.md).

use rustc_hash::FxHashMap;

use crate::esco::{EscoConcept, SkillType};
use crate::taxonomy::Taxonomy;
use crate::text::fold::fold_phrase;

/// Weight of letter triples beside words.
const TRIPLES: f32 = 0.3;
/// A label that is not the preferred one counts so much.
const ALTERNATIVE: f32 = 0.8;
/// Weight of words that ads put around any skill.
const GENERIC_WEIGHT: f32 = 0.7;
/// What a concept of knowledge gains where the phrase is a name.
const KNOWLEDGE: f32 = 0.04;
/// What a concept of ESCO's digital skills gains, and one of its transversal skills.
const DIGITAL: f32 = 0.05;
const TRANSVERSAL: f32 = 0.05;
/// Features that more than this share of the labels have say nothing.
const COMMON: f32 = 0.06;
/// What equality adds, so that it goes before any likeness: folded, and only in stems.
const EQUAL: f32 = 1.0;
const EQUAL_STEMS: f32 = 0.2;

/// Words that carry no meaning of their own, in both languages.
const FUNCTION_WORDS: &[&str] = &[
    "a", "an", "and", "or", "the", "of", "to", "in", "for", "with", "on", "at", "by", "from", "as", "be", "is", "are",
    "that", "this", "our", "your", "their", "its", "you", "we", "will", "can", "have", "has", "how", "into", "such",
    "within", "y", "o", "e", "de", "del", "la", "el", "los", "las", "en", "con", "para", "por", "un", "una", "que",
    "se", "su", "sus", "al",
];

/// Words that stand around skills of every sort.
const GENERIC: &str = "ability able strong good great excellent solid deep proven knowledge experience experienced understanding \
    skill skills expertise familiarity proficiency proficient capable use using work working perform \
    performing provide providing ensure ensuring carry out do make help various different new based high \
    level highly quality best practice practices etc related including conocimiento conocimientos experiencia \
    manejo capacidad habilidad uso utilizar realizar";

/// A feature's labels, with what it weighs in each.
type Postings = Vec<(u32, f32)>;

struct LabelRef {
    concept: u32,
    factor: f32,
}

/// Ranks ESCO concepts by likeness to a phrase. Build it once; ranking needs no lock.
pub struct Linker {
    features: FxHashMap<String, u32>,
    rarity: Vec<f32>,
    postings: Vec<Postings>,
    labels: Vec<LabelRef>,
    equal: FxHashMap<String, Vec<(u32, f32)>>,
    knowledge: Vec<bool>,
    prior: Vec<f32>,
}

impl Linker {
    /// Indexes the labels of ESCO.
    pub fn new(esco: &[EscoConcept]) -> Self {
        Self::with_labels(esco, &FxHashMap::default())
    }

    /// The same, with the labels of the taxonomy's concepts for the ESCO concepts that they name.
    pub fn with_taxonomy(esco: &[EscoConcept], taxonomy: &Taxonomy) -> Self {
        let mut extra: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for concept in taxonomy.concepts() {
            if let Some(uri) = &concept.esco_uri {
                // Labels that ads use for it are longer and looser than names: short ones say the same.
                let short = concept.labels.iter().map(|l| l.text.as_str()).filter(|l| l.split(' ').count() <= 2);
                extra.entry(uri).or_default().extend(short);
            }
        }
        Self::with_labels(esco, &extra)
    }

    /// The same, with more labels by URI, which weigh as much as preferred ones.
    pub fn with_labels(esco: &[EscoConcept], extra: &FxHashMap<&str, Vec<&str>>) -> Self {
        let mut builder = Builder::default();
        for (number, concept) in (0u32..).zip(esco) {
            let es = concept.preferred_label_es.iter().map(String::as_str);
            let preferred = std::iter::once(concept.preferred_label_en.as_str()).chain(es);
            preferred.for_each(|label| builder.add(number, label, 1.0));
            let own = extra.get(concept.concept_uri.as_str()).into_iter().flatten().copied();
            own.for_each(|label| builder.add(number, label, 1.0));
            let others = concept.alternative_labels_en.iter().chain(&concept.alternative_labels_es);
            others.for_each(|label| builder.add(number, label, ALTERNATIVE));
        }
        let mut linker = builder.finish();
        linker.knowledge = esco.iter().map(|c| c.skill_type == SkillType::Knowledge).collect();
        linker.prior = esco.iter().map(prior).collect();
        linker
    }

    /// The `k` concepts most like the phrase, by their place in the list that was indexed, the best first.
    pub fn rank(&self, text: &str, k: usize) -> Vec<(usize, f32)> {
        let words = words_of(text);
        let mut scores = vec![0.0f32; self.prior.len()];
        let query = self.vector(&features_of(&words));
        let mut by_label = vec![0.0f32; self.labels.len()];
        for &(feature, weight) in &query {
            for &(label, of_label) in &self.postings[feature as usize] {
                by_label[label as usize] += weight * of_label;
            }
        }
        for (label, score) in self.labels.iter().zip(&by_label).filter(|(_, score)| **score > 0.0) {
            let best = &mut scores[label.concept as usize];
            *best = best.max(score * label.factor);
        }
        self.add_equal(&words, &mut scores);
        let name = words.len() <= 2;
        let mut ranked: Vec<(usize, f32)> = Vec::new();
        for (concept, (score, prior)) in scores.into_iter().zip(&self.prior).enumerate() {
            if score > 0.0 {
                let knowledge = if name && self.knowledge[concept] { KNOWLEDGE } else { 0.0 };
                ranked.push((concept, score + prior + knowledge));
            }
        }
        let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if ranked.len() > k && k > 0 {
            ranked.select_nth_unstable_by(k - 1, order);
        }
        ranked.truncate(k);
        ranked.sort_unstable_by(order);
        ranked
    }

    fn add_equal(&self, words: &[String], scores: &mut [f32]) {
        for (key, bonus) in [(words.join(" "), EQUAL), (stem_key(words), EQUAL_STEMS)] {
            for (concept, factor) in self.equal.get(&key).into_iter().flatten() {
                scores[*concept as usize] += bonus * factor;
            }
        }
    }

    /// The features that are known, weighted by rarity, to length 1.
    fn vector(&self, features: &[(String, f32)]) -> Vec<(u32, f32)> {
        let mut vector: Vec<(u32, f32)> = features
            .iter()
            .filter_map(|(name, weight)| {
                let feature = *self.features.get(name)?;
                Some((feature, weight * self.rarity[feature as usize]))
            })
            .collect();
        normalize(&mut vector);
        vector
    }
}

#[derive(Default)]
struct Builder {
    features: FxHashMap<String, u32>,
    count: Vec<u32>,
    vectors: Vec<Vec<(u32, f32)>>,
    labels: Vec<LabelRef>,
    equal: FxHashMap<String, Vec<(u32, f32)>>,
}

impl Builder {
    fn add(&mut self, concept: u32, label: &str, factor: f32) {
        let plain = without_gloss(label);
        let words = words_of(plain);
        if words.is_empty() {
            return;
        }
        for key in [words.join(" "), stem_key(&words)] {
            let concepts = self.equal.entry(key).or_default();
            if !concepts.iter().any(|(c, _)| *c == concept) {
                concepts.push((concept, factor));
            }
        }
        let vector = features_of(&words).into_iter().map(|(name, weight)| (self.number(name), weight)).collect();
        self.vectors.push(vector);
        self.labels.push(LabelRef { concept, factor });
    }

    fn number(&mut self, name: String) -> u32 {
        let next = self.count.len() as u32;
        let number = *self.features.entry(name).or_insert(next);
        if number == next {
            self.count.push(0);
        }
        self.count[number as usize] += 1;
        number
    }

    fn finish(self) -> Linker {
        let n = self.labels.len().max(1) as f32;
        let rarity: Vec<f32> = self.count.iter().map(|c| (1.0 + n / (*c as f32)).ln()).collect();
        let mut postings: Vec<Postings> = vec![Vec::new(); self.count.len()];
        for (label, mut vector) in (0u32..).zip(self.vectors) {
            vector.iter_mut().for_each(|(feature, weight)| *weight *= rarity[*feature as usize]);
            normalize(&mut vector);
            for (feature, weight) in vector {
                let common = self.count[feature as usize] as f32 > COMMON * n && n > 1000.0;
                if !common {
                    postings[feature as usize].push((label, weight));
                }
            }
        }
        Linker {
            features: self.features,
            rarity,
            postings,
            labels: self.labels,
            equal: self.equal,
            knowledge: Vec::new(),
            prior: Vec::new(),
        }
    }
}

/// What a concept brings before any phrase: the phrases are those of offices and technology.
fn prior(concept: &EscoConcept) -> f32 {
    let has = |name: &str| concept.collections.iter().any(|c| c.eq_ignore_ascii_case(name));
    let digital = if has("digital") || has("digcomp") { DIGITAL } else { 0.0 };
    digital + if has("transversal") { TRANSVERSAL } else { 0.0 }
}

fn normalize(vector: &mut [(u32, f32)]) {
    let length = vector.iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|(_, w)| *w /= length);
    }
}

/// `Java (computer programming)` -> `Java`.
pub fn without_gloss(label: &str) -> &str {
    match label.find(" (") {
        Some(at) if label.ends_with(')') && at > 0 => &label[..at],
        _ => label,
    }
}

/// Folded words, without signs and words of no meaning (all of them, where nothing else is left).
fn words_of(text: &str) -> Vec<String> {
    // ". net": sentences of some data sets stand with a space between all signs.
    let folded = fold_phrase(text).replace(". net", ".net");
    let all = folded.split(' ').map(|w| w.trim_end_matches('.')).filter(|w| w.contains(|c: char| c.is_alphanumeric()));
    let all: Vec<String> = all.map(str::to_owned).collect();
    let meaning: Vec<String> = all.iter().filter(|w| !FUNCTION_WORDS.contains(&w.as_str())).cloned().collect();
    if meaning.is_empty() { all } else { meaning }
}

fn stem_key(words: &[String]) -> String {
    let mut stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    stems.sort_unstable();
    // No word has a stem with this sign in front.
    format!("~{}", stems.join(" "))
}

/// Stemmed words, and letter triples (`#` stands for the ends of a word), each once, with its weight.
fn features_of(words: &[String]) -> Vec<(String, f32)> {
    let mut features: Vec<(String, f32)> = Vec::new();
    let mut add = |name: String, weight: f32| match features.iter_mut().find(|(n, _)| *n == name) {
        Some((_, w)) => *w = w.max(weight),
        None => features.push((name, weight)),
    };
    for word in words {
        let weight =
            if GENERIC.split(' ').any(|generic| generic == word) && words.len() > 1 { GENERIC_WEIGHT } else { 1.0 };
        let stem = stem(word);
        let padded: Vec<char> = std::iter::once('#').chain(stem.chars()).chain(std::iter::once('#')).collect();
        for triple in padded.windows(3) {
            add(triple.iter().chain(['*'].iter()).collect(), TRIPLES * weight);
        }
        add(stem, weight);
    }
    features
}

/// Endings that fall off, the longest first, and what stands in their place.
const ENDINGS: &[(&str, &str)] = &[
    ("izations", "iz"),
    ("isations", "iz"),
    ("ization", "iz"),
    ("isation", "iz"),
    ("atively", ""),
    ("ements", ""),
    ("ations", ""),
    ("ative", ""),
    ("ement", ""),
    ("ments", ""),
    ("ation", ""),
    ("ating", ""),
    ("ators", ""),
    ("ising", "iz"),
    ("izing", "iz"),
    ("ised", "iz"),
    ("ized", "iz"),
    ("atic", ""),
    ("ment", ""),
    ("ural", ""),
    ("ures", ""),
    ("ates", ""),
    ("ated", ""),
    ("ator", ""),
    ("ical", ""),
    ("ally", ""),
    ("ives", ""),
    ("ions", ""),
    ("ings", ""),
    ("ive", ""),
    ("ing", ""),
    ("ion", ""),
    ("ics", ""),
    ("ers", ""),
    ("ors", ""),
    ("ies", "i"),
    ("ate", ""),
    ("ure", ""),
    ("ise", "iz"),
    ("ize", "iz"),
    ("ed", ""),
    ("er", ""),
    ("or", ""),
    ("es", ""),
    ("ly", ""),
    ("al", ""),
    ("ic", ""),
    ("s", ""),
    ("e", ""),
    ("y", "i"),
];

/// The form that an English word shares with its relatives (`solving` = `solve`, `programmer` = `programming`);
/// good enough for Spanish plurals.
fn stem(word: &str) -> String {
    if word.len() < 4 || !word.is_ascii() || word.bytes().any(|b| !b.is_ascii_lowercase()) || word.ends_with("ss") {
        return word.to_owned();
    }
    if word.starts_with("analy") {
        return "analy".to_owned();
    }
    let mut stem = word.to_owned();
    for (ending, instead) in ENDINGS {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 3
            && rest.contains(['a', 'e', 'i', 'o', 'u', 'y'])
        {
            stem = format!("{rest}{instead}");
            break;
        }
    }
    let bytes = stem.as_bytes();
    let n = bytes.len();
    // programm -> program, but not skill -> skil's many like: labels and phrases both lose it.
    if n > 3 && bytes[n - 1] == bytes[n - 2] {
        stem.truncate(n - 1);
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concept(uri: &str, knowledge: bool, preferred: &str, others: &[&str]) -> EscoConcept {
        EscoConcept {
            concept_uri: uri.to_owned(),
            skill_type: if knowledge { SkillType::Knowledge } else { SkillType::SkillCompetence },
            preferred_label_en: preferred.to_owned(),
            alternative_labels_en: others.iter().map(|l| (*l).to_owned()).collect(),
            ..EscoConcept::default()
        }
    }

    fn concepts() -> Vec<EscoConcept> {
        vec![
            concept("0", true, "Java (computer programming)", &[]),
            concept("1", true, "JavaScript", &[]),
            concept("2", false, "solve problems", &["problem solving", "find solutions to problems"]),
            concept("3", false, "work in teams", &["teamwork"]),
            concept("4", true, "computer programming", &[]),
            concept("5", false, "manage database", &["administer databases"]),
        ]
    }

    fn first(text: &str) -> usize {
        Linker::new(&concepts()).rank(text, 3)[0].0
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["solve", "solves", "solving", "solved", "solver"][..],
            &["program", "programs", "programming", "programmer", "programmers"],
            &["develop", "developer", "development", "developing"],
            &["manage", "management", "manager", "managing"],
            &["organise", "organize", "organization", "organising"],
            &["library", "libraries"],
        ] {
            assert!(
                forms.iter().all(|f| stem(f) == stem(forms[0])),
                "{:?}",
                forms.iter().map(|f| stem(f)).collect::<Vec<_>>()
            );
        }
        assert_eq!(stem("css"), "css");
        assert_eq!(stem("año"), "año");
    }

    #[test]
    fn equal_labels_go_before_like_ones() {
        assert_eq!(first("java"), 0);
        assert_eq!(first("JavaScript"), 1);
        assert_eq!(first("Teamwork"), 3);
    }

    #[test]
    fn inflection_order_and_generic_words_do_not_matter() {
        assert_eq!(first("solving of complex problems"), 2);
        assert_eq!(first("strong experience with computer programmer"), 4);
        assert_eq!(first("database administration"), 5);
    }

    #[test]
    fn the_taxonomys_labels_lead_to_the_concept_it_names() {
        let taxonomy = Taxonomy::from_files([(
            "t.toml",
            "kind = \"programming_language\"\n[[concept]]\nid = \"js\"\nname = \"ECMAScript\"\nesco = \"http://data.europa.eu/esco/skill/js\"",
        )])
        .unwrap();
        let mut esco = concepts();
        esco[1].concept_uri = "http://data.europa.eu/esco/skill/js".to_owned();
        assert_eq!(Linker::with_taxonomy(&esco, &taxonomy).rank("ecmascript", 1)[0].0, 1);
    }

    #[test]
    fn any_text_can_be_ranked() {
        let linker = Linker::new(&concepts());
        assert!(linker.rank("", 5).is_empty());
        assert!(linker.rank("¿…? 🐍", 5).is_empty());
        assert!(linker.rank("java", 0).is_empty());
        assert!(Linker::new(&[]).rank("java", 3).is_empty());
    }
}
