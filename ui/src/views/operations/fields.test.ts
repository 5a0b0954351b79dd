import { expect, it } from "vitest";
import { RunPipelineRequestSchema } from "../../gen/observatory/pipeline/v1/pipeline_pb";
import { ScrapePortalRequestSchema } from "../../gen/observatory/scraper/v1/scraper_pb";
import { BatchEnhanceJobsRequestSchema } from "../../gen/observatory/llm/v1/llm_pb";
import { faultOf, fieldsOf, jsonOf } from "./fields";

const field = (name: string) => {
  const found = fieldsOf(ScrapePortalRequestSchema).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
};

it("takes its rules from the contract", () => {
  expect(field("country")).toMatchObject({ control: "text", required: true, pattern: "^[A-Z]{2}$" });
  expect(field("max_jobs")).toMatchObject({ control: "number", least: 0, most: 100000 });
  expect(fieldsOf(ScrapePortalRequestSchema).some((one) => one.name === "request_id")).toBe(false);
  expect(fieldsOf(BatchEnhanceJobsRequestSchema).find((one) => one.name === "pipeline")?.values).toEqual(["B", "HYBRID"]);
  expect(fieldsOf(RunPipelineRequestSchema).find((one) => one.name === "stages")?.values).toContain("STAGE_CLEAN");
});

it("finds what breaks a rule before it is sent", () => {
  expect(faultOf(field("country"), "Colombia")).toEqual({ kind: "pattern" });
  expect(faultOf(field("country"), "CO")).toBeNull();
  expect(faultOf(field("portal"), "")).toEqual({ kind: "required" });
  expect(faultOf(field("max_jobs"), "100001")).toEqual({ kind: "most", limit: 100000 });
});

it("leaves out what was left empty", () => {
  const fields = fieldsOf(RunPipelineRequestSchema);
  expect(jsonOf(fields, { country: "", portals: "a, b,", again: false, max_jobs: "5", stages: ["STAGE_CLEAN"] })).toEqual({
    portals: ["a", "b"], max_jobs: 5, stages: ["STAGE_CLEAN"],
  });
});
