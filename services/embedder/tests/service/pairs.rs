//! Skills that mean the same: found, listed, decided on.

use observatory_proto::{
    Error, Reason,
    common::Pipeline,
    embedder::{EmbedSource, ListSameMeaningRequest, ReviewSameMeaningRequest, SameMeaning, SameMeaningState},
};
use tonic::Status;

use crate::Embedder;

use SameMeaningState::{Accepted, Proposed, Rejected, Unspecified};

async fn listed(embedder: &Embedder, state: SameMeaningState) -> Vec<SameMeaning> {
    let mut pairs = Vec::new();
    let mut page_token = String::new();
    loop {
        let request =
            ListSameMeaningRequest { pipeline: Pipeline::B.into(), state: state.into(), limit: 2, page_token };
        let page = embedder.client.clone().list_same_meaning(request).await.unwrap().into_inner();
        pairs.extend(page.pairs);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return pairs;
        }
    }
}

async fn review(embedder: &Embedder, pair: (&str, &str), state: SameMeaningState) -> Result<SameMeaning, Status> {
    let request = ReviewSameMeaningRequest {
        pipeline: Pipeline::B.into(),
        skill_text: pair.0.into(),
        canonical_text: pair.1.into(),
        state: state.into(),
        note: "ana".into(),
    };
    Ok(embedder.client.clone().review_same_meaning(request).await?.into_inner().pair.unwrap())
}

fn texts(pairs: &[SameMeaning]) -> Vec<(&str, &str)> {
    pairs.iter().map(|pair| (pair.skill_text.as_str(), pair.canonical_text.as_str())).collect()
}

#[tokio::test]
async fn spellings_are_merged_reviews_survive_and_no_pair_stands_twice() {
    let embedder = Embedder::start_with("", "").await;
    embedder.ad("CO", "x", &["Node.js", "NLP", "natural language processing", "Python"]).await;
    embedder.ad("CO", "x", &["Node.js", "NodeJS", "natural language processing"]).await;
    embedder.ad("MX", "x", &["Node.js", "node js", "Java", "JavaScript"]).await;
    let found = embedder.find_pairs().await;
    assert_eq!((found.compared, found.proposed, found.accepted), (8, 1, 2));
    let accepted = listed(&embedder, Accepted).await;
    assert_eq!(texts(&accepted), [("NodeJS", "Node.js"), ("node js", "Node.js")]);
    assert_eq!((accepted[0].job_count, accepted[0].canonical_job_count), (1, 3));
    assert_eq!(
        (accepted[0].decided_by.as_str(), accepted[0].evidence.as_slice()),
        ("rule", &["spelling".to_string()][..])
    );
    let proposed = listed(&embedder, Unspecified).await;
    assert_eq!(texts(&proposed), [("NLP", "natural language processing")]);
    assert_eq!((proposed[0].reason.as_str(), proposed[0].state()), ("NLP are its initials", Proposed));

    let rejected = review(&embedder, ("NLP", "natural language processing"), Rejected).await.unwrap();
    assert_eq!((rejected.state(), rejected.decided_by.as_str()), (Rejected, "ana"));
    review(&embedder, ("node js", "Node.js"), Rejected).await.unwrap();
    // More ads name the acronym now: the pair is found the other way round.
    embedder.ad("CO", "x", &["NLP"]).await;
    embedder.ad("CO", "x", &["NLP"]).await;
    let again = embedder.find_pairs().await;
    assert_eq!((again.proposed, again.accepted), (0, 1));
    assert_eq!(listed(&embedder, Rejected).await.len(), 2);
    assert_eq!(embedder.number("SELECT count(*) FROM same_meaning").await, 3);

    let open = review(&embedder, ("NLP", "natural language processing"), Unspecified).await.unwrap();
    assert_eq!((open.state(), open.decided_by.as_str()), (Proposed, ""));
    let turned = review(&embedder, ("natural language processing", "NLP"), Accepted).await.unwrap();
    assert_eq!((turned.canonical_text.as_str(), turned.state()), ("NLP", Accepted));
    assert_eq!(embedder.number("SELECT count(*) FROM canonical_skills").await, 2);
    let none = Error::from_status(&review(&embedder, ("Java", "JavaScript"), Accepted).await.unwrap_err());
    assert_eq!(none.reason, Reason::SameMeaningNotFound);
    let same = Error::from_status(&review(&embedder, ("Java", "Java"), Accepted).await.unwrap_err());
    assert_eq!(same.reason, Reason::FieldInvalid);
}

#[tokio::test]
async fn chains_of_accepted_pairs_end_at_one_skill_and_circles_do_not_hang() {
    let embedder = Embedder::start_with("", "").await;
    for (skill, canonical) in [("a", "b"), ("b", "c"), ("x", "y"), ("y", "z"), ("z", "x")] {
        let sql = "INSERT INTO same_meaning (pipeline, skill_text, canonical_text, similarity, evidence, reason, state,
                       decided_by, model_name, model_version) VALUES ('B', $1, $2, 1, '{}', '', 'accepted', 'ana', '', '')";
        embedder.run(sql, [skill.into(), canonical.into()]).await;
    }
    let ends = "SELECT count(*) FROM canonical_skills WHERE skill_text IN ('a', 'b') AND canonical_text = 'c'";
    assert_eq!(embedder.number(ends).await, 2);
    assert_eq!(embedder.number("SELECT count(*) FROM canonical_skills").await, 5);
}

#[tokio::test]
async fn vectors_propose_translations_and_keep_siblings_apart() {
    let Some(embedder) = Embedder::start().await else { return };
    let skills = [
        "trabajo en equipo",
        "teamwork",
        "Java",
        "JavaScript",
        "C",
        "C++",
        "C#",
        "SQL Server",
        "MySQL",
        "Angular",
        "AngularJS",
        "Python 2",
        "Python 3",
        "desarrollo frontend",
        "desarrollo backend",
        "bases de datos",
        "databases",
        "contabilidad",
    ];
    embedder.ad("CO", "x", &skills).await;
    embedder.embed(EmbedSource::Skills, "").await;
    let found = embedder.find_pairs().await;
    let proposed = listed(&embedder, Proposed).await;
    println!(
        "{found:?} {:?}",
        proposed.iter().map(|p| (&p.skill_text, &p.canonical_text, p.similarity)).collect::<Vec<_>>()
    );
    assert_eq!(found.accepted, 0);
    let pairs = texts(&proposed);
    assert!(pairs.contains(&("databases", "bases de datos")), "{pairs:?}");
    for sibling in
        ["Java", "JavaScript", "C", "C++", "C#", "Angular", "Python 2", "desarrollo frontend", "contabilidad"]
    {
        assert!(!pairs.iter().any(|(a, b)| *a == sibling || *b == sibling), "{sibling}: {pairs:?}");
    }
    assert!(proposed.iter().all(|pair| pair.evidence == ["vector"] && pair.similarity >= 0.85));
    assert!(proposed.windows(2).all(|w| w[0].similarity >= w[1].similarity));
}
