import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";
import { problemOf, worthRetrying } from "./problem";

it("reads reason, fields and the pause from the details", () => {
  const error = new ConnectError("too many", Code.ResourceExhausted, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: "OVERLOADED", metadata: { limit: "10" } }) },
    { desc: BadRequestSchema, value: { fieldViolations: [{ field: "limit", description: "must be small" }] } },
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: 6n, nanos: 0 } } },
  ]);
  const problem = problemOf(error);
  expect(problem.reason).toBe("OVERLOADED");
  expect(problem.metadata).toEqual({ limit: "10" });
  expect(problem.fields).toEqual([{ field: "limit", description: "must be small" }]);
  expect(problem.retryAfter).toBe(6);
  expect(worthRetrying(error)).toBe(true);
});

it("tells a lost connection from an answer", () => {
  expect(problemOf(new ConnectError("Failed to fetch", Code.Unknown, undefined, undefined, new TypeError())).reason).toBe("NETWORK");
  expect(worthRetrying(new ConnectError("no such job", Code.NotFound))).toBe(false);
});
