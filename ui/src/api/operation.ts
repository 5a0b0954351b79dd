import { anyUnpack, type Any, type Timestamp } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";
import type { Operation } from "../gen/google/longrunning/operations_pb";
import {
  OperationMetadataSchema,
  OperationState,
  type OperationFailure,
} from "../gen/observatory/operations/v1/operations_pb";
/** An operation as the page shows it. */
export interface OperationView {
  id: string;
  kind: string;
  state: OperationState;
  done: boolean;
  total: number;
  completed: number;
  failed: number;
  skipped: number;
  /** What was counted, by name. */
  counts: Record<string, number>;
  stage: string;
  perSecond: number;
  /** Seconds left; 0 where unknown. */
  eta: number;
  /** 0 to 100. */
  percent: number;
  failures: OperationFailure[];
  created: Timestamp | undefined;
  started: Timestamp | undefined;
  ended: Timestamp | undefined;
  sequence: bigint;
  redeliveries: number;
  /** Why it ended without a result. */
  error: { message: string; reason: string } | null;
  /** Its result, packed: `resultOf` reads it. */
  response: Any | null;
}

/** Reads an operation with its metadata and result. */
export function viewOf(operation: Operation): OperationView {
  const meta = operation.metadata === undefined ? undefined : anyUnpack(operation.metadata, OperationMetadataSchema);
  const outcomes = meta?.outcomes ?? {};
  const counts = meta?.counts ?? {};
  const view: OperationView = {
    id: operation.name.replace(/^operations\//, ""),
    kind: meta?.kind ?? "",
    state: meta?.state ?? OperationState.UNSPECIFIED,
    done: operation.done,
    total: meta?.total ?? 0,
    completed: meta?.completed ?? 0,
    failed: meta?.failed ?? 0,
    skipped: meta?.skipped ?? 0,
    counts: Object.keys(counts).length > 0 ? counts : outcomes,
    stage: meta?.stage ?? "",
    perSecond: meta?.itemsPerSecond ?? 0,
    eta: meta?.etaSeconds ?? 0,
    percent: meta?.progressPercent ?? 0,
    failures: meta?.failures ?? [],
    created: meta?.createTime,
    started: meta?.startTime,
    ended: meta?.endTime,
    sequence: meta?.sequence ?? 0n,
    redeliveries: meta?.redeliveries ?? 0,
    error: null,
    response: null,
  };
  if (operation.result.case === "error") {
    const { message, details } = operation.result.value;
    const info = details.map((detail) => anyUnpack(detail, ErrorInfoSchema)).find((found) => found !== undefined);
    view.error = { message, reason: info?.reason ?? "" };
  } else if (operation.result.case === "response") {
    view.response = operation.result.value;
  }
  return view;
}

/** The newer state of an operation: progress never goes back while it runs. */
export function advance(before: OperationView | undefined, next: OperationView): OperationView {
  if (before === undefined || before.id !== next.id) return next;
  if (next.sequence < before.sequence) return before;
  // After a retry an ended operation runs again, from less.
  if (before.done && !next.done) return next;
  return { ...next, percent: Math.max(before.percent, next.percent) };
}
