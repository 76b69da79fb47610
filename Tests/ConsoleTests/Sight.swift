import Foundation

@testable import Console

/// How somebody who lacks one kind of cone sees a colour: Machado, Oliveira and Fernandes, "A Physiologically-based
/// Model for Simulation of Color Vision Deficiency" (2009), severity 1.0, on linear RGB.
struct Sight: CustomStringConvertible, Sendable {
    let description: String
    private let matrix: [[Double]]

    static let all = [
        Sight(
            description: "protanopia",
            matrix: [
                [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
            ]),
        Sight(
            description: "deuteranopia",
            matrix: [
                [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
            ]),
        Sight(
            description: "tritanopia",
            matrix: [
                [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
            ]),
    ]

    /// How different two colours look: the distance in CIE L*a*b* (1976). About 2 can just be noticed.
    func difference(_ first: ThemeColor, _ second: ThemeColor) -> Double {
        zip(lab(first), lab(second)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    private func lab(_ color: ThemeColor) -> [Double] {
        let linear = [color.red, color.green, color.blue].map { channel -> Double in
            let value = Double(channel) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        let seen = matrix.map { row in min(max(zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 }, 0), 1) }
        // sRGB to XYZ, relative to the white of D65.
        let xyz = [
            (0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.9505,
            0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2],
            (0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.089,
        ].map { $0 > 0.008856 ? cbrt($0) : 7.787 * $0 + 16.0 / 116 }
        return [116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])]
    }
}
