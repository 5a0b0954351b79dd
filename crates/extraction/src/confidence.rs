//! How sure a finding is: a logistic model over what the ad says of a concept in all its mentions.
//!
//! The weights stand in `confidence.toml`, fitted to labelled ads by [`crate::evaluate::fit`]. They know nothing of
//! single concepts, only of kinds, sections, rules, contexts and usage, so that they hold for concepts added later.
//! Of several mentions the best section counts, and every other feature of mentions only adds up.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::context::{Evidence, Listed, Spelling};
use crate::extract::Rule;
use crate::labels::{ConceptEntry, LabelEntry};
use crate::sections::Section;
use crate::taxonomy::KINDS;

/// Features that are not one of a set.
const PLAIN: &[&str] = &[
    "bias",
    "implied",
    "implying",
    "named",
    "acronym",
    "narrower",
    "ambiguous",
    "listed",
    "announced",
    "task",
    "near",
    "mentions",
    "title",
    "same_spelling",
    "only_form",
    "only_coordinated",
    "words",
    "letters",
    "esco",
    "esco_alternative",
    "esco_word",
    "usage.ads",
    "usage.listed",
    "usage.announced",
    "usage.asked",
];

/// Those of [`crate::usage`].
const USAGE: [usize; 4] = [at("usage.ads"), at("usage.listed"), at("usage.announced"), at("usage.asked")];

/// Sections from the one that says most to the one that says least.
const SECTIONS: &[Section] = &[
    Section::Requirements,
    Section::Desirable,
    Section::Title,
    Section::Responsibilities,
    Section::Body,
    Section::About,
    Section::Benefits,
    Section::Education,
    Section::Portal,
];

/// What an ad says of a concept, as numbers; their names are those of [`feature_names`].
#[derive(Clone, Debug, Default)]
pub struct Features {
    values: Vec<f32>,
    best_section: usize,
    mentions: u32,
}

/// The names of the features, in their order.
pub fn feature_names() -> Vec<String> {
    let plain = PLAIN.iter().map(|s| (*s).to_owned());
    let sections = SECTIONS.iter().map(|s| format!("section.{}", s.as_str()));
    let kinds = KINDS.iter().map(|s| format!("kind.{s}"));
    let implied = KINDS.iter().map(|s| format!("implied.{s}"));
    plain.chain(sections).chain(kinds).chain(implied).collect()
}

/// The place of a plain feature; asked for while compiling, so that a wrong name does not compile.
const fn at(name: &str) -> usize {
    let mut i = 0;
    while !same(PLAIN[i], name) {
        i += 1;
    }
    i
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

impl Features {
    /// The features that the concept itself brings.
    pub fn new(concept: &ConceptEntry, implied: bool, implying: u32) -> Self {
        let size = PLAIN.len() + SECTIONS.len() + 2 * KINDS.len();
        let mut features = Self { values: vec![0.0; size], best_section: SECTIONS.len() - 1, mentions: 0 };
        features.set(const { at("bias") }, 1.0);
        features.set(const { at("implied") }, if implied { 1.0 } else { 0.0 });
        features.set(const { at("named") }, if concept.name_es.is_none() { 1.0 } else { 0.0 });
        features.set(const { at("acronym") }, if concept.name.chars().all(|c| !c.is_lowercase()) { 1.0 } else { 0.0 });
        features.set(const { at("narrower") }, (1.0 + concept.narrower as f32).ln());
        features.set(const { at("esco") }, if concept.own { 0.0 } else { 1.0 });
        features.set(const { at("implying") }, (1.0 + implying.min(8) as f32).ln());
        for (feature, value) in USAGE.into_iter().zip(concept.usage.features()) {
            features.set(feature, value);
        }
        features.set(const { at("only_form") }, 1.0);
        features.set(const { at("only_coordinated") }, 1.0);
        if let Some(kind) = KINDS.iter().position(|k| **k == *concept.kind) {
            let base = PLAIN.len() + SECTIONS.len();
            features.values[base + kind] = 1.0;
            if implied {
                features.values[base + KINDS.len() + kind] = 1.0;
            }
        }
        features
    }

    fn set(&mut self, feature: usize, value: f32) {
        self.values[feature] = value;
    }

    fn raise(&mut self, feature: usize, value: f32) {
        let slot = &mut self.values[feature];
        *slot = slot.max(value);
    }

    /// Adds what one mention says.
    pub fn add(&mut self, section: Section, rule: Rule, evidence: &Evidence, label: &LabelEntry, letters: usize) {
        let yes = |holds: bool| if holds { 1.0 } else { 0.0 };
        self.mentions += 1;
        self.best_section =
            self.best_section.min(SECTIONS.iter().position(|s| *s == section).unwrap_or(SECTIONS.len() - 1));
        self.raise(const { at("listed") }, yes(evidence.listed == Listed::WithCertain));
        self.raise(const { at("announced") }, yes(evidence.announced));
        self.raise(const { at("task") }, yes(evidence.task));
        self.raise(const { at("near") }, yes(evidence.near));
        self.raise(const { at("title") }, yes(section == Section::Title));
        self.raise(const { at("same_spelling") }, yes(evidence.spelling == Spelling::Same));
        self.raise(const { at("ambiguous") }, yes(label.needs_context));
        self.raise(const { at("words") }, (label.text.split(' ').count() as f32).ln());
        self.raise(const { at("letters") }, (letters as f32).ln() / 4.0);
        if rule != Rule::LabelForm {
            self.set(const { at("only_form") }, 0.0);
        }
        if rule != Rule::Coordinated {
            self.set(const { at("only_coordinated") }, 0.0);
        }
        self.raise(const { at("esco_alternative") }, yes(rule == Rule::EscoAlternative));
        let esco = matches!(rule, Rule::EscoAlternative | Rule::EscoPreferred);
        self.raise(const { at("esco_word") }, yes(esco && !label.text.contains(' ')));
    }

    /// Sums up after the last mention.
    pub fn finish(&mut self) {
        self.set(const { at("mentions") }, (self.mentions.min(8) as f32).ln());
        self.values[PLAIN.len() + self.best_section] = 1.0;
    }

    /// The values, in the order of [`feature_names`].
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// The weights, and from which confidence on a skill counts.
#[derive(Clone, Debug)]
pub struct Model {
    weights: Vec<f32>,
    thresholds: ThresholdFile,
}

#[derive(Deserialize, Default)]
struct ModelFile {
    #[serde(default)]
    weights: BTreeMap<String, f32>,
    #[serde(default)]
    thresholds: ThresholdFile,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default)]
struct ThresholdFile {
    hard: f32,
    soft: f32,
}

impl Default for ThresholdFile {
    fn default() -> Self {
        Self { hard: 0.40, soft: 0.30 }
    }
}

// Embedded and tested: a fault in it cannot reach a running service.
static EMBEDDED: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("confidence.toml"))
        .unwrap_or_else(|_| Model { weights: Vec::new(), thresholds: ThresholdFile::default() })
});

impl Model {
    /// The shipped weights.
    pub fn embedded() -> Self {
        EMBEDDED.clone()
    }

    /// Reads weights and thresholds; what is missing weighs nothing.
    ///
    /// # Errors
    /// Text that is no such file.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: ModelFile = toml::from_str(text)?;
        let weights = feature_names().iter().map(|name| file.weights.get(name).copied().unwrap_or(0.0)).collect();
        Ok(Self { weights, thresholds: file.thresholds })
    }

    /// From which confidence on a skill of this kind counts.
    pub fn threshold(&self, kind: &str) -> f32 {
        if kind == "soft_skill" { self.thresholds.soft } else { self.thresholds.hard }
    }

    /// 0 to 1.
    pub fn confidence(&self, features: &Features) -> f32 {
        let sum: f32 = self.weights.iter().zip(&features.values).map(|(w, v)| w * v).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}
