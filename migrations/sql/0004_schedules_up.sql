-- last_tick: all times up to this one are dealt with. It is advanced by whoever claims the next one.
UPDATE schedules SET last_tick = now() WHERE last_tick IS NULL;
ALTER TABLE schedules
    ADD COLUMN description  text NOT NULL DEFAULT '',
    ADD COLUMN missed_ticks text NOT NULL DEFAULT 'run_once' CHECK (missed_ticks IN ('run_once', 'skip')),
    ADD COLUMN created_at   timestamptz NOT NULL DEFAULT now(),
    ALTER COLUMN last_tick SET DEFAULT now(),
    ALTER COLUMN last_tick SET NOT NULL;

-- Each time that a schedule fired, with what it asked for then. A claimed run is started by whoever
-- takes it when next_attempt has come; its request_id makes sure that this starts one operation only.
CREATE TABLE schedule_runs (
    schedule_id    text NOT NULL REFERENCES schedules ON DELETE CASCADE,
    tick           timestamptz NOT NULL,
    state          text NOT NULL CHECK (state IN ('claimed', 'started', 'failed', 'skipped')),
    manual         boolean NOT NULL DEFAULT false,
    operation_kind text NOT NULL,
    request        jsonb NOT NULL,
    request_id     text NOT NULL UNIQUE,
    operation_id   text NOT NULL DEFAULT '',
    error          text NOT NULL DEFAULT '',
    attempts       integer NOT NULL DEFAULT 0,
    next_attempt   timestamptz NOT NULL DEFAULT now(),
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schedule_id, tick)
);
CREATE INDEX schedule_runs_claimed ON schedule_runs (next_attempt) WHERE state = 'claimed';

-- Inserted once: one that is deleted does not come back.
INSERT INTO schedules (schedule_id, cron, time_zone, operation_kind, request, description) VALUES
    ('scrape-every-6-hours', '0 */6 * * *', 'America/Bogota', 'gateway.run_pipeline',
     '{"stages": ["STAGE_SCRAPE"]}', 'New ads of the portals whose spiders are turned on'),
    ('nightly-extraction', '0 3 * * *', 'America/Bogota', 'extractor.batch_extract_skills',
     '{"limit": 500}', 'Skills of 500 pending ads'),
    ('weekly-clustering', '0 3 * * SUN', 'America/Bogota', 'clusterer.cluster_skills',
     '{}', 'Clusters of all skills')
ON CONFLICT DO NOTHING;
