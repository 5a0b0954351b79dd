import type { Client } from "@connectrpc/connect";
import { OperationService } from "../gen/observatory/operations/v1/operations_pb";
import { patientClient } from "./client";
import { viewOf, type OperationView } from "./operation";
import { worthRetrying } from "./problem";

/** What a follower is told. */
export interface Follower {
  /** A new state; never the same one twice. */
  state(view: OperationView): void;
  /** Whether the stream is there. */
  linked(up: boolean): void;
  /** The stream is refused for good, such as for an unknown operation. */
  refused(error: unknown): void;
}

/** The server sends a heartbeat after ten quiet seconds: after this many milliseconds of silence the line is dead. */
const SILENCE = 25_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;

/** Waits, or less where the signal comes. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A signal that comes with the outer one, or after silence; `heard` puts the silence off. */
export function deadline(outer: AbortSignal, silence: number): { signal: AbortSignal; heard: () => void; end: () => void } {
  const inner = new AbortController();
  const stop = () => inner.abort();
  outer.addEventListener("abort", stop);
  let timer = setTimeout(stop, silence);
  return {
    signal: inner.signal,
    heard() {
      clearTimeout(timer);
      timer = setTimeout(stop, silence);
    },
    end() {
      clearTimeout(timer);
      outer.removeEventListener("abort", stop);
    },
  };
}

/**
 * Follows an operation to its end. A line that drops or goes silent is taken up again where it was, so that no state
 * is told twice and none is lost that still matters.
 */
export async function follow(
  id: string,
  signal: AbortSignal,
  follower: Follower,
  service: Pick<Client<typeof OperationService>, "watchOperation"> = patientClient(OperationService),
  silence = SILENCE,
  firstPause = FIRST_PAUSE,
): Promise<void> {
  let after = 0n;
  let wait = firstPause;
  while (!signal.aborted) {
    const line = deadline(signal, silence);
    try {
      for await (const message of service.watchOperation({ operationId: id, afterSequence: after }, { signal: line.signal })) {
        line.heard();
        follower.linked(true);
        wait = firstPause;
        if (message.operation === undefined || message.heartbeat || (after > 0n && message.sequence <= after)) continue;
        after = message.sequence;
        const view = viewOf(message.operation);
        follower.state(view);
        if (view.done) return;
      }
    } catch (error) {
      if (!signal.aborted && !line.signal.aborted && !worthRetrying(error)) {
        follower.refused(error);
        return;
      }
    } finally {
      line.end();
    }
    if (signal.aborted) return;
    follower.linked(false);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_PAUSE);
  }
}
