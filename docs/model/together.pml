/* Several resources that one reload hands over together, under writes: `Handoffs`, `Together`, `converge`, `rollBack`,
 * `GateMove` and `Transaction`; `Handoffs.join` and `withdraw`.
 *
 * Those that are in step go unheld. What is written to makes its resource dirty: the dirty ones are caught up with under
 * load, then held, until there is a turn in which none is. In that turn all gates are sealed. The commit and the rollback
 * are one assignment to the transaction: readers go by it, and each gate finds out when it is used next. One resource is
 * there all the time. The other one is attached at any moment, and joins; it may be detached at any moment after that, and
 * leaves. Any copy and any replay fails. How one resource is copied is in pre-copy.pml. Shown: I1 I3 I4 I7 I12 O5 N1 N3.
 *
 * Faults:
 *   COMMIT_DIRTY       I4  what was held is in step, and nobody looks whether others were written to meanwhile
 *   SEAL_IN_FLIGHT     I4  a write that has begun makes nothing dirty before it is accepted
 *   EMPTIED_LATE       I4  what is dirty is looked at in slices, and the set is emptied only after that
 *   HELD_FORGOTTEN     I4  those that were held are forgotten where others are caught up with once more
 *   UNTOLD_RECORDING   I1  a gate that records goes on against the old resource after the commit
 *   ONE_BY_ONE         I1  each gate is told of the commit, one after the other
 *   JOINED_UNPREPARED  O5  the last hold begins, and what has just joined is not prepared
 *   JOIN_LATE          O5  a resource joins when the last hold has begun
 *   WITHDRAWN_AGAIN    I7  the end of the reload closes once more what was closed when its resource left
 *   WITHDRAWN_KEPT     I12  the successor of a resource that has left stays open
 *   HOLD_ALL           N1  those that are in step are held with those that are not
 *   TAKE_ALL           N1  what is dirty and in step again is held
 *   HOLD_IN_USE        N3  others are held while the write in flight at one is waited for
 *   NO_WAKE            deadlock  those that wait at a gate are not told of the commit or the rollback
 */
#include "environment.pml"

#ifndef WRITES
#define WRITES 2
#endif
#define RESOURCES 2
#define WRITES_TO(r) ((r) == GUEST -> 1 : WRITES)
#define GUEST 1                     /* the one that joins and leaves */

mtype = { none, restore, replay };
mtype = { serving, committed, aborted, rolled_back };
mtype = { nothing, pending };
mtype = { open_, recording, held };
mtype = { preparing, catching_up, holding, converging };

mtype outcome = serving;
mtype transaction = nothing;        /* of the reload */
bool closed = false, sealed = false;        /* nobody joins or leaves; no write begins at any gate */
byte dirty = 0, joined = 0, waits = 0;      /* sets of resources, a bit for each */
bool took_long = false;                  /* a round, or the wait for a write, was */
bool failed = false;
byte ended = 0;

/* Of each resource. The old one and its successor have places beside one another. */
#define old(r) (2 * (r))
#define new(r) (2 * (r) + 1)
bool attached[RESOURCES];
bool left[RESOURCES];               /* it was detached, */
bool withdrawn[RESOURCES];          /* and that during the reload */
bool alive[4];                      /* not closed */
byte has[4];                        /* the writes in it: the first so many */
byte first[RESOURCES];              /* what epochs see, by a transaction that was committed before, */
byte written[RESOURCES];            /* and by this one; 0 where nothing was written ahead */
byte acked[RESOURCES];

/* Of its gate. */
byte slot[RESOURCES];               /* where writes go, as far as it has found out */
bool moving[RESOURCES];             /* it has the move of the reload, and has not found out how that ended */
mtype gate[RESOURCES] = open_;
bool marked[RESOURCES];             /* it records what is accepted */
byte recorded[RESOURCES];
bool busy[RESOURCES], asleep[RESOURCES];    /* a write is in flight; one waits */

mtype todo[RESOURCES] = nothing, call[RESOURCES] = none;

#define bit(r) (1 << (r))
#define in_step(r) (!busy[r] && recorded[r] == 0)
#define under_way (transaction == pending)
#define blocked(r) (gate[r] == held || (moving[r] && under_way && sealed))
#define given_up(r) (withdrawn[r] || failed)
#define seen(r) (transaction == committed && written[r] > 0 -> written[r] : first[r])
#define slot_of(r) (moving[r] && decided(r) && transaction == committed && written[r] > 0 -> written[r] : slot[r])

#if defined(ONE_BY_ONE)
bool told[RESOURCES];
#define decided(r) (!under_way && told[r])
#elif defined(UNTOLD_RECORDING)
#define decided(r) (!under_way && (transaction == aborted || gate[r] != recording))
#else
#define decided(r) (!under_way)
#endif

#define of_new(r) (attached[r] && !left[r] && (seen(r) & 1))
inline visible() {
  printf("@state outcome=%e calls=%e,%e attached=%d%d serves=%d%d busy=%d%d waiting=%d%d acked=%d%d old=%d%d new=%d%d alive=%d%d,%d%d\n",
    outcome, call[0], call[1], attached[0] && !left[0], attached[1] && !left[1], of_new(0), of_new(1), busy[0], busy[1],
    asleep[0], asleep[1], acked[0], acked[1], has[old(0)], has[old(1)], has[new(0)], has[new(1)],
    alive[old(0)], alive[new(0)], alive[old(1)], alive[new(1)])
}

inline stir(r) { if :: moving[r] && under_way && todo[r] != converging && !withdrawn[r] -> dirty = dirty | bit(r) :: else fi }

/* What its move has come to: it is looked at by whoever uses the gate. */
inline settle(r) {
  if
  :: moving[r] && decided(r) ->
     moving[r] = false; gate[r] = open_; marked[r] = false; recorded[r] = 0;
     if :: transaction == committed && written[r] > 0 -> slot[r] = written[r] :: else fi
  :: else
  fi
}

inline close(place) {
  assert(alive[place]);                                                   /* I7 */
  alive[place] = false; has[place] = 0
}

proctype Writer(byte r) {
  byte at;
  do
  :: atomic { on_by_if(r, attached[r] && !left[r] && acked[r] < WRITES_TO(r), write); settle(r);
       if
       :: blocked(r) -> asleep[r] = true; if :: moving[r] -> waits = waits | bit(r) :: else fi
       :: else
       fi
     }
again:
     atomic {
       !asleep[r];
       if :: left[r] -> goto over :: else fi;
       settle(r);
       if :: blocked(r) -> asleep[r] = true; if :: moving[r] -> waits = waits | bit(r) :: else fi; goto again :: else fi;
       busy[r] = true; at = slot[r];
#ifndef SEAL_IN_FLIGHT
       stir(r);
#endif
       /* Readers are sent to the same. */
       assert(seen(r) == at);                                             /* I1 */
       assert(alive[at])                                                  /* I7 */
     }
     atomic {
       if
       :: on_by(r, write is accepted)
       :: on_by_if(r, under_way && moving[r] && !took_long, write is accepted after long); took_long = true
       fi;
       settle(r);
       has[at]++; acked[r]++; busy[r] = false; at = 0;
       if
       :: marked[r] -> recorded[r]++; stir(r)
       :: else
       fi
     }
  :: left[r] || acked[r] == WRITES_TO(r) -> break
  od;
over:
  ended++
}

inline resume(r) { asleep[r] = false }

inline one_round(r) {
  d_step { before = recorded[r]; round = recorded[r]; recorded[r] = 0 }
  do
  :: atomic { round > 0 && !given_up(r) -> call[r] = replay }
     if
     :: atomic { on_by_if(r, !given_up(r), replay is accepted); has[new(r)]++; round--; call[r] = none }
     :: atomic { on_by_if(r, !given_up(r) && !took_long, replay is accepted after long); took_long = true; has[new(r)]++; round--; call[r] = none }
     :: atomic { on_by_if(r, !given_up(r) && faulty, replay is refused); call[r] = none; failed = true }
     :: given_up(r) -> call[r] = none; round = 0
     fi
  :: round == 0 || given_up(r) -> break
  od
}

/* Here there are too few writes for a slowing down to show. */
inline catch_up(r) {
  before = WRITES + 1;
  do
  :: recorded[r] > 0 && recorded[r] < before && !given_up(r) -> one_round(r)
  :: else -> break
  od;
  before = WRITES + 1;
  do
  :: recorded[r] > 0 && recorded[r] < before && !given_up(r) -> one_round(r)
  :: else -> break
  od
}

inline hold(r) {
  atomic { if :: !given_up(r) -> gate[r] = held :: else fi };
  if :: !busy[r] :: given_up(r) fi
}

/* One step of one resource, as the reload says. */
proctype Moving(byte r) {
  byte round, before, image;
end:
  do
  :: todo[r] == preparing ->
     hold(r);
     atomic {
       if
       :: !given_up(r) -> image = has[old(r)]; gate[r] = recording; marked[r] = true; resume(r); call[r] = restore
       :: else
       fi
     }
     if
     :: call[r] == restore ->
        if
        :: atomic { on_by_if(r, !given_up(r), restore ends); call[r] = none; alive[new(r)] = true; has[new(r)] = image; image = 0; written[r] = new(r);
             if :: in_step(r) :: else -> stir(r) fi }
        :: atomic { on_by_if(r, !given_up(r) && faulty, restore fails); call[r] = none; failed = true }
        :: given_up(r) -> call[r] = none
        fi
     :: else
     fi;
     atomic { image = 0; todo[r] = nothing }
  :: todo[r] == catching_up ->
     /* It is looked at in a slice of its own, by when it may be in step again. */
     if
     :: atomic { in_step(r) -> todo[r] = nothing }
     :: else ->
        catch_up(r);
        atomic { if :: !in_step(r) && !given_up(r) -> stir(r) :: else fi; before = 0; round = 0; todo[r] = nothing }
     fi
  :: todo[r] == holding -> hold(r); todo[r] = nothing
  :: todo[r] == converging ->
     hold(r);
     do
     :: recorded[r] > 0 && !given_up(r) -> one_round(r)
     :: else -> break
     od;
     atomic { before = 0; round = 0; todo[r] = nothing }
  od
}

#define behind(r) (dirty >> (r) & 1 && !in_step(r) -> bit(r) : 0)

/* Some of those that are dirty may be in step by now. */
inline take() {
#ifdef TAKE_ALL
  d_step { some = dirty; dirty = 0 }
#else
  d_step { some = behind(0) | behind(1); dirty = 0 }
#endif
}

/* All that are dirty: each is looked at later. */
inline take_dirty() { d_step { some = dirty;
#ifndef EMPTIED_LATE
  dirty = 0
#endif
} }

#define has_to(set, r) (((set) >> (r) & 1) && !withdrawn[r])
#define at_rest (todo[0] == nothing && todo[1] == nothing)

inline start(set, what) {
  d_step {
    if :: has_to(set, 0) -> todo[0] = what :: else fi;
    if :: has_to(set, 1) -> todo[1] = what :: else fi
  }
}

inline forward(set, what) {
  start(set, what);
  at_rest;
  if :: failed -> goto rollback :: else fi
}

inline prepare_joined() {
  do
  :: atomic { joined > 0 -> some = joined; joined = 0; all = all | some }
     forward(some, preparing)
  :: joined == 0 -> break
  od
}

#define held_of(set) ((gate[0] == held -> (set) & 1 : 0) + (gate[1] == held -> (set) & 2 : 0))
#define busy_of(set) ((busy[0] -> (set) & 1 : 0) + (busy[1] -> (set) & 2 : 0))
#define needs_a_hold(r) (!has_to(some, r) || !in_step(r))
#define without_hold (some & ~held_of(some))

inline wake() {
#ifndef NO_WAKE
  d_step {
    if :: waits & 1 -> resume(0) :: else fi;
    if :: waits & 2 -> resume(1) :: else fi;
    waits = 0
  }
#else
  skip
#endif
}

inline enter(r) { if :: attached[r] && !left[r] -> all = all | bit(r); moving[r] = true; if :: busy[r] -> stir(r) :: else fi :: else fi }

#define as_one(r) (!has_to(all, r) || (written[r] > 0 && has[new(r)] == acked[r] && !busy[r]))
#define succeeded(r) (!attached[r] || left[r] || seen(r) == new(r))

/* What is left of one that has left was closed then. */
#ifdef WITHDRAWN_AGAIN
#define stayed(r) (all >> (r) & 1)
#else
#define stayed(r) has_to(all, r)
#endif

inline finalize(r) {
  atomic { if :: stayed(r) -> settle(r); close(old(r)) :: else fi }
}

inline undo(r) {
  atomic { if :: stayed(r) && (alive[new(r)] || withdrawn[r]) -> close(new(r)); written[r] = 0 :: else fi; settle(r) }
}

proctype Reload() {
  byte all, some;
  mtype step;
  bool again;
  atomic {
    on(reload);
    toss;
    transaction = pending;
    enter(0); enter(1);
    start(all, preparing)
  }
  at_rest;
  if :: failed -> goto rollback :: else fi;

  /* Under load, until it does not take long. */
  do
  :: prepare_joined();
     take_dirty();
     took_long = false;
     forward(some, catching_up);
#ifdef EMPTIED_LATE
     dirty = dirty & ~some;
#endif
     if :: joined == 0 && !took_long -> break :: else fi
  od;
  closed = true;
#ifndef JOINED_UNPREPARED
  prepare_joined();
#endif

  /* What was written meanwhile. */
  again = true;
  do
  :: atomic { dirty == 0 -> sealed = true; break }
  :: atomic {
       dirty > 0; take(); took_long = false;
       if
       :: again && without_hold > 0 ->
#ifndef HELD_FORGOTTEN
          dirty = dirty | held_of(some);
#endif
          some = without_hold; step = catching_up
#ifndef HOLD_IN_USE
       :: (!again || without_hold == 0) && busy_of(without_hold) > 0 ->
          dirty = dirty | some; some = busy_of(without_hold); step = holding
#endif
       :: else ->
#ifdef HOLD_ALL
          some = all;
#endif
          assert(needs_a_hold(0) && needs_a_hold(1));  /* N1 */
          assert(busy_of(some) == 0);                                     /* N3 */
          step = converging
       fi;
       start(some, step)
     }
     at_rest;
     if :: failed -> goto rollback :: else fi;
     again = (step == catching_up -> took_long : again || (step == holding && took_long));
#ifdef COMMIT_DIRTY
     if :: step == converging -> sealed = true; break :: else fi
#endif
  od;
  atomic {
    assert(as_one(0) && as_one(1));                          /* I4 */
    transaction = committed; outcome = committed
  }
  assert(succeeded(0) && succeeded(1));                   /* O5 */
  wake();
#ifdef ONE_BY_ONE
  told[0] = true; told[1] = true;
#endif
  finalize(0); finalize(1);
  goto done;

rollback:
  atomic { closed = true; transaction = aborted }
  wake();
#ifdef ONE_BY_ONE
  told[0] = true; told[1] = true;
#endif
  undo(0); undo(1);
  outcome = rolled_back;
done:
  ended++
}

proctype Attach() {
  atomic {
    on(attach);
#if defined(JOIN_LATE)
    transaction != nothing && (!under_way || closed);
#elif defined(JOINED_UNPREPARED)
    transaction != nothing && (!under_way || written[0] > 0 && !closed);    /* so that it is found soon */
#else
    !(under_way && closed);
#endif
    slot[GUEST] = (transaction == committed -> new(GUEST) : old(GUEST)); first[GUEST] = slot[GUEST];
    attached[GUEST] = true; alive[slot[GUEST]] = true;
    if :: under_way -> moving[GUEST] = true; joined = joined | bit(GUEST) :: else fi
  }
}

proctype Detach() {
  if
  :: on_if(attached[GUEST], detach)
  :: attached[GUEST] -> goto over   /* it stays */
  fi;
  atomic {
    !(under_way && closed);
    settle(GUEST);
    left[GUEST] = true; asleep[GUEST] = false;
    if
    :: under_way ->
       withdrawn[GUEST] = true; dirty = dirty & ~bit(GUEST); waits = waits & ~bit(GUEST); moving[GUEST] = false;
       marked[GUEST] = false; recorded[GUEST] = 0; gate[GUEST] = open_
    :: else
    fi
  }
  todo[GUEST] == nothing;
  atomic {
    if
#ifndef WITHDRAWN_KEPT
    :: withdrawn[GUEST] && alive[new(GUEST)] -> close(new(GUEST))
#endif
    :: else
    fi;
    written[GUEST] = (withdrawn[GUEST] -> 0 : written[GUEST])
  }
  atomic { !busy[GUEST] -> close(slot[GUEST]) }
over:
  ended++
}

#define only_one(r) (!attached[r] || alive[old(r)] + alive[new(r)] == (left[r] -> 0 : 1))

proctype End() {
  ended == 4 && at_rest;
  the_end;
  assert(seen(0) == slot_of(0) && (left[GUEST] || seen(GUEST) == slot_of(GUEST)));             /* I1 */
  assert(has[slot_of(0)] == WRITES && (left[GUEST] || has[slot_of(GUEST)] == WRITES_TO(GUEST)));            /* I4 */
  assert(seen(0) == (outcome == committed -> new(0) : old(0)) && alive[seen(0)]);               /* I3 */
  assert(only_one(0) && only_one(1))                                      /* I12 */
}

init {
  atomic {
    attached[0] = true; alive[old(0)] = true; slot[0] = old(0); first[0] = old(0);
    run Moving(0); run Moving(1); run Writer(0); run Writer(1);
    run Attach(); run Detach(); run Reload(); run End()
  }
}
