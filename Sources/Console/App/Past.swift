import Management
import Monitor

/// What was shown before, so that a person can go back to it: a film of the last minutes, as far as memory allows.
struct Past: Sendable {
    /// Pictures kept at most.
    static let pictureLimit = 120
    /// Rows kept at most in all of them together, which bounds their memory.
    static let rowLimit = 12_000

    /// The pictures, oldest first, without the histories, of which each would be a copy.
    private(set) var pictures: [MonitorState] = []
    private var rows = 0
    /// The time of the picture that is looked at; nil while the present is.
    private(set) var shownTime: Duration?
    /// The newest state, while something older is looked at.
    private(set) var present: MonitorState?

    /// Takes in a state; returns what is to be shown, where that is something else.
    mutating func record(_ state: MonitorState) {
        if shownTime != nil { present = state }
        guard let time = state.overview.sampledAt, state.status == .live else { return }
        if let last = pictures.last, last.overview.sampledAt == time || last.endpoint != state.endpoint {
            if last.endpoint == state.endpoint {
                // The same moment with more of it.
                rows -= Self.rows(last)
                pictures.removeLast()
            } else {
                pictures = []
                rows = 0
            }
        }
        var picture = state
        // The recording keeps its own past.
        picture.history = History()
        picture.recording = FailoverRecording()
        picture.timeline.value = nil
        pictures.append(picture)
        rows += Self.rows(picture)
        while pictures.count > Self.pictureLimit || (rows > Self.rowLimit && pictures.count > 1) {
            rows -= Self.rows(pictures.removeFirst())
        }
    }

    private static func rows(_ state: MonitorState) -> Int {
        (state.queues.value?.items.count ?? 0) + (state.exchanges.value?.items.count ?? 0)
            + (state.connections.value?.items.count ?? 0) + (state.channels.value?.items.count ?? 0)
    }

    /// Goes back or forward by pictures from what is shown; returns what to show, or nil where there is nothing that
    /// way. Going forward from the last picture leads to the present.
    mutating func step(_ step: Int, from now: MonitorState) -> MonitorState? {
        let history = present?.history ?? now.history
        let recording = present?.recording ?? now.recording
        let here = shownTime.flatMap { time in pictures.lastIndex { $0.time <= time } } ?? pictures.count - 1
        let place = here + step
        guard place >= 0, !pictures.isEmpty else { return nil }
        guard place < pictures.count - 1 else { return shownTime == nil ? nil : leave() }
        if shownTime == nil { present = now }
        var picture = pictures[place]
        shownTime = picture.time
        picture.history = history.until(picture.time)
        picture.recording = recording
        return picture
    }

    /// Back to the present: the newest state, where anything older was looked at.
    mutating func leave() -> MonitorState? {
        shownTime = nil
        defer { present = nil }
        return present
    }
}
