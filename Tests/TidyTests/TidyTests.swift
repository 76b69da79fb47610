import Testing

@Suite("the house stays tidy")
struct TidyTests {
    @Test("every module imports only what the design's table allows")
    func imports() {
        expectNone(RepositoryFiles.swift(under: "Sources").flatMap(ImportTable.violations))
    }

    @Test("Package.swift depends only on what the design's table allows")
    func manifest() throws {
        let manifest = PackageManifest(try #require(RepositoryFiles.all.first { $0.path == "Package.swift" }).text)
        expectNone(manifest.violations)
        let modules = Set(RepositoryFiles.all.compactMap(\.module))
        #expect(Set(manifest.targets.map(\.name)) == modules, "targets and folders of Sources are the same")
    }

    @Test("the light modules reach no TLS, cryptography or HTTP package, not even through each other")
    func light() {
        for module in ImportTable.light {
            #expect(reachablePackages(from: module).isDisjoint(with: ImportTable.heavy), "\(module)")
        }
    }

    @Test("no file outgrows its limit, and no exception outlives its need")
    func lengths() {
        let files = RepositoryFiles.all.filter { file in
            // Goldens are pictures, not texts.
            !file.path.contains("/Goldens/")
                && ["Sources/", "Tests/", "Benchmarks/"].contains(where: file.path.hasPrefix)
        }
        expectNone(files.flatMap { LengthRatchet.violations(in: $0) })
        let paths = Set(files.map(\.path))
        #expect(LengthRatchet.exceptions.keys.filter { !paths.contains($0) }.isEmpty, "exceptions for files long gone")
    }

    @Test("only the executable prints")
    func prints() {
        expectNone(RepositoryFiles.swift(under: "Sources").flatMap(LineRules.prints))
    }

    @Test("every force says why it cannot fail")
    func forcing() {
        expectNone(RepositoryFiles.swift(under: "Sources").flatMap(LineRules.forcing))
    }

    @Test("the engine never walks through a dictionary or set unsorted", arguments: ["Broker", "Journal", "Raft"])
    func order(_ module: String) {
        let files = RepositoryFiles.swift(under: "Sources/" + module)
        let rule = OrderRule(files)
        expectNone(files.flatMap(rule.violations))
    }

    @Test("the top of the repository holds what the design lists and nothing else")
    func topLevel() throws {
        #expect(TopLevelRule.violations(try RepositoryFiles.topLevel()) == [])
    }

    @Test("every test has a sentence as its name")
    func names() {
        expectNone(RepositoryFiles.swift(under: "Tests").flatMap(LineRules.unnamedTests))
    }

    @Test("no test sleeps")
    func sleeps() {
        expectNone(RepositoryFiles.all.filter { $0.path.hasPrefix("Tests/") }.flatMap(LineRules.sleeps))
    }

    @Test("no file names a path of somebody's machine")
    func localPaths() {
        expectNone(RepositoryFiles.all.flatMap(LineRules.localPaths))
    }

    private func expectNone(_ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation) {
        for violation in violations { Issue.record("\(violation)", sourceLocation: sourceLocation) }
    }

    private func reachablePackages(from module: String) -> Set<String> {
        guard let row = ImportTable.rows[module] else { return [] }
        return row.modules.reduce(row.packages) { $0.union(reachablePackages(from: $1)) }
    }
}
