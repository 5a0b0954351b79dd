DROP TABLE IF EXISTS scrape_validators, scrape_hosts, scrape_runs, scrape_pages, job_urls;
DROP INDEX IF EXISTS raw_jobs_remote;
ALTER TABLE raw_jobs
    DROP posted_exact, DROP valid_through, DROP salary_min, DROP salary_max, DROP salary_currency, DROP salary_period,
    DROP contract_kind, DROP hours_kind, DROP remote_kind,
    ALTER raw_html SET STORAGE EXTENDED;
