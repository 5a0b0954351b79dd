import type { Job } from "../../gen/observatory/jobs/v1/jobs_pb";
import { Download } from "../../parts/Download";

/** The listed ads as files: what has been loaded. */
export function TakeAds({ jobs }: { jobs: Job[] }) {
  const date = new Date().toISOString().slice(0, 10);
  return (
    <Download
      table={() => ({
        name: `ads-${date}`,
        about: { source: "Labor Market Observatory", date, address: window.location.href },
        columns: ["job_id", "title", "company", "country", "location", "portal", "posted_date", "language", "usable", "url"],
        rows: jobs.map((job) => ({
          job_id: job.jobId, title: job.title, company: job.company, country: job.country, location: job.location, portal: job.portal,
          posted_date: job.postedDate, language: job.detectedLanguage, usable: String(job.isUsable), url: job.url,
        })),
      })}
    />
  );
}
