import { fromJson, type DescMessage, type JsonObject, type MessageShape } from "@bufbuild/protobuf";
import { patientClient } from "../../api/client";
import type { Operation } from "../../gen/google/longrunning/operations_pb";
import { BatchCleanJobsRequestSchema, CleanerService } from "../../gen/observatory/cleaner/v1/cleaner_pb";
import { ClustererService, ClusterSkillsRequestSchema } from "../../gen/observatory/clusterer/v1/clusterer_pb";
import {
  BatchEmbedSkillsRequestSchema,
  BatchFindSameMeaningRequestSchema,
  EmbedderService,
} from "../../gen/observatory/embedder/v1/embedder_pb";
import { BatchExtractSkillsRequestSchema, ExtractorService } from "../../gen/observatory/extractor/v1/extractor_pb";
import { BatchEnhanceJobsRequestSchema, LlmService } from "../../gen/observatory/llm/v1/llm_pb";
import { PipelineService, RunPipelineRequestSchema } from "../../gen/observatory/pipeline/v1/pipeline_pb";
import { ScrapePortalRequestSchema, ScraperService } from "../../gen/observatory/scraper/v1/scraper_pb";

/** Work that can be started. */
export interface Starter {
  /** Kind of the operation. */
  kind: string;
  /** Its request: the form is made of it. */
  schema: DescMessage;
  /** Starts it, once per request_id. */
  start: (request: JsonObject) => Promise<Operation>;
}

function starter<S extends DescMessage>(kind: string, schema: S, start: (request: MessageShape<S>) => Promise<Operation>): Starter {
  return { kind, schema, start: (request) => start(fromJson(schema, request)) };
}

/** Everything that can be started, in the order of the pipeline. */
export const STARTERS: Starter[] = [
  starter("gateway.run_pipeline", RunPipelineRequestSchema, (request) => patientClient(PipelineService).runPipeline(request)),
  starter("scraper.scrape_portal", ScrapePortalRequestSchema, (request) => patientClient(ScraperService).scrapePortal(request)),
  starter("cleaner.batch_clean_jobs", BatchCleanJobsRequestSchema, (request) => patientClient(CleanerService).batchCleanJobs(request)),
  starter("extractor.batch_extract_skills", BatchExtractSkillsRequestSchema, (request) => patientClient(ExtractorService).batchExtractSkills(request)),
  starter("llm.batch_enhance_jobs", BatchEnhanceJobsRequestSchema, (request) => patientClient(LlmService).batchEnhanceJobs(request)),
  starter("embedder.batch_embed_skills", BatchEmbedSkillsRequestSchema, (request) => patientClient(EmbedderService).batchEmbedSkills(request)),
  starter("embedder.batch_find_same_meaning", BatchFindSameMeaningRequestSchema, (request) => patientClient(EmbedderService).batchFindSameMeaning(request)),
  starter("clusterer.cluster_skills", ClusterSkillsRequestSchema, (request) => patientClient(ClustererService).clusterSkills(request)),
];

/** A new id for a request: the same one never starts twice. */
export function requestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
