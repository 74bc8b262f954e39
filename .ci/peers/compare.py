"""Asks every engine the same questions and prints what they answer, and when.

usage: compare.py FOLDER DATA   (see .ci/bench-peers, which leaves ours.test in FOLDER)
"""

import json
import math
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

import engines

TERRITORIES = {"liechtenstein": "liechtenstein/liechtenstein.osm.pbf", "bayreuth": "bayreuth/north-bayreuth.osm.pbf",
               "delaware": os.environ.get("PEERS_DELAWARE", "")}
RUNS = {"liechtenstein": 5, "delaware": 1}  # after one that does not count


def ask_ours(folder):
    """Runs TestPeers, which writes questions and our answers into the folder."""
    package = Path(__file__).parents[2] / "analyses" / "traveltime"
    engines.run(folder.parent / "ours.test", "-test.run", "^TestPeers$", "-peers", folder, cwd=package)


def load(folder, territory, mode):
    return json.loads((folder / f"{territory}-{mode}.json").read_text())


def with_peer(make, data, territory, mode, case, use):
    """Prepares the peer in a folder of its own, uses it, stops it."""
    print(f"{territory}, {mode}: {make.name} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        peer = make()
        peer.prepare(Path(temporary), data / TERRITORIES[territory], mode, case)
        try:
            return use(peer)
        finally:
            peer.stop()


def present():
    for make in engines.ALL:
        try:
            print(f"{make.name:10} {make().version}")
            yield make
        except engines.Absent as why:
            print(f"{make.name:10} absent: {why}")


def matrices(makes, folder, data, territory):
    case = load(folder, territory, "car")
    peers = {make: with_peer(make, data, territory, "car", case, lambda peer: measure(peer, RUNS[territory])) for make in makes}
    # Ours is measured before the peers and after them: other work on the machine changes.
    again = folder.parent / ("again-" + territory)
    again.mkdir()
    ask_ours(again)
    runs = load(again, territory, "car")["Runs"]
    ours = {threads: case["Runs"][threads] + runs[threads] for threads in runs}
    whole, joined = (min(statistics.median(times) for what, times in ours.items() if what.startswith(kind)) for kind in ("whole", "joined"))
    print(f"\n{len(case['Facilities'])} facilities × {len(case['Homes'])} homes, {territory}, car, prepared network, {len(case['Vertices'])} junctions\n")
    print("| engine | median ms | least ms | ÷ ours, joining points included | ÷ ours, points joined before | its times beside ours |\n|---|---|---|---|---|---|")
    rows = [(f"Maillage, {what}", times, "") for what, times in sorted(ours.items())]
    rows += [(make.name, times, difference(make, case, matrix)) for make, (times, matrix) in peers.items()]
    for name, times, remark in rows:
        middle = statistics.median(times)
        print(f"| {name} | {middle:.1f} | {min(times):.1f} | {middle / whole:.1f} | {middle / joined:.1f} | {remark} |")


def measure(peer, count):
    peer.matrix()  # the first one warms caches
    runs = [peer.matrix() for _ in range(count)]
    return [milliseconds for milliseconds, _ in runs], runs[-1][1]


def difference(make, case, rows):
    """How far a peer's matrix is from ours: exactly, where it used our edges."""
    pairs = [(t, o / 1000) for mine, theirs in zip(case["Matrix"], rows) for o, t in zip(mine, theirs)]
    if hasattr(make, "profiles"):
        both = [o / t for t, o in pairs if t and o > 0]
        return f"own speeds: ours ÷ it {statistics.median(both):.3f}"
    unlike = [t < o for t, o in pairs if not abs(t - o) < 0.0005]
    return f"same edges: {len(unlike):,} of {len(pairs):,} differ" + (f", {sum(unlike):,} of them shorter" if unlike else "")


def quantile(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    low = math.floor(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def spread(label, ratios, none):
    inside = sum(0.85 <= r <= 1.15 for r in ratios) / len(ratios)
    cells = " | ".join(f"{quantile(ratios, q):.3f}" for q in (0.5, 0.1, 0.9, 0, 1))
    print(f"| {label} | {len(ratios)} | {cells} | {inside:.0%} | {none} |")


def accuracy(makes, folder, data):
    makes = [m for m in makes if hasattr(m, "profiles")]
    print("\nTimes of the same 500 random pairs of junctions: ratios\n")
    print("| | pairs | median | P10 | P90 | least | most | within 15 % | no route |\n|---|---|---|---|---|---|---|---|---|")
    worst = []
    for mode in ("car", "bike", "foot"):
        for territory in ("liechtenstein", "bayreuth"):
            case = load(folder, territory, mode)
            routes = {"ours": [ms / 1000 if ms >= 0 else None for ms in case["Times"]]}
            for make in makes:
                found = with_peer(make, data, territory, mode, case, lambda peer: [route(peer, case, p) for p in case["Pairs"]])
                routes[make.name] = [f and f[0] for f in found]
                if mode == "car":
                    worst += describe_worst(make.name, territory, case, found)
            if len(makes) == 2:
                routes["middle of both"] = [x and y and math.sqrt(x * y) for x, y in zip(*(routes[m.name] for m in makes))]
            names = list(routes)
            for i, b in enumerate(names):
                for a in names[:1] if b == "middle of both" else names[:i]:
                    ratios = [x / y for x, y in zip(routes[a], routes[b]) if x and y]
                    none = sum(p[0] != p[1] and not (x and y) for p, x, y in zip(case["Pairs"], routes[a], routes[b]))
                    spread(f"{mode}, {territory}: {a} ÷ {b}", ratios, none)
    print("\nThe car journeys that differ most\n\n" + "\n".join(worst))


def route(peer, case, pair):
    return peer.route(*(case["Vertices"][v] for v in pair))


def describe_worst(name, territory, case, found):
    ranked = sorted((abs(math.log(ms / 1000 / f[0])), ms / 1000, f, p) for ms, f, p in zip(case["Times"], found, case["Pairs"]) if f and f[0] and ms > 0)
    for _, ours, (seconds, metres), (a, b) in reversed(ranked[-5:]):
        a, b = ("%.5f,%.5f" % tuple(reversed(case["Vertices"][v])) for v in (a, b))
        yield f"- {territory}, {a} → {b}: ours {ours:.0f} s, {name} {seconds:.0f} s over {metres / 1000:.1f} km"


def main():
    work, data = map(Path, sys.argv[1:])
    folder = work / "questions"
    folder.mkdir()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} threads, load {os.getloadavg()[0]:.1f}")
    ask_ours(folder)
    makes = list(present())
    if TERRITORIES["delaware"]:  # pandana had not ended after ten minutes
        matrices([make for make in makes if make.name != "pandana"], folder, data, "delaware")
    else:
        matrices(makes, folder, data, "liechtenstein")
        accuracy(makes, folder, data)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


main()
