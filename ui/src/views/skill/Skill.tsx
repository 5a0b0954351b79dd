import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { skillQuery } from "../../api/queries";
import type { GetSkillResponse } from "../../gen/observatory/skills/v1/skills_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { common, kinds } from "../../i18n/words/common";
import { skill as words } from "../../i18n/words/skill";
import { countryColor } from "../../lib/colors";
import { axisEnd, MIN_ADS, wilson } from "../../lib/stats";
import { Axis } from "../../parts/Axis";
import { ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { nameOf } from "../skills/question";
import { Place } from "./Place";
import { Similar } from "./Similar";
import { Together } from "./Together";

const route = getRouteApi("/shell/skills/$id");
const Trend = lazy(() => import("./Trend"));

/** One skill: how it fares, what goes with it, and where it stands. */
export function Skill() {
  const { id } = route.useParams();
  const t = useWords(words);
  const found = useQuery(skillQuery(id));
  if (found.isPending) return <div className="page"><Skeleton rows={14} /></div>;
  if (found.isError) {
    return <div className="page"><p className="small"><Link to="/skills">{t.back}</Link></p><Title>{id}</Title><ErrorNote error={found.error} again={() => void found.refetch()} /></div>;
  }
  return <Shown found={found.data} />;
}

function Shown({ found }: { found: GetSkillResponse }) {
  const t = useWords(words);
  const c = useWords(common);
  const names = useWords(kinds);
  const f = useFormat();
  const lang = useLang();
  const id = found.skill?.skillId ?? "";
  const name = nameOf(found.skill, lang);
  const other = found.skill?.nameEs && found.skill.nameEs !== found.skill.name ? (lang === "es" ? found.skill.name : found.skill.nameEs) : "";
  const months = found.months.filter((month) => month.jobsTotal >= MIN_ADS);
  return (
    <div className="page">
      <p className="small"><Link to="/skills">{t.back}</Link></p>
      <Title>{t.finding(name, f.int(found.jobCount))}</Title>
      <p className="soft">{[names[found.skill?.kind ?? ""] ?? found.skill?.kind, other].filter(Boolean).join(" · ")}</p>
      <Place id={id} />
      <div className="columns">
        <section>
          <h2>{t.trend}</h2>
          {months.length < 3 ? <p className="soft">{t.trendFew}</p> : (
            <Suspense fallback={<Skeleton rows={1} height={268} />}><Trend months={months} name={name} /></Suspense>
          )}
        </section>
        <section>
          <h2>{t.countries}</h2>
          <Countries found={found} />
        </section>
      </div>
      <Together id={id} name={name} />
      <div className="columns">
        <Similar id={id} query={found.skill?.name ?? ""} />
        <section>
          <h2>{t.surfaces}</h2>
          <ul className="skill-list">
            {found.surfaces.slice(0, 10).map((surface) => <li key={surface.skillText}>{surface.skillText}<span className="num soft">{f.int(surface.mentions)}</span></li>)}
          </ul>
        </section>
      </div>
      <section>
        <h2>{t.ads}</h2>
        <ol className="evidence">
          {found.jobs.map((job) => (
            <li key={job.jobId}>
              <Link to="/ads/$id" params={{ id: job.jobId }} search={{ skill: id }}>{job.title}</Link>
              <div className="soft small">{[job.company || c.noCompany, f.country(job.country), job.portal, job.postedDate ? f.day(job.postedDate) : c.undated].join(" · ")}</div>
            </li>
          ))}
        </ol>
        <p><Link to="/ads" search={{ skill: id }}>{t.allAds}</Link></p>
      </section>
    </div>
  );
}

function Countries({ found }: { found: GetSkillResponse }) {
  const c = useWords(common);
  const t = useWords(words);
  const f = useFormat();
  const rows = found.countries.filter((row) => row.jobsTotal >= MIN_ADS).map((row) => ({ ...row, ...wilson(row.jobCount, row.jobsTotal) }));
  if (rows.length === 0) return <p className="soft">{t.none}</p>;
  const end = axisEnd(Math.max(...rows.map((row) => row.high)));
  const at = (value: number) => `${(Math.min(value, end) / end) * 100}%`;
  return (
    <table className="ranking">
      <thead><tr><th scope="col" className="r-name"><span className="hidden">{t.countries}</span></th><th scope="col" className="r-bar"><span className="hidden">{t.share}</span><Axis end={end} f={f} /></th><th scope="col" className="r-share num">%</th></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.country}>
            <th scope="row" className="r-name"><Link to="/skills" search={{ country: row.country, evidence: found.skill?.skillId ?? "" }} title={c.ofAds(f.int(row.jobCount), f.int(row.jobsTotal))}>{f.country(row.country)}</Link></th>
            <td className="r-bar">
              <svg width="100%" height="20" aria-hidden="true" stroke={countryColor(row.country)} fill={countryColor(row.country)}>
                <line x1={at(row.low)} x2={at(row.high)} y1="10" y2="10" /><circle cx={at(row.share)} cy="10" r="4" />
              </svg>
            </td>
            <td className="r-share num">{f.share(row.share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
