/* The way back: a reload that has just been committed, with a period in which it can be taken back. `Bake`, `Standby`,
 * `MissedWrites`, `WriteGate.recall`, `Permanence`, `Finalization`.
 *
 * The first version's resource stands by as it was, and the writes made since are recorded for it. The new version is asked now
 * and then whether it does well; if not, the standby serves again when what was recorded has been replayed, or, where the
 * writes were too many to record, a copy of the new one's. Meanwhile somebody reloads the plugin once more, and somebody makes
 * it permanent. Each call and each record may fail. Shown: I3 I4 I7 I10 I12.
 *
 * Faults:
 *   NO_RETAIN             I4   the standby serves again without the writes made meanwhile
 *   RETAIN_PART           I4   of too many writes the first are recorded
 *   RECALL_EARLY          I4   what is recorded is counted before the write in flight has settled
 *   CLOSE_KEPT            I7   the first version's resource is closed as soon as its leases have ended
 *   CLOSE_AGAIN           I7   it is closed although it serves again
 *   LOOK_LATE             I7   it is seen whether it serves again only when the way back has been written down
 *   SHUT_DOWN_AGAIN       I7   the first version is shut down although it serves again
 *   KEEP_STRANDED         I12  a way back that fails leaves the standby open
 *   NO_SUPERSEDE          I3   a reload that commits does not end the period
 *   NO_SETTLE             I10  the way back does not wait for an operation on the plugin that is under way
 *   PERMANENT_UNCLAIMED   I10  a version is taken back while it is being made permanent
 *   PERMANENT_LATE        I10  a version is made permanent while it is being taken back
 *   ACCEPT_UNRECORDED     I10  the period ends although the version could not be made permanent
 */
#include "environment.pml"

#ifndef WRITES
#define WRITES 4
#endif
#ifndef QUESTIONS
#define QUESTIONS 2
#endif
#define BOUND 2                     /* retained; beyond that a way back copies. Recorded; at the bound writers wait */

/* Resources: the first version's, which is kept; the second's; a copy of that for the first version; the third version's. */
#define KEPT 1
#define TRIED 2
#define COPIED 3
#define THIRD 4
#define version_of(resource) (resource == THIRD -> 3 : (resource == TRIED -> 2 : 1))

mtype = { baking, asking, going_back, healthy, accepted, superseded, taken_back, stranded };
mtype = { none, intent, persist, restore, prepared, replay };
mtype = { idle, under_way, stale, refused, failed, committed, rolled_back, recorded_ };

mtype bake = baking;
bool early = false;                 /* the period was ended by something else, */
mtype why;                          /* which was this */
byte serving = TRIED;
bool open[5], up[4];                /* resources that are open; versions that are not shut down */
byte has[5];                        /* the writes in each resource: the first so many */

bool held = false, writing = false;
byte acked = 0;
bool recording = false, retaining = true;
byte recorded = 0, retained = 0;
bool slowed = false;
byte let_in = 0;

bool busy = false;                  /* an operation is changing the plugin, */
mtype call = none;                  /* and this is the call or the record it waits for */
mtype reloaded = idle, made = idle; /* what the callers of the other reload and of `makePermanent` were told */
bool accepting = false;             /* it is being made permanent, which keeps it from being taken back */
byte comes_back = 1;                /* the version that a crash comes back on */
bool told = false;                  /* somebody was, that the second version is permanent */
bool way_back_failed = false;
bool committing = false, owed = false;      /* the commit of the way back is being written down, or could not be */
byte ended = 0;

/* That the other reload comes between the commit of the way back and its record is rare by chance; in some traces it waits for that. */
#ifdef TRACE
bool waits = false;
#define its_turn (!waits || version_of(serving) == 1 || !open[KEPT])
#define had_its_turn (!waits || serving == THIRD || (reloaded != idle && reloaded != under_way))
#define toss_turn if :: waits = true :: waits = false fi
#else
#define its_turn true
#define had_its_turn true
#define toss_turn skip
#endif

/* A replay that does not keep up lets one write in for two that it has replayed. */
#define blocked (held || (recording && (recorded >= BOUND || (slowed && 2 * recorded >= let_in))))
#define dirty (recorded > 0 || writing)
#define in(resource) (open[resource] -> has[resource] : 0)

inline visible() {
  printf("@state bake=%e call=%e reloaded=%e made=%e serving=%d held=%d recording=%d writing=%d acked=%d open=%d,%d,%d,%d has=%d%d%d%d up=%d%d%d comes_back=%d\n",
    bake, call, reloaded, made, version_of(serving), held, recording && !held, writing, acked,
    open[KEPT], open[TRIED], open[COPIED], open[THIRD], in(KEPT), in(TRIED), in(COPIED), in(THIRD), up[1], up[2], up[3], comes_back)
}

proctype Writer() {
  do
  :: atomic { on_if(acked < WRITES && !blocked, write); writing = true }
     assert(open[serving]);                                               /* I7 */
     atomic {
       on(write is accepted);
       assert(has[serving] == acked);                                     /* I4 */
       has[serving]++; acked++; writing = false;
       if
#ifdef RETAIN_PART
       :: retaining && !held && retained >= BOUND
#else
       :: retaining && !held && retained >= BOUND -> retaining = false; retained = 0
#endif
       :: retaining && (held || retained < BOUND) -> retained++
       :: else
       fi;
       if :: recording -> recorded++ :: else fi
     }
  :: acked == WRITES -> break
  od
}

inline end(outcome) { if :: !early && (bake == baking || bake == asking) -> early = true; why = outcome :: else fi }
inline forget() { retaining = false; retained = 0 }
inline hold() { held = true; !writing }
inline record() { d_step { recording = true; held = false } }
inline let_go() { d_step { held = false; recording = false; recorded = 0; slowed = false } }

#define fails(step) atomic { on_fault(step fails); call = none; goto undo }

inline written(step) {
  atomic { toss; call = step }
  if
  :: atomic { on(record ends); call = none }
  :: fails(record)
  fi
}

/* The copy that every reload makes. */
inline copy(target) {
  hold();
  call = persist;
  if
  :: atomic { on(persist ends); taken = has[serving]; call = none }
  :: fails(persist)
  fi;
  atomic { record(); call = restore }
  if
  :: atomic { on(restore ends); has[target] = taken; open[target] = true; call = none }
  :: fails(restore)
  fi
}

inline replay_rest(target) {
  do
  :: atomic { recorded > 0 -> call = replay }
     if
     :: atomic { on(replay is accepted); has[target]++; recorded--; call = none }
     :: atomic { on_fault(replay is refused); call = none; goto undo }
     fi
  :: recorded == 0 -> break
  od
}

/* What is recorded meanwhile is the next round's. */
inline replay_round(target) {
  d_step { before = recorded; round = recorded; recorded = 0 }
  do
  :: atomic { round > 0 -> call = replay }
     if
     :: atomic { on(replay is accepted); has[target]++; round--; call = none; let_in++ }
     :: atomic { on_fault(replay is refused); call = none; goto undo }
     fi
  :: round == 0 -> break
  od
}

/* Under load, round after round while they shrink; then writers are slowed down. */
inline catch_up(target) {
  before = WRITES + 1;
  do
  :: recorded > 0 && recorded < before -> replay_round(target)
  :: else -> break
  od;
  before = WRITES + 1;
  do
  :: recorded > 0 && recorded < before ->
     d_step { slowed = true; let_in = 1 }
     replay_round(target);
     slowed = false
  :: else -> break
  od
}

/* Writes are held in a turn in which nothing is left to do. Only where that does not come by itself they are held before. */
inline converge(target) {
  catch_up(target);
  before = 0;
  do
  :: atomic { !dirty -> held = true; break }
  :: dirty && before == 0 -> catch_up(target); before = 1
  :: dirty && before > 0 -> hold(); replay_rest(target)
  od
}

inline close(resource) {
  assert(open[resource]);                                                 /* I7 */
  open[resource] = false
}

inline switch_to(target) {
  assert(open[target]);                                                   /* I7 */
  assert(has[target] == acked);                                           /* I4 */
  serving = target; held = false; recording = false; recorded = 0;
  forget()
}

proctype Bake() {
  byte target = 0, taken, questions = 0, before, round;
  do
  :: questions < QUESTIONS ->
     if
     :: early -> goto over
     :: atomic { on_if(!early, a question is due); questions++; bake = asking }
     fi;
     if
     :: atomic { on_if(!early, it does well); bake = baking }
     :: atomic { on_if(!early, it does not do well); bake = baking; goto take_back }
     :: atomic { on_if(!early, no answer); bake = baking; goto take_back }
     :: early -> goto over
     fi
  :: questions == QUESTIONS -> break
  od;
  atomic { if :: early -> goto over :: else -> bake = healthy; forget() fi }
  if
  :: atomic { on(the period is recorded); comes_back = 2 }
  :: on_fault(the period is not recorded)
  fi;
  goto closing;

over:
  atomic { bake = why; if :: why == accepted -> forget() :: else fi };
  goto closing;

take_back:
  /* Whoever ends the period meanwhile is noticed when what is waited for is over. */
#ifndef PERMANENT_UNCLAIMED
  if :: !early && accepting -> !accepting :: else fi;
#endif
#ifndef NO_SETTLE
  if :: !early && busy -> !busy :: else fi;
#endif
  atomic {
    if
    :: early -> goto over
#ifndef PERMANENT_UNCLAIMED
    :: !early && accepting -> goto take_back
#endif
#ifndef NO_SETTLE
    :: !early && busy -> goto take_back
#else
    :: !early && busy -> goto strand
#endif
    :: else -> bake = going_back; busy = true
    fi
  }
  assert(version_of(serving) == 2);                                       /* I3 */
  written(intent);
  atomic { if :: retaining -> target = KEPT; held = true :: else -> target = COPIED fi }
  if
  :: target == KEPT ->
#ifndef RECALL_EARLY
     !writing;
#endif
#ifdef NO_RETAIN
     retained = 0;
#endif
     d_step { recorded = retained; forget() };
#ifdef RECALL_EARLY
     !writing;
#endif
     record()
  :: else ->
     copy(COPIED)
  fi;
  written(prepared);
  converge(target);
  atomic { switch_to(target); busy = false; committing = true }
  if
  :: atomic { on_if(had_its_turn, the way back is recorded); committing = false }
  :: atomic { on_if(had_its_turn, the way back is not recorded); committing = false; owed = true }
  fi;
  /* It is finalized, and so is the reload it took back. By now the plugin may have been reloaded again. */
  atomic { bake = taken_back; close(TRIED); up[2] = false };
#ifdef SHUT_DOWN_AGAIN
  up[1] = false;
#endif
#if defined(LOOK_LATE)
  if :: serving == KEPT -> goto done :: else fi;
#elif !defined(CLOSE_AGAIN)
  if :: target == KEPT -> goto done :: else fi;
#endif
  close(KEPT);
  goto done;

undo:
  way_back_failed = true;
  let_go();
  if :: open[COPIED] -> close(COPIED) :: else fi;
  atomic { busy = false; assert(version_of(serving) == 2 && open[TRIED] && has[TRIED] == acked) }               /* I3 */
strand:
  atomic { bake = stranded; forget() }
#ifdef KEEP_STRANDED
  up[1] = false;
  goto done;
#endif
closing:
  /* The first version leaves for good. */
  atomic { close(KEPT); up[1] = false };
done:
  ended++
}

#ifdef CLOSE_KEPT
proctype Early() { close(KEPT) }
#endif

/* Another reload of the plugin, which fails or commits: of the second version, or of the first when that serves again. */
proctype Reload() {
  byte taken, replaced, before, round;
  atomic {
    on_if(its_turn, reload);
    if
    :: busy -> reloaded = refused; goto over
    :: else -> busy = true; reloaded = under_way
    fi
  }
  /* Nothing is begun before what was committed is written down. */
  if
  :: owed ->
     if
     :: atomic { on(the way back is recorded); owed = false }
     :: atomic { on(the way back is not recorded); goto undo }
     fi
  :: else
  fi;
  written(intent);
  up[3] = true;
  copy(THIRD);
  written(prepared);
  converge(THIRD);
  atomic {
    replaced = serving;
    switch_to(THIRD); busy = false;
#ifndef NO_SUPERSEDE
    end(superseded)
#endif
  }
  /* Commits are written down in their order. */
  !committing;
  reloaded = committed;
  atomic { close(replaced); up[version_of(replaced)] = false }
  goto over;
undo:
  let_go();
  d_step { open[THIRD] = false; up[3] = false; busy = false; reloaded = rolled_back };
over:
  ended++
}

proctype MakePermanent() {
  atomic {
    on(make permanent);
    if
    :: version_of(serving) != 2 -> made = stale; goto over
#ifndef PERMANENT_LATE
    :: bake == going_back -> made = refused; goto over
#endif
    :: version_of(serving) == 2 && comes_back == 2 -> made = recorded_; told = true; goto over
    :: else -> made = under_way; accepting = true
    fi
  }
  if
  :: atomic { on(permanent ends); comes_back = 2; made = recorded_; told = true; accepting = false; end(accepted) }
  :: atomic {
       on(permanent fails); made = failed; accepting = false;
#ifdef ACCEPT_UNRECORDED
       end(accepted)
#endif
     }
  fi;
over:
  ended++
}

proctype End() {
  ended == 3 && acked == WRITES;
  the_end;
  assert(has[serving] == WRITES);                                         /* I4 */
  assert(open[serving] && up[version_of(serving)]);                       /* I7 */
  assert(open[KEPT] + open[TRIED] + open[COPIED] + open[THIRD] == 1 && up[1] + up[2] + up[3] == 1);             /* I12 */
  assert(!told || version_of(serving) > 1);                               /* I10 */
  assert(comes_back <= version_of(serving));                              /* I10 */
  assert(version_of(serving) == (reloaded == committed -> 3 : (bake == taken_back -> 1 : 2)));                  /* I3 */
  assert(bake != stranded || way_back_failed);                            /* I10 */
  assert(bake != accepted || told)                                        /* I10 */
}

init {
  atomic {
    toss; toss_turn;
    open[KEPT] = true; open[TRIED] = true; up[1] = true; up[2] = true;
    run Writer(); run Bake(); run Reload(); run MakePermanent(); run End();
#ifdef CLOSE_KEPT
    run Early()
#endif
  }
}
