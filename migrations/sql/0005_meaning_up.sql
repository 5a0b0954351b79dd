-- Embedding models in use. Searches compare vectors less the mean of the model's reference texts and less the
-- directions in which those vary most.
CREATE TABLE embedding_models (
    model_name    text NOT NULL,
    model_version text NOT NULL,
    dimension     integer NOT NULL CHECK (dimension BETWEEN 1 AND 768),
    mean          vector(768) NOT NULL,
    -- The directions, one after another, `dimension` numbers each.
    components    real[] NOT NULL DEFAULT '{}',
    -- What turns a centred cosine into a similarity of 0 to 1.
    calibration   jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_name, model_version)
);

-- The vector less the model's mean and directions, at length 1: what is searched. The raw one stays beside it.
ALTER TABLE skill_embeddings ADD COLUMN centred vector(768) NOT NULL;
DROP INDEX skill_embeddings_hnsw;
-- Halves: half the memory and half the time of a search, at the same recall.
CREATE INDEX skill_embeddings_hnsw ON skill_embeddings
    USING hnsw ((centred::halfvec(768)) halfvec_ip_ops) WITH (m = 16, ef_construction = 100);

-- Which ads name a skill, summed up: what similar skills are filtered and told by.
CREATE TABLE skill_usage (
    pipeline    text NOT NULL CHECK (pipeline IN ('A', 'B', 'HYBRID')),
    skill_text  text NOT NULL,
    country     text NOT NULL,
    skill_id    text NOT NULL,
    skill_kind  text NOT NULL,
    concept_uri text NOT NULL,
    esco_uri    text NOT NULL,
    name_es     text NOT NULL,
    job_count   integer NOT NULL,
    PRIMARY KEY (skill_text, pipeline, country)
);
CREATE INDEX skill_usage_country ON skill_usage (pipeline, country);

-- Pairs of skills that may mean the same.
CREATE TABLE same_meaning (
    pipeline       text NOT NULL CHECK (pipeline IN ('A', 'B', 'HYBRID')),
    skill_text     text NOT NULL,
    canonical_text text NOT NULL,
    similarity     real NOT NULL CHECK (similarity BETWEEN 0 AND 1),
    evidence       text[] NOT NULL,
    reason         text NOT NULL,
    state          text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'accepted', 'rejected')),
    decided_by     text NOT NULL DEFAULT '',
    model_name     text NOT NULL,
    model_version  text NOT NULL,
    proposed_at    timestamptz NOT NULL DEFAULT now(),
    decided_at     timestamptz,
    PRIMARY KEY (pipeline, skill_text, canonical_text),
    CHECK (skill_text <> canonical_text)
);
CREATE INDEX same_meaning_state ON same_meaning (pipeline, state, similarity DESC, skill_text, canonical_text);
CREATE INDEX same_meaning_canonical ON same_meaning (pipeline, canonical_text);

-- What a skill is counted as, where an accepted pair says so; chains of pairs are followed.
CREATE VIEW canonical_skills AS
WITH RECURSIVE steps AS (
    SELECT pipeline, skill_text, canonical_text, 1 AS depth FROM same_meaning WHERE state = 'accepted'
    UNION ALL
    SELECT s.pipeline, s.skill_text, m.canonical_text, s.depth + 1
    FROM steps s JOIN same_meaning m ON m.pipeline = s.pipeline AND m.skill_text = s.canonical_text
    WHERE m.state = 'accepted' AND m.canonical_text <> s.skill_text AND s.depth < 8
)
SELECT DISTINCT ON (pipeline, skill_text) pipeline, skill_text, canonical_text
FROM steps ORDER BY pipeline, skill_text, depth DESC, canonical_text;

-- The same by id: whose ads count for which skill.
CREATE VIEW merged_skills AS
SELECT DISTINCT ON (c.pipeline, mine.skill_id) c.pipeline, mine.skill_id, other.skill_id AS canonical_id
FROM canonical_skills c
JOIN skill_usage mine ON mine.pipeline = c.pipeline AND mine.skill_text = c.skill_text
JOIN skill_usage other ON other.pipeline = c.pipeline AND other.skill_text = c.canonical_text
WHERE mine.skill_id <> other.skill_id
ORDER BY c.pipeline, mine.skill_id, mine.job_count DESC, other.job_count DESC, other.skill_id;

-- A vector's text is looked up among the labels.
CREATE INDEX concept_labels_label ON concept_labels (label);

-- Answers of language models, kept: the same question is not paid for twice. A malformed one keeps what the model wrote.
CREATE TABLE llm_answers (
    ad_hash           text NOT NULL,
    task              text NOT NULL,
    model             text NOT NULL,
    prompt_version    text NOT NULL,
    -- Hash of everything else that was sent: settings, and what pipeline A found.
    question_hash     text NOT NULL,
    state             text NOT NULL CHECK (state IN ('answered', 'malformed')),
    raw               text NOT NULL,
    settings          jsonb NOT NULL,
    prompt_tokens     integer NOT NULL,
    completion_tokens integer NOT NULL,
    requests          integer NOT NULL,
    cost_usd          double precision NOT NULL,
    seconds           double precision NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ad_hash, task, model, prompt_version, question_hash)
);

-- Tokens and money by day (UTC): what the budgets of all replicas are counted in.
CREATE TABLE llm_usage (
    day      date NOT NULL,
    model    text NOT NULL,
    tokens   bigint NOT NULL DEFAULT 0,
    requests bigint NOT NULL DEFAULT 0,
    cost_usd double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (day, model)
);

-- What a language model made of an ad: one row per ad and pipeline, its skills in enhanced_skills.
CREATE TABLE enhanced_jobs (
    job_id                  uuid NOT NULL REFERENCES raw_jobs ON DELETE CASCADE,
    pipeline                text NOT NULL CHECK (pipeline IN ('B', 'HYBRID')),
    llm_model               text NOT NULL,
    prompt_version          text NOT NULL,
    settings                jsonb NOT NULL,
    extractor_version       text NOT NULL,
    taxonomy_version        text NOT NULL,
    ungrounded              integer NOT NULL,
    dropped                 jsonb NOT NULL,
    both_named              text[] NOT NULL,
    only_pipeline_a         text[] NOT NULL,
    only_llm                text[] NOT NULL,
    prompt_tokens           integer NOT NULL,
    completion_tokens       integer NOT NULL,
    requests                integer NOT NULL,
    cost_usd                double precision NOT NULL,
    cached                  boolean NOT NULL,
    processing_time_seconds double precision NOT NULL,
    operation_id            text NOT NULL DEFAULT '',
    enhanced_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, pipeline)
);

-- Spans count code points in combined_text; an implied skill has none, and names what implies it.
ALTER TABLE enhanced_skills
    ADD COLUMN pipeline        text NOT NULL DEFAULT 'B' CHECK (pipeline IN ('B', 'HYBRID')),
    ADD COLUMN span_start      integer,
    ADD COLUMN span_end        integer CHECK (span_end > span_start),
    ADD COLUMN implied_by      text NOT NULL DEFAULT '',
    ADD COLUMN from_pipeline_a boolean NOT NULL DEFAULT false,
    ADD COLUMN skill_id        text NOT NULL DEFAULT '',
    ADD COLUMN concept_uri     text NOT NULL DEFAULT '',
    ADD COLUMN skill_kind      text NOT NULL DEFAULT '',
    ADD COLUMN name_es         text NOT NULL DEFAULT '',
    ADD COLUMN settings        jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT enhanced_skills_grounded CHECK (
        (skill_type = 'explicit' AND span_start IS NOT NULL AND span_end IS NOT NULL)
        OR (skill_type = 'implicit' AND implied_by <> '' AND llm_reasoning <> ''));
DROP INDEX enhanced_skills_job;
CREATE INDEX enhanced_skills_job ON enhanced_skills (job_id, pipeline);
CREATE INDEX enhanced_skills_id ON enhanced_skills (pipeline, skill_id, job_id) WHERE NOT is_duplicate;

-- What any pipeline found, each skill of an ad once in pipelines B and HYBRID.
CREATE VIEW pipeline_skills AS
SELECT 'A' AS pipeline, job_id, skill_id, concept_uri, normalized_skill, skill_kind, coalesce(esco_uri, '') AS esco_uri,
       name_es, skill_type, extraction_method, necessity, confidence_score
FROM extracted_skills
UNION ALL
SELECT pipeline, job_id, skill_id, concept_uri, normalized_skill, skill_kind, coalesce(esco_concept_uri, ''),
       name_es, skill_type, '', '', llm_confidence
FROM enhanced_skills WHERE NOT is_duplicate;

CREATE OR REPLACE VIEW skill_frequency_by_country AS
SELECT j.country,
       s.normalized_skill,
       count(DISTINCT s.job_id) AS job_count,
       count(*)                 AS total_mentions,
       avg(s.confidence_score)  AS avg_confidence,
       s.pipeline
FROM pipeline_skills s
JOIN raw_jobs j USING (job_id)
WHERE s.skill_type = 'explicit'
GROUP BY j.country, s.normalized_skill, s.pipeline;
