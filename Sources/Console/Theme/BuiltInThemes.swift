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
          dim: { fg: "#98a4b1" }
          title: { fg: "#7cc7ff", bold: true }
          header: { fg: "#a9b6c4", bold: true }
          rule: { fg: "#7a8592" }
          selection: { fg: "#ffffff", bg: "#173a5e", bold: true }
          good: { fg: "#5fd38d" }
          warning: { fg: "#ffc24b", bold: true }
          critical: { fg: "#ff7b72", bold: true }
          stale: { fg: "#98a4b1" }
          key: { fg: "#7cc7ff", bold: true }
          dialog: { fg: "#e6eaef", bg: "#222a33" }
          input: { fg: "#ffffff", bg: "#35404d" }
          button: { fg: "#e6eaef", bg: "#2e3843" }
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
          dim: { fg: "#4f5963" }
          title: { fg: "#004f9a", bold: true }
          header: { fg: "#3b4753", bold: true }
          rule: { fg: "#6a747f" }
          selection: { fg: "#0b0f14", bg: "#cfe3f9", bold: true }
          good: { fg: "#17692f" }
          warning: { fg: "#7a4200", bold: true }
          critical: { fg: "#b3151c", bold: true }
          stale: { fg: "#4f5963" }
          key: { fg: "#004f9a", bold: true }
          dialog: { fg: "#1d2329", bg: "#e6e9ee" }
          input: { fg: "#000000", bg: "#ffffff", underline: true }
          button: { fg: "#1d2329", bg: "#d3d9e0" }
          focus: { fg: "#ffffff", bg: "#004f9a", bold: true }
          publish: { fg: "#0b5aa6" }
          deliver: { fg: "#17692f" }
          ack: { fg: "#6a30a8" }
          depth: { fg: "#7a4200" }

        """
}
