//! What a newer edition of ESCO changes in the concepts that are stored.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

use super::{Changes, EscoConcept};

/// Longest value that a change tells, in characters.
const LONGEST: usize = 200;

/// The field of a concept that an import changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The concept is new.
    Added,
    /// Preferred label in English.
    PreferredLabelEn,
    /// Preferred label in Spanish.
    PreferredLabelEs,
    /// Other labels: those that went, and those that came.
    Labels,
    /// Type of skill.
    SkillType,
    /// Description in either language.
    Description,
    /// Broader concepts.
    Broader,
}

impl Field {
    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::PreferredLabelEn => "preferred_label_en",
            Self::PreferredLabelEs => "preferred_label_es",
            Self::Labels => "labels",
            Self::SkillType => "skill_type",
            Self::Description => "description",
            Self::Broader => "broader",
        }
    }
}

/// One change of one concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConceptChange {
    /// URI of the concept.
    pub concept_uri: String,
    /// Preferred label as it is now: in English, else in Spanish.
    pub label: String,
    /// What changed.
    pub field: Field,
    /// The value before, shortened.
    pub before: String,
    /// The value now, shortened.
    pub after: String,
}

/// The most important changes of an import of any length: preferred labels, then new concepts, then the rest,
/// each in the order of their coming.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeList {
    ranks: [Vec<ConceptChange>; 3],
}

impl ChangeList {
    /// How many are kept.
    pub const LIMIT: usize = 1000;

    /// Adds changes; what can no longer be among the first is dropped.
    pub fn extend(&mut self, changes: impl IntoIterator<Item = ConceptChange>) {
        for change in changes {
            let rank = &mut self.ranks[match change.field {
                Field::PreferredLabelEn | Field::PreferredLabelEs => 0,
                Field::Added => 1,
                _ => 2,
            }];
            if rank.len() < Self::LIMIT {
                rank.push(change);
            }
        }
    }

    /// The first [`ChangeList::LIMIT`].
    pub fn into_vec(self) -> Vec<ConceptChange> {
        self.ranks.into_iter().flatten().take(Self::LIMIT).collect()
    }
}

#[derive(FromQueryResult)]
struct Stored {
    concept_uri: String,
    skill_type: String,
    preferred_label_en: String,
    preferred_label_es: Option<String>,
    alternative_labels_en: Vec<String>,
    alternative_labels_es: Vec<String>,
    description_en: String,
    description_es: String,
    broader_concept_uris: Vec<String>,
}

impl Stored {
    /// Equal in everything that an import compares, the order of lists too.
    fn is(&self, concept: &EscoConcept) -> bool {
        self.skill_type == concept.skill_type
            && self.preferred_label_en == concept.preferred_label_en
            && self.preferred_label_es == concept.preferred_label_es
            && self.alternative_labels_en == concept.alternative_labels_en
            && self.alternative_labels_es == concept.alternative_labels_es
            && self.description_en == concept.description_en
            && self.description_es == concept.description_es
            && self.broader_concept_uris == concept.broader_concept_uris
    }
}

/// Compares checked concepts with what is stored. A list that only has another order counts as changed, and
/// has no entry among the changes unless its first broader concept is another.
///
/// # Errors
/// Database errors.
pub async fn compare<C: ConnectionTrait>(
    db: &C,
    concepts: &[EscoConcept],
) -> Result<(Changes, Vec<ConceptChange>), DbErr> {
    let uris: Vec<String> = concepts.iter().map(|concept| concept.concept_uri.clone()).collect();
    let stored = Stored::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT concept_uri, skill_type, preferred_label_en, preferred_label_es, alternative_labels_en,
                alternative_labels_es, description_en, description_es, broader_concept_uris
         FROM esco_taxonomy WHERE concept_uri = ANY($1)",
        [uris.into()],
    ))
    .all(db)
    .await?;
    let stored: HashMap<&str, &Stored> = stored.iter().map(|row| (row.concept_uri.as_str(), row)).collect();
    let (mut counts, mut changes) = (Changes::default(), Vec::new());
    for concept in concepts {
        match stored.get(concept.concept_uri.as_str()) {
            None => {
                counts.added += 1;
                changes.push(change(concept, Field::Added, "", label(concept)));
            }
            Some(row) if row.is(concept) => counts.unchanged += 1,
            Some(row) => {
                counts.changed += 1;
                changes.extend(differences(row, concept));
            }
        }
    }
    Ok((counts, changes))
}

/// How many stored concepts have none of these ids: retired, or of another file.
///
/// # Errors
/// Database errors.
pub async fn not_received<C: ConnectionTrait>(db: &C, skill_ids: Vec<String>) -> Result<u64, DbErr> {
    let sql = "SELECT count(*) FROM esco_taxonomy e
               WHERE NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS received(id) WHERE received.id = e.skill_id)";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [skill_ids.into()]);
    let row = db.query_one_raw(statement).await?;
    let count = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

fn differences(row: &Stored, concept: &EscoConcept) -> Vec<ConceptChange> {
    let es = |label: &Option<String>| label.clone().unwrap_or_default();
    let gone_and_come = |before: &[String], after: &[String]| (without(before, after), without(after, before));
    let (en_gone, en_come) = gone_and_come(&row.alternative_labels_en, &concept.alternative_labels_en);
    let (es_gone, es_come) = gone_and_come(&row.alternative_labels_es, &concept.alternative_labels_es);
    let (broader_gone, broader_come) = broader(&row.broader_concept_uris, &concept.broader_concept_uris);
    let fields = [
        (Field::PreferredLabelEn, row.preferred_label_en.clone(), concept.preferred_label_en.clone()),
        (Field::PreferredLabelEs, es(&row.preferred_label_es), es(&concept.preferred_label_es)),
        (Field::Labels, by_language(&en_gone, &es_gone), by_language(&en_come, &es_come)),
        (Field::SkillType, row.skill_type.clone(), concept.skill_type.clone()),
        (Field::Description, row.description_en.clone(), concept.description_en.clone()),
        (Field::Description, row.description_es.clone(), concept.description_es.clone()),
        (Field::Broader, broader_gone, broader_come),
    ];
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(field, before, after)| change(concept, field, &before, &after)).collect()
}

fn change(concept: &EscoConcept, field: Field, before: &str, after: &str) -> ConceptChange {
    ConceptChange {
        concept_uri: concept.concept_uri.clone(),
        label: label(concept).to_owned(),
        field,
        before: shortened(before),
        after: shortened(after),
    }
}

fn label(concept: &EscoConcept) -> &str {
    match concept.preferred_label_en.as_str() {
        "" => concept.preferred_label_es.as_deref().unwrap_or_default(),
        label => label,
    }
}

fn without(labels: &[String], others: &[String]) -> Vec<String> {
    let others: HashSet<&str> = others.iter().map(String::as_str).collect();
    labels.iter().filter(|label| !others.contains(label.as_str())).cloned().collect()
}

/// `en: a, b; es: c`; empty where both are.
fn by_language(en: &[String], es: &[String]) -> String {
    let parts = [("en", en), ("es", es)].into_iter().filter(|(_, labels)| !labels.is_empty());
    parts.map(|(language, labels)| format!("{language}: {}", labels.join(", "))).collect::<Vec<_>>().join("; ")
}

/// The broader concepts that went and came; both lists whole where only the first, the one shown, is another.
fn broader(before: &[String], after: &[String]) -> (String, String) {
    let (gone, come) = (without(before, after), without(after, before));
    if gone.is_empty() && come.is_empty() && before.first() != after.first() {
        return (before.join(", "), after.join(", "));
    }
    (gone.join(", "), come.join(", "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(field: Field, n: usize) -> ConceptChange {
        change(&EscoConcept::default(), field, &n.to_string(), "")
    }

    #[test]
    fn preferred_labels_come_first_and_the_list_is_bounded() {
        let mut list = ChangeList::default();
        list.extend((0..1500).map(|n| made(Field::Labels, n)));
        list.extend((0..10).map(|n| made(Field::Added, n)));
        list.extend([made(Field::PreferredLabelEs, 7)]);
        let changes = list.into_vec();
        assert_eq!(changes.len(), ChangeList::LIMIT);
        assert_eq!(changes[0].field, Field::PreferredLabelEs);
        assert!(changes[1..11].iter().all(|change| change.field == Field::Added));
        assert_eq!(changes[999].before, "988");
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(shortened(&"ñ".repeat(200)), "ñ".repeat(200));
        assert_eq!(shortened(&"ñ".repeat(201)), format!("{}…", "ñ".repeat(200)));
    }

    #[test]
    fn of_lists_only_what_went_and_came_is_told() {
        let list = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
        assert_eq!(without(&list("a b c"), &list("c a")), ["b"]);
        assert_eq!(by_language(&list("a b"), &list("c")), "en: a, b; es: c");
        assert_eq!(broader(&list("a b"), &list("b a")), ("a, b".into(), "b, a".into()));
        assert_eq!(broader(&list("a b c"), &list("a c b")), (String::new(), String::new()));
    }
}
