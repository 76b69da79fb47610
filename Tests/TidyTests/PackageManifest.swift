/// The targets of a Package.swift, as far as the import table needs them.
struct PackageManifest {
    struct Target: Equatable {
        let name: String
        /// Dependencies written as plain names: targets of this package.
        let modules: [String]
        /// Dependencies written as `.product(name:…)`.
        let products: [String]
    }

    /// Product targets; tests and their support are left out.
    let targets: [Target]

    init(_ text: String) {
        var found: [Target] = []
        for opening in [".target(", ".executableTarget(", ".systemLibrary("] {
            for range in text.ranges(of: opening) {
                let call = Self.balanced(text[range.upperBound...])
                guard let name = Self.strings(after: "name:", in: call).first, !call.contains("path: \"Tests") else {
                    continue
                }
                var modules: [String] = []
                var products: [String] = []
                if let start = call.firstRange(of: "dependencies: [") {
                    let list = Self.balanced(call[start.upperBound...], open: "[", close: "]")
                    products = Self.strings(after: ".product(name:", in: list)
                    var rest = Substring(list)
                    while let product = rest.firstRange(of: ".product(") {
                        modules += Self.strings(in: rest[..<product.lowerBound])
                        let inside = Self.balanced(rest[product.upperBound...])
                        rest = rest[product.upperBound...].dropFirst(inside.count)
                    }
                    modules += Self.strings(in: rest)
                }
                found.append(Target(name: name, modules: modules, products: products))
            }
        }
        targets = found.sorted { $0.name < $1.name }
    }

    /// Dependencies that the import table does not allow, and targets that it does not know.
    var violations: [Violation] {
        targets.flatMap { target -> [Violation] in
            guard let row = ImportTable.rows[target.name] else {
                return [Violation(path: "Package.swift", line: 0, reason: "\(target.name) is not in the import table")]
            }
            return
                (target.modules.filter { !row.modules.contains($0) }
                + target.products.filter { !row.packages.contains($0) })
                .map {
                    Violation(path: "Package.swift", line: 0, reason: "\(target.name) must not depend on \($0)")
                }
        }
    }

    /// The text up to the bracket that closes one already open.
    private static func balanced(_ text: Substring, open: Character = "(", close: Character = ")") -> String {
        var depth = 1
        var inside = ""
        for character in text {
            if character == open { depth += 1 }
            if character == close { depth -= 1 }
            if depth == 0 { break }
            inside.append(character)
        }
        return inside
    }

    private static func strings(in text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private static func strings(after label: String, in text: String) -> [String] {
        text.ranges(of: label).compactMap { strings(in: text[$0.upperBound...]).first }
    }
}
