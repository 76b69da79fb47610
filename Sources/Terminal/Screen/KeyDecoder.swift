import CNcurses

/// Makes events of what curses reads: characters, key codes and the brackets around pasted text.
struct KeyDecoder {
    /// The codes bound to the brackets of a bracketed paste; above every code curses uses itself.
    static let pasteStart: Int32 = 2_000
    static let pasteEnd: Int32 = 2_001

    /// The text pasted so far; `nil` outside of a paste.
    private(set) var pasted: String.UnicodeScalarView?
    private var pastedBytes = 0

    /// A character was read.
    mutating func character(_ value: UInt32) -> InputEvent? {
        guard let scalar = Unicode.Scalar(value) else { return nil }
        if pasted != nil {
            pastedBytes += UTF8.width(scalar)
            // Terminals send the newlines of a pasted text as returns.
            if pastedBytes <= InputEvent.longestPaste { pasted?.append(scalar == "\r" ? "\n" : scalar) }
            return nil
        }
        return Self.key(scalar).map(InputEvent.key)
    }

    /// A key code was read. Inside a paste only its end counts: the rest is part of the text, and no key.
    mutating func code(_ code: Int32) -> InputEvent? {
        switch code {
        case Self.pasteStart:
            pasted = pasted ?? String.UnicodeScalarView()
            return nil
        case Self.pasteEnd: return endPaste()
        default:
            guard pasted == nil else { return nil }
            return Self.key(code: code).map(InputEvent.key)
        }
    }

    /// Ends a paste, its end read or not.
    mutating func endPaste() -> InputEvent? {
        defer {
            pasted = nil
            pastedBytes = 0
        }
        return pasted.map { .paste(String($0)) }
    }

    static func key(_ scalar: Unicode.Scalar) -> Key? {
        switch scalar.value {
        case 0x00: .control(" ")
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x08, 0x7F: .backspace
        case 0x1B: .escape
        case 0x01...0x1A: .control(Character(Unicode.Scalar(UInt8(scalar.value) + 0x60)))
        case 0x1C...0x1F: .control(Character(Unicode.Scalar(UInt8(scalar.value) + 0x40)))
        case 0x80...0x9F: nil
        default: .character(Character(scalar))
        }
    }

    static func key(code: Int32) -> Key? {
        switch code {
        case KEY_ENTER: .enter
        case KEY_BTAB: .backTab
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_IC: .insert
        case KEY_UP, KEY_SR: .up
        case KEY_DOWN, KEY_SF: .down
        case KEY_LEFT, KEY_SLEFT: .left
        case KEY_RIGHT, KEY_SRIGHT: .right
        case KEY_HOME, KEY_FIND, KEY_SHOME, KEY_A1: .home
        case KEY_END, KEY_SELECT, KEY_SEND, KEY_C1: .end
        case KEY_PPAGE, KEY_A3: .pageUp
        case KEY_NPAGE, KEY_C3: .pageDown
        case warren_key_f0 + 1...warren_key_f0 + Int32(Key.highestFunction): .function(Int(code - warren_key_f0))
        default: nil
        }
    }
}
