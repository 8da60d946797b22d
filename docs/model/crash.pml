/* A host that dies at any moment, as often as it likes: the journal of its reloads, the commit log that its index and its
 * stream live on, the index's images and the stream's checkpoint. `OperationJournal`, `Permanence`, `planRecovery`, and what
 * a host has to do beside them.
 *
 * A reload writes `intent`, `prepared` and `committed`, and `permanent` when it has proved itself; a record counts when it has
 * been synced, and a torn one at the end does not. Recovery starts the old version unless the new one is permanent, opens
 * the index from that version's last image, applies the log from there, and starts the stream at its checkpoint. A reload may
 * be aborted until its commit, and taken back in a period after it. Each step is one guarded command, so a crash falls between
 * any two. Shown: I3 I4 I5 I10.
 *
 * Faults:
 *   RECOVER_COMMITTED    I3   recovery takes a version that was committed for one that is permanent
 *   TORN_TAIL_READ       I3   recovery reads the torn record at the end
 *   TELL_EARLY           I10  the caller is told that a version is permanent before the record is synced
 *   ACK_EARLY            I4   a write is acknowledged before the log is synced
 *   IMAGE_UNSYNCED       I4   a reload goes on before the image of the new version is synced
 *   DISCARD_AT_FINALIZE  I4   the old version's image is discarded when its resources are closed
 *   DISCARD_AT_REQUEST   I4   it is discarded when the new version is to be made permanent, before it is
 *   RELEASE_BY_CURRENT   I4   the log is released up to the image of the version that serves
 *   RELEASE_BY_OLD       I4   it is released up to the image of the old version, when the one on trial has an earlier one
 *   RELEASE_BY_SINK      I5   the log is released up to what has been delivered, not to the checkpoint
 *   CHECKPOINT_EARLY     I5   the checkpoint is saved before the delivery is durable
 */
#include "environment.pml"

#ifndef WRITES
#ifdef TRACE                        /* a trace has to come to an end */
#define WRITES 4
#else
#define WRITES 6
#endif
#endif

mtype = { nothing, intent, prepared, committed, permanent };
mtype = { idle, staging, marking, copying, copied, converging, serving, closed, proving, proved, returned };

#define OLD 0                       /* the last version that was made permanent, */
#define NEW 1                       /* and the one that is being tried */

/* Durable. What is written and not yet synced may be lost in a crash, or not. */
mtype journal = nothing;            /* the last record of the operation under way */
mtype tail = nothing;               /* one behind it that is not synced */
bool gone = false;                  /* its operation was rolled back meanwhile, which is written behind it at once */
byte log = 0, released = 0;         /* the log holds the writes from `released` up to `log` */
bool log_tail = false;
byte image[2];                      /* one more than the place in the log it was taken at; 0 where there is none */
byte image_tail = 0;                /* the new version's, not synced */
byte checkpoint = 0, sink = 0;      /* the sink keeps the LSN with the data */

/* In memory. */
mtype step = idle;
bool period = false, back = false;  /* the reload can be taken back for a while, and it is */
bool aborted = false, asked = false;        /* its caller has given up; somebody has called `makePermanent` and waits */
bool both = false;                  /* the index of each version is open */
byte current = OLD;                 /* the version that serves */
byte applied = 0;                   /* the place in the log up to which the index has it */
bool delivered = false;             /* the batch at the checkpoint, which is to be moved */
bool held = false, stream_held = false;     /* no write begins, no delivery */

/* What the world was told. */
byte acked = 0;
bool told = false;                  /* that the new version is permanent */
bool reloaded = false, crashed = false;

#define smaller(x, y) ((x) < (y) -> (x) : (y))
#define taken_at(version) (image[version] - 1)
#define written (tail == nothing)
#define settled (gone -> nothing : tail)
#define before_commit (step == staging || step == marking || step == copying || step == copied || step == converging)

/* What of the log nobody needs any more: neither the stream, nor an index that a crash may come back on, now or later. */
#define tried (image[NEW] > 0 -> taken_at(NEW) : (image_tail > 0 -> image_tail - 1 : log))
#if defined(RELEASE_BY_CURRENT)
#define unneeded smaller(checkpoint, taken_at(current))
#elif defined(RELEASE_BY_OLD)
#define unneeded smaller(checkpoint, taken_at(OLD))
#elif defined(RELEASE_BY_SINK)
#define unneeded smaller(sink, smaller(taken_at(OLD), tried))
#else
#define unneeded smaller(checkpoint, smaller(taken_at(OLD), tried))
#endif

/* A trace says which versions those are, numbered as they were tried, and how far the one that a crash would abandon has come. One
 * that was taken back is told of until the next is permanent. */
#ifdef TRACE
byte old = 1, last = 1;
bool taken_back = false;
#define reached (back || journal == nothing -> (back || taken_back -> committed : nothing) : journal)
#define note_taken_back(is) taken_back = is
#define number_of(version) (version == NEW -> last : old)
#define try_next last++
#define settle_on(version) old = number_of(version)
/* A run that crashes soon after a crash shows little. */
#define spare spared = true
#else
#define try_next skip
#define settle_on(version) skip
#define note_taken_back(is) skip
#define spare skip
#endif

inline visible() {
  printf("@state serves=%d comes_back=%d reached=%e permanent=%d record=%e asked=%d open=%d logging=%d log=%d acked=%d applied=%d released=%d",
    number_of(current), number_of((journal == permanent -> NEW : OLD)), reached, current == OLD, tail, asked, 1 + both, log_tail, log, acked, applied, released);
  printf(" image=%d imaging=%d old_image=%d new_image=%d delivering=%d checkpoint=%d sink=%d held=%d recording=%d stream_held=%d\n",
    image[current], image_tail > 0, image[OLD], image[NEW], delivered, checkpoint, sink,
    held, !held && (step == copying || step == copied || step == converging), stream_held)
}

/* In memory everything is gone, and of what was not synced whatever the disk has not got round to: the record is lost, there or
 * torn, the write in the log is lost or, where `how` is above 2, there. */
#define crash_with(how, condition) on_by_if(how, faulty && (condition), crash)
inline crash() {
  if
  :: crash_with(0, true)
  :: crash_with(1, tail != nothing); journal = tail
  :: crash_with(2, tail != nothing)
#ifdef TORN_TAIL_READ
     ; journal = permanent
#endif
  :: crash_with(3, log_tail); log++
  :: crash_with(4, log_tail && tail != nothing); log++; journal = tail
  :: crash_with(5, log_tail && tail != nothing); log++
  fi;
  tail = nothing; log_tail = false; image_tail = 0
}

/* A pure plan from the records, and what the host does with it. */
inline recover() {
#ifdef RECOVER_COMMITTED
  current = (journal == committed || journal == permanent -> NEW : OLD);
#else
  current = (journal == permanent -> NEW : OLD);
#endif
  assert(current == OLD || step == proving || step == proved);            /* I3 */
  assert(current == NEW || !told);                                        /* I10 */
  assert(image[current] > 0 && taken_at(current) >= released);            /* I4 */
  assert(taken_at(current) <= log && log >= acked);                       /* I4 */
  assert(checkpoint >= released && checkpoint <= sink && sink <= log);    /* I5 */
  applied = log; acked = log; delivered = false; crashed = true; note_taken_back(false);
  begin_anew()
}

/* A run begins with what is permanent; the image of a version that is not is of no use to it. */
inline begin_anew() {
  settle_on(current);
  image[OLD] = image[current];
  current = OLD; journal = nothing; gone = false;
  forget_it()
}

inline forget_it() {
  if :: !written -> gone = true :: else -> journal = nothing fi;
  image[NEW] = 0; image_tail = 0; step = idle; told = false;
  period = false; back = false; aborted = false; asked = false; both = false; held = false; stream_held = false
}

active proctype Host() {
  image[OLD] = 1;
  do
  /* A write is logged; synced, it is applied and acknowledged. */
  :: atomic { on_if(log < WRITES && !log_tail && !held, write); log_tail = true;
#ifdef ACK_EARLY
     acked = log + 1
#endif
     }
  :: atomic { on_if(log_tail, log is synced); log_tail = false; log++; applied = log; acked = log }

  /* A delivery, and the checkpoint behind it. */
#ifdef CHECKPOINT_EARLY
  :: d_step { checkpoint < log && checkpoint == sink -> checkpoint++ }
  :: d_step { checkpoint > sink -> sink = checkpoint }
#else
  :: atomic { on_if(checkpoint < log && !delivered && !stream_held, deliver);
     sink = (sink > checkpoint -> sink : checkpoint + 1); delivered = true }
  :: atomic { on_if(delivered, checkpoint is saved); checkpoint++; delivered = false }
#endif

  /* Housekeeping: an image of the index that serves now and then; what nobody needs of the log is released. */
  :: atomic { on_if(image[current] <= applied, an image is taken); image[current] = applied + 1 }
  :: atomic { on_if(released < unneeded, the log is released); released = unneeded }

  /* A record is synced. */
  :: atomic { on_if(tail != nothing, record is synced); journal = settled; tail = nothing; gone = false; toss }

  /* A reload: the new version's index is opened from an image of the old one's, which is its own first image. */
  :: atomic {
       if
       :: on_if(step == idle && written, reload)
       :: on_if(step == idle && written, reload with a period); period = true
       fi;
       try_next; step = staging; tail = intent
     }
  :: d_step { step == staging && written && !aborted -> step = marking; held = true }
  :: d_step { step == marking && !log_tail && !aborted -> held = false;
       if
       :: back -> step = copied; tail = prepared
       :: else -> step = copying; image_tail = applied + 1
       fi }
  :: atomic { on_if(step == copying && image_tail > 0, image is synced); image[NEW] = image_tail; image_tail = 0; both = true }
#ifdef IMAGE_UNSYNCED
  :: d_step { step == copying && !aborted -> step = copied; tail = prepared }
#else
  :: d_step { step == copying && image_tail == 0 && !aborted -> step = copied; tail = prepared }
#endif
  /* The stream is moved first, then the index, when what is in flight of each has settled. */
  :: d_step { step == copied && written && !aborted -> step = converging; stream_held = true }
  :: d_step { step == converging && !delivered && !held && !aborted -> held = true }
  :: d_step { step == converging && !delivered && held && !log_tail && !aborted -> held = false; stream_held = false; tail = committed;
       if
       :: back -> current = OLD; step = returned
       :: else -> current = NEW; step = serving
       fi }
  :: d_step { step == serving && written && !period -> step = closed; both = false;     /* the old version is shut down, too */
#ifdef DISCARD_AT_FINALIZE
     image[OLD] = 0
#endif
     }

  /* It is made permanent, or the period passes. */
  :: atomic {
       if
       :: on_if((step == serving && period || step == closed) && written, make permanent); asked = true
       :: on_if(step == serving && period && written, the period ends well)
       fi;
       step = proving; tail = permanent;
#ifdef TELL_EARLY
       told = true;
#endif
#ifdef DISCARD_AT_REQUEST
       image[OLD] = 0
#endif
     }
  :: d_step { step == proving && written -> step = proved; told = true }
  :: d_step { step == proved -> begin_anew(); note_taken_back(false); reloaded = true }

  /* Or it is taken back, by an operation like any other, from the new version to the old, which is kept. */
  :: atomic { on_if(step == serving && period && written, the period ends badly); back = true; step = staging; tail = intent }
  :: d_step { step == returned && written -> begin_anew(); note_taken_back(true) }

  /* Or it is rolled back, from any step before the commit, without waiting for a record. */
  :: atomic { on_if(before_commit && !back && !aborted && faulty, abort); aborted = true }
  :: d_step { aborted && before_commit -> forget_it() }

  :: atomic { crash(); recover(); spare }

  :: step == idle && written && reloaded && crashed && checkpoint == WRITES -> break
  od;
  the_end;
  assert(sink == WRITES && acked == WRITES && applied == WRITES)          /* I4 */
}
