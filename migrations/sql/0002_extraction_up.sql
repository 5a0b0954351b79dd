-- What an ad states of a skill, beside naming it.
ALTER TABLE extracted_skills
    ADD COLUMN name_es    text NOT NULL DEFAULT '',
    ADD COLUMN necessity  text NOT NULL DEFAULT '' CHECK (necessity IN ('', 'required', 'desirable')),
    ADD COLUMN years_min  real CHECK (years_min >= 0),
    ADD COLUMN years_max  real CHECK (years_max >= 0),
    ADD COLUMN level      text NOT NULL DEFAULT '',
    ADD COLUMN version    text NOT NULL DEFAULT '',
    ADD COLUMN implied_by text NOT NULL DEFAULT '';

-- What ads name. What they only imply is in extracted_skills too, and counted where asked for.
CREATE VIEW named_skills AS SELECT * FROM extracted_skills WHERE skill_type = 'explicit';

ALTER TABLE taxonomy_concepts
    ADD COLUMN name_es text NOT NULL DEFAULT '',
    ADD COLUMN onet    text,
    ADD COLUMN implies text[] NOT NULL DEFAULT '{}';

-- A folded label without signs but + and #: candidates and labels are folded differently, and meet here.
CREATE FUNCTION label_key(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(folded, '[][ !"$%&''()*,./:;<=>?@\\^_`{|}~-]+', ' ', 'g'));
CREATE INDEX concept_labels_key ON concept_labels (label_key(folded));

-- Phrases that may be skills which neither the taxonomy nor ESCO knows, once an ad.
CREATE TABLE skill_candidates (
    job_id     uuid NOT NULL REFERENCES raw_jobs ON DELETE CASCADE,
    phrase     text NOT NULL,
    surface    text NOT NULL,
    pattern    text NOT NULL CHECK (pattern IN ('listed', 'announced', 'name')),
    span_start integer NOT NULL,
    span_end   integer NOT NULL CHECK (span_end > span_start),
    PRIMARY KEY (job_id, phrase)
);
CREATE INDEX skill_candidates_phrase ON skill_candidates (phrase, job_id);

-- What people decided on such phrases. An alias or a promoted phrase is a label of the concept from then on.
CREATE TABLE candidate_reviews (
    phrase      text PRIMARY KEY,
    decision    text NOT NULL CHECK (decision IN ('promoted', 'alias', 'rejected')),
    skill_id    text NOT NULL DEFAULT '',
    label       text NOT NULL DEFAULT '',
    note        text NOT NULL DEFAULT '',
    reviewed_at timestamptz NOT NULL DEFAULT now()
);

-- Concepts that reviews added to those of the taxonomy's files.
CREATE TABLE taxonomy_additions (
    skill_id text PRIMARY KEY,
    name     text NOT NULL,
    kind     text NOT NULL,
    labels   text[] NOT NULL DEFAULT '{}',
    parent   text NOT NULL DEFAULT '',
    added_at timestamptz NOT NULL DEFAULT now()
);

-- As rankings do, this counts what ads name.
CREATE OR REPLACE VIEW skill_frequency_by_country AS
SELECT j.country,
       s.normalized_skill,
       count(DISTINCT s.job_id) AS job_count,
       count(*)                 AS total_mentions,
       avg(s.confidence_score)  AS avg_confidence
FROM named_skills s
JOIN raw_jobs j USING (job_id)
GROUP BY j.country, s.normalized_skill;
