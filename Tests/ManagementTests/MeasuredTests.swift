import Management
import Testing

@Suite("Measurements of several nodes")
struct MeasuredTests {
    @Test("counts and rates add up")
    func sum() {
        #expect(Measured.sum(Measured(5, rate: 1.5), Measured(7, rate: 2)) == Measured(12, rate: 3.5))
        #expect(Measured.sum(nil, Measured(7, rate: 2)) == Measured(7, rate: 2))
        #expect(Measured.sum(nil, nil) == nil)
    }

    @Test("there is no rate while a node that has counted something has none")
    func withoutRate() {
        #expect(Measured.sum(Measured(5, rate: 13), Measured(700)) == Measured(705))
        #expect(Measured.sum(Measured(700), Measured(5, rate: 13)) == Measured(705))
        #expect(Measured.sum(Measured(5), Measured(7)) == Measured(12))
    }

    @Test("a node that has counted nothing yet does not keep the others' rate back")
    func idle() {
        #expect(Measured.sum(Measured(5, rate: 13), Measured(0)) == Measured(5, rate: 13))
        #expect(Measured.sum(Measured(0), Measured(0)) == Measured(0))
    }
}
