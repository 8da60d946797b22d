/* One resource moved by pre-copy under writes: `preCopy` and `WriteGate` of the core.
 *
 * Writers do not wait for one another: the gate's queue holds what they submit. The reload fails at any call, or is aborted
 * at any moment, and is tried once more. A replay that does not keep up slows writers down. Shown: I3 I4 I6 I7 I8 G12.
 *
 * Faults:
 *   COMMIT_BEFORE_REPLAY  I4  what was recorded last is not replayed
 *   NO_HOLD               I4  writes go on while the last of them are replayed
 *   NO_IDLE               I4  a hold does not wait for the write in flight
 *   FUZZY_SNAPSHOT        I4  writes go on during a snapshot that is no point in time
 *   MARK_LATE             I4  an isolated snapshot, and writes recorded only from its end
 *   RECORD_REFUSED        I4  a write the old resource refused is recorded
 *   ACK_REFUSED           I4  a write the old resource refused is acknowledged
 *   KEEP_RECORDED         I4  a rollback does not forget what was recorded
 *   NO_VERIFY             I6  whatever the new version opened is taken
 *   KEEP_COPY             I8  a rollback leaves the new resource open
 *   LATE_KEPT             I8  what a call that was given up on produces after all is left open
 *   STOP_WRITERS          G12  it lets in none
 *   NO_RELEASE            deadlock  a rollback does not let go of the gate
 */
#include "environment.pml"

#ifndef WRITES
#define WRITES 4
#endif
#ifndef RELOADS
#define RELOADS 2
#endif
#define BOUND 2                     /* recorded and not yet replayed; at the bound writers wait */
#define OTHER 7                     /* what an incompatible version makes of the image */

mtype = { open_, recording, held };
mtype = { none, persist, restore, replay };
mtype = { serving, committed, rolling_back, rolled_back };

mtype gate = open_;
mtype call = none;                  /* the plugin call the reload waits for */
mtype late = none;                  /* one it has given up on */
mtype outcome = serving;

byte submitted = 0, begun = 0, settled = 0;
byte applying = 0;                  /* the write in flight */
byte refused = 0;                   /* the one write that the resource refused */
short acked = 0, old = 0, new = 0, observed = 0;
bool marked = false;                /* accepted writes are recorded */
chan recorded = [WRITES] of { byte };
byte round = 0;                     /* of these, taken by the replay under way */
bool slowed = false;                /* it slows writers down, */
byte let_in = 0;                    /* to half as many as this */
bool isolated = false, judged = false, opened = false, renewed = false, aborted = false;
byte alive = 1;                     /* resources that are open */
byte images = 0;                    /* images that are kept */
byte reloads = 0;
bool finished = false;

#define meanwhile (len(recorded) - round)       /* recorded since the round was taken */
/* A replay that does not keep up lets one write in for two that it has replayed. */
#define enough (2 * meanwhile >= let_in)
#ifdef STOP_WRITERS
#define slowing slowed
#else
#define slowing (slowed && enough)
#endif
#define blocked (gate == held || (marked && (meanwhile >= BOUND || slowing)))
#define dirty (len(recorded) > 0 || applying > 0)
#define newest (opened -> new : 0)

inline visible() {
  printf("@state outcome=%e call=%e late=%e applying=%d waiting=%d acked=%o old=%o new=%o alive=%d images=%d generation=%d\n",
    outcome, call, late, applying, submitted - settled - (applying > 0 -> 1 : 0), acked, old, newest, alive, images, renewed)
}

active proctype Writers() {
  do
  :: atomic { on_if(submitted < WRITES, write); submitted++ }
  :: submitted == WRITES -> break
  od
}

inline accept() {
  if :: renewed -> append(new, applying) :: else -> append(old, applying) fi;
  if :: marked -> recorded!applying :: else fi;
  append(acked, applying)
}

/* Only what is accepted is acknowledged and recorded, whatever the gate has come to since. */
inline refuse() {
  refused = applying;
#ifdef RECORD_REFUSED
  if :: marked -> recorded!applying :: else fi;
#endif
#ifdef ACK_REFUSED
  append(acked, applying);
#endif
}

active proctype Queue() {
  do
  :: atomic { begun < submitted && !blocked -> begun++; applying = begun }
     assert(!renewed || opened);                                          /* I7 */
     if
     :: atomic { on(write is accepted); accept(); applying = 0; settled++ }
     :: atomic { on_if(refused == 0, write is refused); refuse(); applying = 0; settled++ }
     fi
  :: settled == WRITES -> break
  od
}

inline hold() {
  gate = held;
#ifdef NO_IDLE
  if :: aborted -> goto rollback :: !aborted fi
#else
  if :: aborted -> goto rollback :: applying == 0 fi
#endif
}

inline record() { d_step { gate = recording; marked = true } }

inline replay_round() {
  round = len(recorded);
  do
  :: round > 0 ->
     d_step { recorded?write; round--; call = replay }
     if
     :: atomic { on(replay is accepted); append(new, write); call = none; let_in++; assert(!slowed || !blocked || enough) } /* G12 */
     :: atomic { on_fault(replay is refused); call = none; goto rollback }
     :: atomic { aborted -> late = replay; call = none; goto rollback }
     fi
  :: else -> break
  od
}

inline replay_while_shrinking() {
#ifndef TRACE                       /* a trace has too few writes for a round to be worth its cost */
  do
  :: len(recorded) > 0 -> replay_round()
  :: break
  od
#else
  skip
#endif
}

/* Down to the last write, however few there are: writers are slowed down from the first round that has not shrunk. */
inline catch_up() {
  before = WRITES + 1;
  do
  :: len(recorded) > 0 && len(recorded) < before -> before = len(recorded); replay_round()
  :: else -> break
  od;
  before = WRITES + 1;
  do
  :: len(recorded) > 0 && len(recorded) < before ->
     d_step { before = len(recorded); slowed = true; let_in = 1 }
     replay_round();
     slowed = false
  :: else -> break
  od
}

/* Holds writes in a turn in which nothing is left to do. Only where that does not come by itself they are held before. */
inline seal() {
#ifdef NO_HOLD
  rest()
#else
  before = 0;
  do
  :: atomic { !dirty -> gate = held; break }
  :: dirty && before == 0 -> catch_up(); before = 1
  :: dirty && before > 0 -> hold();
#ifdef COMMIT_BEFORE_REPLAY
     break
#else
     rest()
#endif
  od
#endif
}

inline rest() {
  do
  :: len(recorded) > 0 -> replay_round()
  :: else -> break
  od
}

active proctype Reload() {
  byte write, before;
again:
  atomic {
    if
    :: on(reload); isolated = false; judged = true
    :: on(reload with isolated snapshots); isolated = true; judged = true
    :: on(reload without judging); isolated = false; judged = false
    fi;
    toss;
    reloads++; outcome = serving
  }
  /* prepare: the mark, the image, the copy */
  hold();
  observed = old;
  atomic {
    call = persist;
    if
    :: isolated ->
       new = old;                   /* the point in time is the call */
#ifdef MARK_LATE
       gate = open_
#else
       record()
#endif
    :: else
#ifdef FUZZY_SNAPSHOT
       -> record()
#endif
    fi
  }
  if
  :: atomic { on(persist ends); call = none; images++; if :: isolated :: else -> new = old fi }
  :: atomic { on_fault(persist fails); call = none; goto rollback }
  :: atomic { aborted -> call = none; late = persist; goto rollback }
  fi;
  record();
  call = restore;
  if
  :: atomic { on(restore ends); call = none; opened = true; alive++ }
  :: atomic { on_if(judged && faulty, restore makes something else of it); call = none; opened = true; alive++; append(new, OTHER) }
  :: atomic { on_fault(restore fails); call = none; goto rollback }
  :: atomic { aborted -> call = none; late = restore; goto rollback }
  fi;
#ifndef NO_VERIFY
  if :: judged && new != observed -> goto rollback :: else fi;
#endif
  assert(!judged || new == observed);                                     /* I6 */
  replay_while_shrinking();

  /* converge: once more under load, then what is left under a hold, where anything is */
  catch_up();
  seal();
  atomic {
    if :: aborted -> goto rollback :: else fi;
#ifndef NO_HOLD
    assert(new == acked);                                                 /* I4 */
#endif
    renewed = true; gate = open_; marked = false; outcome = committed;
    do :: recorded?write :: empty(recorded) -> break od
  }
  /* finalize */
  d_step { alive--; images-- }
  goto done;

rollback:
  atomic {
    outcome = rolling_back;
#ifndef NO_RELEASE
    gate = open_; marked = false; round = 0; slowed = false;
#ifndef KEEP_RECORDED
    do :: recorded?write :: empty(recorded) -> break od;
#endif
#endif
    assert(!renewed)                                                      /* I3 */
  }
  atomic {
#ifdef KEEP_COPY
    opened = false;
#else
    if :: opened -> opened = false; alive-- :: else fi;
#endif
    if :: images > 0 -> images-- :: else fi;
    outcome = rolled_back
  }
  late == none;                     /* by then what was given up on has ended */
  if :: reloads < RELOADS -> aborted = false; goto again :: skip fi;
done:
  finished = true
}

/* The caller's signal. */
active proctype Abort() {
  do
  :: atomic { on_if(outcome == serving && reloads == 1 && !aborted, abort); aborted = true; break }
  :: outcome != serving -> break
  od
}

/* A call that was given up on ends after all. What it produces is disposed of, and changes nothing. */
active proctype Late() {
end:
  do
  :: atomic { on_if(late == persist, late persist ends); late = none }
  :: atomic { on_if(late == restore, late restore ends);
#ifdef LATE_KEPT
     alive++;
#endif
     late = none }
  :: atomic { on_if(late == replay, late replay ends); late = none }
  od
}

active proctype End() {
  finished && settled == WRITES;
  the_end;
  assert((renewed -> new : old) == acked);                                /* I4 */
  assert(alive == 1 && images == 0)                                       /* I8 */
}
