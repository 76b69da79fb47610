import Management
import Monitor
import Terminal

/// Changes of exchanges, bindings, messages and connections.
extension ConsoleState {
    mutating func change(_ action: Action) -> [Effect] {
        switch action {
        case .declareExchange:
            dialog = .form(.declareExchange(vhost: queues.request.vhost ?? targetExchange?.vhost ?? "/", at: now))
        case .deleteExchange:
            guard let id = targetExchange else { break }
            self[.exchanges].keepSelection()
            return confirm(.deleteExchange(id))
        case .bind:
            if panel == .queues, let queue = queues.target {
                queues.keepSelection()
                dialog = .form(.bind(to: queue, at: now))
            } else if let exchange = targetExchange {
                self[.exchanges].keepSelection()
                dialog = .form(.bind(from: exchange, at: now))
            }
        case .unbind:
            guard let binding = targetBinding else {
                receipt = .note("unbind: choose a binding with ↑↓ first; the default exchange's stay")
                break
            }
            return confirm(.unbind(binding))
        case .publish:
            if panel == .queues, let queue = queues.target {
                queues.keepSelection()
                let exchange = ObjectID(vhost: queue.vhost, name: "")
                dialog = .form(.publish(to: exchange, key: queue.name, at: now))
            } else if let exchange = targetExchange {
                self[.exchanges].keepSelection()
                dialog = .form(.publish(to: exchange, key: "", at: now))
            }
        case .getMessages:
            guard let queue = queues.target else { break }
            queues.keepSelection()
            dialog = .form(.getMessages(from: queue, at: now))
        case .move:
            guard let queue = queues.target else { break }
            queues.keepSelection()
            dialog = .form(.move(from: queue, ready: targetRow?.queue.messagesReady, at: now))
        case .setPolicy:
            self[.policies].keepSelection()
            // An open one is changed; the list takes new ones.
            let opened = place == .policyDetail ? targetPolicy : nil
            let known = opened.flatMap { id in monitor.policies.value?.first { $0.id == id } }
            if let known, !known.canBeTyped {
                receipt = .note("set: what \(known.name) sets has lists or blanks in it, which a line cannot hold")
                break
            }
            dialog = .form(.setPolicy(known, vhost: queues.request.vhost ?? known?.vhost ?? "/", at: now))
        case .clearPolicy:
            guard let id = targetPolicy else { break }
            self[.policies].keepSelection()
            return confirm(.clearPolicy(id))
        case .closeConnection:
            guard let name = targetConnection else { break }
            if let kind = panel.kind { self[kind].keepSelection() }
            return confirm(.closeConnection(name, reason: "closed by hand"))
        default: break
        }
        return []
    }

    private var targetExchange: ObjectID? {
        if panel == .exchanges, case .exchange(let id)? = targetObject { id } else { nil }
    }

    private var targetPolicy: ObjectID? {
        if panel == .policies, case .policy(let id)? = targetObject { id } else { nil }
    }

    /// The connection that is meant: the selected one, or the selected channel's.
    private var targetConnection: String? {
        switch targetObject {
        case .connection(let name): return name
        case .channel(let name):
            let channel = monitor.channels.value?.items.first { $0.name == name }
            if let connection = channel?.connectionDetails?.connectionName ?? channel?.connectionDetails?.name {
                return connection
            }
            // "CONNECTION (NUMBER)".
            return name.lastIndex(of: "(").map { String(name[..<$0].dropLast()) }
        default: return nil
        }
    }

    /// The binding that is selected in an open exchange.
    private var targetBinding: BindingInfo? {
        panel == .exchanges && self[.exchanges].opened != nil ? self[.exchanges].detail.link?.binding : nil
    }

    /// Takes a key of a form.
    mutating func press(_ key: Key, in form: Form) -> [Effect] {
        var form = form
        switch form.press(key, at: now) {
        case .stays: dialog = .form(form)
        case .cancelled: closeDialog()
        case .sent(let mutation):
            let parts = mutation.parts
            return parts.count == 1 ? send(mutation) : sendAll(parts)
        }
        return []
    }

    /// Takes a key while messages are looked at.
    mutating func press(_ key: Key, in messages: MessagesView) {
        var messages = messages
        let inner = DialogView.pageSize(size)
        if messages.press(key, rows: inner.rows, width: inner.columns) {
            dialog = .messages(messages)
        } else {
            closeDialog()
        }
    }
}
