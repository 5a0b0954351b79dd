//! The labels to look for: own taxonomy and ESCO together, each with the concept it means.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::esco::policy;
use crate::esco::{EscoConcept, SkillType};
use crate::matcher::{Inflection, Pattern};
use crate::taxonomy::{self, Taxonomy};
use crate::text::fold::fold_phrase;
use crate::usage::{self, Usage};

/// Layer of the own taxonomy.
pub const OWN: u8 = 0;
/// Layer of ESCO.
pub const ESCO: u8 = 1;

/// Shortest joined form (`CI/CD` -> `cicd`) that is looked for, in bytes.
const SHORTEST_JOINED: usize = 4;

/// Where a label comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The own taxonomy.
    Own,
    /// ESCO's preferred label in some language.
    EscoPreferred,
    /// Another ESCO label.
    EscoAlternative,
}

/// A concept as extraction reports it.
#[derive(Clone, Debug)]
pub struct ConceptEntry {
    /// Its URI.
    pub uri: Arc<str>,
    /// Canonical name.
    pub name: Arc<str>,
    /// Kind.
    pub kind: Arc<str>,
    /// ESCO concept of the same meaning.
    pub esco_uri: Option<Arc<str>>,
    /// The name in Spanish, where it has another one.
    pub name_es: Option<Arc<str>>,
    /// Numbers of the concepts that it implies.
    pub implies: Vec<u32>,
    /// How many concepts are narrower than it.
    pub narrower: u32,
    /// From the own taxonomy.
    pub own: bool,
    /// How ads use it.
    pub usage: Usage,
}

/// A label to look for.
#[derive(Clone, Debug)]
pub struct LabelEntry {
    /// As written.
    pub text: String,
    /// Number of its concept.
    pub concept: u32,
    /// Source.
    pub origin: Origin,
    /// Counts only with context.
    pub needs_context: bool,
    /// Counts only in this case.
    pub exact_case: bool,
    /// ESCO has it too.
    pub of_esco: bool,
}

/// All labels and their concepts.
#[derive(Clone, Debug, Default)]
pub struct LabelSet {
    concepts: Vec<ConceptEntry>,
    labels: Vec<LabelEntry>,
}

impl LabelSet {
    /// Joins the two. A label of both belongs to the own concept, which then carries the ESCO URI
    /// (unless the taxonomy names one); among ESCO concepts that share a label, preferred labels go before
    /// alternative ones, knowledge before competences, then the smaller URI.
    pub fn new(taxonomy: &Taxonomy, esco: &[EscoConcept]) -> Self {
        let mut set = Self::default();
        let mut owned = set.add_own(taxonomy);
        set.add_joined(&mut owned);
        set.add_esco(esco, &owned);
        set
    }

    /// A label by its number in [`LabelSet::patterns`].
    pub fn get(&self, label: u32) -> &LabelEntry {
        &self.labels[label as usize]
    }

    /// A concept by its number.
    pub fn concept(&self, concept: u32) -> &ConceptEntry {
        &self.concepts[concept as usize]
    }

    /// The concept of a label, by the label's number.
    pub fn concept_of(&self, label: u32) -> &ConceptEntry {
        self.concept(self.get(label).concept)
    }

    /// The labels as written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(|l| l.text.as_str())
    }

    /// What the matcher looks for.
    pub fn patterns(&self) -> Vec<Pattern<'_>> {
        self.labels
            .iter()
            .map(|label| Pattern {
                text: &label.text,
                layer: if label.origin == Origin::Own { OWN } else { ESCO },
                // A name with capitals ("Excel") has no plural; "excels" is a verb.
                inflection: if label.needs_context || label.origin != Origin::Own {
                    Inflection::Exact
                } else if label.text.contains(char::is_uppercase) {
                    Inflection::Name
                } else {
                    Inflection::Plural
                },
            })
            .collect()
    }

    /// Adds the taxonomy; gives the concept that owns each folded label.
    fn add_own(&mut self, taxonomy: &Taxonomy) -> FxHashMap<String, u32> {
        let mut owned: FxHashMap<String, u32> = FxHashMap::default();
        let mut kinds: FxHashMap<&str, Arc<str>> = taxonomy::KINDS.iter().map(|k| (*k, Arc::from(*k))).collect();
        let numbers: FxHashMap<&str, u32> =
            taxonomy.concepts().iter().zip(0..).map(|(c, number)| (c.id.as_str(), number)).collect();
        let number = |id: &String| numbers.get(id.as_str()).copied();
        let narrower = narrower(taxonomy, &numbers);
        for concept in taxonomy.concepts() {
            let index = self.concepts.len() as u32;
            let kind = kinds.entry(&concept.kind).or_insert_with(|| Arc::from(&*concept.kind));
            self.concepts.push(ConceptEntry {
                uri: concept.uri().into(),
                name: concept.name.as_str().into(),
                kind: Arc::clone(kind),
                esco_uri: concept.esco_uri.as_deref().map(Arc::from),
                name_es: concept.name_es.as_deref().map(Arc::from),
                implies: concept.implies.iter().filter_map(number).collect(),
                narrower: narrower[index as usize],
                own: true,
                usage: usage::of(&concept.uri()),
            });
            for label in &concept.labels {
                let folded = fold_phrase(&label.text);
                if owned.contains_key(&folded) && !label.exact_case {
                    continue;
                }
                owned.entry(folded).or_insert(index);
                self.labels.push(LabelEntry {
                    text: label.text.clone(),
                    concept: index,
                    origin: Origin::Own,
                    needs_context: label.needs_context,
                    exact_case: label.exact_case,
                    of_esco: false,
                });
            }
        }
        owned
    }

    /// Adds the spellings without the sign inside: `Node.js` -> `Nodejs`, `CI/CD` -> `CICD`, and
    /// `ASP.NET` -> `ASP NET`, where no concept has them already.
    fn add_joined(&mut self, owned: &mut FxHashMap<String, u32>) {
        let own = self.labels.len();
        for i in 0..own {
            let label = self.labels[i].clone();
            let text = label.text.as_str();
            if label.exact_case || text.contains(char::is_whitespace) {
                continue;
            }
            let joined: String = text.chars().filter(|c| !"./-_".contains(*c)).collect();
            let parted = text.strip_suffix(".NET").map(|name| format!("{name} NET"));
            for variant in [Some(joined), parted].into_iter().flatten() {
                let folded = fold_phrase(&variant);
                let plain = text.starts_with('.') || folded.len() < SHORTEST_JOINED;
                if plain || variant.starts_with(' ') || owned.contains_key(&folded) {
                    continue;
                }
                owned.insert(folded, self.labels[i].concept);
                let entry = LabelEntry { text: variant, ..label.clone() };
                self.labels.push(entry);
            }
        }
    }

    fn add_esco(&mut self, esco: &[EscoConcept], owned: &FxHashMap<String, u32>) {
        let mut found: Vec<Candidate<'_>> = esco.iter().flat_map(candidates).collect();
        found.sort_unstable_by(|a, b| a.rank().cmp(&b.rank()).then(a.text.cmp(b.text)));
        let mut taken: FxHashSet<String> = FxHashSet::default();
        let mut shared: FxHashSet<String> = FxHashSet::default();
        let own_labels = self.labels.len();
        let mut entries: FxHashMap<&str, u32> = FxHashMap::default();
        for candidate in found {
            let folded = fold_phrase(candidate.text);
            if let Some(&own) = owned.get(&folded) {
                let slot = &mut self.concepts[own as usize].esco_uri;
                slot.get_or_insert_with(|| Arc::from(&*candidate.concept.concept_uri));
                shared.insert(folded);
                continue;
            }
            let Some(terms) = policy::terms(&candidate, &folded) else {
                continue;
            };
            if !taken.insert(folded) {
                continue;
            }
            let concept = match entries.get(&*candidate.concept.concept_uri) {
                Some(&index) => index,
                None => {
                    let index = self.concepts.len() as u32;
                    self.concepts.push(esco_entry(candidate.concept));
                    entries.insert(&candidate.concept.concept_uri, index);
                    index
                }
            };
            self.labels.push(LabelEntry {
                text: candidate.text.to_owned(),
                concept,
                origin: candidate.origin,
                needs_context: terms.needs_context,
                exact_case: terms.exact_case,
                of_esco: true,
            });
        }
        for label in &mut self.labels[..own_labels] {
            label.of_esco = shared.contains(&fold_phrase(&label.text));
        }
    }
}

/// An ESCO label that may be looked for.
pub struct Candidate<'a> {
    /// The label.
    pub text: &'a str,
    /// Its concept.
    pub concept: &'a EscoConcept,
    /// Preferred or not.
    pub origin: Origin,
    /// ESCO wrote a gloss behind it to tell it from another meaning.
    pub glossed: bool,
}

impl Candidate<'_> {
    fn rank(&self) -> (Origin, u8, &str) {
        let kind = match self.concept.skill_type {
            SkillType::Knowledge => 0,
            SkillType::SkillCompetence => 1,
            SkillType::Unknown => 2,
        };
        (self.origin, kind, &self.concept.concept_uri)
    }
}

fn candidates(concept: &EscoConcept) -> impl Iterator<Item = Candidate<'_>> {
    let preferred = [Some(concept.preferred_label_en.as_str()), concept.preferred_label_es.as_deref()];
    let others = concept.alternative_labels_en.iter().chain(&concept.alternative_labels_es);
    let preferred = preferred.into_iter().flatten().map(|l| (l, Origin::EscoPreferred));
    let others = others.map(|l| (l.as_str(), Origin::EscoAlternative));
    preferred.chain(others).map(move |(label, origin)| Candidate {
        text: without_gloss(label),
        concept,
        origin,
        glossed: without_gloss(label).len() < label.len(),
    })
}

/// `Java (computer programming)` -> `Java`.
pub(crate) fn without_gloss(label: &str) -> &str {
    match label.find(" (") {
        Some(at) if label.ends_with(')') && at > 0 => label[..at].trim(),
        _ => label,
    }
}

fn esco_entry(concept: &EscoConcept) -> ConceptEntry {
    let name = if concept.preferred_label_en.is_empty() {
        concept.preferred_label_es.as_deref().unwrap_or_default()
    } else {
        &concept.preferred_label_en
    };
    let uri: Arc<str> = concept.concept_uri.as_str().into();
    ConceptEntry {
        esco_uri: Some(Arc::clone(&uri)),
        usage: usage::of(&uri),
        uri,
        name: without_gloss(name).into(),
        kind: concept.skill_type.as_str().into(),
        name_es: concept.preferred_label_es.as_deref().map(|name| without_gloss(name).into()),
        implies: Vec::new(),
        narrower: 0,
        own: false,
    }
}

/// How many concepts stand below each, at any depth.
fn narrower(taxonomy: &Taxonomy, numbers: &FxHashMap<&str, u32>) -> Vec<u32> {
    let mut count = vec![0; taxonomy.concepts().len()];
    for concept in taxonomy.concepts() {
        let mut at = concept;
        while let Some(parent) = at.parent.as_deref().and_then(|id| taxonomy.get(id)) {
            count[numbers[parent.id.as_str()] as usize] += 1;
            at = parent;
        }
    }
    count
}
