import { Operations } from "../gen/google/longrunning/operations_pb";
import { PipelineService } from "../gen/observatory/pipeline/v1/pipeline_pb";
import { client, patientClient } from "../api/client";
import { advance, viewOf, type OperationView } from "../api/operation";
import { deadline, follow, pause } from "../api/watch";

/** What happens in the mesh, as every view may show it. */
export interface LiveState {
  /** Whether events are coming in. */
  linked: boolean;
  /** Running operations, newest first, and those that ended seconds ago. */
  operations: OperationView[];
  /** Ads and skills that changed since the reader last loaded. */
  changes: number;
}

/** A browser keeps six connections to a host: events take one, and this many operations another each. */
const FOLLOWED = 2;
/** An ended operation stays in sight so long, milliseconds. */
const LINGER = 8_000;
const SILENCE = 25_000;
const RUNNING = 'state="running" AND state="pending" AND state="cancelling"';
const DATA = new Set(["jobs_scraped", "jobs_cleaned", "jobs_imported", "skills_extracted"]);

let state: LiveState = { linked: true, operations: [], changes: 0 };
const listeners = new Set<() => void>();
const followed = new Map<string, AbortController>();
let running: AbortController | null = null;

function set(change: Partial<LiveState>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

function put(view: OperationView): void {
  const before = state.operations.find((known) => known.id === view.id);
  const next = advance(before, view);
  const operations = before
    ? state.operations.map((known) => (known.id === view.id ? next : known))
    : [next, ...state.operations];
  set({ operations });
  if (next.done) {
    followed.get(next.id)?.abort();
    followed.delete(next.id);
    setTimeout(() => set({ operations: state.operations.filter((known) => known.id !== next.id) }), LINGER);
  }
}

async function refresh(signal: AbortSignal): Promise<void> {
  const answer = await client(Operations).listOperations({ name: "operations", filter: RUNNING, pageSize: 20 }, { signal });
  const views = answer.operations.map(viewOf);
  const ids = new Set(views.map((view) => view.id));
  set({ operations: state.operations.filter((known) => known.done || ids.has(known.id)) });
  for (const view of views) put(view);
  for (const view of views) {
    if (followed.has(view.id) || followed.size >= FOLLOWED) continue;
    const stop = new AbortController();
    followed.set(view.id, stop);
    const forget = () => void followed.delete(view.id);
    void follow(view.id, stop.signal, { state: put, linked: () => undefined, refused: forget });
  }
}

async function listen(signal: AbortSignal): Promise<void> {
  let wait = 500;
  while (!signal.aborted) {
    const line = deadline(signal, SILENCE);
    try {
      for await (const event of patientClient(PipelineService).watchEvents({}, { signal: line.signal })) {
        line.heard();
        wait = 500;
        if (!state.linked) set({ linked: true });
        if (DATA.has(event.kind)) set({ changes: state.changes + event.count });
        else await refresh(signal);
      }
    } catch {
      // The line dropped: said in the strip, and tried again.
    } finally {
      line.end();
    }
    if (signal.aborted) return;
    set({ linked: false });
    await pause(wait, signal);
    wait = Math.min(wait * 2, 15_000);
  }
}

function visible(): void {
  const shown = document.visibilityState === "visible";
  if (shown && running === null) {
    running = new AbortController();
    void listen(running.signal);
  } else if (!shown && running !== null) {
    running.abort();
    running = null;
    for (const stop of followed.values()) stop.abort();
    followed.clear();
  }
}

/** Starts to listen; hidden tabs let go of their connections. */
export function startLive(): void {
  document.addEventListener("visibilitychange", visible);
  visible();
}

/** The reader has loaded what changed. */
export function seen(): void {
  set({ changes: 0 });
}

export function subscribeLive(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function liveNow(): LiveState {
  return state;
}
