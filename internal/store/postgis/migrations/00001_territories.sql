-- +goose Up
CREATE TABLE maillage.snapshot (
  snapshot       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  territory      text COLLATE "C" NOT NULL,
  name           text NOT NULL,
  modelled       boolean NOT NULL,
  vintage        text COLLATE "C" NOT NULL,
  hash           text NOT NULL,
  imported       timestamptz NOT NULL DEFAULT clock_timestamp(),
  current        boolean NOT NULL,
  communes       integer NOT NULL,
  cells          integer NOT NULL,
  facilities     integer NOT NULL,
  ways           integer NOT NULL,
  nodes          integer NOT NULL,
  grid           text NOT NULL,
  grid_year      bigint NOT NULL,
  grid_cell_size bigint NOT NULL,
  columns        text[] NOT NULL,
  catalogue      json NOT NULL, -- not jsonb, which changes numbers and order
  sources        json NOT NULL,
  UNIQUE (territory, vintage)
);
CREATE UNIQUE INDEX snapshot_current ON maillage.snapshot (territory) WHERE current;
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

CREATE TABLE maillage.commune (
  snapshot   bigint NOT NULL,
  fid        integer NOT NULL,
  code       text NOT NULL,
  name       text NOT NULL,
  epci       text NOT NULL,
  epci_name  text NOT NULL,
  population bigint NOT NULL,
  study      boolean NOT NULL,
  outline    geometry(MultiPolygon,4326),
  exact      bytea,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.commune USING gist (outline);
CREATE INDEX ON maillage.commune (epci);
CREATE INDEX ON maillage.commune (fid) WHERE exact IS NOT NULL;
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

CREATE TABLE maillage.cell (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
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
-- A cell is found by its outline, whose box holds its centre, or by its centre if it has none.
CREATE INDEX ON maillage.cell USING gist (outline) WHERE outline IS NOT NULL;
CREATE INDEX ON maillage.cell USING gist (centre) WHERE outline IS NULL;
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

CREATE TABLE maillage.facility (
  snapshot   bigint NOT NULL,
  fid        integer NOT NULL,
  id         text NOT NULL,
  name       text NOT NULL,
  service    text NOT NULL,
  location   geometry(Point,4326) NOT NULL,
  commune    text NOT NULL,
  capacity   bigint,
  hours      text,
  accessible text NOT NULL,
  status     text NOT NULL,
  itinerant  boolean NOT NULL,
  note       text NOT NULL,
  source     text NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.facility USING gist (location);
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

CREATE TABLE maillage.way (
  snapshot  bigint NOT NULL,
  fid       integer NOT NULL,
  id        bigint NOT NULL,
  name      text,
  ref       text,
  highway   text,
  oneway    text,
  maxspeed  text,
  tags      json,
  nodes     bytea NOT NULL,
  line      geometry(LineString,4326) NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.way USING gist (line);
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

CREATE TABLE maillage.road_node (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
  id       bigint NOT NULL,
  position integer NOT NULL,
  tags     json,
  point    geometry(Point,4326) NOT NULL,
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.road_node USING gist (point);
COMMENT ON TABLE maillage.road_node IS 'Road nodes with tags (barriers, traffic signals), and those on no way';
COMMENT ON COLUMN maillage.road_node.snapshot IS 'snapshot it belongs to';
COMMENT ON COLUMN maillage.road_node.fid IS 'place in this table, from 1';
COMMENT ON COLUMN maillage.road_node.id IS 'id in OpenStreetMap, or one of our own';
COMMENT ON COLUMN maillage.road_node.position IS 'place in the order of node ids, from 0';
COMMENT ON COLUMN maillage.road_node.tags IS 'tags, absent for a node that is only on no way';
COMMENT ON COLUMN maillage.road_node.point IS 'place';

CREATE TABLE maillage.restriction (
  snapshot bigint NOT NULL,
  fid      integer NOT NULL,
  id       bigint NOT NULL,
  from_way bigint NOT NULL,
  via_node bigint NOT NULL,
  via_ways bigint[] NOT NULL,
  to_way   bigint NOT NULL,
  tags     json,
  point    geometry(Point,4326),
  PRIMARY KEY (snapshot, fid)
) PARTITION BY LIST (snapshot);
CREATE INDEX ON maillage.restriction USING gist (point);
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

CREATE TABLE maillage.access (
  territory text COLLATE "C" NOT NULL,
  role      name COLLATE "C" NOT NULL,
  PRIMARY KEY (territory, role)
);
COMMENT ON TABLE maillage.access IS 'Which role may read which territory';
COMMENT ON COLUMN maillage.access.territory IS 'id of the territory';
COMMENT ON COLUMN maillage.access.role IS 'database role; its members may read too';

-- A role sees its own grants, by them snapshots, and by those the rows of the other tables.
-- Asking pg_roles first leaves out roles that were dropped, which pg_has_role does not forgive.
ALTER TABLE maillage.access ENABLE ROW LEVEL SECURITY;
CREATE POLICY granted ON maillage.access FOR SELECT
  USING (role IN (SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')));
ALTER TABLE maillage.snapshot ENABLE ROW LEVEL SECURITY;
CREATE POLICY granted ON maillage.snapshot FOR SELECT
  USING (territory IN (SELECT a.territory FROM maillage.access a));
-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['commune', 'cell', 'facility', 'way', 'road_node', 'restriction'] LOOP
    EXECUTE format('ALTER TABLE maillage.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY granted ON maillage.%I FOR SELECT USING (snapshot IN (SELECT s.snapshot FROM maillage.snapshot s))', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- Where QGIS looks for styles; it makes the table like this itself.
CREATE TABLE IF NOT EXISTS public.layer_styles (
  id                serial PRIMARY KEY,
  f_table_catalog   varchar,
  f_table_schema    varchar,
  f_table_name      varchar,
  f_geometry_column varchar,
  stylename         text,
  styleqml          xml,
  stylesld          xml,
  useasdefault      boolean,
  description       text,
  owner             varchar(63) DEFAULT CURRENT_USER,
  ui                xml,
  update_time       timestamp DEFAULT CURRENT_TIMESTAMP,
  type              varchar
);

-- +goose Down
DROP TABLE maillage.access, maillage.restriction, maillage.road_node, maillage.way, maillage.facility, maillage.cell, maillage.commune, maillage.snapshot;
