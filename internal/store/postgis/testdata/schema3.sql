SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA maillage;
CREATE SCHEMA territoire_town;
COMMENT ON SCHEMA territoire_town IS 'La Ville, millésime 2021 (données modélisées)';
CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;
COMMENT ON EXTENSION postgis IS 'PostGIS geometry and geography spatial types and functions';
CREATE FUNCTION maillage.maillage_never_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'a result never changes';
END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE maillage.access (
    territory text NOT NULL COLLATE pg_catalog."C",
    role name NOT NULL
);
COMMENT ON TABLE maillage.access IS 'Which role may read which territory';
COMMENT ON COLUMN maillage.access.territory IS 'id of the territory';
COMMENT ON COLUMN maillage.access.role IS 'database role; its members may read too';
CREATE TABLE maillage.calendar (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    week text NOT NULL,
    first_day integer NOT NULL,
    last_day integer NOT NULL,
    added integer[] NOT NULL,
    removed integer[] NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.calendar IS 'Sets of days on which trips run';
COMMENT ON COLUMN maillage.calendar.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.calendar.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.calendar.id IS 'id in the timetable';
COMMENT ON COLUMN maillage.calendar.week IS 'a 1 or 0 for each day of the week, Monday first';
COMMENT ON COLUMN maillage.calendar.first_day IS 'from which day on the week counts, YYYYMMDD, 0 for added days only';
COMMENT ON COLUMN maillage.calendar.last_day IS 'until which day, included';
COMMENT ON COLUMN maillage.calendar.added IS 'days added, YYYYMMDD';
COMMENT ON COLUMN maillage.calendar.removed IS 'days removed, YYYYMMDD';
CREATE TABLE maillage.cell (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    commune text NOT NULL,
    study boolean NOT NULL,
    imputed boolean NOT NULL,
    centre public.geometry(Point,4326) NOT NULL,
    outline public.geometry(Polygon,4326),
    exact bytea,
    amounts bigint[] NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.cell IS 'Population cells';
COMMENT ON COLUMN maillage.cell.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.cell.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.cell.id IS 'id in the grid';
COMMENT ON COLUMN maillage.cell.commune IS 'INSEE code of the commune that holds the centre';
COMMENT ON COLUMN maillage.cell.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.cell.imputed IS 'whether INSEE imputed the values';
COMMENT ON COLUMN maillage.cell.centre IS 'centre';
COMMENT ON COLUMN maillage.cell.outline IS 'square, absent for a point';
COMMENT ON COLUMN maillage.cell.exact IS 'outline as WKB where PostGIS takes it for none, or the centre is not in its box';
COMMENT ON COLUMN maillage.cell.amounts IS 'counts in millionths, in the order of snapshot.columns';
CREATE TABLE maillage.cell_1 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    commune text NOT NULL,
    study boolean NOT NULL,
    imputed boolean NOT NULL,
    centre public.geometry(Point,4326) NOT NULL,
    outline public.geometry(Polygon,4326),
    exact bytea,
    amounts bigint[] NOT NULL,
    CONSTRAINT cell_1_snapshot_check CHECK ((snapshot = 1))
);
COMMENT ON COLUMN maillage.cell_1.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.cell_1.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.cell_1.id IS 'id in the grid';
COMMENT ON COLUMN maillage.cell_1.commune IS 'INSEE code of the commune that holds the centre';
COMMENT ON COLUMN maillage.cell_1.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.cell_1.imputed IS 'whether INSEE imputed the values';
COMMENT ON COLUMN maillage.cell_1.centre IS 'centre';
COMMENT ON COLUMN maillage.cell_1.outline IS 'square, absent for a point';
COMMENT ON COLUMN maillage.cell_1.exact IS 'outline as WKB where PostGIS takes it for none, or the centre is not in its box';
COMMENT ON COLUMN maillage.cell_1.amounts IS 'counts in millionths, in the order of snapshot.columns';
CREATE TABLE maillage.cell_2 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    commune text NOT NULL,
    study boolean NOT NULL,
    imputed boolean NOT NULL,
    centre public.geometry(Point,4326) NOT NULL,
    outline public.geometry(Polygon,4326),
    exact bytea,
    amounts bigint[] NOT NULL,
    CONSTRAINT cell_2_snapshot_check CHECK ((snapshot = 2))
);
COMMENT ON COLUMN maillage.cell_2.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.cell_2.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.cell_2.id IS 'id in the grid';
COMMENT ON COLUMN maillage.cell_2.commune IS 'INSEE code of the commune that holds the centre';
COMMENT ON COLUMN maillage.cell_2.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.cell_2.imputed IS 'whether INSEE imputed the values';
COMMENT ON COLUMN maillage.cell_2.centre IS 'centre';
COMMENT ON COLUMN maillage.cell_2.outline IS 'square, absent for a point';
COMMENT ON COLUMN maillage.cell_2.exact IS 'outline as WKB where PostGIS takes it for none, or the centre is not in its box';
COMMENT ON COLUMN maillage.cell_2.amounts IS 'counts in millionths, in the order of snapshot.columns';
CREATE TABLE maillage.census (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    commune text NOT NULL,
    year bigint NOT NULL,
    sex text NOT NULL,
    age_from integer NOT NULL,
    age_to integer NOT NULL,
    persons bigint NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.census IS 'People by commune, year, sex and age';
COMMENT ON COLUMN maillage.census.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.census.fid IS 'place in the order of communes, years, sexes and ages, from 1';
COMMENT ON COLUMN maillage.census.commune IS 'INSEE code of the commune';
COMMENT ON COLUMN maillage.census.year IS 'year';
COMMENT ON COLUMN maillage.census.sex IS 'F, M, or empty for both together';
COMMENT ON COLUMN maillage.census.age_from IS 'youngest age';
COMMENT ON COLUMN maillage.census.age_to IS 'oldest age, included; 999 for and over';
COMMENT ON COLUMN maillage.census.persons IS 'persons, in millionths';
CREATE TABLE maillage.commune (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    epci text NOT NULL,
    epci_name text NOT NULL,
    population bigint NOT NULL,
    study boolean NOT NULL,
    outline public.geometry(MultiPolygon,4326),
    exact bytea
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.commune IS 'Communes';
COMMENT ON COLUMN maillage.commune.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.commune.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.commune.code IS 'INSEE code';
COMMENT ON COLUMN maillage.commune.name IS 'name';
COMMENT ON COLUMN maillage.commune.epci IS 'SIREN of the intercommunality, empty if unknown';
COMMENT ON COLUMN maillage.commune.epci_name IS 'name of the intercommunality';
COMMENT ON COLUMN maillage.commune.population IS 'legal population, 0 if unknown';
COMMENT ON COLUMN maillage.commune.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.commune.outline IS 'outline';
COMMENT ON COLUMN maillage.commune.exact IS 'outline as WKB where PostGIS takes it for none';
CREATE TABLE maillage.commune_1 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    epci text NOT NULL,
    epci_name text NOT NULL,
    population bigint NOT NULL,
    study boolean NOT NULL,
    outline public.geometry(MultiPolygon,4326),
    exact bytea,
    CONSTRAINT commune_1_snapshot_check CHECK ((snapshot = 1))
);
COMMENT ON COLUMN maillage.commune_1.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.commune_1.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.commune_1.code IS 'INSEE code';
COMMENT ON COLUMN maillage.commune_1.name IS 'name';
COMMENT ON COLUMN maillage.commune_1.epci IS 'SIREN of the intercommunality, empty if unknown';
COMMENT ON COLUMN maillage.commune_1.epci_name IS 'name of the intercommunality';
COMMENT ON COLUMN maillage.commune_1.population IS 'legal population, 0 if unknown';
COMMENT ON COLUMN maillage.commune_1.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.commune_1.outline IS 'outline';
COMMENT ON COLUMN maillage.commune_1.exact IS 'outline as WKB where PostGIS takes it for none';
CREATE TABLE maillage.commune_2 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    epci text NOT NULL,
    epci_name text NOT NULL,
    population bigint NOT NULL,
    study boolean NOT NULL,
    outline public.geometry(MultiPolygon,4326),
    exact bytea,
    CONSTRAINT commune_2_snapshot_check CHECK ((snapshot = 2))
);
COMMENT ON COLUMN maillage.commune_2.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.commune_2.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.commune_2.code IS 'INSEE code';
COMMENT ON COLUMN maillage.commune_2.name IS 'name';
COMMENT ON COLUMN maillage.commune_2.epci IS 'SIREN of the intercommunality, empty if unknown';
COMMENT ON COLUMN maillage.commune_2.epci_name IS 'name of the intercommunality';
COMMENT ON COLUMN maillage.commune_2.population IS 'legal population, 0 if unknown';
COMMENT ON COLUMN maillage.commune_2.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.commune_2.outline IS 'outline';
COMMENT ON COLUMN maillage.commune_2.exact IS 'outline as WKB where PostGIS takes it for none';
CREATE TABLE maillage.counted (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    counts integer NOT NULL,
    id text NOT NULL,
    commune text NOT NULL,
    study boolean NOT NULL,
    imputed boolean NOT NULL,
    centre public.geometry(Point,4326) NOT NULL,
    outline public.geometry(Polygon,4326),
    exact bytea,
    amounts bigint[] NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.counted IS 'Places of the sets of counts other than the population';
COMMENT ON COLUMN maillage.counted.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.counted.fid IS 'place in the order of sets and ids, from 1';
COMMENT ON COLUMN maillage.counted.counts IS 'place of the set in snapshot.counts, from 0';
COMMENT ON COLUMN maillage.counted.id IS 'id in the set';
COMMENT ON COLUMN maillage.counted.commune IS 'INSEE code of the commune that contains the centre, empty outside all';
COMMENT ON COLUMN maillage.counted.study IS 'whether it is in the study area';
COMMENT ON COLUMN maillage.counted.imputed IS 'whether the values were imputed';
COMMENT ON COLUMN maillage.counted.centre IS 'centre';
COMMENT ON COLUMN maillage.counted.outline IS 'outline, absent for a point';
COMMENT ON COLUMN maillage.counted.exact IS 'outline as WKB where PostGIS takes it for none';
COMMENT ON COLUMN maillage.counted.amounts IS 'counts in millionths, in the order of the set''s columns';
CREATE TABLE maillage.facility (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    service text NOT NULL,
    location public.geometry(Point,4326) NOT NULL,
    commune text NOT NULL,
    capacity bigint,
    hours text,
    accessible text NOT NULL,
    status text NOT NULL,
    itinerant boolean NOT NULL,
    note text NOT NULL,
    source text NOT NULL,
    holidays text,
    catchment text DEFAULT ''::text NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.facility IS 'Facilities';
COMMENT ON COLUMN maillage.facility.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.facility.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.facility.id IS 'id';
COMMENT ON COLUMN maillage.facility.name IS 'name';
COMMENT ON COLUMN maillage.facility.service IS 'id of the service in the catalogue';
COMMENT ON COLUMN maillage.facility.location IS 'location';
COMMENT ON COLUMN maillage.facility.commune IS 'INSEE code of the commune';
COMMENT ON COLUMN maillage.facility.capacity IS 'places, absent if unknown';
COMMENT ON COLUMN maillage.facility.hours IS 'opening hours as in OpenStreetMap, absent if unknown';
COMMENT ON COLUMN maillage.facility.accessible IS 'for disabled people: yes, no, limited, or empty if unknown';
COMMENT ON COLUMN maillage.facility.status IS 'existing, planned or candidate';
COMMENT ON COLUMN maillage.facility.itinerant IS 'whether it comes to people';
COMMENT ON COLUMN maillage.facility.note IS 'note';
COMMENT ON COLUMN maillage.facility.source IS 'who says so';
COMMENT ON COLUMN maillage.facility.holidays IS 'opening hours in school holidays, absent if unknown';
COMMENT ON COLUMN maillage.facility.catchment IS 'for residents of its commune or epci only, empty for everybody';
CREATE TABLE maillage.facility_1 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    service text NOT NULL,
    location public.geometry(Point,4326) NOT NULL,
    commune text NOT NULL,
    capacity bigint,
    hours text,
    accessible text NOT NULL,
    status text NOT NULL,
    itinerant boolean NOT NULL,
    note text NOT NULL,
    source text NOT NULL,
    holidays text,
    catchment text DEFAULT NULL NOT NULL,
    CONSTRAINT facility_1_snapshot_check CHECK ((snapshot = 1))
);
COMMENT ON COLUMN maillage.facility_1.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.facility_1.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.facility_1.id IS 'id';
COMMENT ON COLUMN maillage.facility_1.name IS 'name';
COMMENT ON COLUMN maillage.facility_1.service IS 'id of the service in the catalogue';
COMMENT ON COLUMN maillage.facility_1.location IS 'location';
COMMENT ON COLUMN maillage.facility_1.commune IS 'INSEE code of the commune';
COMMENT ON COLUMN maillage.facility_1.capacity IS 'places, absent if unknown';
COMMENT ON COLUMN maillage.facility_1.hours IS 'opening hours as in OpenStreetMap, absent if unknown';
COMMENT ON COLUMN maillage.facility_1.accessible IS 'for disabled people: yes, no, limited, or empty if unknown';
COMMENT ON COLUMN maillage.facility_1.status IS 'existing, planned or candidate';
COMMENT ON COLUMN maillage.facility_1.itinerant IS 'whether it comes to people';
COMMENT ON COLUMN maillage.facility_1.note IS 'note';
COMMENT ON COLUMN maillage.facility_1.source IS 'who says so';
COMMENT ON COLUMN maillage.facility_1.holidays IS 'opening hours in school holidays, absent if unknown';
COMMENT ON COLUMN maillage.facility_1.catchment IS 'for residents of its commune or epci only, empty for everybody';
CREATE TABLE maillage.facility_2 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    service text NOT NULL,
    location public.geometry(Point,4326) NOT NULL,
    commune text NOT NULL,
    capacity bigint,
    hours text,
    accessible text NOT NULL,
    status text NOT NULL,
    itinerant boolean NOT NULL,
    note text NOT NULL,
    source text NOT NULL,
    holidays text,
    catchment text DEFAULT NULL NOT NULL,
    CONSTRAINT facility_2_snapshot_check CHECK ((snapshot = 2))
);
COMMENT ON COLUMN maillage.facility_2.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.facility_2.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.facility_2.id IS 'id';
COMMENT ON COLUMN maillage.facility_2.name IS 'name';
COMMENT ON COLUMN maillage.facility_2.service IS 'id of the service in the catalogue';
COMMENT ON COLUMN maillage.facility_2.location IS 'location';
COMMENT ON COLUMN maillage.facility_2.commune IS 'INSEE code of the commune';
COMMENT ON COLUMN maillage.facility_2.capacity IS 'places, absent if unknown';
COMMENT ON COLUMN maillage.facility_2.hours IS 'opening hours as in OpenStreetMap, absent if unknown';
COMMENT ON COLUMN maillage.facility_2.accessible IS 'for disabled people: yes, no, limited, or empty if unknown';
COMMENT ON COLUMN maillage.facility_2.status IS 'existing, planned or candidate';
COMMENT ON COLUMN maillage.facility_2.itinerant IS 'whether it comes to people';
COMMENT ON COLUMN maillage.facility_2.note IS 'note';
COMMENT ON COLUMN maillage.facility_2.source IS 'who says so';
COMMENT ON COLUMN maillage.facility_2.holidays IS 'opening hours in school holidays, absent if unknown';
COMMENT ON COLUMN maillage.facility_2.catchment IS 'for residents of its commune or epci only, empty for everybody';
CREATE TABLE maillage.maillage_audit (
    id bigint NOT NULL,
    at bigint NOT NULL,
    by_whom text NOT NULL,
    action text NOT NULL,
    what text NOT NULL,
    detail text NOT NULL
);
ALTER TABLE maillage.maillage_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME maillage.maillage_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE maillage.maillage_ledger_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE maillage.maillage_ledger_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME maillage.maillage_ledger_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE maillage.maillage_result (
    key text NOT NULL COLLATE pg_catalog."C",
    run text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    created bigint NOT NULL,
    hash text NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE maillage.maillage_run (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    analysis text NOT NULL,
    territory text NOT NULL COLLATE pg_catalog."C",
    vintage text NOT NULL,
    snapshot text NOT NULL,
    part text,
    params text NOT NULL,
    version text NOT NULL,
    by_whom text NOT NULL,
    priority bigint NOT NULL,
    timeout bigint NOT NULL,
    max_attempts bigint NOT NULL,
    state text NOT NULL,
    attempt bigint NOT NULL,
    due bigint NOT NULL,
    job bigint,
    worker text DEFAULT ''::text NOT NULL,
    beat bigint,
    cancel_asked bigint,
    cancel_by text DEFAULT ''::text NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    created bigint NOT NULL,
    started bigint,
    finished bigint,
    CONSTRAINT maillage_run_check CHECK (((attempt >= 1) AND (attempt <= max_attempts))),
    CONSTRAINT maillage_run_max_attempts_check CHECK ((max_attempts >= 1)),
    CONSTRAINT maillage_run_priority_check CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT maillage_run_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT maillage_run_timeout_check CHECK ((timeout > 0))
);
CREATE TABLE maillage.maillage_run_log (
    id bigint NOT NULL,
    run text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    at bigint NOT NULL,
    line text NOT NULL
);
ALTER TABLE maillage.maillage_run_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME maillage.maillage_run_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE maillage.maillage_run ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME maillage.maillage_run_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE maillage.maillage_scenario (
    territory text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    document text NOT NULL,
    by_whom text NOT NULL,
    created bigint NOT NULL,
    removed bigint,
    CONSTRAINT maillage_scenario_version_check CHECK ((version >= 1))
);
CREATE TABLE maillage.maillage_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE maillage.maillage_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME maillage.maillage_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE maillage.maillage_worker (
    name text NOT NULL COLLATE pg_catalog."C",
    slots bigint NOT NULL,
    started bigint NOT NULL,
    beat bigint NOT NULL
);
CREATE TABLE maillage.on_demand (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    from_communes text NOT NULL,
    to_communes text NOT NULL,
    hours text NOT NULL,
    wait integer NOT NULL,
    booking integer NOT NULL,
    detour integer NOT NULL,
    note text NOT NULL,
    source text NOT NULL
)
PARTITION BY LIST (snapshot);
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
CREATE TABLE maillage.restriction (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    from_way bigint NOT NULL,
    via_node bigint NOT NULL,
    via_ways bigint[] NOT NULL,
    to_way bigint NOT NULL,
    tags json,
    point public.geometry(Point,4326)
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.restriction IS 'Turn restrictions';
COMMENT ON COLUMN maillage.restriction.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.restriction.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.restriction.id IS 'id in OpenStreetMap';
COMMENT ON COLUMN maillage.restriction.from_way IS 'id of the way it comes from';
COMMENT ON COLUMN maillage.restriction.via_node IS 'id of the node it goes through, 0 when it goes through ways';
COMMENT ON COLUMN maillage.restriction.via_ways IS 'ids of the ways it goes through';
COMMENT ON COLUMN maillage.restriction.to_way IS 'id of the way it goes to';
COMMENT ON COLUMN maillage.restriction.tags IS 'what it forbids or commands, and to whom';
COMMENT ON COLUMN maillage.restriction.point IS 'a node of the way it comes from, absent where that way is';
CREATE TABLE maillage.restriction_1 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    from_way bigint NOT NULL,
    via_node bigint NOT NULL,
    via_ways bigint[] NOT NULL,
    to_way bigint NOT NULL,
    tags json,
    point public.geometry(Point,4326),
    CONSTRAINT restriction_1_snapshot_check CHECK ((snapshot = 1))
);
COMMENT ON COLUMN maillage.restriction_1.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.restriction_1.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.restriction_1.id IS 'id in OpenStreetMap';
COMMENT ON COLUMN maillage.restriction_1.from_way IS 'id of the way it comes from';
COMMENT ON COLUMN maillage.restriction_1.via_node IS 'id of the node it goes through, 0 when it goes through ways';
COMMENT ON COLUMN maillage.restriction_1.via_ways IS 'ids of the ways it goes through';
COMMENT ON COLUMN maillage.restriction_1.to_way IS 'id of the way it goes to';
COMMENT ON COLUMN maillage.restriction_1.tags IS 'what it forbids or commands, and to whom';
COMMENT ON COLUMN maillage.restriction_1.point IS 'a node of the way it comes from, absent where that way is';
CREATE TABLE maillage.restriction_2 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    from_way bigint NOT NULL,
    via_node bigint NOT NULL,
    via_ways bigint[] NOT NULL,
    to_way bigint NOT NULL,
    tags json,
    point public.geometry(Point,4326),
    CONSTRAINT restriction_2_snapshot_check CHECK ((snapshot = 2))
);
COMMENT ON COLUMN maillage.restriction_2.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.restriction_2.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.restriction_2.id IS 'id in OpenStreetMap';
COMMENT ON COLUMN maillage.restriction_2.from_way IS 'id of the way it comes from';
COMMENT ON COLUMN maillage.restriction_2.via_node IS 'id of the node it goes through, 0 when it goes through ways';
COMMENT ON COLUMN maillage.restriction_2.via_ways IS 'ids of the ways it goes through';
COMMENT ON COLUMN maillage.restriction_2.to_way IS 'id of the way it goes to';
COMMENT ON COLUMN maillage.restriction_2.tags IS 'what it forbids or commands, and to whom';
COMMENT ON COLUMN maillage.restriction_2.point IS 'a node of the way it comes from, absent where that way is';
CREATE TABLE maillage.road_node (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    "position" integer NOT NULL,
    tags json,
    point public.geometry(Point,4326) NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.road_node IS 'Road nodes with tags (barriers, traffic signals), and those on no way';
COMMENT ON COLUMN maillage.road_node.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.road_node.fid IS 'place in this table, from 1';
COMMENT ON COLUMN maillage.road_node.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.road_node."position" IS 'place in the order of node ids, from 0';
COMMENT ON COLUMN maillage.road_node.tags IS 'tags, absent for a node that is only on no way';
COMMENT ON COLUMN maillage.road_node.point IS 'place';
CREATE TABLE maillage.road_node_1 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    "position" integer NOT NULL,
    tags json,
    point public.geometry(Point,4326) NOT NULL,
    CONSTRAINT road_node_1_snapshot_check CHECK ((snapshot = 1))
);
COMMENT ON COLUMN maillage.road_node_1.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.road_node_1.fid IS 'place in this table, from 1';
COMMENT ON COLUMN maillage.road_node_1.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.road_node_1."position" IS 'place in the order of node ids, from 0';
COMMENT ON COLUMN maillage.road_node_1.tags IS 'tags, absent for a node that is only on no way';
COMMENT ON COLUMN maillage.road_node_1.point IS 'place';
CREATE TABLE maillage.road_node_2 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    "position" integer NOT NULL,
    tags json,
    point public.geometry(Point,4326) NOT NULL,
    CONSTRAINT road_node_2_snapshot_check CHECK ((snapshot = 2))
);
COMMENT ON COLUMN maillage.road_node_2.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.road_node_2.fid IS 'place in this table, from 1';
COMMENT ON COLUMN maillage.road_node_2.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.road_node_2."position" IS 'place in the order of node ids, from 0';
COMMENT ON COLUMN maillage.road_node_2.tags IS 'tags, absent for a node that is only on no way';
COMMENT ON COLUMN maillage.road_node_2.point IS 'place';
CREATE TABLE maillage.route (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    agency text NOT NULL,
    short text NOT NULL,
    long text NOT NULL,
    type integer NOT NULL,
    colour text NOT NULL,
    mode text NOT NULL,
    trips integer NOT NULL,
    course public.geometry(MultiLineString,4326)
)
PARTITION BY LIST (snapshot);
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
CREATE TABLE maillage.secret (
    snapshot bigint NOT NULL,
    counts text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL
);
COMMENT ON TABLE maillage.secret IS 'Keys of statistical secrecy, for the owner only';
COMMENT ON COLUMN maillage.secret.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.secret.counts IS 'name of the set of counts, empty for the population';
COMMENT ON COLUMN maillage.secret.key IS 'key';
CREATE TABLE maillage.snapshot (
    snapshot bigint NOT NULL,
    territory text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    modelled boolean NOT NULL,
    vintage text NOT NULL COLLATE pg_catalog."C",
    hash text NOT NULL,
    imported timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    current boolean NOT NULL,
    communes integer NOT NULL,
    cells integer NOT NULL,
    facilities integer NOT NULL,
    ways integer NOT NULL,
    nodes integer NOT NULL,
    grid text NOT NULL,
    grid_year bigint NOT NULL,
    grid_cell_size bigint NOT NULL,
    columns text[] NOT NULL,
    catalogue json NOT NULL,
    sources json NOT NULL,
    zones integer DEFAULT 0 NOT NULL,
    census integer DEFAULT 0 NOT NULL,
    counts json DEFAULT '[]'::json NOT NULL,
    secrecy_minimum bigint DEFAULT 0 NOT NULL,
    secrecy_of text DEFAULT ''::text NOT NULL,
    timetable json,
    on_demand integer DEFAULT 0 NOT NULL
);
COMMENT ON TABLE maillage.snapshot IS 'One vintage of a territory';
COMMENT ON COLUMN maillage.snapshot.snapshot IS 'number of the snapshot in this database';
COMMENT ON COLUMN maillage.snapshot.territory IS 'id of the territory';
COMMENT ON COLUMN maillage.snapshot.name IS 'name of the territory';
COMMENT ON COLUMN maillage.snapshot.modelled IS 'whether population, outlines or roads come from a model';
COMMENT ON COLUMN maillage.snapshot.vintage IS 'name of the vintage, such as 2021';
COMMENT ON COLUMN maillage.snapshot.hash IS 'SHA-256 of the content, the id of the snapshot everywhere';
COMMENT ON COLUMN maillage.snapshot.imported IS 'when it was imported';
COMMENT ON COLUMN maillage.snapshot.current IS 'whether it is read when no vintage is named';
COMMENT ON COLUMN maillage.snapshot.communes IS 'number of communes';
COMMENT ON COLUMN maillage.snapshot.cells IS 'number of population cells';
COMMENT ON COLUMN maillage.snapshot.facilities IS 'number of facilities';
COMMENT ON COLUMN maillage.snapshot.ways IS 'number of ways';
COMMENT ON COLUMN maillage.snapshot.nodes IS 'number of road nodes';
COMMENT ON COLUMN maillage.snapshot.grid IS 'name of the population grid';
COMMENT ON COLUMN maillage.snapshot.grid_year IS 'year the counts refer to, 0 if unknown';
COMMENT ON COLUMN maillage.snapshot.grid_cell_size IS 'side of a cell in metres, 0 for points';
COMMENT ON COLUMN maillage.snapshot.columns IS 'names of the counts in cell.amounts';
COMMENT ON COLUMN maillage.snapshot.catalogue IS 'services, in the order they are shown';
COMMENT ON COLUMN maillage.snapshot.sources IS 'where the data came from';
COMMENT ON COLUMN maillage.snapshot.zones IS 'number of zones';
COMMENT ON COLUMN maillage.snapshot.census IS 'number of census rows';
COMMENT ON COLUMN maillage.snapshot.counts IS 'sets of counts other than the population, by name, each with its columns';
COMMENT ON COLUMN maillage.snapshot.secrecy_minimum IS 'the fewest that anything told of the population may be about, 0 where it is public';
COMMENT ON COLUMN maillage.snapshot.secrecy_of IS 'the column that the minimum counts';
COMMENT ON COLUMN maillage.snapshot.timetable IS 'time zone and agencies of the timetable, absent where there is none';
COMMENT ON COLUMN maillage.snapshot.on_demand IS 'number of services of transport on demand';
ALTER TABLE maillage.snapshot ALTER COLUMN snapshot ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME maillage.snapshot_snapshot_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE maillage.stop (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    location public.geometry(Point,4326) NOT NULL,
    station boolean NOT NULL,
    parent text NOT NULL,
    accessible text NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.stop IS 'Stops and stations of the timetable';
COMMENT ON COLUMN maillage.stop.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.stop.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.stop.id IS 'id in the timetable';
COMMENT ON COLUMN maillage.stop.name IS 'name';
COMMENT ON COLUMN maillage.stop.location IS 'location';
COMMENT ON COLUMN maillage.stop.station IS 'whether it is a station that stops belong to';
COMMENT ON COLUMN maillage.stop.parent IS 'id of the station it belongs to, empty for none';
COMMENT ON COLUMN maillage.stop.accessible IS 'by wheelchair: yes, no, or empty if unknown';
CREATE TABLE maillage.transfer (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    from_stop integer NOT NULL,
    to_stop integer NOT NULL,
    kind integer NOT NULL,
    seconds integer NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.transfer IS 'How to change between stops';
COMMENT ON COLUMN maillage.transfer.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.transfer.fid IS 'place in the order of stops, from 1';
COMMENT ON COLUMN maillage.transfer.from_stop IS 'fid of the stop or station';
COMMENT ON COLUMN maillage.transfer.to_stop IS 'fid of the other';
COMMENT ON COLUMN maillage.transfer.kind IS 'transfer_type of GTFS';
COMMENT ON COLUMN maillage.transfer.seconds IS 'the least it takes, of kind 2';
CREATE TABLE maillage.trip (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id text NOT NULL,
    route text NOT NULL,
    service text NOT NULL,
    headsign text NOT NULL,
    stops integer[] NOT NULL,
    arrivals integer[] NOT NULL,
    departures integer[] NOT NULL,
    stopping integer[] NOT NULL,
    frequencies integer[] NOT NULL,
    extent public.geometry(LineString,4326) NOT NULL
)
PARTITION BY LIST (snapshot);
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
CREATE TABLE maillage.way (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    name text,
    ref text,
    highway text,
    oneway text,
    maxspeed text,
    tags json,
    nodes bytea NOT NULL,
    line public.geometry(LineString,4326) NOT NULL
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.way IS 'Roads and paths';
COMMENT ON COLUMN maillage.way.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.way.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.way.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.way.name IS 'name, absent without the tag';
COMMENT ON COLUMN maillage.way.ref IS 'number, absent without the tag';
COMMENT ON COLUMN maillage.way.highway IS 'class, absent without the tag';
COMMENT ON COLUMN maillage.way.oneway IS 'one-way, absent without the tag';
COMMENT ON COLUMN maillage.way.maxspeed IS 'speed limit, absent without the tag';
COMMENT ON COLUMN maillage.way.tags IS 'the other tags, absent if there are none';
COMMENT ON COLUMN maillage.way.nodes IS 'ids and places of the nodes it goes through, in a form for programs';
COMMENT ON COLUMN maillage.way.line IS 'line through the nodes';
CREATE TABLE maillage.way_1 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    name text,
    ref text,
    highway text,
    oneway text,
    maxspeed text,
    tags json,
    nodes bytea NOT NULL,
    line public.geometry(LineString,4326) NOT NULL,
    CONSTRAINT way_1_snapshot_check CHECK ((snapshot = 1))
);
COMMENT ON COLUMN maillage.way_1.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.way_1.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.way_1.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.way_1.name IS 'name, absent without the tag';
COMMENT ON COLUMN maillage.way_1.ref IS 'number, absent without the tag';
COMMENT ON COLUMN maillage.way_1.highway IS 'class, absent without the tag';
COMMENT ON COLUMN maillage.way_1.oneway IS 'one-way, absent without the tag';
COMMENT ON COLUMN maillage.way_1.maxspeed IS 'speed limit, absent without the tag';
COMMENT ON COLUMN maillage.way_1.tags IS 'the other tags, absent if there are none';
COMMENT ON COLUMN maillage.way_1.nodes IS 'ids and places of the nodes it goes through, in a form for programs';
COMMENT ON COLUMN maillage.way_1.line IS 'line through the nodes';
CREATE TABLE maillage.way_2 (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    id bigint NOT NULL,
    name text,
    ref text,
    highway text,
    oneway text,
    maxspeed text,
    tags json,
    nodes bytea NOT NULL,
    line public.geometry(LineString,4326) NOT NULL,
    CONSTRAINT way_2_snapshot_check CHECK ((snapshot = 2))
);
COMMENT ON COLUMN maillage.way_2.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.way_2.fid IS 'place in the order of ids, from 1';
COMMENT ON COLUMN maillage.way_2.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.way_2.name IS 'name, absent without the tag';
COMMENT ON COLUMN maillage.way_2.ref IS 'number, absent without the tag';
COMMENT ON COLUMN maillage.way_2.highway IS 'class, absent without the tag';
COMMENT ON COLUMN maillage.way_2.oneway IS 'one-way, absent without the tag';
COMMENT ON COLUMN maillage.way_2.maxspeed IS 'speed limit, absent without the tag';
COMMENT ON COLUMN maillage.way_2.tags IS 'the other tags, absent if there are none';
COMMENT ON COLUMN maillage.way_2.nodes IS 'ids and places of the nodes it goes through, in a form for programs';
COMMENT ON COLUMN maillage.way_2.line IS 'line through the nodes';
CREATE TABLE maillage.zone (
    snapshot bigint NOT NULL,
    fid integer NOT NULL,
    layer text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    outline public.geometry(MultiPolygon,4326),
    exact bytea
)
PARTITION BY LIST (snapshot);
COMMENT ON TABLE maillage.zone IS 'Zones of divisions other than communes: quarters, IRIS, school sectors';
COMMENT ON COLUMN maillage.zone.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.zone.fid IS 'place in the order of layers and ids, from 1';
COMMENT ON COLUMN maillage.zone.layer IS 'name of the division';
COMMENT ON COLUMN maillage.zone.id IS 'id in the division';
COMMENT ON COLUMN maillage.zone.name IS 'name';
COMMENT ON COLUMN maillage.zone.outline IS 'outline';
COMMENT ON COLUMN maillage.zone.exact IS 'outline as WKB where PostGIS takes it for none';
CREATE TABLE public.layer_styles (
    id integer NOT NULL,
    f_table_catalog character varying,
    f_table_schema character varying,
    f_table_name character varying,
    f_geometry_column character varying,
    stylename text,
    styleqml xml,
    stylesld xml,
    useasdefault boolean,
    description text,
    owner character varying(63) DEFAULT CURRENT_USER,
    ui xml,
    update_time timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    type character varying
);
CREATE SEQUENCE public.layer_styles_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.layer_styles_id_seq OWNED BY public.layer_styles.id;
CREATE VIEW territoire_town.carreaux WITH (security_invoker='true') AS
 SELECT cell.fid,
    cell.centre AS geom,
    cell.id,
    NULLIF(cell.commune, ''::text) AS commune,
    cell.study,
    cell.imputed,
    public.st_x(cell.centre) AS lon,
    public.st_y(cell.centre) AS lat,
    ((cell.amounts[1])::double precision / (1000000)::double precision) AS ind,
    ((cell.amounts[2])::double precision / (1000000)::double precision) AS ind_0_3
   FROM maillage.cell
  WHERE (cell.snapshot = 2);
COMMENT ON VIEW territoire_town.carreaux IS 'Carreaux de population (données modélisées)';
COMMENT ON COLUMN territoire_town.carreaux.fid IS 'numéro';
COMMENT ON COLUMN territoire_town.carreaux.geom IS 'géométrie (EPSG:4326)';
COMMENT ON COLUMN territoire_town.carreaux.id IS 'identifiant';
COMMENT ON COLUMN territoire_town.carreaux.commune IS 'commune (INSEE)';
COMMENT ON COLUMN territoire_town.carreaux.study IS 'dans le territoire étudié';
COMMENT ON COLUMN territoire_town.carreaux.imputed IS 'valeurs imputées';
COMMENT ON COLUMN territoire_town.carreaux.lon IS 'longitude du centre (°)';
COMMENT ON COLUMN territoire_town.carreaux.lat IS 'latitude du centre (°)';
COMMENT ON COLUMN territoire_town.carreaux.ind IS 'habitants (persons)';
COMMENT ON COLUMN territoire_town.carreaux.ind_0_3 IS '0-3 ans (persons)';
CREATE VIEW territoire_town.communes WITH (security_invoker='true') AS
 SELECT commune.fid,
    commune.outline AS geom,
    commune.code AS id,
    NULLIF(commune.name, ''::text) AS name,
    NULLIF(commune.population, 0) AS population,
    commune.study,
        CASE
            WHEN commune.study THEN 'study'::text
            ELSE 'neighbour'::text
        END AS area,
    NULLIF(commune.epci, ''::text) AS epci,
    NULLIF(commune.epci_name, ''::text) AS epci_name
   FROM maillage.commune
  WHERE (commune.snapshot = 2);
COMMENT ON VIEW territoire_town.communes IS 'Communes (données modélisées)';
COMMENT ON COLUMN territoire_town.communes.fid IS 'numéro';
COMMENT ON COLUMN territoire_town.communes.geom IS 'géométrie (EPSG:4326)';
COMMENT ON COLUMN territoire_town.communes.id IS 'identifiant';
COMMENT ON COLUMN territoire_town.communes.name IS 'nom';
COMMENT ON COLUMN territoire_town.communes.population IS 'population légale (persons)';
COMMENT ON COLUMN territoire_town.communes.study IS 'dans le territoire étudié';
COMMENT ON COLUMN territoire_town.communes.area IS 'périmètre';
COMMENT ON COLUMN territoire_town.communes.epci IS 'intercommunalité (SIREN)';
COMMENT ON COLUMN territoire_town.communes.epci_name IS 'intercommunalité';
CREATE VIEW territoire_town.equipements WITH (security_invoker='true') AS
 SELECT facility.fid,
    facility.location AS geom,
    facility.id,
    NULLIF(facility.name, ''::text) AS name,
    facility.service,
    facility.status,
    NULLIF(facility.commune, ''::text) AS commune,
    facility.capacity,
    facility.hours,
    NULLIF(facility.accessible, ''::text) AS accessible,
    facility.itinerant,
    NULLIF(facility.note, ''::text) AS note,
    NULLIF(facility.source, ''::text) AS source,
    facility.holidays,
    NULLIF(facility.catchment, ''::text) AS catchment
   FROM maillage.facility
  WHERE (facility.snapshot = 2);
COMMENT ON VIEW territoire_town.equipements IS 'Équipements et services (données modélisées)';
COMMENT ON COLUMN territoire_town.equipements.fid IS 'numéro';
COMMENT ON COLUMN territoire_town.equipements.geom IS 'géométrie (EPSG:4326)';
COMMENT ON COLUMN territoire_town.equipements.id IS 'identifiant';
COMMENT ON COLUMN territoire_town.equipements.name IS 'nom';
COMMENT ON COLUMN territoire_town.equipements.service IS 'service';
COMMENT ON COLUMN territoire_town.equipements.status IS 'état (existing, planned, candidate)';
COMMENT ON COLUMN territoire_town.equipements.commune IS 'commune (INSEE)';
COMMENT ON COLUMN territoire_town.equipements.capacity IS 'capacité (places)';
COMMENT ON COLUMN territoire_town.equipements.hours IS 'horaires';
COMMENT ON COLUMN territoire_town.equipements.accessible IS 'accessible (yes, no, limited)';
COMMENT ON COLUMN territoire_town.equipements.itinerant IS 'itinérant';
COMMENT ON COLUMN territoire_town.equipements.note IS 'remarque';
COMMENT ON COLUMN territoire_town.equipements.source IS 'source';
COMMENT ON COLUMN territoire_town.equipements.holidays IS 'horaires des vacances scolaires';
COMMENT ON COLUMN territoire_town.equipements.catchment IS 'réservé aux habitants (commune, epci)';
CREATE VIEW territoire_town.routes WITH (security_invoker='true') AS
 SELECT way.fid,
    way.line AS geom,
    way.id,
    way.name,
    way.ref,
    way.highway,
    way.oneway,
    way.maxspeed,
    (way.tags)::text AS tags
   FROM maillage.way
  WHERE (way.snapshot = 2);
COMMENT ON VIEW territoire_town.routes IS 'Voies (données modélisées)';
COMMENT ON COLUMN territoire_town.routes.fid IS 'numéro';
COMMENT ON COLUMN territoire_town.routes.geom IS 'géométrie (EPSG:4326)';
COMMENT ON COLUMN territoire_town.routes.id IS 'identifiant';
COMMENT ON COLUMN territoire_town.routes.name IS 'nom';
COMMENT ON COLUMN territoire_town.routes.ref IS 'numéro';
COMMENT ON COLUMN territoire_town.routes.highway IS 'classe';
COMMENT ON COLUMN territoire_town.routes.oneway IS 'sens unique';
COMMENT ON COLUMN territoire_town.routes.maxspeed IS 'vitesse maximale';
COMMENT ON COLUMN territoire_town.routes.tags IS 'autres attributs OpenStreetMap';
ALTER TABLE ONLY maillage.cell ATTACH PARTITION maillage.cell_1 FOR VALUES IN ('1');
ALTER TABLE ONLY maillage.cell ATTACH PARTITION maillage.cell_2 FOR VALUES IN ('2');
ALTER TABLE ONLY maillage.commune ATTACH PARTITION maillage.commune_1 FOR VALUES IN ('1');
ALTER TABLE ONLY maillage.commune ATTACH PARTITION maillage.commune_2 FOR VALUES IN ('2');
ALTER TABLE ONLY maillage.facility ATTACH PARTITION maillage.facility_1 FOR VALUES IN ('1');
ALTER TABLE ONLY maillage.facility ATTACH PARTITION maillage.facility_2 FOR VALUES IN ('2');
ALTER TABLE ONLY maillage.restriction ATTACH PARTITION maillage.restriction_1 FOR VALUES IN ('1');
ALTER TABLE ONLY maillage.restriction ATTACH PARTITION maillage.restriction_2 FOR VALUES IN ('2');
ALTER TABLE ONLY maillage.road_node ATTACH PARTITION maillage.road_node_1 FOR VALUES IN ('1');
ALTER TABLE ONLY maillage.road_node ATTACH PARTITION maillage.road_node_2 FOR VALUES IN ('2');
ALTER TABLE ONLY maillage.way ATTACH PARTITION maillage.way_1 FOR VALUES IN ('1');
ALTER TABLE ONLY maillage.way ATTACH PARTITION maillage.way_2 FOR VALUES IN ('2');
ALTER TABLE ONLY public.layer_styles ALTER COLUMN id SET DEFAULT nextval('public.layer_styles_id_seq'::regclass);
INSERT INTO maillage.access VALUES ('town', 'consultation_sig');
INSERT INTO maillage.cell_1 VALUES (1, 1, 'east', '49002', false, true, '0101000020E610000063A39C09B613863FC44AE9A966A24DBF', NULL, NULL, '{77000001,0}');
INSERT INTO maillage.cell_1 VALUES (1, 2, 'west', '49001', true, false, '0101000020E61000000000000000000000C44AE9A966A24DBF', '0103000020E610000001000000050000000000000000000000C44AE9A966A24DBFFCA9F1D24D62503FC44AE9A966A24DBFFCA9F1D24D62503FA049D0DFA711193F0000000000000000A049D0DFA711193F0000000000000000C44AE9A966A24DBF', NULL, '{120500000,4000001}');
INSERT INTO maillage.cell_2 VALUES (2, 1, 'east', '49002', false, true, '0101000020E610000063A39C09B613863FC44AE9A966A24DBF', NULL, NULL, '{78000001,0}');
INSERT INTO maillage.cell_2 VALUES (2, 2, 'west', '49001', true, false, '0101000020E61000000000000000000000C44AE9A966A24DBF', '0103000020E610000001000000050000000000000000000000C44AE9A966A24DBFFCA9F1D24D62503FC44AE9A966A24DBFFCA9F1D24D62503FA049D0DFA711193F0000000000000000A049D0DFA711193F0000000000000000C44AE9A966A24DBF', NULL, '{120500000,4000001}');
INSERT INTO maillage.commune_1 VALUES (1, 1, '49001', 'Ouest-sur-Loir', '200068955', 'Anjou Loir et Sarthe', 1200, true, '0106000020E610000001000000010300000001000000050000000000000000000000C44AE9A966A24DBFFCA9F1D24D62503FC44AE9A966A24DBFFCA9F1D24D62503FA049D0DFA711193F0000000000000000A049D0DFA711193F0000000000000000C44AE9A966A24DBF', NULL);
INSERT INTO maillage.commune_1 VALUES (1, 2, '49002', 'Est', '244900015', 'Est', 0, false, '0106000020E6100000010000000103000000010000000500000063A39C09B613863FC44AE9A966A24DBFA2D8FAC3FF1F883FC44AE9A966A24DBFA2D8FAC3FF1F883FA049D0DFA711193F63A39C09B613863FA049D0DFA711193F63A39C09B613863FC44AE9A966A24DBF', NULL);
INSERT INTO maillage.commune_1 VALUES (1, 3, '49003', 'Sans contour', '', '', 0, false, NULL, NULL);
INSERT INTO maillage.commune_2 VALUES (2, 1, '49001', 'Ouest-sur-Loir', '200068955', 'Anjou Loir et Sarthe', 1200, true, '0106000020E610000001000000010300000001000000050000000000000000000000C44AE9A966A24DBFFCA9F1D24D62503FC44AE9A966A24DBFFCA9F1D24D62503FA049D0DFA711193F0000000000000000A049D0DFA711193F0000000000000000C44AE9A966A24DBF', NULL);
INSERT INTO maillage.commune_2 VALUES (2, 2, '49002', 'Est', '244900015', 'Est', 0, false, '0106000020E6100000010000000103000000010000000500000063A39C09B613863FC44AE9A966A24DBFA2D8FAC3FF1F883FC44AE9A966A24DBFA2D8FAC3FF1F883FA049D0DFA711193F63A39C09B613863FA049D0DFA711193F63A39C09B613863FC44AE9A966A24DBF', NULL);
INSERT INTO maillage.commune_2 VALUES (2, 3, '49003', 'Sans contour', '', '', 0, false, NULL, NULL);
INSERT INTO maillage.facility_1 VALUES (1, 1, 'creche-1', 'Les Petits Loups', 'creche', '0101000020E61000002E2F26629D6F7D3FC44AE9A966A24DBF', '49001', 25, 'Mo 08:30-12:00,13:30-17:00; Tu 08:30-12:00,13:30-17:00; We 08:30-12:00,13:30-17:00; Th 08:30-12:00,13:30-17:00; Fr 08:30-12:00,13:30-17:00', 'yes', 'existing', false, '', 'CAF', NULL, '');
INSERT INTO maillage.facility_1 VALUES (1, 2, 'creche-2', 'Ici bientôt', 'creche', '0101000020E610000063A39C09B613863FC44AE9A966A24DBF', '', NULL, NULL, '', 'planned', true, 'au printemps', '', NULL, '');
INSERT INTO maillage.facility_2 VALUES (2, 1, 'creche-1', 'Les Petits Loups', 'creche', '0101000020E61000002E2F26629D6F7D3FC44AE9A966A24DBF', '49001', 25, 'Mo 08:30-12:00,13:30-17:00; Tu 08:30-12:00,13:30-17:00; We 08:30-12:00,13:30-17:00; Th 08:30-12:00,13:30-17:00; Fr 08:30-12:00,13:30-17:00', 'yes', 'existing', false, '', 'CAF', NULL, '');
INSERT INTO maillage.facility_2 VALUES (2, 2, 'creche-2', 'Ici bientôt', 'creche', '0101000020E610000063A39C09B613863FC44AE9A966A24DBF', '', NULL, NULL, '', 'planned', true, 'au printemps', '', NULL, '');
INSERT INTO maillage.maillage_audit OVERRIDING SYSTEM VALUE VALUES (1, 1795472699833797, 'Camille', 'scenario', 'town/une crèche de plus', 'version 1, 2f70bef81a754422d6e6f862b315f4a065fb722d40c723ade9f39057e3a179ba');
INSERT INTO maillage.maillage_audit OVERRIDING SYSTEM VALUE VALUES (2, 1795472699838112, 'Camille', 'run', 'a4ceccnbp7gpu', 'coverage town');
INSERT INTO maillage.maillage_audit OVERRIDING SYSTEM VALUE VALUES (3, 1795472699844158, 'Camille', 'run', 'iivncsau7xmti', 'coverage town');
INSERT INTO maillage.maillage_audit OVERRIDING SYSTEM VALUE VALUES (4, 1795472699934125, 'Camille', 'import', 'town/2019', '19fe7c0dcca059689454613aead48199635199c3c8096f97cd267bf26653abbc');
INSERT INTO maillage.maillage_audit OVERRIDING SYSTEM VALUE VALUES (5, 1795472700009603, 'Camille', 'import', 'town/2021', '2f3dc66e280f9a9696bc9c228624428d10a69d4a16910aeec7a68c9dcbfc4e78');
INSERT INTO maillage.maillage_audit OVERRIDING SYSTEM VALUE VALUES (6, 1795472700014646, 'maillage', 'grant', 'town', 'consultation_sig');
INSERT INTO maillage.maillage_ledger_version VALUES (1, 0, true, '2026-11-23 22:24:59.786301');
INSERT INTO maillage.maillage_ledger_version VALUES (2, 1, true, '2026-11-23 22:24:59.79235');
INSERT INTO maillage.maillage_result VALUES ('ec7724e42d7716fd5a960a1dbc3fed7fb3c5d71ddbb9c7f22a4b1c0e927d82da', 'a4ceccnbp7gpu', 1, 1795472699842363, '62faf79d0ae38baa9e2cebb052558c332eb0f758de48372c9df8512f791bcf83', '\x7b2272656163686564223a2239372c342025227d0a00ff');
INSERT INTO maillage.maillage_run OVERRIDING SYSTEM VALUE VALUES (1, 'a4ceccnbp7gpu', 'ec7724e42d7716fd5a960a1dbc3fed7fb3c5d71ddbb9c7f22a4b1c0e927d82da', 'coverage', 'town', '2019', '19fe7c0dcca059689454613aead48199635199c3c8096f97cd267bf26653abbc', '{"epci":"200068955"}', '{"service":"creche"}', '0.1.0', 'Camille', 2, 3600000000, 3, 'done', 1, 1795472699835608, NULL, 'w1', 1795472699841877, NULL, '', 8, 8, '', 1795472699835611, 1795472699839173, 1795472699841879);
INSERT INTO maillage.maillage_run OVERRIDING SYSTEM VALUE VALUES (2, 'iivncsau7xmti', '0ee18c47341938f4c7c8d2b76f03ae28685783cb478ceaf93f64e97463fd1c47', 'coverage', 'town', '2019', '19fe7c0dcca059689454613aead48199635199c3c8096f97cd267bf26653abbc', '{"epci":"200068955"}', '{"service":"youth"}', '0.1.0', 'Camille', 1, 3600000000, 3, 'queued', 1, 1795472699843491, NULL, '', NULL, NULL, '', 0, 0, '', 1795472699843494, NULL, NULL);
INSERT INTO maillage.maillage_run_log OVERRIDING SYSTEM VALUE VALUES (1, 'a4ceccnbp7gpu', 1, 1795472699840054, 'attempt 1 of 3 begins on w1');
INSERT INTO maillage.maillage_run_log OVERRIDING SYSTEM VALUE VALUES (2, 'a4ceccnbp7gpu', 1, 1795472699842780, 'done: 23 bytes');
INSERT INTO maillage.maillage_scenario VALUES ('town', 'une crèche de plus', 1, '2f70bef81a754422d6e6f862b315f4a065fb722d40c723ade9f39057e3a179ba', '{"open":["creche-2"]}', 'Camille', 1795472699832666, NULL);
INSERT INTO maillage.maillage_version VALUES (1, 0, true, '2026-11-23 22:24:59.593246');
INSERT INTO maillage.maillage_version VALUES (2, 1, true, '2026-11-23 22:24:59.624166');
INSERT INTO maillage.maillage_version VALUES (3, 2, true, '2026-11-23 22:24:59.743456');
INSERT INTO maillage.maillage_version VALUES (4, 3, true, '2026-11-23 22:24:59.766265');
INSERT INTO maillage.restriction_1 VALUES (1, 1, 1, 1, 66, '{}', 2, '{"restriction":"no_right_turn"}', '0101000020E61000000000000000000000038F1436A8A24DBF');
INSERT INTO maillage.restriction_1 VALUES (1, 2, 2, 2, 0, '{4}', 3, '{"restriction":"no_u_turn"}', '0101000020E6100000CECC823FB26F6D3F038F1436A8A24DBF');
INSERT INTO maillage.restriction_2 VALUES (2, 1, 1, 1, 66, '{}', 2, '{"restriction":"no_right_turn"}', '0101000020E61000000000000000000000038F1436A8A24DBF');
INSERT INTO maillage.restriction_2 VALUES (2, 2, 2, 2, 0, '{4}', 3, '{"restriction":"no_u_turn"}', '0101000020E6100000CECC823FB26F6D3F038F1436A8A24DBF');
INSERT INTO maillage.road_node_1 VALUES (1, 1, 70, 5, '{"barrier":"bollard"}', '0101000020E610000012329067976F7D3FC935AA78C83966BF');
INSERT INTO maillage.road_node_2 VALUES (2, 1, 70, 5, '{"barrier":"bollard"}', '0101000020E610000012329067976F7D3FC935AA78C83966BF');
INSERT INTO maillage.snapshot OVERRIDING SYSTEM VALUE VALUES (1, 'town', 'La Ville', true, '2019', '19fe7c0dcca059689454613aead48199635199c3c8096f97cd267bf26653abbc', '2026-11-23 22:24:59.846814+00', false, 3, 2, 2, 4, 6, 'INSEE Filosofi 200 m 2019', 2019, 200, '{ind,ind_0_3}', '[{"id":"creche","label":{"fr":"structure collective 0-3 ans (EAJE)","en":"nursery, ages 0-2 (EAJE)"},"public":{"fr":"enfants de moins de 3 ans","en":"children under 3"},"demand":[{"shares":{"ind_0_3":"3/4"},"estimated":false},{"shares":{"y_lt15":"3/15"},"estimated":true}],"within":{"bike":[10,15,20],"car":[10,15,20],"foot":[10,15,20]},"osm":["amenity=childcare","amenity=kindergarten"],"bpe":["D502"]},{"id":"alsh","label":{"fr":"accueil de loisirs 3-11 ans (ALSH)","en":"leisure centre, ages 3-11 (ALSH)"},"public":{"fr":"enfants de 3 à 11 ans","en":"children aged 3 to 11"},"demand":[{"shares":{"ind_0_3":"1/4","ind_11_17":"1/7","ind_4_5":"1","ind_6_10":"1"},"estimated":false},{"shares":{"y_lt15":"9/15"},"estimated":true}],"within":{"bike":[10,15,20],"car":[10,15,20],"foot":[10,15,20]},"osm":[],"bpe":[]},{"id":"youth","label":{"fr":"accueil jeunes 11-17 ans","en":"youth centre, ages 11-17"},"public":{"fr":"jeunes de 11 à 17 ans","en":"young people aged 11 to 17"},"demand":[{"shares":{"ind_11_17":"1"},"estimated":false},{"shares":{"y_1564":"3/50","y_lt15":"4/15"},"estimated":true}],"within":{"bike":[15,20],"car":[10,15],"foot":[15,20]},"osm":["amenity=community_centre+community_centre=youth_centre","leisure=youth_centre"],"bpe":[]},{"id":"france_services","label":{"fr":"France Services","en":"France Services"},"public":{"fr":"tous les habitants","en":"all inhabitants"},"demand":[{"shares":{"ind":"1"},"estimated":false}],"within":{"bike":[15,20,30],"car":[15,20,30],"foot":[15,20,30]},"osm":[],"bpe":["A128"]},{"id":"senior","label":{"fr":"services aux personnes âgées (CLIC, EHPAD, clubs)","en":"services for older people (CLIC, care homes, clubs)"},"public":{"fr":"personnes de 65 ans et plus","en":"people aged 65 and over"},"demand":[{"shares":{"ind_65_79":"1","ind_80p":"1"},"estimated":false},{"shares":{"y_ge65":"1"},"estimated":false}],"within":{"bike":[15,30],"car":[15,30],"foot":[15,30]},"osm":["amenity=social_facility+social_facility:for=senior","amenity=nursing_home"],"bpe":["D401"]},{"id":"social_centre","label":{"fr":"centre social, points d''ancrage","en":"social centre and its anchors"},"public":{"fr":"tous les habitants","en":"all inhabitants"},"demand":[{"shares":{"ind":"1"},"estimated":false}],"within":{"bike":[15,20],"car":[15,20],"foot":[15,20]},"osm":["amenity=community_centre","amenity=social_centre"],"bpe":[]},{"id":"town_hall","label":{"fr":"mairie, premier accueil (AIOA)","en":"town hall, first contact (AIOA)"},"public":{"fr":"tous les habitants","en":"all inhabitants"},"demand":[{"shares":{"ind":"1"},"estimated":false}],"within":{"bike":[5,10],"car":[5,10],"foot":[5,10]},"osm":["amenity=townhall"],"bpe":[]}]', '[{"layer":"population","name":"Filosofi","publisher":"INSEE","licence":"Licence Ouverte 2.0","vintage":"2019"},{"layer":"roads","name":"OSM","vintage":"2024-08-01"}]', 0, 0, '[]', 0, '', NULL, 0);
INSERT INTO maillage.snapshot OVERRIDING SYSTEM VALUE VALUES (2, 'town', 'La Ville', true, '2021', '2f3dc66e280f9a9696bc9c228624428d10a69d4a16910aeec7a68c9dcbfc4e78', '2026-11-23 22:24:59.941493+00', true, 3, 2, 2, 4, 6, 'INSEE Filosofi 200 m 2019', 2021, 200, '{ind,ind_0_3}', '[{"id":"creche","label":{"fr":"structure collective 0-3 ans (EAJE)","en":"nursery, ages 0-2 (EAJE)"},"public":{"fr":"enfants de moins de 3 ans","en":"children under 3"},"demand":[{"shares":{"ind_0_3":"3/4"},"estimated":false},{"shares":{"y_lt15":"3/15"},"estimated":true}],"within":{"bike":[10,15,20],"car":[10,15,20],"foot":[10,15,20]},"osm":["amenity=childcare","amenity=kindergarten"],"bpe":["D502"]},{"id":"alsh","label":{"fr":"accueil de loisirs 3-11 ans (ALSH)","en":"leisure centre, ages 3-11 (ALSH)"},"public":{"fr":"enfants de 3 à 11 ans","en":"children aged 3 to 11"},"demand":[{"shares":{"ind_0_3":"1/4","ind_11_17":"1/7","ind_4_5":"1","ind_6_10":"1"},"estimated":false},{"shares":{"y_lt15":"9/15"},"estimated":true}],"within":{"bike":[10,15,20],"car":[10,15,20],"foot":[10,15,20]},"osm":[],"bpe":[]},{"id":"youth","label":{"fr":"accueil jeunes 11-17 ans","en":"youth centre, ages 11-17"},"public":{"fr":"jeunes de 11 à 17 ans","en":"young people aged 11 to 17"},"demand":[{"shares":{"ind_11_17":"1"},"estimated":false},{"shares":{"y_1564":"3/50","y_lt15":"4/15"},"estimated":true}],"within":{"bike":[15,20],"car":[10,15],"foot":[15,20]},"osm":["amenity=community_centre+community_centre=youth_centre","leisure=youth_centre"],"bpe":[]},{"id":"france_services","label":{"fr":"France Services","en":"France Services"},"public":{"fr":"tous les habitants","en":"all inhabitants"},"demand":[{"shares":{"ind":"1"},"estimated":false}],"within":{"bike":[15,20,30],"car":[15,20,30],"foot":[15,20,30]},"osm":[],"bpe":["A128"]},{"id":"senior","label":{"fr":"services aux personnes âgées (CLIC, EHPAD, clubs)","en":"services for older people (CLIC, care homes, clubs)"},"public":{"fr":"personnes de 65 ans et plus","en":"people aged 65 and over"},"demand":[{"shares":{"ind_65_79":"1","ind_80p":"1"},"estimated":false},{"shares":{"y_ge65":"1"},"estimated":false}],"within":{"bike":[15,30],"car":[15,30],"foot":[15,30]},"osm":["amenity=social_facility+social_facility:for=senior","amenity=nursing_home"],"bpe":["D401"]},{"id":"social_centre","label":{"fr":"centre social, points d''ancrage","en":"social centre and its anchors"},"public":{"fr":"tous les habitants","en":"all inhabitants"},"demand":[{"shares":{"ind":"1"},"estimated":false}],"within":{"bike":[15,20],"car":[15,20],"foot":[15,20]},"osm":["amenity=community_centre","amenity=social_centre"],"bpe":[]},{"id":"town_hall","label":{"fr":"mairie, premier accueil (AIOA)","en":"town hall, first contact (AIOA)"},"public":{"fr":"tous les habitants","en":"all inhabitants"},"demand":[{"shares":{"ind":"1"},"estimated":false}],"within":{"bike":[5,10],"car":[5,10],"foot":[5,10]},"osm":["amenity=townhall"],"bpe":[]}]', '[{"layer":"population","name":"Filosofi","publisher":"INSEE","licence":"Licence Ouverte 2.0","vintage":"2019"},{"layer":"roads","name":"OSM","vintage":"2024-08-01"}]', 0, 0, '[]', 0, '', NULL, 0);
INSERT INTO maillage.way_1 VALUES (1, 1, 1, NULL, 'D859', 'secondary', NULL, '80', '{"surface":"asphalt"}', '\x00820100a78d010202bab104000202b8b104000202bab10400', '0102000020E6100000040000000000000000000000038F1436A8A24DBFCECC823FB26F6D3F038F1436A8A24DBF12329067976F7D3F038F1436A8A24DBF3DCCA843B813863F038F1436A8A24DBF');
INSERT INTO maillage.way_1 VALUES (1, 2, 2, 'Rue_de_l''Église', NULL, 'residential', 'yes', NULL, NULL, '\x028401bab104a78d01060600cd9a02', '0102000020E610000002000000CECC823FB26F6D3F038F1436A8A24DBFCECC823FB26F6D3FC935AA78C83966BF');
INSERT INTO maillage.way_1 VALUES (1, 3, 3, NULL, NULL, 'track', NULL, NULL, NULL, '\x048601f2e208a78d01060600cd9a02', '0102000020E61000000200000012329067976F7D3F038F1436A8A24DBF12329067976F7D3FC935AA78C83966BF');
INSERT INTO maillage.way_1 VALUES (1, 4, 4, NULL, NULL, 'residential', NULL, NULL, NULL, '\x088a01bab104f5a7030202b8b10400', '0102000020E610000002000000CECC823FB26F6D3FC935AA78C83966BF12329067976F7D3FC935AA78C83966BF');
INSERT INTO maillage.way_2 VALUES (2, 1, 1, NULL, 'D859', 'secondary', NULL, '80', '{"surface":"asphalt"}', '\x00820100a78d010202bab104000202b8b104000202bab10400', '0102000020E6100000040000000000000000000000038F1436A8A24DBFCECC823FB26F6D3F038F1436A8A24DBF12329067976F7D3F038F1436A8A24DBF3DCCA843B813863F038F1436A8A24DBF');
INSERT INTO maillage.way_2 VALUES (2, 2, 2, 'Rue_de_l''Église', NULL, 'residential', 'yes', NULL, NULL, '\x028401bab104a78d01060600cd9a02', '0102000020E610000002000000CECC823FB26F6D3F038F1436A8A24DBFCECC823FB26F6D3FC935AA78C83966BF');
INSERT INTO maillage.way_2 VALUES (2, 3, 3, NULL, NULL, 'track', NULL, NULL, NULL, '\x048601f2e208a78d01060600cd9a02', '0102000020E61000000200000012329067976F7D3F038F1436A8A24DBF12329067976F7D3FC935AA78C83966BF');
INSERT INTO maillage.way_2 VALUES (2, 4, 4, NULL, NULL, 'residential', NULL, NULL, NULL, '\x088a01bab104f5a7030202b8b10400', '0102000020E610000002000000CECC823FB26F6D3FC935AA78C83966BF12329067976F7D3FC935AA78C83966BF');
INSERT INTO public.layer_styles VALUES (5, 'maillage', 'territoire_town', 'communes', 'geom', 'communes', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1">
 <renderer-v2 type="categorizedSymbol" attr="area" symbollevels="1" forceraster="0" enableorderby="0">
  <categories>
   <category type="string" value="neighbour" symbol="0" label="communes voisines" render="true"></category>
   <category type="string" value="study" symbol="1" label="territoire étudié" render="true"></category>
  </categories>
  <ranges></ranges>
  <symbols>
   <symbol type="fill" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleFill" enabled="1" pass="0" locked="0">
     <prop k="style" v="no"></prop>
     <prop k="color" v="154,165,177,255"></prop>
     <prop k="outline_color" v="154,165,177,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.5"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
     <prop k="joinstyle" v="bevel"></prop>
    </layer>
   </symbol>
   <symbol type="fill" name="1" alpha="1" clip_to_extent="1">
    <layer class="SimpleFill" enabled="1" pass="1" locked="0">
     <prop k="style" v="no"></prop>
     <prop k="color" v="31,58,95,255"></prop>
     <prop k="outline_color" v="31,58,95,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.8"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
     <prop k="joinstyle" v="bevel"></prop>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings>
   <text-style fieldName="name" fontSize="8" fontSizeUnit="Point" textColor="40,40,40,255">
    <text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255"></text-buffer>
   </text-style>
  </settings>
 </labeling>
 <aliases>
  <alias field="name" index="2" name="nom"></alias>
  <alias field="population" index="3" name="population légale (persons)"></alias>
  <alias field="study" index="4" name="dans le territoire étudié"></alias>
  <alias field="area" index="5" name="périmètre"></alias>
  <alias field="epci" index="6" name="intercommunalité (SIREN)"></alias>
  <alias field="epci_name" index="7" name="intercommunalité"></alias>
 </aliases>
</qgis>
', NULL, true, 'Communes', 'maillage', NULL, '2026-11-23 22:24:59.939869', NULL);
INSERT INTO public.layer_styles VALUES (6, 'maillage', 'territoire_town', 'carreaux', 'geom', 'carreaux', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="graduatedSymbol" attr="ind" symbollevels="0" forceraster="0" enableorderby="0">
  <categories></categories>
  <ranges>
   <range lower="-1e300" upper="78" symbol="0" label="78 habitants ou moins" render="true"></range>
   <range lower="78" upper="120" symbol="1" label="de 78 à 120 habitants" render="true"></range>
   <range lower="120" upper="1e+300" symbol="2" label="plus de 120 habitants" render="true"></range>
  </ranges>
  <symbols>
   <symbol type="marker" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="255,255,178,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="1" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="253,141,60,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="2" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="189,0,38,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <aliases>
  <alias field="commune" index="2" name="commune (INSEE)"></alias>
  <alias field="study" index="3" name="dans le territoire étudié"></alias>
  <alias field="imputed" index="4" name="valeurs imputées"></alias>
  <alias field="lon" index="5" name="longitude du centre (°)"></alias>
  <alias field="lat" index="6" name="latitude du centre (°)"></alias>
  <alias field="ind" index="7" name="habitants (persons)"></alias>
  <alias field="ind_0_3" index="8" name="0-3 ans (persons)"></alias>
 </aliases>
</qgis>
', NULL, true, 'Carreaux de population', 'maillage', NULL, '2026-11-23 22:24:59.939869', NULL);
INSERT INTO public.layer_styles VALUES (7, 'maillage', 'territoire_town', 'equipements', 'geom', 'equipements', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="categorizedSymbol" attr="service" symbollevels="0" forceraster="0" enableorderby="0">
  <categories>
   <category type="string" value="creche" symbol="0" label="structure collective 0-3 ans (EAJE)" render="true"></category>
   <category type="string" value="alsh" symbol="1" label="accueil de loisirs 3-11 ans (ALSH)" render="true"></category>
   <category type="string" value="youth" symbol="2" label="accueil jeunes 11-17 ans" render="true"></category>
   <category type="string" value="france_services" symbol="3" label="France Services" render="true"></category>
   <category type="string" value="senior" symbol="4" label="services aux personnes âgées (CLIC, EHPAD, clubs)" render="true"></category>
   <category type="string" value="social_centre" symbol="5" label="centre social, points d&#39;ancrage" render="true"></category>
   <category type="string" value="town_hall" symbol="6" label="mairie, premier accueil (AIOA)" render="true"></category>
  </categories>
  <ranges></ranges>
  <symbols>
   <symbol type="marker" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="0,114,178,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="1" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="213,94,0,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="2" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="0,158,115,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="3" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="204,121,167,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="4" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="230,159,0,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="5" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="86,180,233,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
   <symbol type="marker" name="6" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="136,34,85,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <aliases>
  <alias field="name" index="2" name="nom"></alias>
  <alias field="service" index="3" name="service"></alias>
  <alias field="status" index="4" name="état (existing, planned, candidate)"></alias>
  <alias field="commune" index="5" name="commune (INSEE)"></alias>
  <alias field="capacity" index="6" name="capacité (places)"></alias>
  <alias field="hours" index="7" name="horaires"></alias>
  <alias field="accessible" index="8" name="accessible (yes, no, limited)"></alias>
  <alias field="itinerant" index="9" name="itinérant"></alias>
  <alias field="note" index="10" name="remarque"></alias>
  <alias field="source" index="11" name="source"></alias>
  <alias field="holidays" index="12" name="horaires des vacances scolaires"></alias>
  <alias field="catchment" index="13" name="réservé aux habitants (commune, epci)"></alias>
 </aliases>
</qgis>
', NULL, true, 'Équipements et services', 'maillage', NULL, '2026-11-23 22:24:59.939869', NULL);
INSERT INTO public.layer_styles VALUES (8, 'maillage', 'territoire_town', 'routes', 'geom', 'routes', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="categorizedSymbol" attr="highway" symbollevels="1" forceraster="0" enableorderby="0">
  <categories>
   <category type="string" value="motorway" symbol="0" label="autoroute" render="true"></category>
   <category type="string" value="motorway_link" symbol="1" label="autoroute (motorway_link)" render="true"></category>
   <category type="string" value="trunk" symbol="2" label="voie rapide" render="true"></category>
   <category type="string" value="trunk_link" symbol="3" label="voie rapide (trunk_link)" render="true"></category>
   <category type="string" value="primary" symbol="4" label="route principale" render="true"></category>
   <category type="string" value="primary_link" symbol="5" label="route principale (primary_link)" render="true"></category>
   <category type="string" value="secondary" symbol="6" label="route secondaire" render="true"></category>
   <category type="string" value="secondary_link" symbol="7" label="route secondaire (secondary_link)" render="true"></category>
   <category type="string" value="tertiary" symbol="8" label="route tertiaire" render="true"></category>
   <category type="string" value="tertiary_link" symbol="9" label="route tertiaire (tertiary_link)" render="true"></category>
   <category type="string" value="unclassified" symbol="10" label="voie communale ou résidentielle" render="true"></category>
   <category type="string" value="residential" symbol="11" label="voie communale ou résidentielle (residential)" render="true"></category>
   <category type="string" value="living_street" symbol="12" label="voie communale ou résidentielle (living_street)" render="true"></category>
   <category type="string" value="service" symbol="13" label="desserte ou chemin" render="true"></category>
   <category type="string" value="track" symbol="14" label="desserte ou chemin (track)" render="true"></category>
   <category type="string" value="cycleway" symbol="15" label="voie piétonne ou cyclable" render="true"></category>
   <category type="string" value="footway" symbol="16" label="voie piétonne ou cyclable (footway)" render="true"></category>
   <category type="string" value="path" symbol="17" label="voie piétonne ou cyclable (path)" render="true"></category>
   <category type="string" value="pedestrian" symbol="18" label="voie piétonne ou cyclable (pedestrian)" render="true"></category>
   <category type="string" value="steps" symbol="19" label="voie piétonne ou cyclable (steps)" render="true"></category>
   <category type="string" value="bridleway" symbol="20" label="voie piétonne ou cyclable (bridleway)" render="true"></category>
  </categories>
  <ranges></ranges>
  <symbols>
   <symbol type="line" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="19" locked="0">
     <prop k="line_color" v="192,57,43,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="1.1"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="1" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="19" locked="0">
     <prop k="line_color" v="192,57,43,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="1.1"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="2" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="17" locked="0">
     <prop k="line_color" v="230,126,34,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.9"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="3" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="17" locked="0">
     <prop k="line_color" v="230,126,34,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.9"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="4" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="15" locked="0">
     <prop k="line_color" v="212,160,23,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.8"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="5" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="15" locked="0">
     <prop k="line_color" v="212,160,23,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.8"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="6" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="13" locked="0">
     <prop k="line_color" v="142,155,58,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.6"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="7" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="13" locked="0">
     <prop k="line_color" v="142,155,58,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.6"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="8" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="11" locked="0">
     <prop k="line_color" v="107,122,143,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.5"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="9" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="11" locked="0">
     <prop k="line_color" v="107,122,143,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.5"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="10" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="8" locked="0">
     <prop k="line_color" v="141,153,166,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.3"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="11" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="8" locked="0">
     <prop k="line_color" v="141,153,166,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.3"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="12" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="8" locked="0">
     <prop k="line_color" v="141,153,166,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.3"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="13" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="176,137,104,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="14" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="176,137,104,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="15" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="58,134,168,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="16" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="58,134,168,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="17" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="58,134,168,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="18" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="58,134,168,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="19" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="58,134,168,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="20" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="58,134,168,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.2"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <aliases>
  <alias field="name" index="2" name="nom"></alias>
  <alias field="ref" index="3" name="numéro"></alias>
  <alias field="highway" index="4" name="classe"></alias>
  <alias field="oneway" index="5" name="sens unique"></alias>
  <alias field="maxspeed" index="6" name="vitesse maximale"></alias>
  <alias field="tags" index="7" name="autres attributs OpenStreetMap"></alias>
 </aliases>
</qgis>
', NULL, true, 'Voies', 'maillage', NULL, '2026-11-23 22:24:59.939869', NULL);
SELECT pg_catalog.setval('maillage.maillage_audit_id_seq', 6, true);
SELECT pg_catalog.setval('maillage.maillage_ledger_version_id_seq', 2, true);
SELECT pg_catalog.setval('maillage.maillage_run_log_id_seq', 2, true);
SELECT pg_catalog.setval('maillage.maillage_run_number_seq', 2, true);
SELECT pg_catalog.setval('maillage.maillage_version_id_seq', 4, true);
SELECT pg_catalog.setval('maillage.snapshot_snapshot_seq', 2, true);
SELECT pg_catalog.setval('public.layer_styles_id_seq', 8, true);
ALTER TABLE ONLY maillage.access
    ADD CONSTRAINT access_pkey PRIMARY KEY (territory, role);
ALTER TABLE ONLY maillage.calendar
    ADD CONSTRAINT calendar_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.cell
    ADD CONSTRAINT cell_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.cell_1
    ADD CONSTRAINT cell_1_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.cell_2
    ADD CONSTRAINT cell_2_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.census
    ADD CONSTRAINT census_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.commune
    ADD CONSTRAINT commune_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.commune_1
    ADD CONSTRAINT commune_1_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.commune_2
    ADD CONSTRAINT commune_2_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.counted
    ADD CONSTRAINT counted_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.facility
    ADD CONSTRAINT facility_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.facility_1
    ADD CONSTRAINT facility_1_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.facility_2
    ADD CONSTRAINT facility_2_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.maillage_audit
    ADD CONSTRAINT maillage_audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY maillage.maillage_ledger_version
    ADD CONSTRAINT maillage_ledger_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY maillage.maillage_result
    ADD CONSTRAINT maillage_result_pkey PRIMARY KEY (key);
ALTER TABLE ONLY maillage.maillage_result
    ADD CONSTRAINT maillage_result_run_key UNIQUE (run);
ALTER TABLE ONLY maillage.maillage_run
    ADD CONSTRAINT maillage_run_id_key UNIQUE (id);
ALTER TABLE ONLY maillage.maillage_run_log
    ADD CONSTRAINT maillage_run_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY maillage.maillage_run
    ADD CONSTRAINT maillage_run_pkey PRIMARY KEY (number);
ALTER TABLE ONLY maillage.maillage_scenario
    ADD CONSTRAINT maillage_scenario_pkey PRIMARY KEY (territory, name, version);
ALTER TABLE ONLY maillage.maillage_version
    ADD CONSTRAINT maillage_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY maillage.maillage_worker
    ADD CONSTRAINT maillage_worker_pkey PRIMARY KEY (name);
ALTER TABLE ONLY maillage.on_demand
    ADD CONSTRAINT on_demand_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.restriction
    ADD CONSTRAINT restriction_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.restriction_1
    ADD CONSTRAINT restriction_1_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.restriction_2
    ADD CONSTRAINT restriction_2_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.road_node
    ADD CONSTRAINT road_node_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.road_node_1
    ADD CONSTRAINT road_node_1_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.road_node_2
    ADD CONSTRAINT road_node_2_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.route
    ADD CONSTRAINT route_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.secret
    ADD CONSTRAINT secret_pkey PRIMARY KEY (snapshot, counts);
ALTER TABLE ONLY maillage.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (snapshot);
ALTER TABLE ONLY maillage.snapshot
    ADD CONSTRAINT snapshot_territory_vintage_key UNIQUE (territory, vintage);
ALTER TABLE ONLY maillage.stop
    ADD CONSTRAINT stop_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.trip
    ADD CONSTRAINT trip_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.way
    ADD CONSTRAINT way_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.way_1
    ADD CONSTRAINT way_1_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.way_2
    ADD CONSTRAINT way_2_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY maillage.zone
    ADD CONSTRAINT zone_pkey PRIMARY KEY (snapshot, fid);
ALTER TABLE ONLY public.layer_styles
    ADD CONSTRAINT layer_styles_pkey PRIMARY KEY (id);
CREATE INDEX cell_centre_idx ON ONLY maillage.cell USING gist (centre) WHERE (outline IS NULL);
CREATE INDEX cell_1_centre_idx ON maillage.cell_1 USING gist (centre) WHERE (outline IS NULL);
CREATE INDEX cell_outline_idx ON ONLY maillage.cell USING gist (outline) WHERE (outline IS NOT NULL);
CREATE INDEX cell_1_outline_idx ON maillage.cell_1 USING gist (outline) WHERE (outline IS NOT NULL);
CREATE INDEX cell_2_centre_idx ON maillage.cell_2 USING gist (centre) WHERE (outline IS NULL);
CREATE INDEX cell_2_outline_idx ON maillage.cell_2 USING gist (outline) WHERE (outline IS NOT NULL);
CREATE INDEX census_commune_idx ON ONLY maillage.census USING btree (commune);
CREATE INDEX commune_epci_idx ON ONLY maillage.commune USING btree (epci);
CREATE INDEX commune_1_epci_idx ON maillage.commune_1 USING btree (epci);
CREATE INDEX commune_fid_idx ON ONLY maillage.commune USING btree (fid) WHERE (exact IS NOT NULL);
CREATE INDEX commune_1_fid_idx ON maillage.commune_1 USING btree (fid) WHERE (exact IS NOT NULL);
CREATE INDEX commune_outline_idx ON ONLY maillage.commune USING gist (outline);
CREATE INDEX commune_1_outline_idx ON maillage.commune_1 USING gist (outline);
CREATE INDEX commune_2_epci_idx ON maillage.commune_2 USING btree (epci);
CREATE INDEX commune_2_fid_idx ON maillage.commune_2 USING btree (fid) WHERE (exact IS NOT NULL);
CREATE INDEX commune_2_outline_idx ON maillage.commune_2 USING gist (outline);
CREATE INDEX counted_centre_idx ON ONLY maillage.counted USING gist (centre) WHERE (outline IS NULL);
CREATE INDEX counted_outline_idx ON ONLY maillage.counted USING gist (outline) WHERE (outline IS NOT NULL);
CREATE INDEX facility_location_idx ON ONLY maillage.facility USING gist (location);
CREATE INDEX facility_1_location_idx ON maillage.facility_1 USING gist (location);
CREATE INDEX facility_2_location_idx ON maillage.facility_2 USING gist (location);
CREATE INDEX maillage_audit_at ON maillage.maillage_audit USING btree (at);
CREATE UNIQUE INDEX maillage_run_active ON maillage.maillage_run USING btree (key) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE INDEX maillage_run_beat ON maillage.maillage_run USING btree (beat) WHERE (state = 'running'::text);
CREATE INDEX maillage_run_key ON maillage.maillage_run USING btree (key);
CREATE INDEX maillage_run_log_run ON maillage.maillage_run_log USING btree (run, id);
CREATE INDEX maillage_run_queued ON maillage.maillage_run USING btree (priority, number) WHERE (state = 'queued'::text);
CREATE INDEX maillage_scenario_id ON maillage.maillage_scenario USING btree (id);
CREATE INDEX restriction_point_idx ON ONLY maillage.restriction USING gist (point);
CREATE INDEX restriction_1_point_idx ON maillage.restriction_1 USING gist (point);
CREATE INDEX restriction_2_point_idx ON maillage.restriction_2 USING gist (point);
CREATE INDEX road_node_point_idx ON ONLY maillage.road_node USING gist (point);
CREATE INDEX road_node_1_point_idx ON maillage.road_node_1 USING gist (point);
CREATE INDEX road_node_2_point_idx ON maillage.road_node_2 USING gist (point);
CREATE INDEX route_course_idx ON ONLY maillage.route USING gist (course);
CREATE UNIQUE INDEX snapshot_current ON maillage.snapshot USING btree (territory) WHERE current;
CREATE INDEX stop_location_idx ON ONLY maillage.stop USING gist (location);
CREATE INDEX trip_extent_idx ON ONLY maillage.trip USING gist (extent);
CREATE INDEX way_line_idx ON ONLY maillage.way USING gist (line);
CREATE INDEX way_1_line_idx ON maillage.way_1 USING gist (line);
CREATE INDEX way_2_line_idx ON maillage.way_2 USING gist (line);
CREATE INDEX zone_fid_idx ON ONLY maillage.zone USING btree (fid) WHERE (exact IS NOT NULL);
CREATE INDEX zone_outline_idx ON ONLY maillage.zone USING gist (outline);
ALTER INDEX maillage.cell_centre_idx ATTACH PARTITION maillage.cell_1_centre_idx;
ALTER INDEX maillage.cell_outline_idx ATTACH PARTITION maillage.cell_1_outline_idx;
ALTER INDEX maillage.cell_pkey ATTACH PARTITION maillage.cell_1_pkey;
ALTER INDEX maillage.cell_centre_idx ATTACH PARTITION maillage.cell_2_centre_idx;
ALTER INDEX maillage.cell_outline_idx ATTACH PARTITION maillage.cell_2_outline_idx;
ALTER INDEX maillage.cell_pkey ATTACH PARTITION maillage.cell_2_pkey;
ALTER INDEX maillage.commune_epci_idx ATTACH PARTITION maillage.commune_1_epci_idx;
ALTER INDEX maillage.commune_fid_idx ATTACH PARTITION maillage.commune_1_fid_idx;
ALTER INDEX maillage.commune_outline_idx ATTACH PARTITION maillage.commune_1_outline_idx;
ALTER INDEX maillage.commune_pkey ATTACH PARTITION maillage.commune_1_pkey;
ALTER INDEX maillage.commune_epci_idx ATTACH PARTITION maillage.commune_2_epci_idx;
ALTER INDEX maillage.commune_fid_idx ATTACH PARTITION maillage.commune_2_fid_idx;
ALTER INDEX maillage.commune_outline_idx ATTACH PARTITION maillage.commune_2_outline_idx;
ALTER INDEX maillage.commune_pkey ATTACH PARTITION maillage.commune_2_pkey;
ALTER INDEX maillage.facility_location_idx ATTACH PARTITION maillage.facility_1_location_idx;
ALTER INDEX maillage.facility_pkey ATTACH PARTITION maillage.facility_1_pkey;
ALTER INDEX maillage.facility_location_idx ATTACH PARTITION maillage.facility_2_location_idx;
ALTER INDEX maillage.facility_pkey ATTACH PARTITION maillage.facility_2_pkey;
ALTER INDEX maillage.restriction_pkey ATTACH PARTITION maillage.restriction_1_pkey;
ALTER INDEX maillage.restriction_point_idx ATTACH PARTITION maillage.restriction_1_point_idx;
ALTER INDEX maillage.restriction_pkey ATTACH PARTITION maillage.restriction_2_pkey;
ALTER INDEX maillage.restriction_point_idx ATTACH PARTITION maillage.restriction_2_point_idx;
ALTER INDEX maillage.road_node_pkey ATTACH PARTITION maillage.road_node_1_pkey;
ALTER INDEX maillage.road_node_point_idx ATTACH PARTITION maillage.road_node_1_point_idx;
ALTER INDEX maillage.road_node_pkey ATTACH PARTITION maillage.road_node_2_pkey;
ALTER INDEX maillage.road_node_point_idx ATTACH PARTITION maillage.road_node_2_point_idx;
ALTER INDEX maillage.way_line_idx ATTACH PARTITION maillage.way_1_line_idx;
ALTER INDEX maillage.way_pkey ATTACH PARTITION maillage.way_1_pkey;
ALTER INDEX maillage.way_line_idx ATTACH PARTITION maillage.way_2_line_idx;
ALTER INDEX maillage.way_pkey ATTACH PARTITION maillage.way_2_pkey;
CREATE TRIGGER maillage_result_never_changes BEFORE UPDATE ON maillage.maillage_result FOR EACH ROW EXECUTE FUNCTION maillage.maillage_never_changes();
ALTER TABLE ONLY maillage.maillage_result
    ADD CONSTRAINT maillage_result_run_fkey FOREIGN KEY (run) REFERENCES maillage.maillage_run(id);
ALTER TABLE ONLY maillage.maillage_run_log
    ADD CONSTRAINT maillage_run_log_run_fkey FOREIGN KEY (run) REFERENCES maillage.maillage_run(id);
ALTER TABLE ONLY maillage.secret
    ADD CONSTRAINT secret_snapshot_fkey FOREIGN KEY (snapshot) REFERENCES maillage.snapshot(snapshot) ON DELETE CASCADE;
ALTER TABLE maillage.access ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.calendar ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.cell ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.cell_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.cell_2 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.census ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.commune ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.commune_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.commune_2 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.counted ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.facility ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.facility_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.facility_2 ENABLE ROW LEVEL SECURITY;
CREATE POLICY granted ON maillage.access FOR SELECT USING ((role IN ( SELECT pg_roles.rolname
   FROM pg_roles
  WHERE pg_has_role(pg_roles.oid, 'MEMBER'::text))));
CREATE POLICY granted ON maillage.calendar FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.cell FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s
  WHERE (s.secrecy_minimum = 0))));
CREATE POLICY granted ON maillage.census FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.commune FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.counted FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s
  WHERE (COALESCE((((s.counts -> counted.counts) ->> 'secrecy_minimum'::text))::bigint, (0)::bigint) = 0))));
CREATE POLICY granted ON maillage.facility FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.on_demand FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.restriction FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.road_node FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.route FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.snapshot FOR SELECT USING ((territory IN ( SELECT a.territory
   FROM maillage.access a)));
CREATE POLICY granted ON maillage.stop FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.transfer FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.trip FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.way FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
CREATE POLICY granted ON maillage.zone FOR SELECT USING ((snapshot IN ( SELECT s.snapshot
   FROM maillage.snapshot s)));
ALTER TABLE maillage.on_demand ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.restriction ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.restriction_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.restriction_2 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.road_node ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.road_node_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.road_node_2 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.route ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.snapshot ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.stop ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.trip ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.way ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.way_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.way_2 ENABLE ROW LEVEL SECURITY;
ALTER TABLE maillage.zone ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA maillage TO consultation_sig;
GRANT USAGE ON SCHEMA territoire_town TO consultation_sig;
GRANT SELECT ON TABLE maillage.access TO consultation_sig;
GRANT SELECT ON TABLE maillage.calendar TO consultation_sig;
GRANT SELECT ON TABLE maillage.cell TO consultation_sig;
GRANT SELECT ON TABLE maillage.census TO consultation_sig;
GRANT SELECT ON TABLE maillage.commune TO consultation_sig;
GRANT SELECT ON TABLE maillage.counted TO consultation_sig;
GRANT SELECT ON TABLE maillage.facility TO consultation_sig;
GRANT SELECT ON TABLE maillage.maillage_ledger_version TO consultation_sig;
GRANT SELECT ON TABLE maillage.maillage_version TO consultation_sig;
GRANT SELECT ON TABLE maillage.on_demand TO consultation_sig;
GRANT SELECT ON TABLE maillage.restriction TO consultation_sig;
GRANT SELECT ON TABLE maillage.road_node TO consultation_sig;
GRANT SELECT ON TABLE maillage.route TO consultation_sig;
GRANT SELECT ON TABLE maillage.snapshot TO consultation_sig;
GRANT SELECT ON TABLE maillage.stop TO consultation_sig;
GRANT SELECT ON TABLE maillage.transfer TO consultation_sig;
GRANT SELECT ON TABLE maillage.trip TO consultation_sig;
GRANT SELECT ON TABLE maillage.way TO consultation_sig;
GRANT SELECT ON TABLE maillage.zone TO consultation_sig;
GRANT SELECT ON TABLE public.layer_styles TO consultation_sig;
GRANT SELECT ON TABLE territoire_town.carreaux TO consultation_sig;
GRANT SELECT ON TABLE territoire_town.communes TO consultation_sig;
GRANT SELECT ON TABLE territoire_town.equipements TO consultation_sig;
GRANT SELECT ON TABLE territoire_town.routes TO consultation_sig;
