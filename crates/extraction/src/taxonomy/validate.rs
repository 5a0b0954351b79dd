//! Everything there is to say of a taxonomy: faults, warnings, figures.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::check::{self, TaxonomyError};
use super::findings::Finding;
use super::{Concept, Language, format, warnings};
use crate::esco::EscoConcept;

/// What links are compared with; what is `None` is not compared.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// ESCO's concepts.
    pub esco: Option<Vec<EscoConcept>>,
    /// Titles of O*NET's Technology Skills.
    pub onet: Option<BTreeSet<String>>,
}

/// What is wrong, what looks wrong, and how much there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Validation {
    /// What must be mended.
    pub faults: Vec<Finding>,
    /// What looks like a slip.
    pub warnings: Vec<Finding>,
    /// Figures.
    pub summary: Summary,
}

/// How much a taxonomy holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Files.
    pub files: usize,
    /// Concepts.
    pub concepts: usize,
    /// Labels.
    pub labels: usize,
    /// Labels by language: `any` (names, and English beside Spanish), `en`, `es`, `pt`.
    pub labels_by_language: BTreeMap<&'static str, usize>,
    /// Concepts by kind.
    pub concepts_by_kind: BTreeMap<String, usize>,
    /// Concepts linked to ESCO.
    pub linked_to_esco: usize,
    /// Concepts linked to O*NET.
    pub linked_to_onet: usize,
}

/// O*NET's file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OnetError {
    /// A row is no text, or reading failed.
    #[error("cannot read: {0}")]
    Read(#[from] csv::Error),
    /// The column of the titles is missing.
    #[error("not O*NET's Technology Skills: no column Example among {columns:?}")]
    NoExample {
        /// The columns found.
        columns: Vec<String>,
    },
}

/// Reads the titles (`Example`) of O*NET's Technology Skills, tab-separated.
///
/// # Errors
/// When it is another file, or unreadable.
pub fn read_onet(reader: impl Read) -> Result<BTreeSet<String>, OnetError> {
    let mut csv = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).flexible(true).from_reader(reader);
    let header = csv.headers()?.clone();
    let Some(column) = header.iter().position(|name| name.trim() == "Example") else {
        return Err(OnetError::NoExample { columns: header.iter().map(str::to_owned).collect() });
    };
    let titles = csv.records().map(|record| Ok(record?.get(column).unwrap_or_default().to_owned()));
    let titles: BTreeSet<String> = titles.collect::<Result<_, csv::Error>>()?;
    Ok(titles.into_iter().filter(|title| !title.is_empty()).collect())
}

/// Checks files of a taxonomy, given by name and content in any order.
pub fn validate<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>, references: &References) -> Validation {
    let files: BTreeMap<&str, &str> = files.into_iter().collect();
    let format::Parsed { concepts, mut faults, strays } = format::parse(&files);
    let by_id = check::check(&concepts, &mut faults);
    faults.extend(strays);
    check::check_implied(&concepts, &by_id, &mut faults);
    check_references(&concepts, references, &mut faults);
    let mut warnings = warnings::of_concepts(&concepts);
    warnings.extend(references.esco.iter().flat_map(|esco| warnings::of_esco(&concepts, esco)));
    let mut faults: Vec<Finding> = faults.iter().map(Finding::from).collect();
    for found in [&mut faults, &mut warnings] {
        // Within a file as the concepts stand.
        found.sort_by(|a, b| (a.check, &a.file).cmp(&(b.check, &b.file)));
    }
    Validation { faults, warnings, summary: summary(files.len(), &concepts) }
}

fn check_references(concepts: &[Concept], references: &References, faults: &mut Vec<TaxonomyError>) {
    let uris = references.esco.as_ref().map(|esco| esco.iter().map(|e| e.concept_uri.as_str()).collect());
    let uris: Option<FxHashSet<&str>> = uris;
    for concept in concepts {
        let (file, id) = (|| concept.file.clone(), || concept.id.clone());
        if let (Some(uri), Some(known)) = (&concept.esco_uri, &uris)
            && !known.contains(uri.as_str())
        {
            faults.push(TaxonomyError::UnknownEsco { file: file(), concept: id(), uri: uri.clone() });
        }
        if let (Some(title), Some(known)) = (&concept.onet, &references.onet)
            && !known.contains(title)
        {
            faults.push(TaxonomyError::UnknownOnet { file: file(), concept: id(), title: title.clone() });
        }
    }
}

fn summary(files: usize, concepts: &[Concept]) -> Summary {
    let mut summary = Summary { files, concepts: concepts.len(), ..Summary::default() };
    for concept in concepts {
        *summary.concepts_by_kind.entry(concept.kind.clone()).or_default() += 1;
        summary.linked_to_esco += usize::from(concept.esco_uri.is_some());
        summary.linked_to_onet += usize::from(concept.onet.is_some());
        summary.labels += concept.labels.len();
        for label in &concept.labels {
            let language = match label.language {
                Language::Any => "any",
                Language::Es => "es",
                Language::En => "en",
                Language::Pt => "pt",
            };
            *summary.labels_by_language.entry(language).or_default() += 1;
        }
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esco::SkillType;
    use crate::taxonomy::EMBEDDED;

    const URI: &str = "http://data.europa.eu/esco/skill/00000000-0000-4000-8000-000000000001";

    fn concept(id: &str, rest: &str) -> String {
        format!("[[concept]]\nid = \"{id}\"\n{rest}\n")
    }

    fn check(concepts: &[String], references: &References) -> Validation {
        let file = format!("kind = \"tool\"\n{}", concepts.concat());
        validate([("a.toml", file.as_str())], references)
    }

    fn faults(concepts: &[String]) -> Vec<Finding> {
        check(concepts, &References::default()).faults
    }

    /// Name and concept of each warning but that of standing alone.
    fn warned(concepts: &[String], references: &References) -> Vec<(&'static str, String)> {
        let found = check(concepts, references);
        assert_eq!(found.faults, []);
        let found = found.warnings.into_iter().filter(|warning| warning.check != "alone");
        found.map(|warning| (warning.check, warning.what)).collect()
    }

    fn esco(label: &str, alternative: &str) -> References {
        let concept = EscoConcept {
            concept_uri: URI.into(),
            skill_type: SkillType::Knowledge,
            preferred_label_en: label.into(),
            alternative_labels_en: vec![alternative.into()],
            ..EscoConcept::default()
        };
        References { esco: Some(vec![concept]), onet: None }
    }

    #[test]
    fn the_embedded_taxonomy_has_no_fault() {
        let found = validate(EMBEDDED.iter().copied(), &References::default());
        assert_eq!(found.faults, []);
        let summary = &found.summary;
        assert_eq!(summary.concepts, summary.concepts_by_kind.values().sum::<usize>());
        assert_eq!(summary.labels, summary.labels_by_language.values().sum::<usize>());
        assert!(summary.linked_to_esco > 200 && summary.linked_to_onet > 400, "{summary:?}");
    }

    #[test]
    fn each_fault_says_where_it_is_and_how_to_mend_it() {
        let esco_line = format!("esco = \"{URI}\"");
        let cases: [(&str, &str, Vec<String>); 12] = [
            ("duplicate_id", "a", vec![concept("a", "name = \"A one\""), concept("a", "name = \"B two\"")]),
            ("shared_label", "b", vec![concept("a", "name = \"A one\""), concept("b", "name = \"a-óne\"")]),
            ("empty_label", "a", vec![concept("a", "name = \"--\"")]),
            ("unknown_parent", "a", vec![concept("a", "name = \"A one\"\nparent = \"x\"")]),
            ("unknown_implied", "a", vec![concept("a", "name = \"A one\"\nimplies = [\"x\"]")]),
            ("unknown_implied", "a", vec![concept("a", "name = \"A one\"\nimplies = [\"a\"]")]),
            ("unknown_kind", "a", vec![concept("a", "name = \"A one\"\nkind = \"x\"")]),
            ("stray_label", "a", vec![concept("a", "name = \"A one\"\ncase_sensitive = [\"A ONE\"]")]),
            ("stray_label", "a", vec![concept("a", "name = \"A one\"\nambiguous_labels = [\"one\"]")]),
            (
                "shared_link",
                "b",
                vec![
                    concept("a", &format!("name = \"A one\"\n{esco_line}")),
                    concept("b", &format!("name = \"B two\"\n{esco_line}")),
                ],
            ),
            (
                "shared_link",
                "b",
                vec![
                    concept("a", "name = \"A one\"\nonet = \"One\""),
                    concept("b", "name = \"B one\"\nonet = \"One\""),
                ],
            ),
            (
                "implied_cycle",
                "a",
                vec![
                    concept("a", "name = \"A one\"\nimplies = [\"b\"]"),
                    concept("b", "name = \"B two\"\nimplies = [\"c\"]"),
                    concept("c", "name = \"C three\"\nimplies = [\"a\", \"d\"]"),
                    concept("d", "name = \"D four\""),
                ],
            ),
        ];
        for (check, id, concepts) in cases {
            let found = faults(&concepts);
            assert_eq!(found.len(), 1, "{check}: {found:?}");
            let fault = &found[0];
            assert_eq!((fault.check, fault.concept.as_str(), fault.file.as_str()), (check, id, "a.toml"));
            assert!(!fault.mend.is_empty() && !fault.what.contains("a.toml: concept"), "{fault:?}");
        }
    }

    #[test]
    fn every_member_of_a_circle_of_parents_is_named() {
        let found = faults(&[
            concept("a", "name = \"A one\"\nparent = \"b\""),
            concept("b", "name = \"B two\"\nparent = \"a\""),
        ]);
        let named: Vec<_> = found.iter().map(|fault| (fault.check, fault.concept.as_str())).collect();
        assert_eq!(named, [("parent_cycle", "a"), ("parent_cycle", "b")]);
    }

    #[test]
    fn a_file_that_is_no_taxonomy_does_not_hide_the_others() {
        let good = format!("kind = \"x\"\n{}", concept("a", "name = \"A one\""));
        let found = validate([("bad.toml", "kind = 7"), ("good.toml", good.as_str())], &References::default());
        let named: Vec<_> = found.faults.iter().map(|fault| (fault.check, fault.file.as_str())).collect();
        assert_eq!(named, [("syntax", "bad.toml"), ("unknown_kind", "good.toml")]);
        assert!(found.faults[0].what.contains("line 1"), "{:?}", found.faults[0]);
    }

    #[test]
    fn links_must_exist_where_the_files_are_given() {
        let concepts = [concept("a", &format!("name = \"Weaving\"\nesco = \"{URI}9\"\nonet = \"Weaving 3\""))];
        let mut references = esco("weaving", "to weave");
        references.onet = Some(BTreeSet::from(["Weaving 2".to_owned()]));
        let found = check(&concepts, &references).faults;
        assert_eq!(found.iter().map(|fault| fault.check).collect::<Vec<_>>(), ["unknown_esco", "unknown_onet"]);
        assert_eq!(faults(&concepts), []);
    }

    #[test]
    fn labels_that_another_finds_are_redundant() {
        let one = |labels: &str| {
            let found =
                warned(&[concept("a", &format!("name = \"Web page\"\naliases = [{labels}]"))], &References::default());
            found.into_iter().map(|(check, what)| format!("{check} {what}")).collect::<Vec<_>>()
        };
        assert_eq!(one("\"web pages\""), ["redundant_label label \"web pages\" is found by \"Web page\" already"]);
        assert_eq!(one("\"WEB-PAGE\"").len(), 1);
        assert_eq!(one("\"servlet\", \"servlets\"").len(), 1);
        let spanish = concept("a", "name = \"Web page\"\naliases = [\"sitio web\"]\nes = [\"Sitio web\"]");
        assert!(warned(&[spanish], &References::default()).is_empty(), "the Spanish name is shown");
        // A name has no plural, and neither has a word that needs its case.
        assert!(one("\"Servlet\", \"servlets\", \"website\"").is_empty());
    }

    #[test]
    fn short_and_ordinary_labels_need_context_or_case() {
        let labels = |rest: &str| {
            let found = warned(&[concept("a", &format!("name = \"Weaving tool\"\n{rest}"))], &References::default());
            found.into_iter().map(|(check, _)| check).collect::<Vec<_>>()
        };
        assert_eq!(labels("aliases = [\"WT\"]"), ["short_label"]);
        assert_eq!(labels("aliases = [\"Herramienta\"]"), ["ordinary_label"]);
        assert!(labels("aliases = [\"WT\"]\ncase_sensitive = [\"WT\"]").is_empty());
        assert!(labels("aliases = [\"WT\", \"Tool\"]\nambiguous = \"a word\"").is_empty());
        assert!(labels("aliases = [\"C#\", \"W3\"]").is_empty());
    }

    #[test]
    fn a_concept_beside_the_tree_is_told() {
        let concepts = [
            concept("a", "name = \"A one\""),
            concept("b", "name = \"B two\"\nparent = \"a\""),
            concept("c", "name = \"C three\""),
        ];
        let found = check(&concepts, &References::default()).warnings;
        assert_eq!(found.iter().map(|w| (w.check, w.concept.as_str())).collect::<Vec<_>>(), [("alone", "c")]);
    }

    #[test]
    fn a_missing_link_to_esco_is_suggested() {
        let concepts = [concept("a", "name = \"Weaving\"\nes = [\"Tejido\"]")];
        let found = check(&concepts, &esco("weaving (textiles)", "loom work")).warnings;
        let suggestion = found.iter().find(|w| w.check == "esco_candidate").unwrap();
        assert!(suggestion.what.contains("knowledge") && suggestion.mend.contains(URI), "{suggestion:?}");
        let linked = [concept("a", &format!("name = \"Weaving\"\nesco = \"{URI}\""))];
        assert!(warned(&linked, &esco("weaving", "loom work")).is_empty());
    }

    #[test]
    fn a_link_without_a_word_in_common_is_doubted() {
        let linked = [concept("a", &format!("name = \"Weaving\"\nesco = \"{URI}\"\nonet = \"Sewing Pro\""))];
        let checks = |references: &References| {
            warned(&linked, references).into_iter().map(|(check, _)| check).collect::<Vec<_>>()
        };
        assert_eq!(checks(&esco("forging", "smithing")), ["unrelated_link", "unrelated_link"]);
        assert_eq!(checks(&esco("hand weaving", "smithing")), ["unrelated_link"]);
    }

    #[test]
    fn onet_is_read_by_its_column() {
        let file =
            "O*NET-SOC Code\tExample\tHot Technology\n11-1011.00\tWeaver's \"Loom\"\tY\n11-1\tWeaver's \"Loom\"\tY\n";
        assert_eq!(read_onet(file.as_bytes()).unwrap(), BTreeSet::from(["Weaver's \"Loom\"".to_owned()]));
        assert!(matches!(read_onet("a\tb\n".as_bytes()), Err(OnetError::NoExample { .. })));
    }
}
