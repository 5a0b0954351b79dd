//! What ads in work read and write, many at once.

use std::collections::{BTreeMap, HashMap};

use observatory_operations::{Backend, kinds};
use observatory_proto::{Error, Reason};
use observatory_store::{
    effects,
    enhancement::{self, AnswerKey, Enhanced, KeptAnswer},
    extraction, into_error,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use uuid::Uuid;

use crate::group::Group;

/// Reads and writes of ads in work.
pub struct Desk {
    /// The text of an ad; none where it is not usable, or unknown.
    pub ads: Group<Uuid, Option<String>>,
    /// The kept answer to a question.
    pub answers: Group<AnswerKey, Option<KeptAnswer>>,
    /// Stores what came of an ad, once an operation; the outcome that is stored, of this or an earlier delivery.
    pub results: Group<Finished, String>,
}

/// What came of an ad.
pub struct Finished {
    /// The task's key.
    pub key: String,
    /// Its outcome.
    pub outcome: String,
    /// The result; its operation's id is the task's.
    pub row: Enhanced,
    /// The model's answer, where it is new.
    pub answer: Option<(AnswerKey, KeptAnswer)>,
}

impl Desk {
    /// Over these databases.
    pub fn new(backend: &Backend) -> Self {
        let (ads, answers, results) = (backend.db.clone(), backend.db.clone(), backend.clone());
        Self {
            ads: Group::new(move |ids| read_ads(ads.clone(), ids)),
            answers: Group::new(move |keys| read_answers(answers.clone(), keys)),
            results: Group::new(move |finished| store(results.clone(), finished)),
        }
    }
}

async fn read_ads(db: DatabaseConnection, ids: Vec<Uuid>) -> Vec<Result<Option<String>, Error>> {
    let read = extraction::read(&db, &ids).await.map_err(into_error);
    let texts = read.map(|ads| ads.into_iter().map(|ad| (ad.job_id, ad.combined_text)).collect::<HashMap<_, _>>());
    ids.iter().map(|id| texts.as_ref().map(|texts| texts.get(id).cloned()).map_err(Clone::clone)).collect()
}

async fn read_answers(db: DatabaseConnection, keys: Vec<AnswerKey>) -> Vec<Result<Option<KeptAnswer>, Error>> {
    match enhancement::kept(&db, &keys).await.map_err(into_error) {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
    }
}

async fn store(backend: Backend, finished: Vec<Finished>) -> Vec<Result<String, Error>> {
    let error = match store_all(&backend, &finished).await {
        Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
        Err(error) => into_error(error),
    };
    // Neighbours are not to blame for a result that can't be stored; none of them is for a database that is away.
    if finished.len() == 1 || error.reason == Reason::DependencyUnavailable {
        return finished.iter().map(|_| Err(error.clone())).collect();
    }
    let mut outcomes = Vec::with_capacity(finished.len());
    for one in finished.chunks(1) {
        match store_all(&backend, one).await {
            Ok(stored) => outcomes.extend(stored.into_iter().map(Ok)),
            Err(error) => outcomes.push(Err(into_error(error))),
        }
    }
    outcomes
}

async fn store_all(backend: &Backend, finished: &[Finished]) -> Result<Vec<String>, DbErr> {
    let txn = backend.db.begin().await?;
    let (outcomes, written) = write(&txn, finished).await?;
    txn.commit().await?;
    if !written.is_empty() {
        backend.operations.data_changed().await;
    }
    for (operation_id, count) in written {
        backend.operations.announce(kinds::SKILLS_ENHANCED, count, &operation_id);
    }
    Ok(outcomes)
}

/// Writes what no earlier delivery has written; the outcomes, and how many results each operation wrote.
async fn write<C: ConnectionTrait>(
    txn: &C,
    finished: &[Finished],
) -> Result<(Vec<String>, BTreeMap<String, i32>), DbErr> {
    // In the order of their names, as all writers do, or two of them could wait for each other.
    let mut operations: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for one in finished {
        operations.entry(&one.row.operation_id).or_default().push((one.key.clone(), one.outcome.clone()));
    }
    let mut before: HashMap<&str, HashMap<String, String>> = HashMap::new();
    for (operation_id, tasks) in &operations {
        before.insert(operation_id, effects::claim(txn, operation_id, tasks).await?);
    }
    let stored = |one: &Finished| before.get(one.row.operation_id.as_str())?.get(&one.key);
    let new: Vec<&Enhanced> = finished.iter().filter(|one| stored(one).is_none()).map(|one| &one.row).collect();
    enhancement::write(txn, &new).await?;
    let answers: Vec<_> = finished.iter().filter_map(|one| one.answer.as_ref()).collect();
    enhancement::keep(txn, &answers).await?;
    let mut written = BTreeMap::new();
    for row in new {
        *written.entry(row.operation_id.clone()).or_default() += 1;
    }
    Ok((finished.iter().map(|one| stored(one).unwrap_or(&one.outcome).clone()).collect(), written))
}
