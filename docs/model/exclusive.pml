/* The exclusive cutover: a plugin A whose resource only one may own is fenced, drained, stopped and started, while a plugin B
 * is reloaded exclusively too: `Operation`'s fence, `captureReady` of everything, `Drain`, `stopAndCopy`.
 *
 * A drain that passes its deadline rolls back, or forces the leases out. A reload that rolled back is followed by another.
 * Shown: I3 I4 I7 I9 I11, and that the resource never has two owners.
 *
 * Faults:
 *   NO_FENCE          I7  captures reach the old version while it is stopped
 *   FENCE_LATE        I7  the fence goes up when the leases have been drained
 *   GO_ON_BLOCKED     I7  the deadline of the drain passes, and the reload goes on as if it had ended
 *   NO_UNFENCE        I3  a rollback leaves the fence up
 *   UNFENCE_ALL       I7  a commit takes down the fences of other reloads too
 *   FENCE_ALL         I11  a fence goes up round every plugin
 *   WAKE_UNCHECKED    I11  who waited for a fence captures without looking again
 *   START_FIRST       owner  the new resource is started before the old one is stopped
 *   NO_RESTART        I3  a rollback does not start the old resource again
 *   NO_HOLD           I4  writes go on while the resource moves
 */
#include "environment.pml"

#ifndef WRITES
#define WRITES 2
#endif
#ifndef RELOADS
#define RELOADS 2
#endif
#ifndef CAPTURES
#define CAPTURES 2
#endif

mtype = { none, stop, start, restart };
mtype = { serving, committed, rolled_back };

mtype call = none;
mtype outcome = serving, outcome_of_b = serving;

/* The current epoch. */
byte a = 1, b = 1;                  /* the versions it provides */
bool a_fenced = false, b_fenced = false;
bool waiting = false;               /* captureReady waits for the fences to come down */

byte a_leases[3], b_leases[3];      /* the leases that reach each version */
bool a_told = false;
bool a_up[3], b_up[3];              /* not shut down yet */
byte owner = 1, owners = 1;         /* whose resource is open */

bool held = false, writing = false;
byte acked = 0, content = 0;
byte reloads = 0;
bool b_reloads = false, finished = false;
byte readers = 2;

inline visible() {
  printf("@state outcome=%e b=%e call=%e generation=%d generation_b=%d fenced=%d fenced_b=%d waiting=%d writing=%d acked=%d owner=%d owners=%d up=%d up_b=%d\n",
    outcome, outcome_of_b, call, a - 1, b - 1, a_fenced, b_fenced, waiting, writing, acked, owner, owners, a_up[1], b_up[1])
}

/* One pointer; who waits for the fences to come down is woken when the last of them has. */
inline publish() { if :: !a_fenced && !b_fenced -> waiting = false :: else fi }

proctype Writer() {
  do
  :: atomic { on_if(acked < WRITES && !held, write); writing = true }
     assert(owners == 1);                                                 /* owner */
     atomic { on(write is accepted); assert(content == acked); content++; acked++; writing = false }              /* I4 */
  :: acked == WRITES -> break
  od
}

/* What a lease sees is what the epoch was when it was captured. */
#define behind(fenced, version) (fenced -> 0 : version)

inline capture() { d_step { my_a = behind(a_fenced, a); my_b = behind(b_fenced, b); a_leases[my_a]++; b_leases[my_b]++ } }

inline look() {
  assert(my_a == 0 || a_told || (a_up[my_a] && owner == my_a));           /* I7 */
  assert(my_b == 0 || b_up[my_b])                                         /* I7 */
}

inline let_go() { d_step { a_leases[my_a]--; b_leases[my_b]-- } }

proctype Reader() {
  byte my_a, my_b;
  byte captures = 0;
  do
  :: captures < CAPTURES ->
     atomic { on(capture); capture(); captures++; assert(my_b > 0 || b_reloads) }          /* I11 */
     look();
     atomic { on(release); let_go() }
  :: else -> break
  od;
  readers--
}

proctype PatientReader() {
  byte my_a, my_b;
  atomic { on(capture when ready); waiting = a_fenced || b_fenced };
#ifdef WAKE_UNCHECKED
  atomic { !waiting -> capture() };
#else
  do
  :: atomic { !waiting -> if :: a_fenced || b_fenced -> waiting = true :: else -> capture(); break fi }
  od;
#endif
  assert(my_a > 0 && my_b > 0);                                           /* I11 */
  look();
  atomic { on(release what was waited for); let_go(); readers-- }
}

#define old_leases a_leases[1]

inline drain() {
  if
  :: old_leases == 0
  :: atomic { on_if(old_leases > 0, drain deadline);
       if
       :: force -> a_told = true
       :: else
#ifndef GO_ON_BLOCKED
          -> goto rollback
#endif
       fi
     }
     if
     :: old_leases == 0
     :: on_if(old_leases > 0, grace ends)
     fi
  fi
}

inline fence() {
  atomic {
#ifndef NO_FENCE
    a_fenced = true;
#endif
#ifdef FENCE_ALL
    b_fenced = true;
#endif
    publish()
  }
}

proctype ReloadA() {
  byte image;
  bool force, stopped;
again:
  atomic {
    if :: on(reload); force = false :: on(reload that forces); force = true fi;
    toss;
    reloads++; outcome = serving; stopped = false
  }
#ifdef FENCE_LATE
  drain();
  fence();
#else
  fence();
  drain();
#endif
#ifndef NO_HOLD
  held = true;
  !writing;
#endif
#ifdef START_FIRST
  owners++;
  assert(owners == 1);                                                    /* owner */
#endif
  image = content;
  atomic { call = stop; stopped = true; owner = 0 }
  if
  :: atomic { on(stop ends); call = none; owners-- }
  :: atomic { on_fault(stop fails); call = none; owners--; goto rollback }
  fi;
  atomic { call = start; owners++; assert(owners == 1) }                  /* owner */
  if
  :: atomic { on(start ends); call = none }
  :: atomic { on_fault(start fails); call = none; owners--; goto rollback }
  fi;
  atomic {
    content = image; assert(content == acked);                            /* I4 */
    a = 2; owner = 2; a_fenced = false; held = false; outcome = committed;
#ifdef UNFENCE_ALL
    b_fenced = false;
#endif
    publish()
  }
  if                                /* those that were forced out may still be there */
  :: old_leases == 0
  :: on_if(old_leases > 0, drain deadline);
     if :: old_leases == 0 :: on_if(old_leases > 0, grace ends) fi
  fi;
  a_up[1] = false;
  goto done;

rollback:
  if
  :: stopped ->
#ifndef NO_RESTART
     atomic { call = restart; owners++; assert(owners == 1) }             /* owner */
     atomic { on(restart ends); call = none; owner = 1; content = image }
#else
     skip
#endif
  :: else
  fi;
  held = false;
#ifndef NO_UNFENCE
  atomic { a_fenced = false; publish() }
#endif
  a_told = false;
  assert(a == 1 && !a_fenced && owner == 1 && owners == 1);               /* I3 */
  outcome = rolled_back;
  if :: reloads < RELOADS -> goto again :: skip fi;
done:
  finished = true
}

/* Another plugin, without a resource of its own. */
proctype ReloadB() {
  atomic { on(reload b); b_reloads = true; b_fenced = true; publish() }
  b_leases[1] == 0;
  atomic { b = 2; b_fenced = false; b_up[1] = false; b_reloads = false; outcome_of_b = committed; publish() }
}

proctype End() {
  finished && acked == WRITES && outcome_of_b == committed && readers == 0;
  the_end;
  assert(content == WRITES && owners == 1)                                /* I4 */
}

init {
  atomic {
    a_up[1] = true; a_up[2] = true; b_up[1] = true; b_up[2] = true;
    run Writer(); run Reader(); run PatientReader(); run ReloadA(); run ReloadB(); run End()
  }
}
