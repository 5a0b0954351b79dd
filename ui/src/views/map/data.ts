import { queryOptions } from "@tanstack/react-query";
import { client, patientClient } from "../../api/client";
import { ClusterService, type Cluster, type MapPoint } from "../../gen/observatory/clusters/v1/clusters_pb";
import { resolved } from "../../lib/colors";
import { fold } from "../../lib/text";
import type { Lang } from "../../i18n/lang";
import type { Places } from "./geometry";
import type { Look } from "./painter";
import type { Label } from "./Scatter";

export const runsQuery = queryOptions({
  queryKey: ["clusterings"],
  queryFn: ({ signal }) => client(ClusterService).listClusterings({ limit: 100 }, { signal }),
});

export function clustersQuery(clusteringId: string) {
  return queryOptions({
    queryKey: ["clusters", clusteringId],
    queryFn: ({ signal }) => client(ClusterService).listClusters({ clusteringId, limit: 1000 }, { signal }),
    enabled: clusteringId !== "",
  });
}

/** All points of a map; they come as a stream. */
export function pointsQuery(clusteringId: string) {
  return queryOptions({
    queryKey: ["points", clusteringId],
    queryFn: async ({ signal }) => {
      const points: MapPoint[] = [];
      for await (const message of patientClient(ClusterService).getClusterMap({ clusteringId }, { signal })) points.push(...message.points);
      return points;
    },
    enabled: clusteringId !== "",
    staleTime: Infinity,
    structuralSharing: false,
  });
}

export function compareQuery(clusteringId: string) {
  return queryOptions({
    queryKey: ["compare", clusteringId],
    queryFn: ({ signal }) => client(ClusterService).compareClusterings({ clusteringId }, { signal }),
  });
}

/** The name of a cluster in the reader's language. */
export function labelOf(cluster: Pick<Cluster, "labelEn" | "labelEs" | "clusterLabel">, lang: Lang): string {
  return (lang === "es" ? cluster.labelEs : cluster.labelEn) || cluster.clusterLabel;
}

/** The name of a point. */
export function pointName(point: MapPoint, lang: Lang): string {
  return lang === "es" && point.nameEs !== "" ? point.nameEs : point.skillText;
}

export function placesOf(points: readonly MapPoint[]): Places {
  return { xs: Float32Array.from(points, (point) => point.x), ys: Float32Array.from(points, (point) => point.y) };
}

function rgb(color: string): [number, number, number] {
  const hex = resolved(color).replace("#", "");
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
}

/** Colours and sizes of the points; what is not picked out fades. */
export function lookOf(points: readonly MapPoint[], clusters: readonly Cluster[], picked: (index: number) => boolean): Look {
  const palette = Array.from({ length: 8 }, (_, place) => rgb(`var(--cat-${place})`));
  const grey = rgb("var(--soft)");
  const colorOf = new Map(clusters.map((cluster) => [cluster.clusterNumber, palette[cluster.color % 8] ?? grey]));
  const colors = new Uint8Array(points.length * 4);
  const radii = new Float32Array(points.length);
  points.forEach((point, index) => {
    const noise = point.clusterNumber < 0;
    const [red, green, blue] = noise ? grey : (colorOf.get(point.clusterNumber) ?? grey);
    colors.set([red, green, blue, picked(index) ? (noise ? 90 : 190) : 28], index * 4);
    radii[index] = Math.min(10, 2.4 + Math.sqrt(point.jobCount) / 5);
  });
  return { colors, radii };
}

/** A cluster's name as short as a map wants it: what stands before the colon, else its first two skills. */
function brief(label: string): string {
  const [head = label, rest] = label.split(": ");
  return rest !== undefined && head.length > 2 ? head : label.split(", ").slice(0, 2).join(", ");
}

/** True where a point's name, in either language, holds the folded words. */
export function holds(point: MapPoint, query: string): boolean {
  return fold(`${point.skillText} ${point.nameEs}`).includes(query);
}

/** Names for the map: what is searched for, then clusters by size, then skills by the ads that name them. */
export function labelsOf(points: readonly MapPoint[], clusters: readonly Cluster[], lang: Lang, query: string): Label[] {
  const sums = new Map<number, { x: number; y: number; n: number }>();
  for (const point of points) {
    const sum = sums.get(point.clusterNumber) ?? { x: 0, y: 0, n: 0 };
    sums.set(point.clusterNumber, { x: sum.x + point.x, y: sum.y + point.y, n: sum.n + 1 });
  }
  const names = clusters.filter((cluster) => cluster.clusterNumber >= 0).flatMap((cluster): Label[] => {
    const sum = sums.get(cluster.clusterNumber);
    if (sum === undefined) return [];
    return [{ x: sum.x / sum.n, y: sum.y / sum.n, text: brief(labelOf(cluster, lang)), strong: true, color: `var(--cat-${cluster.color % 8})` }];
  });
  const skills = [...points].sort((a, b) => b.jobCount - a.jobCount).slice(0, 3000);
  const named = (point: MapPoint, strong: boolean): Label => ({ x: point.x, y: point.y, text: pointName(point, lang), strong, color: "var(--ink)" });
  const found = query === "" ? [] : skills.filter((point) => holds(point, query)).map((point) => named(point, true));
  return [...found, ...names, ...skills.map((point) => named(point, false))];
}
