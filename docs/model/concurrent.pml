/* Operations on two plugins at once: two reloads of A, whose callers took its handle at the beginning, a reload or removal of
 * B, somebody who attaches a resource, and somebody who holds a lease. `Operation`, `EpochChange`, `Transaction` and
 * `VersionChain`: each writes the versions of its keys ahead, which nobody sees, and its commit gives all of them the number
 * of the next epoch. Where another one has written under the same key meanwhile, the commit looks at its keys once more.
 *
 * The new versions may want the same key, and A may come to depend on B. Every await may end in a failure. Shown: I1 I3 I11
 * O15.
 *
 * Faults:
 *   NUMBER_EARLY         I11  the commit takes the number that was next when its versions were written
 *   PRUNE_UNDER_LEASE    I1   what was replaced is unlinked while a lease sees it
 *   ABORT_KEPT           O15  a rollback leaves the versions of its keys, as if they were committed
 *   LIST_KEPT            I11  the list that was made beforehand is taken, whatever was committed meanwhile
 *   NO_CONTEND           I11  two that write under the same key are not told of one another
 *   NO_CONFLICT_CHECK    I11  keys are compared in `stage` only
 *   NO_DEPENDENCY_CHECK  I11  dependencies are looked at in `validate` only
 *   NOT_BUSY             I3   a plugin takes part in two operations at a time
 *   STALE_ACCEPTED       I3   the generation of a handle is not compared
 *   KEEP_BUSY            I3   a rollback leaves the plugin marked as being changed
 */
#include "environment.pml"

mtype = { none, init_, converge };
mtype = { idle, under_way, committed, refused, rolled_back };

/* Who provides each of three keys (A's own, B's own, the one both may want), as hexadecimal digits, the first key last: 0 for
 * nobody, else four times the plugin, 1 or 2, and its generation. */
#define A 1
#define B 2
#define entry(keys, key, plugin, generation) (((keys) >> (key) & 1) * ((plugin) * 4 + (generation)) << 4 * (key))
#define entries(keys, plugin, generation) (entry(keys, 0, plugin, generation) + entry(keys, 1, plugin, generation) + entry(keys, 2, plugin, generation))
#define digit(table, key) ((table) >> 4 * (key) & 15)
#define others(table, key, plugin) ((digit(table, key) >> 2) == (plugin) -> 0 : digit(table, key) << 4 * (key))
#define without(table, plugin) (others(table, 0, plugin) + others(table, 1, plugin) + others(table, 2, plugin))
#define taken(table, keys) (((keys) & 1) && digit(table, 0) || ((keys) & 2) && digit(table, 1) || ((keys) & 4) && digit(table, 2))

/* The chains. Each operation, by the number of its caller, has written versions under some keys; which epoch its transaction
 * was committed in is told by the epoch. The attach writes under none of them. */
#define FIRST (entries(1, A, 0) + entries(2, B, 0))
#define ATTACH 4
#define NOBODY 15
byte epoch = 0;
byte by[6];                         /* whose transaction was committed in each epoch */
byte wrote[5];                      /* the keys that each has written under */
short brought[5];                   /* and what it wrote there, 0 for nobody */
bool contended[5];
byte pruned = 0;                    /* keys whose first version is unlinked */

#define digits_of(keys) (((keys) & 1) * 15 + ((keys) >> 1 & 1) * 240 + ((keys) >> 2 & 1) * 3840)
#define over(table, who) ((table) & ~digits_of(wrote[who]) | brought[who])
#define upto(number, at) by[((at) >= number -> number : 0)]
#define table_at(at) over(over(over(over(over(FIRST & ~digits_of(pruned), upto(1, at)), upto(2, at)), upto(3, at)), upto(4, at)), upto(5, at))

/* What the current epoch serves, kept for those that ask for all of it: made beforehand, like the versions. */
short list = FIRST;
byte lists = 0;                     /* how many there have been */
byte leased = NOBODY;               /* the epoch of the lease, */
short lent = 0;                     /* and what it saw in the beginning */
bool attached = false;
byte generation[3];
bool installed[3], busy[3];
byte keys[3];                       /* what the active version of each plugin provides */
bool a_needs_b = false;
byte ended = 0;

mtype call[4] = none;
mtype outcome[4] = idle;

inline visible() {
  printf("@state table=%x list=%x attached=%d a=%d b=%d calls=%e,%e,%e outcomes=%e,%e,%e\n", table_at(epoch), list, attached, generation[A],
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

/* Those that have written under the same key are told of one another while both are pending. */
inline contend() {
  other = 1;
  do
  :: other < ATTACH ->
     if :: other != who && outcome[other] == under_way && wrote[who] & wrote[other] -> contended[who] = true; contended[other] = true :: else fi;
     other++
  :: else -> other = 0; break
  od
}

/* One that was taken since it was looked at is looked at again, too. */
inline write_keys(plugin) {
  base = lists; built = without(list, plugin) + entries(wants, plugin, handle + 1); number = epoch + 1;
  wrote[who] = keys[plugin] | wants; brought[who] = entries(wants, plugin, handle + 1);
#ifndef NO_CONTEND
  if :: taken(without(table_at(epoch), plugin), wants) -> contended[who] = true :: else fi;
  contend()
#endif
}

#define as_installed ((installed[A] -> entries(keys[A], A, generation[A]) : 0) + (installed[B] -> entries(keys[B], B, generation[B]) : 0))

/* Where conflicts are found it fails before anything is seen. */
inline commit(plugin) {
  if
#ifndef NO_CONFLICT_CHECK
  :: contended[who] && taken(without(table_at(epoch), plugin), wants) -> goto rollback
#endif
#ifndef NO_DEPENDENCY_CHECK
  :: depends_in_vain(plugin, wants > 0, needs) -> goto rollback
#endif
  :: else
  fi;
  assert(installed[plugin] && handle == generation[plugin]);              /* I3 */
#ifndef NUMBER_EARLY
  number = epoch + 1;
#endif
  by[number] = who; epoch = (epoch > number -> epoch : number);
#ifdef LIST_KEPT
  list = built;
#else
  list = (lists == base -> built : without(list, plugin) + entries(wants, plugin, handle + 1));
#endif
  lists++;
  generation[plugin] = handle + 1; keys[plugin] = wants; installed[plugin] = wants > 0;
  if :: plugin == A -> a_needs_b = needs :: else fi;
  busy[plugin] = false; outcome[who] = committed;
  assert(leased == NOBODY || table_at(leased) == lent);                   /* I1 */
  assert(list == as_installed && table_at(epoch) == list);                /* I11 */
  assert(!(keys[A] & keys[B]));                                           /* I11 */
  assert(!a_needs_b || installed[B])                                      /* I11 */
}

/* Once no lease is on an epoch before the commit. What later ones have replaced is unlinked in the same way. */
inline prune() {
  atomic {
#ifndef PRUNE_UNDER_LEASE
    leased >= number;
#endif
    pruned = pruned | wrote[who];
    assert(leased == NOBODY || table_at(leased) == lent)                  /* I1 */
  }
}

/* From `stage` on: what the plugin registers is compared, `init` is awaited, versions are written ahead, the handoffs are awaited. */
inline operate(plugin) {
  if :: outcome[who] == refused -> goto over :: else fi;
  if :: taken(without(table_at(epoch), plugin), wants) -> goto rollback :: else fi;
  if
  :: wants > 0 ->
     call[who] = init_;
     if
     :: atomic { on_by(who, init ends); call[who] = none }
     :: atomic { on_fault_by(who, init fails); call[who] = none; goto rollback }
     fi
  :: else
  fi;
  atomic { write_keys(plugin) }
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
  prune();
  goto over;
rollback:
  atomic {
#ifndef KEEP_BUSY
    busy[plugin] = false;
#endif
#ifdef ABORT_KEPT
    if :: wrote[who] > 0 -> epoch++; by[epoch] = who :: else fi;
#else
    wrote[who] = 0; brought[who] = 0;
#endif
    outcome[who] = rolled_back;
    assert(table_at(epoch) == as_installed)                               /* O15 */
  }
}

proctype OnA(byte who) {
  byte wants, handle, base, number, other;
  short built;
  bool needs;
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
  byte wants, handle, base, number, other;
  short built;
  bool needs;
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

proctype Attach() { atomic { on(attach); epoch++; by[epoch] = ATTACH; attached = true; ended++ } }

proctype Reader() {
  atomic {
    on(capture);
    leased = epoch; lent = table_at(epoch);
    assert(lent == as_installed)                                          /* I1 */
  }
  atomic {
    on(release);
    assert(table_at(leased) == lent);                                     /* I1 */
    leased = NOBODY; lent = 0; ended++
  }
}

proctype End() {
  ended == 5;
  the_end;
  assert(!busy[A] && !busy[B] && attached)                                /* I3 */
}

init {
  atomic {
    toss;
    installed[A] = true; installed[B] = true; keys[A] = 1; keys[B] = 2;
    run OnA(1); run OnA(2); run OnB(3); run Attach(); run Reader(); run End()
  }
}
