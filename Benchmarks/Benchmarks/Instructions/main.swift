import Workloads

// One workload so many times and nothing else, for whoever counts its instructions: `scripts/thresholds.py`. Without
// arguments: the workloads and how many units a run of each has.
let arguments = CommandLine.arguments.dropFirst()
if arguments.isEmpty {
    for workload in Workload.all { print(workload.name, workload.units) }
} else if arguments.count == 2, let workload = Workload.all.first(where: { $0.name == arguments.first }),
    let runs = Int(arguments.last ?? ""), runs > 0
{
    let run = workload.prepare()
    for _ in 0..<runs { run() }
} else {
    print("usage: Instructions [WORKLOAD RUNS]")
}
