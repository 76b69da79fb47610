// A load on one broker through RabbitMQ's own client for Go: what programs that people really write would see.
//
// Publishes persistent messages to a durable queue of its own with a window of unconfirmed ones, consumes them on
// another connection and acknowledges by hand, many at once. Prints one line of JSON, and fails when one is
// refused or when not as many are consumed as were published. See compare.py, which builds and runs it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// How long nothing may be consumed or confirmed before what is missing counts as lost.
const patience = 10 * time.Second

// What a load is, from the command line.
type plan struct {
	uri      string
	seconds  float64
	size     int // octets of a body
	window   int // most unconfirmed publishes
	ackBatch int // deliveries acknowledged at once
	prefetch int // most unacknowledged deliveries
}

// What came of it.
type report struct {
	Rate      float64 `json:"rate"` // messages a second, from the first publish to the last delivery and confirm
	Published int64   `json:"published"`
	Confirmed int64   `json:"confirmed"`
	Consumed  int64   `json:"consumed"`
	Seconds   float64 `json:"seconds"`
}

// Connects and opens a channel.
func open(uri string) (*amqp.Connection, *amqp.Channel, error) {
	connection, err := amqp.Dial(uri)
	if err != nil {
		return nil, nil, err
	}
	channel, err := connection.Channel()
	return connection, channel, err
}

// Takes deliveries and acknowledges whole batches until the connection ends; counts in consumed.
func consume(deliveries <-chan amqp.Delivery, batch int, consumed *int64, failed chan<- error) {
	count := 0
	for delivery := range deliveries {
		count++
		if count%batch == 0 {
			if err := delivery.Ack(true); err != nil {
				failed <- err
				return
			}
		}
		atomic.AddInt64(consumed, 1)
	}
}

// Counts confirms and makes room in the window for each.
func settle(confirms <-chan amqp.Confirmation, room <-chan struct{}, confirmed *int64, failed chan<- error) {
	for confirm := range confirms {
		if !confirm.Ack {
			failed <- fmt.Errorf("the broker refused message %d", confirm.DeliveryTag)
			return
		}
		atomic.AddInt64(confirmed, 1)
		<-room
	}
}

// Runs a load; the queue is deleted whatever happens.
func run(context context.Context, plan plan) (report, error) {
	var sums report
	control, controlChannel, err := open(plan.uri)
	if err != nil {
		return sums, err
	}
	defer control.Close()
	queue, err := controlChannel.QueueDeclare(fmt.Sprintf("warren.amqp091.%d", time.Now().UnixNano()), true, false, false, false, nil)
	if err != nil {
		return sums, err
	}
	defer controlChannel.QueueDelete(queue.Name, false, false, false)

	consumer, consumerChannel, err := open(plan.uri)
	if err != nil {
		return sums, err
	}
	defer consumer.Close()
	if err := consumerChannel.Qos(plan.prefetch, 0, false); err != nil {
		return sums, err
	}
	deliveries, err := consumerChannel.Consume(queue.Name, "", false, false, false, false, nil)
	if err != nil {
		return sums, err
	}
	publisher, channel, err := open(plan.uri)
	if err != nil {
		return sums, err
	}
	defer publisher.Close()
	if err := channel.Confirm(false); err != nil {
		return sums, err
	}
	failed := make(chan error, 2)
	room := make(chan struct{}, plan.window)
	go consume(deliveries, plan.ackBatch, &sums.Consumed, failed)
	go settle(channel.NotifyPublish(make(chan amqp.Confirmation, plan.window)), room, &sums.Confirmed, failed)

	message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: make([]byte, plan.size)}
	begin := time.Now()
	end := begin.Add(time.Duration(plan.seconds * float64(time.Second)))
	var published int64
	for time.Now().Before(end) {
		select {
		case room <- struct{}{}:
		case err := <-failed:
			return sums, err
		case <-context.Done():
			return sums, context.Err()
		}
		if err := channel.PublishWithContext(context, "", queue.Name, false, false, message); err != nil {
			return sums, err
		}
		published++
	}
	confirmed, consumed, err := drain(context, published, &sums, failed)
	if err != nil {
		return sums, err
	}
	seconds := time.Since(begin).Seconds()
	return report{float64(published) / seconds, published, confirmed, consumed, seconds}, nil
}

// Waits until everything published is confirmed and consumed.
func drain(context context.Context, published int64, sums *report, failed <-chan error) (int64, int64, error) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	latest, since := int64(-1), time.Now()
	for {
		confirmed, consumed := atomic.LoadInt64(&sums.Confirmed), atomic.LoadInt64(&sums.Consumed)
		if confirmed == published && consumed >= published {
			if consumed > published {
				return 0, 0, fmt.Errorf("%d messages were consumed and %d published", consumed, published)
			}
			return confirmed, consumed, nil
		}
		if confirmed+consumed != latest {
			latest, since = confirmed+consumed, time.Now()
		}
		if time.Since(since) > patience {
			return 0, 0, fmt.Errorf("of %d messages published, %d were confirmed and %d consumed", published, confirmed, consumed)
		}
		select {
		case <-look.C:
		case err := <-failed:
			return 0, 0, err
		case <-context.Done():
			return 0, 0, context.Err()
		}
	}
}

func main() {
	var plan plan
	flag.StringVar(&plan.uri, "uri", "amqp://guest:guest@127.0.0.1:5672/", "AMQP URI of the broker")
	flag.Float64Var(&plan.seconds, "duration", 5, "seconds of publishing")
	flag.IntVar(&plan.size, "size", 100, "octets of a body")
	flag.IntVar(&plan.window, "confirms", 1000, "most unconfirmed publishes")
	flag.IntVar(&plan.ackBatch, "ack-batch", 100, "deliveries acknowledged at once")
	flag.IntVar(&plan.prefetch, "prefetch", 500, "most unacknowledged deliveries")
	flag.Parse()
	if plan.size < 0 || plan.window < 1 || plan.ackBatch < 1 || plan.prefetch < plan.ackBatch || plan.prefetch > 65535 {
		fmt.Fprintln(os.Stderr, "amqp091: use -size from 0, -confirms and -ack-batch from 1, -prefetch from the ack batch to 65535")
		os.Exit(2)
	}
	context, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	sums, err := run(context, plan)
	if err != nil {
		fmt.Fprintf(os.Stderr, "amqp091: %s: %v\n", plan.uri, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(sums)
}
