import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { client } from "../../api/client";
import { advance, type OperationView } from "../../api/operation";
import { resultOf } from "../../api/result";
import { follow } from "../../api/watch";
import { Operations as OperationsService } from "../../gen/google/longrunning/operations_pb";
import { OperationService } from "../../gen/observatory/operations/v1/operations_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { reasons } from "../../i18n/words/errors";
import { operations } from "../../i18n/words/operations";
import { work } from "../../i18n/words/work";
import { ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { tookOf } from "./Operations";

const route = getRouteApi("/shell/operations/$id");

/** One operation, live to its end. */
export function Operation() {
  const { id } = route.useParams();
  const t = useWords(operations);
  const [view, setView] = useState<OperationView>();
  const [linked, setLinked] = useState(true);
  const [refused, setRefused] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setRefused(null);
    void follow(id, stop.signal, {
      state: (next) => setView((before) => advance(before, next)),
      linked: setLinked,
      refused: setRefused,
    });
    return () => stop.abort();
  }, [id, round]);
  return (
    <div className="page">
      <p className="small"><Link to="/operations">{t.back}</Link></p>
      {refused !== null ? <><Title>{t.title}</Title><ErrorNote error={refused} again={() => setRound(round + 1)} /></> : null}
      {view === undefined || view.id !== id ? (refused === null ? <Skeleton rows={8} /> : null) : (
        <Shown view={view} linked={linked} onRetried={() => setRound(round + 1)} />
      )}
    </div>
  );
}

function Shown({ view, linked, onRetried }: { view: OperationView; linked: boolean; onRetried: () => void }) {
  const t = useWords(operations);
  const kinds = useWords(work);
  const known = useWords(reasons);
  const f = useFormat();
  const cancel = useMutation({ mutationFn: () => client(OperationsService).cancelOperation({ name: `operations/${view.id}` }) });
  const retry = useMutation({
    mutationFn: () => client(OperationService).retryOperation({ operationId: view.id }),
    onSuccess: onRetried,
  });
  const facts: [string, string][] = [
    [t.done, f.int(view.completed)],
    [t.failed, f.int(view.failed)],
    [t.skipped, f.int(view.skipped)],
    [t.total, f.int(view.total)],
    [t.rate, f.number(view.perSecond)],
    [view.done ? t.took : t.left, view.done ? f.duration(tookOf(view)) : view.eta > 0 ? f.duration(view.eta) : "–"],
  ];
  return (
    <>
      <Title>{kinds[view.kind] ?? view.kind}</Title>
      <p>
        <span className={`state s-${view.state}`} role="status">{t.states[view.state]}</span>
        {view.stage !== "" && !view.done ? <span className="soft"> · {t.stage}: {view.stage}</span> : null}
        {!view.done && linked ? <span className="soft"> · {t.linked}</span> : null}
      </p>
      <div className="progress" role="progressbar" aria-label={t.progress} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(view.percent)}>
        <span style={{ width: `${view.percent}%` }} />
      </div>
      {!view.done && !linked ? <p className="note" role="status">{t.unlinked}</p> : null}
      <dl className="figures">
        {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="num">{value}</dd></div>)}
      </dl>
      <div className="actions">
        {!view.done ? (
          <button type="button" disabled={cancel.isPending || cancel.isSuccess} onClick={() => { if (window.confirm(t.cancelSure)) cancel.mutate(); }}>{t.cancel}</button>
        ) : null}
        {view.done && view.failed > 0 ? <button type="button" disabled={retry.isPending} onClick={() => retry.mutate()}>{t.retry}</button> : null}
      </div>
      {cancel.isError ? <ErrorNote error={cancel.error} /> : null}
      {retry.isError ? <ErrorNote error={retry.error} /> : null}
      {view.error !== null ? (
        <div className="note error">
          <p className="note-title">{known[view.error.reason]?.what ?? view.error.reason}</p>
          <p>{known[view.error.reason]?.help}</p>
          <p className="soft small">{view.error.message}</p>
        </div>
      ) : null}
      <Figures title={t.counted} values={view.counts} />
      {view.response !== null ? <Figures title={t.result} values={resultOf(view.response) ?? {}} /> : null}
      {view.failed > 0 ? <Failures id={view.id} failed={view.failed} /> : null}
      <p className="soft small">{t.when} {f.moment(view.created)} · {t.redeliveries}: {f.int(view.redeliveries)} · <code>{view.id}</code></p>
    </>
  );
}

function Figures({ title, values }: { title: string; values: Record<string, unknown> }) {
  const f = useFormat();
  const entries = Object.entries(values).filter(([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0));
  if (entries.length === 0) return null;
  const text = (value: unknown) => (typeof value === "number" ? f.int(value) : Array.isArray(value) ? value.join("; ") : String(value));
  return (
    <section>
      <h2>{title}</h2>
      <dl className="facts">
        {entries.map(([name, value]) => <div key={name}><dt>{name.replaceAll("_", " ")}</dt><dd className="num">{text(value)}</dd></div>)}
      </dl>
    </section>
  );
}

function Failures({ id, failed }: { id: string; failed: number }) {
  const t = useWords(operations);
  const known = useWords(reasons);
  const f = useFormat();
  const found = useInfiniteQuery({
    // Asked again as the failures grow, by tens.
    queryKey: ["failures", id, Math.ceil(failed / 10)],
    queryFn: ({ pageParam, signal }) => client(OperationService).listOperationFailures({ operationId: id, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.nextPageToken === "" ? undefined : last.nextPageToken),
    placeholderData: (before) => before,
  });
  if (found.isError) return <ErrorNote error={found.error} again={() => void found.refetch()} />;
  const rows = found.data?.pages.flatMap((page) => page.failures) ?? [];
  return (
    <section>
      <h2>{t.failures} <span className="soft num">{f.int(failed)}</span></h2>
      <table className="plain">
        <thead><tr><th scope="col">{t.item}</th><th scope="col">{t.why}</th><th scope="col" className="num">{t.attempts}</th></tr></thead>
        <tbody>
          {rows.map((failure) => (
            <tr key={failure.item}>
              <th scope="row"><code className="small">{failure.item}</code></th>
              <td>{known[failure.reason]?.what ?? failure.reason}<span className="soft small"> · {failure.message}</span></td>
              <td className="num">{f.int(failure.attempts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.hasNextPage ? <button type="button" onClick={() => void found.fetchNextPage()}>{t.showMore}</button> : null}
    </section>
  );
}
