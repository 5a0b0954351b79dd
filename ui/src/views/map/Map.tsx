import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import type { Clustering } from "../../gen/observatory/clusters/v1/clusters_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { map as words } from "../../i18n/words/map";
import { fold } from "../../lib/text";
import { Empty, ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { Word } from "../../parts/Word";
import { useTheme } from "../../shell/theme";
import { Changes, Quality } from "./About";
import { Clusters } from "./Clusters";
import { clustersQuery, holds, labelsOf, lookOf, placesOf, pointName, pointsQuery, runsQuery } from "./data";
import { Lassoed } from "./Lassoed";
import { Scatter } from "./Scatter";

const route = getRouteApi("/shell/map");

/** Which map: a run of the clustering. */
export function Map() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const t = useWords(words);
  const f = useFormat();
  const runs = useQuery(runsQuery);
  const nameOf = (run: Clustering) =>
    `${run.country === "" ? t.everywhere : f.country(run.country)}, ${f.moment(run.analyzedAt)} (${f.int(run.nClusters)})`;
  if (runs.isPending) return <div className="page"><Title>{t.title}</Title><Skeleton rows={12} height={48} /></div>;
  if (runs.isError) return <div className="page"><Title>{t.title}</Title><ErrorNote error={runs.error} again={() => void runs.refetch()} /></div>;
  const run = runs.data.clusterings.find((one) => one.clusteringId === search.run) ?? runs.data.clusterings[0];
  return (
    <div className="page wide-page">
      <Title>{t.title}</Title>
      {run === undefined ? (
        <Empty title={t.empty}><p>{t.emptyHelp}</p><p><Link to="/operations">{t.toWork}</Link></p></Empty>
      ) : (
        <>
          <p>
            <Word label={t.run} value={run.clusteringId} options={runs.data.clusterings.map((one): [string, string] => [one.clusteringId, nameOf(one)])}
              onChange={(id) => void navigate({ search: { run: id }, replace: true })} />
          </p>
          <p className="soft">{t.lead(f.int(run.nPoints), f.int(run.nClusters), f.int(run.nNoise))}</p>
          <Shown key={run.clusteringId} run={run} />
        </>
      )}
    </div>
  );
}

function Shown({ run }: { run: Clustering }) {
  const { cluster: open } = route.useSearch();
  const navigate = route.useNavigate();
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  const theme = useTheme();
  const [typed, setTyped] = useState("");
  const query = fold(useDeferredValue(typed.trim()));
  const [lassoed, setLassoed] = useState<number[]>([]);
  const points = useQuery(pointsQuery(run.clusteringId));
  const clusters = useQuery(clustersQuery(run.clusteringId));
  const all = points.data;
  const list = clusters.data?.clusters;
  const places = useMemo(() => placesOf(all ?? []), [all]);
  const labels = useMemo(() => labelsOf(all ?? [], list ?? [], lang, query), [all, list, lang, query]);
  const number = list?.find((cluster) => cluster.clusterId === open)?.clusterNumber;
  const look = useMemo(() => {
    const ring = new Set(lassoed);
    const picked = (index: number) => {
      const point = all?.[index];
      if (point === undefined) return false;
      if (query !== "") return holds(point, query);
      if (ring.size > 0) return ring.has(index);
      return number === undefined || point.clusterNumber === number;
    };
    return lookOf(all ?? [], list ?? [], picked);
    // The theme changes what the colours stand for.
  }, [all, list, query, lassoed, number, theme]);
  const target = useMemo(() => {
    const members = all?.filter((point) => (query !== "" ? holds(point, query) : point.clusterNumber === number)) ?? [];
    if (members.length === 0) return null;
    const xs = members.map((point) => point.x);
    const ys = members.map((point) => point.y);
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    return { x: (left + right) / 2, y: (low + high) / 2, span: Math.max(right - left, high - low, 0.5) * 1.4 };
  }, [all, number, query]);
  const failed = points.error ?? clusters.error;
  if (failed) return <ErrorNote error={failed} again={() => { void points.refetch(); void clusters.refetch(); }} />;
  if (all === undefined || list === undefined) return <Skeleton rows={1} height={600} />;
  const choose = (cluster: string) => void navigate({ search: { run: run.clusteringId, ...(cluster === open || cluster === "" ? {} : { cluster }) }, replace: true, resetScroll: false });
  const describe = (index: number) => {
    const point = all[index];
    return point === undefined ? "" : `${pointName(point, lang)} · ${t.ads}: ${f.int(point.jobCount)}`;
  };
  return (
    <>
      <div className="map">
        <div>
          <input type="search" aria-label={t.search} placeholder={t.search} value={typed} onChange={(event) => setTyped(event.target.value)} />
          <Scatter places={places} look={look} labels={labels} describe={describe} onLasso={setLassoed} target={target} label={t.label(f.int(all.length))}
            onChoose={(index) => choose(list.find((cluster) => cluster.clusterNumber === all[index]?.clusterNumber)?.clusterId ?? "")} />
          <p className="soft small">{t.note} {run.nNoise > 0 ? t.noise1(f.int(run.nNoise)) : ""}</p>
          <Lassoed points={lassoed.map((index) => all[index]).filter((point) => point !== undefined)} onClear={() => setLassoed([])} />
        </div>
        <Clusters clusters={list} open={open ?? ""} onOpen={choose} />
      </div>
      <Quality run={run} />
      <Changes run={run} />
    </>
  );
}
