//! Embedding skills, and what is similar.

use observatory_embedder::{correction::dot, vectors::Vectors};
use observatory_embedding::{Batcher, BatcherOptions, Model, ModelOptions};
use observatory_proto::{
    Error, Reason,
    embedder::{BatchEmbedSkillsResponse, EmbedSource},
};
use observatory_store::embeddings::{self, Filter, Plan, Vector};
use observatory_testkit::Kit;
use sea_orm::TransactionTrait;
use std::sync::Arc;

use crate::{Embedder, model, response, rows, search_for};

pub(crate) async fn vectors(kit: &Kit) -> Option<Vectors> {
    let (model, library) = model()?;
    let model = Model::open(&model, &library, ModelOptions::default()).unwrap();
    let batcher = Batcher::start(model, BatcherOptions::default()).unwrap();
    Some(Vectors::new(Arc::new(batcher), kit.db()))
}

#[tokio::test]
async fn triples_are_ordered_right_and_translations_found_by_the_corrected_vectors() {
    let kit = Kit::start().await;
    let Some(vectors) = vectors(&kit).await else { return };
    let triples = rows("skill_triples.tsv");
    let (mut right, mut raw_right) = (0, 0);
    for triple in &triples {
        let [skill, near, far] = &vectors.embed(triple).await.unwrap()[..] else { panic!("{triple:?}") };
        right += usize::from(dot(&skill.centred, &near.centred) > dot(&skill.centred, &far.centred));
        raw_right += usize::from(dot(&skill.raw, &near.raw) > dot(&skill.raw, &far.raw));
    }
    println!("triples ordered right: {right}, by raw cosines {raw_right}, of {}", triples.len());
    assert!(triples.len() >= 60 && right * 10 >= triples.len() * 9);

    let pairs = rows("skill_pairs.tsv");
    let side = async |column: usize| {
        let texts: Vec<String> = pairs.iter().map(|pair| pair[column].clone()).collect();
        vectors.embed(&texts).await.unwrap()
    };
    let (es, en) = (side(0).await, side(1).await);
    let first = |from: &[Vector], to: &[Vector]| {
        let best = |a: &Vector| {
            let order = |b: &&Vector, c: &&Vector| dot(&a.centred, &b.centred).total_cmp(&dot(&a.centred, &c.centred));
            to.iter().max_by(order).unwrap().text.clone()
        };
        from.iter().zip(to).filter(|(a, b)| best(a) == b.text).count()
    };
    let (there, back) = (first(&es, &en), first(&en, &es));
    println!("translations found first: {there} es-en, {back} en-es, of {}", pairs.len());
    assert!(pairs.len() >= 100 && there * 100 >= pairs.len() * 95 && back * 100 >= pairs.len() * 95);
}

#[tokio::test]
async fn skills_of_like_meaning_are_found_with_their_ads_within_the_filters() {
    let Some(embedder) = Embedder::start().await else { return };
    embedder.ad("CO", "database", &["bases de datos", "PostgreSQL"]).await;
    embedder.ad("CO", "database", &["bases de datos"]).await;
    embedder.ad("MX", "soft_skill", &["trabajo en equipo"]).await;
    embedder.ad("MX", "database", &["bases de datos"]).await;
    let ended = embedder.embed(EmbedSource::Skills, "").await;
    assert_eq!(response::<BatchEmbedSkillsResponse>(&ended), BatchEmbedSkillsResponse { embedded: 3, failed: 0 });

    let found = embedder.search(search_for("databases")).await.unwrap();
    let names: Vec<_> = found.skills.iter().map(|s| s.skill.as_ref().unwrap().name.as_str()).collect();
    assert_eq!((names[0], found.searched, found.skills.len()), ("bases de datos", 3, 3));
    assert_eq!(names[2], "trabajo en equipo");
    let (first, last) = (&found.skills[0], &found.skills[2]);
    assert!(first.similarity > 0.7 && last.similarity < 0.3, "{found:?}");
    assert!(first.raw_cosine > 0.8 && last.raw_cosine > 0.7, "raw cosines hardly differ: {found:?}");
    assert!(first.reason.starts_with("corrected cosine 0."), "{}", first.reason);
    assert_eq!(first.job_count, 3);
    assert_eq!(found.model_name, "multilingual-e5-small");

    let mut request = search_for("databases");
    request.country = "MX".into();
    let mexico = embedder.search(request.clone()).await.unwrap();
    assert_eq!((mexico.searched, mexico.skills[0].job_count), (2, 1));
    request.kind = "soft_skill".into();
    let soft = embedder.search(request).await.unwrap();
    assert_eq!(soft.skills.len(), 1);
    let mut sure = search_for("databases");
    sure.min_similarity = 0.7;
    assert!(embedder.search(sure).await.unwrap().skills.iter().all(|skill| skill.similarity >= 0.7));
    let nowhere = embedder.search(SearchIn("A").request()).await.unwrap();
    assert_eq!((nowhere.searched, nowhere.skills.len()), (0, 0));
}

struct SearchIn(&'static str);

impl SearchIn {
    fn request(&self) -> observatory_proto::embedder::SearchSimilarSkillsRequest {
        assert_eq!(self.0, "A");
        observatory_proto::embedder::SearchSimilarSkillsRequest { query: "databases".into(), ..Default::default() }
    }
}

#[tokio::test]
async fn embedding_again_or_twice_at_once_stores_each_skill_once() {
    let Some(embedder) = Embedder::start().await else { return };
    let skills: Vec<String> = (0..150).map(|i| format!("habilidad número {i}")).collect();
    let texts: Vec<&str> = skills.iter().map(String::as_str).collect();
    embedder.ad("CO", "x", &texts).await;
    let long = "x".repeat(1_001);
    embedder.ad("CO", "x", &[&long, "  "]).await;
    let (one, two) = tokio::join!(embedder.embed(EmbedSource::Skills, "same"), embedder.embed(EmbedSource::Skills, ""));
    assert_eq!(response::<BatchEmbedSkillsResponse>(&one).embedded, 151, "all but the too long one");
    assert!(response::<BatchEmbedSkillsResponse>(&two).embedded <= 151);
    assert_eq!(embedder.number("SELECT count(*) FROM skill_embeddings").await, 151);
    let again = embedder.embed(EmbedSource::Skills, "").await;
    assert_eq!(response::<BatchEmbedSkillsResponse>(&again).embedded, 0);
    let repeated = embedder.embed(EmbedSource::Skills, "same").await;
    assert_eq!(repeated.name, one.name);
    assert_eq!(embedder.number("SELECT count(*) FROM embedding_models").await, 1);
}

#[tokio::test]
async fn a_worker_that_was_taken_over_stores_nothing_and_the_next_one_all() {
    let kit = Kit::start().await;
    let db = kit.db();
    let vector = |text: &str, x: f32| Vector { text: text.into(), raw: vec![x, 0.5], centred: vec![1.0, 0.0] };
    let txn = db.begin().await.unwrap();
    embeddings::store(&txn, "m", "1", &[vector("a", 0.1)]).await.unwrap();
    txn.rollback().await.unwrap();
    embeddings::store(&db, "m", "1", &[vector("a", 0.2), vector("b", 0.3)]).await.unwrap();
    embeddings::store(&db, "m", "1", &[vector("b", 0.9), vector("a", 0.9)]).await.unwrap();
    let model = stored_model("m");
    let mut stored = embeddings::vectors(&db, &model, &["a".into(), "b".into()]).await.unwrap();
    stored.sort_by(|a, b| a.text.cmp(&b.text));
    assert_eq!(stored.iter().map(|v| v.raw[0]).collect::<Vec<_>>(), [0.2, 0.3]);
}

fn stored_model(name: &str) -> embeddings::Model {
    embeddings::Model {
        name: name.into(),
        version: "1".into(),
        dimension: 2,
        mean: vec![0.0; 2],
        components: Vec::new(),
        calibration: serde_json::json!({}),
    }
}

/// A point on the circle.
fn at(degrees: f32) -> Vec<f32> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    vec![cos, sin]
}

#[tokio::test]
async fn filters_lose_no_results_and_models_do_not_mix_also_by_the_index() {
    let kit = Kit::start().await;
    let db = kit.db();
    // 4,000 skills of model m around the circle; 1 in 20 is named in MX. Model n has the same texts, turned by half.
    let texts: Vec<String> = (0..4_000).map(|i| format!("skill {i:04}")).collect();
    for (model, turn) in [("m", 0.0), ("n", 180.0)] {
        let vectors: Vec<Vector> = texts
            .iter()
            .enumerate()
            .map(|(i, text)| {
                let point = at(i as f32 * 360.0 / 4_000.0 + turn);
                Vector { text: text.clone(), raw: point.clone(), centred: point }
            })
            .collect();
        embeddings::store(&db, model, "1", &vectors).await.unwrap();
    }
    let backend = db.clone();
    sea_orm::ConnectionTrait::execute_unprepared(
        &backend,
        "INSERT INTO skill_usage (pipeline, skill_text, country, skill_id, skill_kind, concept_uri, esco_uri, name_es, job_count)
         SELECT 'B', 'skill ' || to_char(i, 'FM0000'), CASE WHEN i % 20 = 7 THEN 'MX' ELSE 'CO' END, '', 'k', '', '', '', 1
         FROM generate_series(0, 3999) i; ANALYZE skill_usage; ANALYZE skill_embeddings",
    )
    .await
    .unwrap();
    let mexico = Filter { pipeline: "B".into(), country: "MX".into(), kind: String::new() };
    let query = at(90.0);
    let query = (query.as_slice(), query.as_slice());
    for (name, expected) in [("m", 1000), ("n", 3000)] {
        let model = stored_model(name);
        assert_eq!(embeddings::count(&db, &model, &mexico).await.unwrap(), 200);
        for plan in [Plan::Exact, Plan::Index] {
            let found = embeddings::nearest_by(&db, &model, &mexico, query, 100, plan).await.unwrap();
            assert_eq!(found.len(), 100, "{name} {plan:?}");
            let nearest: i32 = found[0].skill_text[6..].parse().unwrap();
            assert!((nearest - expected).abs() <= 10, "{name} {plan:?}: {nearest}");
            assert!(
                found.iter().all(|near| near.job_count == 1 && near.skill_text[6..].parse::<i32>().unwrap() % 20 == 7)
            );
            assert!(found.windows(2).all(|w| w[0].centred_cosine >= w[1].centred_cosine - 1e-6));
        }
        let plan = embeddings::explain(&db, &model, &mexico, query, 10, Plan::Index).await.unwrap();
        assert!(plan.contains("Index Scan using skill_embeddings_hnsw"), "{plan}");
        let exact = embeddings::explain(&db, &model, &mexico, query, 10, Plan::Exact).await.unwrap();
        assert!(!exact.contains("hnsw"), "{exact}");
    }
}

#[tokio::test]
async fn odd_questions_are_answered_or_refused_by_field() {
    let Some(embedder) = Embedder::start().await else { return };
    embedder.ad("CO", "x", &["Docker"]).await;
    embedder.embed(EmbedSource::Skills, "").await;
    let huge = "docker ".repeat(70);
    for odd in ["🐍", " ", "'; DROP TABLE raw_jobs; --", "nul \0 inside", "ᚠᛇᚻ", huge.as_str()] {
        let found = embedder.search(search_for(odd)).await.unwrap_or_else(|status| panic!("{odd:?}: {status}"));
        assert_eq!(found.skills.len(), 1, "{odd:?}");
        assert!(found.skills[0].similarity.is_finite());
    }
    for (query, field) in [(String::new(), "query"), ("x".repeat(501), "query")] {
        let error = Error::from_status(&embedder.search(search_for(&query)).await.unwrap_err());
        assert_eq!((error.reason, error.fields[0].field.as_str()), (Reason::FieldInvalid, field));
    }
    let mut request = search_for("x");
    request.kind = "a\0b".into();
    let error = Error::from_status(&embedder.search(request).await.unwrap_err());
    assert_eq!(error.fields[0].field, "kind");
}

#[tokio::test]
async fn without_a_model_searches_say_what_is_missing() {
    let embedder = Embedder::start_with("", "").await;
    let error = Error::from_status(&embedder.search(search_for("x")).await.unwrap_err());
    assert_eq!(error.reason, Reason::CapabilityMissing);
}
