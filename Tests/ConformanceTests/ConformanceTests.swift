import Testing

@Suite("conformance with RabbitMQ")
struct ConformanceTests {
    @Test("Warren behaves as RabbitMQ does", arguments: Behaviour.all)
    func conforms(_ behaviour: Behaviour) async throws {
        let brokers = try await Brokers.runners()
        async let expected = brokers.rabbitMQ.outcome(of: behaviour)
        async let found = brokers.warren.outcome(of: behaviour)
        let (rabbitMQ, warren) = try await (expected, found)
        #expect(warren == rabbitMQ, "\(behaviour.sentence)")
    }

    @Test("the behaviours of this milestone are all there")
    func listed() throws {
        let names = try Behaviour.listing.get().map(\.name)
        #expect(names.count >= 200)
        #expect(Set(names).count == names.count)
    }
}
