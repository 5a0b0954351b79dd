import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { client } from "../../api/client";
import { advance, viewOf, type OperationView } from "../../api/operation";
import { Operations as OperationsService } from "../../gen/google/longrunning/operations_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { operations } from "../../i18n/words/operations";
import { work } from "../../i18n/words/work";
import { Empty, ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { liveNow, subscribeLive } from "../../shell/live";
import { StartForm } from "./StartForm";

/** Seconds that an operation ran, so far or in all. */
export function tookOf(view: OperationView): number {
  if (view.started === undefined) return 0;
  const end = view.ended === undefined ? Date.now() : timestampDate(view.ended).getTime();
  return Math.max(0, (end - timestampDate(view.started).getTime()) / 1000);
}

/** All operations, newest first, those that run live. */
export function Operations() {
  const t = useWords(operations);
  const live = useSyncExternalStore(subscribeLive, liveNow);
  const found = useInfiniteQuery({
    queryKey: ["operations"],
    queryFn: ({ pageParam, signal }) => client(OperationsService).listOperations({ name: "operations", pageSize: 30, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.nextPageToken === "" ? undefined : last.nextPageToken),
  });
  const listed = found.data?.pages.flatMap((page) => page.operations.map(viewOf)) ?? [];
  const known = new Set(listed.map((view) => view.id));
  const rows = [
    ...live.operations.filter((view) => !known.has(view.id)),
    ...listed.map((view) => {
      const now = live.operations.find((one) => one.id === view.id);
      return now === undefined ? view : advance(view, now);
    }),
  ];
  const running = live.operations.map((view) => `${view.id}${view.done}`).join();
  const { refetch } = found;
  useEffect(() => void refetch(), [running, refetch]);
  return (
    <div className="page">
      <Title>{t.title}</Title>
      <StartForm />
      {found.isError ? (
        <ErrorNote error={found.error} again={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton rows={10} height={40} />
      ) : rows.length === 0 ? (
        <Empty title={t.empty}><p>{t.emptyHelp}</p></Empty>
      ) : (
        <table className="plain operations">
          <thead>
            <tr>
              <th scope="col">{t.kind}</th>
              <th scope="col">{t.state}</th>
              <th scope="col" className="wide">{t.progress}</th>
              <th scope="col" className="num">{t.failed}</th>
              <th scope="col">{t.when}</th>
              <th scope="col" className="num wide">{t.took}</th>
            </tr>
          </thead>
          <tbody>{rows.map((view) => <Row key={view.id} view={view} />)}</tbody>
        </table>
      )}
      {found.hasNextPage ? <button type="button" onClick={() => void found.fetchNextPage()}>{t.showMore}</button> : null}
    </div>
  );
}

function Row({ view }: { view: OperationView }) {
  const t = useWords(operations);
  const kinds = useWords(work);
  const f = useFormat();
  return (
    <tr>
      <th scope="row"><Link to="/operations/$id" params={{ id: view.id }}>{kinds[view.kind] ?? view.kind}</Link></th>
      <td><span className={`state s-${view.state}`}>{t.states[view.state]}</span></td>
      <td className="num wide">{f.int(view.completed + view.failed)} / {f.int(view.total)}{view.done ? "" : ` · ${f.percent(Math.floor(view.percent))}`}</td>
      <td className={view.failed > 0 ? "num bad" : "num soft"}>{f.int(view.failed)}</td>
      <td className="soft">{f.ago(view.created)}</td>
      <td className="num soft wide">{f.duration(tookOf(view))}</td>
    </tr>
  );
}
