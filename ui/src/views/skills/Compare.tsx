import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { skills } from "../../i18n/words/skills";
import { axisEnd } from "../../lib/stats";
import { Axis } from "../../parts/Axis";
import type { Merged } from "./merge";
import { nameOf } from "./question";

interface Props {
  rows: Merged[];
  series: { key: string; label: string; color: string; n: number }[];
  chosen: string;
  onOpen: (skillId: string) => void;
}

/** Two to four rankings beside each other: a dot with its interval for each. */
export function Compare({ rows, series, chosen, onOpen }: Props) {
  const t = useWords(skills);
  const f = useFormat();
  const lang = useLang();
  const end = axisEnd(Math.max(0.01, ...rows.flatMap((row) => row.cells.map((cell) => cell.high))));
  const at = (value: number) => `${(Math.min(value, end) / end) * 100}%`;
  const height = 10 + series.length * 9;
  return (
    <table className="ranking compare">
      <thead>
        <tr>
          <th scope="col" className="r-name">{t.skill}</th>
          <th scope="col" className="r-bar"><span className="hidden">{t.share}</span><Axis end={end} f={f} /></th>
          {series.map((one) => (
            <th scope="col" key={one.key} className="r-share num" style={{ color: one.color }}>{one.label}</th>
          ))}
          {series.length === 2 ? <th scope="col" className="r-diff num">{t.difference}, {t.points}</th> : null}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.skill.skillId} aria-selected={row.skill.skillId === chosen ? true : undefined}>
            <th scope="row" className="r-name">
              <button type="button" className="door" onClick={() => onOpen(row.skill.skillId)}>{nameOf(row.skill, lang)}</button>
            </th>
            <td className="r-bar">
              <svg width="100%" height={height} aria-hidden="true">
                <line className="rule" x1="0" x2="100%" y1={height / 2} y2={height / 2} />
                {row.cells.map((cell, index) => {
                  const y = 9.5 + index * 9;
                  const color = series[index]?.color ?? "currentColor";
                  if (!cell.known) return null;
                  return (
                    <g key={series[index]?.key ?? index} stroke={color} fill={color}>
                      <line x1={at(cell.low)} x2={at(cell.high)} y1={y} y2={y} />
                      <circle cx={at(cell.share)} cy={y} r="4" />
                    </g>
                  );
                })}
              </svg>
            </td>
            {row.cells.map((cell, index) => (
              <td key={series[index]?.key ?? index} className="r-share num">
                {cell.known ? f.share(cell.share) : <span className="soft" title={t.beyond}>…</span>}
              </td>
            ))}
            {series.length === 2 ? (
              <td className={row.difference.sure ? "r-diff num sure" : "r-diff num soft"} title={row.difference.sure ? undefined : t.unsure}>
                {f.points(row.difference.value)}
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
