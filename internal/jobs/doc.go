// Package jobs answers: how do runs survive? Long questions are queued, worked by
// processes that may be killed at any moment, and answered once.
//
// The ledger's run is the truth; a job of River, the queue, only says that
// attempt n of run x is due. So a job that is lost is put in again (each worker
// looks every two seconds), and one that is stale or doubled does nothing,
// because a worker begins by claiming the attempt in the ledger.
//
// A worker answers each run in a child process of its own (Child), which may
// crash, be killed or outgrow its memory without harm to anything else. The
// child gets its Task as JSON on standard input, tells its progress on file
// descriptor 3 and gives the answer on 4; what it says on standard error goes to
// the run's log. It dies with its worker: by the kernel's doing on Linux, and
// everywhere because its standard input ends.
//
// The worker tells the ledger twice a second that it is alive, and is told
// whether to cancel. When it says nothing for ten seconds, any other worker gives
// the run its next attempt; should the silent one come back, what it says no
// longer counts (ledger.ErrFenced).
//
// Workers drop the logs of runs that ended KeepLogs ago; the runs and their
// answers stay.
package jobs
