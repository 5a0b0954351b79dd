import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { skillQuery, skillsQuery, statsQuery, wholeRankingQuery } from "../../api/queries";
import type { ListSkillsResponse } from "../../gen/observatory/skills/v1/skills_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { common } from "../../i18n/words/common";
import { skills } from "../../i18n/words/skills";
import { anchor, daysOf } from "../../lib/period";
import { MIN_ADS } from "../../lib/stats";
import { Empty, ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { Panel } from "../../parts/Panel";
import { Word } from "../../parts/Word";
import { Compare } from "./Compare";
import { Evidence } from "./Evidence";
import { merge, ordered, type Order } from "./merge";
import { Question } from "./Question";
import { nameOf, seriesOf, type Series, type SkillSearch } from "./question";
import { Ranking } from "./Ranking";
import { Take } from "./Take";

const route = getRouteApi("/shell/skills");
const STEPS = [25, 50, 100, 200, 500];

/** Which skills the ads ask for, as a question that can be changed. */
export function Skills() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const t = useWords(skills);
  const lang = useLang();
  const stats = useQuery(statsQuery);
  const newest = anchor(stats.data?.newestPostedDate ?? "");
  const series = seriesOf(search, newest);
  const show = Number(search.show ?? "25");
  const rankings = useQueries({
    queries: series.map(({ request }) => ({
      ...(series.length > 1 ? wholeRankingQuery(request) : skillsQuery({ ...request, limit: Math.min(Math.max(show, 1), 500) })),
      // Named periods need to know the newest day first.
      enabled: !stats.isPending,
    })),
  });
  const change = (next: SkillSearch, replace = true) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace, resetScroll: false });
  const failed = rankings.find((ranking) => ranking.isError);
  const data = rankings.map((ranking) => ranking.data).filter((one) => one !== undefined);
  const opened = search.evidence ?? "";
  const shown = series.find((one) => one.key === (search.of ?? series[0]?.key)) ?? series[0];
  const listed = data.flatMap((one) => one.skills).find((row) => row.skill?.skillId === opened)?.skill;
  const asked = useQuery({ ...skillQuery(opened), enabled: opened !== "" && listed === undefined && data.length === series.length });
  const name = listed ?? asked.data?.skill;

  return (
    <div className={opened === "" ? "page" : "page with-panel"}>
      <div className="page-main">
        <Title hidden>{t.title}</Title>
        <Question search={search} days={daysOf(search.period ?? "all", newest)} onChange={change} />
        {failed !== undefined ? (
          <ErrorNote error={failed.error} again={() => rankings.forEach((ranking) => void ranking.refetch())} />
        ) : data.length < series.length ? (
          <Skeleton rows={25} />
        ) : (
          <Answer search={search} series={series} data={data} show={show} stale={rankings.some((ranking) => ranking.isPlaceholderData)}
            onChange={change} />
        )}
      </div>
      {opened !== "" && shown !== undefined ? (
        <Panel title={t.evidenceOf(nameOf(name, lang) || opened)} onClose={() => change({ evidence: "", of: "" })}>
          {series.length > 1 ? (
            <Choice series={series} value={shown.key} onChange={(of) => change({ of })} />
          ) : null}
          <Evidence skillId={opened} where={{
            country: shown.country, portal: search.portal ?? "", postedFrom: shown.days.from, postedTo: shown.days.to,
          }} />
        </Panel>
      ) : null}
    </div>
  );
}

function clean(search: SkillSearch): SkillSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== "" && value !== undefined));
}

/** What a ranking is called beside others. */
export function useSeriesName(): (one: Series, all: readonly Series[]) => string {
  const t = useWords(skills);
  const f = useFormat();
  return (one, all) => {
    if (all.some(({ earlier }) => earlier)) return one.earlier ? t.before : `${f.day(one.days.from)} – ${f.day(one.days.to)}`;
    return one.country === "" ? t.everywhere : f.country(one.country);
  };
}

function Choice({ series, value, onChange }: { series: Series[]; value: string; onChange: (key: string) => void }) {
  const t = useWords(skills);
  const nameSeries = useSeriesName();
  return (
    <p>{t.in} <Word label={t.in} value={value} onChange={onChange} options={series.map((one): [string, string] => [one.key, nameSeries(one, series)])} /></p>
  );
}

interface AnswerProps {
  search: SkillSearch;
  series: Series[];
  data: ListSkillsResponse[];
  show: number;
  stale: boolean;
  /** True in another page's frame: nothing but the chart. */
  embedded?: boolean;
  onChange: (change: SkillSearch, replace?: boolean) => void;
}

/** The chart or table that answers, with its finding. */
export function Answer({ search, series, data, show, stale, embedded = false, onChange }: AnswerProps) {
  const t = useWords(skills);
  const c = useWords(common);
  const f = useFormat();
  const lang = useLang();
  const nameSeries = useSeriesName();
  const open = (evidence: string) => onChange({ evidence }, false);
  const [first] = data;
  const few = data.findIndex((one) => one.jobsTotal < MIN_ADS);
  if (few >= 0) {
    const title = c.fewAds(f.int(data[few]?.jobsTotal ?? 0), f.int(MIN_ADS));
    return (
      <Empty title={series.length > 1 ? `${nameSeries(series[few] as Series, series)}: ${title}` : title}>
        <p>{t.emptyHelp}</p>
      </Empty>
    );
  }
  if (first === undefined || data.every((one) => one.skills.length === 0)) {
    return <Empty title={t.empty}><p>{t.emptyHelp}</p></Empty>;
  }
  const named = series.map((one, index) => ({ ...one, label: nameSeries(one, series), n: data[index]?.jobsTotal ?? 0 }));
  if (data.length === 1) {
    const top = first.skills[0];
    const where = series[0]?.country ? t.whereIn(f.country(series[0].country)) : t.whereAll;
    const finding = t.finding(nameOf(top?.skill, lang), f.share(top?.share ?? 0), where);
    const next = STEPS.find((step) => step > show);
    return (
      <section className={stale ? "stale" : undefined} aria-busy={stale}>
        <h2 className="finding">{finding}</h2>
        <p className="soft small num">n = {c.ads(f.int(first.jobsTotal))} · {t.skillsTotal(f.int(first.total))}</p>
        <Ranking ranking={first} color={series[0]?.color ?? "var(--accent)"} chosen={search.evidence ?? ""} onOpen={open} />
        {!embedded && next !== undefined && first.total > show ? (
          <button type="button" onClick={() => onChange({ show: String(next) })}>{t.showMore}</button>
        ) : null}
        <p className="soft small">{t.note}</p>
        {embedded ? null : <Take title={finding} series={named} rankings={data} merged={null} />}
      </section>
    );
  }
  const by: Order = search.order === "share" || search.order === "second" ? search.order : "first";
  const merged = ordered(merge(data), by);
  const best = ordered(merged, "first").find((row) => row.difference.sure && row.difference.value > 0);
  const [here = "", there = ""] = named.map((one) => one.label);
  const finding = best
    ? t.findingMore(nameOf(best.skill, lang), here, there, f.points(best.difference.value))
    : t.findingNone(here, there);
  return (
    <section className={stale ? "stale" : undefined} aria-busy={stale}>
      <h2 className="finding">{finding}</h2>
      <p className="soft small num">
        {named.map((one) => `${one.label}: n = ${f.int(one.n)}`).join(" · ")}
      </p>
      {embedded ? null : (
        <p className="small">
          {t.order}{" "}
          <Word label={t.order} value={by} onChange={(order) => onChange({ order: order === "first" ? "" : order })}
            options={[["first", t.byFirst(here)], ["second", t.byFirst(there)], ["share", t.byShare]]} />
        </p>
      )}
      <Compare rows={merged.slice(0, show)} series={named} chosen={search.evidence ?? ""} onOpen={open} />
      {!embedded && merged.length > show ? (
        <button type="button" onClick={() => onChange({ show: String(STEPS.find((step) => step > show) ?? 500) })}>{t.showMore}</button>
      ) : null}
      <p className="soft small">{t.noteCompare}</p>
      {embedded ? null : <Take title={finding} series={named} rankings={data} merged={merged} />}
    </section>
  );
}
