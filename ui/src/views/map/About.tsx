import { useQuery } from "@tanstack/react-query";
import { ClusterChangeKind, type Clustering } from "../../gen/observatory/clusters/v1/clusters_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { map as words } from "../../i18n/words/map";
import { ErrorNote } from "../../parts/Notes";
import { compareQuery } from "./data";

/** The scores of a map, with their names of the field. */
export function Quality({ run }: { run: Clustering }) {
  const t = useWords(words);
  const f = useFormat();
  const scores: [string, number | undefined][] = [
    [t.silhouette, run.silhouetteScore], [t.dbcv, run.dbcvScore], [t.seeds, run.seedStability], [t.resample, run.resampleStability],
  ];
  return (
    <section>
      <h2>{t.quality}</h2>
      <dl className="facts">
        {scores.filter(([, value]) => value !== undefined).map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="num">{f.number(value ?? 0, 2)}</dd></div>)}
        <div><dt>UMAP · HDBSCAN</dt><dd className="num">n_neighbors {run.settings?.umap?.nNeighbors} · min_dist {f.number(run.settings?.umap?.minDist ?? 0, 2)} · min_cluster_size {run.minClusterSize} · {run.clusterSelectionMethod}</dd></div>
        <div><dt>{run.modelName}</dt><dd>{run.taxonomyVersion}</dd></div>
      </dl>
    </section>
  );
}

/** What became of the clusters of the map before. */
export function Changes({ run }: { run: Clustering }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  const found = useQuery({ ...compareQuery(run.clusteringId), enabled: run.baseClusteringId !== "" });
  if (run.baseClusteringId === "") return <section><h2>{t.compare}</h2><p className="soft">{t.noBase}</p></section>;
  const order = [ClusterChangeKind.BORN, ClusterChangeKind.SPLIT, ClusterChangeKind.MERGED, ClusterChangeKind.GONE];
  const changes = found.data?.changes.filter((change) => order.includes(change.kind)) ?? [];
  const text = (es: string, en: string) => (lang === "es" ? es || en : en || es);
  return (
    <section>
      <h2>{t.compare}</h2>
      {found.isError ? <ErrorNote error={found.error} /> : null}
      {found.data ? <p>{t.continued(f.share(found.data.continuedShare))}</p> : null}
      {changes.length > 0 ? (
        <table className="plain">
          <tbody>
            {changes.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)).slice(0, 60).map((change, index) => (
              <tr key={index}>
                <td>{t.changes[change.kind]}</td>
                <td>{text(change.baseLabelEs, change.baseLabelEn)}{change.baseClusterId && change.clusterId ? " → " : ""}{text(change.labelEs, change.labelEn)}</td>
                <td className="num soft">{change.overlap > 0 ? f.share(change.overlap) : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}
