package api

import (
	"net/http"
	"testing"
	"time"
)

func TestConnectionsAreCounted(t *testing.T) {
	g := newGate()
	now := time.Unix(1_800_000_000, 0)
	let := func(n int) (in int, status int) {
		for range n {
			if status = g.enter(now); status == 0 {
				in++
			}
		}
		return in, status
	}
	if in, status := let(30); in != 20 || status != http.StatusTooManyRequests {
		t.Errorf("of 30 at once %d came in (last %d), want 20 and 429", in, status)
	}
	now = now.Add(2 * time.Second)
	if in, status := let(30); in != 10 || status != http.StatusTooManyRequests {
		t.Errorf("two seconds later %d (last %d), want 10 and 429", in, status)
	}
	now = now.Add(time.Hour)
	if in, _ := let(30); in != 20 {
		t.Errorf("an hour later %d, want 20: permits do not pile up", in)
	}
	now = now.Add(time.Hour)
	if in, status := let(30); in != 14 || status != http.StatusServiceUnavailable {
		t.Errorf("with 50 open %d more (last %d), want 14 and 503", in, status)
	}
	g.leave()
	if in, _ := let(2); in != 1 {
		t.Errorf("after one left %d came in, want 1", in)
	}
}

func TestAFullInboxMakesItsWriterWait(t *testing.T) {
	b := newInbox()
	written := make(chan int, 2*maxWaiting)
	go func() {
		for range 2 * maxWaiting {
			b.put(liveRequest{Type: "undo"})
			written <- 1
		}
	}()
	for range maxWaiting {
		<-written
	}
	select {
	case <-written:
		t.Error("more messages than may wait were taken in")
	case <-time.After(20 * time.Millisecond):
	}
	if _, ok := b.take(); !ok {
		t.Error("a full inbox has nothing to take")
	}
	<-written
	b.close() // lets the writer go, and nothing be taken
	for range maxWaiting - 1 {
		<-written
	}
	if _, ok := b.take(); ok {
		t.Error("a closed inbox gave a message")
	}
}
