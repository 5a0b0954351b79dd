//! google.longrunning.Operations and OperationService.

use std::{pin::Pin, time::Duration};

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use observatory_mesh::CallContext;
use observatory_operations::{Operations as Engine, State};
use observatory_proto::{
    Error, Reason,
    google::longrunning::{
        CancelOperationRequest, DeleteOperationRequest, GetOperationRequest, ListOperationsRequest,
        ListOperationsResponse, Operation, WaitOperationRequest, operations_server::Operations,
    },
    operations::{
        ListOperationFailuresRequest, ListOperationFailuresResponse, RetryOperationRequest, WatchOperationRequest,
        WatchOperationResponse, operation_service_server::OperationService,
    },
};
use observatory_store::page;
use tonic::{Request, Response, Status};

use super::convert::page_size;

/// Longest wait without a caller's deadline.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// Reads, watches and repairs operations of all services.
#[derive(Clone)]
pub struct OperationsApi {
    engine: Engine,
}

impl OperationsApi {
    /// On this engine.
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

#[tonic::async_trait]
impl Operations for OperationsApi {
    async fn list_operations(
        &self,
        request: Request<ListOperationsRequest>,
    ) -> Result<Response<ListOperationsResponse>, Status> {
        let request = request.into_inner();
        if !matches!(request.name.as_str(), "" | "operations") {
            return Err(Error::invalid_field("name", "must be `operations` or empty").into());
        }
        if !(0..=1000).contains(&request.page_size) {
            return Err(Error::invalid_field("page_size", "must be 0 to 1000").into());
        }
        let filter = Filter::parse(&request.filter)?;
        let after: Option<(DateTime<Utc>, String)> =
            page::decode("ListOperations", &request.filter, &request.page_token)?;
        let limit = page_size(request.page_size, 50) as usize;
        let found = self.engine.list(&filter.kind, &filter.states, after, limit).await?;
        Ok(Response::new(ListOperationsResponse {
            operations: found.operations.iter().map(observatory_operations::Progress::to_operation).collect(),
            next_page_token: found
                .next
                .map_or(String::new(), |key| page::encode("ListOperations", &request.filter, &key)),
            unreachable: Vec::new(),
        }))
    }

    async fn get_operation(&self, request: Request<GetOperationRequest>) -> Result<Response<Operation>, Status> {
        Ok(Response::new(self.engine.get(&request.into_inner().name).await?.to_operation()))
    }

    async fn delete_operation(&self, request: Request<DeleteOperationRequest>) -> Result<Response<()>, Status> {
        self.engine.delete(&request.into_inner().name).await?;
        Ok(Response::new(()))
    }

    async fn cancel_operation(&self, request: Request<CancelOperationRequest>) -> Result<Response<()>, Status> {
        self.engine.cancel(&request.into_inner().name).await?;
        Ok(Response::new(()))
    }

    async fn wait_operation(&self, request: Request<WaitOperationRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let asked = match request.timeout {
            // prost's conversion overflows at the ends of the range.
            Some(timeout) if timeout.seconds < 0 || timeout.nanos < 0 => {
                return Err(Error::invalid_field("timeout", "must not be negative").into());
            }
            Some(timeout) => {
                let seconds = timeout.seconds.unsigned_abs().min(LONGEST_WAIT.as_secs());
                Duration::new(seconds, timeout.nanos.unsigned_abs())
            }
            None => LONGEST_WAIT,
        };
        // A little less than the deadline, or the caller would hear of that instead.
        let remaining = CallContext::current().and_then(|context| context.remaining());
        let limit = remaining.map_or(LONGEST_WAIT, |left| left.saturating_sub(Duration::from_millis(500)));
        let progress = self.engine.wait(&request.name, asked.min(limit)).await?;
        Ok(Response::new(progress.to_operation()))
    }
}

#[tonic::async_trait]
impl OperationService for OperationsApi {
    type WatchOperationStream = Pin<Box<dyn Stream<Item = Result<WatchOperationResponse, Status>> + Send>>;

    async fn watch_operation(
        &self,
        request: Request<WatchOperationRequest>,
    ) -> Result<Response<Self::WatchOperationStream>, Status> {
        let request = request.into_inner();
        let states = self.engine.watch(&request.operation_id, request.after_sequence).await?;
        let responses = states.map(|state| {
            let state = state?;
            Ok(WatchOperationResponse {
                sequence: state.progress.sequence,
                heartbeat: state.heartbeat,
                operation: Some(state.progress.to_operation()),
            })
        });
        Ok(Response::new(Box::pin(responses)))
    }

    async fn list_operation_failures(
        &self,
        request: Request<ListOperationFailuresRequest>,
    ) -> Result<Response<ListOperationFailuresResponse>, Status> {
        let request = request.into_inner();
        let after: Option<String> = page::decode("ListOperationFailures", &request.operation_id, &request.page_token)?;
        let limit = page_size(request.page_size, 50) as usize;
        let found = self.engine.failures(&request.operation_id, &after.unwrap_or_default(), limit).await?;
        let next =
            found.last().map(|(position, _)| position).filter(|position| found.len() == limit && !position.is_empty());
        Ok(Response::new(ListOperationFailuresResponse {
            next_page_token: next
                .map_or(String::new(), |key| page::encode("ListOperationFailures", &request.operation_id, key)),
            failures: found.iter().map(|(_, failure)| failure.to_proto()).collect(),
        }))
    }

    async fn retry_operation(&self, request: Request<RetryOperationRequest>) -> Result<Response<Operation>, Status> {
        Ok(Response::new(self.engine.retry(&request.into_inner().operation_id).await?.to_operation()))
    }
}

/// `kind="cleaner.batch_clean_jobs" AND state="running"`; both optional.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    kind: String,
    states: Vec<State>,
}

impl Filter {
    fn parse(text: &str) -> Result<Self, Error> {
        const EXPECTED: &str = r#"must be like: kind="cleaner.batch_clean_jobs" AND state="running""#;
        let mut filter = Self::default();
        for part in text.split(" AND ").map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| Error::invalid_field("filter", EXPECTED))?;
            let value = value.trim().trim_matches('"');
            match name.trim() {
                "kind" => filter.kind = value.to_string(),
                "state" => filter.states.push(state_named(value)?),
                _ => return Err(Error::invalid_field("filter", EXPECTED)),
            }
        }
        Ok(filter)
    }
}

fn state_named(name: &str) -> Result<State, Error> {
    let name = name.to_lowercase();
    let name = name.strip_prefix("operation_state_").unwrap_or(&name);
    [State::Pending, State::Running, State::Cancelling, State::Succeeded, State::Failed, State::Cancelled]
        .into_iter()
        .find(|state| state.as_str() == name)
        .ok_or_else(|| {
            let names = "pending, running, cancelling, succeeded, failed, cancelled";
            Error::new(Reason::FieldInvalid, format!("filter: there is no state {name:?}"))
                .with_field("filter", format!("state must be one of {names}"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_kind_and_state() {
        let filter = Filter::parse(r#"kind="a.b" AND state="OPERATION_STATE_RUNNING""#).expect("valid");
        assert_eq!(filter, Filter { kind: "a.b".into(), states: vec![State::Running] });
        assert_eq!(Filter::parse("").expect("valid"), Filter::default());
    }

    #[test]
    fn a_wrong_filter_says_what_is_expected() {
        for text in ["kind", "age=3", "state=\"lost\""] {
            assert_eq!(Filter::parse(text).expect_err(text).fields[0].field, "filter");
        }
    }
}
