import Management
import Terminal
import Testing

@testable import Console

@Test("an endpoint beyond this machine opens locked, unless its context says otherwise")
func whoOpensLocked() {
    for (isLoopback, locked, isClosed) in [
        (true, nil, false), (false, nil, true), (false, false, false), (true, true, true), (false, true, true),
    ] as [(Bool, Bool?, Bool)] {
        #expect(Lock(name: "mq", isLoopback: isLoopback, locked: locked).isClosed(at: .zero) == isClosed)
    }
    #expect(!Lock.open.isClosed(at: .seconds(1_000_000)))
}

@Test("the right name opens a lock for 15 minutes, another name does not")
func unlocking() {
    var lock = Lock(name: "production", isLoopback: false)
    for name in ["", "prod", "Production", "production2"] {
        let isOpen = lock.unlock(name, at: .seconds(10))
        #expect(!isOpen)
        #expect(lock.isClosed(at: .seconds(10)))
    }
    let isOpen = lock.unlock("production", at: .seconds(10))
    #expect(isOpen)
    #expect(!lock.isClosed(at: .seconds(10)))
    #expect(lock.openFor(at: .seconds(70)) == .seconds(14 * 60))
    #expect(!lock.isClosed(at: .milliseconds(909_999)))
    #expect(lock.isClosed(at: .seconds(910)))
    // Saying it again counts from then.
    _ = lock.unlock("production", at: .seconds(900))
    #expect(!lock.isClosed(at: .seconds(1_799)))
}

@Test("the gate lets nothing through that is read-only or locked, and says why")
func gate() {
    var lock = Lock(name: "mq-1", isLoopback: false)
    #expect(Gate(isReadOnly: true, lock: .open).refusal(at: .zero)?.contains("read-only") == true)
    #expect(
        Gate(isReadOnly: false, lock: lock).refusal(at: .zero) == "mq-1 is locked; :unlock mq-1 opens it for 15m")
    #expect(Gate(isReadOnly: false, lock: .open).refusal(at: .zero) == nil)
    _ = lock.unlock("mq-1", at: .zero)
    #expect(Gate(isReadOnly: false, lock: lock).refusal(at: .zero) == nil)
    #expect(Gate(isReadOnly: true, lock: lock).refusal(at: .zero) != nil)
}

@Test("on a locked endpoint every change is barred and the header says so")
func lockedConsole() throws {
    var state = try Fixture.console(lock: Lock(name: "mq-1", isLoopback: false))
    #expect(state.lines[0].contains("locked"))
    #expect(!state.lines[23].contains("purge"))
    for entry in ActionTable.entries where entry.isDangerous {
        let effects = state.perform(entry)
        #expect(effects == [])
        #expect(state.dialog == nil)
        #expect(state.receipt?.text.contains(":unlock mq-1") == true)
    }
}

@Test("a dialog that was opened in time sends nothing once the lock has closed")
func lockClosesMeanwhile() throws {
    var state = try Fixture.console(lock: Lock(name: "mq-1", isLoopback: false))
    _ = state.gate.lock.unlock("mq-1", at: state.now)
    guard case .reread(let ticket, _) = try #require(state.press(["p"]).first) else { return }
    _ = state.update(.reread(ticket, .success(ReadObject(Fixture.stalled(ready: 5)))), at: state.now)
    #expect(state.lines[0].contains("unlocked 15m"))
    _ = state.update(.tick, at: state.now + Lock.openTime)
    let effects = state.press([.tab, .enter])
    #expect(!effects.contains { if case .perform = $0 { true } else { false } })
    #expect(state.receipt?.text == "purge: mq-1 is locked; :unlock mq-1 opens it for 15m")
}
