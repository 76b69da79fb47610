"""Methods that ask for no answer get none and work."""

from pika import spec

from bench import behaviour


@behaviour
def queue_methods(bench):
    """queue.declare, bind, purge and delete with no-wait"""
    queue = bench.queue()
    wire = bench.wire()
    wire.send(1, spec.Queue.Declare(queue=queue, nowait=True))
    declared = wire.call(1, spec.Queue.Declare(queue=queue, passive=True))
    wire.send(1, spec.Queue.Bind(queue=queue, exchange="amq.direct", routing_key=queue, nowait=True))
    wire.call(1, spec.Confirm.Select())
    wire.publish(1, "amq.direct", queue, b"m")
    wire.read()
    routed = wire.call(1, spec.Queue.Declare(queue=queue, passive=True))
    wire.send(1, spec.Queue.Purge(queue=queue, nowait=True))
    purged = wire.call(1, spec.Queue.Declare(queue=queue, passive=True))
    wire.send(1, spec.Queue.Delete(queue=queue, nowait=True))
    return [declared, routed, purged, wire.call(1, spec.Queue.Declare(queue=queue, passive=True))]


@behaviour
def exchange_methods(bench):
    """exchange.declare and delete with no-wait"""
    exchange = bench.exchange()
    wire = bench.wire()
    wire.send(1, spec.Exchange.Declare(exchange=exchange, type="direct", nowait=True))
    declared = wire.call(1, spec.Exchange.Declare(exchange=exchange, passive=True))
    wire.send(1, spec.Exchange.Delete(exchange=exchange, nowait=True))
    return [declared, wire.call(1, spec.Exchange.Declare(exchange=exchange, passive=True))]


@behaviour
def consumer_methods(bench):
    """basic.consume and cancel with no-wait"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.send(1, spec.Basic.Consume(queue=queue, consumer_tag="mine", no_ack=True, nowait=True))
    wire.publish(1, "", queue, b"m")
    delivered = wire.read_all(3)
    wire.send(1, spec.Basic.Cancel("mine", nowait=True))
    wire.call(1, spec.Confirm.Select())
    wire.publish(1, "", queue, b"m")
    return [delivered, wire.read(), wire.call(1, spec.Queue.Declare(queue=queue, passive=True))]


@behaviour
def refusals_are_told(bench):
    """a refusal is told even where no answer was asked for"""
    wire = bench.wire()
    wire.send(1, spec.Queue.Purge(queue=bench.queue("missing"), nowait=True))
    return wire.read()


@behaviour
def pipelined_setup(bench):
    """declare, bind, qos, select, purge and delete sent in one write are answered in order"""
    queue = bench.queue()
    wire = bench.wire()
    wire.send(
        1, spec.Queue.Declare(queue=queue),
        spec.Queue.Bind(queue=queue, exchange="amq.direct", routing_key=queue),
        spec.Basic.Qos(0, 5, False), spec.Confirm.Select(), spec.Queue.Purge(queue=queue),
        spec.Queue.Delete(queue=queue))
    return wire.read_all(6)
