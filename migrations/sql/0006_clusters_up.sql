-- One row per run of UMAP and HDBSCAN; its clusters are in clustering_results, its map in cluster_points.
CREATE TABLE clusterings (
    clustering_id            uuid PRIMARY KEY,
    pipeline_name            text NOT NULL CHECK (pipeline_name IN ('A', 'B', 'HYBRID')),
    -- Empty: all countries together.
    country                  text NOT NULL DEFAULT '',
    -- The request with its defaults, encoded, and a hash of it without the request id: runs of equal settings follow
    -- each other.
    settings                 bytea NOT NULL,
    settings_key             text NOT NULL,
    -- Which run this one was aligned with. It may be deleted.
    base_clustering_id       uuid,
    n_points                 integer NOT NULL,
    n_clusters               integer NOT NULL,
    n_noise                  integer NOT NULL,
    silhouette_score         double precision,
    davies_bouldin_index     double precision,
    dbcv_score               double precision,
    seed_stability           double precision,
    resample_stability       double precision,
    min_cluster_size         integer NOT NULL,
    cluster_selection_method text NOT NULL,
    model_name               text NOT NULL,
    model_version            text NOT NULL,
    taxonomy_version         text NOT NULL,
    operation_id             text NOT NULL UNIQUE,
    seconds                  double precision NOT NULL,
    analyzed_at              timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX clusterings_newest ON clusterings (analyzed_at DESC, clustering_id DESC);
CREATE INDEX clusterings_settings ON clusterings (settings_key, analyzed_at DESC);

ALTER TABLE clustering_results
    ADD COLUMN label_en         text NOT NULL DEFAULT '',
    ADD COLUMN label_es         text NOT NULL DEFAULT '',
    -- Keeps while the cluster continues from run to run; none for noise.
    ADD COLUMN area_id          uuid,
    ADD COLUMN color            integer NOT NULL DEFAULT 0,
    ADD COLUMN group_number     integer NOT NULL DEFAULT 0,
    ADD COLUMN group_label_en   text NOT NULL DEFAULT '',
    ADD COLUMN group_label_es   text NOT NULL DEFAULT '',
    ADD COLUMN job_count        integer NOT NULL DEFAULT 0,
    ADD COLUMN title_words      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN cluster_silhouette double precision,
    -- What became of it since the run before.
    ADD COLUMN change           text NOT NULL DEFAULT 'born'
        CHECK (change IN ('continued', 'split', 'merged', 'born', 'gone')),
    ADD CONSTRAINT clustering_results_run FOREIGN KEY (clustering_id) REFERENCES clusterings ON DELETE CASCADE;

ALTER TABLE cluster_points
    ADD COLUMN job_count     integer NOT NULL DEFAULT 0,
    ADD COLUMN skill_id      text NOT NULL DEFAULT '',
    ADD COLUMN name_es       text NOT NULL DEFAULT '',
    ADD COLUMN outlier_score real NOT NULL DEFAULT 0,
    ADD CONSTRAINT cluster_points_run FOREIGN KEY (clustering_id) REFERENCES clusterings ON DELETE CASCADE;
