-- +goose Up
ALTER TABLE maillage.snapshot
  ADD COLUMN timetable json,
  ADD COLUMN on_demand integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN maillage.snapshot.timetable IS 'time zone and agencies of the timetable, absent where there is none';
COMMENT ON COLUMN maillage.snapshot.on_demand IS 'number of services of transport on demand';

CREATE TABLE maillage.stop (
  snapshot   bigint NOT NULL,
  fid        integer NOT NULL,
  id         text NOT NULL,
  name       text NOT NULL,
  location   geometry(Point,4326) NOT NULL,
  station    boolean NOT NULL,
  parent     text NOT NULL,
  accessible text NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.stop USING gist (location);
COMMENT ON TABLE maillage.stop IS 'Stops and stations of the timetable';
COMMENT ON COLUMN maillage.stop.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.stop.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.stop.id IS 'id in the timetable';
COMMENT ON COLUMN maillage.stop.name IS 'name';
COMMENT ON COLUMN maillage.stop.location IS 'location';
COMMENT ON COLUMN maillage.stop.station IS 'whether it is a station that stops belong to';
COMMENT ON COLUMN maillage.stop.parent IS 'id of the station it belongs to, empty for none';
COMMENT ON COLUMN maillage.stop.accessible IS 'by wheelchair: yes, no, or empty if unknown';

CREATE TABLE maillage.route (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
  id       text NOT NULL,
  agency   text NOT NULL,
  short    text NOT NULL,
  long     text NOT NULL,
  type     integer NOT NULL,
  colour   text NOT NULL,
  mode     text NOT NULL,
  trips    integer NOT NULL,
  course   geometry(MultiLineString,4326),
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.route USING gist (course);
COMMENT ON TABLE maillage.route IS 'Routes of the timetable: lines as passengers know them';
COMMENT ON COLUMN maillage.route.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.route.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.route.id IS 'id in the timetable';
COMMENT ON COLUMN maillage.route.agency IS 'id of the agency';
COMMENT ON COLUMN maillage.route.short IS 'what the vehicle shows';
COMMENT ON COLUMN maillage.route.long IS 'where it goes';
COMMENT ON COLUMN maillage.route.type IS 'route_type of GTFS';
COMMENT ON COLUMN maillage.route.colour IS 'six hexadecimal digits, empty if unknown';
COMMENT ON COLUMN maillage.route.mode IS 'train, metro, tram, bus, ferry or other';
COMMENT ON COLUMN maillage.route.trips IS 'number of trips in the timetable';
COMMENT ON COLUMN maillage.route.course IS 'straight from stop to stop along the trips, absent without trips';

CREATE TABLE maillage.calendar (
  snapshot  bigint NOT NULL,
  fid       integer NOT NULL,
  id        text NOT NULL,
  week      text NOT NULL,
  first_day integer NOT NULL,
  last_day  integer NOT NULL,
  added     integer[] NOT NULL,
  removed   integer[] NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.calendar IS 'Sets of days on which trips run';
COMMENT ON COLUMN maillage.calendar.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.calendar.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.calendar.id IS 'id in the timetable';
COMMENT ON COLUMN maillage.calendar.week IS 'a 1 or 0 for each day of the week, Monday first';
COMMENT ON COLUMN maillage.calendar.first_day IS 'from which day on the week counts, YYYYMMDD, 0 for added days only';
COMMENT ON COLUMN maillage.calendar.last_day IS 'until which day, included';
COMMENT ON COLUMN maillage.calendar.added IS 'days added, YYYYMMDD';
COMMENT ON COLUMN maillage.calendar.removed IS 'days removed, YYYYMMDD';

-- The calls of a trip are arrays of equal length: unnest(stops, arrivals, departures).
CREATE TABLE maillage.trip (
  snapshot    bigint NOT NULL,
  fid         integer NOT NULL,
  id          text NOT NULL,
  route       text NOT NULL,
  service     text NOT NULL,
  headsign    text NOT NULL,
  stops       integer[] NOT NULL,
  arrivals    integer[] NOT NULL,
  departures  integer[] NOT NULL,
  stopping    integer[] NOT NULL,
  frequencies integer[] NOT NULL,
  extent      geometry(LineString,4326) NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.trip USING gist (extent);
COMMENT ON TABLE maillage.trip IS 'Trips of the timetable, each with its calls at stops';
COMMENT ON COLUMN maillage.trip.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.trip.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.trip.id IS 'id in the timetable';
COMMENT ON COLUMN maillage.trip.route IS 'id of the route';
COMMENT ON COLUMN maillage.trip.service IS 'id of the days on which it runs, in calendar';
COMMENT ON COLUMN maillage.trip.headsign IS 'where it says it goes';
COMMENT ON COLUMN maillage.trip.stops IS 'fid of the stop of each call';
COMMENT ON COLUMN maillage.trip.arrivals IS 'arrival of each call, in seconds since the beginning of the day';
COMMENT ON COLUMN maillage.trip.departures IS 'departure of each call, in seconds since the beginning of the day';
COMMENT ON COLUMN maillage.trip.stopping IS 'four times pickup_type plus drop_off_type of GTFS for each call, empty where all are 0';
COMMENT ON COLUMN maillage.trip.frequencies IS 'from, to, headway in seconds and 1 for exact times, one after the other; empty for a trip that runs once a day';
COMMENT ON COLUMN maillage.trip.extent IS 'diagonal of the box around its stops';

CREATE TABLE maillage.transfer (
  snapshot  bigint NOT NULL,
  fid       integer NOT NULL,
  from_stop integer NOT NULL,
  to_stop   integer NOT NULL,
  kind      integer NOT NULL,
  seconds   integer NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.transfer IS 'How to change between stops';
COMMENT ON COLUMN maillage.transfer.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.transfer.fid IS 'place in the order of stops, from 1';
COMMENT ON COLUMN maillage.transfer.from_stop IS 'fid of the stop or station';
COMMENT ON COLUMN maillage.transfer.to_stop IS 'fid of the other';
COMMENT ON COLUMN maillage.transfer.kind IS 'transfer_type of GTFS';
COMMENT ON COLUMN maillage.transfer.seconds IS 'the least it takes, of kind 2';

CREATE TABLE maillage.on_demand (
  snapshot      bigint NOT NULL,
  fid           integer NOT NULL,
  id            text NOT NULL,
  name          text NOT NULL,
  from_communes text NOT NULL,
  to_communes   text NOT NULL,
  hours         text NOT NULL,
  wait          integer NOT NULL,
  booking       integer NOT NULL,
  detour        integer NOT NULL,
  note          text NOT NULL,
  source        text NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.on_demand IS 'Transport that comes when asked for';
COMMENT ON COLUMN maillage.on_demand.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.on_demand.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.on_demand.id IS 'id';
COMMENT ON COLUMN maillage.on_demand.name IS 'name';
COMMENT ON COLUMN maillage.on_demand.from_communes IS 'INSEE codes of the communes it fetches people in, a blank between them';
COMMENT ON COLUMN maillage.on_demand.to_communes IS 'INSEE codes of those it takes them to, empty for the same';
COMMENT ON COLUMN maillage.on_demand.hours IS 'hours as in OpenStreetMap';
COMMENT ON COLUMN maillage.on_demand.wait IS 'minutes until one is fetched';
COMMENT ON COLUMN maillage.on_demand.booking IS 'minutes ahead at which it is booked';
COMMENT ON COLUMN maillage.on_demand.detour IS 'per cent of the direct ride';
COMMENT ON COLUMN maillage.on_demand.note IS 'note';
COMMENT ON COLUMN maillage.on_demand.source IS 'who says so';

-- Who may read a territory may read its new parts; roles that were dropped are passed over.
-- +goose StatementBegin
DO $$
DECLARE t text; r text;
BEGIN
  FOREACH t IN ARRAY ARRAY['stop', 'route', 'calendar', 'trip', 'transfer', 'on_demand'] LOOP
    EXECUTE format('ALTER TABLE maillage.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY granted ON maillage.%I FOR SELECT USING (snapshot IN (SELECT s.snapshot FROM maillage.snapshot s))', t);
    FOR r IN SELECT DISTINCT rolname FROM maillage.access JOIN pg_roles ON rolname = role LOOP
      EXECUTE format('GRANT SELECT ON maillage.%I TO %I', t, r);
    END LOOP;
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE maillage.on_demand, maillage.transfer, maillage.trip, maillage.calendar, maillage.route, maillage.stop;
ALTER TABLE maillage.snapshot DROP COLUMN on_demand, DROP COLUMN timetable;
