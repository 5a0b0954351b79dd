import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { jobQuery } from "../../api/queries";
import type { Job } from "../../gen/observatory/jobs/v1/jobs_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { ads } from "../../i18n/words/ads";
import { common } from "../../i18n/words/common";
import { Legend, MarkedText } from "../../parts/MarkedText";
import { ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { SkillList } from "../../parts/SkillList";

const route = getRouteApi("/shell/ads/$id");

/** One ad: what it says, and what was found in it. */
export function Ad() {
  const { id } = route.useParams();
  const { skill } = route.useSearch();
  const t = useWords(ads);
  const job = useQuery(jobQuery(id));
  if (job.isPending) return <div className="page"><Skeleton rows={16} /></div>;
  if (job.isError) return <div className="page"><Title>{t.title}</Title><ErrorNote error={job.error} again={() => void job.refetch()} /></div>;
  return <Shown job={job.data} chosen={skill ?? ""} />;
}

function Facts({ job }: { job: Job }) {
  const t = useWords(ads);
  const f = useFormat();
  const facts: [string, string][] = [
    [t.posted, f.day(job.postedDate)],
    [t.scraped, f.moment(job.scrapedAt)],
    [t.seen, f.ago(job.lastSeenAt)],
    [t.salary, job.salaryRaw],
    [t.contract, job.contractType],
    [t.mode, job.remoteType],
    [t.language, job.detectedLanguage],
  ];
  return (
    <dl className="facts">
      {facts.filter(([, value]) => value !== "").map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

function Shown({ job, chosen }: { job: Job; chosen: string }) {
  const t = useWords(ads);
  const c = useWords(common);
  const f = useFormat();
  const rejected = c.unusable[job.unusableReason];
  const web = /^https?:\/\//.test(job.url);
  return (
    <article className="page with-side">
      <header className="page-head">
        <p className="small"><Link to="/ads">{t.back}</Link></p>
        <Title>{job.title}</Title>
        <p className="soft">
          {[job.company || c.noCompany, job.location, f.country(job.country), job.portal].filter(Boolean).join(" · ")}
          {web ? <> · <a href={job.url} rel="noreferrer noopener" target="_blank">{t.original}</a></> : null}
        </p>
        <Facts job={job} />
        {rejected ? <p className="note">{t.rejected(rejected)}</p> : null}
      </header>
      <div className="page-main">
        {job.skills.length > 0 ? (
          <>
            <p className="soft small">{t.marked}</p>
            <Legend skills={job.skills} />
            <MarkedText text={job.combinedText} skills={job.skills} chosen={chosen} />
          </>
        ) : (
          <>
            <p className="soft">{t.unmarked}</p>
            <div className="marked">{job.combinedText || job.description}</div>
          </>
        )}
      </div>
      <div className="page-side">
        <SkillList skills={job.skills} />
        {job.enhancements.map((one) => (
          <section key={one.pipeline}>
            <h2>{t.enhanced}: {one.model}</h2>
            <Words title={t.both} words={one.agreement?.both ?? []} />
            <Words title={t.onlyA} words={one.agreement?.onlyPipelineA ?? []} />
            <Words title={t.onlyB} words={one.agreement?.onlyLlm ?? []} />
          </section>
        ))}
      </div>
    </article>
  );
}

function Words({ title, words }: { title: string; words: string[] }) {
  if (words.length === 0) return null;
  return <p><strong>{title}:</strong> {words.join(", ")}</p>;
}
