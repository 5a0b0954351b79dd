//! Decisions on phrases. What they change in the taxonomy is there for search and for the next
//! decision at once; extractors read it when the version of `additions` changes.

use observatory_proto::Error;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, Statement,
    TransactionTrait, Value,
};

use crate::{
    entities::{candidate_reviews, taxonomy_additions},
    execute, into_error,
    taxonomy::fold,
};

/// What a person says of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The phrase, folded.
    pub phrase: String,
    /// As it is written.
    pub label: String,
    /// Who decided, or why.
    pub note: String,
    /// What it is.
    pub verdict: Verdict,
}

/// What a phrase is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is decided (any more).
    Open,
    /// No skill.
    Rejected,
    /// Another label of this concept.
    Alias(String),
    /// A concept of its own.
    Promoted(Promotion),
}

/// A new concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Short id.
    pub skill_id: String,
    /// URI.
    pub concept_uri: String,
    /// Kind.
    pub kind: String,
    /// Canonical name.
    pub name: NewLabel,
    /// Labels beside the name.
    pub labels: Vec<NewLabel>,
    /// Id of the broader concept; may be empty.
    pub parent: String,
}

/// A label that a concept is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLabel {
    /// As written.
    pub text: String,
    /// The field of the request that it comes from.
    pub field: String,
}

impl Verdict {
    fn name(&self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Rejected => Some("rejected"),
            Self::Alias(_) => Some("alias"),
            Self::Promoted(_) => Some("promoted"),
        }
    }

    fn skill_id(&self) -> &str {
        match self {
            Self::Open | Self::Rejected => "",
            Self::Alias(id) => id,
            Self::Promoted(promotion) => &promotion.skill_id,
        }
    }
}

impl Promotion {
    fn aliases(&self) -> Vec<String> {
        self.labels.iter().map(|label| label.text.clone()).collect()
    }
}

/// A decision as it is stored.
struct Stored {
    review: candidate_reviews::Model,
    addition: Option<taxonomy_additions::Model>,
}

/// Puts a decision in the place of an earlier one, all or nothing. The same once more changes nothing.
///
/// # Errors
/// FIELD_INVALID where the taxonomy and the decision don't go together; database errors.
pub async fn decide(db: &DatabaseConnection, decision: &Decision) -> Result<(), Error> {
    let txn = db.begin().await.map_err(into_error)?;
    // Nobody publishes or decides meanwhile.
    let lock = "SELECT pg_advisory_xact_lock(hashtext('observatory.taxonomy'))";
    txn.execute_unprepared(lock).await.map_err(into_error)?;
    let before = stored(&txn, &decision.phrase).await.map_err(into_error)?;
    if is_there(before.as_ref(), decision) {
        return Ok(());
    }
    if let Some(before) = &before {
        take_back(&txn, before).await.map_err(into_error)?;
    }
    match &decision.verdict {
        Verdict::Open | Verdict::Rejected => {}
        Verdict::Alias(id) => add_alias(&txn, id, decision).await?,
        Verdict::Promoted(promotion) => add_concept(&txn, promotion).await?,
    }
    if let Some(addition) = before.and_then(|before| before.addition) {
        nothing_rests_on(&txn, &addition.skill_id).await?;
    }
    let written = async {
        write_review(&txn, decision).await?;
        bump(&txn).await?;
        txn.commit().await
    };
    written.await.map_err(into_error)
}

async fn stored<C: ConnectionTrait>(db: &C, phrase: &str) -> Result<Option<Stored>, DbErr> {
    let Some(review) = candidate_reviews::Entity::find_by_id(phrase).one(db).await? else { return Ok(None) };
    let addition = match review.decision.as_str() {
        "promoted" => taxonomy_additions::Entity::find_by_id(review.skill_id.as_str()).one(db).await?,
        _ => None,
    };
    Ok(Some(Stored { review, addition }))
}

fn is_there(stored: Option<&Stored>, decision: &Decision) -> bool {
    let (Some(stored), Some(name)) = (stored, decision.verdict.name()) else {
        return stored.is_none() && decision.verdict == Verdict::Open;
    };
    let review = &stored.review;
    let same_addition = match (&stored.addition, &decision.verdict) {
        (Some(old), Verdict::Promoted(new)) => {
            (&old.name, &old.kind, &old.parent) == (&new.name.text, &new.kind, &new.parent)
                && old.labels == new.aliases()
        }
        (None, Verdict::Promoted(_)) => false,
        _ => true,
    };
    let same_review = (review.decision.as_str(), review.skill_id.as_str()) == (name, decision.verdict.skill_id())
        && (&review.label, &review.note) == (&decision.label, &decision.note);
    same_review && same_addition
}

async fn take_back(txn: &DatabaseTransaction, before: &Stored) -> Result<(), DbErr> {
    let review = &before.review;
    let id = || review.skill_id.as_str().into();
    match review.decision.as_str() {
        "promoted" => {
            execute(txn, "DELETE FROM taxonomy_additions WHERE skill_id = $1", [id()]).await?;
            execute(txn, "DELETE FROM taxonomy_concepts WHERE skill_id = $1", [id()]).await?;
            let labels = "DELETE FROM concept_labels WHERE skill_id = $1 AND source = 'observatory'";
            execute(txn, labels, [id()]).await?;
        }
        "alias" => {
            let label = || review.label.as_str().into();
            let aliases = "UPDATE taxonomy_concepts SET aliases = array_remove(aliases, $2) WHERE skill_id = $1";
            execute(txn, aliases, [id(), label()]).await?;
            let labels = "DELETE FROM concept_labels WHERE skill_id = $1 AND label = $2 AND source = 'observatory'";
            execute(txn, labels, [id(), label()]).await?;
        }
        _ => {}
    }
    execute(txn, "DELETE FROM candidate_reviews WHERE phrase = $1", [review.phrase.as_str().into()]).await
}

async fn add_alias(txn: &DatabaseTransaction, id: &str, decision: &Decision) -> Result<(), Error> {
    if concept_name(txn, id).await.map_err(into_error)?.is_none() {
        return Err(Error::invalid_field("skill_id", format!("there is no concept {id:?} of the observatory's own")));
    }
    let label = NewLabel { text: decision.label.clone(), field: "phrase".into() };
    // Not even of this one: taking the decision back would take its own label away.
    free_labels(txn, &[&label]).await?;
    let aliases = "UPDATE taxonomy_concepts SET aliases = array_append(aliases, $2) WHERE skill_id = $1";
    execute(txn, aliases, [id.into(), label.text.as_str().into()]).await.map_err(into_error)?;
    add_labels(txn, id, &[&label]).await.map_err(into_error)
}

async fn add_concept(txn: &DatabaseTransaction, new: &Promotion) -> Result<(), Error> {
    if let Some(name) = owner_of_id(txn, &new.skill_id).await.map_err(into_error)? {
        let why = format!("the id {:?} is taken by the concept {name:?}", new.skill_id);
        return Err(Error::invalid_field("skill_id", why));
    }
    let labels: Vec<&NewLabel> = std::iter::once(&new.name).chain(&new.labels).collect();
    free_labels(txn, &labels).await?;
    check_parent(txn, new).await?;
    let insert = async {
        execute(
            txn,
            "INSERT INTO taxonomy_additions (skill_id, name, kind, labels, parent) VALUES ($1, $2, $3, $4, $5)",
            [
                new.skill_id.as_str().into(),
                new.name.text.as_str().into(),
                new.kind.as_str().into(),
                new.aliases().into(),
                new.parent.as_str().into(),
            ],
        )
        .await?;
        execute(
            txn,
            "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, kind, aliases, parent_uri, taxonomy_version)
             VALUES ($1, $2, $3, $4, $5, (SELECT concept_uri FROM taxonomy_concepts WHERE skill_id = $6),
                     coalesce((SELECT version FROM dataset_versions WHERE dataset = 'taxonomy'), ''))",
            [
                new.skill_id.as_str().into(),
                new.concept_uri.as_str().into(),
                new.name.text.as_str().into(),
                new.kind.as_str().into(),
                new.aliases().into(),
                new.parent.as_str().into(),
            ],
        )
        .await?;
        add_labels(txn, &new.skill_id, &labels).await
    };
    insert.await.map_err(into_error)
}

#[derive(FromQueryResult)]
struct Named {
    name: String,
}

/// The name of a concept of the observatory's own.
async fn concept_name<C: ConnectionTrait>(db: &C, id: &str) -> Result<Option<String>, DbErr> {
    one_name(db, "SELECT name FROM taxonomy_concepts WHERE skill_id = $1", [id.into()]).await
}

/// The name of the concept that has an id, ESCO's too.
async fn owner_of_id<C: ConnectionTrait>(db: &C, id: &str) -> Result<Option<String>, DbErr> {
    let sql = "SELECT name FROM taxonomy_concepts WHERE skill_id = $1
               UNION ALL SELECT preferred_label_en FROM esco_taxonomy WHERE skill_id = $1 LIMIT 1";
    one_name(db, sql, [id.into()]).await
}

async fn one_name<C: ConnectionTrait>(
    db: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<String>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Named::find_by_statement(statement).one(db).await?.map(|row| row.name))
}

#[derive(FromQueryResult)]
struct Taken {
    place: i64,
    label: String,
    skill_id: String,
}

/// A label belongs to one concept only, however it is typed. One that ESCO has too may become our own.
async fn free_labels(txn: &DatabaseTransaction, labels: &[&NewLabel]) -> Result<(), Error> {
    let folded: Vec<String> = labels.iter().map(|label| fold(&label.text)).collect();
    let taken = Taken::find_by_statement(Statement::from_sql_and_values(
        txn.get_database_backend(),
        "SELECT new.place, l.label, l.skill_id
         FROM unnest($1::text[]) WITH ORDINALITY AS new(folded, place)
         JOIN concept_labels l ON label_key(l.folded) = label_key(new.folded) AND l.source = 'observatory'
         ORDER BY new.place, l.skill_id LIMIT 1",
        [folded.into()],
    ))
    .one(txn)
    .await
    .map_err(into_error)?;
    let Some(taken) = taken else { return Ok(()) };
    let field = labels.get(taken.place as usize - 1).map_or("labels", |label| label.field.as_str());
    Err(Error::invalid_field(
        field,
        format!("{:?} is a label of the concept {:?} already", taken.label, taken.skill_id),
    ))
}

async fn check_parent(txn: &DatabaseTransaction, new: &Promotion) -> Result<(), Error> {
    if new.parent.is_empty() {
        return Ok(());
    }
    if concept_name(txn, &new.parent).await.map_err(into_error)?.is_none() {
        let why = format!("there is no concept {:?} of the observatory's own", new.parent);
        return Err(Error::invalid_field("parent_id", why));
    }
    // A concept that is decided on again may have children already. UNION ends where the way is a circle.
    let below = one_name(
        txn,
        "WITH RECURSIVE up AS (
             SELECT skill_id, parent_uri FROM taxonomy_concepts WHERE skill_id = $1
             UNION
             SELECT t.skill_id, t.parent_uri FROM taxonomy_concepts t JOIN up ON t.concept_uri = up.parent_uri)
         SELECT skill_id AS name FROM up WHERE parent_uri = $2 LIMIT 1",
        [new.parent.as_str().into(), new.concept_uri.as_str().into()],
    );
    match below.await.map_err(into_error)? {
        Some(_) => Err(Error::invalid_field("parent_id", format!("{:?} is narrower than the concept", new.parent))),
        None => Ok(()),
    }
}

async fn add_labels(txn: &DatabaseTransaction, id: &str, labels: &[&NewLabel]) -> Result<(), DbErr> {
    execute(
        txn,
        "INSERT INTO concept_labels (skill_id, source, label, folded)
         SELECT $1, 'observatory', label, folded FROM unnest($2::text[], $3::text[]) AS l(label, folded)
         ON CONFLICT DO NOTHING",
        [
            id.into(),
            labels.iter().map(|label| label.text.clone()).collect::<Vec<_>>().into(),
            labels.iter().map(|label| fold(&label.text)).collect::<Vec<_>>().into(),
        ],
    )
    .await
}

/// A concept goes only where no other decision needs it.
async fn nothing_rests_on(txn: &DatabaseTransaction, id: &str) -> Result<(), Error> {
    let rests = one_name(
        txn,
        "SELECT name FROM (
             SELECT phrase AS name FROM candidate_reviews WHERE decision = 'alias' AND skill_id = $1
             UNION ALL
             SELECT r.phrase FROM candidate_reviews r JOIN taxonomy_additions a USING (skill_id)
             WHERE r.decision = 'promoted' AND a.parent = $1) resting
         WHERE NOT EXISTS (SELECT 1 FROM taxonomy_concepts WHERE skill_id = $1) ORDER BY name LIMIT 1",
        [id.into()],
    );
    match rests.await.map_err(into_error)? {
        None => Ok(()),
        Some(phrase) => {
            let why = format!("its concept {id:?} can't go: the decision on {phrase:?} needs it; take that back first");
            Err(Error::invalid_field("phrase", why))
        }
    }
}

async fn write_review(txn: &DatabaseTransaction, decision: &Decision) -> Result<(), DbErr> {
    let Some(name) = decision.verdict.name() else { return Ok(()) };
    execute(
        txn,
        "INSERT INTO candidate_reviews (phrase, decision, skill_id, label, note) VALUES ($1, $2, $3, $4, $5)",
        [
            decision.phrase.as_str().into(),
            name.into(),
            decision.verdict.skill_id().into(),
            decision.label.as_str().into(),
            decision.note.as_str().into(),
        ],
    )
    .await
}

const CONTENT: &str = "
    SELECT count(*) AS n, left(md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")), 8) AS hash FROM (
        SELECT jsonb_build_array('concept', skill_id, name, kind, labels, parent)::text AS line FROM taxonomy_additions
        UNION ALL
        SELECT jsonb_build_array('alias', skill_id, label)::text FROM candidate_reviews WHERE decision = 'alias') lines";

/// `dataset_versions('additions')` = count and hash of what is added; no row where nothing is.
async fn bump(txn: &DatabaseTransaction) -> Result<(), DbErr> {
    let set = format!(
        "INSERT INTO dataset_versions AS old (dataset, version) SELECT 'additions', n || '-' || hash FROM ({CONTENT}) c
         WHERE n > 0
         ON CONFLICT (dataset) DO UPDATE SET version = excluded.version, updated_at = now()
         WHERE old.version IS DISTINCT FROM excluded.version"
    );
    txn.execute_unprepared(&set).await?;
    let clear =
        format!("DELETE FROM dataset_versions WHERE dataset = 'additions' AND 0 = (SELECT n FROM ({CONTENT}) c)");
    txn.execute_unprepared(&clear).await.map(|_| ())
}
