/// The themes that need no file. They are the files `themes/*.yaml` of the project, word for word; a test keeps them
/// so.
enum BuiltInThemes {
    /// Name and text of each, the default first.
    static let all = [
        ("dark", dark), ("light", light), ("high-contrast", highContrast), ("colour-blind-safe", colourBlindSafe),
        ("mono", mono),
    ]

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

    private static let highContrast = """
        # The high-contrast theme: pure colours on black, at least 7:1 everywhere (WCAG 2.2 AAA).
        # The schema is in themes/README.md.
        name: high-contrast
        styles:
          text: { fg: "#ffffff", bg: "#000000" }
          dim: { fg: "#d0d0d0" }
          title: { fg: "#00ffff", bold: true }
          header: { fg: "#ffffff", bold: true, underline: true }
          rule: { fg: "#ffffff" }
          selection: { fg: "#ffffff", bg: "#00007a", bold: true, underline: true }
          good: { fg: "#00ff66" }
          warning: { fg: "#ffff00", bold: true }
          critical: { fg: "#ffa8a8", bold: true, underline: true }
          stale: { fg: "#d0d0d0", underline: true }
          key: { fg: "#00ffff", bold: true }
          dialog: { fg: "#ffffff", bg: "#000000" }
          input: { fg: "#000000", bg: "#ffffff" }
          button: { fg: "#ffffff", bg: "#303030" }
          focus: { fg: "#000000", bg: "#ffff00", bold: true }
          publish: { fg: "#66ccff" }
          deliver: { fg: "#00ff66" }
          ack: { fg: "#ff99ff" }
          depth: { fg: "#ffff00" }

        """

    private static let colourBlindSafe = """
        # The colour-blind-safe theme: hues after Okabe and Ito (https://jfly.uni-koeln.de/color/), lightened for a dark
        # background, told apart with protanopia, deuteranopia and tritanopia. The schema is in themes/README.md.
        name: colour-blind-safe
        styles:
          text: { fg: "#e4e7eb", bg: "#10141a" }
          dim: { fg: "#a3aebb" }
          title: { fg: "#ffffff", bold: true }
          header: { fg: "#b4bfcb", bold: true }
          rule: { fg: "#7a8592" }
          selection: { fg: "#ffffff", bg: "#1b3a57", bold: true }
          good: { fg: "#56b4e9" }
          warning: { fg: "#f5e663", bold: true }
          critical: { fg: "#ff8a3d", bold: true, underline: true }
          stale: { fg: "#a3aebb" }
          key: { fg: "#9bd3f5", bold: true }
          dialog: { fg: "#eef1f4", bg: "#222a33" }
          input: { fg: "#ffffff", bg: "#35404d" }
          button: { fg: "#eef1f4", bg: "#2a333d" }
          focus: { fg: "#10141a", bg: "#f5e663", bold: true }
          publish: { fg: "#56b4e9" }
          deliver: { fg: "#f5e663" }
          ack: { fg: "#d6769f" }
          depth: { fg: "#ff8a3d" }

        """

    private static let mono = """
        # The theme without colours: greys, and weight and underlining where other themes have a hue.
        # The schema is in themes/README.md.
        name: mono
        styles:
          text: { fg: "#d8d8d8", bg: "#101010" }
          dim: { fg: "#a8a8a8" }
          title: { fg: "#ffffff", bold: true }
          header: { fg: "#bcbcbc", bold: true }
          rule: { fg: "#808080" }
          selection: { fg: "#ffffff", bg: "#3a3a3a", bold: true }
          good: { fg: "#d8d8d8" }
          warning: { fg: "#ffffff", bold: true }
          critical: { fg: "#ffffff", bold: true, underline: true }
          stale: { fg: "#a8a8a8" }
          key: { fg: "#ffffff", bold: true }
          dialog: { fg: "#ececec", bg: "#262626" }
          input: { fg: "#ffffff", bg: "#444444", underline: true }
          button: { fg: "#ececec", bg: "#333333" }
          focus: { fg: "#000000", bg: "#e4e4e4", bold: true }
          publish: { fg: "#ffffff" }
          deliver: { fg: "#b8b8b8" }
          ack: { fg: "#8c8c8c" }
          depth: { fg: "#e0e0e0" }

        """
}
