CREATE OR REPLACE VIEW skill_frequency_by_country AS
SELECT j.country,
       s.normalized_skill,
       count(DISTINCT s.job_id) AS job_count,
       count(*)                 AS total_mentions,
       avg(s.confidence_score)  AS avg_confidence
FROM extracted_skills s
JOIN raw_jobs j USING (job_id)
GROUP BY j.country, s.normalized_skill;
DROP TABLE IF EXISTS taxonomy_additions, candidate_reviews, skill_candidates;
DROP INDEX IF EXISTS concept_labels_key;
DROP FUNCTION IF EXISTS label_key;
ALTER TABLE taxonomy_concepts DROP COLUMN implies, DROP COLUMN onet, DROP COLUMN name_es;
DROP VIEW IF EXISTS named_skills;
ALTER TABLE extracted_skills
    DROP COLUMN implied_by, DROP COLUMN version, DROP COLUMN level, DROP COLUMN years_max, DROP COLUMN years_min,
    DROP COLUMN necessity, DROP COLUMN name_es;
