/* One stream moved by stop-and-copy under deliveries: `stopAndCopy` and `WriteGate` of the core, and its owner, who
 * delivers a batch until it is acknowledged.
 *
 * Any call may fail, a failed delivery may have become durable all the same, and the reload is aborted at any moment. Where
 * neither version starts, the stream is halted until a delivery or a later reload starts it. A dry run checkpoints and stops
 * nothing. Shown: I3 I4 I5 I7, and that the stream never has two owners.
 *
 * Faults:
 *   NO_IDLE            I7  a hold does not wait for the delivery in flight
 *   CHECKPOINT_EARLY   I5  the checkpoint is taken before deliveries are held
 *   CHECKPOINT_AHEAD   I5  the new stream is started behind the delivery that comes next
 *   START_BEFORE_STOP  owner  the new stream is started while the old one runs
 *   NO_SETTLE          owner  a rollback does not wait for the stop or start under way
 *   HALT_READ_EARLY    owner  whether the stream is halted is looked up before the hold
 *   NO_RESTART         I3  the old stream is not started again
 *   DISCARD_EARLY      I3  a rollback discards the checkpoint of a stream that it halts
 *   LATE_START_KEPT    owner  a stream that starts late is not stopped again
 *   DRY_RUN_STOPS      O6  a dry run stops the stream
 *   NO_RELEASE         deadlock  a rollback does not let go of the gate
 */
#include "environment.pml"

#ifndef BATCHES
#define BATCHES 4
#endif
#ifndef RELOADS
#define RELOADS 3
#endif

mtype = { none, checkpoint, stop, start, restart };
mtype = { serving, committed, rolling_back, rolled_back, dry_run };

mtype call = none;                  /* the plugin call the reload waits for */
mtype moving = none;                /* a stop or start it has given up on, and that is under way */
mtype outcome = serving;

bool held = false;                  /* the gate */
bool running = false;               /* a task of its queue is in flight: a delivery, or the restart before it */
bool restarting = false;            /* the restart before a delivery */
byte delivered = 0, sink = 0;       /* batches acknowledged; batches durable outside, which keeps the LSN with the data */
bool unsure = false;                /* a failed delivery has become durable */
bool renewed = false, halted = false, aborted = false;
byte owners = 1;                    /* streams that hold what only one may hold, from their start to the end of their stop */
byte checkpoints = 0;               /* checkpoints kept */
byte kept = 0, taken = 0, last = 0; /* the checkpoint of a halted stream; of this handoff; of the one before */
byte reloads = 0;
bool finished = false;

#define as_it_was (halted -> checkpoints == 1 && owners == 0 : checkpoints == 0 && owners == 1)

inline visible() {
  printf("@state outcome=%e call=%e moving=%e delivering=%d restarting=%d acked=%d sink=%d owners=%d checkpoints=%d halted=%d generation=%d\n",
    outcome, call, moving, running && !restarting, restarting, delivered, sink, owners, checkpoints, halted, renewed)
}

inline own() { owners++; assert(owners == 1) }                            /* owner */

active proctype Queue() {
  do
  :: atomic { on_if(delivered < BATCHES && !held, deliver); running = true; restarting = halted }
     if
     :: restarting -> own();
        if
        :: atomic { on(restart ends); halted = false; restarting = false; checkpoints-- }
        :: atomic { on_fault(restart fails); owners--; restarting = false; running = false; goto refused }
        fi
     :: else
     fi;
     assert(owners == 1);                                                 /* I7 */
     assert(sink == delivered || (unsure && sink == delivered + 1));        /* I4 */
     if
     :: atomic { on(delivery ends); delivered++; sink = delivered; unsure = false; running = false }
     :: atomic { on_if(!unsure, delivery fails); running = false }
     :: atomic { on_if(!unsure, delivery fails and is durable); unsure = true; sink = delivered + 1; running = false }
     fi;
refused:
     skip
  :: delivered == BATCHES -> break
  od
}

inline hold() {
  held = true;
#ifdef NO_IDLE
  if :: aborted -> goto rollback :: !aborted fi
#else
  if :: aborted -> goto rollback :: !running fi
#endif
}

active proctype Reload() {
  bool dry, started, stopped, was_halted, went_well;
again:
  atomic {
    if :: on(reload); dry = false :: on(dry run); dry = true fi;
    toss;
    reloads++; started = false; stopped = false; was_halted = halted; taken = 0; went_well = false; outcome = serving
  }
  /* converge */
#ifndef CHECKPOINT_EARLY
  hold();
#endif
#ifndef HALT_READ_EARLY
  was_halted = halted;
#endif
  if
  :: was_halted -> taken = kept
  :: else ->
     call = checkpoint;
     if
     :: atomic { on(checkpoint ends); call = none; taken = delivered; checkpoints++ }
     :: atomic { on_fault(checkpoint fails); call = none; goto rollback }
     :: atomic { aborted -> call = none; goto rollback }
     fi;
  fi;
  assert(taken <= delivered && taken >= last);                            /* I5 */
  last = taken;
#ifndef DRY_RUN_STOPS
  if :: dry && !was_halted -> went_well = true; goto rollback :: else fi;
#endif
#ifdef CHECKPOINT_EARLY
  hold();
#endif
#ifndef START_BEFORE_STOP
  if
  :: was_halted
  :: else ->
     atomic { call = stop; stopped = true }
     if
     :: atomic { on(stop ends); call = none; owners-- }
     :: atomic { on_fault(stop fails); call = none; owners--; goto rollback }
     :: atomic { aborted -> call = none; moving = stop; goto rollback }
     fi
  fi;
#endif
  atomic { call = start; own() }
#ifdef CHECKPOINT_AHEAD
  taken++;
#endif
  assert(taken == delivered);                                             /* I5 */
  if
  :: atomic { on(start ends); call = none; started = true }
  :: atomic { on_fault(start fails); call = none; owners--; goto rollback }
  :: atomic { aborted -> call = none; moving = start; goto rollback }
  fi;
  if :: dry && !aborted -> went_well = true; goto rollback :: else fi;
  atomic {
    if :: aborted -> goto rollback :: else fi;
    renewed = true; halted = false; held = false; outcome = committed
  }
  checkpoints--;                    /* finalize */
  goto done;

rollback:
  outcome = rolling_back;
#ifndef NO_SETTLE
  do
  :: moving == stop -> atomic { if :: on(stop ends late) :: on_fault(stop fails late) fi; owners--; moving = none }
  :: moving == start ->
     if
#ifndef LATE_START_KEPT
     :: atomic { on(start ends late); moving = stop }
#else
     :: atomic { on(start ends late); moving = none }
#endif
     :: atomic { on_fault(start fails late); owners--; moving = none }
     fi
  :: moving == none -> break
  od;
#endif
  if
  :: started ->
     call = stop;
     /* A dry run that cannot be undone has not gone well (I10). */
     atomic { if :: on(stop ends) :: on_fault(stop fails); went_well = false fi; call = none; owners-- }
  :: else
  fi;
  if
  :: stopped ->
#ifndef NO_RESTART
     atomic { call = restart; own() }
     assert(taken == delivered);                                          /* I5 */
     if
     :: atomic { on(restart ends); call = none; checkpoints-- }
     :: atomic { on_fault(restart fails); call = none; owners--; halted = true; kept = taken;
#ifdef DISCARD_EARLY
        checkpoints--
#endif
        }
     fi
#else
     checkpoints--
#endif
  :: !stopped && !was_halted && checkpoints > 0 -> checkpoints--
  :: else
  fi;
  atomic {
    if :: dry -> assert(!stopped) :: else fi;                             /* O6 */
    assert(!renewed && as_it_was);                                        /* I3 */
    outcome = (went_well -> dry_run : rolled_back);
#ifndef NO_RELEASE
    held = false
#endif
  }
  if :: reloads < RELOADS -> aborted = false; goto again :: skip fi;
done:
  finished = true
}

active proctype Abort() {
  do
  :: atomic { on_if(outcome == serving && reloads == 1 && !aborted, abort); aborted = true; break }
  :: outcome != serving -> break
  od
}

active proctype End() {
  finished && delivered == BATCHES;
  the_end;
  assert(sink == BATCHES);                                                /* I4 */
  assert(as_it_was)                                                       /* I7 */
}
