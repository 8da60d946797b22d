/* A host that dies at any moment, as often as it likes: the journal of its reloads, the commit log that its index and its
 * stream live on, the index's images and the stream's checkpoint. `OperationJournal`, `Permanence`, `planRecovery`, and what
 * a host has to do beside them.
 *
 * A reload writes `intent`, `prepared` and `committed`, and `permanent` when it has proved itself; a record counts when it has
 * been synced, and a torn one at the end does not. Recovery starts the old version unless the new one is permanent, opens
 * the index from that version's last image, applies the log from there, and starts the stream at its checkpoint. Each step is
 * one guarded command, so a crash falls between any two. Shown: I3 I4 I5 I10.
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
#define WRITES 6
#endif

mtype = { nothing, intent, prepared, committed, permanent };
mtype = { idle, staging, copying, copied, converging, serving, closed, proving, proved };

#define OLD 0                       /* the last version that was made permanent, */
#define NEW 1                       /* and the one that is being tried */

/* Durable. What is written and not yet synced may be lost in a crash, or not. */
mtype journal = nothing;            /* the last record of the reload under way */
mtype tail = nothing;               /* one behind it that is not synced */
byte log = 0, released = 0;         /* the log holds the writes from `released` up to `log` */
bool log_tail = false;
byte image[2];                      /* one more than the place in the log it was taken at; 0 where there is none */
byte image_tail = 0;                /* the new version's, not synced */
byte checkpoint = 0, sink = 0;      /* the sink keeps the LSN with the data */

/* In memory. */
mtype step = idle;
byte current = OLD;                 /* the version that serves */
byte applied = 0;                   /* the place in the log up to which the index has it */
bool delivered = false;             /* the batch at the checkpoint, which is to be moved */

/* What the world was told. */
byte acked = 0;
bool told = false;                  /* that the new version is permanent */
bool reloaded = false, crashed = false;

#define smaller(x, y) ((x) < (y) -> (x) : (y))
#define taken_at(version) (image[version] - 1)
#define written (tail == nothing)

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

/* In memory everything is gone, and of what was not synced whatever the disk has not got round to. */
inline crash() {
  if
  :: tail != nothing -> journal = tail
#ifdef TORN_TAIL_READ
  :: tail != nothing -> journal = permanent
#endif
  :: true
  fi;
  if :: log_tail -> log++ :: true fi;
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
  applied = log; acked = log; delivered = false; crashed = true;
  begin_anew()
}

/* A run begins with what is permanent; the image of a version that is not is of no use to it. */
inline begin_anew() {
  image[OLD] = image[current]; image[NEW] = 0; image_tail = 0;
  current = OLD; journal = nothing; step = idle; told = false
}

active proctype Host() {
  image[OLD] = 1;
  do
  /* A write is logged; synced, it is applied and acknowledged. */
  :: d_step { log < WRITES && !log_tail -> log_tail = true;
#ifdef ACK_EARLY
     acked = log + 1
#endif
     }
  :: d_step { log_tail -> log_tail = false; log++; applied = log; acked = log }

  /* A delivery, and the checkpoint behind it. */
#ifdef CHECKPOINT_EARLY
  :: d_step { checkpoint < log && checkpoint == sink -> checkpoint++ }
  :: d_step { checkpoint > sink -> sink = checkpoint }
#else
  :: d_step { checkpoint < log && !delivered -> sink = (sink > checkpoint -> sink : checkpoint + 1); delivered = true }
  :: d_step { delivered -> checkpoint++; delivered = false }
#endif

  /* Housekeeping: an image of the index that serves now and then; what nobody needs of the log is released. */
  :: d_step { image[current] <= applied -> image[current] = applied + 1 }
  :: d_step { released < unneeded -> released = unneeded }

  /* A record is synced. */
  :: d_step { tail != nothing -> journal = tail; tail = nothing }

  /* A reload. */
  :: d_step { step == idle -> step = staging; tail = intent }
  :: d_step { step == staging && written -> step = copying; image_tail = applied + 1 }
  :: d_step { step == copying && image_tail > 0 -> image[NEW] = image_tail; image_tail = 0 }
#ifdef IMAGE_UNSYNCED
  :: d_step { step == copying -> step = copied; tail = prepared }
#else
  :: d_step { step == copying && image_tail == 0 -> step = copied; tail = prepared }
#endif
  :: d_step { step == copied && written -> step = converging }
  :: d_step { step == converging -> step = serving; current = NEW; tail = committed }
  :: d_step { step == serving && written -> step = closed;                /* the old version's resources are, and it is shut down */
#ifdef DISCARD_AT_FINALIZE
     image[OLD] = 0
#endif
     }
  :: d_step { (step == serving || step == closed) && written -> step = proving; tail = permanent;
#ifdef TELL_EARLY
     told = true;
#endif
#ifdef DISCARD_AT_REQUEST
     image[OLD] = 0
#endif
     }
  :: d_step { step == proving && written -> step = proved; told = true }
  :: d_step { step == proved -> begin_anew(); reloaded = true }

  /* It is rolled back from any step; or it is taken back, while the old version is kept. */
  :: d_step { (step == staging || step == copying || step == copied || step == converging) && written -> begin_anew() }
  :: d_step { step == serving && written -> current = OLD; begin_anew() }

  :: atomic { crash(); recover() }

  :: step == idle && written && reloaded && crashed && checkpoint == WRITES -> break
  od;
  assert(sink == WRITES && acked == WRITES && applied == WRITES)          /* I4 */
}
