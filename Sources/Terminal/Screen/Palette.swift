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
