/* What every model shares: how the world outside reaches it, and how a run of it becomes a trace.
 *
 * `on(what)` is where something happens that the code under the model does not decide: a caller asks, a plugin call ends. To
 * the checker it may happen at any moment. A trace (-DTRACE) is a narrower run: the outside moves only when everything inside
 * has come to rest, as in an event loop that has run all that was due; so every trace is one of the runs that were checked.
 * `on_if` has a condition beside, `on_by` says as well who or what it is about. Before each step a trace shows what can be seen
 * from outside, by the model's own `visible`.
 *
 * `on_fault` is where something goes wrong. Runs taken at random would hardly ever get far, so a trace may be spared faults for
 * a while; `toss` decides about that.
 */
#ifdef TRACE
#define step_(what) visible(); printf("@step "); printf(#what)
#define on(what) timeout -> step_(what); printf("\n")
#define on_if(condition, what) (condition) && timeout -> step_(what); printf("\n")
#define on_by(who, what) timeout -> step_(what); printf(" %d\n", who)
#define on_by_if(who, condition, what) (condition) && timeout -> step_(what); printf(" %d\n", who)
#define the_end timeout -> visible()
bool spared = false;
#define toss if :: spared = true :: spared = false fi
#define faulty !spared
#define on_fault(what) on_if(!spared, what)
#define on_fault_by(who, what) on_by_if(who, !spared, what)
#else
#define on(what) true
#define on_if(condition, what) (condition)
#define on_by(who, what) true
#define on_by_if(who, condition, what) (condition)
#define the_end skip
#define toss skip
#define faulty true
#define on_fault(what) true
#define on_fault_by(who, what) true
#endif

/* A sequence of at most five writes, numbered from 1, as octal digits: lost, doubled and reordered ones all show. */
#define append(sequence, write) sequence = sequence * 8 + write
