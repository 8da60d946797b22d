/* A whole reload in overlap: a plugin with an index that is pre-copied and a stream that stops and is copied, under writes,
 * deliveries, epoch leases and a provider lease: `Operation`, `Handoffs`, `EpochChange`, `Drain`, `Finalization`.
 *
 * Every step fails, from `init` on; a failed reload and a dry run are followed by another. The drain keeps the old version
 * at its deadline, or forces it out. How each resource moves is in pre-copy.pml and stop-and-copy.pml. Shown: I1 I2 I3 I4
 * I7 I9.
 *
 * Faults:
 *   TWO_COMMITS        I1  providers and resources are switched one after the other
 *   SWITCH_EARLY       I4  a gate goes on against the new resource as soon as that has converged
 *   NO_DRAIN           I7  the old version is closed at the commit
 *   DRAIN_LATEST       I7  only the leases of the epoch before the commit are waited for
 *   DRAIN_EPOCHS_ONLY  I7  provider leases are not waited for
 *   FORCE_UNTOLD       I7  the old version is forced out without its leases being told
 *   INDEX_KEPT         I3  the failure of one resource does not undo the other
 *   NO_NEW_SHUTDOWN    I3  a rollback does not shut down the version it gives up
 *   STREAM_NOT_SERVED  I3  the stream that was started again does not take the stopped one's place
 *   DRY_RUN_COMMITS    O6  a dry run goes on to the commit
 */
#include "environment.pml"

#ifndef WRITES
#define WRITES 2
#endif
#ifndef BATCHES
#define BATCHES 2
#endif
#ifndef RELOADS
#define RELOADS 2
#endif
#define EPOCHS 4

mtype = { none, init_, check, persist, restore, checkpoint, stop, start, replay, restart };
mtype = { serving, committed, rolled_back, dry_run };
mtype = { active_, draining, kept, forced, finalized };

mtype call = none;                  /* the plugin call the reload waits for */
mtype outcome = serving;
mtype first = active_;              /* what has become of the first version */

/* Which version each epoch provides, and which instance of the index and of the stream it serves. 1 is the first, 2 the one
 * that replaces it; the first one's stream is 1 or, started again, 3. */
byte epoch = 0;
byte provides[EPOCHS], index[EPOCHS], stream[EPOCHS];
byte epoch_leases[EPOCHS], provider_leases[3];
bool told = false;                  /* the leases of the first version were, that their time is up */

bool initialized[3], index_open[3], stream_open[4];
byte has[3];                        /* writes in each index: the first so many */

byte index_gate = 1, stream_gate = 1;
bool index_held = false, stream_held = false, writing = false, delivering = false, recording = false;
byte recorded = 0, acked = 0, delivered = 0;
byte reloads = 0;
byte readers = 2;
bool finished = false;

#define of_first(at) (provides[at] == 1 -> epoch_leases[at] : 0)
#define holders (of_first(0) + of_first(1) + of_first(2) + of_first(3) + provider_leases[1])
#define whole(at) (index[at] == provides[at] && (stream[at] == provides[at] || stream[at] == 3 && provides[at] == 1))

inline visible() {
  printf("@state outcome=%e first=%e call=%e epoch=%d generation=%d writing=%d acked=%d index1=%d index2=%d open1=%d open2=%d streams=%d delivering=%d delivered=%d up1=%d up2=%d\n",
    outcome, first, call, epoch, provides[epoch] - 1, writing, acked, has[1], has[2], index_open[1], index_open[2],
    stream_open[1] + stream_open[2] + stream_open[3], delivering, delivered, initialized[1], initialized[2])
}

inline publish(plugin, at_index, at_stream) {
  d_step {
    provides[epoch + 1] = plugin; index[epoch + 1] = at_index; stream[epoch + 1] = at_stream;
    epoch++
  }
}

proctype Writer() {
  do
  :: atomic { on_if(acked < WRITES && !index_held, write); writing = true }
     assert(index_open[index_gate]);                                      /* I7 */
     atomic {
       on(write is accepted);
       assert(has[index_gate] == acked);                                  /* I4 */
       has[index_gate]++; acked++; writing = false;
       if :: recording -> recorded++ :: else fi
     }
  :: acked == WRITES -> break
  od
}

proctype Pump() {
  do
  :: atomic { on_if(delivered < BATCHES && !stream_held, deliver); delivering = true }
     assert(stream_open[stream_gate]);                                    /* I7 */
     atomic { on(delivery ends); delivered++; delivering = false }
  :: delivered == BATCHES -> break
  od
}

proctype EpochReader() {
  byte at;
  byte captures = 0;
  do
  :: captures < 2 ->
     atomic { on(capture); at = epoch; epoch_leases[at]++; captures++ }
     assert(whole(at));                                                   /* I1 */
     assert(told || (initialized[provides[at]] && index_open[index[at]]));                      /* I7 */
     atomic { on(release); epoch_leases[at]-- }
  :: else -> break
  od;
  readers--
}

proctype ProviderReader() {
  byte version;
  atomic { on(acquire); version = provides[epoch]; provider_leases[version]++ }
  assert(told || initialized[version]);                                        /* I7 */
  atomic { on(release the provider); provider_leases[version]--; readers-- }
}

/* Once in each reload that gets so far, in this order: the stream holds nobody up, and the index holds writers briefly. */
#define fails(step) atomic { on_fault(step fails); call = none; failed = true; goto rollback }

inline commit() {
#ifdef TWO_COMMITS
  provides[epoch] = 2;
#endif
  atomic {
    publish(2, 2, 2);
    index_gate = 2; stream_gate = 2; index_held = false; stream_held = false; recording = false; recorded = 0;
    outcome = committed; first = draining
  }
}

inline drain() {
  if
#ifdef NO_DRAIN
  :: true
#endif
#ifdef DRAIN_LATEST
  :: epoch_leases[epoch - 1] + provider_leases[1] == 0
#endif
#ifdef DRAIN_EPOCHS_ONLY
  :: holders == provider_leases[1]
#endif
  :: holders == 0
  :: atomic { on_if(holders > 0, drain deadline); if :: force -> first = forced :: else -> first = kept fi }
#ifndef FORCE_UNTOLD
     if :: force -> told = true :: else fi;
#endif
     if
     :: holders == 0
     :: atomic { on_if(force && holders > 0, grace ends) }
     fi
  fi
}

inline rest() {
  do
  :: atomic { recorded > 0 -> call = replay }
     if
     :: atomic { on(replay is accepted); has[2]++; recorded--; call = none }
     :: atomic { on_fault(replay is refused); call = none; failed = true; goto rollback }
     fi
  :: recorded == 0 -> break
  od
}

/* What is recorded meanwhile is the next round's. */
inline replay_round() {
  d_step { before = recorded; round = recorded; recorded = 0 }
  do
  :: atomic { round > 0 -> call = replay }
     if
     :: atomic { on(replay is accepted); has[2]++; round--; call = none }
     :: atomic { on_fault(replay is refused); call = none; failed = true; goto rollback }
     fi
  :: round == 0 -> break
  od
}

/* Round after round while they shrink, and after one that has not, as writers are slowed down: here there are too few for that to show. */
inline catch_up() {
  before = WRITES + 1;
  do
  :: recorded > 0 && recorded < before -> replay_round()
  :: else -> break
  od;
  before = WRITES + 1;
  do
  :: recorded > 0 && recorded < before -> replay_round()
  :: else -> break
  od
}

proctype Reload() {
  byte taken, before, round;
  bool dry, force, stopped, failed;
again:
  atomic {
    if
    :: on(reload that keeps); force = false; dry = false
    :: on(reload that forces); force = true; dry = false
    :: on(dry run); force = false; dry = true
    fi;
    toss;
    reloads++; outcome = serving; stopped = false; failed = false;
    call = init_
  }
  if
  :: atomic { on(init_ ends); initialized[2] = true; call = check }
  :: fails(init_)
  fi;
  if
  :: atomic { on(check ends); call = none; index_held = true }
  :: fails(check)
  fi;
  atomic { !writing -> call = persist }
  if
  :: atomic { on(persist ends); taken = has[1]; recording = true; index_held = false; call = restore }
  :: fails(persist)
  fi;
  if
  :: atomic { on(restore ends); call = none; index_open[2] = true; has[2] = taken }
  :: fails(restore)
  fi;
  /* Under load, before anybody is held. */
  catch_up();
  stream_held = true;
  atomic { !delivering -> call = checkpoint }
  if
  :: atomic { on(checkpoint ends); call = none; taken = delivered }
  :: fails(checkpoint)
  fi;
  if
  :: dry
  :: else ->
     atomic { call = stop; stopped = true }
     if
     :: atomic { on(stop ends); stream_open[stream_gate] = false; call = start }
     :: fails(stop)
     fi;
     if
     :: atomic { on(start ends); call = none; stream_open[2] = true }
     :: fails(start)
     fi;
#ifdef SWITCH_EARLY
     stream_gate = 2; stream_held = false
#endif
  fi;
  /* What was written meanwhile: under load, then under a hold what is left. Writes are held where nothing is. */
  before = 0;
  do
  :: atomic { recorded == 0 && !writing -> index_held = true; break }
  :: (recorded > 0 || writing) && before == 0 -> catch_up(); before = 1
  :: (recorded > 0 || writing) && before > 0 ->
     index_held = true;
     !writing;
     rest()
  od;
#ifndef DRY_RUN_COMMITS
  if :: dry -> goto rollback :: else fi;
#endif
  assert(!dry);                                                           /* O6 */
  commit();
  drain();
  atomic { index_open[1] = false; initialized[1] = false; first = finalized }
  goto done;

rollback:
  /* The writers of what serves on go first. What replaced the index is closed beside the restart of the stream, which waits for a call. */
  atomic {
    index_held = false; recording = false; recorded = 0;
#ifndef INDEX_KEPT
    index_open[2] = false; has[2] = 0;
#endif
  }
  if
  :: stopped ->
     atomic { stream_open[stream_gate] = false; stream_open[2] = false; call = restart }
     atomic {
       on(restart ends); call = none;
       assert(taken == delivered);                                        /* I4 */
       stream_gate = (stream_gate == 3 -> 1 : 3); stream_open[stream_gate] = true;
#ifndef STREAM_NOT_SERVED
       publish(1, 1, stream_gate)
#endif
     }
  :: else
  fi;
  stream_held = false;
  atomic {
#ifndef NO_NEW_SHUTDOWN
    initialized[2] = false;
#endif
    outcome = (dry && !failed -> dry_run : rolled_back);
    assert(provides[epoch] == 1 && stream_open[stream[epoch]] && !stream_open[2]);              /* I3 */
    assert(initialized[1] && index_open[1] && !initialized[2] && !index_open[2])                /* I3 */
  }
  if :: reloads < RELOADS -> goto again :: skip fi;
done:
  finished = true
}

proctype End() {
  finished && acked == WRITES && delivered == BATCHES && readers == 0;
  the_end;
  assert(has[index_gate] == WRITES);                                      /* I4 */
  assert(outcome == committed -> provides[epoch] == 2 && first == finalized : provides[epoch] == 1)         /* I3 */
}

init {
  atomic {
    index[0] = 1; stream[0] = 1; provides[0] = 1;
    initialized[1] = true; index_open[1] = true; stream_open[1] = true;
    run Writer(); run Pump(); run EpochReader(); run ProviderReader(); run Reload(); run End()
  }
}
