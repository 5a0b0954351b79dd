import type { Cluster } from "../../gen/observatory/clusters/v1/clusters_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { map as words } from "../../i18n/words/map";
import { labelOf } from "./data";

/** The clusters as a list, largest first: what the map shows, in words. */
export function Clusters({ clusters, open, onOpen }: { clusters: Cluster[]; open: string; onOpen: (id: string) => void }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  return (
    <section className="clusters" aria-label={t.clusters}>
      <h2>{t.clusters}</h2>
      <ul>
        {clusters.map((cluster) => {
          const opened = cluster.clusterId === open;
          const noise = cluster.clusterNumber < 0;
          return (
            <li key={cluster.clusterId}>
              <button type="button" className="door" aria-expanded={opened} onClick={() => onOpen(cluster.clusterId)}>
                <span className="swatch" style={{ background: noise ? "var(--soft)" : `var(--cat-${cluster.color % 8})` }} />
                <span>{noise ? t.noise : labelOf(cluster, lang)}</span>
                <span className="num soft">{f.int(cluster.size)}</span>
              </button>
              {opened ? (
                <div className="small">
                  <p><span className="soft">{t.top}: </span>{cluster.skillTexts.slice(0, 12).join(", ")}</p>
                  <p className="num"><span className="soft">{t.ads}: </span>{f.int(cluster.jobCount)}{noise ? "" : <span title={t.cohesionHelp}> · <span className="soft">{t.cohesion}: </span>{f.number(cluster.cohesionScore, 2)}</span>}</p>
                  {cluster.titleWords.length > 0 ? <p><span className="soft">{t.titles}: </span>{cluster.titleWords.slice(0, 8).join(", ")}</p> : null}
                </div>
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
