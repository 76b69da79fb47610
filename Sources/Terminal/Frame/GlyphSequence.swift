/// Text as the cells it takes: sanitised, with combining marks gathered on their letters.
///
/// Every way of text to a frame, and every measuring of it, goes through this sequence, so they agree.
struct GlyphSequence: Sequence, IteratorProtocol {
    private var scalars: String.UnicodeScalarView.Iterator
    private var ahead: (scalar: Unicode.Scalar, width: Int)?

    init(_ text: some StringProtocol) {
        scalars = String(text).unicodeScalars.makeIterator()
        ahead = scalars.next().map(Sanitizer.visible)
    }

    /// The next glyph and its width, 1 or 2.
    mutating func next() -> (glyph: Glyph, width: Int)? {
        guard let (scalar, width) = ahead else { return nil }
        ahead = scalars.next().map(Sanitizer.visible)
        var glyph = Glyph(width == 0 ? Sanitizer.markCarrier : scalar)
        if width == 0 { _ = glyph.add(mark: scalar) }
        while let (mark, markWidth) = ahead, markWidth == 0 {
            if !glyph.add(mark: mark) {
                // One visible sign stands for all the marks too many.
                ahead = (Sanitizer.replacement, 1)
                skipMarks()
                break
            }
            ahead = scalars.next().map(Sanitizer.visible)
        }
        return (glyph, Swift.max(width, 1))
    }

    private mutating func skipMarks() {
        var rest = scalars
        while let scalar = rest.next(), Sanitizer.visible(scalar).width == 0 { scalars = rest }
    }
}
