/* Opening and detaching during reloads: `attach`, `detach`, `Preflight`, and the operations that list what they hand over.
 *
 * Versions open resources, which takes a while. Two callers attach one each, two reload the plugin, somebody detaches the
 * first resource and somebody reads it. Every await may fail; the wait for opens under way may end at its deadline. Shown: I3
 * I7 and O5, that no resource of a version that has gone appears afterwards.
 *
 * Faults:
 *   NO_WAIT           O5  a reload lists what it hands over without waiting for opens under way
 *   LIST_FIRST        O5  it lists first, and then waits
 *   MARK_LATE         O5  it marks the version as listed only when it has waited
 *   STALE_ENTRY       I7  an attach that has waited opens with the version it found before
 *   LOOK_ONCE         O5  an attach that has waited for one operation does not look for another
 *   KEEP_LISTED       deadlock  a rollback leaves the version marked as listed
 *   DETACH_AT_ONCE    O5  a detach does not wait for the operation that has listed the resource
 *   DETACH_UNHELD     I7  a detach does not hold the plugin until the resource is closed
 *   DETACH_UNDRAINED  I7  a detached resource is closed under a lease
 */
#include "environment.pml"

#define VERSIONS 4                  /* from 1; each reload brings another one */

mtype = { none, converge };
mtype = { absent, opening_, serving_, detaching, gone, failed };
mtype = { idle, waiting, under_way, committed, refused, rolled_back };

byte serving = 1;                   /* the version the current epoch provides */
byte versions = 1;
bool up[VERSIONS];                  /* not shut down */
byte opening[VERSIONS];             /* opens under way */
byte leases[VERSIONS];              /* provider leases: those of opens and of detaches */
byte readers[VERSIONS];             /* epoch leases by the version of their epoch */
byte seen = 0;                      /* the version whose instance of the first resource a lease sees */
bool listed[VERSIONS];              /* nothing may be opened with it any more */
bool busy = false;

mtype state[2] = absent;
byte owner[2];                      /* the version that has opened what serves */
mtype call[2] = none;
mtype outcome[2] = idle;
byte ended = 0;

#define served_by(name) (state[name] == serving_ -> owner[name] : 0)

inline visible() {
  printf("@state serving=%d up=%d%d%d states=%e,%e owners=%d,%d outcomes=%e,%e calls=%e,%e\n", serving, up[1], up[2], up[3],
    state[0], state[1], served_by(0), served_by(1), outcome[0], outcome[1], call[0], call[1])
}

proctype Attach(byte name) {
  byte version;
  on_by(name, attach);
  atomic {
    version = serving;
    do
    :: listed[version] -> !listed[version];
#ifndef STALE_ENTRY
       version = serving;
#endif
#ifdef LOOK_ONCE
       break
#endif
    :: else -> break
    od;
    assert(up[version]);                                                  /* I7 */
    opening[version]++; leases[version]++; state[name] = opening_
  }
  if
  :: atomic { on_by(name, open ends); leases[version]-- }
     atomic {
       assert(version == serving && up[version]);                         /* O5 */
       owner[name] = version; state[name] = serving_; opening[version]--
     }
  :: atomic { on_fault_by(name, open fails); leases[version]--; opening[version]--; state[name] = failed }
  fi;
  ended++
}

proctype Detach() {
  byte version;
  bool held;
  state[0] == serving_ || state[0] == failed;
  if :: state[0] == failed -> goto over :: else fi;
  on(detach);
  atomic {
#ifndef DETACH_AT_ONCE
    do :: listed[owner[0]] -> !listed[owner[0]] :: else -> break od;
#endif
    state[0] = detaching; version = owner[0]; held = readers[version] > 0;
#ifndef DETACH_UNHELD
    leases[version]++
#endif
  }
#ifndef DETACH_UNDRAINED
  !held || readers[version] == 0;
#endif
  atomic {
    assert(seen != version && up[version]);                               /* I7 */
    state[0] = gone;
#ifndef DETACH_UNHELD
    leases[version]--
#endif
  }
over:
  ended++
}

proctype Reader() {
  byte version;
  atomic {
    on(capture);
    version = serving; readers[version]++;
    if :: state[0] == serving_ -> seen = version :: else fi
  }
  assert(up[version]);                                                    /* I7 */
  atomic { on(release); readers[version]--; seen = 0; ended++ }
}

#define moves(name) (state[name] == serving_ && owner[name] == old)

/* What it hands over is what is attached when it lists; the resource stays where it was if the handoff fails. */
inline list() { first = moves(0); second = moves(1) }

proctype Reload(byte who) {
  byte old, new;
  bool first, second;
  atomic {
    on_by(who, reload);
    if
    :: busy -> outcome[who] = refused; goto over
    :: else -> busy = true; old = serving; versions++; new = versions; up[new] = true
    fi
  }
#ifndef MARK_LATE
  listed[old] = true;
#endif
#ifdef LIST_FIRST
  list();
#endif
  outcome[who] = waiting;
#ifndef NO_WAIT
  if
  :: atomic { on_by_if(who, opening[old] > 0, preflight deadline); goto rollback }
  :: opening[old] == 0
  fi;
#endif
#ifdef MARK_LATE
  listed[old] = true;
#endif
#ifndef LIST_FIRST
  list();
#endif
  outcome[who] = under_way;
  if
  :: first || second ->
     call[who] = converge;
     if
     :: atomic { on_by(who, converge ends); call[who] = none }
     :: atomic { on_fault_by(who, converge fails); call[who] = none; goto rollback }
     fi
  :: else
  fi;
  atomic {
    assert(!first || state[0] == serving_);                               /* O5 */
    if :: first -> owner[0] = new :: else fi;
    if :: second -> owner[1] = new :: else fi;
    assert(!moves(0) && !moves(1));                                       /* O5 */
    serving = new; listed[old] = false; busy = false; outcome[who] = committed
  }
  /* drain, finalize */
  atomic { leases[old] == 0 && readers[old] == 0 -> up[old] = false }
  goto over;
rollback:
  atomic {
#ifndef KEEP_LISTED
    listed[old] = false;
#endif
    busy = false; up[new] = false; outcome[who] = rolled_back;
    assert(serving == old && up[old])                                     /* I3 */
  }
over:
  ended++
}

proctype End() {
  ended == 6;
  the_end;
  assert(state[0] != serving_ && (state[1] != serving_ || owner[1] == serving));                /* O5 */
  assert(up[serving] && up[1] + up[2] + up[3] == 1)                       /* I7 */
}

init {
  atomic { toss; up[1] = true; run Attach(0); run Attach(1); run Detach(); run Reader(); run Reload(0); run Reload(1); run End() }
}
