import type { ListSkillsResponse } from "../../gen/observatory/skills/v1/skills_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { common } from "../../i18n/words/common";
import type { Chart } from "../../lib/chart";
import type { Table } from "../../lib/files";
import { axisEnd } from "../../lib/stats";
import { Download } from "../../parts/Download";
import type { Merged } from "./merge";
import { nameOf, type Series } from "./question";

interface Props {
  title: string;
  series: (Series & { label: string; n: number })[];
  rankings: ListSkillsResponse[];
  /** The rankings side by side; null where there is only one. */
  merged: Merged[] | null;
}

const today = () => new Date().toISOString().slice(0, 10);

/** What the answer to a question about skills is taken away as. */
export function Take({ title, series, rankings, merged }: Props) {
  const c = useWords(common);
  const f = useFormat();
  const lang = useLang();
  const address = window.location.href.replace(/[?&](evidence|of)=[^&]*/g, "");
  const source = `${c.source(f.day(today()))} ${address}`;

  const table = (): Table => ({
    name: `skills-${today()}`,
    about: { title, source: "Labor Market Observatory", date: today(), address, interval: "95 % Wilson" },
    columns: ["series", "ads_total", "rank", "skill_id", "skill", "kind", "esco_uri", "ads", "mentions", "share", "share_low", "share_high", "mean_confidence"],
    rows: rankings.flatMap((ranking, index) =>
      ranking.skills.map((row) => ({
        series: series[index]?.label ?? "",
        ads_total: ranking.jobsTotal,
        rank: row.rank,
        skill_id: row.skill?.skillId ?? "",
        skill: nameOf(row.skill, lang),
        kind: row.skill?.kind ?? "",
        esco_uri: row.skill?.escoUri ?? "",
        ads: row.jobCount,
        mentions: row.totalMentions,
        share: row.share,
        share_low: row.shareLow,
        share_high: row.shareHigh,
        mean_confidence: row.avgConfidence,
      })),
    ),
  });

  const chart = (): Chart => {
    const rows = merged
      ? merged.slice(0, 20).map((row) => ({
          label: nameOf(row.skill, lang),
          points: row.cells.map((cell, index) => ({ ...cell, color: series[index]?.color ?? "var(--ink)", text: f.share(cell.share) })),
        }))
      : (rankings[0]?.skills ?? []).slice(0, 25).map((row) => ({
          label: nameOf(row.skill, lang),
          points: [{ share: row.share, low: row.shareLow, high: row.shareHigh, color: series[0]?.color ?? "var(--accent)", text: f.share(row.share) }],
        }));
    return {
      title,
      subtitle: series.map((one) => `${one.label}: n = ${f.int(one.n)}`).join(" · "),
      source,
      legend: series.map(({ label, color }) => ({ label, color })),
      rows,
      end: axisEnd(Math.max(0.01, ...rows.flatMap((row) => row.points.map((point) => point.high)))),
    };
  };

  const embed = `${window.location.origin}/embed/skills${new URL(address).search}`;
  return <Download table={table} chart={chart} embed={embed} />;
}
