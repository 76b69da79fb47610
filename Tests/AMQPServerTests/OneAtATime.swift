import Testing

/// Suites that measure time, or load the machine: none of them beside another.
@Suite("One after another", .serialized)
enum OneAtATime {}
