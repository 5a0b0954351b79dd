//! From what was extracted to what is compared with labels: one prediction per concept.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde_json::{Value, json};

use super::EvaluationError;
use super::fold::fold;
use super::gold::{Fields, objects};
use super::score::Class;
use crate::confidence::Model;
use crate::extract::{Extraction, Method, Rule, Skill};

/// A predicted skill. The scorer needs name, surface and class; the rest is for breakdowns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Canonical name.
    pub name: String,
    /// The words in the ad; empty where it is implied.
    pub surface: String,
    /// Hard or soft.
    pub class: Class,
    /// 0 to 1.
    pub confidence: f32,
    /// URI of its concept.
    pub concept_uri: String,
    /// Kind of the concept; empty in predictions of others.
    pub kind: String,
    /// How it was found.
    pub method: String,
    /// Part of the ad where it stands first.
    pub section: String,
    /// The ad does not name it.
    pub implied: bool,
}

/// The predictions of one ad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdPredictions {
    /// Its id.
    pub job_id: String,
    /// Its skills.
    pub skills: Vec<Prediction>,
}

/// Language of the names that are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// The Spanish name where there is one.
    #[default]
    Es,
    /// The canonical name.
    En,
}

/// From which confidence on a skill counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// For technical skills.
    pub hard: f32,
    /// For personal ones.
    pub soft: f32,
}

impl Thresholds {
    /// Those of a model.
    pub fn of(model: &Model) -> Self {
        Self { hard: model.threshold("concept"), soft: model.threshold(SOFT_KIND) }
    }

    /// That of a class.
    pub fn of_class(&self, class: Class) -> f32 {
        match class {
            Class::Hard => self.hard,
            Class::Soft => self.soft,
        }
    }
}

/// The kind whose concepts are soft skills.
pub const SOFT_KIND: &str = "soft_skill";
/// The kind that neither class counts: the labelled sets hold no languages.
pub const LANGUAGE_KIND: &str = "human_language";

/// Class of a concept by its kind; none for what is not compared.
pub fn class_of(kind: &str) -> Option<Class> {
    match kind {
        SOFT_KIND => Some(Class::Soft),
        LANGUAGE_KIND => None,
        _ => Some(Class::Hard),
    }
}

/// What is compared of an extraction, whatever its confidence: one prediction per concept, the most confident
/// first, so that of two that mean one label the surer one gets it. No method: all methods.
pub fn candidates(extraction: &Extraction, names: Names, methods: &[Method]) -> Vec<Prediction> {
    let mut by_concept: BTreeMap<&str, Vec<&Skill>> = BTreeMap::new();
    for skill in &extraction.skills {
        if methods.is_empty() || methods.iter().any(|method| skill.found_by(*method)) {
            by_concept.entry(&skill.concept_uri).or_default().push(skill);
        }
    }
    let mut found: Vec<Prediction> = by_concept.values().filter_map(|mentions| prediction(mentions, names)).collect();
    sort(&mut found);
    found
}

/// The most confident first; equal ones by name.
pub fn sort(predictions: &mut [Prediction]) {
    predictions.sort_by(|a, b| {
        b.confidence.total_cmp(&a.confidence).then_with(|| (&a.name, &a.concept_uri).cmp(&(&b.name, &b.concept_uri)))
    });
}

/// Those that count.
pub fn keep(candidates: &[Prediction], thresholds: Thresholds) -> Vec<Prediction> {
    candidates.iter().filter(|p| p.confidence >= thresholds.of_class(p.class)).cloned().collect()
}

fn prediction(mentions: &[&Skill], names: Names) -> Option<Prediction> {
    let first = *mentions.first()?;
    let name = match (names, &first.name_es) {
        (Names::Es, Some(name)) => name,
        _ => &first.name,
    };
    Some(Prediction {
        name: name.to_string(),
        surface: plain_surface(mentions, name),
        class: class_of(&first.kind)?,
        confidence: mentions.iter().map(|s| s.confidence).fold(0.0, f32::max),
        concept_uri: first.concept_uri.to_string(),
        kind: first.kind.to_string(),
        method: first.method.as_str().to_owned(),
        section: first.section.as_str().to_owned(),
        implied: mentions.iter().all(|s| s.rule == Rule::Implied),
    })
}

/// The plainest words that mentions have: the shortest, of those that say more than the name where there are any.
fn plain_surface(mentions: &[&Skill], name: &str) -> String {
    let words = |s: &&&Skill| s.rule != Rule::Implied;
    let surfaces = mentions.iter().filter(words).map(|s| s.whole.as_deref().unwrap_or(&s.surface));
    let name = fold(name);
    surfaces.min_by_key(|surface| (fold(surface) == name, surface.len())).unwrap_or_default().to_owned()
}

/// One ad as a line of a predictions file, in the scorer's format.
pub fn to_json(ad: &AdPredictions) -> String {
    let skills: Vec<Value> = ad.skills.iter().map(skill_json).collect();
    json!({"job_id": ad.job_id, "skills": skills}).to_string()
}

fn skill_json(p: &Prediction) -> Value {
    json!({
        "name": p.name, "surface": p.surface, "kind": p.class.as_str(), "confidence": rounded(p.confidence),
        "concept": p.concept_uri, "concept_kind": p.kind, "method": p.method, "section": p.section,
        "implied": p.implied,
    })
}

fn rounded(confidence: f32) -> f64 {
    (f64::from(confidence) * 1e4).round() / 1e4
}

/// Reads predictions in the scorer's format, our own or another program's.
///
/// # Errors
/// The first line at fault, with its field.
pub fn read(reader: impl BufRead) -> Result<Vec<AdPredictions>, EvaluationError> {
    objects(reader)
        .map(|object| {
            let (line, object) = object?;
            let fields = Fields { line, object: &object };
            let Some(Value::Array(items)) = object.get("skills") else {
                return Err(fields.fault("skills", "a list of objects is needed"));
            };
            let skills = items.iter().map(|item| match item {
                Value::Object(object) => read_skill(&Fields { line, object }),
                _ => Err(fields.fault("skills", "a list of objects is needed")),
            });
            Ok(AdPredictions { job_id: fields.text("job_id", true)?, skills: skills.collect::<Result<_, _>>()? })
        })
        .collect()
}

fn read_skill(fields: &Fields<'_>) -> Result<Prediction, EvaluationError> {
    let class = match fields.text("kind", false)?.as_str() {
        "" | "hard" => Class::Hard,
        "soft" => Class::Soft,
        _ => return Err(fields.fault("kind", "hard or soft is needed")),
    };
    let confidence = fields.object.get("confidence").and_then(Value::as_f64).unwrap_or(1.0);
    Ok(Prediction {
        name: fields.text("name", false)?,
        surface: fields.text("surface", false)?,
        class,
        confidence: confidence as f32,
        concept_uri: fields.text("concept", false)?,
        kind: fields.text("concept_kind", false)?,
        method: fields.text("method", false)?,
        section: fields.text("section", false)?,
        implied: fields.object.get("implied").and_then(Value::as_bool).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;
    use crate::taxonomy::Taxonomy;

    const TAXONOMY: &str = r#"
        kind = "programming_language"
        [[concept]]
        id = "python"
        name = "Python"
        aliases = ["Py3"]
        [[concept]]
        id = "git"
        name = "Git"
        kind = "tool"
        implies = ["vcs"]
        [[concept]]
        id = "vcs"
        name = "Version control"
        es = ["control de versiones"]
        kind = "concept"
        [[concept]]
        id = "teamwork"
        name = "Teamwork"
        es = ["trabajo en equipo"]
        kind = "soft_skill"
        [[concept]]
        id = "english"
        name = "English"
        kind = "human_language""#;

    fn found(text: &str, names: Names) -> Vec<Prediction> {
        let taxonomy = Taxonomy::from_files([("t.toml", TAXONOMY)]).unwrap();
        candidates(&Extractor::new(&taxonomy, &[]).extract(text, 0), names, &[])
    }

    fn by_name<'a>(found: &'a [Prediction], name: &str) -> &'a Prediction {
        found.iter().find(|p| p.name == name).unwrap()
    }

    #[test]
    fn each_concept_is_one_prediction_with_its_plainest_words() {
        let found = found("py3, Python, Python y English; Git y trabajo en equipo", Names::Es);
        assert_eq!(found.len(), 4);
        assert_eq!(by_name(&found, "Python").surface, "py3");
        assert_eq!(by_name(&found, "trabajo en equipo").class, Class::Soft);
        let implied = by_name(&found, "control de versiones");
        assert_eq!((implied.surface.as_str(), implied.implied), ("", true));
        assert!(found.windows(2).all(|pair| pair[0].confidence >= pair[1].confidence));
    }

    #[test]
    fn names_come_in_the_language_asked_for() {
        let found = found("Git", Names::En);
        assert!(found.iter().any(|p| p.name == "Version control"));
    }

    #[test]
    fn other_methods_are_left_out() {
        let taxonomy = Taxonomy::from_files([("t.toml", TAXONOMY)]).unwrap();
        let extraction = Extractor::new(&taxonomy, &[]).extract("Python", 0);
        assert!(candidates(&extraction, Names::Es, &[Method::Esco]).is_empty());
    }

    #[test]
    fn a_line_reads_back_as_written() {
        let mut skills = found("Python y trabajo en equipo", Names::Es);
        for skill in &mut skills {
            skill.confidence = rounded(skill.confidence) as f32;
        }
        let ad = AdPredictions { job_id: "a".into(), skills };
        assert_eq!(read(to_json(&ad).as_bytes()).unwrap(), [ad]);
    }

    #[test]
    fn other_programs_may_leave_out_what_they_do_not_know() {
        let line = r#"{"job_id":"a","skills":[{"name":"Go","surface":null},{"name":"Calm","kind":"soft"}]}"#;
        let read = &read(line.as_bytes()).unwrap()[0].skills;
        assert_eq!((read[0].class, read[1].class), (Class::Hard, Class::Soft));
        let bad = line.replace("soft", "warm");
        assert_eq!(
            super::read(bad.as_bytes()).unwrap_err().to_string(),
            "line 1: field \"kind\": hard or soft is needed"
        );
    }
}
