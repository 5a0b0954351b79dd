import { Link } from "@tanstack/react-router";
import type { MapPoint } from "../../gen/observatory/clusters/v1/clusters_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { map as words } from "../../i18n/words/map";
import { Download } from "../../parts/Download";
import { pointName } from "./data";

const MOST = 200;

/** What the lasso holds, to be read and taken away. */
export function Lassoed({ points, onClear }: { points: MapPoint[]; onClear: () => void }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  if (points.length === 0) return null;
  const sorted = [...points].sort((a, b) => b.jobCount - a.jobCount);
  const date = new Date().toISOString().slice(0, 10);
  return (
    <section>
      <h2>{t.chosen(f.int(points.length))} <button type="button" className="link" onClick={onClear}>{t.clear}</button></h2>
      <p className="small">
        {sorted.slice(0, MOST).map((point, index) => (
          <span key={point.skillText}>
            {index > 0 ? ", " : ""}
            {point.skillId === "" ? pointName(point, lang) : <Link to="/skills/$id" params={{ id: point.skillId }}>{pointName(point, lang)}</Link>}
          </span>
        ))}
      </p>
      <Download table={() => ({
        name: `map-${date}`,
        about: { source: "Labor Market Observatory", date, address: window.location.href },
        columns: ["skill_id", "skill", "ads", "cluster", "probability", "x", "y"],
        rows: sorted.map((point) => ({
          skill_id: point.skillId, skill: pointName(point, lang), ads: point.jobCount, cluster: point.clusterNumber,
          probability: point.probability, x: point.x, y: point.y,
        })),
      })} />
    </section>
  );
}
