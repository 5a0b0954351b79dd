import { LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { MonthCount } from "../../gen/observatory/skills/v1/skills_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { skill as words } from "../../i18n/words/skill";
import { resolved } from "../../lib/colors";
import { axisEnd, wilson } from "../../lib/stats";
import { useTheme } from "../../shell/theme";

use([LineChart, GridComponent, TooltipComponent, SVGRenderer]);

/** The share of ads by month, with the band of its 95 % interval. */
export default function Trend({ months, name }: { months: MonthCount[]; name: string }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const rows = months.map((month) => ({ ...month, ...wilson(month.jobCount, month.jobsTotal) }));

  useEffect(() => {
    if (box.current === null) return undefined;
    const chart = init(box.current, null, { renderer: "svg" });
    const ink = resolved("var(--soft)");
    const accent = resolved("var(--accent)");
    const band = { type: "line" as const, stack: "band", symbol: "none", lineStyle: { opacity: 0 }, silent: true, animation: false };
    chart.setOption({
      animation: false,
      grid: { left: 48, right: 16, top: 12, bottom: 28 },
      xAxis: { type: "category", data: rows.map((row) => f.month(row.month)), axisLine: { lineStyle: { color: resolved("var(--rule)") } }, axisTick: { show: false }, axisLabel: { color: ink } },
      yAxis: { type: "value", min: 0, max: axisEnd(Math.max(...rows.map((row) => row.high))), splitNumber: 3, splitLine: { lineStyle: { color: resolved("var(--rule)") } }, axisLabel: { color: ink, formatter: (value: number) => f.percent(value * 100) } },
      tooltip: {
        trigger: "axis",
        backgroundColor: resolved("var(--bg)"),
        borderColor: resolved("var(--soft)"),
        textStyle: { color: resolved("var(--ink)") },
        formatter: (points: { dataIndex: number }[]) => {
          const row = rows[points[0]?.dataIndex ?? 0];
          return row === undefined ? "" : `${f.month(row.month)}: ${f.share(row.share)} (${f.share(row.low)} – ${f.share(row.high)}), n = ${f.int(row.jobsTotal)}`;
        },
      },
      series: [
        { ...band, data: rows.map((row) => row.low) },
        { ...band, data: rows.map((row) => row.high - row.low), areaStyle: { color: accent, opacity: 0.15 } },
        { type: "line", data: rows.map((row) => row.share), symbolSize: 6, lineStyle: { color: accent, width: 2 }, itemStyle: { color: accent } },
      ],
    });
    const resize = new ResizeObserver(() => chart.resize());
    resize.observe(box.current);
    return () => {
      resize.disconnect();
      chart.dispose();
    };
    // The rows are made anew at every render; what they come from is not.
  }, [months, lang, theme]);

  return (
    <figure style={{ margin: 0 }}>
      <div ref={box} className="chart" role="img" aria-label={`${name}: ${t.trend}`} />
      <table className="hidden">
        <caption>{name}: {t.trend}</caption>
        <thead><tr><th scope="col">{t.month}</th><th scope="col">{t.share}</th><th scope="col">n</th></tr></thead>
        <tbody>{rows.map((row) => <tr key={row.month}><th scope="row">{f.month(row.month)}</th><td>{f.share(row.share)}</td><td>{f.int(row.jobsTotal)}</td></tr>)}</tbody>
      </table>
    </figure>
  );
}
