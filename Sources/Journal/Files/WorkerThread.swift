#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A thread that carries out work in order and sleeps in between.
final class WorkerThread: @unchecked Sendable {
    /// What the thread and its owner share, under the mutex.
    private final class Shared: @unchecked Sendable {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        var work: [@Sendable () -> Void] = []
        var isStopping = false

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(changed, nil)
        }

        deinit {
            pthread_cond_destroy(changed)
            pthread_mutex_destroy(mutex)
            changed.deallocate()
            mutex.deallocate()
        }

        /// The work there is, once there is any; nil at the end.
        func take() -> [@Sendable () -> Void]? {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while work.isEmpty {
                if isStopping { return nil }
                pthread_cond_wait(changed, mutex)
            }
            let taken = work
            work = []
            return taken
        }
    }

    private let shared = Shared()
    private let thread: UnsafeMutablePointer<pthread_t>

    /// Starts the thread. A system without threads left ends the process, as it does everywhere.
    init(name: String) {
        thread = .allocate(capacity: 1)
        let box = Unmanaged.passRetained(shared)
        #if canImport(Darwin)
            var handle: pthread_t?
        #else
            var handle = pthread_t()
        #endif
        let result = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let shared = Unmanaged<Shared>.fromOpaque(context).takeRetainedValue()
                while let work = shared.take() { for step in work { step() } }
                return nil
            }, box.toOpaque())
        guard result == 0 else { fatalError("no thread for the \(name): \(String(cString: strerror(result)))") }
        #if canImport(Darwin)
            if let handle { thread.initialize(to: handle) }
        #else
            thread.initialize(to: handle)
        #endif
    }

    deinit {
        stop()
        thread.deallocate()
    }

    /// Adds work.
    func run(_ step: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(shared.mutex)
        shared.work.append(step)
        pthread_cond_signal(shared.changed)
        pthread_mutex_unlock(shared.mutex)
    }

    /// Waits for the end of all work that was added. Stopping again does nothing.
    func stop() {
        pthread_mutex_lock(shared.mutex)
        let isFirst = !shared.isStopping
        shared.isStopping = true
        pthread_cond_signal(shared.changed)
        pthread_mutex_unlock(shared.mutex)
        if isFirst { pthread_join(thread.pointee, nil) }
    }
}
