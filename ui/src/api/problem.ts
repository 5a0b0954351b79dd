import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";

/** What went wrong, as the server tells it in the details of its error. */
export interface Problem {
  /** `ErrorInfo.reason`, such as `JOB_NOT_FOUND`; `NETWORK` where no answer came; empty where there is none. */
  reason: string;
  code: Code;
  /** The server's own sentence, in English. */
  message: string;
  metadata: Record<string, string>;
  fields: { field: string; description: string }[];
  /** Seconds after which to try again; 0 where the server doesn't say. */
  retryAfter: number;
}

/** Reads an error that a call threw. */
export function problemOf(error: unknown): Problem {
  const known = ConnectError.from(error);
  const info = known.findDetails(ErrorInfoSchema)[0];
  const fields = known.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
  const retry = known.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const lost = info === undefined && (known.cause instanceof TypeError || /fetch|network/i.test(known.rawMessage));
  return {
    reason: lost ? "NETWORK" : (info?.reason ?? ""),
    code: lost ? Code.Unavailable : known.code,
    message: known.rawMessage,
    metadata: { ...info?.metadata },
    fields: fields.map(({ field, description }) => ({ field, description })),
    retryAfter: retry === undefined ? 0 : Number(retry.seconds) + retry.nanos / 1e9,
  };
}

/** True where the same call may do better a little later. */
export function worthRetrying(error: unknown): boolean {
  const { code, reason } = problemOf(error);
  if (reason === "CAPABILITY_MISSING") return false;
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.ResourceExhausted;
}
