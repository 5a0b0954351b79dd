//! Linking free texts to concepts.

use observatory_embedder::link::{Concepts, link};
use observatory_extraction::{esco::EscoCatalogue, evaluate::linking, taxonomy::Taxonomy};
use observatory_proto::embedder::{EmbedSource, LinkToTaxonomyRequest, LinkToTaxonomyResponse};
use observatory_store::{
    extraction::{OwnConcept, sync_concepts},
    taxonomy::{EscoConcept, finish_import, import},
};
use observatory_testkit::shared_data;
use std::{fs::File, io::BufReader};

use crate::Embedder;

async fn ask(embedder: &Embedder, text: &str, esco_only: bool) -> LinkToTaxonomyResponse {
    let request = LinkToTaxonomyRequest { text: text.into(), limit: 5, esco_only };
    embedder.client.clone().link_to_taxonomy(request).await.unwrap().into_inner()
}

/// Publishes some of the shipped concepts, as the extractor does.
async fn publish(embedder: &Embedder, wanted: impl Fn(&str) -> bool) {
    let taxonomy = Taxonomy::embedded().unwrap();
    let concepts: Vec<OwnConcept> = taxonomy
        .concepts()
        .iter()
        .filter(|concept| wanted(&concept.id))
        .map(|concept| OwnConcept {
            skill_id: concept.id.clone(),
            concept_uri: concept.uri(),
            name: concept.name.clone(),
            kind: concept.kind.clone(),
            labels: concept.labels.iter().map(|l| l.text.clone()).filter(|l| *l != concept.name).collect(),
            parent_uri: None,
            esco_uri: concept.esco_uri.clone(),
            name_es: concept.name_es.clone().unwrap_or_default(),
            onet: None,
            implies: Vec::new(),
            note: String::new(),
        })
        .collect();
    assert!(!concepts.is_empty());
    sync_concepts(&embedder.kit.db(), &concepts, "test").await.unwrap();
}

const SOME: &[&str] = &[
    "kubernetes",
    "docker",
    "python",
    "java",
    "javascript",
    "postgresql",
    "mysql",
    "machine-learning",
    "teamwork",
    "nlp",
    "project-management",
    "aws",
    "linux",
    "git",
    "react",
    "communication",
];

#[tokio::test]
async fn texts_in_both_languages_with_typos_and_acronyms_lead_to_their_concepts() {
    let Some(embedder) = Embedder::start().await else { return };
    publish(&embedder, |id| SOME.contains(&id)).await;
    embedder.embed(EmbedSource::Taxonomy, "").await;
    for (text, id) in [
        ("Kubernetes", "kubernetes"),
        ("kuberntes", "kubernetes"),
        ("K8s", "kubernetes"),
        ("aprendizaje automático", "machine-learning"),
        ("machine learning", "machine-learning"),
        ("NLP", "nlp"),
        ("base de datos postgres", "postgresql"),
        ("lenguaje python", "python"),
        ("JavaScript", "javascript"),
        ("contenedores docker", "docker"),
    ] {
        let links = ask(&embedder, text, false).await;
        let first = links.links.first().unwrap_or_else(|| panic!("nothing for {text}"));
        assert_eq!(first.skill.as_ref().unwrap().skill_id, id, "{text}: {links:?}");
        assert!((0.0..=1.0).contains(&first.score) && first.vector_score.is_some(), "{text}: {first:?}");
        assert_eq!(links.model_name, "multilingual-e5-small");
    }
    let exact = &ask(&embedder, "k8s", false).await.links[0];
    assert!(exact.exact && exact.score > 0.95 && exact.label.eq_ignore_ascii_case("k8s"), "{exact:?}");
    let loose = &ask(&embedder, "trabajar con kubernetes en producción", false).await.links[0];
    assert!(!loose.exact && loose.score < 0.95);
}

#[tokio::test]
async fn words_alone_link_where_no_vector_is_there() {
    let embedder = Embedder::start_with("", "").await;
    assert!(ask(&embedder, "docker", false).await.links.is_empty(), "no concepts yet");
    let embedder = Embedder::start_with("", "").await;
    publish(&embedder, |id| SOME.contains(&id)).await;
    for (text, id) in [("docker", "docker"), ("kuberntes", "kubernetes"), ("gestión de proyecto", "project-management")]
    {
        let links = ask(&embedder, text, false).await;
        assert_eq!(links.links[0].skill.as_ref().unwrap().skill_id, id, "{text}: {links:?}");
        assert!(links.links.iter().all(|link| link.vector_score.is_none()) && links.model_name.is_empty());
    }
    assert!(ask(&embedder, "¿…?", false).await.links.is_empty());
    let esco = ask(&embedder, "docker", true).await.links;
    assert!(esco.iter().all(|link| !link.skill.as_ref().unwrap().esco_uri.is_empty()), "{esco:?}");
}

/// Labelled phrases of ads, by words alone and with vectors. Some minutes: all of ESCO is embedded.
#[tokio::test]
#[ignore = "embeds all of ESCO"]
async fn vectors_link_more_phrases_right_than_words_alone() {
    let Some(data) = shared_data() else {
        println!("skipped: OBSERVATORY_SHARED_DATA is not set");
        return;
    };
    let Some(embedder) = Embedder::start().await else { return };
    publish(&embedder, |_| true).await;
    let mut catalogue = EscoCatalogue::new();
    let file = File::open(data.join("esco/esco_merged_v1.2_en_es.jsonl")).unwrap();
    catalogue.read_jsonl(BufReader::new(file)).unwrap();
    let esco = catalogue.into_concepts();
    let db = embedder.kit.db();
    let rows: Vec<EscoConcept> = esco.iter().map(stored).collect();
    for chunk in rows.chunks(1_000) {
        import(&db, chunk).await.unwrap();
    }
    finish_import(&db).await.unwrap();
    embedder.embed(EmbedSource::Taxonomy, "").await;

    let index = Concepts::new(db.clone()).index().await.unwrap();
    let vectors = super::search::vectors(&embedder.kit).await.unwrap();
    for name in ["tech", "house"] {
        let path = data.join(format!("gold/esco_linking/{name}_validation_annotations.csv"));
        let phrases = linking::read(File::open(path).unwrap()).unwrap();
        let mut figures = Vec::new();
        for vectors in [None, Some(&vectors)] {
            let (mut counted, mut first, mut among) = (0, 0, 0);
            for phrase in &phrases {
                let Some(wanted) = wanted(&esco, &phrase.label) else { continue };
                let links = link(&db, &index, vectors, &phrase.text, 10, true).await.unwrap();
                counted += 1;
                first += usize::from(links.first().is_some_and(|link| link.concept.esco_uri == wanted));
                among += usize::from(links.iter().any(|link| link.concept.esco_uri == wanted));
            }
            println!("{name}: accuracy@1 {first}, recall@10 {among}, of {counted}; vectors: {}", vectors.is_some());
            figures.push((first, among));
        }
        assert!(figures[1].0 >= figures[0].0 && figures[1].1 > figures[0].1, "{name}: {figures:?}");
    }
}

/// URI of the concept whose preferred label it is, else another label.
fn wanted<'a>(esco: &'a [observatory_extraction::esco::EscoConcept], label: &str) -> Option<&'a str> {
    let label = label.to_lowercase();
    let preferred = esco.iter().find(|concept| concept.preferred_label_en.to_lowercase() == label);
    let any = || esco.iter().find(|c| c.alternative_labels_en.iter().any(|other| other.to_lowercase() == label));
    preferred.or_else(any).map(|concept| concept.concept_uri.as_str())
}

fn stored(concept: &observatory_extraction::esco::EscoConcept) -> EscoConcept {
    let concept = EscoConcept {
        concept_uri: concept.concept_uri.clone(),
        skill_type: concept.skill_type.as_str().into(),
        preferred_label_en: concept.preferred_label_en.clone(),
        preferred_label_es: concept.preferred_label_es.clone(),
        alternative_labels_en: concept.alternative_labels_en.clone(),
        alternative_labels_es: concept.alternative_labels_es.clone(),
        ..EscoConcept::default()
    };
    concept.checked().unwrap()
}
