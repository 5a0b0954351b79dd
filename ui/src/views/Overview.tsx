import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { skillsQuery, statsQuery, wholeRankingQuery } from "../api/queries";
import type { GetStatsResponse } from "../gen/observatory/stats/v1/stats_pb";
import { useFormat } from "../i18n/format";
import { useLang, useWords } from "../i18n/lang";
import { overview } from "../i18n/words/overview";
import { countryColor } from "../lib/colors";
import { anchor, daysBefore, daysOf } from "../lib/period";
import { MIN_ADS } from "../lib/stats";
import { Empty, ErrorNote, Skeleton, Title } from "../parts/Notes";
import { merge, ordered, type Merged } from "./skills/merge";
import { nameOf } from "./skills/question";
import { Ranking } from "./skills/Ranking";

const LATIN_AMERICA = new Set("AR BO BR CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV UY VE".split(" "));

/** The front page: what is here, what is asked for, what changes, and how the pipeline is doing. */
export function Overview() {
  const t = useWords(overview);
  const f = useFormat();
  const stats = useQuery(statsQuery);
  if (stats.isPending) return <div className="page"><Title>{t.title}</Title><Skeleton rows={16} /></div>;
  if (stats.isError) return <div className="page"><Title>{t.title}</Title><ErrorNote error={stats.error} again={() => void stats.refetch()} /></div>;
  const s = stats.data;
  if (s.totalJobs === 0) {
    return (
      <div className="page">
        <Title>{t.title}</Title>
        <Empty title={t.empty}><p>{t.emptyHelp} <Link to="/operations">{t.toWork}</Link>.</p></Empty>
      </div>
    );
  }
  const countries = Object.entries(s.jobsByCountry).filter(([code]) => code !== "ZZ").sort((a, b) => b[1] - a[1]).map(([code]) => code);
  // This is about Latin America: ads from elsewhere come after.
  const shown = [...countries.filter((code) => LATIN_AMERICA.has(code)), ...countries.filter((code) => !LATIN_AMERICA.has(code))];
  const newest = anchor(s.newestPostedDate);
  return (
    <div className="page">
      <Title>{t.title}</Title>
      <p className="lead soft">
        {t.lead(f.int(s.totalJobs), f.int(countries.length), f.day(s.oldestPostedDate), f.day(newest))}{" "}
        {s.lastScrapedAt ? t.fresh(f.ago(s.lastScrapedAt)) : ""}
      </p>
      <p><Link to="/skills" preload="intent">{t.ask}</Link></p>
      <ByCountry countries={shown.slice(0, 6)} />
      <Changes newest={newest} />
      <Health stats={s} />
    </div>
  );
}

function ByCountry({ countries }: { countries: string[] }) {
  const t = useWords(overview);
  const f = useFormat();
  const navigate = useNavigate();
  const rankings = useQueries({ queries: countries.map((country) => skillsQuery({ country, limit: 8 })) });
  const rows = countries
    .map((country, index) => ({ country, ranking: rankings[index]?.data, error: rankings[index]?.error ?? null }))
    .filter(({ ranking }) => ranking === undefined || ranking.jobsTotal >= MIN_ADS)
    .slice(0, 3);
  const [first, second] = rows;
  return (
    <section>
      <h2>{t.byCountry}</h2>
      <div className="columns">
        {rows.map(({ country, ranking, error }) => (
          <div key={country}>
            <h3>{f.country(country)} <span className="soft small num">{ranking ? `n = ${f.int(ranking.jobsTotal)}` : ""}</span></h3>
            {error !== null ? <ErrorNote error={error} /> : ranking === undefined ? <Skeleton rows={8} height={26} /> : (
              <Ranking compact ranking={ranking} color={countryColor(country)} chosen=""
                onOpen={(evidence) => void navigate({ to: "/skills", search: { country, evidence } })} />
            )}
            <Link to="/skills" search={{ country }} className="small" preload="intent">{t.all}</Link>
          </div>
        ))}
      </div>
      {first !== undefined && second !== undefined ? (
        <p className="small"><Link to="/skills" search={{ country: first.country, vs: second.country }}>{t.versus(f.country(first.country), f.country(second.country))}</Link></p>
      ) : null}
    </section>
  );
}

function Changes({ newest }: { newest: string }) {
  const t = useWords(overview);
  const f = useFormat();
  const now = daysOf("3m", newest);
  const before = daysBefore("3m", newest) ?? { from: "", to: "" };
  const [current, earlier] = useQueries({
    queries: [now, before].map((days) => wholeRankingQuery({ postedFrom: days.from, postedTo: days.to })),
  });
  if (current?.data === undefined || earlier?.data === undefined) {
    const error = current?.error ?? earlier?.error;
    return error ? <ErrorNote error={error} /> : <Skeleton rows={6} />;
  }
  const enough = current.data.jobsTotal >= MIN_ADS && earlier.data.jobsTotal >= MIN_ADS;
  const sure = enough ? merge([current.data, earlier.data]).filter((row) => row.difference.sure) : [];
  const rises = ordered(sure, "first").filter((row) => row.difference.value > 0).slice(0, 6);
  const falls = ordered(sure, "second").filter((row) => row.difference.value < 0).slice(0, 6);
  return (
    <section>
      <h2>{t.changes(f.day(now.from), f.day(now.to))}</h2>
      {!enough ? <p>{t.noPeriods}</p> : rises.length + falls.length === 0 ? <p>{t.noChange}</p> : (
        <>
          <div className="columns">
            <Moves title={t.rises} rows={rises} />
            <Moves title={t.falls} rows={falls} />
          </div>
          <p className="soft small">{t.changesHelp} <Link to="/skills" search={{ period: "3m", against: "before" }}>{t.all}</Link></p>
        </>
      )}
    </section>
  );
}

function Moves({ title, rows }: { title: string; rows: Merged[] }) {
  const t = useWords(overview);
  const f = useFormat();
  const lang = useLang();
  return (
    <div>
      <h3>{title}</h3>
      {rows.length === 0 ? <p className="soft">{t.noChange}</p> : (
        <ul className="skill-list">
          {rows.map((row) => (
            <li key={row.skill.skillId}>
              <Link to="/skills/$id" params={{ id: row.skill.skillId }} preload="intent">{nameOf(row.skill, lang)}</Link>
              <span className="num soft small">{f.share(row.cells[1]?.share ?? 0)} → {f.share(row.cells[0]?.share ?? 0)}</span>
              <span className="num move">{f.points(row.difference.value)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Health({ stats }: { stats: GetStatsResponse }) {
  const t = useWords(overview);
  const f = useFormat();
  const figures: [string, number][] = [
    [t.stored, stats.totalJobs], [t.usable, stats.cleanedJobs], [t.rejected, stats.rejectedJobs], [t.toClean, stats.pendingCleaning],
    [t.toExtract, stats.pendingExtraction], [t.extracted, stats.extractedJobs], [t.failed, stats.failedJobs], [t.distinct, stats.distinctSkills],
  ];
  const reasons = Object.entries(stats.rejectedByReason).sort((a, b) => b[1] - a[1]);
  return (
    <section>
      <h2>{t.health}</h2>
      <dl className="figures">
        {figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="num">{f.int(value)}</dd></div>)}
      </dl>
      {reasons.length > 0 ? (
        <p className="soft small">{t.why}: {reasons.map(([reason, n]) => `${t.reasons[reason] ?? reason} ${f.int(n)}`).join(" · ")}. {t.computed(f.ago(stats.computedAt))}</p>
      ) : null}
    </section>
  );
}
