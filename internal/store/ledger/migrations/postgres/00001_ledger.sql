-- Times are microseconds since 1970 by the database's clock.

-- +goose Up
CREATE TABLE maillage_audit (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      bigint NOT NULL,
  by_whom text NOT NULL,
  action  text NOT NULL,
  what    text NOT NULL,
  detail  text NOT NULL
);
CREATE INDEX maillage_audit_at ON maillage_audit (at);

-- A scenario's name has versions, 1, 2, …; none is ever changed.
CREATE TABLE maillage_scenario (
  territory text COLLATE "C" NOT NULL,
  name      text COLLATE "C" NOT NULL,
  version   bigint NOT NULL CHECK (version >= 1),
  id        text COLLATE "C" NOT NULL, -- hash of the document
  document  text NOT NULL,
  by_whom   text NOT NULL,
  created   bigint NOT NULL,
  removed   bigint, -- when the name was taken off the list; null while it is on it
  PRIMARY KEY (territory, name, version)
);
CREATE INDEX maillage_scenario_id ON maillage_scenario (id);

CREATE TABLE maillage_run (
  number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order they were asked for
  id           text COLLATE "C" NOT NULL UNIQUE,
  key          text COLLATE "C" NOT NULL, -- hash of the question
  analysis     text NOT NULL,
  territory    text COLLATE "C" NOT NULL,
  vintage      text NOT NULL,
  snapshot     text NOT NULL,
  part         text, -- JSON, or null for the whole territory
  params       text NOT NULL, -- JSON
  version      text NOT NULL, -- of the program
  by_whom      text NOT NULL,
  priority     bigint NOT NULL CHECK (priority BETWEEN 1 AND 4),
  timeout      bigint NOT NULL CHECK (timeout > 0), -- of one attempt, microseconds
  max_attempts bigint NOT NULL CHECK (max_attempts >= 1),
  state        text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  attempt      bigint NOT NULL CHECK (attempt BETWEEN 1 AND max_attempts),
  due          bigint NOT NULL, -- a queued attempt begins no sooner
  job          bigint, -- the queue's job for this attempt; null while there is none
  worker       text NOT NULL DEFAULT '',
  beat         bigint, -- last sign of life of the worker
  cancel_asked bigint, -- when somebody asked to cancel it; null when nobody did
  cancel_by    text NOT NULL DEFAULT '',
  done         bigint NOT NULL DEFAULT 0, -- progress: done of total
  total        bigint NOT NULL DEFAULT 0,
  error        text NOT NULL DEFAULT '', -- of the last attempt that failed
  created      bigint NOT NULL,
  started      bigint, -- of the last attempt that began
  finished     bigint
);
-- A question is being answered once at a time.
CREATE UNIQUE INDEX maillage_run_active ON maillage_run (key) WHERE state IN ('queued', 'running');
CREATE INDEX maillage_run_key ON maillage_run (key);
CREATE INDEX maillage_run_queued ON maillage_run (priority, number) WHERE state = 'queued';
CREATE INDEX maillage_run_beat ON maillage_run (beat) WHERE state = 'running';

CREATE TABLE maillage_run_log (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run     text COLLATE "C" NOT NULL REFERENCES maillage_run (id),
  attempt bigint NOT NULL,
  at      bigint NOT NULL,
  line    text NOT NULL
);
CREATE INDEX maillage_run_log_run ON maillage_run_log (run, id);

-- The answer to a question; never changed.
CREATE TABLE maillage_result (
  key     text COLLATE "C" PRIMARY KEY,
  run     text COLLATE "C" NOT NULL UNIQUE REFERENCES maillage_run (id),
  attempt bigint NOT NULL,
  created bigint NOT NULL,
  hash    text NOT NULL, -- SHA-256 of body, in hexadecimal
  body    bytea NOT NULL
);

-- Workers that have given a sign of life.
CREATE TABLE maillage_worker (
  name    text COLLATE "C" PRIMARY KEY,
  slots   bigint NOT NULL,
  started bigint NOT NULL,
  beat    bigint NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION maillage_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a result never changes';
END $$;
-- +goose StatementEnd
CREATE TRIGGER maillage_result_never_changes BEFORE UPDATE ON maillage_result
  FOR EACH ROW EXECUTE FUNCTION maillage_never_changes();

-- +goose Down
DROP TABLE maillage_worker;
DROP TABLE maillage_result;
DROP TABLE maillage_run_log;
DROP TABLE maillage_run;
DROP TABLE maillage_scenario;
DROP TABLE maillage_audit;
DROP FUNCTION maillage_never_changes;
