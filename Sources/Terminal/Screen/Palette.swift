import Glibc

/// xterm's 256 colours as red, green and blue.
enum Palette {
    private static let ansi: [(UInt8, UInt8, UInt8)] = [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
        (255, 255, 255),
    ]
    private static let cube: [UInt8] = [0, 95, 135, 175, 215, 255]

    static func components(_ index: UInt8) -> (UInt8, UInt8, UInt8) {
        if index < 16 { return ansi[Int(index)] }
        if index >= 232 {
            let grey = 8 + 10 * (index - 232)
            return (grey, grey, grey)
        }
        let place = Int(index) - 16
        return (cube[place / 36], cube[place / 6 % 6], cube[place % 6])
    }

    /// The one of the 16 ANSI colours that means the same: by hue, because the nearest one of a pale red is a grey.
    static func ansi(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        let (high, low) = (max(red, green, blue), min(red, green, blue))
        guard high - low >= leastChroma else {
            switch high {
            case ..<64: return 0
            case ..<140: return 8
            case ..<210: return 7
            default: return 15
            }
        }
        let middle = (Int(high) + Int(low)) / 2
        let hue: UInt8 =
            (Int(red) > middle ? 1 : 0) | (Int(green) > middle ? 2 : 0) | (Int(blue) > middle ? 4 : 0)
        return low > 90 || high > 230 ? hue + 8 : hue
    }

    /// Less difference between the channels than this looks grey.
    private static let leastChroma: UInt8 = 40

    /// An ANSI colour for letters, or black or white where it would be hard to read on a background.
    static func legible(_ index: UInt8, on background: UInt8) -> UInt8 {
        let back = luminance(background)
        func contrast(_ index: UInt8) -> Double {
            let front = luminance(index)
            return (max(front, back) + 0.05) / (min(front, back) + 0.05)
        }
        if contrast(index) >= 3 { return index }
        return contrast(0) > contrast(7) ? 0 : 7
    }

    /// How bright a colour is, 0 to 1 (WCAG 2.2, "relative luminance").
    private static func luminance(_ index: UInt8) -> Double {
        func linear(_ channel: UInt8) -> Double {
            let value = Double(channel) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        let (red, green, blue) = components(index)
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// The index in a range whose colour is nearest, by a distance weighted for the eye ("redmean").
    static func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8, in range: ClosedRange<UInt8>) -> UInt8 {
        var best = range.lowerBound
        var least = Int.max
        for index in range {
            let (r, g, b) = components(index)
            let mean = (Int(red) + Int(r)) / 2
            let (dr, dg, db) = (Int(red) - Int(r), Int(green) - Int(g), Int(blue) - Int(b))
            let distance = (512 + mean) * dr * dr / 256 + 4 * dg * dg + (767 - mean) * db * db / 256
            if distance < least { (best, least) = (index, distance) }
        }
        return best
    }
}
