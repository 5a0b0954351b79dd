CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Finds "programación" for "programacion" too; beside 'spanish', whose stemmer needs the accents.
CREATE TEXT SEARCH CONFIGURATION plain (COPY = spanish);
ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR hword, hword_part, word WITH unaccent, spanish_stem;

-- Ads as they came in. Times are UTC; countries ISO 3166-1 alpha-2, ZZ where unknown.
CREATE TABLE raw_jobs (
    job_id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    portal                  text NOT NULL,
    country                 text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    url                     text NOT NULL DEFAULT '',
    title                   text NOT NULL,
    company                 text NOT NULL DEFAULT '',
    location                text NOT NULL DEFAULT '',
    description             text NOT NULL,
    requirements            text NOT NULL DEFAULT '',
    salary_raw              text NOT NULL DEFAULT '',
    contract_type           text NOT NULL DEFAULT '',
    remote_type             text NOT NULL DEFAULT '',
    posted_date             date,
    -- posted_date, or the day it came in: what lists are ordered by.
    listed_date             date NOT NULL,
    scraped_at              timestamptz NOT NULL DEFAULT now(),
    last_seen_at            timestamptz NOT NULL DEFAULT now(),
    -- SHA-256 of title, company and description, in hex.
    content_hash            text NOT NULL UNIQUE CHECK (length(content_hash) = 64),
    raw_html                bytea,
    is_processed            boolean NOT NULL DEFAULT false,
    extraction_status       text NOT NULL DEFAULT 'pending'
        CHECK (extraction_status IN ('pending', 'in_progress', 'completed', 'failed')),
    extraction_completed_at timestamptz
);
CREATE INDEX raw_jobs_listed ON raw_jobs (listed_date DESC, job_id DESC);
CREATE INDEX raw_jobs_country_listed ON raw_jobs (country, listed_date DESC, job_id DESC);
CREATE INDEX raw_jobs_portal_listed ON raw_jobs (portal, listed_date DESC, job_id DESC);
CREATE INDEX raw_jobs_uncleaned ON raw_jobs (scraped_at, job_id) WHERE NOT is_processed;
CREATE INDEX raw_jobs_unextracted ON raw_jobs (scraped_at, job_id) WHERE is_processed AND extraction_status <> 'completed';

-- Ads as a reader sees them, and whether they are usable.
CREATE TABLE cleaned_jobs (
    cleaned_id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id               uuid NOT NULL UNIQUE REFERENCES raw_jobs ON DELETE CASCADE,
    title_cleaned        text NOT NULL,
    description_cleaned  text NOT NULL,
    requirements_cleaned text NOT NULL,
    combined_text        text NOT NULL,
    combined_word_count  integer NOT NULL,
    detected_language    text NOT NULL,
    language_confidence  real NOT NULL,
    is_usable            boolean NOT NULL,
    unusable_reason      text CHECK (unusable_reason IN ('too_short', 'wrong_language', 'spam', 'duplicate')),
    unusable_detail      text NOT NULL DEFAULT '',
    duplicate_of         uuid REFERENCES raw_jobs ON DELETE SET NULL,
    -- MinHash signature: how alike two ads are.
    signature            bytea NOT NULL,
    cleaner_version      text NOT NULL,
    cleaned_at           timestamptz NOT NULL DEFAULT now(),
    -- The first 100,000 characters: a tsvector can't hold more than a megabyte.
    search               tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('spanish', title_cleaned), 'A') ||
        setweight(to_tsvector('english', title_cleaned), 'A') ||
        setweight(to_tsvector('public.plain', title_cleaned), 'A') ||
        setweight(to_tsvector('spanish', left(combined_text, 100000)), 'D') ||
        setweight(to_tsvector('english', left(combined_text, 100000)), 'D') ||
        setweight(to_tsvector('public.plain', left(combined_text, 100000)), 'D')
    ) STORED,
    CHECK (is_usable = (unusable_reason IS NULL))
);
CREATE INDEX cleaned_jobs_search ON cleaned_jobs USING gin (search);

-- LSH bands of the signatures of usable ads: two ads that share one may be the same.
-- Rows and a B-tree, because a GIN index takes 300 ms for the thousand bands of a batch.
CREATE TABLE duplicate_bands (
    band   bigint NOT NULL,
    job_id uuid NOT NULL REFERENCES raw_jobs ON DELETE CASCADE,
    PRIMARY KEY (band, job_id)
);
CREATE INDEX duplicate_bands_job ON duplicate_bands (job_id);

-- Pipeline A: every mention of a skill. Spans count code points in combined_text.
CREATE TABLE extracted_skills (
    extraction_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id            uuid NOT NULL REFERENCES raw_jobs ON DELETE CASCADE,
    skill_text        text NOT NULL,
    skill_type        text NOT NULL CHECK (skill_type IN ('explicit', 'implicit')),
    extraction_method text NOT NULL CHECK (extraction_method IN ('ner', 'regex', 'esco')),
    confidence_score  real NOT NULL CHECK (confidence_score BETWEEN 0 AND 1),
    source_section    text NOT NULL,
    span_start        integer NOT NULL,
    span_end          integer NOT NULL CHECK (span_end > span_start),
    esco_uri          text,
    skill_id          text NOT NULL,
    concept_uri       text NOT NULL,
    normalized_skill  text NOT NULL,
    skill_kind        text NOT NULL,
    reason            text NOT NULL DEFAULT '',
    extractor_version text NOT NULL,
    taxonomy_version  text NOT NULL,
    extracted_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (job_id, span_start, span_end, extraction_method, concept_uri)
);
CREATE INDEX extracted_skills_skill ON extracted_skills (skill_id, job_id);

-- Pipeline B: what a language model made of an ad.
CREATE TABLE enhanced_skills (
    enhancement_id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id                  uuid NOT NULL REFERENCES raw_jobs ON DELETE CASCADE,
    original_skill_text     text NOT NULL,
    normalized_skill        text NOT NULL,
    skill_type              text NOT NULL CHECK (skill_type IN ('explicit', 'implicit')),
    esco_concept_uri        text,
    esco_preferred_label    text,
    llm_confidence          real NOT NULL CHECK (llm_confidence BETWEEN 0 AND 1),
    llm_reasoning           text NOT NULL DEFAULT '',
    llm_model               text NOT NULL,
    prompt_version          text NOT NULL,
    is_duplicate            boolean NOT NULL DEFAULT false,
    duplicate_of_id         uuid REFERENCES enhanced_skills ON DELETE SET NULL,
    processing_time_seconds double precision NOT NULL DEFAULT 0,
    tokens_used             integer NOT NULL DEFAULT 0,
    enhanced_at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX enhanced_skills_job ON enhanced_skills (job_id);
CREATE INDEX enhanced_skills_skill ON enhanced_skills (normalized_skill, job_id);

-- Vectors of skills; models never mix in one search. Shorter vectors are padded with zeros.
CREATE TABLE skill_embeddings (
    embedding_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    skill_text    text NOT NULL,
    embedding     vector(768) NOT NULL,
    model_name    text NOT NULL,
    model_version text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (skill_text, model_name, model_version)
);
CREATE INDEX skill_embeddings_hnsw ON skill_embeddings USING hnsw (embedding vector_cosine_ops);

-- ESCO © European Union, as imported.
CREATE TABLE esco_taxonomy (
    concept_uri           text PRIMARY KEY,
    skill_id              text NOT NULL UNIQUE,
    preferred_label_en    text NOT NULL,
    preferred_label_es    text,
    alternative_labels    text[] NOT NULL DEFAULT '{}',
    alternative_labels_en text[] NOT NULL DEFAULT '{}',
    alternative_labels_es text[] NOT NULL DEFAULT '{}',
    skill_type            text NOT NULL,
    description_en        text NOT NULL DEFAULT '',
    description_es        text NOT NULL DEFAULT '',
    broader_concept_uri   text,
    broader_concept_uris  text[] NOT NULL DEFAULT '{}',
    narrower_concept_uris text[] NOT NULL DEFAULT '{}',
    imported_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX esco_taxonomy_label_en ON esco_taxonomy USING gin (preferred_label_en gin_trgm_ops);
CREATE INDEX esco_taxonomy_label_es ON esco_taxonomy USING gin (preferred_label_es gin_trgm_ops);

-- The observatory's own concepts, written by the extractor when its taxonomy changes.
CREATE TABLE taxonomy_concepts (
    skill_id         text PRIMARY KEY,
    concept_uri      text NOT NULL UNIQUE,
    name             text NOT NULL,
    kind             text NOT NULL,
    labels_en        text[] NOT NULL DEFAULT '{}',
    labels_es        text[] NOT NULL DEFAULT '{}',
    aliases          text[] NOT NULL DEFAULT '{}',
    parent_uri       text,
    esco_uri         text,
    note             text NOT NULL DEFAULT '',
    taxonomy_version text NOT NULL
);

-- Every label of every concept, folded (lower case, no accents), for search by trigrams.
CREATE TABLE concept_labels (
    skill_id text NOT NULL,
    source   text NOT NULL CHECK (source IN ('observatory', 'esco')),
    label    text NOT NULL,
    folded   text NOT NULL,
    PRIMARY KEY (skill_id, label)
);
CREATE INDEX concept_labels_folded ON concept_labels USING gin (folded gin_trgm_ops);

-- One row per cluster of a run, and one point per skill for the map.
CREATE TABLE clustering_results (
    cluster_id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    clustering_id        uuid NOT NULL,
    pipeline_name        text NOT NULL,
    country              text,
    cluster_number       integer NOT NULL CHECK (cluster_number >= -1),
    cluster_label        text NOT NULL DEFAULT '',
    skill_texts          text[] NOT NULL,
    size                 integer NOT NULL,
    cohesion_score       double precision,
    n_clusters           integer NOT NULL,
    n_noise              integer NOT NULL,
    silhouette_score     double precision,
    davies_bouldin_index double precision,
    umap_params          jsonb NOT NULL DEFAULT '{}',
    hdbscan_params       jsonb NOT NULL DEFAULT '{}',
    analyzed_at          timestamptz NOT NULL DEFAULT now(),
    UNIQUE (clustering_id, cluster_number)
);
CREATE TABLE cluster_points (
    clustering_id  uuid NOT NULL,
    skill_text     text NOT NULL,
    x              real NOT NULL,
    y              real NOT NULL,
    cluster_number integer NOT NULL,
    probability    real NOT NULL DEFAULT 0,
    PRIMARY KEY (clustering_id, skill_text)
);

-- Journal of operations: what survives the loss of Redis.
CREATE TABLE operations (
    operation_id text PRIMARY KEY,
    kind         text NOT NULL,
    request      bytea NOT NULL,
    -- Makes starting idempotent; the hash tells a repeated request from a reused id.
    request_id   text,
    request_hash bytea NOT NULL,
    task_keys    text[] NOT NULL,
    state        text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled')),
    -- The last state of the metadata, kept once the operation ended.
    snapshot     jsonb,
    create_time  timestamptz NOT NULL DEFAULT now(),
    end_time     timestamptz,
    UNIQUE (kind, request_id)
);
CREATE INDEX operations_open ON operations (kind) WHERE end_time IS NULL;
CREATE INDEX operations_created ON operations (create_time DESC, operation_id DESC);

-- Written in the same transaction as what a task does: a task's effect happens once.
CREATE TABLE task_effects (
    operation_id text NOT NULL REFERENCES operations ON DELETE CASCADE,
    task_key     text NOT NULL,
    outcome      text NOT NULL,
    PRIMARY KEY (operation_id, task_key)
);

-- What runs by itself.
CREATE TABLE schedules (
    schedule_id    text PRIMARY KEY,
    cron           text NOT NULL,
    time_zone      text NOT NULL DEFAULT 'UTC',
    operation_kind text NOT NULL,
    request        jsonb NOT NULL DEFAULT '{}',
    paused         boolean NOT NULL DEFAULT false,
    last_tick      timestamptz,
    updated_at     timestamptz NOT NULL DEFAULT now()
);

-- Versions of what is loaded, such as the ESCO edition.
CREATE TABLE dataset_versions (
    dataset    text PRIMARY KEY,
    version    text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE VIEW skill_frequency_by_country AS
SELECT j.country,
       s.normalized_skill,
       count(DISTINCT s.job_id) AS job_count,
       count(*)                 AS total_mentions,
       avg(s.confidence_score)  AS avg_confidence
FROM extracted_skills s
JOIN raw_jobs j USING (job_id)
GROUP BY j.country, s.normalized_skill;
