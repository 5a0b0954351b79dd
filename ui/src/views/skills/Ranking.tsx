import type { ListSkillsResponse } from "../../gen/observatory/skills/v1/skills_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { common } from "../../i18n/words/common";
import { skills } from "../../i18n/words/skills";
import { axisEnd } from "../../lib/stats";
import { Axis } from "../../parts/Axis";
import { nameOf } from "./question";

interface Props {
  ranking: ListSkillsResponse;
  color: string;
  chosen: string;
  onOpen: (skillId: string) => void;
  compact?: boolean;
}

/** A ranking as a table whose shares are bars with their intervals. */
export function Ranking({ ranking, color, chosen, onOpen, compact = false }: Props) {
  const t = useWords(skills);
  const c = useWords(common);
  const f = useFormat();
  const lang = useLang();
  const end = axisEnd(Math.max(...ranking.skills.map((row) => (compact ? row.share : row.shareHigh)), 0.01));
  return (
    <table className={compact ? "ranking compact" : "ranking"}>
      <thead className={compact ? "hidden" : undefined}>
        <tr>
          <th scope="col" className="r-rank"><span className="hidden">{t.rank}</span></th>
          <th scope="col" className="r-name">{t.skill}</th>
          <th scope="col" className="r-bar"><span className="hidden">{t.share}</span><Axis end={end} f={f} /></th>
          <th scope="col" className="r-share num">%</th>
          {compact ? null : (
            <>
              <th scope="col" className="r-wide num">{t.interval}</th>
              <th scope="col" className="r-n num">{t.n}</th>
              <th scope="col" className="r-wide num">{t.confidence}</th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {ranking.skills.map((row) => (
          <tr key={row.skill?.skillId} aria-selected={row.skill?.skillId === chosen ? true : undefined}>
            <td className="r-rank num soft">{row.rank}</td>
            <th scope="row" className="r-name">
              <button type="button" className="door" onClick={() => onOpen(row.skill?.skillId ?? "")} title={c.ofAds(f.int(row.jobCount), f.int(ranking.jobsTotal))}>
                {nameOf(row.skill, lang)}
              </button>
            </th>
            <td className="r-bar">
              <svg width="100%" height="20" aria-hidden="true">
                <rect x="0" y="4" height="12" width={`${(row.share / end) * 100}%`} fill={color} />
                {compact ? null : (
                  <g className="whisker">
                    <line x1={`${(row.shareLow / end) * 100}%`} x2={`${(row.shareHigh / end) * 100}%`} y1="10" y2="10" />
                    <line x1={`${(row.shareLow / end) * 100}%`} x2={`${(row.shareLow / end) * 100}%`} y1="7" y2="13" />
                    <line x1={`${(row.shareHigh / end) * 100}%`} x2={`${(row.shareHigh / end) * 100}%`} y1="7" y2="13" />
                  </g>
                )}
              </svg>
            </td>
            <td className="r-share num">{f.share(row.share)}</td>
            {compact ? null : (
              <>
                <td className="r-wide num soft">{f.share(row.shareLow)} – {f.share(row.shareHigh)}</td>
                <td className="r-n num soft">{f.int(row.jobCount)}</td>
                <td className="r-wide num soft">{f.number(row.avgConfidence, 2)}</td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
