import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useId, useState } from "react";
import { jobsQuery, searchQuery, skillQuery, statsQuery } from "../../api/queries";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { ads } from "../../i18n/words/ads";
import { common } from "../../i18n/words/common";
import { Empty, ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { nameOf } from "../skills/question";
import { Facet } from "./Facet";
import { Results } from "./Results";
import type { AdsSearch } from "./search";
import { TakeAds } from "./TakeAds";

const route = getRouteApi("/shell/ads");
const SETTLE = 80;
/** Where there is room for the filters beside the ads; on a phone the ads come first. */
const WIDE = window.matchMedia("(min-width: 56rem)");

/** All ads, to be searched and narrowed down. */
export function Ads() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const t = useWords(ads);
  const c = useWords(common);
  const f = useFormat();
  const lang = useLang();
  const id = useId();
  const [words, setWords] = useState(search.q ?? "");
  const query = useDeferredValue((search.q ?? "").trim());
  const stats = useQuery(statsQuery);
  const filter = {
    country: search.country ?? "", portal: search.portal ?? "", postedFrom: search.from ?? "", postedTo: search.to ?? "",
    skill: search.skill ?? "", status: Number(search.status ?? "0"),
  };
  const listed = useInfiniteQuery({ ...jobsQuery(filter, 50), enabled: query === "" });
  const matched = useInfiniteQuery({ ...searchQuery(query, filter, 50), enabled: query !== "" });
  const found = query === "" ? listed : matched;
  const skill = useQuery({ ...skillQuery(search.skill ?? ""), enabled: (search.skill ?? "") !== "" });
  const change = (next: AdsSearch) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true, resetScroll: false });

  useEffect(() => setWords(search.q ?? ""), [search.q]);
  useEffect(() => {
    if (words === (search.q ?? "")) return undefined;
    const timer = setTimeout(() => change({ q: words }), SETTLE);
    return () => clearTimeout(timer);
  });

  const jobs = found.data?.pages.flatMap((page) => page.jobs) ?? [];
  const total = found.data?.pages[0]?.total ?? 0;
  const nothing = stats.data?.totalJobs === 0;
  return (
    <div className="page with-facets">
      <div className="page-head">
        <Title>{t.title}</Title>
        <form role="search" onSubmit={(event) => { event.preventDefault(); change({ q: words }); }}>
          <input type="search" aria-label={t.search} placeholder={t.placeholder} maxLength={200} value={words}
            onChange={(event) => setWords(event.target.value)} aria-describedby={`${id}-hint`} />
        </form>
        <p id={`${id}-hint`} className="soft small">{t.hint}</p>
      </div>
      <details className="filters" open={WIDE.matches}>
        <summary>{t.filters}</summary>
        <div className="facets">
          <Facet title={t.country} name="country" counts={stats.data?.jobsByCountry ?? {}} value={search.country ?? ""} query={query}
            filter={filter} label={(key) => f.country(key)} onChange={(country) => change({ country })} />
          <Facet title={t.portal} name="portal" counts={stats.data?.jobsByPortal ?? {}} value={search.portal ?? ""} query={query}
            filter={filter} label={(key) => key} onChange={(portal) => change({ portal })} />
          <fieldset>
            <legend>{t.posted}</legend>
            <label htmlFor={`${id}-from`}>{t.from}</label>
            <input id={`${id}-from`} type="date" value={search.from ?? ""} onChange={(event) => change({ from: event.target.value })} />
            <label htmlFor={`${id}-to`}>{t.to}</label>
            <input id={`${id}-to`} type="date" value={search.to ?? ""} onChange={(event) => change({ to: event.target.value })} />
          </fieldset>
          <div>
            <label htmlFor={`${id}-status`}>{t.status}</label>
            <select id={`${id}-status`} value={search.status ?? ""} onChange={(event) => change({ status: event.target.value })}>
              <option value="">{t.any}</option>
              {[1, 2, 3, 4].map((status) => <option key={status} value={status}>{c.statuses[status]}</option>)}
            </select>
          </div>
        </div>
      </details>
      <div className="page-main">
        {search.skill ? (
          <p>
            {t.withSkill(nameOf(skill.data?.skill, lang) || search.skill)}{" "}
            <button type="button" className="link" onClick={() => change({ skill: "" })}>{t.remove}</button>
          </p>
        ) : null}
        {found.isError ? (
          <ErrorNote error={found.error} again={() => void found.refetch()} />
        ) : found.isPending ? (
          <Skeleton rows={10} height={84} />
        ) : jobs.length === 0 ? (
          <Empty title={nothing ? t.none : t.empty}><p>{nothing ? t.noneHelp : t.emptyHelp}</p></Empty>
        ) : (
          <section className={found.isPlaceholderData ? "stale" : undefined} aria-busy={found.isPlaceholderData}>
            <p className="num" role="status">{t.found(f.int(total))}</p>
            <Results jobs={jobs} more={found.hasNextPage} loading={found.isFetchingNextPage} onMore={() => void found.fetchNextPage()} skill={search.skill ?? ""} />
            <TakeAds jobs={jobs} />
            <p className="soft small">{t.listHelp}</p>
          </section>
        )}
      </div>
    </div>
  );
}
