import Management

extension PolicyInfo: Filterable {
    var filterName: String { name }

    static let filterFields: [FilterField<PolicyInfo>] = [
        .text("name", "the policy's name, whole", \.name),
        .text("vhost", "the vhost it is in", \.vhost),
        .text("pattern", "what names have to match, whole", \.pattern),
        .text("apply-to", "queues, exchanges or all", \.appliesTo),
        .count("priority", "which of several counts: the highest", \.priority),
    ]
}
