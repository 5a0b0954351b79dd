import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../api/client";
import { statsQuery } from "../api/queries";
import { ScraperService, type Spider } from "../gen/observatory/scraper/v1/scraper_pb";
import { useFormat } from "../i18n/format";
import { useWords } from "../i18n/lang";
import { sources } from "../i18n/words/sources";
import { ErrorNote, Skeleton, Title } from "../parts/Notes";

/** Portals, how fresh they are, and what the data are. */
export function Sources() {
  const t = useWords(sources);
  const f = useFormat();
  const stats = useQuery(statsQuery);
  const spiders = useQuery({ queryKey: ["spiders"], queryFn: ({ signal }) => client(ScraperService).listSpiders({}, { signal }) });
  const counts = stats.data?.jobsByPortal ?? {};
  const known = new Map(spiders.data?.spiders.map((spider) => [spider.spider, spider]));
  const names = [...new Set([...Object.keys(counts), ...known.keys()])].sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a.localeCompare(b));
  const s = stats.data;
  const list = (values: Record<string, number>, label: (key: string) => string) =>
    Object.entries(values).sort((a, b) => b[1] - a[1]).map(([key, n]) => `${label(key)} ${f.int(n)}`).join(" · ");
  return (
    <div className="page">
      <Title>{t.title}</Title>
      <p className="soft">{t.lead}</p>
      {stats.isError ? <ErrorNote error={stats.error} again={() => void stats.refetch()} /> : null}
      {spiders.isError ? <ErrorNote error={spiders.error} again={() => void spiders.refetch()} /> : null}
      {stats.isPending || spiders.isPending ? <Skeleton rows={10} height={48} /> : (
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{t.portal}</th><th scope="col" className="num">{t.ads}</th><th scope="col" className="wide">{t.countries}</th>
              <th scope="col">{t.state}</th><th scope="col" className="wide">{t.last}</th>
            </tr>
          </thead>
          <tbody>{names.map((name) => <Row key={name} name={name} count={counts[name] ?? 0} spider={known.get(name)} />)}</tbody>
        </table>
      )}
      {spiders.data && spiders.data.problems.length > 0 ? (
        <div className="note error"><p className="note-title">{t.problems}</p><ul>{spiders.data.problems.map((one) => <li key={one}>{one}</li>)}</ul></div>
      ) : null}
      {s ? (
        <section className="prose">
          <h2>{t.passport}</h2>
          <p><span className="soft">{t.period}: </span>{f.day(s.oldestPostedDate)} – {f.day(s.newestPostedDate)}. {t.undated}</p>
          <p><span className="soft">{t.byCountry}: </span><span className="num">{list(s.jobsByCountry, f.country)}</span></p>
          <p><span className="soft">{t.languages}: </span><span className="num">{list(s.jobsByLanguage, (key) => key)}</span></p>
          <p><span className="soft">{t.esco}: </span><span className="num">{f.int(s.escoConcepts)}</span></p>
          <p>{t.bias}</p>
        </section>
      ) : null}
    </div>
  );
}

function Row({ name, count, spider }: { name: string; count: number; spider: Spider | undefined }) {
  const t = useWords(sources);
  const f = useFormat();
  const last = spider?.recentRuns[0];
  return (
    <tr>
      <th scope="row">{count > 0 ? <Link to="/ads" search={{ portal: name }}>{name}</Link> : name}</th>
      <td className="num">{f.int(count)}</td>
      <td className="wide">{spider?.countries.map((code) => f.country(code)).join(", ")}</td>
      <td>
        {spider === undefined ? <span className="soft">{t.imported}</span> : <span className={spider.enabled ? "state s-4" : "state"}>{spider.enabled ? t.on : t.off}</span>}
        {spider?.note ? <div className="soft small">{spider.note}</div> : null}
        {spider?.checkedDate ? <div className="soft small">{t.checked(f.day(spider.checkedDate), spider.checkedAgainst)}</div> : null}
      </td>
      <td className="wide">
        {spider === undefined ? "" : last === undefined ? <span className="soft">{t.never}</span> : (
          <Link to="/operations/$id" params={{ id: last.operation.replace(/^operations\//, "") }}>{f.ago(last.endTime)}</Link>
        )}
        {last?.counts ? <div className="soft small num">{t.lastCounts(f.int(last.counts.stored), f.int(last.counts.found))}</div> : null}
        {last?.problem ? <div className="bad small">{last.problem}</div> : null}
      </td>
    </tr>
  );
}
