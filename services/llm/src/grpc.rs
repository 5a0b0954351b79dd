//! `observatory.llm.v1.LlmService`: contract to domain and back.

use std::{pin::Pin, sync::Arc};

use futures::Stream;
use observatory_enhancement::{Ad, PipelineA, Task, salvage};
use observatory_operations::Submit;
use observatory_proto::{
    Error,
    google::longrunning::Operation,
    llm::{
        BatchEnhanceJobsRequest, EnhanceSkillsRequest, EnhanceSkillsResponse, ExtractSkillsRequest,
        ExtractSkillsResponse, ListModelsRequest, ListModelsResponse, StreamExtractSkillsRequest,
        StreamExtractSkillsResponse, llm_service_server::LlmService, stream_extract_skills_response::Event,
    },
};
use observatory_store::{cleaning, enhancement, into_error};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    convert,
    enhance::{Asking, Llm, Made, int},
    worker::{KIND, RESPONSE, what},
};

/// Messages that wait for a slow reader of a stream; further ones before the result are left out.
const BUFFER: usize = 64;

/// The service.
pub struct Grpc {
    /// What it takes.
    pub llm: Arc<Llm>,
}

type Events = Pin<Box<dyn Stream<Item = Result<StreamExtractSkillsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl LlmService for Grpc {
    type StreamExtractSkillsStream = Events;

    async fn extract_skills(
        &self,
        request: Request<ExtractSkillsRequest>,
    ) -> Result<Response<ExtractSkillsResponse>, Status> {
        // A caller who goes away drops this call, and with it the request to the model.
        let cancel = CancellationToken::new();
        Ok(Response::new(extract(&self.llm, request.into_inner(), &cancel, None).await?))
    }

    async fn stream_extract_skills(
        &self,
        request: Request<StreamExtractSkillsRequest>,
    ) -> Result<Response<Events>, Status> {
        let request = request.into_inner().request.unwrap_or_default();
        // Said before the stream begins.
        self.llm.models.get(&request.model)?;
        let (sender, receiver) = mpsc::channel(BUFFER);
        tokio::spawn(stream(self.llm.clone(), request, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn enhance_skills(
        &self,
        request: Request<EnhanceSkillsRequest>,
    ) -> Result<Response<EnhanceSkillsResponse>, Status> {
        let EnhanceSkillsRequest { title, text, skills, model, skip_cache } = request.into_inner();
        let model = self.llm.models.get(&model)?;
        let ad = Ad::new(&title, &text);
        let given = (!skills.is_empty()).then(|| PipelineA::of_names(&skills, &ad));
        let cancel = CancellationToken::new();
        let asking = Asking { task: Task::Enhance, model, skip_cache, in_batch: false, cancel: &cancel };
        let made = self.llm.enhance(&ad, given, &asking, None).await?;
        let ExtractSkillsResponse {
            skills,
            ungrounded,
            tokens_used,
            processing_time_seconds,
            usage,
            model,
            prompt_version,
            dropped,
            text,
            agreement,
        } = response(&made, ad, &model.name);
        Ok(Response::new(EnhanceSkillsResponse {
            skills,
            ungrounded,
            tokens_used,
            processing_time_seconds,
            usage,
            model,
            prompt_version,
            dropped,
            text,
            agreement,
        }))
    }

    async fn batch_enhance_jobs(
        &self,
        request: Request<BatchEnhanceJobsRequest>,
    ) -> Result<Response<Operation>, Status> {
        let mut request = request.into_inner();
        let (db, model) = (&self.llm.backend.db, &self.llm.models.get(&request.model)?.name);
        let ids = if request.job_ids.is_empty() {
            let limit = if request.limit == 0 { i64::MAX as u64 } else { u64::from(request.limit.unsigned_abs()) };
            let pipeline = convert::pipeline_name(what(request.pipeline()));
            let by = (pipeline, model.as_str(), self.llm.enhancer.version());
            enhancement::pending(db, &request.country, limit, by, request.again).await.map_err(into_error)?
        } else {
            cleaning::all_known(db, &request.job_ids).await?
        };
        let request_id = request.request_id.clone();
        // What was asked then, also where the default changes before the work is done.
        request.model.clone_from(model);
        let submit = Submit::new(KIND, RESPONSE, &request, &request_id, ids);
        let submitted = self.llm.backend.operations.submit(submit).await?;
        Ok(Response::new(submitted.progress.to_operation()))
    }

    async fn list_models(&self, _: Request<ListModelsRequest>) -> Result<Response<ListModelsResponse>, Status> {
        let models = self.llm.models.describe().await?;
        Ok(Response::new(ListModelsResponse { models, prompt_version: self.llm.enhancer.version().to_owned() }))
    }
}

async fn extract(
    llm: &Llm,
    request: ExtractSkillsRequest,
    cancel: &CancellationToken,
    on_text: Option<observatory_chat::OnText<'_>>,
) -> Result<ExtractSkillsResponse, Error> {
    let model = llm.models.get(&request.model)?;
    // Here B is the default: HYBRID is what batches do by default.
    let task =
        if request.pipeline() == observatory_proto::common::Pipeline::Hybrid { Task::Hybrid } else { Task::Extract };
    let ad = Ad::new(&request.title, &request.text);
    let asking = Asking { task, model, skip_cache: request.skip_cache, in_batch: false, cancel };
    let made = llm.enhance(&ad, None, &asking, on_text).await?;
    Ok(response(&made, ad, &model.name))
}

/// Tells what the model writes while it does, then the whole. Ends the model's work where the reader goes away.
async fn stream(
    llm: Arc<Llm>,
    request: ExtractSkillsRequest,
    sender: mpsc::Sender<Result<StreamExtractSkillsResponse, Status>>,
) {
    let ad = Ad::new(&request.title, &request.text);
    let name = llm.models.get(&request.model).map(|model| model.name.clone()).unwrap_or_default();
    let version = llm.enhancer.version().to_owned();
    let cancel = CancellationToken::new();
    let (mut written, mut told, mut pieces) = (String::new(), 0, 0);
    let mut on_text = |piece: &str| {
        if piece.is_empty() {
            (written, told, pieces) = (String::new(), 0, 0);
            return;
        }
        pieces += 1;
        written.push_str(piece);
        let _ = sender.try_send(Ok(message(Event::CompletionTokens(pieces))));
        if !piece.contains(['"', ']']) {
            return;
        }
        let Some(answer) = salvage(&written) else { return };
        let all: Vec<&String> = answer.technical.iter().chain(&answer.soft).collect();
        for text in all.iter().skip(told) {
            if let Some(skill) = convert::early(text, &ad, &name, &version) {
                let _ = sender.try_send(Ok(message(Event::Skill(skill))));
            }
        }
        told = all.len().max(told);
    };
    let result = tokio::select! {
        result = extract(&llm, request, &cancel, Some(&mut on_text)) => result,
        () = sender.closed() => return,
    };
    let last = result.map(|response| message(Event::Result(response))).map_err(Status::from);
    let _ = sender.send(last).await;
}

fn message(event: Event) -> StreamExtractSkillsResponse {
    StreamExtractSkillsResponse { event: Some(event) }
}

fn response(made: &Made, ad: Ad, model: &str) -> ExtractSkillsResponse {
    let usage = convert::usage(made);
    ExtractSkillsResponse {
        skills: convert::skills(made, model),
        ungrounded: int(made.enhanced.ungrounded),
        tokens_used: usage.prompt_tokens.saturating_add(usage.completion_tokens),
        processing_time_seconds: made.seconds,
        usage: Some(usage),
        model: model.to_owned(),
        prompt_version: made.enhanced.prompt_version.clone(),
        dropped: convert::dropped(made),
        text: ad.text,
        agreement: Some(convert::agreement(made)),
    }
}
