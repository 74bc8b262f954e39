-- +goose Up
ALTER TABLE maillage.snapshot
  ADD COLUMN zones integer NOT NULL DEFAULT 0,
  ADD COLUMN census integer NOT NULL DEFAULT 0,
  ADD COLUMN counts json NOT NULL DEFAULT '[]',
  ADD COLUMN secrecy_minimum bigint NOT NULL DEFAULT 0,
  ADD COLUMN secrecy_of text NOT NULL DEFAULT '';
COMMENT ON COLUMN maillage.snapshot.zones IS 'number of zones';
COMMENT ON COLUMN maillage.snapshot.census IS 'number of census rows';
COMMENT ON COLUMN maillage.snapshot.counts IS 'sets of counts other than the population, by name, each with its columns';
COMMENT ON COLUMN maillage.snapshot.secrecy_minimum IS 'the fewest that anything told of the population may be about, 0 where it is public';
COMMENT ON COLUMN maillage.snapshot.secrecy_of IS 'the column that the minimum counts';

ALTER TABLE maillage.facility ADD COLUMN holidays text;
ALTER TABLE maillage.facility ADD COLUMN catchment text NOT NULL DEFAULT '';
COMMENT ON COLUMN maillage.facility.holidays IS 'opening hours in school holidays, absent if unknown';
COMMENT ON COLUMN maillage.facility.catchment IS 'for residents of its commune or epci only, empty for everybody';

-- With a key anybody could undo what protects the counts: no role but the owner
-- of the tables may read them, whatever is granted.
CREATE TABLE maillage.secret (
  snapshot bigint NOT NULL REFERENCES maillage.snapshot ON DELETE CASCADE,
  counts   text COLLATE "C" NOT NULL,
  key      text NOT NULL,
  PRIMARY KEY (snapshot, counts)
);
COMMENT ON TABLE maillage.secret IS 'Keys of statistical secrecy, for the owner only';
COMMENT ON COLUMN maillage.secret.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.secret.counts IS 'name of the set of counts, empty for the population';
COMMENT ON COLUMN maillage.secret.key IS 'key';
ALTER TABLE maillage.secret ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON maillage.secret FROM PUBLIC;

CREATE TABLE maillage.zone (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
  layer    text NOT NULL,
  id       text NOT NULL,
  name     text NOT NULL,
  outline  geometry(MultiPolygon,4326),
  exact    bytea,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.zone USING gist (outline);
CREATE INDEX ON maillage.zone (fid) WHERE exact IS NOT NULL;
COMMENT ON TABLE maillage.zone IS 'Zones of divisions other than communes: quarters, IRIS, school sectors';
COMMENT ON COLUMN maillage.zone.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.zone.fid IS 'place in the order of layers and ids, from 1';
COMMENT ON COLUMN maillage.zone.layer IS 'name of the division';
COMMENT ON COLUMN maillage.zone.id IS 'id in the division';
COMMENT ON COLUMN maillage.zone.name IS 'name';
COMMENT ON COLUMN maillage.zone.outline IS 'outline';
COMMENT ON COLUMN maillage.zone.exact IS 'outline as WKB where PostGIS takes it for none';

CREATE TABLE maillage.counted (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
  counts   integer NOT NULL,
  id       text NOT NULL,
  commune  text NOT NULL,
  study    boolean NOT NULL,
  imputed  boolean NOT NULL,
  centre   geometry(Point,4326) NOT NULL,
  outline  geometry(Polygon,4326),
  exact    bytea,
  amounts  bigint[] NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.counted USING gist (outline) WHERE outline IS NOT NULL;
CREATE INDEX ON maillage.counted USING gist (centre) WHERE outline IS NULL;
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

CREATE TABLE maillage.census (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
  commune  text NOT NULL,
  year     bigint NOT NULL,
  sex      text NOT NULL,
  age_from integer NOT NULL,
  age_to   integer NOT NULL,
  persons  bigint NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.census (commune);
COMMENT ON TABLE maillage.census IS 'People by commune, year, sex and age';
COMMENT ON COLUMN maillage.census.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.census.fid IS 'place in the order of communes, years, sexes and ages, from 1';
COMMENT ON COLUMN maillage.census.commune IS 'INSEE code of the commune';
COMMENT ON COLUMN maillage.census.year IS 'year';
COMMENT ON COLUMN maillage.census.sex IS 'F, M, or empty for both together';
COMMENT ON COLUMN maillage.census.age_from IS 'youngest age';
COMMENT ON COLUMN maillage.census.age_to IS 'oldest age, included; 999 for and over';
COMMENT ON COLUMN maillage.census.persons IS 'persons, in millionths';

-- Who may read a territory may read its new parts; roles that were dropped are passed over.
-- +goose StatementBegin
DO $$
DECLARE t text; r text;
BEGIN
  FOREACH t IN ARRAY ARRAY['zone', 'counted', 'census'] LOOP
    EXECUTE format('ALTER TABLE maillage.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY granted ON maillage.%I FOR SELECT USING (snapshot IN (SELECT s.snapshot FROM maillage.snapshot s))', t);
    FOR r IN SELECT DISTINCT rolname FROM maillage.access JOIN pg_roles ON rolname = role LOOP
      EXECUTE format('GRANT SELECT ON maillage.%I TO %I', t, r);
    END LOOP;
  END LOOP;
END $$;
-- +goose StatementEnd

-- Counts under statistical secrecy are for the owner of the tables: whoever else may
-- read the territory is told of them by Maillage's answers, which protect them.
ALTER POLICY granted ON maillage.cell USING (snapshot IN (SELECT s.snapshot FROM maillage.snapshot s WHERE s.secrecy_minimum = 0));
ALTER POLICY granted ON maillage.counted USING (snapshot IN (SELECT s.snapshot FROM maillage.snapshot s
  WHERE coalesce((s.counts -> counted.counts ->> 'secrecy_minimum')::bigint, 0) = 0));

-- +goose Down
ALTER POLICY granted ON maillage.cell USING (snapshot IN (SELECT s.snapshot FROM maillage.snapshot s));
DROP TABLE maillage.census, maillage.counted, maillage.zone, maillage.secret;
ALTER TABLE maillage.facility DROP COLUMN catchment, DROP COLUMN holidays;
ALTER TABLE maillage.snapshot DROP COLUMN secrecy_of, DROP COLUMN secrecy_minimum, DROP COLUMN counts, DROP COLUMN census, DROP COLUMN zones;
