/// What may lie at the top of the repository.
enum TopLevelRule {
    private static let allowed: Set<String> = [
        "Benchmarks", "LICENSE", "Package.swift", "README.md", "Sources", "Tests", "themes",
    ]

    /// Names that do not belong there; those that begin with a dot do.
    static func violations(_ names: [String]) -> [String] {
        names.filter { !$0.hasPrefix(".") && !allowed.contains($0) }
    }
}
