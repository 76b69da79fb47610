import CNcurses
import Glibc

/// The few sequences curses does not send itself.
enum TerminalSequences {
    /// Bracketed paste (xterm control sequences, mode 2004): pasted text comes between brackets.
    static let pasteOn = Array("\u{1B}[?2004h".utf8)
    static let pasteOff = Array("\u{1B}[?2004l".utf8)

    /// All that gives a terminal back to the shell without the help of curses: mouse and paste reports off, plain
    /// letters, cursor visible, keypad and screen as before.
    static func leave() -> [UInt8] {
        var bytes = pasteOff
        if capability("kmous") != nil {
            for mode in [1000, 1002, 1003, 1006] { bytes += Array("\u{1B}[?\(mode)l".utf8) }
        }
        for name in ["sgr0", "op", "cnorm", "rmkx", "rmcup"] { bytes += capability(name) ?? [] }
        return bytes + Array("\r\n".utf8)
    }

    /// Gives a text to the terminal's clipboard (xterm control sequences, OSC 52); nil where it is too long for what
    /// terminals take.
    static func copy(_ text: String) -> [UInt8]? {
        let limit = 74_994
        let encoded = base64(Array(text.utf8))
        return encoded.count <= limit ? Array("\u{1B}]52;c;".utf8) + encoded + [0x07] : nil
    }

    /// RFC 4648 §4.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                result.append(place <= group.count ? letters[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return result
    }

    /// Writes all of it, past curses' buffer, which is empty between two refreshes.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                // The terminal is gone: the next poll reports it.
                if count <= 0 { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// A string capability without its padding, `$<…>` (terminfo(5)).
    private static func capability(_ name: String) -> [UInt8]? {
        guard let value = warren_capability(name) else { return nil }
        return withoutPadding(Array(String(cString: value).utf8))
    }

    static func withoutPadding(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "$"), rest.dropFirst().first == UInt8(ascii: "<"),
                let end = rest.firstIndex(of: UInt8(ascii: ">"))
            {
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
