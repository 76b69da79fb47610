"""Fails when the engine needs more instructions for a message than it did.

    python3 Benchmarks/scripts/thresholds.py [WORKLOAD …] [--update] [--allowed 1.1] [--scratch-path DIR]

Builds `Instructions` and runs each of its workloads twice under callgrind, with different numbers of runs: the
difference, divided by the units of the runs between them, is what a message, a frame or a record costs. Starting and
setting up cancel out, and so does whoever else uses the machine: the same program gives the same count within a
fraction of a percent, where the clock gives tens of percent. What it does not see are waits, system calls' own work and
cache misses: for those there is the benchmark `Engine`.

The thresholds are in `Benchmarks/Thresholds`, one file for each processor and version of Swift, because both change the
count. `--update` writes what was counted; say in the commit why it grew. Needs valgrind.
"""
import argparse, json, os, pathlib, platform, re, shutil, subprocess, sys

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
# Runs of a workload. The difference is a multiple of the reads that the longest of them goes through.
FEW, MANY = 20, 40


def swift_version():
    said = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"Swift version (\d+\.\d+)", said).group(1)


def build(scratch):
    """The program that runs workloads."""
    command = ["swift", "build", "-c", "release", "--package-path", str(PACKAGE), "--product", "Instructions"]
    if scratch:
        command += ["--scratch-path", scratch]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        sys.exit("Instructions was not built")
    where = subprocess.run([*command, "--show-bin-path"], capture_output=True, text=True, check=True)
    program = os.path.join(where.stdout.strip(), "Instructions")
    # Older valgrinds give up on debug information of newer compilers.
    stripped = program + ".stripped"
    subprocess.run(["strip", "--strip-debug", "-o", stripped, program], check=True)
    return stripped


def counted(program, workload, runs):
    """Instructions of a whole process."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, workload, str(runs)]
    # Hashes that differ from process to process would make the count differ as well.
    environment = dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1")
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or found is None:
        sys.exit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr[-2000:]}")
    return int(found.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="all of them unless named")
    parser.add_argument("--update", action="store_true", help="store what is counted")
    parser.add_argument("--allowed", type=float, default=1.1, help="how much more than stored may be counted")
    parser.add_argument("--scratch-path", help="where to build, instead of Benchmarks/.build")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed: apt-get install valgrind")
    program = build(options.scratch_path)
    listed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    units = {name: int(count) for name, count in (line.split() for line in listed.splitlines())}
    if unknown := [name for name in options.workloads if name not in units]:
        sys.exit(f"no such workload: {', '.join(unknown)}; there are {', '.join(units)}")

    file = PACKAGE / "Thresholds" / f"instructions-{platform.machine()}-swift-{swift_version()}.json"
    stored = json.loads(file.read_text()) if file.exists() else {}
    if not stored and not options.update:
        sys.exit(f"{file} does not exist: on a commit that is known to be good, make it with --update")
    print(f"{'WORKLOAD':18} {'INSTRUCTIONS':>12} {'STORED':>9} {'RATIO':>6}")
    failed = []
    for name in options.workloads or units:
        difference = counted(program, name, MANY) - counted(program, name, FEW)
        each = difference / ((MANY - FEW) * units[name])
        before = stored.get(name)
        ratio = each / before if before else None
        verdict = ""
        if ratio is None:
            verdict = "not stored yet"
        elif ratio > options.allowed:
            verdict = "TOO MANY"
        elif ratio < 1 / options.allowed:
            verdict = "fewer: keep it so with --update"
        if ratio is None or ratio > options.allowed:
            failed.append(name)
        print(f"{name:18} {each:12,.1f} {before or 0:9,.1f} {ratio or 0:6.3f}  {verdict}", flush=True)
        if options.update:
            stored[name] = round(each, 1)
    if options.update:
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n")
        return
    if failed:
        sys.exit(f"more instructions than allowed ({options.allowed} × stored), or nothing stored: {', '.join(failed)}")


if __name__ == "__main__":
    main()
