import Terminal

/// Draws the command line in the footer, and above it what it could become.
enum CommandPromptView {
    static func draw(_ prompt: CommandPrompt, _ state: ConsoleState, _ canvas: inout Canvas) {
        let layout = ChromeLayout(canvas.size)
        canvas.put(":", .key, column: 1, row: layout.footer)
        Fields.draw(
            prompt.field, column: 2, row: layout.footer, width: canvas.size.columns - 3, isFocused: true, &canvas)
        canvas.fill(Rect(column: 0, row: layout.receipt, columns: canvas.size.columns, rows: 1), .text)
        let options = prompt.cycle?.options ?? state.commandCandidates.completions(of: prompt.field.text)
        let current = prompt.cycle?.place
        if options.count > 1 || options.first.map({ $0 != prompt.field.text }) == true {
            drawOptions(options, current: current, row: layout.receipt, &canvas)
        } else if let meaning = meaning(of: prompt.field.text) {
            canvas.put(TextWidth.cutEnd(meaning, canvas.size.columns - 2), .dim, column: 1, row: layout.receipt)
        }
    }

    /// What the command being typed does, and what stands behind it.
    private static func meaning(of line: String) -> String? {
        let name = line.prefix { !$0.isWhitespace }
        guard let entry = CommandTable.entries.first(where: { $0.name == name }) else { return nil }
        return entry.meaning + (entry.argument.map { ": " + $0.words } ?? "")
    }

    /// As many options as fit, from the first that lets the current one show.
    private static func drawOptions(_ options: [String], current: Int?, row: Int, _ canvas: inout Canvas) {
        // Behind the command's name, which all of them share.
        let words = options.map { option in
            let name = option.prefix { !$0.isWhitespace }
            return TextWidth.cutMiddle(option.dropFirst(name.count < option.count ? name.count + 1 : 0), 24)
        }
        let room = canvas.size.columns - 2
        var first = 0
        func width(_ range: ClosedRange<Int>) -> Int { words[range].reduce(-2) { $0 + TextWidth.of($1) + 2 } }
        if let current {
            while first < current, width(first...current) > room { first += 1 }
        }
        var pen = 1
        for (place, word) in words.enumerated().dropFirst(first) {
            guard pen + TextWidth.of(word) <= canvas.size.columns - 1 else { break }
            pen += canvas.put(word, place == current ? .key : .dim, column: pen, row: row) + 2
        }
    }
}
