import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client";
import { SkillService, type CoOccurringSkill } from "../../gen/observatory/skills/v1/skills_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { skill as words } from "../../i18n/words/skill";
import { ErrorNote, Skeleton } from "../../parts/Notes";
import { nameOf } from "../skills/question";

function togetherQuery(skillId: string, limit: number) {
  return {
    queryKey: ["together", skillId, limit],
    queryFn: ({ signal }: { signal: AbortSignal }) => client(SkillService).listCoOccurringSkills({ skillId, limit }, { signal }),
  };
}

/** What ads ask for together with a skill. */
export function Together({ id, name }: { id: string; name: string }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  const [matrix, setMatrix] = useState(false);
  const found = useQuery(togetherQuery(id, 15));
  if (found.isPending) return <Skeleton rows={10} />;
  if (found.isError) return <ErrorNote error={found.error} again={() => void found.refetch()} />;
  const rows = found.data.skills;
  return (
    <section>
      <h2>{t.together}</h2>
      {rows.length === 0 ? <p className="soft">{t.none}</p> : (
        <>
          <table className="ranking">
            <thead><tr><th scope="col" className="r-name"><span className="hidden">{t.together}</span></th><th scope="col" className="r-bar"><span className="hidden">{t.share}</span></th><th scope="col" className="r-share num">%</th><th scope="col" className="r-wide num">{t.both}</th><th scope="col" className="r-wide num" title={t.liftHelp}>{t.lift}</th></tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.skill?.skillId}>
                  <th scope="row" className="r-name"><Link to="/skills/$id" params={{ id: row.skill?.skillId ?? "" }} preload="intent">{nameOf(row.skill, lang)}</Link></th>
                  <td className="r-bar"><svg width="100%" height="20" aria-hidden="true"><rect y="4" height="12" width={`${row.share * 100}%`} fill="var(--accent)" /></svg></td>
                  <td className="r-share num">{f.share(row.share)}</td>
                  <td className="r-wide num soft">{f.int(row.jobCount)}</td>
                  <td className="r-wide num soft">{f.number(row.lift)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="soft small">{t.liftHelp}</p>
          {matrix ? <Matrix first={{ id, name }} rows={rows.slice(0, 9)} /> : <button type="button" onClick={() => setMatrix(true)}>{t.matrixShow}</button>}
        </>
      )}
    </section>
  );
}

function Matrix({ first, rows }: { first: { id: string; name: string }; rows: CoOccurringSkill[] }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  const all = [first, ...rows.map((row) => ({ id: row.skill?.skillId ?? "", name: nameOf(row.skill, lang) }))];
  const answers = useQueries({ queries: all.map(({ id }) => togetherQuery(id, 200)) });
  return (
    <>
      <h2>{t.matrix}</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label={t.matrix}>
        <table className="matrix">
          <thead><tr><td />{all.map(({ id, name }) => <th key={id} scope="col">{name}</th>)}</tr></thead>
          <tbody>
            {all.map((row, index) => {
              const shares = new Map(answers[index]?.data?.skills.map((one) => [one.skill?.skillId, one.share]));
              return (
                <tr key={row.id}>
                  <th scope="row">{row.name}</th>
                  {all.map((column) => {
                    if (column.id === row.id) return <td key={column.id} className="soft">–</td>;
                    const share = shares.get(column.id) ?? 0;
                    // No stronger than that the number can still be read on it, in both themes.
                    const strong = Math.round(share * 45);
                    return <td key={column.id} className="num" style={{ background: `color-mix(in srgb, var(--accent) ${strong}%, var(--bg))` }}>{f.int(share * 100)}</td>;
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="soft small">{t.matrixHelp} (%)</p>
    </>
  );
}
