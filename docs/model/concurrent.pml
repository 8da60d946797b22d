/* Operations on two plugins at once: two reloads of A, whose callers took its handle at the beginning, a reload or removal of
 * B, and somebody who attaches a resource. `Operation` and `EpochChange`: each builds its tables beforehand, and its commit
 * applies them to whatever epoch is current by then.
 *
 * The new versions may want the same key, and A may come to depend on B. Every await may end in a failure. Shown: I3 I11.
 *
 * Faults:
 *   COMMIT_OVERWRITES      I11  the commit takes the table it built beforehand, whatever was committed meanwhile
 *   RESOURCES_OVERWRITTEN  I3   the commit takes the resources it saw beforehand
 *   NO_CONFLICT_CHECK      I11  keys are compared in `stage` only
 *   NO_DEPENDENCY_CHECK    I11  dependencies are looked at in `validate` only
 *   NOT_BUSY               I3  a plugin takes part in two operations at a time
 *   STALE_ACCEPTED         I3  the generation of a handle is not compared
 *   KEEP_BUSY              I3  a rollback leaves the plugin marked as being changed
 */
#include "environment.pml"

mtype = { none, init_, converge };
mtype = { idle, under_way, committed, refused, rolled_back };

/* Who provides each of three keys (A's own, B's own, the one both may want), as hexadecimal digits, the first key last: 0 for
 * nobody, else four times the plugin, 1 or 2, and its generation. An epoch has a table; a commit makes another one. */
#define A 1
#define B 2
#define entry(keys, key, plugin, generation) (((keys) >> (key) & 1) * ((plugin) * 4 + (generation)) << 4 * (key))
#define entries(keys, plugin, generation) (entry(keys, 0, plugin, generation) + entry(keys, 1, plugin, generation) + entry(keys, 2, plugin, generation))
#define digit(table, key) ((table) >> 4 * (key) & 15)
#define others(table, key, plugin) ((digit(table, key) >> 2) == (plugin) -> 0 : digit(table, key) << 4 * (key))
#define without(table, plugin) (others(table, 0, plugin) + others(table, 1, plugin) + others(table, 2, plugin))
#define taken(table, keys) (((keys) & 1) && digit(table, 0) || ((keys) & 2) && digit(table, 1) || ((keys) & 4) && digit(table, 2))

short table = entries(1, A, 0) + entries(2, B, 0);
byte tables = 0;                    /* how many there have been */
bool attached = false;              /* the current epoch serves the resource */
byte generation[3];
bool installed[3], busy[3];
byte keys[3];                       /* what the active version of each plugin provides */
bool a_needs_b = false;
byte ended = 0;

mtype call[4] = none;
mtype outcome[4] = idle;

inline visible() {
  printf("@state table=%x attached=%d a=%d b=%d calls=%e,%e,%e outcomes=%e,%e,%e\n", table, attached, generation[A],
    (installed[B] -> generation[B] : 9), call[1], call[2], call[3], outcome[1], outcome[2], outcome[3])
}

/* Before an operation begins, and again at its commit: without what it replaces, and with what it brings. */
#define depends_in_vain(plugin, stays, needs) ((plugin) == A && (needs) && !installed[B] || (plugin) == B && !(stays) && a_needs_b)

inline validate(plugin) {
  if
#ifndef STALE_ACCEPTED
  :: handle != generation[plugin] -> outcome[who] = refused
#endif
#ifndef NOT_BUSY
  :: busy[plugin] -> outcome[who] = refused
#endif
  :: depends_in_vain(plugin, wants > 0, needs) -> outcome[who] = refused
  :: else -> outcome[who] = under_way; busy[plugin] = true
  fi
}

/* Where conflicts are found it fails before the pointer is set. */
inline commit(plugin) {
  if
#ifndef NO_CONFLICT_CHECK
  :: taken(without(table, plugin), wants) -> goto rollback
#endif
#ifndef NO_DEPENDENCY_CHECK
  :: depends_in_vain(plugin, wants > 0, needs) -> goto rollback
#endif
  :: else
  fi;
  assert(installed[plugin] && handle == generation[plugin]);              /* I3 */
#ifdef COMMIT_OVERWRITES
  table = built;
#else
  table = (tables == base -> built : without(table, plugin) + entries(wants, plugin, handle + 1));
#endif
#ifdef RESOURCES_OVERWRITTEN
  attached = seen;
#endif
  tables++;
  generation[plugin] = handle + 1; keys[plugin] = wants; installed[plugin] = wants > 0;
  if :: plugin == A -> a_needs_b = needs :: else fi;
  busy[plugin] = false; outcome[who] = committed;
  assert(table == (installed[A] -> entries(keys[A], A, generation[A]) : 0) + (installed[B] -> entries(keys[B], B, generation[B]) : 0));  /* I11 */
  assert(!(keys[A] & keys[B]));                                           /* I11 */
  assert(!a_needs_b || installed[B])                                      /* I11 */
}

/* From `stage` on: what the plugin registers is compared, `init` is awaited, tables are built, the handoffs are awaited. */
inline operate(plugin) {
  if :: outcome[who] == refused -> goto over :: else fi;
  if :: taken(without(table, plugin), wants) -> goto rollback :: else fi;
  if
  :: wants > 0 ->
     call[who] = init_;
     if
     :: atomic { on_by(who, init ends); call[who] = none }
     :: atomic { on_fault_by(who, init fails); call[who] = none; goto rollback }
     fi
  :: else
  fi;
  atomic { base = tables; built = without(table, plugin) + entries(wants, plugin, handle + 1); seen = attached }
  if
  :: wants > 0 ->
     call[who] = converge;
     if
     :: atomic { on_by(who, converge ends); call[who] = none }
     :: atomic { on_fault_by(who, converge fails); call[who] = none; goto rollback }
     fi
  :: else
  fi;
  atomic { commit(plugin) };
  goto over;
rollback:
  atomic {
#ifndef KEEP_BUSY
    busy[plugin] = false;
#endif
    outcome[who] = rolled_back
  }
}

proctype OnA(byte who) {
  byte wants, handle, base;
  short built;
  bool needs, seen;
  atomic {
    if
    :: on_by(who, reload a); wants = 1
    :: on_by(who, reload a with the shared key); wants = 5
    :: on_by(who, reload a needing b); wants = 1; needs = true
    fi;
    validate(A)
  }
  operate(A);
over:
  ended++
}

proctype OnB(byte who) {
  byte wants, handle, base;
  short built;
  bool needs, seen;
  atomic {
    if
    :: on_by(who, reload b); wants = 2
    :: on_by(who, reload b with the shared key); wants = 6
    :: on_by(who, remove b); wants = 0
    fi;
    validate(B)
  }
  operate(B);
over:
  ended++
}

proctype Attach() { atomic { on(attach); attached = true; ended++ } }

proctype End() {
  ended == 4;
  the_end;
  assert(!busy[A] && !busy[B] && attached)                                /* I3 */
}

init {
  atomic {
    toss;
    installed[A] = true; installed[B] = true; keys[A] = 1; keys[B] = 2;
    run OnA(1); run OnA(2); run OnB(3); run Attach(); run End()
  }
}
