import Terminal

/// The one table of what can be done: key dispatch, the footer and the help all derive from it.
enum ActionTable {
    /// One action with everything there is to say about it.
    struct Entry: Sendable {
        /// What is done.
        var action: Action
        /// The keys that do it by default, the one to show first.
        var keys: [Key]
        /// One or two words, for the footer.
        var label: String
        /// One line, for the help.
        var description: String
        /// Where it applies.
        var places: [Place]
        /// Under which head the help lists it.
        var group: Group
        /// Whether it changes the broker: barred in a read-only console.
        var isDangerous = false
        /// Whether a row must be selected.
        var needsSelection = false
        /// Its place in the footer, the smallest first; `nil` keeps it out.
        var footerRank: Int?
    }

    /// The heads of the help.
    enum Group: String, CaseIterable, Sendable {
        case view = "View"
        case move = "Move"
        case list = "List"
        case change = "Change the broker"
        case console = "Console"
    }

    private static let everywhere = Place.allCases
    private static let queues: [Place] = [.queueList, .queueDetail]
    private static let exchanges: [Place] = [.exchangeList, .exchangeDetail]

    private static let clusterPlaces: [Place] = [.nodeList, .nodeDetail, .failover]

    /// All of them, in the order of the help.
    static let entries: [Entry] = [
        Entry(
            action: .showOverview, keys: ["1"], label: "overview", description: "the broker at a glance",
            places: everywhere, group: .view, footerRank: 9),
        Entry(
            action: .showQueues, keys: ["2"], label: "queues", description: "every queue",
            places: everywhere, group: .view, footerRank: 9),
        Entry(
            action: .showExchanges, keys: ["3"], label: "exchanges", description: "every exchange",
            places: everywhere, group: .view, footerRank: 9),
        Entry(
            action: .showConnections, keys: ["4"], label: "connections", description: "every client connection",
            places: everywhere, group: .view, footerRank: 9),
        Entry(
            action: .showChannels, keys: ["5"], label: "channels", description: "every channel",
            places: everywhere, group: .view, footerRank: 9),
        Entry(
            action: .showNodes, keys: ["6"], label: "nodes", description: "every node",
            places: everywhere, group: .view, footerRank: 9),
        Entry(
            action: .showFailover, keys: ["7"], label: "failover",
            description: "how the cluster goes through the loss of a node", places: everywhere, group: .view,
            footerRank: 9),
        Entry(
            action: .showPolicies, keys: ["8"], label: "policies", description: "every policy", places: everywhere,
            group: .view, footerRank: 9),
        Entry(
            action: .open, keys: [.enter], label: "open", description: "open the selected row: all that is known of it",
            places: everywhere, group: .view, needsSelection: true, footerRank: 1),
        Entry(
            action: .back, keys: [.escape, .backspace], label: "back",
            description: "close, clear the filter or go back; never quits", places: everywhere, group: .view),
        Entry(
            action: .up, keys: [.up, "k"], label: "up", description: "up", places: everywhere, group: .move),
        Entry(
            action: .down, keys: [.down, "j"], label: "down", description: "down; past the end, the next page",
            places: everywhere, group: .move),
        Entry(
            action: .pageUp, keys: [.pageUp, "K"], label: "page up", description: "a screen up",
            places: everywhere, group: .move),
        Entry(
            action: .pageDown, keys: [.pageDown, "J"], label: "page down", description: "a screen down",
            places: everywhere, group: .move),
        Entry(
            action: .first, keys: ["g", .home], label: "top", description: "to the first row",
            places: everywhere, group: .move),
        Entry(
            action: .last, keys: ["G", .end], label: "end", description: "to the last row",
            places: everywhere, group: .move),
        Entry(
            action: .columnsLeft, keys: [.left, "h"], label: "left", description: "columns to the left",
            places: Place.lists, group: .move),
        Entry(
            action: .columnsRight, keys: [.right, "l"], label: "right", description: "columns to the right",
            places: Place.lists, group: .move),
        Entry(
            action: .nextPane, keys: [.tab], label: "pane",
            description: "the next part: consumers, bindings, arguments …",
            places: Place.details + [.failover], group: .move),
        Entry(
            action: .previousPane, keys: [.backTab], label: "pane back", description: "the part before",
            places: Place.details + [.failover], group: .move),
        Entry(
            action: .filter, keys: ["/", .function(4)], label: "filter",
            description: "by a part of the name, !without, ~regex, or fields such as ready>1k", places: Place.lists,
            group: .list, footerRank: 5),
        Entry(
            action: .problemsOnly, keys: ["!"], label: "problems", description: "only rows that need attention",
            places: Place.lists, group: .list, footerRank: 8),
        Entry(
            action: .mark, keys: [" "], label: "mark", description: "mark the row, for purging or deleting many",
            places: [.queueList], group: .list, needsSelection: true),
        Entry(
            action: .markRange, keys: ["V"], label: "range", description: "mark from the last mark to here",
            places: [.queueList], group: .list, needsSelection: true),
        Entry(
            action: .markAll, keys: ["*"], label: "mark all", description: "mark every row that is listed",
            places: [.queueList], group: .list),
        Entry(
            action: .invertMarks, keys: ["~"], label: "invert marks", description: "mark what is not marked",
            places: [.queueList], group: .list),
        Entry(
            action: .sortMenu, keys: ["s", .function(6)], label: "sort", description: "choose what to sort by",
            places: Place.lists, group: .list, footerRank: 6),
        Entry(
            action: .sortLeft, keys: ["<"], label: "sort left", description: "sort by the column to the left",
            places: Place.lists, group: .list),
        Entry(
            action: .sortRight, keys: [">"], label: "sort right", description: "sort by the column to the right",
            places: Place.lists, group: .list),
        Entry(
            action: .sortInvert, keys: ["I"], label: "invert", description: "turn the order around",
            places: Place.lists, group: .list),
        Entry(
            action: .allColumns, keys: ["w"], label: "columns",
            description: "all columns, also those for which others would have to go; → scrolls them",
            places: Place.lists, group: .list),
        Entry(
            action: .follow, keys: ["F"], label: "follow",
            description: "hold the row at its line, while the others move around it",
            places: Place.lists, group: .list, needsSelection: true),
        Entry(
            action: .tree, keys: ["t", .function(5)], label: "tree",
            description: "who leads where: exchanges, bindings and queues as a tree",
            places: exchanges, group: .view, footerRank: 3),
        Entry(
            action: .pickVhost, keys: ["v"], label: "vhost", description: "pick the vhost whose objects are listed",
            places: everywhere, group: .list),
        Entry(
            action: .allVhosts, keys: ["0"], label: "all vhosts", description: "list what is in all vhosts",
            places: everywhere, group: .list),
        Entry(
            action: .declareQueue, keys: ["c"], label: "declare", description: "declare a queue",
            places: [.queueList], group: .change, isDangerous: true, footerRank: 2),
        Entry(
            action: .purgeQueue, keys: ["p"], label: "purge", description: "remove the queue's ready messages",
            places: queues, group: .change, isDangerous: true, needsSelection: true, footerRank: 3),
        Entry(
            action: .deleteQueue, keys: [.control("d")], label: "delete",
            description: "delete the queue with its messages", places: queues, group: .change, isDangerous: true,
            needsSelection: true, footerRank: 4),
        Entry(
            action: .undo, keys: ["u"], label: "undo", description: "declare the queue deleted last again",
            places: queues, group: .change, isDangerous: true),
        Entry(
            action: .getMessages, keys: ["m"], label: "get", description: "get messages: look at them, or take them",
            places: queues, group: .change, isDangerous: true, needsSelection: true, footerRank: 7),
        Entry(
            action: .move, keys: ["M"], label: "move", description: "move or copy messages to another queue",
            places: queues, group: .change, isDangerous: true, needsSelection: true, footerRank: 8),
        Entry(
            action: .declareExchange, keys: ["c"], label: "declare", description: "declare an exchange",
            places: [.exchangeList], group: .change, isDangerous: true, footerRank: 2),
        Entry(
            action: .deleteExchange, keys: [.control("d")], label: "delete",
            description: "delete the exchange with its bindings", places: exchanges, group: .change,
            isDangerous: true, needsSelection: true, footerRank: 4),
        Entry(
            action: .bind, keys: ["b"], label: "bind", description: "bind a queue or an exchange to an exchange",
            places: queues + exchanges, group: .change, isDangerous: true, needsSelection: true, footerRank: 7),
        Entry(
            action: .unbind, keys: ["x"], label: "unbind", description: "remove the selected binding",
            places: [.exchangeDetail], group: .change, isDangerous: true, needsSelection: true, footerRank: 3),
        Entry(
            action: .publish, keys: ["P"], label: "publish", description: "publish a message to it",
            places: queues + exchanges, group: .change, isDangerous: true, needsSelection: true, footerRank: 6),
        Entry(
            action: .setPolicy, keys: ["c"], label: "set", description: "set a policy; in an open one, change it",
            places: [.policyList, .policyDetail], group: .change, isDangerous: true, footerRank: 2),
        Entry(
            action: .clearPolicy, keys: [.control("d")], label: "clear",
            description: "clear the policy: what it set ends at once", places: [.policyList, .policyDetail],
            group: .change, isDangerous: true, needsSelection: true, footerRank: 4),
        Entry(
            action: .closeConnection, keys: ["x"], label: "close", description: "close the client's connection",
            places: [.connectionList, .connectionDetail, .channelList, .channelDetail], group: .change,
            isDangerous: true, needsSelection: true, footerRank: 2),
        Entry(
            action: .addReplica, keys: ["+"], label: "add member", description: "add a member of the queue on a node",
            places: [.queueDetail], group: .change, isDangerous: true, needsSelection: true),
        Entry(
            action: .removeReplica, keys: ["_"], label: "remove member", description: "remove the member on a node",
            places: [.queueDetail], group: .change, isDangerous: true, needsSelection: true),
        Entry(
            action: .transferLeader, keys: ["L"], label: "move leader",
            description: "move the queue's leader to another member", places: [.queueDetail], group: .change,
            isDangerous: true, needsSelection: true),
        Entry(
            action: .rebalance, keys: ["B"], label: "spread leaders",
            description: "spread the leaders of quorum queues evenly over the nodes", places: [.nodeList, .nodeDetail],
            group: .change, isDangerous: true),
        Entry(
            action: .faultMenu, keys: ["f"], label: "fault",
            description: "hurt a node or a link on purpose: crash, power loss, pause, isolate, cut, slow",
            places: clusterPlaces, group: .change, isDangerous: true, footerRank: 1),
        Entry(
            action: .restartNode, keys: ["r"], label: "restart",
            description: "restart a node that is down, let one go on, heal one that is cut off", places: clusterPlaces,
            group: .change, isDangerous: true, footerRank: 2),
        Entry(
            action: .watch, keys: [" "], label: "watch queue",
            description: "watch the selected queue, or watch it no more; at most ten", places: [.failover],
            group: .list, needsSelection: true, footerRank: 3),
        Entry(
            action: .probe, keys: ["p"], label: "probe",
            description: "measure confirms: publish to a canary queue, or stop doing so", places: [.failover],
            group: .change, isDangerous: true, footerRank: 4),
        Entry(
            action: .pause, keys: ["z"], label: "pause", description: "pause, and live again",
            places: everywhere, group: .console, footerRank: 7),
        Entry(
            action: .past, keys: [","], label: "earlier", description: "what was shown a refresh earlier",
            places: everywhere, group: .console),
        Entry(
            action: .future, keys: ["."], label: "later", description: "what was shown a refresh later",
            places: everywhere, group: .console),
        Entry(
            action: .copy, keys: ["y"], label: "copy", description: "copy the name to the terminal's clipboard",
            places: Place.lists + Place.details, group: .console, needsSelection: true),
        Entry(
            action: .export, keys: ["E", .control("s")], label: "export",
            description: "write the rows that are listed to a CSV file", places: Place.lists, group: .console),
        Entry(
            action: .refresh, keys: [.control("r")], label: "refresh", description: "refresh now",
            places: everywhere, group: .console, footerRank: 10),
        Entry(
            action: .interval, keys: ["R"], label: "interval", description: "how often to refresh: 1, 2, 5, 10, 30 s",
            places: everywhere, group: .console),
        Entry(
            action: .actions, keys: ["a", .function(9)], label: "actions",
            description: "everything that can be done here, with its key",
            places: everywhere, group: .console, footerRank: 8),
        Entry(
            action: .lastView, keys: ["-"], label: "last view", description: "back to the panel before this one",
            places: everywhere, group: .view),
        Entry(
            action: .command, keys: [":"], label: "command", description: "type a command, such as :queues or :q",
            places: everywhere, group: .console),
        Entry(
            action: .nextTheme, keys: ["T"], label: "theme", description: "the next theme",
            places: everywhere, group: .console),
        Entry(
            action: .redraw, keys: [.control("l")], label: "redraw", description: "draw the screen anew",
            places: everywhere, group: .console),
        Entry(
            action: .suspend, keys: [.control("z")], label: "suspend", description: "back to the shell; fg returns",
            places: everywhere, group: .console),
        Entry(
            action: .help, keys: ["?", .function(1)], label: "help", description: "this page",
            places: everywhere, group: .console, footerRank: 0),
        Entry(
            action: .quit, keys: ["q", .control("c"), .function(10)], label: "quit", description: "quit, after asking",
            places: everywhere, group: .console, footerRank: 0),
    ]

    /// What a key does in a place.
    static func entry(for key: Key, in place: Place) -> Entry? {
        entries.first { $0.places.contains(place) && $0.keys.contains(key) }
    }

    /// The entry of an action.
    static func entry(of action: Action) -> Entry? { entries.first { $0.action == action } }
}
