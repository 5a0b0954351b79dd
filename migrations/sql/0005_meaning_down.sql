DROP VIEW skill_frequency_by_country;
CREATE VIEW skill_frequency_by_country AS
SELECT j.country,
       s.normalized_skill,
       count(DISTINCT s.job_id) AS job_count,
       count(*)                 AS total_mentions,
       avg(s.confidence_score)  AS avg_confidence
FROM named_skills s
JOIN raw_jobs j USING (job_id)
GROUP BY j.country, s.normalized_skill;
DROP VIEW pipeline_skills;
DROP INDEX enhanced_skills_id;
DROP INDEX enhanced_skills_job;
CREATE INDEX enhanced_skills_job ON enhanced_skills (job_id);
ALTER TABLE enhanced_skills
    DROP CONSTRAINT enhanced_skills_grounded,
    DROP COLUMN pipeline,
    DROP COLUMN span_start,
    DROP COLUMN span_end,
    DROP COLUMN implied_by,
    DROP COLUMN from_pipeline_a,
    DROP COLUMN skill_id,
    DROP COLUMN concept_uri,
    DROP COLUMN skill_kind,
    DROP COLUMN name_es,
    DROP COLUMN settings;
DROP TABLE enhanced_jobs;
DROP TABLE llm_usage;
DROP TABLE llm_answers;
DROP INDEX concept_labels_label;
DROP VIEW merged_skills;
DROP VIEW canonical_skills;
DROP TABLE same_meaning;
DROP TABLE skill_usage;
DROP INDEX skill_embeddings_hnsw;
ALTER TABLE skill_embeddings DROP COLUMN centred;
CREATE INDEX skill_embeddings_hnsw ON skill_embeddings USING hnsw (embedding vector_cosine_ops);
DROP TABLE embedding_models;
