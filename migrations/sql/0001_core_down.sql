DROP VIEW IF EXISTS skill_frequency_by_country;
DROP TABLE IF EXISTS dataset_versions, schedules, task_effects, operations, cluster_points, clustering_results,
    concept_labels, taxonomy_concepts, esco_taxonomy, skill_embeddings, enhanced_skills, extracted_skills,
    duplicate_bands, cleaned_jobs, raw_jobs;
DROP TEXT SEARCH CONFIGURATION IF EXISTS plain;
