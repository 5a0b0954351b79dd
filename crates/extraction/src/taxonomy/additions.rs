//! Concepts and labels that people add to the taxonomy while it is in use.

use super::check::{Owners, check_kind};
use super::{Concept, Label, Language, Taxonomy, TaxonomyError};

/// File that faults of additions name.
const FILE: &str = "additions";

/// Stands between the version of the files and that of the additions.
const MARK: &str = "+additions.";

/// A concept that stands in no file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addition {
    /// Id, unique in the taxonomy.
    pub id: String,
    /// Canonical name.
    pub name: String,
    /// One of [`super::KINDS`].
    pub kind: String,
    /// Labels beside the name.
    pub labels: Vec<String>,
    /// Id of the broader concept.
    pub parent: Option<String>,
}

impl Addition {
    fn build(&self) -> Concept {
        let mut labels: Vec<Label> = Vec::new();
        for text in std::iter::once(&self.name).chain(&self.labels) {
            if labels.iter().all(|label| label.text != *text) {
                labels.push(plain(text));
            }
        }
        Concept {
            id: self.id.clone(),
            name: self.name.clone(),
            name_es: None,
            kind: self.kind.clone(),
            labels,
            parent: self.parent.clone(),
            esco_uri: None,
            onet: None,
            implies: Vec::new(),
            ambiguous: None,
            file: FILE.to_owned(),
        }
    }

    /// The concept as a block of the taxonomy's files.
    pub fn to_toml(&self) -> String {
        let mut block = format!("[[concept]]\nid = {}\nname = {}\n", quoted(&self.id), quoted(&self.name));
        if !self.labels.is_empty() {
            block.push_str(&format!("aliases = {}\n", list(&self.labels)));
        }
        block.push_str(&format!("kind = {}\n", quoted(&self.kind)));
        if let Some(parent) = &self.parent {
            block.push_str(&format!("parent = {}\n", quoted(parent)));
        }
        block
    }
}

/// A further label of a concept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
    /// Id of the concept.
    pub id: String,
    /// The label.
    pub label: String,
}

impl Alias {
    /// What to add to the concept's block in the taxonomy's files.
    pub fn to_toml(&self) -> String {
        format!("# To the aliases of {}:\naliases = {}\n", quoted(&self.id), list(std::slice::from_ref(&self.label)))
    }
}

/// The version of a taxonomy with these additions in place of those that `version` names.
pub fn version_with(version: &str, additions: Option<&str>) -> String {
    let files = version.split(MARK).next().unwrap_or_default();
    additions.map_or_else(|| files.to_owned(), |additions| format!("{files}{MARK}{additions}"))
}

/// The version of what is extracted with: the taxonomy's, and the ESCO edition's where one is imported.
pub fn version_with_esco(version: &str, edition: Option<&str>) -> String {
    edition.map_or_else(|| version.to_owned(), |edition| format!("{version} esco {edition}"))
}

impl Taxonomy {
    /// The taxonomy with more concepts, in any order, and more labels; `edition` names them in its version.
    /// They keep the rules of the files: what doesn't is left out, and told.
    #[must_use]
    pub fn extended(&self, additions: &[Addition], aliases: &[Alias], edition: &str) -> (Self, Vec<TaxonomyError>) {
        let mut extended = Self { version: version_with(&self.version, Some(edition)), ..self.clone() };
        let mut owners = Owners::default();
        for concept in &self.concepts {
            concept.labels.iter().for_each(|label| owners.add(concept, label));
        }
        let mut faults = extended.add_concepts(additions, &mut owners);
        faults.extend(aliases.iter().filter_map(|alias| extended.add_alias(alias, &mut owners).err()));
        (extended, faults)
    }

    /// Parents before their children, whatever order they come in.
    fn add_concepts(&mut self, additions: &[Addition], owners: &mut Owners) -> Vec<TaxonomyError> {
        let mut faults = Vec::new();
        let mut waiting: Vec<Concept> = additions.iter().map(Addition::build).collect();
        loop {
            let has_parent = |concept: &Concept| concept.parent.as_ref().is_none_or(|id| self.get(id).is_some());
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(has_parent);
            waiting = rest;
            if ready.is_empty() {
                break;
            }
            faults.extend(ready.into_iter().filter_map(|concept| self.add_concept(concept, owners).err()));
        }
        faults.extend(waiting.into_iter().map(|concept| TaxonomyError::UnknownParent {
            file: concept.file,
            concept: concept.id,
            parent: concept.parent.unwrap_or_default(),
        }));
        faults
    }

    fn add_concept(&mut self, concept: Concept, owners: &mut Owners) -> Result<(), TaxonomyError> {
        if let Some(other) = self.get(&concept.id) {
            let (file, other) = (concept.file, other.file.clone());
            return Err(TaxonomyError::DuplicateId { file, concept: concept.id, other });
        }
        check_kind(&concept)?;
        concept.labels.iter().try_for_each(|label| owners.check(&concept, label))?;
        concept.labels.iter().for_each(|label| owners.add(&concept, label));
        self.by_id.insert(concept.id.clone(), self.concepts.len());
        self.concepts.push(concept);
        Ok(())
    }

    fn add_alias(&mut self, alias: &Alias, owners: &mut Owners) -> Result<(), TaxonomyError> {
        let Some(&at) = self.by_id.get(&alias.id) else {
            let (concept, label) = (alias.id.clone(), alias.label.clone());
            return Err(TaxonomyError::UnknownConcept { file: FILE.to_owned(), concept, label });
        };
        let (concept, label) = (&mut self.concepts[at], plain(&alias.label));
        owners.check(concept, &label)?;
        owners.add(concept, &label);
        if concept.labels.iter().all(|known| known.text != label.text) {
            concept.labels.push(label);
        }
        Ok(())
    }
}

fn plain(text: &str) -> Label {
    Label { text: text.to_owned(), language: Language::Any, needs_context: false, exact_case: false }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &str = "kind = \"tool\"\n[[concept]]\nid = \"docker\"\nname = \"Docker\"\n";

    fn taxonomy() -> Taxonomy {
        Taxonomy::from_files([("a.toml", FILES)]).unwrap()
    }

    fn addition(id: &str, labels: &[&str], parent: Option<&str>) -> Addition {
        Addition {
            id: id.into(),
            name: id.to_uppercase(),
            kind: "tool".into(),
            labels: labels.iter().map(|label| label.to_string()).collect(),
            parent: parent.map(str::to_owned),
        }
    }

    fn alias(id: &str, label: &str) -> Alias {
        Alias { id: id.into(), label: label.into() }
    }

    #[test]
    fn additions_come_in_any_order_and_aliases_may_be_theirs() {
        let additions = [addition("child", &["kid"], Some("zorblax")), addition("zorblax", &[], Some("docker"))];
        let (extended, faults) =
            taxonomy().extended(&additions, &[alias("docker", "Dokker"), alias("child", "bairn")], "2-ab");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(extended.get("child").unwrap().parent.as_deref(), Some("zorblax"));
        let labels = |id| extended.get(id).unwrap().labels.iter().map(|l| l.text.as_str()).collect::<Vec<_>>();
        assert_eq!(labels("docker"), ["Docker", "Dokker"]);
        assert_eq!(labels("child"), ["CHILD", "kid", "bairn"]);
        assert_eq!(extended.version(), format!("{}+additions.2-ab", taxonomy().version()));
        assert_eq!(version_with(extended.version(), None), taxonomy().version());
        assert_eq!(version_with(extended.version(), Some("3-c")), format!("{}+additions.3-c", taxonomy().version()));
    }

    #[test]
    fn what_breaks_a_rule_is_left_out_and_told() {
        let additions = [
            addition("docker", &[], None),
            addition("one", &["DOCKER"], None),
            addition("two", &["?"], None),
            addition("three", &[], Some("none")),
            addition("four", &[], Some("five")),
            addition("five", &[], Some("four")),
            Addition { kind: "nonsense".into(), ..addition("six", &[], None) },
            addition("good", &[], None),
        ];
        let (extended, faults) =
            taxonomy().extended(&additions, &[alias("one", "x"), alias("good", "docker"), alias("good", "fine")], "1");
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        for part in [
            "concept \"docker\": the id is taken by a concept of a.toml",
            "concept \"one\": label \"DOCKER\" belongs to \"docker\" too",
            "concept \"two\": label \"?\" has no word",
            "concept \"three\": unknown parent \"none\"",
            "concept \"four\": unknown parent \"five\"",
            "concept \"five\": unknown parent \"four\"",
            "concept \"six\": unknown kind \"nonsense\"",
            "concept \"one\": there is none to take the label \"x\"",
            "concept \"good\": label \"docker\" belongs to \"docker\" too",
        ] {
            assert!(
                told.iter().any(|fault| fault.starts_with("additions: ") && fault.contains(part)),
                "{part}: {told:?}"
            );
        }
        assert_eq!(told.len(), 9, "{told:?}");
        assert_eq!(extended.concepts().len(), 2);
        assert_eq!(extended.get("good").unwrap().labels.len(), 2);
    }

    #[test]
    fn the_block_can_stand_in_a_file() {
        let added =
            Addition { name: "Zor \"b\\lax\"".into(), ..addition("zorblax", &["Zor'b", "Z\u{7f}"], Some("docker")) };
        let file = format!("{FILES}{}", added.to_toml());
        let read = Taxonomy::from_files([("a.toml", file.as_str())]).unwrap();
        let (concept, mut expected) = (read.get("zorblax").unwrap(), added.build());
        expected.file = "a.toml".into();
        assert_eq!(*concept, expected);
        assert_eq!(alias("docker", "Dokker").to_toml(), "# To the aliases of \"docker\":\naliases = [\"Dokker\"]\n");
    }
}
