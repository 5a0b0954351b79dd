import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { OperationSchema } from "../gen/google/longrunning/operations_pb";
import {
  OperationMetadataSchema,
  OperationState,
  WatchOperationResponseSchema,
  type WatchOperationResponse,
} from "../gen/observatory/operations/v1/operations_pb";
import { advance, viewOf, type OperationView } from "./operation";
import { follow } from "./watch";

function state(sequence: number, percent: number, done = false): WatchOperationResponse {
  const metadata = create(OperationMetadataSchema, {
    kind: "cleaner.batch_clean_jobs",
    sequence: BigInt(sequence),
    progressPercent: percent,
    state: done ? OperationState.SUCCEEDED : OperationState.RUNNING,
  });
  return create(WatchOperationResponseSchema, {
    sequence: BigInt(sequence),
    operation: create(OperationSchema, { name: "operations/x", done, metadata: anyPack(OperationMetadataSchema, metadata) }),
  });
}

/** A service whose lines end as told; remembers from where each was asked. */
function lines(script: (() => AsyncGenerator<WatchOperationResponse>)[]) {
  const asked: bigint[] = [];
  const watchOperation = (request: { afterSequence?: bigint }) => {
    asked.push(request.afterSequence ?? 0n);
    const line = script.shift();
    if (line === undefined) throw new Error("asked too often");
    return line();
  };
  return { asked, watchOperation: watchOperation as never };
}

function listen() {
  const seen: OperationView[] = [];
  const links: boolean[] = [];
  const refused: unknown[] = [];
  return {
    seen,
    links,
    refused,
    state: (view: OperationView) => void seen.push(view),
    linked: (up: boolean) => void links.push(up),
  };
}

it("takes a dropped line up where it was, without losing or repeating a state", async () => {
  const service = lines([
    async function* () {
      yield state(1, 10);
      yield state(4, 40);
      throw new ConnectError("reset", Code.Unavailable);
    },
    async function* () {
      yield state(4, 40);
      yield state(6, 60);
    },
    async function* () {
      yield state(9, 100, true);
    },
  ]);
  const heard = listen();
  await follow("x", new AbortController().signal, { ...heard, refused: (error) => heard.refused.push(error) }, service, 1000, 1);
  expect(service.asked).toEqual([0n, 4n, 6n]);
  expect(heard.seen.map((view) => view.percent)).toEqual([10, 40, 60, 100]);
  expect(heard.links).toContain(false);
  expect(heard.refused).toEqual([]);
});

it("takes silence for a dropped line", async () => {
  const service = lines([
    async function* () {
      yield state(1, 10);
      await new Promise((resolve) => setTimeout(resolve, 80));
      throw new ConnectError("aborted", Code.Canceled);
    },
    async function* () {
      yield state(2, 100, true);
    },
  ]);
  const heard = listen();
  await follow("x", new AbortController().signal, { ...heard, refused: (error) => heard.refused.push(error) }, service, 30, 1);
  expect(service.asked).toEqual([0n, 1n]);
});

it("gives up on an operation that isn't there", async () => {
  const service = lines([
    async function* () {
      throw new ConnectError("no such operation", Code.NotFound);
      yield state(1, 1);
    },
  ]);
  const heard = listen();
  await follow("x", new AbortController().signal, { ...heard, refused: (error) => heard.refused.push(error) }, service, 1000, 1);
  expect(heard.refused).toHaveLength(1);
});

it("never shows progress that goes back", () => {
  const at = (sequence: number, percent: number, done = false) => {
    const { operation } = state(sequence, percent, done);
    if (operation === undefined) throw new Error("no operation");
    return viewOf(operation);
  };
  expect(advance(at(3, 50), at(4, 45)).percent).toBe(50);
  expect(advance(at(3, 50), at(2, 70)).percent).toBe(50);
  expect(advance(at(5, 100, true), at(6, 20)).percent).toBe(20);
});
