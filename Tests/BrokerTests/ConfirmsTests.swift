import Testing

@testable import Broker

@Suite("Publisher confirms of a channel")
struct ConfirmsTests {
    /// What a flush says, as text: "a3*" is an ack of 3 with multiple, "n4" a nack of 4.
    func said(_ confirms: inout Confirms) -> [String] {
        var frames: [String] = []
        _ = confirms.flush(
            ack: { frames.append("a\($0)\($1 ? "*" : "")") }, nack: { frames.append("n\($0)") })
        return frames
    }

    @Test("publishes that wait for nothing are confirmed with one frame")
    func coalesced() {
        var confirms = Confirms()
        for _ in 0..<5 { confirms.publishSettled() }
        #expect(said(&confirms) == ["a5*"])
        #expect(said(&confirms) == [])
        confirms.publishSettled()
        #expect(said(&confirms) == ["a6"])
        #expect(confirms.unconfirmed == 0)
    }

    @Test("multiple never covers a publish that still waits")
    func waitingInTheMiddle() {
        var confirms = Confirms()
        confirms.publishSettled()
        let second = confirms.publish(waitingFor: 1)
        confirms.publishSettled()
        confirms.publishSettled()
        #expect(said(&confirms) == ["a1", "a3", "a4"])
        #expect(confirms.unconfirmed == 3)
        confirms.settle(second, through: second)
        #expect(said(&confirms) == ["a2"])
        #expect(confirms.unconfirmed == 0)
        confirms.publishSettled()
        confirms.publishSettled()
        #expect(said(&confirms) == ["a6*"])
    }

    @Test("a publish to two places is confirmed when both have answered")
    func twoPlaces() {
        var confirms = Confirms()
        let number = confirms.publish(waitingFor: 2)
        confirms.settle(number, through: number)
        #expect(said(&confirms) == [])
        confirms.settle(number, through: number)
        #expect(said(&confirms) == ["a1"])
    }

    @Test("a refused publish is nacked and its neighbours are not")
    func refused() {
        var confirms = Confirms()
        for _ in 0..<3 { _ = confirms.publish(waitingFor: 1) }
        confirms.settle(2, through: 2, refused: true)
        confirms.settle(1, through: 1)
        confirms.settle(3, through: 3)
        #expect(said(&confirms) == ["a1", "n2", "a3"])
        #expect(confirms.unconfirmed == 0)
    }

    @Test("in any order of events each publish is settled once, after all its events, and multiple is honest")
    func anyOrder() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        for round in 0..<300 {
            var confirms = Confirms()
            var waits: [UInt64: Int] = [:]
            var refused: Set<UInt64> = []
            var published: UInt64 = 0
            var settled: Set<UInt64> = []
            func check(_ confirms: inout Confirms) {
                _ = confirms.flush(
                    ack: { tag, multiple in
                        for number in 1...tag where (multiple || number == tag) && !settled.contains(number) {
                            #expect(waits[number] == 0 && !refused.contains(number), "seed \(seed) round \(round)")
                            settled.insert(number)
                        }
                    },
                    nack: { tag in
                        #expect(waits[tag] == 0 && refused.contains(tag), "seed \(seed) round \(round)")
                        #expect(settled.insert(tag).inserted, "seed \(seed) round \(round)")
                    })
            }
            for _ in 0..<60 {
                switch random.next() % 4 {
                case 0:
                    confirms.publishSettled()
                    published += 1
                    waits[published] = 0
                case 1:
                    let count = UInt32(random.next() % 3) + 1
                    published = confirms.publish(waitingFor: count)
                    waits[published] = Int(count)
                case 2:
                    let waiting = waits.filter { $0.value > 0 }.map(\.key).sorted()
                    guard let number = waiting.randomElement(using: &random) else { continue }
                    let isRefused = random.next() % 8 == 0
                    if isRefused { refused.insert(number) }
                    waits[number, default: 1] -= 1
                    confirms.settle(number, through: number, refused: isRefused)
                default:
                    check(&confirms)
                }
            }
            for number in waits.keys.sorted() {
                while let count = waits[number], count > 0 {
                    waits[number] = count - 1
                    confirms.settle(number, through: number)
                }
            }
            check(&confirms)
            #expect(settled.count == Int(published), "seed \(seed) round \(round)")
            #expect(confirms.unconfirmed == 0, "seed \(seed) round \(round)")
        }
    }
}
