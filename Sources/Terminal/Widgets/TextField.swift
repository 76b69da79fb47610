/// One line of text being typed.
public struct TextField: Hashable, Sendable {
    /// What has been typed.
    public var text: String { String(characters) }
    /// The place of the cursor, in characters from the start.
    public private(set) var cursor: Int
    /// How many characters it takes; what is typed or pasted beyond is left out.
    public var maximumLength: Int
    /// Whether `•` stands for every character, as for a password.
    public var isMasked: Bool
    private var characters: [Character]

    /// A field with a text and the cursor at its end.
    public init(text: String = "", maximumLength: Int = 1_024, isMasked: Bool = false) {
        self.maximumLength = max(maximumLength, 0)
        self.isMasked = isMasked
        characters = []
        cursor = 0
        insert(text)
    }

    /// Inserts typed or pasted text at the cursor. Control characters are left out, newlines among them: nothing that is
    /// pasted submits.
    public mutating func insert(_ text: String) {
        let free = max(maximumLength - characters.count, 0)
        var taken: [Character] = []
        for character in text
        where !character.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            if taken.count == free { break }
            taken.append(character)
        }
        characters.insert(contentsOf: taken, at: cursor)
        cursor += taken.count
    }

    /// Takes a key; false where it means nothing to a field. Beside the editing keys: ctrl-u empties up to the cursor,
    /// ctrl-k from the cursor on, ctrl-w deletes the word before it, ctrl-e goes to the end.
    @discardableResult
    public mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert(String(character))
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, characters.count)
        case .home: cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .backspace: remove(max(cursor - 1, 0)..<cursor)
        case .delete: remove(cursor..<min(cursor + 1, characters.count))
        case .control("u"): remove(0..<cursor)
        case .control("k"): remove(cursor..<characters.count)
        case .control("w"): remove(wordStart..<cursor)
        default: return false
        }
        return true
    }

    /// Takes an event of the terminal: keys and pasted text.
    @discardableResult
    public mutating func handle(_ event: InputEvent) -> Bool {
        switch event {
        case .key(let key): return handle(key)
        case .paste(let text):
            insert(text)
            return true
        default: return false
        }
    }

    /// Empties it.
    public mutating func clear() { remove(0..<characters.count) }

    /// Draws it in one row, scrolled so that the cursor shows; `hasFocus` puts the terminal's cursor there.
    public func draw(
        into frame: inout Frame, column: Int, row: Int, width: Int, style: Style = .plain, hasFocus: Bool = true
    ) {
        guard width > 0 else { return }
        let shown = isMasked ? characters.map { _ in "•" } : characters.map(String.init)
        var start = 0
        var before = shown[..<cursor].reduce(0) { $0 + TextWidth.of($1) }
        while before >= width, start < cursor {
            before -= TextWidth.of(shown[start])
            start += 1
        }
        frame.fill(Rect(column: column, row: row, columns: width, rows: 1), style: style)
        frame.put(shown[start...].joined(), column: column, row: row, style: style, width: width)
        if hasFocus { frame.cursor = Frame.Cursor(column: Rect.near(column) + before, row: row) }
    }

    private var wordStart: Int {
        var start = cursor
        while start > 0, characters[start - 1] == " " { start -= 1 }
        while start > 0, characters[start - 1] != " " { start -= 1 }
        return start
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }
}
