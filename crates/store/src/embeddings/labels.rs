//! Concepts with their labels, and the labels near a vector.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, Statement, TransactionTrait};

use super::{
    Model, padded,
    similar::{BY_INDEX, Plan, settings},
};

/// A concept of the observatory or of ESCO, with all its labels.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Concept {
    /// Id.
    pub skill_id: String,
    /// URI.
    pub concept_uri: String,
    /// Name; ESCO's preferred label in English.
    pub name: String,
    /// Name in Spanish; may be empty.
    pub name_es: String,
    /// Kind; of ESCO its type of skill.
    pub kind: String,
    /// The ESCO concept that means the same, of ESCO itself; may be empty.
    pub esco_uri: String,
    /// Its other labels.
    pub labels: Vec<String>,
    /// True for ESCO's.
    pub is_esco: bool,
}

/// A label and its cosine to what was searched.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct LabelVector {
    /// The label.
    pub label: String,
    /// Cosine of the corrected vectors.
    pub cosine: f64,
}

/// All concepts, the observatory's own first.
///
/// # Errors
/// Database errors.
pub async fn concepts<C: ConnectionTrait>(db: &C) -> Result<Vec<Concept>, DbErr> {
    Concept::find_by_statement(Statement::from_string(
        db.get_database_backend(),
        "SELECT skill_id, concept_uri, name, name_es, kind, coalesce(esco_uri, '') AS esco_uri,
                labels_en || labels_es || aliases AS labels, false AS is_esco
         FROM taxonomy_concepts
         UNION ALL
         SELECT skill_id, concept_uri, coalesce(nullif(preferred_label_en, ''), preferred_label_es, ''),
                coalesce(preferred_label_es, ''), skill_type, concept_uri,
                alternative_labels_en || alternative_labels_es, true
         FROM esco_taxonomy
         ORDER BY is_esco, concept_uri",
    ))
    .all(db)
    .await
}

/// The labels of concepts that are nearest to a corrected vector, nearest first.
///
/// # Errors
/// Database errors.
pub async fn nearest_labels(
    db: &DatabaseConnection,
    model: &Model,
    centred: &[f32],
    limit: u64,
) -> Result<Vec<LabelVector>, DbErr> {
    let txn = db.begin().await?;
    txn.execute_unprepared(&settings(Plan::Index, limit)).await?;
    let sql = format!(
        "SELECT e.skill_text AS label, -(e.centred <#> $1) AS cosine FROM skill_embeddings e
         WHERE e.model_name = $2 AND e.model_version = $3
           AND EXISTS (SELECT 1 FROM concept_labels l WHERE l.label = e.skill_text OFFSET 0)
         ORDER BY {BY_INDEX} $1::vector::halfvec(768) LIMIT {limit}"
    );
    let values = [padded(centred).into(), model.name.as_str().into(), model.version.as_str().into()];
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    let labels = LabelVector::find_by_statement(statement).all(&txn).await?;
    txn.commit().await?;
    Ok(labels)
}

/// The cosines of these texts to a corrected vector, where they have a vector of the model.
///
/// # Errors
/// Database errors.
pub async fn cosines<C: ConnectionTrait>(
    db: &C,
    model: &Model,
    centred: &[f32],
    labels: Vec<String>,
) -> Result<Vec<LabelVector>, DbErr> {
    LabelVector::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT skill_text AS label, -(centred <#> $1) AS cosine FROM skill_embeddings
         WHERE skill_text = ANY($4) AND model_name = $2 AND model_version = $3",
        [padded(centred).into(), model.name.as_str().into(), model.version.as_str().into(), labels.into()],
    ))
    .all(db)
    .await
}
