import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobQuery, jobsQuery } from "../../api/queries";
import type { Job } from "../../gen/observatory/jobs/v1/jobs_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { common } from "../../i18n/words/common";
import { skills } from "../../i18n/words/skills";
import { around } from "../../lib/text";
import { Empty, ErrorNote, Skeleton } from "../../parts/Notes";

interface Where {
  country: string;
  portal: string;
  postedFrom: string;
  postedTo: string;
}

/** The ads behind a number, with the words that count. */
export function Evidence({ skillId, where }: { skillId: string; where: Where }) {
  const t = useWords(skills);
  const c = useWords(common);
  const f = useFormat();
  const found = useInfiniteQuery(jobsQuery({ ...where, skill: skillId }, 8));
  if (found.isPending) return <Skeleton rows={8} height={90} />;
  if (found.isError) return <ErrorNote error={found.error} again={() => void found.refetch()} />;
  const jobs = found.data.pages.flatMap((page) => page.jobs);
  const total = found.data.pages[0]?.total ?? 0;
  if (jobs.length === 0) return <Empty title={t.empty} />;
  return (
    <>
      <p>
        <strong className="num">{c.ads(f.int(total))}</strong>{" "}
        <Link to="/skills/$id" params={{ id: skillId }}>{t.page}</Link>
      </p>
      <ol className="evidence">
        {jobs.map((job) => <Found key={job.jobId} job={job} skillId={skillId} />)}
      </ol>
      {found.hasNextPage ? (
        <button type="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t.showMore}</button>
      ) : null}
      <p className="soft small">{t.evidenceNote}</p>
    </>
  );
}

function Found({ job, skillId }: { job: Job; skillId: string }) {
  const c = useWords(common);
  const f = useFormat();
  const where = [job.company || c.noCompany, f.country(job.country), job.portal, job.postedDate ? f.day(job.postedDate) : c.undated];
  return (
    <li>
      <Link to="/ads/$id" params={{ id: job.jobId }} search={{ skill: skillId }}>{job.title}</Link>
      <div className="soft small">{where.join(" · ")}</div>
      <Excerpts jobId={job.jobId} skillId={skillId} />
    </li>
  );
}

function Excerpts({ jobId, skillId }: { jobId: string; skillId: string }) {
  const t = useWords(skills);
  const c = useWords(common);
  const f = useFormat();
  const job = useQuery(jobQuery(jobId));
  if (job.isPending) return <Skeleton rows={1} height={50} />;
  if (job.isError) return <ErrorNote error={job.error} />;
  const mentions = job.data.skills.filter((found) => found.skill?.skillId === skillId && found.span !== undefined);
  if (mentions.length === 0) return <p className="soft small">{t.noWords}</p>;
  return (
    <>
      {mentions.slice(0, 2).map((mention) => {
        const [before, words, after] = around(job.data.combinedText, mention.span?.start ?? 0, mention.span?.end ?? 0, 70);
        return (
          <div key={mention.span?.start} className="excerpt">
            <p>{before}<mark className={`m-${mention.extractionMethod}`}>{words}</mark>{after}</p>
            <p className="soft small">
              {c.methods[mention.extractionMethod]} · {c.sections[mention.sourceSection]} · <span className="num">{f.number(mention.confidenceScore, 2)}</span>
              {mention.reason ? <> · {t.countedAs}: {mention.reason}</> : null}
            </p>
          </div>
        );
      })}
    </>
  );
}
