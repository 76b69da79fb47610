/// The themes that need no file. They are the files `themes/*.yaml` of the project, word for word; a test keeps them
/// so.
enum BuiltInThemes {
    /// Name and text of each, the default first.
    static let all = [("dark", dark), ("light", light)]

    private static let dark = """
        # The dark theme. Every style of a theme must be here; a background that is left out is that of "text".
        # All letters keep a contrast of at least 4.5:1 to what is behind them.
        name: dark
        styles:
          text: { fg: "#d7dce2", bg: "#12161b" }
          dim: { fg: "#8b96a3" }
          title: { fg: "#7cc7ff", bold: true }
          header: { fg: "#a9b6c4", bold: true }
          rule: { fg: "#7a8592" }
          selection: { fg: "#ffffff", bg: "#1f4a78", bold: true }
          good: { fg: "#5fd38d" }
          warning: { fg: "#ffc24b", bold: true }
          critical: { fg: "#ff7b72", bold: true }
          stale: { fg: "#8b96a3" }
          key: { fg: "#7cc7ff", bold: true }
          dialog: { fg: "#e6eaef", bg: "#222a33" }
          input: { fg: "#ffffff", bg: "#35404d" }
          button: { fg: "#e6eaef", bg: "#3a4653" }
          focus: { fg: "#0b0f14", bg: "#7cc7ff", bold: true }
          publish: { fg: "#6cb6ff" }
          deliver: { fg: "#5fd38d" }
          ack: { fg: "#d2a8ff" }
          depth: { fg: "#ffc24b" }

        """

    private static let light = """
        # The light theme. Every style of a theme must be here; a background that is left out is that of "text".
        # All letters keep a contrast of at least 4.5:1 to what is behind them.
        name: light
        styles:
          text: { fg: "#1d2329", bg: "#fbfbf8" }
          dim: { fg: "#5d6873" }
          title: { fg: "#004f9a", bold: true }
          header: { fg: "#3b4753", bold: true }
          rule: { fg: "#6a747f" }
          selection: { fg: "#ffffff", bg: "#0b5aa6", bold: true }
          good: { fg: "#17692f" }
          warning: { fg: "#8a4b00", bold: true }
          critical: { fg: "#b3151c", bold: true }
          stale: { fg: "#5d6873" }
          key: { fg: "#004f9a", bold: true }
          dialog: { fg: "#1d2329", bg: "#e6e9ee" }
          input: { fg: "#000000", bg: "#ffffff", underline: true }
          button: { fg: "#1d2329", bg: "#c9d0d8" }
          focus: { fg: "#ffffff", bg: "#004f9a", bold: true }
          publish: { fg: "#0b5aa6" }
          deliver: { fg: "#17692f" }
          ack: { fg: "#6a30a8" }
          depth: { fg: "#8a4b00" }

        """
}
