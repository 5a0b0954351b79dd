import { createRegistry, toJson, type JsonObject } from "@bufbuild/protobuf";
import { anyUnpack, type Any } from "@bufbuild/protobuf/wkt";
import { file_observatory_cleaner_v1_cleaner } from "../gen/observatory/cleaner/v1/cleaner_pb";
import { file_observatory_clusterer_v1_clusterer } from "../gen/observatory/clusterer/v1/clusterer_pb";
import { file_observatory_embedder_v1_embedder } from "../gen/observatory/embedder/v1/embedder_pb";
import { file_observatory_extractor_v1_extractor } from "../gen/observatory/extractor/v1/extractor_pb";
import { file_observatory_llm_v1_llm } from "../gen/observatory/llm/v1/llm_pb";
import { file_observatory_pipeline_v1_pipeline } from "../gen/observatory/pipeline/v1/pipeline_pb";
import { file_observatory_scraper_v1_scraper } from "../gen/observatory/scraper/v1/scraper_pb";

const registry = createRegistry(
  file_observatory_cleaner_v1_cleaner,
  file_observatory_clusterer_v1_clusterer,
  file_observatory_embedder_v1_embedder,
  file_observatory_extractor_v1_extractor,
  file_observatory_llm_v1_llm,
  file_observatory_pipeline_v1_pipeline,
  file_observatory_scraper_v1_scraper,
);

/** The result of an operation, its fields named as in the contract; null for one that this page doesn't know. */
export function resultOf(packed: Any): JsonObject | null {
  const message = anyUnpack(packed, registry);
  const schema = message === undefined ? undefined : registry.getMessage(message.$typeName);
  if (message === undefined || schema === undefined) return null;
  const json = toJson(schema, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
  return json !== null && typeof json === "object" && !Array.isArray(json) ? json : null;
}
