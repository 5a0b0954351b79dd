import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Job } from "../../gen/observatory/jobs/v1/jobs_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { ads } from "../../i18n/words/ads";
import { common } from "../../i18n/words/common";
import { snippetPieces } from "../../lib/text";

interface Props {
  jobs: Job[];
  more: boolean;
  loading: boolean;
  onMore: () => void;
  skill: string;
}

/** A list of ads that may be long: only what is in sight is in the document. */
export function Results({ jobs, more, loading, onMore, skill }: Props) {
  const t = useWords(ads);
  const list = useRef<HTMLDivElement>(null);
  const rows = useWindowVirtualizer({
    count: jobs.length,
    estimateSize: () => 84,
    overscan: 8,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => jobs[index]?.jobId ?? index,
  });
  const items = rows.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (more && !loading && last >= jobs.length - 10) onMore();
  }, [last, more, loading, jobs.length, onMore]);
  return (
    <div ref={list} role="list" className="results" style={{ height: rows.getTotalSize() }}>
      {items.map((item) => {
        const job = jobs[item.index];
        if (job === undefined) return null;
        return (
          <div key={item.key} role="listitem" data-index={item.index} ref={rows.measureElement} aria-posinset={item.index + 1} aria-setsize={more ? -1 : jobs.length}
            className="result" style={{ transform: `translateY(${item.start - rows.options.scrollMargin}px)` }}>
            <Result job={job} skill={skill} />
          </div>
        );
      })}
      {loading ? <p className="soft more-note">{t.loadingMore}</p> : null}
    </div>
  );
}

function Result({ job, skill }: { job: Job; skill: string }) {
  const c = useWords(common);
  const f = useFormat();
  const facts = [job.company || c.noCompany, job.location, f.country(job.country), job.portal, job.postedDate ? f.day(job.postedDate) : c.undated];
  const rejected = c.unusable[job.unusableReason];
  return (
    <>
      <Link to="/ads/$id" params={{ id: job.jobId }} search={skill === "" ? {} : { skill }} preload="intent">{job.title}</Link>
      <div className="soft small">
        {facts.filter(Boolean).join(" · ")}
        {rejected ? <> · <em>{rejected}</em></> : null}
      </div>
      {job.snippet !== "" ? (
        <p className="small snippet">
          {snippetPieces(job.snippet).map((piece, index) => (index % 2 === 1 ? <mark key={index}>{piece}</mark> : piece))}
        </p>
      ) : null}
    </>
  );
}
