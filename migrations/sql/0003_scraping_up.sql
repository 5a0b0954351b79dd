-- What the words of an ad mean; the words themselves stay beside them. NULL: not stated, or not understood.
ALTER TABLE raw_jobs
    -- False where the posting only says about when, such as "30+ days ago".
    ADD posted_exact    boolean NOT NULL DEFAULT true,
    -- The last day, as stated.
    ADD valid_through   date,
    ADD salary_min      double precision,
    ADD salary_max      double precision,
    -- ISO 4217.
    ADD salary_currency text CHECK (salary_currency ~ '^[A-Z]{3}$'),
    ADD salary_period   text CHECK (salary_period IN ('hour', 'day', 'week', 'month', 'year')),
    ADD contract_kind   text,
    ADD hours_kind      text,
    ADD remote_kind     text CHECK (remote_kind IN ('on_site', 'hybrid', 'remote')),
    -- raw_html is compressed by zstd already.
    ALTER raw_html SET STORAGE EXTERNAL;
CREATE INDEX raw_jobs_remote ON raw_jobs (remote_kind, country) WHERE remote_kind IS NOT NULL;

-- Which ad stands at an address. An ad may stand at several; how long it was there is its life.
CREATE TABLE job_urls (
    portal        text NOT NULL,
    -- SHA-256 of the address.
    url_hash      bytea NOT NULL,
    url           text NOT NULL,
    job_id        uuid NOT NULL REFERENCES raw_jobs ON DELETE CASCADE,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (portal, url_hash)
);
CREATE INDEX job_urls_job ON job_urls (job_id);

-- The frontier: every page that a crawl has to fetch, and what became of it.
CREATE TABLE scrape_pages (
    operation_id text NOT NULL REFERENCES operations ON DELETE CASCADE,
    -- SHA-256 of method, address and body.
    page_key     bytea NOT NULL,
    -- Order in which pages were found, and are fetched.
    position     bigint GENERATED ALWAYS AS IDENTITY,
    -- ad: nothing to fetch, because the listing holds all of it or the ad is known.
    kind         text NOT NULL CHECK (kind IN ('listing', 'detail', 'ad')),
    url          text NOT NULL,
    -- How to ask for it.
    request      jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed')),
    -- Of what is done: listed, empty or unchanged; stored, duplicate (of another address), or known by its address.
    outcome      text NOT NULL DEFAULT '',
    -- Why it failed: an ErrorReason without its prefix, and a sentence.
    reason       text NOT NULL DEFAULT '',
    message      text NOT NULL DEFAULT '',
    attempts     integer NOT NULL DEFAULT 0,
    -- Which fields a detail had: one bit each.
    fields       integer NOT NULL DEFAULT 0,
    finished_at  timestamptz,
    PRIMARY KEY (operation_id, page_key)
);
CREATE INDEX scrape_pages_pending ON scrape_pages (operation_id, position) WHERE state = 'pending';

-- One row per finished crawl: what a spider's next crawl is compared with.
CREATE TABLE scrape_runs (
    operation_id text PRIMARY KEY,
    portal       text NOT NULL,
    country      text NOT NULL,
    query        text NOT NULL,
    pages        integer NOT NULL,
    found        integer NOT NULL,
    stored       integer NOT NULL,
    known        integer NOT NULL,
    failed       integer NOT NULL,
    -- Ads that were read from details, and how many of them had each field.
    read_ads     integer NOT NULL,
    fields       jsonb NOT NULL,
    -- What was wrong with the spider; empty where nothing was.
    problem      text NOT NULL DEFAULT '',
    ended_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scrape_runs_portal ON scrape_runs (portal, country, ended_at DESC);

-- What is known of a host: robots.txt, its delay, pauses it asked for, whether it answers.
CREATE TABLE scrape_hosts (
    host       text PRIMARY KEY,
    state      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Listings as they were: asked for again only where they have changed.
CREATE TABLE scrape_validators (
    -- SHA-256 of method, address and body.
    page_key      bytea PRIMARY KEY,
    etag          text NOT NULL DEFAULT '',
    last_modified text NOT NULL DEFAULT '',
    -- Addresses of the ads it listed.
    ads           text[] NOT NULL,
    seen_at       timestamptz NOT NULL DEFAULT now()
);
