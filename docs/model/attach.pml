/* Opening and detaching during reloads: `attach`, `detach`, `Preflight`, and the operations that list what they hand over.
 *
 * Versions open resources, which takes a while. Two callers attach one each, two reload the plugin, somebody detaches the
 * first resource and somebody reads it. A reload waits for the opens that are under way when it begins, lists what it hands
 * over, and judges the new version by that. An attach waits for none of this, nor does a detach. What is attached after the
 * list was made joins the handoffs when the judgement has ended, and is judged as well; what is detached leaves them; both
 * up to the last hold. What is detached during the judgement is closed when that has ended.
 * Every await may fail; the wait for opens under way may end at its deadline. Shown: I3 I7, O5, that no resource of a version
 * that has gone appears afterwards, and O7, that none is handed over that the new version was not judged by.
 *
 * Faults:
 *   LIST_FIRST        O5  a reload lists what it hands over first, and then waits for opens under way
 *   STALE_ENTRY       I7  an attach that has waited opens with the version it found before
 *   NO_SECOND_LOOK    O5  what was opened is put into service whatever has happened meanwhile
 *   JOIN_LATE         O5  what was opened is put into service under the last hold
 *   NOT_JOINED        O5  what is attached after the list was made is not handed over
 *   EARLY_LEFT_OUT    O5  what is attached during the judgement is forgotten when the handoffs begin
 *   JOINED_UNJUDGED   O7  what has joined is handed over without a judgement of its own
 *   LEFT_ANSWERS      O7  where a judgement fails as one resource has left, the others are not judged again
 *   RELEASE_EARLY     I7  an attach lets go of the plugin before what it has opened in vain is closed
 *   KEEP_LISTED       deadlock  a rollback leaves the version marked as listed
 *   DETACH_AT_ONCE    O5  a detach does not wait for the operation that holds the resource
 *   DETACH_JUDGED     O14 what a version is judged by is closed before that has ended
 *   DETACH_LISTED     O5  what leaves before the last hold is handed over all the same
 *   DETACH_UNHELD     I7  a detach does not hold the plugin until the resource is closed
 *   DETACH_UNDRAINED  I7  a detached resource is closed under a lease
 */
#include "environment.pml"

#define VERSIONS 4                  /* from 1; each reload brings another one */

mtype = { none, check, converge };
mtype = { absent, opening_, serving_, detaching, gone, failed };
mtype = { free, waits, judges, joins, sealed };
mtype = { idle, waiting, under_way, committed, refused, rolled_back };

byte serving = 1;                   /* the version the current epoch provides */
byte versions = 1;
bool up[VERSIONS];                  /* not shut down */
byte leases[VERSIONS];              /* provider leases: those of opens and of detaches */
byte readers[VERSIONS];             /* epoch leases by the version of their epoch */
byte seen = 0;                      /* the version whose instance of the first resource a lease sees */
mtype stage[VERSIONS] = free;       /* of the operation that replaces it */
bool read_on = false;               /* the first resource has left, and the new version may be judged by it */
bool awaited[2];                    /* the opens that the operation under way waits for */
bool early[2];                      /* attached while it judges */
bool moving[2];                     /* what it hands over */
bool judging[2];                    /* what it judges the new version by now */
bool judged[2];                     /* and has judged it by */
bool busy = false;

mtype state[2] = absent;
byte opener[2];                     /* the version with which an open is under way */
byte owner[2];                      /* the version that has opened what serves */
mtype call[2] = none;
mtype outcome[2] = idle;
byte ended = 0;

#define served_by(name) (state[name] == serving_ -> owner[name] : 0)

inline visible() {
  printf("@state serving=%d up=%d%d%d states=%e,%e owners=%d,%d outcomes=%e,%e calls=%e,%e judging=%d%d\n", serving, up[1], up[2],
    up[3], state[0], state[1], served_by(0), served_by(1), outcome[0], outcome[1], call[0], call[1], judging[0], judging[1])
}

#define is_listing(version) (stage[version] == waits || stage[version] == judges)

proctype Attach(byte name) {
  byte version;
  on_by(name, attach);
again:
  atomic {
    version = serving;
    do
    :: stage[version] == sealed ->
       stage[version] != sealed;
#ifndef STALE_ENTRY
       version = serving
#endif
    :: else -> break
    od;
    assert(up[version]);                                                  /* I7 */
    opener[name] = version; leases[version]++; state[name] = opening_
  }
  if
  :: on_by(name, open ends);
#ifdef RELEASE_EARLY
     leases[version]--;
#endif
     atomic {
       opener[name] = 0; awaited[name] = false;
       if
#ifdef NO_SECOND_LOOK
       :: true ->
#else
#ifdef JOIN_LATE
       :: version == serving ->
#else
       :: version == serving && stage[version] != sealed ->
#endif
#endif
          owner[name] = version; state[name] = serving_;
#ifndef NOT_JOINED
          if
          :: stage[version] == judges -> early[name] = true
          :: stage[version] == joins -> moving[name] = true
          :: else
          fi
#endif
#ifndef NO_SECOND_LOOK
       :: else ->
          assert(up[version]);                                            /* I7 */
          state[name] = absent
#endif
       fi;
#ifndef RELEASE_EARLY
       leases[version]--;
#endif
       if :: state[name] == absent -> goto again :: else fi
     }
  :: atomic { on_fault_by(name, open fails); leases[version]--; opener[name] = 0; awaited[name] = false; state[name] = failed }
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
    do
    :: stage[owner[0]] == sealed -> stage[owner[0]] != sealed
    :: else -> break
    od;
#endif
    state[0] = detaching; version = owner[0]; held = readers[version] > 0;
    read_on = is_listing(version) && !early[0];
#ifndef DETACH_LISTED
    if :: stage[version] != sealed -> moving[0] = false; early[0] = false :: else fi;
#endif
#ifndef DETACH_UNHELD
    leases[version]++
#endif
  }
#ifndef DETACH_UNDRAINED
  !held || readers[version] == 0;
#endif
#ifndef DETACH_JUDGED
  !read_on;
#endif
  atomic {
    assert(seen != version && up[version]);                               /* I7 */
    assert(!judging[0] || stage[version] != judges);                      /* O14 */
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
inline list() { moving[0] = moves(0); moving[1] = moves(1); judged[0] = false; judged[1] = false }

#define unjudged(name) (moving[name] && !judged[name])

inline begin_check(who) { judging[0] = unjudged(0); judging[1] = unjudged(1); call[who] = check }
inline end_check(who) { judging[0] = false; judging[1] = false; call[who] = none }
inline found_compatible() { judged[0] = judged[0] || judging[0]; judged[1] = judged[1] || judging[1] }

proctype Reload(byte who) {
  byte old, new;
  atomic {
    on_by(who, reload);
    if
    :: busy -> outcome[who] = refused; goto over
    :: else -> busy = true; old = serving; versions++; new = versions; up[new] = true
    fi
  }
  atomic {
    stage[old] = waits; outcome[who] = waiting;
    awaited[0] = opener[0] == old; awaited[1] = opener[1] == old
  }
#ifdef LIST_FIRST
  list();
#endif
  if
  :: atomic { on_by_if(who, awaited[0] || awaited[1], preflight deadline); goto rollback }
  :: !awaited[0] && !awaited[1]
  fi;
  atomic {
#ifndef LIST_FIRST
    list();
#endif
    stage[old] = judges; begin_check(who)
  }
  if
  :: atomic { on_by(who, check ends); found_compatible(); end_check(who) }
  :: atomic { on_fault_by(who, check fails); end_check(who); goto rollback }
  fi;
  atomic {
#ifndef EARLY_LEFT_OUT
    moving[0] = moving[0] || early[0]; moving[1] = moving[1] || early[1];
#endif
    early[0] = false; early[1] = false; read_on = false;
    stage[old] = joins; outcome[who] = under_way
  }
  /* Round after round, and once more under the last hold, as some may have joined just before it. */
  do
#ifndef JOINED_UNJUDGED
  :: atomic { unjudged(0) || unjudged(1) -> begin_check(who) }
     if
     :: atomic { on_by(who, check ends); found_compatible(); end_check(who) }
     :: atomic {
          on_fault_by(who, check fails);
          if
          /* What has left cannot be read, which says nothing of the new version. */
          :: judging[0] && !moving[0] ->
             end_check(who);
#ifdef LEFT_ANSWERS
             stage[old] = sealed; break
#endif
          :: else -> end_check(who); goto rollback
          fi
        }
     fi
  :: atomic { !unjudged(0) && !unjudged(1) && stage[old] == joins -> stage[old] = sealed }
  :: !unjudged(0) && !unjudged(1) && stage[old] == sealed -> break
#else
  :: stage[old] == joins -> stage[old] = sealed
  :: stage[old] == sealed -> break
#endif
  od;
  if
  :: moving[0] || moving[1] ->
     call[who] = converge;
     if
     :: atomic { on_by(who, converge ends); call[who] = none }
     :: atomic { on_fault_by(who, converge fails); call[who] = none; goto rollback }
     fi
  :: else
  fi;
  atomic {
    assert(!moving[0] || state[0] == serving_);                           /* O5 */
    assert(!unjudged(0) && !unjudged(1));                                 /* O7 */
    if :: moving[0] -> owner[0] = new :: else fi;
    if :: moving[1] -> owner[1] = new :: else fi;
    assert(!moves(0) && !moves(1));                                       /* O5 */
    moving[0] = false; moving[1] = false;
    serving = new; stage[old] = free; busy = false; outcome[who] = committed
  }
  /* drain, finalize */
  atomic { leases[old] == 0 && readers[old] == 0 -> up[old] = false }
  goto over;
rollback:
  atomic {
#ifndef KEEP_LISTED
    stage[old] = free;
#endif
    moving[0] = false; moving[1] = false; early[0] = false; early[1] = false; awaited[0] = false; awaited[1] = false;
    read_on = false;
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
