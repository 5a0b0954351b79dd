//! Finding and importing concepts over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, refused};
use observatory_mesh::Reason;
use observatory_proto::taxonomy::{
    GetConceptRequest, ImportConceptsRequest, ImportConceptsResponse, SearchConceptsRequest,
};

fn uri(number: u32) -> String {
    format!("http://data.europa.eu/esco/skill/00000000-0000-4000-8000-{number:012}")
}

fn concept(number: u32, en: &str, es: &str) -> ImportConceptsRequest {
    ImportConceptsRequest {
        concept_uri: uri(number),
        skill_type: "knowledge".into(),
        preferred_label_en: en.into(),
        preferred_label_es: es.into(),
        ..Default::default()
    }
}

async fn get(gateway: &Gateway, number: u32) -> observatory_proto::taxonomy::Concept {
    let skill_id = uri(number).rsplit_once('/').unwrap().1.to_string();
    gateway.taxonomy().get_concept(GetConceptRequest { skill_id }).await.unwrap().into_inner()
}

async fn import(gateway: &Gateway, concepts: Vec<ImportConceptsRequest>) -> ImportConceptsResponse {
    gateway.taxonomy().import_concepts(tokio_stream::iter(concepts)).await.unwrap().into_inner()
}

fn figures(report: &ImportConceptsResponse) -> [i32; 5] {
    [report.received, report.added, report.changed, report.unchanged, report.rejected]
}

#[tokio::test]
async fn an_import_counts_what_it_changed_and_can_be_repeated() {
    let gateway = Gateway::start().await;
    let broad = concept(1, "programming", "programación");
    let mut narrow = concept(2, "Python", "Python");
    narrow.broader_concept_uris = vec![uri(1)];
    narrow.alternative_labels_en = vec!["Python 3".into(), "".into(), "Python".into()];
    let wrong = ImportConceptsRequest { concept_uri: "http://example.org/1".into(), ..concept(3, "x", "x") };
    let concepts = vec![narrow.clone(), broad.clone(), wrong, concept(4, "", "sólo español")];

    let first = import(&gateway, concepts.clone()).await;
    assert_eq!(figures(&first), [4, 3, 0, 0, 1]);
    assert!(
        first.issues[0].contains("concept 3") && first.issues[0].contains("http://example.org/1"),
        "{:?}",
        first.issues
    );
    assert_eq!(figures(&import(&gateway, concepts).await), [4, 0, 0, 3, 1]);
    // The same concept twice in one stream: the second coming changes the first.
    narrow.alternative_labels_en = vec!["CPython".into()];
    let again = import(&gateway, vec![concept(2, "Pyton", ""), narrow.clone(), narrow]).await;
    assert_eq!(figures(&again), [3, 0, 2, 1, 0]);

    let get = async |number: u32| {
        let skill_id = uri(number).rsplit_once('/').unwrap().1.to_string();
        gateway.taxonomy().get_concept(GetConceptRequest { skill_id }).await
    };
    assert_eq!(get(1).await.unwrap().into_inner().narrower_concept_uris, [uri(2)]);
    let python = get(2).await.unwrap().into_inner();
    assert_eq!((python.broader_concept_uri, python.alternative_labels), (uri(1), vec!["CPython".to_string()]));
    assert_eq!(get(4).await.unwrap().into_inner().skill.unwrap().name, "sólo español");
    assert_eq!(refused(get(3).await).reason, Reason::SkillNotFound);
}

/// The first edition of an invented ESCO, and the second.
fn editions() -> [Vec<ImportConceptsRequest>; 2] {
    let labels = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut weave = concept(1, "weave baskets", "tejer cestas");
    weave.alternative_labels_en = labels(&["plait baskets", "make baskets"]);
    weave.alternative_labels_es = labels(&["trenzar cestas"]);
    let mut reed = concept(2, "reed", "junco");
    reed.description_en = "A plant.".into();
    let mut willow = concept(3, "willow", "mimbre");
    willow.broader_concept_uris = vec![uri(2)];
    let first = vec![weave.clone(), reed.clone(), willow.clone(), concept(4, "retired", "")];

    weave.preferred_label_en = "weave baskets by hand".into();
    weave.alternative_labels_en = labels(&["make baskets", "basketry"]);
    weave.alternative_labels_es = Vec::new();
    reed.preferred_label_es = "juncos".into();
    reed.description_en = "A plant of wet places.".into();
    reed.skill_type = "skill/competence".into();
    willow.broader_concept_uris = vec![uri(1)];
    [first, vec![concept(5, "rattan", ""), weave, reed, willow]]
}

fn changes(report: &ImportConceptsResponse) -> Vec<(String, &str, &str, &str)> {
    let number = |uri: &str| uri[uri.len() - 1..].to_owned();
    let changes = report.changes.iter();
    changes.map(|c| (number(&c.concept_uri), c.field.as_str(), c.before.as_str(), c.after.as_str())).collect()
}

#[tokio::test]
async fn a_newer_edition_says_what_it_changed() {
    let gateway = Gateway::start().await;
    let [old, new] = editions();
    let first = import(&gateway, old).await;
    assert_eq!((first.changes.len(), first.not_received), (4, 0));
    assert!(first.changes.iter().all(|change| change.field == "added" && change.before.is_empty()));

    let mut dry = new.clone();
    dry[0].dry_run = true;
    let dry = import(&gateway, dry).await;
    assert_eq!(get(&gateway, 1).await.preferred_label_en, "weave baskets", "a dry run writes nothing");

    let second = import(&gateway, new.clone()).await;
    assert_eq!(figures(&second), [4, 1, 3, 0, 0]);
    assert_eq!(second.not_received, 1);
    let (one, two) = (uri(1), uri(2));
    let expected = [
        ("1", "preferred_label_en", "weave baskets", "weave baskets by hand"),
        ("2", "preferred_label_es", "junco", "juncos"),
        ("5", "added", "", "rattan"),
        ("1", "labels", "en: plait baskets; es: trenzar cestas", "en: basketry"),
        ("2", "skill_type", "knowledge", "skill/competence"),
        ("2", "description", "A plant.", "A plant of wet places."),
        ("3", "broader", two.as_str(), one.as_str()),
    ];
    assert_eq!(changes(&second), expected.map(|(n, field, before, after)| (n.to_owned(), field, before, after)));
    assert_eq!(second.changes[0].label, "weave baskets by hand");
    assert_eq!(get(&gateway, 1).await.preferred_label_en, "weave baskets by hand");
    // The dry run said the same beforehand.
    assert_eq!((figures(&dry), &dry.changes, dry.not_received), (figures(&second), &second.changes, 1));

    let again = import(&gateway, new).await;
    assert_eq!((figures(&again), again.changes.len(), again.not_received), ([4, 0, 0, 4, 0], 0, 1));
}

#[tokio::test]
async fn a_dry_run_leaves_version_and_labels_alone() {
    let gateway = Gateway::start().await;
    let mut first = concept(1, "a", "");
    first.dry_run = true;
    let report = import(&gateway, vec![first, concept(2, "b", "")]).await;
    assert_eq!((figures(&report), report.not_received), ([2, 2, 0, 0, 0], 0));
    assert_eq!(observatory_store::extraction::dataset_version(&gateway.kit.db(), "esco").await.unwrap(), None);
    let request = SearchConceptsRequest { query: "b".into(), ..Default::default() };
    assert!(gateway.taxonomy().search_concepts(request).await.unwrap().into_inner().concepts.is_empty());
}

#[tokio::test]
async fn a_concept_has_its_name_in_spanish() {
    let gateway = Gateway::start().await;
    import(&gateway, vec![concept(1, "basketry", "cestería"), concept(2, "reed", "")]).await;
    let own = "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, name_es, kind, taxonomy_version)
               VALUES ('oop', 'urn:observatory:skill:oop', 'OOP', 'Programación orientada a objetos', 'concept', '1')";
    gateway.sql(own, []).await;
    gateway.sql("INSERT INTO concept_labels VALUES ('oop', 'observatory', 'OOP', 'oop')", []).await;
    assert_eq!(get(&gateway, 1).await.skill.unwrap().name_es, "cestería");
    assert_eq!(get(&gateway, 2).await.skill.unwrap().name_es, "");
    let request = SearchConceptsRequest { query: "oop".into(), ..Default::default() };
    let found = gateway.taxonomy().search_concepts(request).await.unwrap().into_inner().concepts;
    let skill = found[0].concept.as_ref().unwrap().skill.as_ref().unwrap();
    assert_eq!(skill.name_es, "Programación orientada a objetos");
}

#[tokio::test]
async fn the_version_follows_the_content() {
    let gateway = Gateway::start().await;
    let version = async || observatory_store::extraction::dataset_version(&gateway.kit.db(), "esco").await.unwrap();
    assert_eq!(version().await, None);
    import(&gateway, vec![concept(1, "a", "")]).await;
    let first = version().await.unwrap();
    assert!(first.starts_with("1-"), "{first}");
    import(&gateway, vec![concept(1, "a", "")]).await;
    assert_eq!(version().await.unwrap(), first);
    import(&gateway, vec![concept(1, "b", "")]).await;
    assert_ne!(version().await.unwrap(), first);
}

#[tokio::test]
async fn the_best_label_comes_first_whatever_case_accents_and_typing() {
    let gateway = Gateway::start().await;
    let mut data = concept(1, "manage database", "administrar bases de datos");
    data.description_en = "long".into();
    let concepts = vec![
        data,
        concept(2, "machine learning", "aprendizaje automático"),
        concept(3, "machine learning operations", ""),
        concept(4, "Java", "Java"),
        concept(5, "JavaScript", ""),
    ];
    import(&gateway, concepts).await;
    let own = "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, kind, taxonomy_version)
               VALUES ('java', 'urn:observatory:skill:java', 'Java', 'programming_language', '1')";
    gateway.sql(own, []).await;
    gateway.sql("INSERT INTO concept_labels VALUES ('java', 'observatory', 'Java', 'java')", []).await;
    let search = async |query: &str, source: &str| {
        let request = SearchConceptsRequest { query: query.into(), source: source.into(), ..Default::default() };
        let found = gateway.taxonomy().search_concepts(request).await.unwrap().into_inner().concepts;
        let found = found.into_iter().map(|found| (found.concept.unwrap(), found.label, found.similarity));
        found.collect::<Vec<_>>()
    };
    let names = |found: &[(observatory_proto::taxonomy::Concept, String, f32)]| {
        found.iter().map(|(concept, ..)| concept.skill.as_ref().unwrap().name.clone()).collect::<Vec<_>>()
    };
    let found = search("APRENDIZAJE AUTOMATICO", "").await;
    assert_eq!((found[0].1.as_str(), found[0].2), ("aprendizaje automático", 1.0));
    assert_eq!(names(&search("machine learning", "").await), ["machine learning", "machine learning operations"]);
    let typo = search("administar base de datoz", "").await;
    assert_eq!(names(&typo), ["manage database"]);
    assert_eq!(typo[0].0.description_en, "", "matches have no descriptions");

    let java = search("java", "").await;
    assert_eq!(
        java.iter().map(|(concept, ..)| concept.source.as_str()).collect::<Vec<_>>(),
        ["observatory", "esco", "esco"]
    );
    assert_eq!(names(&java), ["Java", "Java", "JavaScript"]);
    assert_eq!(search("java", "observatory").await.len(), 1);
    assert!(search("%", "").await.is_empty() && search("\u{301}", "").await.is_empty());
}
