/* The way back: a reload that has just been committed, with a period in which it can be taken back. `Bake`, `takeBack`,
 * `WriteGate.recall`, `Permanence`, `Finalization`.
 *
 * The first version's resource is kept as it was, and the gate retains the writes made since. The new version is asked now and
 * then whether it does well; if not, the kept resource serves again when what was retained has been replayed, or, where the
 * writes were too many to retain, a copy of the new one's. Meanwhile somebody reloads the plugin once more, and somebody makes
 * it permanent. Each call and each record may fail. Shown: I3 I4 I7 I10 I12.
 *
 * Faults:
 *   NO_RETAIN             I4   the kept resource serves again without the writes made meanwhile
 *   RETAIN_PART           I4   of too many writes the first are retained
 *   RECALL_EARLY          I4   what is retained is counted before the write in flight has settled
 *   CLOSE_KEPT            I7   the first version's resource is closed as soon as its leases have ended
 *   CLOSE_AGAIN           I7   it is closed although it serves again
 *   SHUT_DOWN_AGAIN       I7   the first version is shut down although it serves again
 *   KEEP_STRANDED         I12  a way back that fails leaves the kept resource open
 *   NO_SUPERSEDE          I3   a reload that commits does not end the period
 *   NO_SETTLE             I10  the way back does not wait for an operation on the plugin that is under way
 *   PERMANENT_UNCLAIMED   I10  a version is made permanent while it is being taken back
 */
#include "environment.pml"

#ifndef WRITES
#define WRITES 4
#endif
#ifndef QUESTIONS
#define QUESTIONS 2
#endif
#define BOUND 2                     /* retained; beyond that a way back copies */

/* Resources: the first version's, which is kept; the second's; a copy of that for the first version; the third version's. */
#define KEPT 1
#define TRIED 2
#define COPIED 3
#define THIRD 4
#define version_of(resource) (resource == THIRD -> 3 : (resource == TRIED -> 2 : 1))

mtype = { baking, asking, going_back, healthy, accepted, superseded, taken_back, stranded };

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

bool busy = false;                  /* an operation is changing the plugin */
byte comes_back = 1;                /* the version that a crash comes back on */
bool told = false;                  /* somebody was, that the second version is permanent */
bool way_back_failed = false;
byte ended = 0;

proctype Writer() {
  do
  :: atomic { acked < WRITES && !held -> writing = true }
     assert(open[serving]);                                               /* I7 */
     atomic {
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
inline let_go() { atomic { held = false; recording = false; recorded = 0 } }

inline replay(target) { d_step { has[target] = has[target] + recorded; recorded = 0 } }

/* The copy that every reload makes. */
inline copy(target) {
  hold();
  has[target] = has[serving];
  record();
  open[target] = true
}

inline switch_to(target) {
  assert(open[target]);                                                   /* I7 */
  assert(has[target] == acked);                                           /* I4 */
  serving = target; held = false; recording = false; recorded = 0;
  forget()
}

proctype Bake() {
  byte target, questions = 0;
  do
  :: questions < QUESTIONS ->
     questions++;
     if :: early -> goto over :: !early -> bake = asking fi;
     if
     :: !early -> bake = baking                                           /* it does well so far */
     :: !early -> goto take_back                                          /* no, or an error, or no answer */
     :: early -> goto over
     fi
  :: questions == QUESTIONS -> break
  od;
  atomic { if :: early -> goto over :: else -> bake = healthy; forget() fi }
  if :: comes_back = 2 :: skip fi;                                        /* the record is synced, or could not be */
  goto closing;

over:
  atomic { bake = why; if :: why == accepted -> forget() :: else fi };
  goto closing;

take_back:
  atomic {
#ifndef NO_SETTLE
    early || !busy;
#endif
    if
    :: early -> goto over
    :: else -> bake = going_back; if :: busy -> goto strand :: else -> busy = true fi
    fi
  }
  assert(version_of(serving) == 2);                                       /* I3 */
  target = 0;
  if :: way_back_failed = true; goto undo :: skip fi;                     /* a record is not written, an open does not end */
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
  if :: way_back_failed = true; goto undo :: skip fi;
  hold();
  if :: way_back_failed = true; goto undo :: replay(target) fi;           /* a write may be refused */
  atomic { switch_to(target); bake = taken_back; busy = false }
  /* The way back is finalized, and so is the reload it took back. */
  open[TRIED] = false; up[2] = false;
#ifdef SHUT_DOWN_AGAIN
  up[1] = false;
#endif
#ifndef CLOSE_AGAIN
  if :: serving == KEPT -> goto done :: else fi;
#endif
  open[KEPT] = false;
  goto done;

undo:
  let_go();
  if :: target == COPIED -> open[COPIED] = false :: else fi;
  atomic { busy = false; assert(version_of(serving) == 2 && open[TRIED] && has[TRIED] == acked) }               /* I3 */
strand:
  atomic { bake = stranded; forget() }
#ifdef KEEP_STRANDED
  up[1] = false;
  goto done;
#endif
closing:
  /* The first version leaves for good. */
  atomic { open[KEPT] = false; up[1] = false };
done:
  ended++
}

#ifdef CLOSE_KEPT
proctype Early() { open[KEPT] = false }
#endif

/* Another reload of the plugin, which fails or commits. */
proctype Reload() {
  if
  :: atomic { busy -> goto over }
  :: atomic { !busy && serving == TRIED -> busy = true; up[3] = true }
  :: atomic { !busy && serving != TRIED -> goto over }                    /* its handle is stale */
  fi;
  copy(THIRD);
  hold();
  if :: goto undo :: replay(THIRD) fi;
  atomic {
    switch_to(THIRD); busy = false;
#ifndef NO_SUPERSEDE
    end(superseded)
#endif
  }
  open[TRIED] = false; up[2] = false;
  goto over;
undo:
  let_go();
  d_step { open[THIRD] = false; up[3] = false; busy = false };
over:
  ended++
}

proctype MakePermanent() {
  atomic {
    if
    :: version_of(serving) != 2 -> goto over                              /* the handle is stale */
#ifndef PERMANENT_UNCLAIMED
    :: bake == going_back -> goto over                                    /* refused: it is being taken back */
    :: else -> end(accepted)
#else
    :: else
#endif
    fi
  }
  if
  :: atomic {
       comes_back = 2; told = true;
#ifdef PERMANENT_UNCLAIMED
       end(accepted)
#endif
     }
  :: goto over                                                            /* the record could not be written */
  fi;
over:
  ended++
}

proctype End() {
  ended == 3 && acked == WRITES;
  assert(has[serving] == WRITES);                                         /* I4 */
  assert(open[serving] && up[version_of(serving)]);                       /* I7 */
  assert(open[KEPT] + open[TRIED] + open[COPIED] + open[THIRD] == 1 && up[1] + up[2] + up[3] == 1);             /* I12 */
  assert(!told || version_of(serving) > 1);                               /* I10 */
  assert(comes_back <= version_of(serving));                              /* I10 */
  assert(bake == taken_back -> version_of(serving) == 1 : version_of(serving) > 1);                             /* I3 */
  assert(bake != stranded || way_back_failed)                             /* I10 */
}

init {
  atomic {
    open[KEPT] = true; open[TRIED] = true; up[1] = true; up[2] = true;
    run Writer(); run Bake(); run Reload(); run MakePermanent(); run End();
#ifdef CLOSE_KEPT
    run Early()
#endif
  }
}
