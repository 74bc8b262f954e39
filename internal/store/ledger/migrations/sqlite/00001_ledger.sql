-- Times are microseconds since 1970 by the database's clock.

-- +goose Up
CREATE TABLE maillage_audit (
  id      integer PRIMARY KEY AUTOINCREMENT,
  at      integer NOT NULL,
  by_whom text NOT NULL,
  action  text NOT NULL,
  what    text NOT NULL,
  detail  text NOT NULL
);
CREATE INDEX maillage_audit_at ON maillage_audit (at);

-- A scenario's name has versions, 1, 2, …; none is ever changed.
CREATE TABLE maillage_scenario (
  territory text NOT NULL,
  name      text NOT NULL,
  version   integer NOT NULL CHECK (version >= 1),
  id        text NOT NULL, -- hash of the document
  document  text NOT NULL,
  by_whom   text NOT NULL,
  created   integer NOT NULL,
  removed   integer, -- when the name was taken off the list; null while it is on it
  PRIMARY KEY (territory, name, version)
);
CREATE INDEX maillage_scenario_id ON maillage_scenario (id);

CREATE TABLE maillage_run (
  number       integer PRIMARY KEY AUTOINCREMENT, -- in the order they were asked for
  id           text NOT NULL UNIQUE,
  key          text NOT NULL, -- hash of the question
  analysis     text NOT NULL,
  territory    text NOT NULL,
  vintage      text NOT NULL,
  snapshot     text NOT NULL,
  part         text, -- JSON, or null for the whole territory
  params       text NOT NULL, -- JSON
  version      text NOT NULL, -- of the program
  by_whom      text NOT NULL,
  priority     integer NOT NULL CHECK (priority BETWEEN 1 AND 4),
  timeout      integer NOT NULL CHECK (timeout > 0), -- of one attempt, microseconds
  max_attempts integer NOT NULL CHECK (max_attempts >= 1),
  state        text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  attempt      integer NOT NULL CHECK (attempt BETWEEN 1 AND max_attempts),
  due          integer NOT NULL, -- a queued attempt begins no sooner
  job          integer, -- the queue's job for this attempt; null while there is none
  worker       text NOT NULL DEFAULT '',
  beat         integer, -- last sign of life of the worker
  cancel_asked integer, -- when somebody asked to cancel it; null when nobody did
  cancel_by    text NOT NULL DEFAULT '',
  done         integer NOT NULL DEFAULT 0, -- progress: done of total
  total        integer NOT NULL DEFAULT 0,
  error        text NOT NULL DEFAULT '', -- of the last attempt that failed
  created      integer NOT NULL,
  started      integer, -- of the last attempt that began
  finished     integer
);
-- A question is being answered once at a time.
CREATE UNIQUE INDEX maillage_run_active ON maillage_run (key) WHERE state IN ('queued', 'running');
CREATE INDEX maillage_run_key ON maillage_run (key);
CREATE INDEX maillage_run_queued ON maillage_run (priority, number) WHERE state = 'queued';
CREATE INDEX maillage_run_beat ON maillage_run (beat) WHERE state = 'running';

CREATE TABLE maillage_run_log (
  id      integer PRIMARY KEY AUTOINCREMENT,
  run     text NOT NULL REFERENCES maillage_run (id),
  attempt integer NOT NULL,
  at      integer NOT NULL,
  line    text NOT NULL
);
CREATE INDEX maillage_run_log_run ON maillage_run_log (run, id);

-- The answer to a question; never changed.
CREATE TABLE maillage_result (
  key     text PRIMARY KEY,
  run     text NOT NULL UNIQUE REFERENCES maillage_run (id),
  attempt integer NOT NULL,
  created integer NOT NULL,
  hash    text NOT NULL, -- SHA-256 of body, in hexadecimal
  body    blob NOT NULL
);

-- Workers that have given a sign of life.
CREATE TABLE maillage_worker (
  name    text PRIMARY KEY,
  slots   integer NOT NULL,
  started integer NOT NULL,
  beat    integer NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER maillage_result_never_changes BEFORE UPDATE ON maillage_result
BEGIN
  SELECT RAISE(ABORT, 'a result never changes');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE maillage_worker;
DROP TABLE maillage_result;
DROP TABLE maillage_run_log;
DROP TABLE maillage_run;
DROP TABLE maillage_scenario;
DROP TABLE maillage_audit;
