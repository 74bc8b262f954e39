"""The peers: each prepares a network once and answers matrices and routes.

An engine has a name, prepare(folder, pbf, mode, case), matrix() and, if it has
profiles of its own, route(a, b). matrix() returns the milliseconds it took, by
its own clock where it tells, and per facility the seconds from every home.
route() returns seconds and metres, or None if it finds no such route.
"""

import contextlib
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path


class Absent(Exception):
    """The peer cannot be had here; the message says why."""


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def program(folder, package, name):
    path = Path(os.environ["PEERS_PROGRAMS"]) / folder / "bin" / name
    if not path.exists():
        raise Absent(f"{package} is not installed")
    path.chmod(0o755)
    return path


def transposed(rows):
    return [list(column) for column in zip(*rows)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A peer that runs as an HTTP server of its own."""

    def __init__(self, command, port, cwd):
        self.log = Path(cwd) / "server.log"
        self.url = f"http://127.0.0.1:{port}"
        with self.log.open("w") as out:
            self.process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=out, cwd=cwd)
        for _ in range(300):
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended: {self.log.read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{command[0]} does not listen")

    def ask(self, path, body=None):
        """Returns the answer; an answer that there is no route is one, too."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return answer.read()
        except urllib.error.HTTPError as failure:
            return failure.read()

    def stop(self):
        self.process.kill()  # Valhalla would wait half a minute for customers
        self.process.wait()


# OSRM moves a point that it cannot leave, on a road of a small island, to the
# next road that it can leave: beyond so many metres that is another question.
MOVED = 20


class OSRM:
    name = "OSRM"
    profiles = {"car": "car.lua", "bike": "bicycle.lua", "foot": "foot.lua"}

    def __init__(self):
        self.version = run(program("osrm", "osrm-bindings", "osrm-extract"), "--version").strip() + ", its own car, bicycle and foot profiles, CH, one thread"

    def prepare(self, folder, pbf, mode, case):
        shutil.copy(pbf, folder / "map.osm.pbf")
        tools = program("osrm", "osrm-bindings", "osrm-routed").parent
        run(tools / "osrm-extract", "-p", tools.parent / "share" / "profiles" / self.profiles[mode], folder / "map.osm.pbf")
        run(tools / "osrm-contract", folder / "map.osrm")
        port = free_port()
        self.case = case
        self.server = Server([tools / "osrm-routed", "-i", "127.0.0.1", "-p", port, "-t", 1, "--max-table-size", 10_000, "map.osrm"], port, folder)

    def matrix(self):
        homes, facilities = self.case["Homes"], self.case["Facilities"]
        points = ";".join("%.7f,%.7f" % tuple(self.case["Vertices"][v]) for v in homes + facilities)
        sources = ";".join(map(str, range(len(homes))))
        destinations = ";".join(str(len(homes) + i) for i in range(len(facilities)))
        answer = self.server.ask(f"/table/v1/driving/{points}?sources={sources}&destinations={destinations}&generate_hints=false&skip_waypoints=true")
        # The server's log says how long the request took without HTTP.
        own = re.findall(r"([\d.]+)ms .*/table/v1/", self.server.log.read_text())
        return float(own[-1]), transposed(json.loads(answer)["durations"])

    def route(self, a, b):
        answer = json.loads(self.server.ask("/route/v1/driving/%.7f,%.7f;%.7f,%.7f?overview=false" % (*a, *b)))
        if answer["code"] != "Ok" or any(w["distance"] > MOVED for w in answer["waypoints"]):
            return None
        return answer["routes"][0]["duration"], answer["routes"][0]["distance"]

    def stop(self):
        self.server.stop()


class Valhalla:
    name = "Valhalla"
    profiles = {"car": "auto", "bike": "bicycle", "foot": "pedestrian"}

    def __init__(self):
        self.version = run(program("valhalla", "pyvalhalla", "valhalla_build_tiles"), "--version").strip().split()[-1] + ", its own costing, timedistancematrix, one thread"

    def prepare(self, folder, pbf, mode, case):
        package = program("valhalla", "pyvalhalla", "valhalla_service").parent.parent
        config = json.loads(run(sys.executable, package / "valhalla_build_config.py"))
        for key in ("admin", "landmarks", "timezone", "transit_dir", "transit_feeds_dir", "traffic_extract", "tile_extract"):
            config["mjolnir"][key] = ""  # none of these is at hand
        config["mjolnir"]["tile_dir"] = str(folder / "tiles")
        # The default here, costmatrix, takes 25 times as long for a matrix of this shape.
        config["thor"]["source_to_target_algorithm"] = "timedistancematrix"
        for limits in config["service_limits"].values():
            if isinstance(limits, dict) and "max_matrix_location_pairs" in limits:
                limits["max_matrix_location_pairs"] = 10_000_000
                limits["max_locations"] = 10_000
        port = free_port()
        for part in ("loki", "thor", "odin", "meili"):
            config[part]["service"]["proxy"] = f"ipc://{folder}/{part}"
        config["httpd"]["service"].update(listen=f"tcp://127.0.0.1:{port}", loopback=f"ipc://{folder}/loopback", interrupt=f"ipc://{folder}/interrupt")
        (folder / "valhalla.json").write_text(json.dumps(config))
        run(package / "bin" / "valhalla_build_tiles", "-c", folder / "valhalla.json", pbf)
        self.case, self.costing = case, self.profiles[mode]
        self.server = Server([package / "bin" / "valhalla_service", "valhalla.json", 1], port, folder)

    def matrix(self):
        place = lambda v: {"lon": self.case["Vertices"][v][0], "lat": self.case["Vertices"][v][1]}
        question = {"sources": [place(v) for v in self.case["Homes"]], "targets": [place(v) for v in self.case["Facilities"]],
                    "costing": self.costing, "verbose": False}
        start = time.perf_counter()
        answer = self.server.ask("/sources_to_targets", question)
        elapsed = (time.perf_counter() - start) * 1000
        return elapsed, transposed(json.loads(answer)["sources_to_targets"]["durations"])

    def route(self, a, b):
        answer = json.loads(self.server.ask("/route", {"locations": [{"lon": a[0], "lat": a[1]}, {"lon": b[0], "lat": b[1]}],
                                                       "costing": self.costing, "directions_type": "none"}))
        if "trip" not in answer:
            return None
        return answer["trip"]["summary"]["time"], answer["trip"]["summary"]["length"] * 1000

    def stop(self):
        self.server.stop()


@contextlib.contextmanager
def silence():
    """Keeps a C++ library from writing into the tables."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def directed(case):
    """The open directed edges of the network: tail, head, milliseconds."""
    for tail, head, forward, backward, *_ in case["Edges"]:
        if forward >= 0:
            yield tail, head, forward
        if backward >= 0:
            yield head, tail, backward


class Pandana:
    name = "pandana"

    def __init__(self):
        try:
            self.version = metadata.version("pandana") + ", CH, our edges, all threads"
        except metadata.PackageNotFoundError:
            raise Absent("pandana is not installed")

    def prepare(self, folder, pbf, mode, case):
        import pandana
        import pandas

        self.case = case
        nodes = pandas.DataFrame(case["Vertices"], columns=["x", "y"])
        edges = pandas.DataFrame(directed(case), columns=["tail", "head", "ms"])
        with silence():
            self.network = pandana.Network(nodes.x, nodes.y, edges["tail"], edges["head"], edges[["ms"]], twoway=False)

    def matrix(self):
        homes, facilities = self.case["Homes"], self.case["Facilities"]
        starts = [h for _ in facilities for h in homes]
        ends = [f for f in facilities for _ in homes]
        start = time.perf_counter()
        lengths = self.network.shortest_path_lengths(starts, ends)
        elapsed = (time.perf_counter() - start) * 1000
        return elapsed, [[ms / 1000 for ms in lengths[j * len(homes):(j + 1) * len(homes)]] for j in range(len(facilities))]

    def stop(self):
        pass


class PgRouting:
    name = "pgRouting"

    def __init__(self):
        self.url = os.environ.get("MAILLAGE_DATABASE_URL")
        if not self.url:
            raise Absent("no database: postgresql-15-pgrouting is not installed")
        self.sql("CREATE EXTENSION IF NOT EXISTS pgrouting")
        self.version = self.sql("SELECT pgr_version()").strip() + ", pgr_dijkstraCost, our edges"

    def sql(self, *statements, **options):
        arguments = [part for s in statements for part in ("-c", s)]
        return run("psql", "-X", "-q", "-A", "-t", "-d", self.url, *arguments, **options)

    def prepare(self, folder, pbf, mode, case):
        self.case = case
        self.sql("DROP TABLE IF EXISTS edges", "CREATE TABLE edges (id bigint, source bigint, target bigint, cost float8, reverse_cost float8)")
        rows = "".join(f"{i}\t{tail}\t{head}\t{forward}\t{backward}\n" for i, (tail, head, forward, backward, *_) in enumerate(case["Edges"]))
        self.sql("COPY edges FROM STDIN", input=rows)
        self.sql("ANALYZE edges")

    def matrix(self):
        # From the facilities over reversed edges: 50 searches, not 2,000.
        network = "SELECT id, target AS source, source AS target, cost, reverse_cost FROM edges"
        array = lambda vertices: "ARRAY[%s]::bigint[]" % ",".join(map(str, vertices))
        facilities, homes = self.case["Facilities"], self.case["Homes"]
        query = f"pgr_dijkstraCost('{network}', {array(facilities)}, {array(homes)})"
        timed = self.sql(r"\timing on", f"SELECT count(*), sum(agg_cost) FROM {query}")
        elapsed = float(re.search(r"Time: ([\d.]+) ms", timed).group(1))
        cost = {(v, v): 0.0 for v in facilities}
        for line in self.sql(f"SELECT start_vid, end_vid, agg_cost FROM {query}").splitlines():
            facility, home, milliseconds = line.split("|")
            cost[int(facility), int(home)] = float(milliseconds) / 1000
        return elapsed, [[cost.get((f, h), math.nan) for h in homes] for f in facilities]

    def stop(self):
        pass


ALL = (PgRouting, Valhalla, OSRM, Pandana)
