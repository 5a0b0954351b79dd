//! Reads ESCO, the European classification of skills, into plain concepts.
//!
//! Three sources, told apart by their header or asked for by method:
//! - the CSV files of the ESCO portal's download (`skills_*`, `broaderRelationsSkillPillar_*`,
//!   `*SkillsCollection_*`), whose columns differ between versions;
//! - the CSV of the PyPI package `dev-laiser` (`laiser/public/combined.csv`, English only);
//! - a merged JSON Lines file, one concept a line.
//!
//! ESCO © European Union: "This service uses the ESCO classification of the European Commission."

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;

pub mod policy;

/// A file that cannot be read as ESCO at all. Faults of single lines are [`LineProblem`]s.
#[derive(Debug, thiserror::Error)]
pub enum EscoError {
    /// The header names none of the known files.
    #[error("not an ESCO file: header has columns {columns:?}")]
    UnknownHeader {
        /// The columns found.
        columns: Vec<String>,
    },
    /// The file's header is not readable as CSV.
    #[error("cannot read the CSV header: {0}")]
    Header(#[source] csv::Error),
    /// Reading failed.
    #[error("cannot read: {0}")]
    Read(#[from] std::io::Error),
}

/// A line that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// Line in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What reading one file did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Data rows read, good and bad.
    pub rows: u64,
    /// Rows that went into the catalogue.
    pub used: u64,
    /// Rows about something else (skill groups' relations, other sources).
    pub skipped: u64,
    /// Rows left out for a fault.
    pub problems: Vec<LineProblem>,
}

/// What a concept is, in ESCO's terms (`skillType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkillType {
    /// "knowledge": a body of facts, a technology, a field.
    Knowledge,
    /// "skill/competence": something one does.
    SkillCompetence,
    /// Not stated.
    #[default]
    Unknown,
}

impl SkillType {
    /// ESCO's own word; empty when not stated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge",
            Self::SkillCompetence => "skill/competence",
            Self::Unknown => "",
        }
    }

    /// Reads ESCO's word; anything unknown is [`SkillType::Unknown`].
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "knowledge" => Self::Knowledge,
            "skill/competence" | "skill" | "competence" => Self::SkillCompetence,
            _ => Self::Unknown,
        }
    }
}

/// Language of a portal file: the files themselves don't say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
}

/// What a file's name says about it: `digitalSkillsCollection_es.csv` is Spanish, collection `digital`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Language of its labels.
    pub language: Language,
    /// Collection that its concepts belong to, if it is a collection file.
    pub collection: Option<String>,
}

impl Source {
    /// Reads a file name of the ESCO portal; English where it names no language.
    pub fn from_file_name(name: &str) -> Self {
        let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let spanish = stem.split(['_', '.', '-']).any(|part| part == "es");
        Self {
            language: if spanish { Language::Es } else { Language::En },
            collection: stem.find("SkillsCollection").filter(|&at| at > 0).map(|at| stem[..at].to_owned()),
        }
    }
}

/// One ESCO skill, in English and Spanish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EscoConcept {
    /// `http://data.europa.eu/esco/skill/<uuid>`.
    pub concept_uri: String,
    /// Knowledge or competence.
    pub skill_type: SkillType,
    /// Preferred English label; empty if only a Spanish file was read.
    pub preferred_label_en: String,
    /// Preferred Spanish label.
    pub preferred_label_es: Option<String>,
    /// Other English labels.
    pub alternative_labels_en: Vec<String>,
    /// Other Spanish labels.
    pub alternative_labels_es: Vec<String>,
    /// English description.
    pub description_en: Option<String>,
    /// Spanish description.
    pub description_es: Option<String>,
    /// Concepts above it, the first one first read.
    pub broader_concept_uris: Vec<String>,
    /// ESCO collections it belongs to (`digital`, `green`, `language`, `transversal` ...).
    pub collections: Vec<String>,
}

impl EscoConcept {
    /// The first concept above it.
    pub fn broader_concept_uri(&self) -> Option<&str> {
        self.broader_concept_uris.first().map(String::as_str)
    }

    fn add_label(&mut self, label: &str, language: Language) {
        let label = label.trim();
        if label.is_empty() {
            return;
        }
        match language {
            Language::En if self.preferred_label_en.is_empty() => {
                self.preferred_label_en = label.to_owned();
            }
            Language::Es if self.preferred_label_es.is_none() => {
                self.preferred_label_es = Some(label.to_owned());
            }
            _ => self.add_alternative(label, language),
        }
    }

    fn add_alternative(&mut self, label: &str, language: Language) {
        let (preferred, others) = match language {
            Language::En => (Some(&self.preferred_label_en), &mut self.alternative_labels_en),
            Language::Es => (self.preferred_label_es.as_ref(), &mut self.alternative_labels_es),
        };
        if preferred.is_none_or(|p| p != label) {
            push_new(others, label);
        }
    }

    fn add_description(&mut self, text: &str, language: Language) {
        let slot = match language {
            Language::En => &mut self.description_en,
            Language::Es => &mut self.description_es,
        };
        if slot.is_none() && !text.trim().is_empty() {
            *slot = Some(text.trim().to_owned());
        }
    }
}

fn push_new(list: &mut Vec<String>, item: &str) {
    let item = item.trim();
    if !item.is_empty() && !list.iter().any(|i| i == item) {
        list.push(item.to_owned());
    }
}

/// Concepts gathered from any number of files, merged by URI. The first file read wins where two differ;
/// a preferred label that lost stays as an alternative one.
#[derive(Clone, Debug, Default)]
pub struct EscoCatalogue {
    concepts: BTreeMap<String, EscoConcept>,
    /// URI -> broader URIs of relations whose concept has not been read (yet).
    relations: BTreeMap<String, Vec<String>>,
}

impl EscoCatalogue {
    /// An empty catalogue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of concepts so far.
    pub fn len(&self) -> usize {
        self.concepts.len()
    }

    /// True when nothing has been read.
    pub fn is_empty(&self) -> bool {
        self.concepts.is_empty()
    }

    /// The concepts, by URI.
    pub fn into_concepts(mut self) -> Vec<EscoConcept> {
        for (uri, broader) in std::mem::take(&mut self.relations) {
            if let Some(concept) = self.concepts.get_mut(&uri) {
                for b in &broader {
                    push_new(&mut concept.broader_concept_uris, b);
                }
            }
        }
        self.concepts.into_values().collect()
    }

    fn concept(&mut self, uri: &str) -> &mut EscoConcept {
        self.concepts
            .entry(uri.to_owned())
            .or_insert_with(|| EscoConcept { concept_uri: uri.to_owned(), ..EscoConcept::default() })
    }

    /// Reads a CSV file: the header tells which.
    ///
    /// # Errors
    /// When the header is unreadable or unknown. Bad rows are reported, not fatal.
    pub fn read_csv(&mut self, reader: impl Read, source: &Source) -> Result<ReadReport, EscoError> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let header = csv.byte_headers().map_err(EscoError::Header)?.clone();
        let columns = Columns::new(&header);
        let shape = columns.shape()?;
        let mut report = ReadReport::default();
        let mut record = csv::ByteRecord::new();
        loop {
            let line = csv.position().line();
            let outcome = match csv.read_byte_record(&mut record) {
                Ok(false) => return Ok(report),
                Ok(true) => self.row(&columns, shape, &record, source),
                Err(e) => match e.into_kind() {
                    csv::ErrorKind::Io(io) => return Err(io.into()),
                    other => Err(format!("malformed row: {other:?}")),
                },
            };
            let line = record.position().map_or(line, csv::Position::line);
            report.count(line, outcome);
        }
    }

    fn row(
        &mut self,
        columns: &Columns,
        shape: Shape,
        record: &csv::ByteRecord,
        source: &Source,
    ) -> Result<bool, String> {
        let get = |name: &str| columns.text(record, name);
        match shape {
            Shape::Skills => {
                let uri = skill_uri(get("concepturi")?)?;
                let label = get("preferredlabel")?;
                if label.is_empty() {
                    return Err("preferredLabel is empty".to_owned());
                }
                let alternatives = [get("altlabels")?, get("hiddenlabels")?];
                let (kind, description) = (get("skilltype")?, get("description")?);
                let broader = get("broaderconcepturi")?;
                let concept = self.concept(uri);
                concept.add_label(label, source.language);
                for alternative in alternatives.into_iter().flat_map(split_list) {
                    concept.add_alternative(alternative, source.language);
                }
                concept.add_description(description, source.language);
                if concept.skill_type == SkillType::Unknown {
                    concept.skill_type = SkillType::parse(kind);
                }
                for b in split_list(broader) {
                    push_new(&mut concept.broader_concept_uris, b);
                }
                if let Some(collection) = &source.collection {
                    push_new(&mut concept.collections, collection);
                }
            }
            Shape::Relations => {
                let (uri, broader) = (get("concepturi")?, get("broaderuri")?);
                if get("concepttype")? == "SkillGroup" {
                    return Ok(false);
                }
                let (uri, broader) = (skill_uri(uri)?, skill_uri(broader)?);
                push_new(self.relations.entry(uri.to_owned()).or_default(), broader);
            }
            Shape::Laiser => {
                if get("source")? != "esco" {
                    return Ok(false);
                }
                let uri = skill_uri(get("source_url")?)?;
                let (label, notes) = (get("skill")?, get("addtional_notes")?);
                let description = get("description")?;
                if label.is_empty() {
                    return Err("skill is empty".to_owned());
                }
                let concept = self.concept(uri);
                concept.add_label(label, Language::En);
                for alternative in split_list(notes) {
                    concept.add_alternative(alternative, Language::En);
                }
                concept.add_description(description, Language::En);
            }
        }
        Ok(true)
    }

    /// Reads the merged JSON Lines file (`uri`, `type`, `en`, `en_alt`, `es`, `es_alt`, `broader` ...).
    ///
    /// # Errors
    /// When reading fails. Lines that are not such an object are reported, not fatal.
    pub fn read_jsonl(&mut self, reader: impl Read) -> Result<ReadReport, EscoError> {
        let mut report = ReadReport::default();
        for (number, line) in BufReader::new(reader).split(b'\n').enumerate() {
            let line = line?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let outcome = serde_json::from_slice::<MergedLine>(&line)
                .map_err(|e| e.to_string())
                .and_then(|merged| self.merged(&merged));
            report.count(number as u64 + 1, outcome);
        }
        Ok(report)
    }

    fn merged(&mut self, line: &MergedLine) -> Result<bool, String> {
        let uri = skill_uri(&line.uri)?;
        if line.en.trim().is_empty() && line.es.as_deref().unwrap_or("").trim().is_empty() {
            return Err("no label in any language".to_owned());
        }
        let concept = self.concept(uri);
        if concept.skill_type == SkillType::Unknown {
            concept.skill_type = SkillType::parse(line.skill_type.as_deref().unwrap_or(""));
        }
        concept.add_label(&line.en, Language::En);
        concept.add_label(line.es.as_deref().unwrap_or(""), Language::Es);
        for label in &line.en_alt {
            concept.add_alternative(label.trim(), Language::En);
        }
        for label in &line.es_alt {
            concept.add_alternative(label.trim(), Language::Es);
        }
        concept.add_description(line.en_desc.as_deref().unwrap_or(""), Language::En);
        concept.add_description(line.es_desc.as_deref().unwrap_or(""), Language::Es);
        for uri in &line.broader {
            push_new(&mut concept.broader_concept_uris, uri);
        }
        for collection in &line.collections {
            push_new(&mut concept.collections, collection);
        }
        Ok(true)
    }
}

impl ReadReport {
    fn count(&mut self, line: u64, outcome: Result<bool, String>) {
        self.rows += 1;
        match outcome {
            Ok(true) => self.used += 1,
            Ok(false) => self.skipped += 1,
            Err(reason) => self.problems.push(LineProblem { line, reason }),
        }
    }
}

#[derive(Deserialize)]
struct MergedLine {
    uri: String,
    #[serde(rename = "type")]
    skill_type: Option<String>,
    #[serde(default)]
    en: String,
    #[serde(default)]
    en_alt: Vec<String>,
    en_desc: Option<String>,
    es: Option<String>,
    #[serde(default)]
    es_alt: Vec<String>,
    es_desc: Option<String>,
    #[serde(default)]
    broader: Vec<String>,
    #[serde(default)]
    collections: Vec<String>,
}

/// What the rows of a CSV file are.
#[derive(Clone, Copy)]
enum Shape {
    Skills,
    Relations,
    Laiser,
}

/// Column names, lower-case, to their places.
struct Columns(BTreeMap<String, usize>);

impl Columns {
    fn new(header: &csv::ByteRecord) -> Self {
        let names = header.iter().enumerate().map(|(i, name)| {
            let name = String::from_utf8_lossy(name);
            let name = name.trim_start_matches('\u{FEFF}').trim().trim_matches('"');
            (name.to_lowercase(), i)
        });
        Self(names.collect())
    }

    fn shape(&self) -> Result<Shape, EscoError> {
        let has = |names: [&str; 2]| names.iter().all(|n| self.0.contains_key(*n));
        if has(["concepturi", "broaderuri"]) {
            Ok(Shape::Relations)
        } else if has(["concepturi", "preferredlabel"]) {
            Ok(Shape::Skills)
        } else if has(["skill", "source_url"]) {
            Ok(Shape::Laiser)
        } else {
            Err(EscoError::UnknownHeader { columns: self.0.keys().cloned().collect() })
        }
    }

    /// A field; empty when the file has no such column, a fault when the row ends before it.
    fn text<'r>(&self, record: &'r csv::ByteRecord, name: &str) -> Result<&'r str, String> {
        let Some(&at) = self.0.get(name) else {
            return Ok("");
        };
        let field =
            record.get(at).ok_or_else(|| format!("row has {} fields, {name} is field {}", record.len(), at + 1))?;
        std::str::from_utf8(field).map(str::trim).map_err(|e| format!("{name} is not UTF-8: {e}"))
    }
}

fn skill_uri(uri: &str) -> Result<&str, String> {
    let uri = uri.trim();
    if uri.starts_with("http://data.europa.eu/esco/") || uri.starts_with("https://data.europa.eu/esco/") {
        Ok(uri)
    } else {
        Err(format!("not an ESCO URI: {uri:?}"))
    }
}

/// Lists stand on lines in some files and between ` | ` in others.
fn split_list(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.split(" | ")).map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "http://data.europa.eu/esco/skill/aaaa";

    fn english() -> Source {
        Source::from_file_name("skills_en.csv")
    }

    #[test]
    fn english_and_spanish_files_merge_by_uri() {
        let mut all = EscoCatalogue::new();
        let en = format!(
            "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,description\n\
             KnowledgeSkillCompetence,{URI},knowledge,x,Haskell,\"Haskell techniques\nHaskell 98\",A language.\n"
        );
        let es = format!(
            "\u{FEFF}conceptUri,preferredLabel,altLabels,broaderConceptUri\n{URI},Haskell (es),uno | dos,{URI}b | {URI}c\n"
        );
        all.read_csv(en.as_bytes(), &english()).unwrap();
        let es_source = Source::from_file_name("/x/digitalSkillsCollection_es.csv");
        all.read_csv(es.as_bytes(), &es_source).unwrap();
        let concepts = all.into_concepts();
        assert_eq!(concepts.len(), 1);
        let c = &concepts[0];
        assert_eq!(c.skill_type, SkillType::Knowledge);
        assert_eq!(c.alternative_labels_en, ["Haskell techniques", "Haskell 98"]);
        assert_eq!(c.preferred_label_es.as_deref(), Some("Haskell (es)"));
        assert_eq!(c.alternative_labels_es, ["uno", "dos"]);
        assert_eq!(c.broader_concept_uris.len(), 2);
        assert_eq!(c.collections, ["digital"]);
    }

    #[test]
    fn relations_may_come_before_or_after_the_concepts() {
        let mut all = EscoCatalogue::new();
        let relations = format!(
            "conceptType,conceptUri,broaderType,broaderUri\nSkillGroup,{URI}g,SkillGroup,{URI}h\nKnowledgeSkillCompetence,{URI},SkillGroup,{URI}g\n"
        );
        let report = all.read_csv(relations.as_bytes(), &english()).unwrap();
        assert_eq!((report.used, report.skipped), (1, 1));
        let skills = format!("conceptUri,preferredLabel\n{URI},Haskell\n");
        all.read_csv(skills.as_bytes(), &english()).unwrap();
        assert_eq!(all.into_concepts()[0].broader_concept_uri(), Some(format!("{URI}g").as_str()));
    }

    #[test]
    fn bad_rows_are_reported_by_line_and_the_rest_is_read() {
        let mut all = EscoCatalogue::new();
        let mut file = b"conceptUri,preferredLabel\nnonsense,A\n".to_vec();
        file.extend(format!("{URI}\n").bytes());
        file.extend(format!("{URI},").bytes().chain([0xFF, b'\n']));
        file.extend(format!("{URI},Good\n").bytes());
        let report = all.read_csv(file.as_slice(), &english()).unwrap();
        assert_eq!(report.used, 1);
        let lines: Vec<_> = report.problems.iter().map(|p| p.line).collect();
        assert_eq!(lines, [2, 3, 4]);
    }

    #[test]
    fn an_unknown_header_is_an_error_that_names_the_columns() {
        let error = EscoCatalogue::new().read_csv("a,b\n1,2\n".as_bytes(), &english()).unwrap_err();
        assert!(error.to_string().contains("\"a\""), "{error}");
    }

    #[test]
    fn laiser_rows_of_other_sources_are_skipped() {
        let mut all = EscoCatalogue::new();
        let file = format!(
            ",skill,addtional_notes,description,source_url,source\n0,manage staff,\"lead staff\nrun staff\",D,{URI},esco\n1,Other,,,https://osmt.wgu.edu/x,osn\n"
        );
        let report = all.read_csv(file.as_bytes(), &english()).unwrap();
        assert_eq!((report.used, report.skipped), (1, 1));
        assert_eq!(all.into_concepts()[0].alternative_labels_en, ["lead staff", "run staff"]);
    }

    #[test]
    fn jsonl_lines_that_are_not_concepts_are_reported() {
        let mut all = EscoCatalogue::new();
        let file = format!("{{\"uri\":\"{URI}\",\"type\":null,\"en\":\"x\"}}\n[]\n\n{{\"uri\":\"{URI}\"}}\n");
        let report = all.read_jsonl(file.as_bytes()).unwrap();
        assert_eq!(report.used, 1);
        assert_eq!(report.problems.iter().map(|p| p.line).collect::<Vec<_>>(), [2, 4]);
    }
}
