DROP TABLE IF EXISTS schedule_runs;
DELETE FROM schedules WHERE schedule_id IN ('scrape-every-6-hours', 'nightly-extraction', 'weekly-clustering');
ALTER TABLE schedules
    ALTER COLUMN last_tick DROP NOT NULL,
    ALTER COLUMN last_tick DROP DEFAULT,
    DROP COLUMN created_at, DROP COLUMN missed_ticks, DROP COLUMN description;
