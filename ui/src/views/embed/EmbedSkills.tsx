import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { skillsQuery, statsQuery, wholeRankingQuery } from "../../api/queries";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { common } from "../../i18n/words/common";
import { shell } from "../../i18n/words/shell";
import { anchor } from "../../lib/period";
import { ErrorNote, Skeleton } from "../../parts/Notes";
import { stringifySearch } from "../../lib/url";
import { seriesOf } from "../skills/question";
import { Answer } from "../skills/Skills";

const route = getRouteApi("/embed/skills");

/** The answer alone, for other pages to show. Its numbers open the whole page. */
export function EmbedSkills() {
  const search = route.useSearch();
  const c = useWords(common);
  const t = useWords(shell);
  const f = useFormat();
  const stats = useQuery(statsQuery);
  const series = seriesOf(search, anchor(stats.data?.newestPostedDate ?? ""));
  const rankings = useQueries({
    queries: series.map(({ request }) => ({ ...(series.length > 1 ? wholeRankingQuery(request) : skillsQuery({ ...request, limit: 15 })), enabled: !stats.isPending })),
  });
  const failed = rankings.find((ranking) => ranking.isError);
  const data = rankings.map((ranking) => ranking.data).filter((one) => one !== undefined);
  const whole = `/skills${stringifySearch(search)}`;
  return (
    <main className="embed">
      <h1 className="hidden">{t.name}</h1>
      {failed !== undefined ? <ErrorNote error={failed.error} /> : data.length < series.length ? <Skeleton rows={15} /> : (
        <Answer search={search} series={series} data={data} show={15} stale={false} embedded onChange={(next) => window.open(`/skills${stringifySearch({ ...search, ...next })}`, "_blank", "noopener")} />
      )}
      <p className="small soft">
        {c.source(f.day(new Date().toISOString().slice(0, 10)))} <a href={whole} target="_blank" rel="noopener">{t.name}</a>
      </p>
    </main>
  );
}
